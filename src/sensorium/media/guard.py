"""Images that are refused by their header alone, before anything large is decoded."""

from __future__ import annotations

import struct

import PIL.Image

from sensorium.media.rgb import is_transparent

MAX_IMAGE_BYTES = 100_000_000
"""The largest image file: its bytes stay in memory beside the pixels and the models, and all must fit into 1 GB."""
MAX_PIXELS = 120_000_000
"""The largest image of any format; a 108-megapixel phone photo (baseline JPEG) still opens."""

# The most pixels of each format, so that decoding stays under 600 MB; bytes a pixel measured with Pillow 13:
# WebP 21, AVIF 12, JPEG 2000 26, buffered JPEG up to 12, the others 4 to 8.
_MAX_PIXELS = {
    "JPEG": MAX_PIXELS, "MPO": MAX_PIXELS, "PNG": 64_000_000, "HEIF": 50_000_000, "AVIF": 40_000_000,
    "WEBP": 24_000_000, "JPEG2000": 20_000_000,
}  # fmt: skip
_MAX_OTHER_PIXELS = 40_000_000
_WITH_ALPHA = 2 / 3  # shrinking without colour fringes takes a second copy
_MAX_BUFFERED_JPEG_PIXELS = 40_000_000  # a progressive JPEG keeps every coefficient of the whole picture in memory
_MAX_ICON_PIXELS = 4_000_000
_MAX_SCANNED_PIXELS = 3_000_000_000  # pixels times scans: a small file with thousands of scans takes minutes

_ZEROS = 512  # a file of which only the beginning was copied
_PNG_TEXT = (b"tEXt", b"zTXt", b"iTXt", b"iCCP")

FORMATS = ("JPEG", "MPO", "PNG", "GIF", "WEBP", "TIFF", "BMP", "DIB", "ICO", "PPM", "AVIF", "JPEG2000", "QOI", "HEIF")
"""The formats that are tried, by Pillow's names, without those that start other programs (EPS)."""


def refusal(opened: PIL.Image.Image, data: bytes) -> str | None:
    """Return why an opened image must not be decoded, or None if it may.

    Args:
        opened: As `PIL.Image.open` gave it.
        data: The whole file.
    """
    width, height = opened.size
    if width < 1 or height < 1:
        return f"has no size ({width}×{height} pixels)"
    max_pixels = _MAX_PIXELS.get(opened.format or "", _MAX_OTHER_PIXELS)
    if is_transparent(opened):
        max_pixels = int(max_pixels * _WITH_ALPHA)
    what = "this format"
    if opened.format in ("JPEG", "MPO"):
        if data.endswith(bytes(_ZEROS)) and data.rfind(b"\xff\xd9") < data.rfind(b"\xff\xda"):
            return "is only partly there: it ends in zeros"  # it would decode, with grey below
        scans = data.count(b"\xff\xda")
        if scans > 2:  # each FF in the packed data is followed by 00: these are scans, or one of a thumbnail
            max_pixels, what = _MAX_BUFFERED_JPEG_PIXELS, "a progressive JPEG"
        if width * height * scans > _MAX_SCANNED_PIXELS and scans > 100:
            return f"has {scans} scans of {width}×{height} pixels"
    if width * height > max_pixels:
        return f"has {width}×{height} pixels; the most for {what} is {max_pixels // 1_000_000} million"
    return None


def without_text(data: bytes) -> bytes:
    """Return a PNG without its texts and colour profile, which may unpack to more than is allowed."""
    chunks, at = [data[:8]], 8
    while at + 8 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] not in _PNG_TEXT:
            chunks.append(data[at:end])
        at = end
    return b"".join(chunks)


def icon_refusal(data: bytes) -> str | None:
    """Return why an icon must not be opened, or None: Pillow decodes icons while it opens them."""
    width, height = max(_icon_sizes(data), key=lambda size: size[0] * size[1], default=(0, 0))
    if width * height > _MAX_ICON_PIXELS:
        return f"has {width}×{height} pixels; the most for an icon is {_MAX_ICON_PIXELS // 1_000_000} million"
    return None


def _icon_sizes(data: bytes) -> list[tuple[int, int]]:
    """Return the true sizes of the images in an icon; its directory may claim smaller ones."""
    sizes = []
    for entry in range(min(256, int.from_bytes(data[4:6], "little"))):
        (start,) = struct.unpack_from("<I", data.ljust(6 + 16 * 257, b"\0"), 6 + 16 * entry + 12)
        head = data[start : start + 24].ljust(24, b"\0")
        if head.startswith(b"\x89PNG"):
            width, height = struct.unpack(">II", head[16:24])
        else:
            width, height = (abs(side) for side in struct.unpack("<ii", head[4:12]))
        sizes.append((width, height))
    return sizes
