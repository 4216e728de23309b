"""Pictures as they are sent."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import PIL.Image
import PIL.PngImagePlugin
import pytest

from sensorium import Image
from sensorium.core.errors import MediaError
from sensorium.hosted.images import MAX_PNG_BYTES, encode_image


def saved(form: str, mode: str = "RGB", size: tuple[int, int] = (40, 30), **how: Any) -> bytes:
    buffer = io.BytesIO()
    PIL.Image.new(mode, size, 120 if mode == "L" else None).save(buffer, form, **how)
    return buffer.getvalue()


@pytest.mark.parametrize(("form", "kind"), [("PNG", "image/png"), ("JPEG", "image/jpeg")])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_plain_picture_goes_as_it_is(form: str, kind: str, mode: str) -> None:
    data = saved(form, mode)
    assert encode_image(Image(data)) == (data, kind)


def with_exif(orientation: int) -> PIL.Image.Exif:
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    return exif


def words() -> PIL.PngImagePlugin.PngInfo:
    told = PIL.PngImagePlugin.PngInfo()
    told.add_text("Author", "Someone")
    return told


@pytest.mark.parametrize(
    ("data", "kind", "size"),
    [
        (saved("JPEG", exif=with_exif(6)), "JPEG", (30, 40)),
        (saved("JPEG", exif=with_exif(1)), "JPEG", (40, 30)),
        (saved("JPEG", comment=b"Someone"), "JPEG", (40, 30)),
        (saved("JPEG", "CMYK"), "JPEG", (40, 30)),
        (saved("PNG", pnginfo=words()), "PNG", (40, 30)),
        (saved("PNG", "RGBA"), "PNG", (40, 30)),
        (saved("PNG", "P"), "PNG", (40, 30)),
        (saved("PNG", size=(400, 300)), "PNG", (100, 75)),
        (saved("JPEG", size=(400, 300)), "JPEG", (100, 75)),
        (saved("GIF"), "PNG", (40, 30)),
        (saved("BMP"), "PNG", (40, 30)),
        (saved("TIFF"), "PNG", (40, 30)),
        (saved("WEBP"), "PNG", (40, 30)),
    ],
)
def test_any_other_is_made_anew(data: bytes, kind: str, size: tuple[int, int]) -> None:
    sent = encode_image(Image(data), max_side=100)
    opened = PIL.Image.open(io.BytesIO(sent.data))
    assert sent.media_type == f"image/{kind.lower()}" and sent.data != data
    assert (opened.format, opened.mode, opened.size) == (kind, "RGB", size)
    assert b"Someone" not in sent.data and not opened.getexif()


def test_what_is_seen_through_stands_on_white() -> None:
    clear = PIL.Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    buffer = io.BytesIO()
    clear.save(buffer, "PNG")
    assert np.asarray(PIL.Image.open(io.BytesIO(encode_image(Image(buffer.getvalue())).data))).min() == 255


def test_a_png_that_would_be_large_becomes_a_jpeg() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (1300, 1300, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    PIL.Image.fromarray(noise).convert("RGBA").save(buffer, "PNG", compress_level=1)
    sent = encode_image(Image(buffer.getvalue()))
    assert sent.media_type == "image/jpeg" and len(sent.data) < MAX_PNG_BYTES


def test_the_same_picture_gives_the_same_bytes() -> None:
    data = saved("JPEG", size=(400, 300))

    first = encode_image(Image(data), max_side=100)
    encode_image.cache.clear()
    assert encode_image(Image(data), max_side=100) == first


def test_a_broken_picture_is_said() -> None:
    with pytest.raises(MediaError):
        encode_image(Image(saved("JPEG")[:-100]))
