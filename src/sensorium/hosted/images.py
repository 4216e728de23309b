"""Images as services take them: upright, small enough, without the camera's metadata."""

from __future__ import annotations

import io
from threading import Lock
from typing import NamedTuple

import PIL.Image
from cachetools import LRUCache, cached

from sensorium.core.blob import clear_on_forget
from sensorium.core.messages import Image
from sensorium.media.image import decode, encode
from sensorium.media.sniff import media_type

MAX_SIDE = 2048
"""The longest side, in pixels, that is sent: OpenAI's GPT-4o family is shown no more, and newer models take 1.2 tokens
for every 32 × 32 pixels (https://developers.openai.com/api/docs/guides/images-vision). Tiles show more."""
MAX_PNG_BYTES = 4_000_000
_LOSSY = ("image/jpeg", "image/heic", "image/avif")  # encoding these as JPEG loses little more
_SENDABLE = {"image/jpeg": "JPEG", "image/png": "PNG"}
_HARMLESS = {
    "dpi", "gamma", "srgb", "chromaticity", "interlace", "progressive", "progression", "aspect",
    "jfif", "jfif_version", "jfif_unit", "jfif_density", "adobe", "adobe_transform",
}  # fmt: skip


_lock = Lock()


class EncodedImage(NamedTuple):
    """An image to send: its bytes and their media type."""

    data: bytes
    media_type: str


_cache: LRUCache[tuple[str, int], EncodedImage] = LRUCache(32)


def forget() -> None:
    """Empty the cache of encoded images, which may be private."""
    with _lock:
        _cache.clear()


clear_on_forget(forget)


@cached(_cache, key=lambda image, max_side=MAX_SIDE: (image.blob.digest, max_side), lock=_lock)
def encode_image(image: Image, max_side: int = MAX_SIDE) -> EncodedImage:
    """Return the JPEG or PNG to send: upright, RGB, longest side at most `max_side` pixels.

    A file that is one already, without metadata, is sent as it is. Others are encoded again, photos as JPEG and
    drawings as PNG, so that no place, time or name in the metadata leaves the machine. The same image always gives
    the same bytes.

    Raises:
        MediaError: when it can't be opened.
    """
    decoded = decode(image, max_side)
    data = image.blob.data
    original_type = media_type(data)
    if max(decoded.original) <= max_side and original_type in _SENDABLE and _is_plain(data, _SENDABLE[original_type]):
        return EncodedImage(data, original_type)
    if original_type not in _LOSSY:
        png = encode(decoded.pixels).blob.data
        if len(png) <= MAX_PNG_BYTES:
            return EncodedImage(png, "image/png")
    return EncodedImage(encode(decoded.pixels, "jpeg").blob.data, "image/jpeg")


def _is_plain(data: bytes, format: str) -> bool:
    with PIL.Image.open(io.BytesIO(data)) as opened:
        opened.load()  # a PNG's texts may follow its pixels
        return opened.format == format and opened.mode in ("RGB", "L") and set(opened.info) <= _HARMLESS
