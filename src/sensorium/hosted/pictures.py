"""Pictures as services take them: upright, small enough, without what the camera wrote beside them."""

from __future__ import annotations

import io
from threading import Lock
from typing import NamedTuple

import PIL.Image
from cachetools import LRUCache, cached

from sensorium.core.messages import Image
from sensorium.media.image import decode, encode
from sensorium.media.sniff import media_type

LONGEST_SIDE = 2048
"""The longest side, in pixels, that is sent; OpenAI itself scales pictures into 2048 × 2048
(https://platform.openai.com/docs/guides/images-vision, "Calculating costs")."""
MOST_PNG_BYTES = 4_000_000
_PHOTOS = ("image/jpeg", "image/heic", "image/avif")  # what has lost something already may lose a little more
_AS_IT_IS = {"image/jpeg": "JPEG", "image/png": "PNG"}
_HARMLESS = {
    "dpi", "gamma", "srgb", "chromaticity", "interlace", "progressive", "progression", "aspect",
    "jfif", "jfif_version", "jfif_unit", "jfif_density", "adobe", "adobe_transform",
}  # fmt: skip


class Packed(NamedTuple):
    """A picture to send: its bytes and their media type."""

    data: bytes
    media_type: str


_cache: LRUCache[tuple[str, int], Packed] = LRUCache(32)  # examples come again with every question


def packed(image: Image, longest: int = LONGEST_SIDE) -> Packed:
    """Make what is sent of a picture: a JPEG or PNG, upright, RGB, longest side at most `longest` pixels.

    The file itself is sent where it is that already and holds nothing beside the picture; else it is encoded again,
    photos as JPEG and drawings as PNG, so that no place, time or name in the file's metadata leaves the machine.
    The same picture always gives the same bytes.

    Raises:
        MediaError: when it can't be opened.
    """
    return _packed(image, longest)


@cached(_cache, key=lambda image, longest: (image.blob.digest, longest), lock=Lock())
def _packed(image: Image, longest: int) -> Packed:
    opened = decode(image, longest)
    data = image.blob.data
    found = media_type(data)
    if max(opened.original) <= longest and found in _AS_IT_IS and _is_plain(data, _AS_IT_IS[found]):
        return Packed(data, found)
    if found not in _PHOTOS:
        made = encode(opened.pixels).blob.data
        if len(made) <= MOST_PNG_BYTES:
            return Packed(made, "image/png")
    return Packed(encode(opened.pixels, "jpeg").blob.data, "image/jpeg")


def _is_plain(data: bytes, form: str) -> bool:
    with PIL.Image.open(io.BytesIO(data)) as opened:
        opened.load()  # a PNG's words may stand behind its pixels
        return opened.format == form and opened.mode in ("RGB", "L") and set(opened.info) <= _HARMLESS
