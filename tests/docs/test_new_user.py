"""A new user's path, from an empty folder to a page of their own that answers: recipes/new_user.sh, as it is typed.

The packages are those that run the tests, so that they aren't installed a second time; without PACKAGES the script
installs them, which takes minutes and was done by hand.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.long,
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="a script of a POSIX shell"),
]
ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "recipes" / "new_user.sh"


def environment() -> dict[str, str]:
    """Return the environment without what this run of the tests set in it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SENSORIUM", "PYTEST"))}
    return kept | {"PACKAGES": sysconfig.get_path("purelib"), "PYTHON": sys.executable, "MAKEFLAGS": ""}


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    done = subprocess.run(["sh", str(SCRIPT), str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "isn't empty" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_from_an_empty_folder_to_a_page_that_answers(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    done = subprocess.run(
        ["sh", str(SCRIPT), str(folder)], capture_output=True, text=True, timeout=1500, env=environment()
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    lessons = sorted((folder / "sensorium" / "course").glob("0[1-7]-*/lesson.py"))
    assert done.stdout.count("== sensorium lesson run") == len(lessons) >= 3
    assert "17 of 17 right" in done.stdout and " passed" in done.stdout
    assert "The page answers: Platform 7\nMind the step" in done.stdout and "== done" in done.stdout
