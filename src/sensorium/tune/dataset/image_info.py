"""Properties of a picture file: its size, hashes of its content, and personal data in its metadata."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from sensorium.core.errors import MediaError
from sensorium.core.messages import Image
from sensorium.media.guard import FORMATS
from sensorium.media.image import decode, fresh

THUMBNAIL_SIDE = 48
"""Side in pixels of the thumbnails that near duplicates are compared by."""
GRID = 8
_DECODED_SIDE = 512
_GPS, _EXIF, _MAKER = 0x8825, 0x8769, 0x927C
# Exif 2.32, tables 4 to 8: tags that name a person or one camera
_PERSONAL = {
    0x013B: "artist", 0x013C: "host computer", 0x9C9D: "author", 0xA430: "camera owner", 0xA431: "camera serial",
    0xA435: "lens serial",
}  # fmt: skip
_XMP = {
    b"GPSLatitude": "GPS position", b"SerialNumber": "camera serial", b"OwnerName": "camera owner",
    b"dc:creator": "artist",
}  # fmt: skip
_PNG_TEXTS = ("author", "artist")


@dataclass(frozen=True)
class ImageInfo:
    """Properties of a picture file.

    Args:
        digest: SHA-256 of the file, or "" if it can't be read.
        size: Width and height, upright, in pixels.
        thumbnail: (48, 48, 3) uint8.
        personal: Personal data in its metadata: "GPS position", "camera serial" …
        broken: Why it can't be opened, or "".
    """

    digest: str = ""
    size: tuple[int, int] = (0, 0)
    thumbnail: NDArray[np.uint8] | None = None
    personal: tuple[str, ...] = ()
    broken: str = ""


def inspect_image(image: Image) -> ImageInfo:
    """Return the properties of a picture; `broken` says why it can't be opened."""
    picture = fresh(image)
    try:
        opened = decode(picture, _DECODED_SIDE)
    except MediaError as error:
        return ImageInfo(broken=error.message)
    shrinks = min(opened.pixels.shape[:2]) >= THUMBNAIL_SIDE
    way = PIL.Image.Resampling.BOX if shrinks else PIL.Image.Resampling.BICUBIC
    small = np.asarray(PIL.Image.fromarray(opened.pixels).resize((THUMBNAIL_SIDE, THUMBNAIL_SIDE), way))
    return ImageInfo(picture.blob.digest, opened.original, small, personal_data(picture.blob.data))


def normalised(thumbnail: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return a thumbnail's values with a mean of 128, dark ones less: those of another exposure are nearly the same."""
    return thumbnail.astype(np.float32) * np.float32(128 / max(96.0, float(thumbnail.mean())))


def colour_grid(thumbnail: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the mean colours of 8 by 8 cells of a thumbnail, normalised, as one vector of 192 values."""
    cell = THUMBNAIL_SIDE // GRID
    means: NDArray[np.float32] = normalised(thumbnail).reshape(GRID, cell, GRID, cell, 3).mean(axis=(1, 3)).ravel()
    return means


def personal_data(data: bytes) -> tuple[str, ...]:
    """Return what a picture file's metadata reveals of persons, places and single cameras; often nothing."""
    found: set[str] = set()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd metadata
            with PIL.Image.open(io.BytesIO(data), formats=[n for n in FORMATS if n in PIL.Image.OPEN]) as opened:
                exif = opened.getexif()
                if any(tag in (2, 4) for tag in exif.get_ifd(_GPS)):  # latitude, longitude
                    found.add("GPS position")
                for tags in (exif, exif.get_ifd(_EXIF)):
                    found |= {name for tag, name in _PERSONAL.items() if _is_filled(tags.get(tag))}
                xmp = opened.info.get("xmp") or b""
                xmp = xmp.encode() if isinstance(xmp, str) else xmp
                found |= {name for sign, name in _XMP.items() if sign in xmp}
                found |= {key for key in _PNG_TEXTS if _is_filled(_text(opened.info, key))}
    except Exception:  # broken metadata raises whatever its bytes provoke; unreadable, it names nobody
        pass
    return tuple(sorted(found))


def _is_filled(value: object) -> bool:
    text = value.replace(b"\0", b"") if isinstance(value, bytes) else str(value or "")
    return bool(text.strip())


def _text(info: dict[str | tuple[int, int], object], key: str) -> object:
    return next((value for name, value in info.items() if isinstance(name, str) and name.lower() == key), None)
