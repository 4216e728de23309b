"""Pieces of a frame: the whole and overlapping tiles, so that small things are found, and a detector's boxes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from sensorium.core.messages import Image
from sensorium.media.image import Pixels, bitmap

VERSION = 1
"""To be raised whenever the same frame gives other pieces."""
# Squares of 0.6 of the short side do better than the nine tiles of half the width and height: planted clothes score a
# fifth further over the film, as things are squarer than frames are (tune films; `bench/LOG.md`).
GRIDS: dict[str, tuple[tuple[float, int], ...]] = {
    "whole": (),
    "tiles": ((0.6, 2),),
    "fine": ((0.6, 3), (0.35, 4)),
}
"""Name -> (side as a share of the frame's short side, tiles along that side) of each grid; the whole frame is a piece
of all. Along the long side tiles lie as far apart as leaves two fifths of each in the next."""
_STRIDE = 0.6
Share = tuple[float, float, float, float]
"""Left, top, right, bottom as shares of a frame's width and height."""
Detector = Callable[[Pixels], Sequence[Share]]
"""Returns boxes of things in a frame."""
_CELL = 8  # pixels: frames are compared by the means of cells of this side
# Of 255, the most that the mean of a cell may change in a piece that counts as the same: coding noise stays under it.
_SAME = 5.0
_MIN_SIDE = 24  # pixels: smaller boxes of a detector are widened, there is nothing to see in them


def tile_shares(grid: str, size: tuple[int, int]) -> tuple[Share, ...]:
    """Return the pieces of a frame: the whole, then the square tiles of each grid, row by row.

    Args:
        grid: A name in `GRIDS`.
        size: Width and height of the frame, in pixels.
    """
    shares: list[Share] = [(0.0, 0.0, 1.0, 1.0)]
    width, height = size
    for share, count in GRIDS[grid]:
        side = share * min(size)
        along = math.ceil((max(size) - side) / (_STRIDE * side) - 1e-9) + 1
        columns, rows = (along, count) if width >= height else (count, along)
        lefts, tops = np.linspace(0.0, width - side, columns), np.linspace(0.0, height - side, rows)
        shares += [
            (float(x) / width, float(y) / height, (float(x) + side) / width, (float(y) + side) / height)
            for y in tops
            for x in lefts
        ]
    return tuple(shares)


def cut(pixels: Pixels, share: Share) -> Pixels:
    """Return a piece of a frame; a very small one is widened."""
    height, width = pixels.shape[:2]
    left, right = _ends(share[0] * width, share[2] * width, width)
    top, bottom = _ends(share[1] * height, share[3] * height, height)
    return np.ascontiguousarray(pixels[top:bottom, left:right])


def _ends(start: float, end: float, size: int) -> tuple[int, int]:
    missing = max(0.0, min(_MIN_SIDE, size) - (end - start)) / 2
    first, last = max(0, round(start - missing)), min(size, round(end + missing))
    return min(first, size - 1), max(last, min(first, size - 1) + 1)


def images(pixels: Pixels, shares: Iterable[Share], at: float) -> list[Image]:
    """Return pieces as images for an embedder."""
    return [bitmap(cut(pixels, share), at) for share in shares]


def cell_means(pixels: Pixels) -> NDArray[np.float32]:
    """Return the mean colour of each cell of a frame, (rows, columns, 3): what `unchanged` compares."""
    height, width = (max(1, side // _CELL) for side in pixels.shape[:2])
    inner = pixels[: height * _CELL, : width * _CELL] if min(pixels.shape[:2]) >= _CELL else pixels[:1, :1]
    cells = inner.reshape(height, -1, width, inner.shape[1] // width, 3)
    means: NDArray[np.float32] = cells.mean(axis=(1, 3), dtype=np.float32)
    return means


def unchanged(new: NDArray[np.float32], old: NDArray[np.float32], share: Share) -> bool:
    """Whether a piece of a frame shows what it showed in an earlier one, by their `cell_means`."""
    if new.shape != old.shape:
        return False
    rows, columns = new.shape[:2]
    window = (
        slice(int(share[1] * rows), max(1, round(share[3] * rows + 0.5))),
        slice(int(share[0] * columns), max(1, round(share[2] * columns + 0.5))),
    )
    return float(np.abs(new[window] - old[window]).max(initial=0.0)) <= _SAME
