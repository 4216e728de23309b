"""Any kind of pixels to RGB: deep, transparent, CMYK, palette, one bit."""

from __future__ import annotations

import numpy as np
import PIL.Image
from numpy.typing import NDArray

_STRIP = 256  # rows at a time: a float copy of a whole large picture would not fit
_DEEPEST_SHORT = 4095  # cameras and scanners store 12 bits in 16
_WHITE, _SHOWS = 225.0, 0.02


def is_deep(picture: PIL.Image.Image) -> bool:
    """Whether the pixels have more than 8 bits a channel."""
    return picture.mode == "F" or picture.mode.startswith("I")


def is_transparent(picture: PIL.Image.Image) -> bool:
    """Whether there is an alpha channel or a transparent colour."""
    return picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info


def direct(picture: PIL.Image.Image) -> PIL.Image.Image:
    """Return the image in a mode that shrinks well: L, RGB, RGBA or CMYK."""
    if is_deep(picture):
        return _shallow(picture)
    if is_transparent(picture):
        return picture if picture.mode == "RGBA" else picture.convert("RGBA")
    if picture.mode == "1":
        return picture.convert("L")
    return picture if picture.mode in ("L", "RGB", "CMYK") else picture.convert("RGB")


def flat(picture: PIL.Image.Image) -> tuple[PIL.Image.Image, bool]:
    """Return it as RGB, transparent parts over white, and whether over black, if its visible parts are nearly white."""
    if picture.mode != "RGBA":
        return picture.convert("RGB"), False
    alpha = picture.getchannel("A")
    low, _ = alpha.getextrema()
    if isinstance(low, int | float) and low == 255:
        return picture.convert("RGB"), False
    weights = np.asarray(alpha, dtype=np.float32)
    light = np.asarray(picture.convert("L"), dtype=np.float32)
    over_black = (
        weights.mean() > 255 * _SHOWS
        and (weights < 128).mean() > _SHOWS
        and float(np.average(light, weights=weights)) > _WHITE
    )
    background = PIL.Image.new("RGBA", picture.size, "black" if over_black else "white")
    background.alpha_composite(picture)
    return background.convert("RGB"), bool(over_black)


def _shallow(picture: PIL.Image.Image) -> PIL.Image.Image:
    """Bring 16-bit, 32-bit and float grey to 8 bits: by the type's range if it has one, else by the values'."""
    tops = range(0, picture.height, _STRIP)
    ranges = [_range(_rows(picture, top)) for top in tops]
    low, high = min(pair[0] for pair in ranges), max(pair[1] for pair in ranges)
    if low >= 0 and picture.mode.startswith("I") and high <= 65535:
        low, high = 0.0, 65535.0 if high > _DEEPEST_SHORT or picture.format != "TIFF" else float(_DEEPEST_SHORT)
    elif low >= 0 and picture.mode == "F" and high <= 255:
        low, high = 0.0, 1.0 if high <= 1 else 255.0
    scale = 255.0 / (high - low) if high > low else 0.0
    out = np.empty((picture.height, picture.width), dtype=np.uint8)
    for top in tops:
        rows = np.clip((_rows(picture, top) - low) * scale + 0.5, 0, 255)
        out[top : top + _STRIP] = rows.astype(np.uint8)
    return PIL.Image.fromarray(out)


def _rows(picture: PIL.Image.Image, top: int) -> NDArray[np.float64]:
    strip = picture.crop((0, top, picture.width, min(top + _STRIP, picture.height)))
    values = np.asarray(strip).astype(np.float64)
    return np.where(np.isfinite(values), values, 0.0)


def _range(values: NDArray[np.float64]) -> tuple[float, float]:
    return float(values.min()), float(values.max())
