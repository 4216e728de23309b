"""Pictures: upright, RGB, shrunk, kept; encoded and resized."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from sensorium.core.errors import MediaError
from sensorium.core.messages import Image
from sensorium.media import image as module
from sensorium.media.image import MAX_SIDE, DecodeNote, decode, encode, pixels, resize


def smooth(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    """Draw soft blobs of colour, which lossy formats keep."""
    small = np.random.default_rng(seed).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    return np.asarray(PIL.Image.fromarray(small).resize((width, height), PIL.Image.Resampling.BICUBIC))


def saved(picture: PIL.Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format, **options)
    return buffer.getvalue()


def test_a_lossless_picture_keeps_every_pixel() -> None:
    drawn = smooth(30, 50)
    shown = decode(encode(drawn))
    assert np.array_equal(shown.pixels, drawn) and shown.pixels.dtype == np.uint8
    assert (shown.original, shown.notes) == ((50, 30), ())


def test_jpeg_is_near_and_its_quality_counts() -> None:
    drawn = smooth(64, 96)
    away = np.abs(pixels(encode(drawn, "jpeg", quality=95)).astype(int) - drawn).mean()
    assert away < 3
    assert len(encode(drawn, "jpeg", quality=20).blob.data) < len(encode(drawn, "jpeg", quality=95).blob.data)


def test_the_pixels_are_shared_and_cannot_be_written() -> None:
    made = encode(smooth(20, 20))
    assert pixels(made) is pixels(Image(made.blob.data))
    with pytest.raises(ValueError, match="read-only"):
        pixels(made)[0, 0] = 0


def test_only_a_few_pictures_are_kept() -> None:
    first = encode(smooth(20, 20, 1))
    before = pixels(first)
    for seed in range(2, 7):
        pixels(encode(smooth(20, 20, seed)))
    assert len(module._cache) <= 3
    assert pixels(first) is not before and np.array_equal(pixels(first), before)


@pytest.mark.parametrize(
    ("width", "height", "longest", "size"),
    [
        (400, 300, 200, (200, 150)),
        (300, 400, 200, (150, 200)),
        (400, 300, 400, (400, 300)),
        (400, 300, 4000, (400, 300)),
        (1, 5000, MAX_SIDE, (1, 4096)),
        (5000, 1, MAX_SIDE, (4096, 1)),
        (1, 1, MAX_SIDE, (1, 1)),
        (3, 5000, 100, (1, 100)),
    ],
)
@pytest.mark.parametrize("format", ["PNG", "JPEG"])
def test_the_longest_side_is_capped(width: int, height: int, longest: int, size: tuple[int, int], format: str) -> None:
    shown = decode(Image(saved(PIL.Image.new("RGB", (width, height), (10, 200, 90)), format)), longest)
    assert shown.pixels.shape == (size[1], size[0], 3)
    assert shown.original == (width, height)
    assert np.abs(shown.pixels.astype(int) - [10, 200, 90]).max() <= 3
    note = DecodeNote("shrunk", f"shrunk from {width}×{height} to {size[0]}×{size[1]} pixels")
    assert shown.notes == ((note,) if size != (width, height) else ())


def test_a_shrunk_jpeg_looks_like_the_shrunk_picture() -> None:
    drawn = smooth(1200, 1600)
    shown = pixels(Image(saved(PIL.Image.fromarray(drawn), "JPEG", quality=95)), 300)
    expected = np.asarray(PIL.Image.fromarray(drawn).resize((300, 225), PIL.Image.Resampling.LANCZOS))
    assert np.abs(shown.astype(int) - expected).mean() < 3


def test_a_turned_picture_that_is_shrunk_tells_its_upright_size() -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    data = saved(PIL.Image.fromarray(smooth(300, 400)), "JPEG", exif=exif)
    shown = decode(Image(data), 200)
    assert (shown.original, shown.pixels.shape) == ((300, 400), (200, 150, 3))
    assert DecodeNote("turned", "turned upright by its EXIF orientation") in shown.notes and shown.surprises == ()
    tiff = decode(Image(saved(PIL.Image.fromarray(smooth(300, 400)), "TIFF", exif=exif)), 200)
    assert (tiff.original, tiff.pixels.shape) == ((300, 400), (200, 150, 3))


@pytest.mark.parametrize("cut", [0.1, 0.3, 0.5, 0.7, 0.9, 0.97])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("longest", [MAX_SIDE, 100])
def test_a_cut_jpeg_is_an_error_and_no_grey_filling(cut: float, progressive: bool, longest: int) -> None:
    noisy = np.random.default_rng(0).integers(0, 256, (400, 600, 3), dtype=np.uint8)
    data = saved(PIL.Image.fromarray(noisy), "JPEG", quality=90, progressive=progressive)
    with pytest.raises(MediaError, match="truncated"):
        decode(Image(data[: int(len(data) * cut)]), longest)


@pytest.mark.parametrize("format", ["PNG", "GIF", "TIFF", "BMP", "WEBP", "PPM", "JPEG2000", "AVIF"])
@pytest.mark.parametrize("seed", range(12))
def test_damaged_files_give_pixels_or_a_media_error(format: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    data = np.frombuffer(saved(PIL.Image.fromarray(smooth(40, 60)), format), dtype=np.uint8).copy()
    at = rng.integers(0, min(len(data), 200 if seed % 2 else len(data)), 1 + seed)
    data[at] = rng.integers(0, 256, len(at))
    try:
        shown = decode(Image(data.tobytes())).pixels
    except MediaError as error:
        assert error.hint and "\n" not in str(error)
    else:
        assert shown.ndim == 3 and shown.shape[2] == 3


def test_an_error_names_the_file_or_says_given(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\nxx")
    with pytest.raises(MediaError, match=r"a\.png"):
        decode(Image(tmp_path / "a.png"))
    with pytest.raises(MediaError, match="The given data"):
        decode(Image(b"\x89PNG\r\n\x1a\nxx"))


def test_threads_may_open_pictures_together() -> None:
    drawn = [smooth(200, 300, seed) for seed in range(6)]
    made = [encode(one) for one in drawn]
    with ThreadPoolExecutor(8) as pool:
        shown = list(pool.map(pixels, made * 4))
    assert all(np.array_equal(one, drawn[number % 6]) for number, one in enumerate(shown))


def test_large_pictures_are_not_hoarded() -> None:
    made = [encode(PIL.Image.new("RGB", (3500, 3500), (shade, 0, 0))) for shade in (10, 20, 30)]
    first = weakref.ref(pixels(made[0]))
    again = pixels(made[1])
    assert first() is not None and pixels(made[1]) is again
    pixels(made[2])
    assert first() is None


def test_heic_without_its_package_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(MediaError) as caught:
        decode(Image(struct.pack(">I", 24) + b"ftypheic" + bytes(4) + b"mif1heic" + bytes(100)))
    assert 'pip install "sensorium[heic]"' in caught.value.hint


def test_heic_with_its_package_opens_upright() -> None:
    heif = pytest.importorskip("pillow_heif")
    drawn = smooth(64, 96)
    buffer = io.BytesIO()
    heif.from_pillow(PIL.Image.fromarray(drawn)).save(buffer, quality=95)
    shown = pixels(Image(buffer.getvalue()))
    assert shown.shape == (64, 96, 3) and np.abs(shown.astype(int) - drawn).mean() < 4


def test_encode_takes_pillow_pictures_and_keeps_alpha_in_png() -> None:
    clear = PIL.Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    assert np.array_equal(pixels(encode(clear)), np.full((4, 4, 3), 255))
    assert encode(clear, "jpeg").blob.data.startswith(b"\xff\xd8")


def test_resize_keeps_small_pictures_and_proportions() -> None:
    drawn = smooth(30, 60)
    assert resize(drawn, 60) is drawn
    assert resize(drawn, 30).shape == (15, 30, 3)
    assert resize(smooth(1, 600), 100).shape == (1, 100, 3)


PROGRAM = """
import os, sys
from sensorium.media.image import trim

def held():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

many = [b"1" * 100_000 for _ in range(2000)]
last = b"1" * 100_000  # lies behind them, so that the heap cannot shrink
del many
before = held()
trim()
print(before - held())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc keeps freed memory so")
def test_freed_memory_goes_back() -> None:
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert int(run.stdout) > 150_000_000


def test_the_size_of_an_image_is_known_without_its_pixels() -> None:
    from sensorium.media.image import size

    turned = io.BytesIO()
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    PIL.Image.new("RGB", (40, 30)).save(turned, "JPEG", exif=exif)
    assert size(Image(turned.getvalue())) == (30, 40) == decode(Image(turned.getvalue())).original
    long = encode(np.zeros((4000, 1000, 3), np.uint8))
    assert size(long) == (1000, 4000) and size(long, 2048) == (512, 2048) and size(long, 9000) == (1000, 4000)
    with pytest.raises(MediaError):
        size(Image(b"nothing"))
