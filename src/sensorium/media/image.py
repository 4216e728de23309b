"""Pictures: open by content, turn upright, guard, shrink, encode."""

from __future__ import annotations

import io
import os
import warnings
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Any, Literal

import numpy as np
import PIL.Image
import PIL.ImageOps
from numpy.typing import NDArray

from sensorium.core.blob import Blob
from sensorium.core.errors import MediaError
from sensorium.core.messages import Image
from sensorium.media.sniff import media_type

Pixels = NDArray[np.uint8]
"""An upright picture: (height, width, 3), RGB, 0 to 255."""

MOST_PIXELS = 120_000_000
"""More than this many pixels are refused before decoding; a 108-megapixel phone photo still opens."""
LONGEST_SIDE = 4096
"""Pictures are shrunk to this longest side, in pixels, unless the caller says otherwise."""
_MOST_DRAFT_PIXELS = 40_000_000  # beyond it only JPEG opens (it decodes at a fraction of the size)
_KEPT = 3


@dataclass(frozen=True)
class Decoded:
    """A picture that was opened.

    Args:
        pixels: (height, width, 3) uint8 RGB, upright. Do not write to it: it is shared.
        original: Width and height in the file, upright, before any shrinking.
        notes: What was done that a person should know: "shows the first of 12 frames" …
    """

    pixels: Pixels
    original: tuple[int, int]
    notes: tuple[str, ...] = ()


_recent: OrderedDict[tuple[str, int], Decoded] = OrderedDict()
_lock = Lock()


def pixels(image: Image, longest: int = LONGEST_SIDE) -> Pixels:
    """Give the picture's pixels, (height, width, 3) uint8 RGB, upright, longest side at most `longest`."""
    return decode(image, longest).pixels


def decode(image: Image, longest: int = LONGEST_SIDE) -> Decoded:
    """Open a picture by its content, upright, in RGB (transparent parts over white).

    The last few pictures are kept, so that several eyes may look at one without opening it again.

    Raises:
        MediaError: when it is no picture, is broken, or has more than `MOST_PIXELS`.
    """
    key = (image.blob.digest, longest)
    with _lock:
        if key in _recent:
            _recent.move_to_end(key)
            return _recent[key]
    decoded = _decode(image.blob, longest)
    with _lock:
        _recent[key] = decoded
        while len(_recent) > _KEPT:
            _recent.popitem(last=False)
    return decoded


def encode(pixels: Pixels | PIL.Image.Image, format: Literal["png", "jpeg"] = "png", quality: int = 90) -> Image:
    """Make an Image from pixels, (height, width, 3) uint8 RGB, or from a Pillow picture; `quality` is JPEG's."""
    picture = pixels if isinstance(pixels, PIL.Image.Image) else PIL.Image.fromarray(pixels)
    buffer = io.BytesIO()
    if format == "jpeg":
        picture.convert("RGB").save(buffer, "JPEG", quality=quality)
    else:
        picture.save(buffer, "PNG", compress_level=1)
    return Image(buffer.getvalue())


def resize(pixels: Pixels, longest: int) -> Pixels:
    """Shrink to a longest side of at most `longest` pixels; a smaller picture comes back as it is."""
    height, width = pixels.shape[:2]
    if max(height, width) <= longest:
        return pixels
    scale = longest / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(PIL.Image.fromarray(pixels).resize(size, PIL.Image.Resampling.LANCZOS, reducing_gap=3.0))


def _decode(blob: Blob, longest: int) -> Decoded:
    shown = repr(os.fspath(blob.path)) if blob.path is not None else "The given picture"
    data = blob.data
    if not data:
        raise MediaError(f"{shown} is empty.", "Take or save the picture again.")
    found = media_type(data)
    if found == "image/heic":
        _allow_heic(shown)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd metadata; the guard below is our own
            with PIL.Image.open(io.BytesIO(data)) as opened:
                return _upright(opened, longest, shown)
    except MediaError:
        raise
    except PIL.UnidentifiedImageError:
        what = "is no picture that can be opened" + (f" (it looks like {found})" if found else "")
        raise MediaError(f"{shown} {what}.", "Give a PNG, JPEG, WebP, GIF, TIFF or BMP picture.") from None
    except PIL.Image.DecompressionBombError:
        raise MediaError(f"{shown} is too large to open safely.", "Make it smaller first.") from None
    except MemoryError:
        raise MediaError(f"{shown} does not fit into memory.", "Make it smaller first.") from None
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, KeyError, ArithmeticError) as error:
        # Pillow's plugins raise all of these on broken files.
        raise MediaError(f"{shown} is broken: {error}.", "Take or save the picture again.") from None


def _upright(opened: PIL.Image.Image, longest: int, shown: str) -> Decoded:
    width, height = opened.size
    if width < 1 or height < 1:
        raise MediaError(f"{shown} has no size ({width}×{height}).", "Take or save the picture again.")
    most = MOST_PIXELS if opened.format == "JPEG" else _MOST_DRAFT_PIXELS
    if width * height > most:
        raise MediaError(
            f"{shown} has {width}×{height} pixels; the most for this format is {most / 1e6:.0f} million.",
            "Make it smaller first.",
        )
    notes: list[str] = []
    frames = _frames(opened)
    if frames > 1:
        notes.append(f"shows the first of {frames} frames")
    if opened.format == "JPEG":
        opened.draft("RGB" if opened.mode != "CMYK" else "CMYK", (longest, longest))
    opened.load()
    turned = _turn(opened, notes)
    flat = _rgb(turned)
    original = (height, width) if flat.size[0] != flat.size[1] and _swapped(opened) else (width, height)
    small = resize(np.asarray(flat), longest)
    if max(width, height) > longest:
        notes.append(f"shrunk from {original[0]}×{original[1]} to {small.shape[1]}×{small.shape[0]} pixels")
    small.setflags(write=False)
    return Decoded(small, original, tuple(notes))


def _frames(opened: PIL.Image.Image) -> int:
    try:
        return int(getattr(opened, "n_frames", 1))
    except (OSError, ValueError, SyntaxError, EOFError):
        return 1  # the later frames are broken; the first may still open


def _orientation(opened: PIL.Image.Image) -> int:
    try:
        return int(opened.getexif().get(0x0112, 1))
    except Exception:  # broken EXIF raises whatever its bytes provoke; a picture without it is still a picture
        return 1


def _swapped(opened: PIL.Image.Image) -> bool:
    return _orientation(opened) in (5, 6, 7, 8)


def _turn(opened: PIL.Image.Image, notes: list[str]) -> PIL.Image.Image:
    transpose = PIL.Image.Transpose
    steps: dict[int, Any] = {
        2: transpose.FLIP_LEFT_RIGHT, 3: transpose.ROTATE_180, 4: transpose.FLIP_TOP_BOTTOM, 5: transpose.TRANSPOSE,
        6: transpose.ROTATE_270, 7: transpose.TRANSVERSE, 8: transpose.ROTATE_90,
    }  # fmt: skip
    step = steps.get(_orientation(opened))
    if step is None:
        return opened
    notes.append("turned upright by its EXIF orientation")
    return opened.transpose(step)


def _rgb(picture: PIL.Image.Image) -> PIL.Image.Image:
    if picture.mode.startswith("I") or picture.mode == "F":
        return _from_deep(picture)
    if picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info:
        with_alpha = picture.convert("RGBA")
        white = PIL.Image.new("RGBA", with_alpha.size, "white")
        return PIL.Image.alpha_composite(white, with_alpha).convert("RGB")
    return picture.convert("RGB")


def _from_deep(picture: PIL.Image.Image) -> PIL.Image.Image:
    values = np.asarray(picture, dtype=np.float32)
    values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    if picture.mode.startswith("I;16") or (values.min() >= 0 and values.max() > 255 and values.max() <= 65535):
        values = values / 257.0
    elif values.size and (values.min() < 0 or values.max() > 255):
        low, high = float(values.min()), float(values.max())
        values = (values - low) * (255.0 / (high - low))
    elif picture.mode == "F" and values.max() <= 1.0:
        values = values * 255.0
    return PIL.Image.fromarray(np.clip(values + 0.5, 0, 255).astype(np.uint8)).convert("RGB")


def _allow_heic(shown: str) -> None:
    try:
        import pillow_heif
    except ImportError:
        raise MediaError(f"{shown} is a HEIC picture.", "Type: pip install pillow-heif, or save it as JPEG.") from None
    pillow_heif.register_heif_opener()
