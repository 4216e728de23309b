"""Files: read whole and within bounds, and replaced as a whole, so that no break leaves half of one."""

from __future__ import annotations

import errno
import json
import os
import shlex
import shutil
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from math import inf
from pathlib import Path
from typing import IO, Any

from sensorium.core.errors import InputError, MediaError, quoted

_UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM)
_FORBIDDEN = (errno.EACCES, errno.EPERM)
_LOCKED_BYTE = 1 << 30  # on Windows a lock keeps others from the bytes that it covers: one that no record reaches
_TORCH_WRITER = ("PytorchStreamWriter", "inline_container")
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


def replace_file(path: str | os.PathLike[str], data: bytes | str) -> None:
    """Write a file as a whole: beside its place, synced, then renamed into it.

    Whatever ends the process, and whether the disk is full, the place holds the old file or the new one. A link is
    followed and kept; a device such as /dev/stdout is written to directly. In a text a lone
    surrogate, which UTF-8 can't hold, is written as its escape.

    Raises:
        InputError: if it can't be written; what was there before is unchanged.
    """
    content = data if isinstance(data, bytes) else encode_text(data)
    place = Path(os.path.realpath(path))
    beside = place.with_name(f".{place.name[:80]}.{os.getpid()}.new")
    try:
        mode = stat.S_IMODE(place.stat().st_mode) if place.exists() else None
        if mode is not None and not place.is_file() and not place.is_dir():
            place.write_bytes(content)
            return
        try:
            with open(beside, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if mode is not None:
                os.chmod(beside, mode)
            os.replace(beside, place)
        except BaseException:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
            raise
        _sync(place.parent)
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from None


def require_output(
    path: str | os.PathLike[str], inputs: Iterable[str | os.PathLike[str]] = (), is_folder: bool = False
) -> None:
    """Check, before the work begins, that a result can be written and doesn't replace what it is made from.

    Args:
        path: The file that will be written, or the folder, which is made if it is missing.
        inputs: Files that the result is made from, or that are written too; folders that a folder must not lie in.
        is_folder: Whether it is a folder.

    Raises:
        InputError: if it can't be written there, its folder is missing, or it is one of the inputs.
    """
    place = Path(os.path.realpath(path))
    try:
        if place.exists() and place.is_dir() != is_folder:
            kinds = "a file, not a folder" if is_folder else "a folder, not a file"
            raise InputError(f"{quoted(str(path))} is {kinds} to write.", "Give another name.")
        home = next(each for each in place.parents if each.exists())
        if not home.is_dir() or (not is_folder and home != place.parent):
            raise FileNotFoundError(errno.ENOENT, "No such folder")
        if not place.exists() and not _may(home, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        real = [(each, Path(os.path.realpath(each))) for each in inputs]
        same = [each for each, own in real if _is_same(place, own) or (is_folder and place.is_relative_to(own))]
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from None
    if same:
        raise InputError(
            f"{quoted(str(path))} would replace {quoted(str(same[0]))}, which this command reads or writes too.",
            "Name another file for the result.",
        )


def _is_same(one: Path, other: Path) -> bool:
    return one == other or (one.is_file() and other.is_file() and one.samefile(other))


@contextmanager
def replace_folder(folder: str | os.PathLike[str]) -> Iterator[Path]:
    """Write a folder as a whole: give one beside its place, and rename it into it when the block has ended.

    Whatever ends the process, the place is as it was or holds everything; a later call removes what was left beside it.

    Args:
        folder: New, or empty.

    Raises:
        InputError: if the disk is full, or it can't be written.
    """
    place = Path(os.path.realpath(folder))
    beside = _beside(place)
    with write_errors(folder):
        place.parent.mkdir(parents=True, exist_ok=True)
        if beside.exists():
            shutil.rmtree(beside)
        beside.mkdir()
        try:
            yield beside
            for file in beside.rglob("*"):
                _sync(file)
            if place.exists():
                place.rmdir()
            os.replace(beside, place)
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise
        _sync(place.parent)


def _beside(place: Path) -> Path:
    return place.with_name(f".{place.name[:80]}.new")


@contextmanager
def write_errors(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn the errors of a disk that is full, as libraries report them, into InputError that names `path`.

    safetensors has the system's words without its number, PyTorch neither. A file that may not be read is named itself,
    elsewhere or in what is being written.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _UNWRITABLE:
            raise
        if error.errno in _FORBIDDEN and (unreadable := _unreadable(error.filename, Path(path))) is not None:
            raise unreadable from None
        raise unwritable(path, error) from None
    except Exception as error:
        words = str(error)
        number = next((number for number in _UNWRITABLE if os.strerror(number) in words), None)
        if number is None and not any(name in words for name in _TORCH_WRITER):
            raise
        if number in _FORBIDDEN and (unreadable := _unreadable(None, Path(path))) is not None:
            raise unreadable from None
        full = OSError(number or errno.ENOSPC, os.strerror(number) if number else "the disk is full or broken")
        raise unwritable(path, full) from None


def _unreadable(name: object, path: Path) -> MediaError | None:
    """Return the error of the file or folder that may not be read while `path` is written, or None if none is found.

    Args:
        name: Which file was refused, as the system says it; libraries may not: then all in `path` are looked at.
        path: The file or folder that is being written.
    """
    place = Path(os.path.realpath(path))
    places = (place, _beside(place))
    if isinstance(name, str | bytes | os.PathLike):
        file = Path(os.path.realpath(os.fsdecode(name)))
        inside = next((one for one in places if file.is_relative_to(one)), None)
        if inside is None:
            return _not_read(os.fsdecode(name), "+r")
        steps = [file, *file.parents]
        candidates = reversed(steps[: steps.index(inside) + 1])
    else:
        candidates = (each for one in places for each in (one, *one.rglob("*")))
    for each in candidates:
        wanted, mode = (os.R_OK | os.X_OK, "rx") if os.path.isdir(each) else (os.R_OK, "r")
        if os.path.lexists(each) and not _may(each, wanted):
            return _not_read(str(each), f"u+{mode}" if _may(each, os.W_OK) else f"u+{mode.replace('r', 'rw')}")
    return None


def _may(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def _not_read(path: str, change: str) -> MediaError:
    shown = quoted(path)
    return MediaError(f"{shown} may not be read.", f"Try chmod {change} {shlex.quote(shown[1:-1])}")


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


def encode_text(text: str) -> bytes:
    """Return UTF-8; a lone surrogate becomes its escape, which in a JSON string stands for the same."""
    return text.encode("utf-8", "backslashreplace")


def unwritable(path: str | os.PathLike[str], error: Exception) -> InputError:
    """Return the error of a file that can't be written; what was in its place is unchanged."""
    reason, number = getattr(error, "strerror", None) or error, getattr(error, "errno", None)
    first = {errno.ENOENT: "Make its folder first", errno.ENOTDIR: "Check the spelling"}.get(number or 0)
    hint = f"{first or 'Make room on the disk'}, or name another folder."
    return InputError(f"{quoted(str(path)[:200])} can't be written: {reason}.", hint)


def _sync(path: Path) -> None:
    """Sync a file, or a folder, so that a renamed file survives a power cut; some systems can't sync folders."""
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


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
