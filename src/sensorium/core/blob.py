"""Blob: the bytes of an image, audio or video, read when they are needed; pictures of other libraries as such bytes."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Protocol

from sensorium.core.errors import InputError, MediaError, quoted
from sensorium.core.files import open_file, read_file

_PNG_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I", "I;16")
_ORIENTATION = 0x0112  # the EXIF tag that says how a camera was held
_COLOUR_TYPES = {1: 0, 3: 2, 4: 6}  # channels -> PNG's colour type: grey, RGB, RGBA
_SHAPES = "(height, width), (height, width, 1), (height, width, 3) RGB or (height, width, 4) RGBA"


_clear_caches: list[Callable[[], object]] = []


def clear_on_forget(clear: Callable[[], object]) -> None:
    """Register what empties a cache of images, audio or video: every module that has one does so."""
    _clear_caches.append(clear)


def forget_media() -> None:
    """Empty every cache of images, audio and video in this process, which may be private."""
    for clear in _clear_caches:
        clear()


class Blob:
    """Bytes, or a file that holds them; equal and hashed by content (SHA-256).

    A file is read once, when its bytes are first used; later changes to it have no effect.

    Args:
        source: The bytes themselves, or the path of a file.

    Raises:
        InputError: if `source` is neither.
        MediaError: on first use, if the file is missing, special, unreadable or over `files.MAX_BYTES`.
    """

    __slots__ = ("_data", "_digest", "_path")

    def __init__(self, source: bytes | str | os.PathLike[str]) -> None:
        self._data: bytes | None = None
        self._path: Path | None = None
        self._digest: str | None = None
        if isinstance(source, bytes | bytearray | memoryview):
            self._data = bytes(source)
        elif isinstance(source, str | os.PathLike) and isinstance(os.fspath(source), str):
            if not os.fspath(source):
                raise InputError("The path '' is empty.", 'Try Blob("photo.jpg").')
            self._path = Path(source)
        else:
            raise InputError(
                f"A blob takes bytes or a path, not {type(source).__name__}.",
                'Try Blob("photo.jpg").',
            )

    @property
    def path(self) -> Path | None:
        """The file it was made from, or None."""
        return self._path

    @property
    def shown(self) -> str:
        """Its name in messages: the quoted path, always printable, or "The given data"."""
        return "The given data" if self._path is None else quoted(str(self._path))

    @property
    def data(self) -> bytes:
        """The bytes, read on first use."""
        if self._data is None:
            assert self._path is not None
            self._data = read_file(self._path)
        return self._data

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes, 64 hex digits."""
        if self._digest is None:
            self._digest = hashlib.sha256(self.data).hexdigest()
        return self._digest

    def open(self) -> IO[bytes]:
        """Return the bytes as a file, to be read piece by piece: a file of hours is never held in memory.

        Unlike `data` it shows what is in the file now, if its bytes were not used before.

        Raises:
            MediaError: as on first use, but for the size.
        """
        if self._data is None:
            assert self._path is not None
            return open_file(self._path)
        return io.BytesIO(self._data)

    @property
    def key(self) -> tuple[str | int, ...]:
        """What tells it from others in a cache: the digest, or the stat of a file whose bytes were not used yet."""
        if self._data is None and self._path is not None:
            with suppress(OSError, ValueError):
                status = os.stat(self._path)
                return os.path.realpath(self._path), status.st_size, status.st_mtime_ns
        return (self.digest,)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Blob) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        if self._path is not None:
            return f"Blob({str(self._path)!r})"
        return f"Blob(<{len(self.data)} bytes, sha256 {self.digest[:12]}…>)"

    def to_json(self) -> dict[str, Any]:
        """Return {"data": base64, "sha256": hex}."""
        return {"data": base64.b64encode(self.data).decode("ascii"), "sha256": self.digest}

    @classmethod
    def from_json(cls, value: object) -> Blob:
        """Return the blob of `to_json`; InputError if the value isn't one or its digest does not match."""
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


class PilImage(Protocol):
    """What is used of a `PIL.Image.Image`."""

    @property
    def mode(self) -> str: ...
    def save(self, fp: Any, format: str | None = None, **params: Any) -> None: ...
    def getexif(self) -> Any: ...


class Array(Protocol):
    """What is used of a `numpy.ndarray`."""

    @property
    def __array_interface__(self) -> dict[str, Any]: ...
    def tobytes(self) -> bytes: ...


def is_picture(value: object) -> bool:
    """Whether a value is a Pillow image or an array, told by what it has: neither library is imported."""
    return _is_pil(value) or _is_array(value)


def picture_bytes(picture: PilImage | Array) -> bytes:
    """Return the picture as it is now as a PNG, or as a TIFF if PNG lacks the mode of a Pillow image.

    An array is uint8, 0 to 255, of shape (height, width), (height, width, 1), (height, width, 3) RGB or
    (height, width, 4) RGBA. Of a Pillow image's EXIF data only the orientation is kept.

    Raises:
        InputError: if the array has another shape or type.
        MediaError: if Pillow can't save the image, e.g. because its file is broken.
    """
    return _pil_bytes(picture) if _is_pil(picture) else _png(picture)


def _is_pil(value: object) -> bool:
    return all(hasattr(value, name) for name in ("mode", "save", "getexif")) and not isinstance(value, type)


def _is_array(value: object) -> bool:
    return hasattr(value, "__array_interface__") and not isinstance(value, type)


def _pil_bytes(image: Any) -> bytes:
    buffer = io.BytesIO()
    try:
        own, kept = image.getexif(), type(image.getexif())()
        if _ORIENTATION in own:
            kept[_ORIENTATION] = own[_ORIENTATION]
        image.save(buffer, "PNG" if image.mode in _PNG_MODES else "TIFF", exif=kept)
    except Exception as error:  # Pillow's plugins raise whatever a broken file's bytes provoke
        raise MediaError(
            f"The PIL image of mode {image.mode!r} can't be saved: {' '.join(str(error).split())[:120]}.",
            'Convert it: image.convert("RGB")',
        ) from None
    return buffer.getvalue()


def _png(array: Any) -> bytes:
    interface = array.__array_interface__
    shape, kind = tuple(interface["shape"]), interface["typestr"]
    if kind != "|u1":
        dtype = str(getattr(array, "dtype", kind))
        raise InputError(
            f"An array of {dtype} isn't a picture: its values must be uint8, 0 to 255.",
            'Convert it, e.g. (array * 255).round().astype("uint8") if its values are 0 to 1.',
        )
    channels = 1 if len(shape) == 2 else shape[-1] if len(shape) == 3 else 0
    if channels not in _COLOUR_TYPES or 0 in shape:
        first = len(shape) == 3 and shape[0] in _COLOUR_TYPES and 0 not in shape
        hint = "Put the channels last: array.transpose(1, 2, 0)" if first else f"Give {_SHAPES}."
        raise InputError(f"An array of shape {shape} isn't a picture.", hint)
    height, width = shape[:2]
    data, stride = array.tobytes(), width * channels
    rows = b"".join(b"\0" + data[start : start + stride] for start in range(0, height * stride, stride))
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPES[channels], 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )
