"""Tiles: a long screenshot or a panorama is looked at piece by piece, as lines in it are too small otherwise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sensorium.eyes.ocr.ppocr import Corners, around
from sensorium.media.image import Pixels

_LONG = 2.5  # times its short side
_MIN_SIDE, _MAX_SIDE = 1200, 1920  # pixels of a tile along the image
_OVERLAP = 0.15  # of a tile
_FEW_PIXELS = 2400  # longest side of an image that is looked at as a whole


def detect_in_tiles(rgb: Pixels, detect: Callable[[Pixels], list[Corners]]) -> list[Corners]:
    """Return the lines of text in (height, width, 3) pixels; of a long image those of its tiles, each line once.

    Args:
        rgb: The image.
        detect: Finds the lines of one tile.
    """
    long, short = max(rgb.shape[:2]), min(rgb.shape[:2])
    if long <= _FEW_PIXELS or long < _LONG * short:
        return detect(rgb)
    down = rgb.shape[0] > rgb.shape[1]
    side = int(np.clip(1.5 * short, _MIN_SIDE, _MAX_SIDE))
    step = round(side * (1 - _OVERLAP))
    lines: list[Corners] = []
    for start in range(0, max(1, long - (side - step)), step):
        tile = rgb[start : start + side] if down else rgb[:, start : start + side]
        shift = np.array([0, start] if down else [start, 0], dtype=np.float32)
        for corners in detect(tile):
            _add(lines, corners + shift, down)
    return lines


def _add(lines: list[Corners], corners: Corners, down: bool) -> None:
    """Add a line; one that was cut by the end of a tile, or found in two, is joined with its other part."""
    for number in range(len(lines) - 1, max(-1, len(lines) - 200), -1):
        if _same_line(lines[number], corners, down):
            other = lines[number]
            lines[number] = around([other, corners]) if not down else max(other, corners, key=_area)
            return
    lines.append(corners)


def _same_line(a: Corners, b: Corners, down: bool) -> bool:
    low, high = np.maximum(a.min(axis=0), b.min(axis=0)), np.minimum(a.max(axis=0), b.max(axis=0))
    shared = high - low
    smaller = np.minimum(np.ptp(a, axis=0), np.ptp(b, axis=0))
    return bool(shared[0] > (0.5 * smaller[0] if down else 0) and shared[1] > 0.6 * smaller[1])


def _area(corners: Corners) -> float:
    return float(np.prod(np.ptp(corners, axis=0)))
