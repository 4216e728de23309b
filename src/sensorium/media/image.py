"""Images: open by content, turn upright, guard, shrink, encode."""

from __future__ import annotations

import ctypes
import io
import sys
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Literal

import numpy as np
import PIL.Image
from cachetools import LRUCache, cached
from numpy.typing import NDArray

from sensorium.core.blob import Blob, clear_on_forget
from sensorium.core.errors import MediaError
from sensorium.core.messages import Image
from sensorium.media.guard import FORMATS, MAX_IMAGE_BYTES, icon_refusal, refusal, without_text
from sensorium.media.rgb import direct, flat
from sensorium.media.sniff import UNFIT, media_type

Pixels = NDArray[np.uint8]
"""An upright image: (height, width, 3), RGB, 0 to 255."""

MAX_SIDE = 4096
"""Images are shrunk to this longest side, in pixels, unless the caller says otherwise."""
LONG = 2.5
"""An image this many times as long as wide is better read in tiles."""
_CACHED, _CACHED_BYTES = 3, 80_000_000  # decoded images: two of 12 megapixels, or one as large as can be
_COUNTED_BYTES = 1_000_000  # in larger GIF and TIFF files the frames are not counted: it takes a walk through all


@dataclass(frozen=True)
class DecodeNote:
    """Something that was done to an image while it was opened.

    Args:
        kind: "frames" if it has more frames than the one shown, "background" if it was laid over black or grey,
            "turned" by its EXIF orientation, "shrunk".
        text: How it goes on after "The picture": "shows the first of 12 frames" …
    """

    kind: Literal["frames", "background", "turned", "shrunk"]
    text: str


@dataclass(frozen=True)
class Decoded:
    """An image that was opened.

    Args:
        pixels: (height, width, 3) uint8 RGB, upright. Do not write to it: it is shared.
        original: Width and height in the file, upright, before any shrinking.
        notes: What was done to it.
    """

    pixels: Pixels
    original: tuple[int, int]
    notes: tuple[DecodeNote, ...] = ()

    @property
    def surprises(self) -> tuple[str, ...]:
        """The texts of the notes that a person should know: further frames, another background."""
        return tuple(note.text for note in self.notes if note.kind in ("frames", "background"))


def _size(decoded: Decoded) -> int:
    return min(_CACHED_BYTES, max(decoded.pixels.nbytes, _CACHED_BYTES // _CACHED))


_cache: LRUCache[tuple[str, int], Decoded] = LRUCache(_CACHED_BYTES, _size)
_lock = Lock()
_decoding = Lock()  # two large images decoded at once would need twice the memory


def pixels(image: Image, max_side: int = MAX_SIDE) -> Pixels:
    """Return an image's pixels, (height, width, 3) uint8 RGB, upright, longest side at most `max_side`."""
    return decode(image, max_side).pixels


def decode(image: Image, max_side: int = MAX_SIDE) -> Decoded:
    """Open an image by its content, upright, in RGB (transparent parts over white).

    The last few are cached, so that several readers of one image open it once.

    Raises:
        MediaError: if it isn't an image, is broken, or has more than `MAX_PIXELS`.
    """
    return _decode(image.blob, max_side)


def size(image: Image, max_side: int | None = None) -> tuple[int, int]:
    """Return an image's width and height upright, after shrinking to `max_side`; its pixels are not decoded.

    Raises:
        MediaError: as `decode`.
    """
    width, height = _size_upright(image)
    scale = 1.0 if max_side is None else min(1.0, max_side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _size_upright(image: Image) -> tuple[int, int]:
    try:
        with PIL.Image.open(io.BytesIO(image.blob.data), formats=_formats()) as opened:
            width, height = opened.size
            return (height, width) if _orientation(opened) in (5, 6, 7, 8) else (width, height)
    except Exception:  # another format, or a broken file: decoding says which
        return decode(image).original


def forget() -> None:
    """Empty the cache of decoded images, which may be private."""
    with _lock:
        _cache.clear()


clear_on_forget(forget)


def encode(pixels: Pixels | PIL.Image.Image, format: Literal["png", "jpeg"] = "png", quality: int = 90) -> Image:
    """Make an Image from pixels, (height, width, 3) uint8 RGB, or from a Pillow image; `quality` is JPEG's."""
    picture = pixels if isinstance(pixels, PIL.Image.Image) else PIL.Image.fromarray(pixels)
    buffer = io.BytesIO()
    if format == "jpeg":
        picture.convert("RGB").save(buffer, "JPEG", quality=quality)
    else:
        picture.save(buffer, "PNG", compress_level=1)
    return Image(buffer.getvalue())


def bitmap(pixels: Pixels, at: float | None = None) -> Image:
    """Make an Image from pixels without compressing them, for a reader in this process; `at` as in `Image`."""
    buffer = io.BytesIO()
    PIL.Image.fromarray(pixels).save(buffer, "BMP")
    return Image(buffer.getvalue(), at)


def resize(pixels: Pixels, max_side: int) -> Pixels:
    """Shrink to a longest side of at most `max_side` pixels; a smaller image is returned as it is."""
    height, width = pixels.shape[:2]
    if max(height, width) <= max_side:
        return pixels
    scale = max_side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(PIL.Image.fromarray(pixels).resize(size, PIL.Image.Resampling.LANCZOS, reducing_gap=3.0))


@cached(_cache, key=lambda blob, max_side: (blob.digest, max_side), lock=_lock)
def _decode(blob: Blob, max_side: int) -> Decoded:
    with _decoding:
        decoded = _checked(blob, max_side)
        if max(decoded.original) > MAX_SIDE:
            trim()
        return decoded


def _checked(blob: Blob, max_side: int) -> Decoded:
    shown = blob.shown
    data = blob.data
    if not data:
        raise MediaError(f"{shown} is empty.", "Take or save the picture again.")
    if len(data) > MAX_IMAGE_BYTES:
        raise MediaError(
            f"{shown} has {len(data) / 1e6:.0f} MB; a picture has at most {MAX_IMAGE_BYTES / 1e6:.0f} MB.",
            "Make it smaller first.",
        )
    detected = media_type(data)
    if detected == "image/heic":
        _allow_heic(shown)
    if detected == "image/x-icon" and (reason := icon_refusal(data)) is not None:
        raise MediaError(f"{shown} {reason}.", "Make it smaller first.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd metadata; media.guard decides
            try:
                return _opened(data, max_side, shown)
            except ValueError:
                if detected != "image/png":
                    raise
                return _opened(without_text(data), max_side, shown)
    except MediaError:
        raise
    except PIL.UnidentifiedImageError:
        raise _no_picture(shown, detected) from None
    except PIL.Image.DecompressionBombError:
        raise MediaError(f"{shown} is too large to open safely.", "Make it smaller first.") from None
    except MemoryError:
        raise MediaError(f"{shown} does not fit into memory.", "Make it smaller first.") from None
    except Exception as error:  # Pillow's plugins raise whatever a broken file's bytes provoke
        reason = " ".join(str(error).split()) or type(error).__name__
        raise MediaError(f"{shown} is broken: {reason[:120]}.", "Take or save the picture again.") from None


def _opened(data: bytes, max_side: int, shown: str) -> Decoded:
    with PIL.Image.open(io.BytesIO(data), formats=_formats()) as opened:
        return _upright(opened, data, max_side, shown)


def _formats() -> list[str]:
    PIL.Image.init()  # registers every format, so that the missing ones (HEIF) can be left out
    return [name for name in FORMATS if name in PIL.Image.OPEN]


def _no_picture(shown: str, detected: str) -> MediaError:
    if detected in UNFIT:
        what, hint = UNFIT[detected]
        return MediaError(f"{shown} {what}.", hint)
    if detected.startswith("image/"):
        return MediaError(f"{shown} is broken, or {detected} of an unknown kind.", "Save it as PNG or JPEG.")
    like = f" (it looks like {detected})" if detected else ""
    return MediaError(f"{shown} isn't a picture{like}.", "Give a PNG, JPEG, WebP, GIF, TIFF or BMP picture.")


def _upright(opened: PIL.Image.Image, data: bytes, max_side: int, shown: str) -> Decoded:
    reason = refusal(opened, data)
    if reason is not None:
        raise MediaError(f"{shown} {reason}.", "Make it smaller first, or save it again.")
    width, height = opened.size
    notes = _frames(opened, len(data))
    scale = min(1.0, max_side / max(width, height))
    if opened.format in ("JPEG", "MPO") and scale < 1:
        opened.draft(None, (max(1, int(width * scale)), max(1, int(height * scale))))
    opened.load()
    turned = _orientation(opened)
    if opened.format == "TIFF" and opened.size == (height, width):
        width, height = opened.size  # Pillow has turned it while loading
    picture = direct(opened)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        picture = picture.resize(size, PIL.Image.Resampling.LANCZOS, reducing_gap=3.0)
    if turned in _STEPS:
        picture = picture.transpose(_STEPS[turned])
        notes.append(DecodeNote("turned", "turned upright by its EXIF orientation"))
    original = (height, width) if turned in (5, 6, 7, 8) else (width, height)
    rgb, ground = flat(picture)
    if ground not in ("", "white"):
        notes.append(DecodeNote("background", f"laid over {ground}, for its visible parts are {_UNLIKE[ground]}"))
    out = np.asarray(rgb)
    if scale < 1:
        text = f"shrunk from {original[0]}×{original[1]} to {out.shape[1]}×{out.shape[0]} pixels"
        if min(original) >= 200 and max(original) >= LONG * min(original):
            text += f"; its text may be too small to read, unless it is given as {len(tile_boxes(original))} tiles"
        notes.append(DecodeNote("shrunk", text))
    out.setflags(write=False)
    return Decoded(out, original, tuple(notes))


def _frames(opened: PIL.Image.Image, size: int) -> list[DecodeNote]:
    if opened.format in ("MPO", "ICO"):
        return []  # their further pictures are previews and smaller sizes, not frames
    try:
        if opened.format in ("GIF", "TIFF") and size > _COUNTED_BYTES:
            several = getattr(opened, "is_animated", False)
            return [DecodeNote("frames", "shows the first of several frames")] if several else []
        count = int(getattr(opened, "n_frames", 1))
    except Exception:  # the later frames are broken, in whatever way; the first may still open
        return []
    finally:
        if opened.tell() != 0:
            opened.seek(0)
    return [DecodeNote("frames", f"shows the first of {count} frames")] if count > 1 else []


def _orientation(opened: PIL.Image.Image) -> int:
    try:
        return int(opened.getexif().get(0x0112, 1))
    except Exception:  # broken EXIF raises whatever its bytes provoke; a picture without it is still a picture
        return 1


_UNLIKE = {"black": "nearly white", "grey": "nearly white and nearly black"}


def tile_boxes(size: tuple[int, int]) -> list[tuple[int, int, int, int]]:
    """Return left, top, right, bottom of the tiles of a long image of this width and height, an eighth overlapping."""
    width, height = size
    step = round(1.5 * min(size))
    side = step + step // 7
    starts = range(0, max(1, max(size) - step // 7), step)
    if width > height:
        return [(start, 0, min(width, start + side), height) for start in starts]
    return [(0, start, width, min(height, start + side)) for start in starts]


def tiles(image: Image) -> tuple[Image, ...]:
    """Return a long screenshot or a panorama as pieces that a hosted model can read, in order; others as they are.

    Raises:
        MediaError: if the image can't be opened.
    """
    decoded = decode(image)
    if max(decoded.original) < LONG * min(decoded.original):
        return (image,)
    whole = PIL.Image.fromarray(pixels(image, max(decoded.original)))
    return tuple(encode(whole.crop(box)) for box in tile_boxes(decoded.original))


_STEPS = {
    2: PIL.Image.Transpose.FLIP_LEFT_RIGHT,
    3: PIL.Image.Transpose.ROTATE_180,
    4: PIL.Image.Transpose.FLIP_TOP_BOTTOM,
    5: PIL.Image.Transpose.TRANSPOSE,
    6: PIL.Image.Transpose.ROTATE_270,
    7: PIL.Image.Transpose.TRANSVERSE,
    8: PIL.Image.Transpose.ROTATE_90,
}


def _allow_heic(shown: str) -> None:
    try:
        import pillow_heif
    except ImportError:
        hint = 'Type: pip install "sensorium[heic]", or save it as JPEG.'
        raise MediaError(f"{shown} is a HEIC picture.", hint) from None
    pillow_heif.register_heif_opener()


def fresh(image: Image) -> Image:
    """Return a file's image anew, so that the bytes read from it are freed with it and not with its task."""
    return image if image.blob.path is None else Image(Blob(Path(image.blob.path)), image.at)


def trim() -> None:
    """Return freed memory to the system if the C library keeps it (glibc); a few milliseconds.

    After the first large block is freed, glibc takes blocks of up to 32 MB from its heap (M_MMAP_THRESHOLD in
    mallopt(3)), and one small block behind them holds all of them: measured 370 MB after two images of 64 megapixels.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library: nothing to do
            ctypes.CDLL("libc.so.6").malloc_trim(0)
