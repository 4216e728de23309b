"""Any kind of pixels to RGB: deep, transparent, CMYK, palette, one bit."""

from __future__ import annotations

import numpy as np
import PIL.Image
from numpy.typing import NDArray

_STRIP = 256  # rows at a time: a float copy of a whole large picture would not fit
_DEEPEST_SHORT = 4095  # cameras and scanners store 12 bits in 16
_GROUNDS = {"white": 255, "black": 0, "grey": 128}  # in the order of preference
_ALIKE = 31.0  # of 255: levels that hardly differ
_SHOWS = 0.02  # of the pixels: fewer are a rim
_SPECKS = 0.005  # of what is visible: shapes that a ground may swallow
_CELLS = 256  # cells along the longer side in which shapes are told apart
_SAMPLED = 4_000_000  # pixels that the quantiles are taken from
_QUANTILES = (0.001, 0.999)  # of the values of a float image without a range of its own: outliers are cut off


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


def flat(picture: PIL.Image.Image) -> tuple[PIL.Image.Image, str]:
    """Return it as RGB and what it was laid over: "white", or black or grey if white would swallow some of its shapes.

    "" if nothing is transparent; an alpha of 0 throughout a picture is a mistake of what saved it, and ignored.
    """
    if picture.mode != "RGBA":
        return picture.convert("RGB"), ""
    alpha = picture.getchannel("A")
    low, high = alpha.getextrema()
    if low == 255 or (high == 0 and bool(np.ptp(np.asarray(picture)[..., :3], axis=(0, 1)).any())):
        return picture.convert("RGB"), ""
    name, grey = _ground(picture, np.asarray(alpha))
    background = PIL.Image.new("RGBA", picture.size, (grey, grey, grey, 255))
    background.alpha_composite(picture)
    return background.convert("RGB"), name


def _ground(picture: PIL.Image.Image, alpha: NDArray[np.uint8]) -> tuple[str, int]:
    """Return the name and level of the ground that swallows least: shapes wholly of its own colour; white if it may."""
    visible, clear = alpha >= 128, float((alpha < 128).mean())
    if clear <= _SHOWS or float(alpha.mean()) <= 255 * _SHOWS or not visible.any():
        return "white", 255
    light = np.asarray(picture.convert("RGB").convert("L")).astype(np.float32)
    swallowed = {}
    for name, grey in _GROUNDS.items():
        swallowed[name] = _swallowed(visible, visible & (np.abs(light - grey) >= _ALIKE))
        if swallowed[name] <= _SPECKS:
            return name, grey
    name = min(_GROUNDS, key=lambda ground: swallowed[ground])
    return name, _GROUNDS[name]


def _swallowed(visible: NDArray[np.bool_], unlike: NDArray[np.bool_]) -> float:
    """Return the share of the visible cells that no unlike one is joined to: a pale panel with bars on it stays."""
    inside, reached = _cells(visible), _cells(unlike)
    before = -1
    while (count := int(reached.sum())) > before:  # spread through what is visible, in the four directions
        before = count
        for cells, mask in ((reached, inside), (reached.T, inside.T)):
            for rows in (range(1, len(cells)), range(len(cells) - 2, -1, -1)):
                step = 1 if rows.step > 0 else -1
                for row in rows:
                    cells[row] |= cells[row - step] & mask[row]
    return 1 - count / int(inside.sum())


def _cells(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return whether each cell of a grid of at most `_CELLS` a side holds a pixel of a mask."""
    side = -(-max(mask.shape) // _CELLS)
    padded = np.pad(mask, [(0, -length % side) for length in mask.shape])
    high, wide = (length // side for length in padded.shape)
    return np.asarray(padded.reshape(high, side, wide, side).any(axis=(1, 3)))


def _shallow(picture: PIL.Image.Image) -> PIL.Image.Image:
    """Bring 16-bit, 32-bit and float grey to 8 bits: by the type's range if it has one, else by the values'."""
    tops = range(0, picture.height, _STRIP)
    ranges = [_range(_rows(picture, top)) for top in tops]
    low, high = min(pair[0] for pair in ranges), max(pair[1] for pair in ranges)
    if low >= 0 and picture.mode.startswith("I") and high <= 65535:
        low, high = 0.0, 65535.0 if high > _DEEPEST_SHORT or picture.format != "TIFF" else float(_DEEPEST_SHORT)
    elif picture.mode == "F":
        low, high = _float_range(picture)
    scale = 255.0 / (high - low) if high > low else 0.0
    out = np.empty((picture.height, picture.width), dtype=np.uint8)
    for top in tops:
        rows = np.clip((_rows(picture, top) - low) * scale + 0.5, 0, 255)
        out[top : top + _STRIP] = rows.astype(np.uint8)
    return PIL.Image.fromarray(out)


def _float_range(picture: PIL.Image.Image) -> tuple[float, float]:
    """Return what is black and white in a float image: 0 and 1 or 255 if that holds most values, else quantiles."""
    step = max(1, round((picture.width * picture.height / _SAMPLED) ** 0.5))
    values = np.asarray(picture)[::step, ::step]
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.0, 0.0
    low, high = (float(value) for value in np.quantile(values, _QUANTILES))
    for top in (1.0, 255.0):
        if low >= 0 and 0.25 * top <= high <= top:
            return 0.0, top
    return low, high


def _rows(picture: PIL.Image.Image, top: int) -> NDArray[np.float64]:
    strip = picture.crop((0, top, picture.width, min(top + _STRIP, picture.height)))
    values = np.asarray(strip).astype(np.float64)
    return np.where(np.isfinite(values), values, 0.0)


def _range(values: NDArray[np.float64]) -> tuple[float, float]:
    return float(values.min()), float(values.max())
