"""Any kind of pixels to RGB."""

from __future__ import annotations

import io

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from sensorium.core.messages import Image
from sensorium.media.image import decode, pixels

RAMP = np.linspace(0, 255, 64, dtype=np.uint8)[None].repeat(8, axis=0)


def through(picture: PIL.Image.Image, format: str, **options: object) -> NDArray[np.uint8]:
    buffer = io.BytesIO()
    picture.save(buffer, format, **options)
    return pixels(Image(buffer.getvalue()))


@pytest.mark.parametrize("format", ["PNG", "TIFF", "PPM"])
def test_sixteen_bits_become_eight(format: str) -> None:
    deep = PIL.Image.fromarray(RAMP.astype(np.uint16) * 257)
    assert np.array_equal(through(deep, format)[:, :, 0], RAMP)


def test_a_dark_sixteen_bit_png_stays_dark_and_a_twelve_bit_tiff_is_stretched() -> None:
    dim = PIL.Image.fromarray(RAMP.astype(np.uint16) * 16)
    assert through(dim, "PNG").max() == 16
    assert through(dim, "TIFF").max() >= 254


def test_more_rows_than_a_strip() -> None:
    tall = RAMP[:1].T.repeat(20, axis=0)
    deep = PIL.Image.fromarray((tall.astype(np.uint16) * 257).repeat(3, axis=1))
    assert np.array_equal(through(deep, "PNG")[:, 0, 0], tall[:, 0])


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, 1.0), (0.0, 255.0), (-1.0, 1.0), (0.0, 1000.0), (1e-30, 1e30), (5.0, 260.0)]
)
def test_floats_of_any_range(low: float, high: float) -> None:
    values = (low + (high - low) * RAMP.astype(np.float64) / 255).astype(np.float32)
    shown = through(PIL.Image.fromarray(values), "TIFF")[:, :, 0]
    assert shown.min() <= 1 and shown.max() >= 254
    assert (np.diff(shown[0].astype(int)) >= 0).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3.0, -3.0, 0.0])
def test_floats_that_are_all_the_same(value: float) -> None:
    shown = through(PIL.Image.fromarray(np.full((5, 5), value, dtype=np.float32)), "TIFF")
    assert shown.shape == (5, 5, 3) and (shown == shown[0, 0]).all()


def test_thirty_two_bit_integers() -> None:
    values = RAMP.astype(np.int32) * 1_000_000 - 7
    shown = through(PIL.Image.fromarray(values), "TIFF")[:, :, 0]
    assert np.abs(shown.astype(int) - RAMP).max() <= 1


def test_one_bit_is_black_and_white_and_shrinks_to_grey() -> None:
    rows, columns = np.indices((64, 64))
    board = PIL.Image.fromarray(((rows + columns) % 2 * 255).astype(np.uint8)).convert("1")
    buffer = io.BytesIO()
    board.save(buffer, "PNG")
    assert set(np.unique(pixels(Image(buffer.getvalue())))) == {0, 255}
    small = pixels(Image(buffer.getvalue()), 16)
    assert 100 < small.mean() < 155 and small.std() < 30


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_clear_parts_are_white(mode: str, format: str) -> None:
    picture = PIL.Image.new(mode, (40, 40), (0, 0, 0, 0) if mode == "RGBA" else (0, 0))
    picture.paste((30, 60, 90, 255) if mode == "RGBA" else (60, 255), (10, 10, 30, 30))
    shown = through(picture, format)
    assert (shown[0, 0] == 255).all()
    assert np.abs(shown[20, 20].astype(int) - ([30, 60, 90] if mode == "RGBA" else [60] * 3)).max() <= 1


def test_half_clear_is_halfway() -> None:
    shown = through(PIL.Image.new("RGBA", (4, 4), (0, 0, 0, 128)), "PNG")
    assert abs(int(shown[0, 0, 0]) - 127) <= 1


@pytest.mark.parametrize("format", ["PNG", "GIF"])
def test_a_clear_colour_of_a_palette_is_white(format: str) -> None:
    picture = PIL.Image.new("P", (20, 20), 0)
    picture.putpalette([0, 0, 0, 200, 30, 30])
    picture.paste(1, (5, 5, 15, 15))
    shown = through(picture, format, transparency=0)
    assert (shown[0, 0] == 255).all() and np.abs(shown[10, 10].astype(int) - [200, 30, 30]).max() <= 1


@pytest.mark.parametrize(("mode", "clear", "seen"), [("RGB", (1, 2, 3), (200, 30, 30)), ("L", 7, 90)])
def test_a_clear_colour_without_a_palette_is_white(
    mode: str, clear: int | tuple[int, ...], seen: int | tuple[int, ...]
) -> None:
    picture = PIL.Image.new(mode, (20, 20), clear)
    picture.paste(seen, (5, 5, 15, 15))
    shown = through(picture, "PNG", transparency=clear)
    assert (shown[0, 0] == 255).all() and (shown[10, 10] == seen).all()


def test_white_on_clear_is_laid_over_black() -> None:
    picture = PIL.Image.new("RGBA", (60, 40), (255, 255, 255, 0))
    picture.paste((255, 255, 255, 255), (10, 10, 50, 20))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    found = decode(Image(buffer.getvalue()))
    assert (found.pixels[15, 20] == 255).all() and (found.pixels[0, 0] == 0).all()
    assert "laid over black, for its visible parts are nearly white" in found.surprises


@pytest.mark.parametrize("alpha", [0, 255])
def test_all_clear_and_all_opaque_white_are_white(alpha: int) -> None:
    shown = through(PIL.Image.new("RGBA", (10, 10), (255, 255, 255, alpha)), "PNG")
    assert (shown == 255).all()


def test_shrinking_does_not_let_hidden_colours_through() -> None:
    picture = PIL.Image.new("RGBA", (200, 200), (255, 0, 0, 0))
    picture.paste((0, 0, 255, 255), (50, 50, 150, 150))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    shown = pixels(Image(buffer.getvalue()), 50).astype(int)
    assert (shown[:, :, 0] <= shown[:, :, 2] + 2).all()  # no red fringe


@pytest.mark.parametrize("format", ["JPEG", "TIFF"])
def test_cmyk_is_not_inverted(format: str) -> None:
    colours = np.array([[[255, 255, 255], [0, 0, 0], [200, 30, 30], [30, 30, 200]]], dtype=np.uint8)
    drawn = colours.repeat(16, axis=0).repeat(16, axis=1)
    options = {"quality": 100, "subsampling": 0} if format == "JPEG" else {}
    shown = through(PIL.Image.fromarray(drawn).convert("CMYK"), format, **options)
    assert np.abs(shown.astype(int) - drawn).max() <= 6


def test_an_adobe_cmyk_jpeg_says_so_in_its_file_and_opens_the_same() -> None:
    buffer = io.BytesIO()
    PIL.Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(buffer, "JPEG", quality=100)
    assert b"Adobe\x00" in buffer.getvalue()
    assert np.abs(pixels(Image(buffer.getvalue()))[8, 8].astype(int) - [255, 0, 0]).max() <= 4


@pytest.mark.parametrize("mode", ["YCbCr", "LAB", "HSV"])
def test_other_colour_spaces_open_or_say_no(mode: str) -> None:
    from sensorium.core.errors import MediaError

    red = PIL.Image.new("RGB", (8, 8), (200, 30, 30))
    if mode == "LAB":
        red = PIL.Image.new("LAB", (8, 8), (110, 190, 170))
    try:
        shown = through(red if mode == "LAB" else red.convert(mode), "TIFF")
    except (MediaError, OSError):
        assert mode in ("HSV",)  # Pillow itself cannot write it
    else:
        assert shown[4, 4, 0] > 150 > 90 > shown[4, 4, 1]
