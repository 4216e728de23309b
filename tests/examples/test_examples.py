"""The finished applications of examples/: each passes its own tests as its README says, and its README's lines run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sensorium import load_task
from sensorium.search.evaluation.judgements import read_judgements

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path.parent for path in (ROOT / "examples").glob("*/pyproject.toml"))
MAX_PICTURES = 300_000
"""Bytes of all sample pictures together."""


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT / "src"), ".")), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([sys.executable, *command], cwd=folder, env=env, capture_output=True, text=True, timeout=600)


def test_there_are_three() -> None:
    assert [folder.name for folder in EXAMPLES] == ["inspection-camera", "medicine-labels", "shop-search"]


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_its_own_tests_pass(folder: Path) -> None:
    done = run(folder, "-m", "pytest", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_its_samples_are_small_and_its_ten_rows_are_filled_in(folder: Path) -> None:
    judged = folder / "judgements.csv"
    if judged.is_file():
        assert [bool(each.grades) for each in read_judgements(str(judged))] == [True] * 10
    else:
        answers = [example.answers for example in load_task(folder / "task.csv").examples]
        assert len(answers) == 10 and ("?",) not in answers
    pictures = [path for each in EXAMPLES for path in each.rglob("*.png")]
    assert sum(path.stat().st_size for path in pictures) < MAX_PICTURES


def test_the_reader_says_what_its_page_shows() -> None:
    folder = ROOT / "examples" / "medicine-labels"
    page = (folder / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"samples/paracetamol\.png\n```\n```text\n(.*?)```", page, re.S)
    done = run(folder, "-m", "medicine_labels", "samples/paracetamol.png")
    assert shown is not None and done.stdout == shown[1], done.stderr


def test_the_readmes_name_files_that_are_there() -> None:
    for folder in EXAMPLES:
        page = (folder / "README.md").read_text(encoding="utf-8")
        package = folder.name.replace("-", "_")
        named = re.findall(rf"`({package}/\w+\.py|tests/|(?:draw|measure)_\w+\.py|\w+\.(?:csv|toml))`", page)
        assert named and all((folder / name).exists() for name in named), named
