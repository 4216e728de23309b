"""Pictures: open by content, turn upright, guard, shrink, encode."""

from __future__ import annotations

import io
import warnings
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Literal

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from sensorium.core.blob import Blob
from sensorium.core.errors import MediaError
from sensorium.core.messages import Image
from sensorium.media.guard import MOST_PICTURE_BYTES, MOST_PIXELS, OPENED, icon_refusal, refusal, without_words
from sensorium.media.memory import trim
from sensorium.media.rgb import direct, flat
from sensorium.media.sniff import UNFIT, media_type

Pixels = NDArray[np.uint8]
"""An upright picture: (height, width, 3), RGB, 0 to 255."""

LONGEST_SIDE = 4096
"""Pictures are shrunk to this longest side, in pixels, unless the caller says otherwise."""
_KEPT, _KEPT_BYTES = 3, 80_000_000  # decoded pictures: two of 12 megapixels, or one as large as can be
_COUNTED_BYTES = 1_000_000  # in larger GIF and TIFF files the frames are not counted: it takes a walk through all

__all__ = ["LONGEST_SIDE", "MOST_PIXELS", "Decoded", "Pixels", "decode", "encode", "forget", "pixels", "resize"]


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
_one_at_a_time = Lock()  # two large pictures decoded at once would need twice the memory


def pixels(image: Image, longest: int = LONGEST_SIDE) -> Pixels:
    """Return the picture's pixels, (height, width, 3) uint8 RGB, upright, longest side at most `longest`."""
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
    with _one_at_a_time:
        decoded = _decode(image.blob, longest)
        if max(decoded.original) > LONGEST_SIDE:
            trim()
    with _lock:
        _recent[key] = decoded
        while len(_recent) > 1 and (
            len(_recent) > _KEPT or sum(kept.pixels.nbytes for kept in _recent.values()) > _KEPT_BYTES
        ):
            _recent.popitem(last=False)
    return decoded


def forget() -> None:
    """Throw away the pictures that are kept for a next look: they may be somebody's private ones."""
    with _lock:
        _recent.clear()


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
    shown = blob.shown
    data = blob.data
    if not data:
        raise MediaError(f"{shown} is empty.", "Take or save the picture again.")
    if len(data) > MOST_PICTURE_BYTES:
        raise MediaError(
            f"{shown} has {len(data) / 1e6:.0f} MB; a picture has at most {MOST_PICTURE_BYTES / 1e6:.0f} MB.",
            "Make it smaller first.",
        )
    found = media_type(data)
    if found == "image/heic":
        _allow_heic(shown)
    if found == "image/x-icon" and (reason := icon_refusal(data)) is not None:
        raise MediaError(f"{shown} {reason}.", "Make it smaller first.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd metadata; the guard is our own
            try:
                return _opened(data, longest, shown)
            except ValueError:
                if found != "image/png":
                    raise
                return _opened(without_words(data), longest, shown)
    except MediaError:
        raise
    except PIL.UnidentifiedImageError:
        raise _no_picture(shown, found) from None
    except PIL.Image.DecompressionBombError:
        raise MediaError(f"{shown} is too large to open safely.", "Make it smaller first.") from None
    except MemoryError:
        raise MediaError(f"{shown} does not fit into memory.", "Make it smaller first.") from None
    except Exception as error:  # Pillow's plugins raise whatever a broken file's bytes provoke
        reason = " ".join(str(error).split()) or type(error).__name__
        raise MediaError(f"{shown} is broken: {reason[:120]}.", "Take or save the picture again.") from None


def _opened(data: bytes, longest: int, shown: str) -> Decoded:
    with PIL.Image.open(io.BytesIO(data), formats=_formats()) as opened:
        return _upright(opened, data, longest, shown)


def _formats() -> list[str]:
    PIL.Image.init()  # registers every format, so that the missing ones (HEIF) can be left out
    return [name for name in OPENED if name in PIL.Image.OPEN]


def _no_picture(shown: str, found: str) -> MediaError:
    if found in UNFIT:
        what, hint = UNFIT[found]
        return MediaError(f"{shown} {what}.", hint)
    if found.startswith("image/"):
        return MediaError(f"{shown} is broken, or a kind of {found} that can't be opened.", "Save it as PNG or JPEG.")
    like = f" (it looks like {found})" if found else ""
    return MediaError(f"{shown} is no picture{like}.", "Give a PNG, JPEG, WebP, GIF, TIFF or BMP picture.")


def _upright(opened: PIL.Image.Image, data: bytes, longest: int, shown: str) -> Decoded:
    reason = refusal(opened, data)
    if reason is not None:
        raise MediaError(f"{shown} {reason}.", "Make it smaller first, or save it again.")
    width, height = opened.size
    notes = _frames(opened, len(data))
    scale = min(1.0, longest / max(width, height))
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
        notes.append("turned upright by its EXIF orientation")
    original = (height, width) if turned in (5, 6, 7, 8) else (width, height)
    out = np.asarray(flat(picture, notes))
    if scale < 1:
        notes.append(f"shrunk from {original[0]}×{original[1]} to {out.shape[1]}×{out.shape[0]} pixels")
    out.setflags(write=False)
    return Decoded(out, original, tuple(notes))


def _frames(opened: PIL.Image.Image, size: int) -> list[str]:
    if opened.format in ("MPO", "ICO"):
        return []  # their further pictures are previews and smaller sizes, not frames
    try:
        if opened.format in ("GIF", "TIFF") and size > _COUNTED_BYTES:
            return ["shows the first of several frames"] if getattr(opened, "is_animated", False) else []
        count = int(getattr(opened, "n_frames", 1))
    except Exception:  # the later frames are broken, in whatever way; the first may still open
        return []
    finally:
        if opened.tell() != 0:
            opened.seek(0)
    return [f"shows the first of {count} frames"] if count > 1 else []


def _orientation(opened: PIL.Image.Image) -> int:
    try:
        return int(opened.getexif().get(0x0112, 1))
    except Exception:  # broken EXIF raises whatever its bytes provoke; a picture without it is still a picture
        return 1


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
    """Return the picture anew where it is a file: what is read of it goes away with it, not with the task."""
    return image if image.blob.path is None else Image(Blob(Path(image.blob.path)), image.at)
