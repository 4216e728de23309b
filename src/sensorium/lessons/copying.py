"""A learner's own copy of a lesson."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

from sensorium.core.errors import InputError, quoted
from sensorium.core.files import replace_file, write_errors
from sensorium.lessons.courses import Lesson
from sensorium.lessons.notebook import to_notebook

FILES = ("lesson.ipynb", "lesson.py")
_OURS = {".toml", ".py", ".pyc"}
"""Suffixes of a lesson's files that a learner doesn't need: solutions, checks, the script of the figures."""


def copy(lesson: Lesson, to: Path, as_notebook: bool = True) -> Path:
    """Write a lesson and its pictures into a new folder below `to`, named as the lesson; return the file to work on.

    Raises:
        InputError: if the folder has such a file already, or can't be written.
    """
    folder = to / lesson.name
    for place in (to, folder):
        if os.path.lexists(place) and not place.is_dir():
            raise InputError(f"{quoted(str(place))} isn't a folder.", "Name one for your copy: `to=FOLDER`")
    for name in FILES:
        if (folder / name).exists():
            raise InputError(
                f"You have a copy already: {quoted(str(folder / name))}.",
                f"Work on it, then type: sensorium lesson check {lesson.number} {shlex.quote(str(folder / name))}",
            )
    text = to_notebook(lesson.file) if as_notebook else lesson.file.read_text(encoding="utf-8")
    file = folder / FILES[0 if as_notebook else 1]
    with write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(lesson.folder.iterdir()):
            if path.is_file() and path.suffix not in _OURS and not os.path.lexists(folder / path.name):
                shutil.copyfile(path, folder / path.name)
    replace_file(file, text)
    return file


def own_copy(lesson: Lesson, below: Path) -> Path:
    """Return a learner's copy in a folder, the one that was changed last; InputError without one."""
    found = [below / lesson.name / name for name in FILES if (below / lesson.name / name).is_file()]
    if not found:
        raise InputError(
            f"No copy of {lesson.name} here.",
            f"Type: sensorium lesson open {lesson.number} (or: sensorium lesson check {lesson.number} FILE)",
        )
    return max(found, key=lambda path: path.stat().st_mtime)
