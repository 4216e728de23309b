"""Whether a letter is struck through: the recogniser reads ₦, ₩, ₱, ₭, ₮, ₸ and ฿ as letters or #, and surely.

A linear model for each letter, of the shape of its ink; recipes/struck_letters.py fits them and says how well.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_DARK = 0.45  # of the way from ground to ink
_ROWS, _COLUMNS = 12, 8
_GRID = (16, 10)
_CLOSE = 3  # pixels, at a line of 48, by which a character's place may miss its ink


def struck(line: NDArray[np.float32], positions: NDArray[np.float64], read: Sequence[str]) -> dict[int, float]:
    """Return the probability that a letter is struck through, by its place in `read`, for those that can be judged.

    These stand alone beside a number, or with a space between, and touch neither it nor anything else.

    Args:
        line: The line as the recogniser takes it, (3, height, width), from -1 to 1.
        positions: Where each character was read, x in its pixels.
        read: The characters.
    """
    wanted = [i for i, character in enumerate(read) if character in _models() and _beside_number(read, i)]
    if not wanted:
        return {}
    inked = ink_of(line.mean(axis=0))
    found = {}
    for i in wanted:
        piece = _piece(inked, positions, read, i)
        if piece is not None:
            weights = _models()[read[i]]
            found[i] = float(1 / (1 + np.exp(-(features(piece) @ weights[:-1] + weights[-1]))))
    return found


def ink_of(grey: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which pixels of a line, (height, width), are ink."""
    ground = float(np.median(np.concatenate([grey[:2].ravel(), grey[-2:].ravel()])))
    away = np.abs(grey - ground)
    inked: NDArray[np.bool_] = away > _DARK * float(np.quantile(away, 0.98))
    return inked


def features(piece: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the shape of a character's ink, cut out to its edges.

    The longest run of ink in the rows, how many runs each column has, the density on a grid, and the proportions.
    """
    height, width = piece.shape
    runs = np.array([_longest(row) for row in piece]) / width
    starts = (np.diff(np.pad(piece.astype(np.int8), ((1, 0), (0, 0))), axis=0) == 1).sum(axis=0) / 3
    rows, columns = (_means(np.arange(size), bins) for size, bins in ((height, _GRID[0]), (width, _GRID[1])))
    grid = np.array([[piece[np.ix_(row, column)].mean() for column in columns] for row in rows])
    return np.concatenate([
        [runs[part].mean() for part in _means(np.arange(height), _ROWS)],
        [starts[part].mean() for part in _means(np.arange(width), _COLUMNS)],
        grid.ravel(), [width / height],
    ])  # fmt: skip


def _means(values: NDArray[np.intp], bins: int) -> list[NDArray[np.intp]]:
    """Return so many parts of a range, which share values if there are more parts than values."""
    size = len(values)
    return [values[i * size // bins : max((i + 1) * size // bins, i * size // bins + 1)] for i in range(bins)]


def _longest(row: NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.pad(row.astype(np.int8), 1)))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0


def _beside_number(read: Sequence[str], i: int) -> bool:
    """Whether a letter stands alone beside a number."""
    for step in (1, -1):
        near = i + step + step * (0 <= i + step < len(read) and read[i + step] == " ")
        other = i - step
        alone = not 0 <= other < len(read) or not (read[other].isalnum() or read[other] in ".,:/-")
        if alone and 0 <= near < len(read) and read[near].isdigit():
            return True
    return False


def _piece(
    inked: NDArray[np.bool_], positions: NDArray[np.float64], read: Sequence[str], i: int
) -> NDArray[np.bool_] | None:
    """Return the ink of one character, or None if it touches another."""
    edges = np.flatnonzero(np.diff(np.pad(inked.any(axis=0).astype(np.int8), 1))).reshape(-1, 2)
    near = [(int(a), int(b)) for a, b in edges if a - _CLOSE <= positions[i] <= b + _CLOSE]
    if not near:
        return None
    start, end = max(near, key=lambda pair: pair[1] - pair[0])
    others = [x for k, x in enumerate(positions) if k != i and read[k].strip()]
    if any(start <= x <= end for x in others) or start < 1 or end > inked.shape[1] - 1:
        return None
    piece = inked[:, start:end]
    rows = np.flatnonzero(piece.any(axis=1))
    cut: NDArray[np.bool_] = piece[rows[0] : rows[-1] + 1]
    return cut if min(cut.shape) >= 5 else None


@cache
def _models() -> dict[str, NDArray[np.float64]]:
    text = (Path(__file__).parent / "data" / "struck_letters.json").read_text(encoding="utf-8")
    return {letter: np.array(weights) for letter, weights in json.loads(text)["weights"].items()}
