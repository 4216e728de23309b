"""Where a timeline is kept: JSON files, and the notes of an unfinished run, a line each."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sensorium.core.errors import InputError, quoted
from sensorium.core.files import append_line, replace_file, unwritable

Kept = TypeVar("Kept")
FORMAT = 2
"""To be raised whenever the same film gives another timeline."""


def key(*settings: object) -> str:
    """Return what tells files of other settings apart."""
    return hashlib.sha256(json.dumps([FORMAT, *settings]).encode()).hexdigest()[:12]


def read_kept(path: Path, make: Callable[[dict[str, Any]], Kept]) -> Kept | None:
    """Return what a file holds, None if it doesn't exist.

    Raises:
        InputError: if it can't be read, or holds something else.
    """
    try:
        return make(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(
            f"The film's timeline {quoted(str(path))} can't be read: {error.strerror}.",
            "Use another cache folder, or keep nothing: `no_steps`",
        ) from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(
            f"The film's timeline {quoted(str(path))} can't be read: {str(error)[:120]}.",
            f"Type: rm {shlex.quote(str(path))}",
        ) from None


def keep(path: Path, values: dict[str, Any]) -> None:
    """Write a file as a whole, and drop the notes of the run that made it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(path, error) from None
    replace_file(path, json.dumps(values, ensure_ascii=False) + "\n")
    notes_path(path).unlink(missing_ok=True)


def notes_path(path: Path) -> Path:
    """Return the file of the notes of the run that makes a file."""
    return path.with_suffix(".jsonl")


class RunNotes:
    """What an unfinished run has found so far, by time: a run that was killed doesn't pay for it again."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._known: dict[str, Any] = {}
        self._torn = False  # whether the last line was being written when the run was killed
        if path is not None and path.exists():
            text = path.read_text(encoding="utf-8", errors="replace")
            self._torn = bool(text) and not text.endswith("\n")
            for line in text.splitlines():
                try:
                    note = json.loads(line)
                    self._known[note["at"]] = note["found"]
                except (ValueError, KeyError, TypeError):
                    continue  # the line that was being written

    def get(self, what: str, at: float) -> Any:
        """Return what was found at a time, None if nothing was looked for."""
        return self._known.get(f"{what} {at:.3f}")

    def put(self, what: str, at: float, found: Any) -> None:
        """Note what was found at a time."""
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = open(self._path, "ab", buffering=0)
        except OSError as error:
            raise unwritable(self._path, error) from None
        line = json.dumps({"at": f"{what} {at:.3f}", "found": found}, ensure_ascii=False).encode() + b"\n"
        with file:
            append_line(file, b"\n" * self._torn + line, self._path)
        self._torn = False
