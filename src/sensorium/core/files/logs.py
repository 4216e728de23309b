"""Logs: JSON lines that are on disk when they are written, of which a crash can tear only the last."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from sensorium.core.errors import InputError, quoted
from sensorium.core.files.writing import encode_text, unwritable

_LOCKED_BYTE = 1 << 30  # on Windows a lock keeps others from the bytes that it covers: one that no record reaches


class LineLog:
    """The log of a folder, which one process at a time has; use it in a `with` block.

    Args:
        path: Its file; it and its folder are created if they are missing.
        take: Is given the JSON value of each line that is there; raises as in `read_lines`.
        what: What a line holds, in words with an article.
        check: Is called once the log is locked, with whether it is empty, before its lines are read.

    Raises:
        InputError: if another process has it, or a line can't be read.
    """

    def __init__(
        self, path: Path, take: Callable[[Any], None], what: str, check: Callable[[bool], None] = lambda empty: None
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._file: IO[bytes] = open(path, "a+b", buffering=0)  # what fails to be written is kept nowhere
        try:
            lock_file(self._file, path.parent)
            check(not self._file.seek(0, os.SEEK_END))
            self.lines = read_lines(self._file, path, take, what)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def append(self, value: Any) -> None:
        """Write a JSON value as a line; it is on disk when this returns. InputError if it can't be written."""
        line = encode_text(json.dumps(value, ensure_ascii=False)) + b"\n"
        append_line(self._file, line, self._path)
        self.lines += 1

    def close(self) -> None:
        """Close the file, which lets other processes have it."""
        self._file.close()


def append_line(file: IO[bytes], line: bytes, path: Path) -> None:
    """Append a line to a file opened with "ab" and without a buffer; it is on disk when this returns.

    Raises:
        InputError: if it can't be written; then nothing of it is in the file.
    """
    size = os.fstat(file.fileno()).st_size
    try:
        written = 0
        while written < len(line):
            written += file.write(line[written:])
        os.fsync(file.fileno())
    except OSError as error:
        os.ftruncate(file.fileno(), size)
        raise unwritable(path, error) from None


def read_lines(file: IO[bytes], path: Path, take: Callable[[Any], None], what: str) -> int:
    """Hand the JSON value of each line of an opened log to `take`, and return how many lines it has.

    A last line that a crash of the machine tore is cut off.

    Args:
        file: Opened with "a+b" and without a buffer.
        path: Its path.
        take: Raises ValueError, TypeError, KeyError, AttributeError or RecursionError for what isn't a line of its.
        what: What a line holds, in words with an article.

    Raises:
        InputError: if another line can't be read.
    """
    file.seek(0)
    whole, newline, _ = file.read().rpartition(b"\n")
    lines = whole.split(b"\n") if newline else []
    size = 0
    for number, line in enumerate(lines, 1):
        try:
            take(json.loads(line))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            if number == len(lines) and isinstance(error, ValueError):
                break
            raise InputError(
                f"Line {number} of {quoted(str(path))} is not {what}.", "Choose another folder, or delete that line."
            ) from None
        size += len(line) + 1
    if size < os.fstat(file.fileno()).st_size:
        os.ftruncate(file.fileno(), size)
    return len(lines)


def lock_file(file: IO[bytes], folder: Path) -> None:
    """Lock an opened file of a folder until it is closed; InputError if another process has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(_LOCKED_BYTE)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise InputError(
            f"Another process writes to the folder {quoted(str(folder))}.", "Wait for it, or choose another folder."
        ) from None
