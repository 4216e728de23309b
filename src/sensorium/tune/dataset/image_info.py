"""What one look at a picture tells: its size, its content's hashes, and whom its metadata names."""

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

SIDE = 32
"""The side of the small copy that near duplicates are compared by, in pixels."""
_LOOKED_AT = 512
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
_WORDS = {"author": "author", "artist": "artist"}  # a PNG's own texts


@dataclass(frozen=True)
class Seen:
    """What one look at a picture told.

    Args:
        digest: SHA-256 of the file, or "" where it can't be read.
        size: Width and height, upright, in pixels.
        hash: 64 bits that near copies nearly share; see `perceptual`.
        small: (32, 32, 3) uint8 copy.
        personal: What its metadata holds of persons: "GPS position", "camera serial" …
        broken: Why it can't be opened, or "".
    """

    digest: str = ""
    size: tuple[int, int] = (0, 0)
    hash: int = 0
    small: NDArray[np.uint8] | None = None
    personal: tuple[str, ...] = ()
    broken: str = ""


def see(image: Image) -> Seen:
    """Look at a picture once; one that can't be opened says why, and raises nothing."""
    picture = fresh(image)
    try:
        opened = decode(picture, _LOOKED_AT)
    except MediaError as error:
        return Seen(broken=error.message)
    small = np.asarray(PIL.Image.fromarray(opened.pixels).resize((SIDE, SIDE), PIL.Image.Resampling.BOX))
    return Seen(picture.blob.digest, opened.original, perceptual(small), small, personal(picture.blob.data))


def perceptual(small: NDArray[np.uint8]) -> int:
    """Hash a small picture to 64 bits by its low frequencies: each bit is a coefficient over their median.

    Source: Zauner 2010, "Implementation and Benchmarking of Perceptual Image Hash Functions" (pHash's DCT hash).
    """
    grey = small.astype(np.float64) @ (0.299, 0.587, 0.114)
    low = (_DCT @ grey @ _DCT.T)[:8, :8].ravel()
    bits = low > np.median(low[1:])
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def personal(data: bytes) -> tuple[str, ...]:
    """Name what a picture file's metadata holds of persons, places and single cameras; empty where nothing."""
    found: set[str] = set()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd metadata
            with PIL.Image.open(io.BytesIO(data), formats=[n for n in FORMATS if n in PIL.Image.OPEN]) as opened:
                exif = opened.getexif()
                if any(tag in (2, 4) for tag in exif.get_ifd(_GPS)):  # latitude, longitude; others alone tell no place
                    found.add("GPS position")
                for tags in (exif, exif.get_ifd(_EXIF)):
                    found |= {name for tag, name in _PERSONAL.items() if _says(tags.get(tag))}
                xmp = opened.info.get("xmp") or b""
                xmp = xmp.encode() if isinstance(xmp, str) else xmp
                found |= {name for sign, name in _XMP.items() if sign in xmp}
                found |= {name for key, name in _WORDS.items() if _says(_text(opened.info, key))}
    except Exception:  # broken metadata raises whatever its bytes provoke; what can't be read names nobody
        pass
    return tuple(sorted(found))


def _says(value: object) -> bool:
    text = value.replace(b"\0", b"") if isinstance(value, bytes) else str(value or "")
    return bool(text.strip())


def _text(info: dict[str | tuple[int, int], object], key: str) -> object:
    return next((value for name, value in info.items() if isinstance(name, str) and name.lower() == key), None)


def _cosines() -> NDArray[np.float64]:
    n = np.arange(SIDE)
    table: NDArray[np.float64] = np.cos(np.pi / SIDE * (n[None, :] + 0.5) * n[:, None])
    return table


_DCT = _cosines()
