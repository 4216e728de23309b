"""Blob: the bytes of a picture, a sound or a film, read when they are needed."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
from pathlib import Path
from typing import Any

from sensorium.core.errors import InputError, MediaError

MOST_BYTES = 512 * 1024 * 1024
"""The largest file that is read whole; beyond it a MediaError says so."""


class Blob:
    """Bytes, or a file that holds them; equal and hashed by content (SHA-256).

    A file is read once, when its bytes are first asked for.

    Args:
        source: The bytes themselves, or the path of a file.

    Raises:
        InputError: when `source` is neither.
        MediaError: later, when the file is missing, is no ordinary file, cannot be read or is over `MOST_BYTES`.
    """

    __slots__ = ("_data", "_digest", "_path")

    def __init__(self, source: bytes | str | os.PathLike[str]) -> None:
        self._data: bytes | None = None
        self._path: Path | None = None
        self._digest: str | None = None
        if isinstance(source, bytes | bytearray | memoryview):
            self._data = bytes(source)
        elif isinstance(source, str | os.PathLike):
            self._path = Path(source)
        else:
            raise InputError(
                f"A blob is made of bytes or of a file's path, not of {type(source).__name__}.",
                'Try Blob("photo.jpg").',
            )

    @property
    def path(self) -> Path | None:
        """The file it was made from, or None."""
        return self._path

    @property
    def data(self) -> bytes:
        """The bytes, read on first use."""
        if self._data is None:
            assert self._path is not None
            self._data = _read(self._path)
        return self._data

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes, 64 hex digits."""
        if self._digest is None:
            self._digest = hashlib.sha256(self.data).hexdigest()
        return self._digest

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Blob) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        if self._path is not None:
            return f"Blob({str(self._path)!r})"
        return f"Blob(<{len(self.data)} bytes, sha256 {self.digest[:12]}…>)"

    def to_json(self) -> dict[str, Any]:
        """Give {"data": base64, "sha256": hex}: whole, so that it can be read back anywhere."""
        return {"data": base64.b64encode(self.data).decode("ascii"), "sha256": self.digest}

    @classmethod
    def from_json(cls, value: object) -> Blob:
        """Read back what `to_json` gave; InputError where it is not that or the digest does not match."""
        try:
            if not isinstance(value, dict):
                raise TypeError
            blob = cls(base64.b64decode(value["data"], validate=True))
        except (KeyError, TypeError, ValueError):
            raise InputError(
                f"Not the JSON of a blob: {str(value)[:60]!r}.", 'It needs {"data": base64 text, "sha256": hex}.'
            ) from None
        if value.get("sha256", blob.digest) != blob.digest:
            raise InputError(
                f"The bytes of a blob do not match their sha256 {str(value['sha256'])[:16]!r}.", "Write the JSON again."
            )
        return blob


def _read(path: Path) -> bytes:
    shown = str(path).encode("utf-8", "backslashreplace").decode()
    try:
        # O_NONBLOCK: opening a FIFO must not wait for a writer.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        raise MediaError(f"There is no file {shown!r}.", "Check the spelling: ls lists what is there.") from None
    except PermissionError:
        raise MediaError(f"The file {shown!r} may not be read.", f"Try chmod +r {shown}.") from None
    except (OSError, ValueError) as error:
        raise MediaError(
            f"The file {shown!r} can't be opened: {getattr(error, 'strerror', None) or error}.",
            "Give the path of an ordinary file.",
        ) from None
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(file.fileno())
        if stat.S_ISDIR(status.st_mode):
            raise MediaError(f"{shown!r} is a folder, not a file.", f"Name a file in it: {shown}/…")
        if not stat.S_ISREG(status.st_mode):
            raise MediaError(f"{shown!r} is no ordinary file.", "Give the path of an ordinary file.")
        if status.st_size > MOST_BYTES:
            raise MediaError(
                f"The file {shown!r} has {status.st_size / 1e6:.0f} MB; the most is {MOST_BYTES / 1e6:.0f} MB.",
                "Make it smaller first.",
            )
        try:
            return file.read(MOST_BYTES + 1)
        except OSError as error:
            raise MediaError(f"The file {shown!r} can't be read: {error.strerror}.", "Copy it and try again.") from None
