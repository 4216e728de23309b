"""Find the course, in a clone or in the installed package, and read what each lesson says of itself."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sensorium.core.errors import InputError, InstallError, quoted
from sensorium.core.files import read_text

MODULES = {
    "course": "jupytext", "data": "pyarrow", "demo": "skimage", "gemini": "google", "hf": "transformers",
    "offline": "rapidocr", "openai": "openai", "plot": "matplotlib", "sarvam": "sarvamai", "search": "lancedb",
    "serve": "uvicorn", "tune": "trl", "video": "av", "voice": "piper",
}  # fmt: skip
"""Extra -> a module that it brings, and by which a lesson tells whether it is installed."""
_KEYS = {"title", "summary", "part", "minutes", "needs", "exercises"}
_EXERCISE_KEYS = {"title", "solution", "wrong"}


@dataclass(frozen=True)
class Exercise:
    """An exercise of a lesson.

    Args:
        name: Its cell's name, and that of its check in the lesson's checks.py.
        title: What to do, in a few words.
        solution: A cell that is right.
        wrong: Typical cells that are not.
    """

    name: str
    title: str
    solution: str
    wrong: tuple[str, ...]


@dataclass(frozen=True)
class Lesson:
    """A lesson: a folder with lesson.py (a page and a notebook), lesson.toml and checks.py.

    Args:
        number: Its place in the course, from 1.
        name: Its folder's name, "02-one-conversation".
        folder: Where it lies.
        title, summary, part: Its name, one sentence, and the part of the course that it belongs to.
        minutes: How long it takes to read and try.
        needs: The extras that its cells need.
        exercises: In their order.
    """

    number: int
    name: str
    folder: Path
    title: str
    summary: str
    part: str
    minutes: int
    needs: tuple[str, ...]
    exercises: tuple[Exercise, ...]

    @property
    def file(self) -> Path:
        """The lesson's text."""
        return self.folder / "lesson.py"

    @property
    def missing(self) -> tuple[str, ...]:
        """The needed extras that are not installed."""
        return tuple(extra for extra in self.needs if find_spec(MODULES[extra]) is None)

    def require(self) -> None:
        """Raise InstallError with what to type if an extra that the lesson needs isn't installed."""
        if self.missing:
            raise InstallError(
                f"Lesson {self.number} needs {' and '.join(self.missing)}, which "
                f"{'is' if len(self.missing) == 1 else 'are'} not installed.",
                f'Type: pip install "sensorium[{",".join(self.missing)}]" (in a clone: make course)',
            )


def course_folder() -> Path:
    """Return the folder of the course: $SENSORIUM_COURSE, that of the clone, or that of the installed package.

    Raises:
        InstallError: if none of them is there.
    """
    here = Path(__file__).resolve()
    own = os.environ.get("SENSORIUM_COURSE")
    for folder in [Path(own)] if own else [here.parents[3] / "course", here.parent / "course"]:
        if any(folder.glob("[0-9][0-9]-*/lesson.py")):
            return folder
    raise InstallError(
        f"The course isn't at {quoted(own)}." if own else "The course isn't part of this installation.",
        "Clone the repository; the course is its folder course, and `make course` installs what the lessons need.",
    )


def lessons() -> tuple[Lesson, ...]:
    """Return the lessons in their order."""
    return tuple(read_lesson(file.parent) for file in sorted(course_folder().glob("[0-9][0-9]-*/lesson.py")))


def find_lesson(name: str | int) -> Lesson:
    """Return a lesson by its number, "2" or "02", its folder's name, or a part of it that only one has.

    Raises:
        InputError: if no lesson, or more than one, has that name.
    """
    wanted = str(name).strip().lower()
    known = lessons()
    if re.fullmatch(r"\d+", wanted):
        fitting = [lesson for lesson in known if lesson.number == int(wanted)]
    else:
        fitting = [lesson for lesson in known if lesson.name == wanted] or [
            lesson for lesson in known if wanted and wanted in lesson.name
        ]
    if len(fitting) == 1:
        return fitting[0]
    several = f": {', '.join(lesson.name for lesson in fitting)}" if fitting else ""
    what = f"{len(fitting)} lessons are called {quoted(name)}{several}." if fitting else f"No lesson {quoted(name)}."
    raise InputError(what, "Type: sensorium lesson list")


def read_lesson(folder: Path) -> Lesson:
    """Return the lesson of a folder, from its lesson.toml.

    Raises:
        InputError: if the file is broken, or lacks a key or has another one.
    """
    path = folder / "lesson.toml"
    try:
        data = tomllib.loads(read_text(path))
    except ValueError as error:
        raise InputError(f"{quoted(str(path))} isn't TOML: {error}.", "Compare it with another lesson's.") from None
    _check_keys(path, data, _KEYS)
    for name in data["needs"]:
        if name not in MODULES:
            raise InputError(f"{quoted(str(path))} needs the unknown extra {quoted(name)}.", _one_of(MODULES))
    exercises = []
    for name, row in data["exercises"].items():
        _check_keys(path, row, _EXERCISE_KEYS)
        exercises.append(Exercise(name, row["title"], row["solution"], tuple(row["wrong"])))
    return Lesson(
        int(folder.name[:2]), folder.name, folder, data["title"], data["summary"], data["part"], data["minutes"],
        tuple(data["needs"]), tuple(exercises),
    )  # fmt: skip


def _check_keys(path: Path, data: dict[str, Any], keys: set[str]) -> None:
    if set(data) != keys:
        missing, unknown = sorted(keys - set(data)), sorted(set(data) - keys)
        what = f"lacks {', '.join(missing)}" if missing else f"has the unknown {', '.join(unknown)}"
        raise InputError(f"{quoted(str(path))} {what}.", _one_of(keys))


def _one_of(names: object) -> str:
    return f"Known: {', '.join(sorted(names))}."  # type: ignore[call-overload]
