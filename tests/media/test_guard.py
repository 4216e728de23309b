"""What is refused from a picture's header alone."""

from __future__ import annotations

import io
import struct

import PIL.Image
import pytest

from sensorium.media.guard import MAX_PIXELS, icon_refusal, refusal


class Header(PIL.Image.Image):
    """An opened, not yet decoded picture, as far as the guard looks at it."""

    def __init__(self, format: str, width: int, height: int) -> None:
        super().__init__()
        self.format = format
        self._size = (width, height)


def icon(*sizes: tuple[int, int], png: bool = True) -> bytes:
    out, at = struct.pack("<HHH", 0, 1, len(sizes)), 6 + 16 * len(sizes)
    inner = b""
    for width, height in sizes:
        if png:
            one = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height)
        else:
            one = struct.pack("<Iii", 40, width, height)
        out += struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(one), at + len(inner))
        inner += one
    return out + inner


@pytest.mark.parametrize(
    ("format", "width", "height", "refused"),
    [
        ("JPEG", 12_000, 9_000, False),  # a 108-megapixel phone photo
        ("JPEG", MAX_PIXELS, 1, False),
        ("JPEG", MAX_PIXELS + 1, 1, True),
        ("PNG", 8_000, 8_000, False),
        ("PNG", 8_001, 8_000, True),
        ("PNG", 30_000, 30_000, True),
        ("WEBP", 6_000, 4_000, False),
        ("WEBP", 16_383, 16_383, True),
        ("JPEG2000", 5_001, 4_000, True),
        ("HEIF", 8_064, 6_048, False),  # a 48-megapixel phone photo
        ("TIFF", 8_000, 5_000, False),
        ("TIFF", 8_000, 5_001, True),
        ("UNKNOWN", 8_000, 5_001, True),
        ("PNG", 0, 5, True),
    ],
)
def test_sizes(format: str, width: int, height: int, refused: bool) -> None:
    reason = refusal(Header(format, width, height), b"\xff\xda")
    assert (reason is not None) is refused
    assert reason is None or f"{width}×{height}" in reason


def test_a_progressive_jpeg_has_less_room() -> None:
    assert refusal(Header("JPEG", 8_000, 6_000), b"\xff\xda" * 2) is None
    assert "progressive" in (refusal(Header("JPEG", 8_000, 6_000), b"\xff\xda" * 10) or "")
    assert refusal(Header("JPEG", 6_000, 6_000), b"\xff\xda" * 10) is None


def test_real_progressive_jpegs_pass() -> None:
    buffer = io.BytesIO()
    PIL.Image.effect_noise((1200, 900), 90).convert("RGB").save(buffer, "JPEG", progressive=True)
    with PIL.Image.open(buffer) as opened:
        assert refusal(opened, buffer.getvalue()) is None


def test_thousands_of_scans_are_refused() -> None:
    assert "scans" in (refusal(Header("JPEG", 6_000, 6_000), b"\xff\xda" * 5_000) or "")
    assert refusal(Header("JPEG", 60, 60), b"\xff\xda" * 5_000) is None


def test_alpha_has_less_room() -> None:
    opened = Header("PNG", 7_000, 7_000)
    assert refusal(opened, b"") is None
    opened._mode = "RGBA"
    assert refusal(opened, b"") is not None


@pytest.mark.parametrize("png", [True, False])
def test_an_icon_is_as_large_as_its_largest_picture(png: bool) -> None:
    assert icon_refusal(icon((16, 16), (256, 256), png=png)) is None
    assert "13000×13000" in (icon_refusal(icon((16, 16), (13_000, 13_000), png=png)) or "")


@pytest.mark.parametrize("data", [b"", b"\0\0\1\0", b"\0\0\1\0\xff\xff", b"\0\0\1\0\2\0" + b"\xff" * 32])
def test_a_cut_icon_does_not_break_the_guard(data: bytes) -> None:
    assert icon_refusal(data) is None
