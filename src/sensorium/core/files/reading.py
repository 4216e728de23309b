"""Reading files: whole, within bounds, and never a pipe, a device or what a link reaches outside of its folder."""

from __future__ import annotations

import os
import shlex
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf
from pathlib import Path
from typing import IO

from sensorium.core.errors import InputError, MediaError, quoted

MAX_BYTES = 512 * 1024 * 1024
"""The largest file that is read."""
MAX_TEXT_BYTES = 4_000_000
"""The largest file of settings, a recipe or the like that is read."""

_follows_links: ContextVar[bool] = ContextVar("follows_links", default=False)


def read_file(path: Path, max_bytes: int | None = None) -> bytes:
    """Return a file's bytes, at most `max_bytes` (None: `MAX_BYTES`).

    Raises:
        MediaError: if it is missing, a folder, a pipe or a device, unreadable or too large; nothing waits for a writer.
    """
    limit = MAX_BYTES if max_bytes is None else max_bytes
    with _readable(path), open_file(path, limit) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise _too_large(quoted(str(path)), len(data), limit)
    return data


def open_file(path: Path, max_bytes: float = inf) -> IO[bytes]:
    """Return a file of any size, opened to be read piece by piece; raises as `read_file`."""
    with _readable(path):
        _check(path, os.stat(path), max_bytes)  # before opening, which may already do something to a device
        # O_NONBLOCK: should a FIFO have taken the file's place, opening it must not wait for a writer.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        file = os.fdopen(handle, "rb")
        try:
            _check(path, os.fstat(handle), max_bytes)
        except BaseException:
            file.close()
            raise
        return file


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn the system's errors of a file that is to be read into MediaError."""
    shown = quoted(str(path))
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        raise MediaError(f"No file {shown}.", "Check the spelling: ls lists what is there.") from None
    except PermissionError:
        raise MediaError(f"The file {shown} may not be read.", f"Try chmod +r {shlex.quote(shown[1:-1])}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise MediaError(f"The file {shown} can't be read: {reason}.", "Give the path of an ordinary file.") from None


def check_regular(path: Path, max_bytes: int | None = None) -> None:
    """Raise MediaError unless a path is an ordinary file of at most `max_bytes` (None: any), or a link to one."""
    try:
        _check(path, os.stat(path), sys.maxsize if max_bytes is None else max_bytes)
    except (OSError, ValueError):
        raise MediaError(f"No file {quoted(str(path))}.", "Check the spelling: ls lists what is there.") from None


def read_text(path: Path, max_bytes: int = MAX_TEXT_BYTES) -> str:
    """Return the text of a UTF-8 file, without its byte order mark; raises as `read_file`, InputError if not UTF-8."""
    try:
        return read_file(path, max_bytes).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{quoted(str(path))} is not UTF-8 at byte {error.start}.", "Save it as UTF-8.") from None


@contextmanager
def following_links() -> Iterator[None]:
    """While the block runs, data sets may hold links to files outside of their folder."""
    token = _follows_links.set(True)
    try:
        yield
    finally:
        _follows_links.reset(token)


def follows_links() -> bool:
    """Whether this runs within `following_links`."""
    return _follows_links.get()


def check_link(path: Path, folder: Path) -> None:
    """Raise MediaError if a file of a data set's folder lies outside of it through a link, unless links are followed.

    A stranger's data set could send or publish a private file so. The cache of a hub is as if it were a folder: there
    snapshots/REVISION holds links into blobs.
    """
    root = folder.resolve()
    snapshots = next((parent for parent in (root, *root.parents) if parent.parent.name == "snapshots"), None)
    inside = root if snapshots is None else snapshots.parent.parent
    if not _follows_links.get() and not path.resolve().is_relative_to(inside):
        raise MediaError(
            f"{quoted(str(path))} is a link to {quoted(str(path.resolve()))}, outside of its folder.",
            "Put the file itself there; if the links are yours: `follow_links`",
        )


def _check(path: Path, status: os.stat_result, limit: float) -> None:
    shown = quoted(str(path))
    if stat.S_ISDIR(status.st_mode):
        raise MediaError(f"{shown} is a folder, not a file.", "Name a file in it.")
    if stat.S_ISFIFO(status.st_mode):
        raise MediaError(f"{shown} is a pipe, not a file.", "Pipe it into the command instead and write - for it.")
    if not stat.S_ISREG(status.st_mode):
        raise MediaError(f"{shown} isn't an ordinary file.", "Give the path of an ordinary file.")
    if status.st_size > limit:
        raise _too_large(shown, status.st_size, limit)


def _too_large(shown: str, size: int, limit: float) -> MediaError:
    return MediaError(
        f"The file {shown} has {size / 1e6:.0f} MB; the maximum is {limit / 1e6:.0f} MB.", "Make it smaller first."
    )
