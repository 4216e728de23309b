"""What is refused from a picture's header alone, before anything large is decoded."""

from __future__ import annotations

import struct

import PIL.Image

from sensorium.media.rgb import is_transparent

MOST_PICTURE_BYTES = 100_000_000
"""The largest picture file: its bytes stay in memory beside the pixels and the eyes, and all must fit into 1 GB."""
MOST_PIXELS = 120_000_000
"""The largest picture of any format; a 108-megapixel phone photo (baseline JPEG) still opens."""

# The most pixels of each format, so that decoding stays under 600 MB; bytes a pixel measured with Pillow 13:
# WebP 21, AVIF 12, JPEG 2000 26, buffered JPEG up to 12, the others 4 to 8.
_MOST = {
    "JPEG": MOST_PIXELS, "MPO": MOST_PIXELS, "PNG": 64_000_000, "HEIF": 50_000_000, "AVIF": 40_000_000,
    "WEBP": 24_000_000, "JPEG2000": 20_000_000,
}  # fmt: skip
_MOST_OTHER = 40_000_000
_WITH_ALPHA = 2 / 3  # shrinking without colour fringes takes a second copy
_MOST_BUFFERED_JPEG = 40_000_000  # a progressive JPEG keeps every coefficient of the whole picture in memory
_MOST_ICON = 4_000_000
_MOST_SCANNED = 3_000_000_000  # pixels times scans: a small file with thousands of scans takes minutes

_ZEROS = 512  # a file of which only the beginning was copied
_PNG_WORDS = (b"tEXt", b"zTXt", b"iTXt", b"iCCP")

OPENED = ("JPEG", "MPO", "PNG", "GIF", "WEBP", "TIFF", "BMP", "DIB", "ICO", "PPM", "AVIF", "JPEG2000", "QOI", "HEIF")
"""The formats that are tried, by Pillow's names. Not among them: those that start other programs (EPS)."""


def refusal(opened: PIL.Image.Image, data: bytes) -> str | None:
    """Say why an opened, not yet decoded picture must not be decoded; None where it may.

    Args:
        opened: As `PIL.Image.open` gave it.
        data: The whole file.
    """
    width, height = opened.size
    if width < 1 or height < 1:
        return f"has no size ({width}×{height} pixels)"
    most = _MOST.get(opened.format or "", _MOST_OTHER)
    if is_transparent(opened):
        most = int(most * _WITH_ALPHA)
    what = "this format"
    if opened.format in ("JPEG", "MPO"):
        if data.endswith(bytes(_ZEROS)) and data.rfind(b"\xff\xd9") < data.rfind(b"\xff\xda"):
            return "is only partly there: it ends in zeros"  # it would decode, with grey below
        scans = data.count(b"\xff\xda")
        if scans > 2:  # each FF in the packed data is followed by 00: these are scans, or one of a thumbnail
            most, what = _MOST_BUFFERED_JPEG, "a progressive JPEG"
        if width * height * scans > _MOST_SCANNED and scans > 100:
            return f"has {scans} scans of {width}×{height} pixels"
    if width * height > most:
        return f"has {width}×{height} pixels; the most for {what} is {most // 1_000_000} million"
    return None


def without_words(data: bytes) -> bytes:
    """Return a PNG without its texts and colour profile, which may unpack to more than is allowed."""
    kept, at = [data[:8]], 8
    while at + 8 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] not in _PNG_WORDS:
            kept.append(data[at:end])
        at = end
    return b"".join(kept)


def icon_refusal(data: bytes) -> str | None:
    """Say why an icon must not even be opened, for Pillow decodes icons while opening them; None where it may."""
    width, height = max(_icon_sizes(data), key=lambda size: size[0] * size[1], default=(0, 0))
    if width * height > _MOST_ICON:
        return f"has {width}×{height} pixels; the most for an icon is {_MOST_ICON // 1_000_000} million"
    return None


def _icon_sizes(data: bytes) -> list[tuple[int, int]]:
    """Read the true sizes of the pictures in an icon: its directory may claim less than they have."""
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
