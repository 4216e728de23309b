"""Writing: files and folders as a whole, so that no break leaves half of one, and never over their own inputs."""

from __future__ import annotations

import errno
import os
import shlex
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sensorium.core.errors import InputError, MediaError, quoted

_UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM)
_FORBIDDEN = (errno.EACCES, errno.EPERM)
_TORCH_WRITER = ("PytorchStreamWriter", "inline_container")


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


def encode_text(text: str) -> bytes:
    """Return UTF-8; a lone surrogate becomes its escape, which in a JSON string stands for the same."""
    return text.encode("utf-8", "backslashreplace")


_FIRST = {
    errno.ENOENT: "Make its folder first", errno.ENOTDIR: "Check the spelling",
    errno.EACCES: "Allow writing there (chmod u+w)", errno.EPERM: "Allow writing there (chmod u+w)",
    errno.EROFS: "It is on a disk that can't be written",
}  # fmt: skip


def unwritable(path: str | os.PathLike[str], error: Exception) -> InputError:
    """Return the error of a file that can't be written; what was in its place is unchanged."""
    reason, number = getattr(error, "strerror", None) or error, getattr(error, "errno", None)
    first = _FIRST.get(number or 0, "Make room on the disk")
    hint = f"{first}, or name another folder."
    return InputError(f"{quoted(str(path)[:200])} can't be written: {reason}.", hint)


def _sync(path: Path) -> None:
    """Sync a file, or a folder, so that a renamed file survives a power cut; some systems can't sync folders."""
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
