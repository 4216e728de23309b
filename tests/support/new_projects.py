"""Projects of `sensorium new`: every pair of answers, written into a folder and checked together."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from pairwise import pairwise

from sensorium.core.errors import InputError
from sensorium.scaffold import GIVES, TAKES, Answers, names, project_files, write_project

SOURCES = Path(__file__).parents[2] / "src"
TITLES = (
    "Label reader", 'Tom\'s "best" café', "class", "दवा पढ़ें ☕", "2 fast \\ 4 <you> & me", "a very long name, " * 3,
)  # fmt: skip
FACTORS: dict[str, Sequence[Any]] = {
    "takes": [tuple(chosen) for count in range(1, 5) for chosen in combinations(TAKES, count)],
    "gives": GIVES,
    "title": TITLES,
    "languages": [("en",), ("hi",), ("en", "hi"), ("de", "en")],
    "is_private": [True, False],
    "usd_a_day": [0.0, 1.5, None],
    "seconds": [None, 20.0, 0.5],
    "fields": [(), ("expiry date", "class", "2nd dose")],
}


def answers_of(row: dict[str, Any], title: str = "") -> Answers:
    return Answers(**(row | {"title": title or row["title"].replace("\\", "|")}))


def is_valid(row: dict[str, Any]) -> bool:
    try:
        answers_of(row)
    except InputError:
        return False
    return True


def all_pairs() -> list[dict[str, Any]]:
    return pairwise(FACTORS, is_valid)


def write_all(rows: Sequence[dict[str, Any]], root: Path) -> list[Path]:
    """Write a project for each row; a number before its title keeps their packages apart."""
    folders = []
    for number, row in enumerate(rows):
        answers = answers_of(row, f"p{number} {row['title'][:50]}".replace("\\", "|"))
        folder = root / names(answers.title).folder
        write_project(project_files(answers), folder)
        folders.append(folder)
    return folders


def package_of(folder: Path) -> str:
    (found,) = [path.parent.name for path in folder.glob("*/__main__.py")]
    return found


def _run(command: Sequence[str], where: Path, path: str, seconds: float) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"PYTHONPATH": path, "MYPYPATH": str(SOURCES), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=where, env=env, capture_output=True, text=True, timeout=seconds
    )


def style(root: Path) -> str:
    """Return what ruff finds in all projects of a folder, each under its own settings; "" for nothing."""
    checks = [_run(("ruff", *how, "."), root, "", 120) for how in (("check",), ("format", "--check"))]
    return "".join(done.stdout + done.stderr for done in checks if done.returncode)


def types(folders: Sequence[Path], where: Path) -> str:
    """Return what one strict run of mypy finds in all projects; "" for nothing.

    Their tests have the same names, so they are copied beside each other as packages.
    """
    for folder in folders:
        package = package_of(folder)
        shutil.copytree(folder / package, where / package)
        shutil.copytree(folder / "tests", where / f"{package}_tests")
        (where / f"{package}_tests" / "__init__.py").touch()
    (where / "mypy.ini").write_text("[mypy]\nstrict = True\n")
    done = _run(("mypy", "."), where, str(SOURCES), 900)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def own_tests(folders: Sequence[Path], root: Path, seconds: float) -> subprocess.CompletedProcess[str]:
    """Run the tests of all projects in one pytest.

    Its root lies above `root`: pytest names test modules by their folders from there, and a project's folder may have
    the name of its package.
    """
    path = os.pathsep.join(map(str, (SOURCES, *folders)))
    how = ("-q", "--import-mode=importlib", "-p", "no:cacheprovider", "--rootdir", str(root.parent), "-c", os.devnull)
    return _run(("pytest", *how, *map(str, folders)), root, path, seconds)
