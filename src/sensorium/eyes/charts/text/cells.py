"""Cells: where one bar's label ends and the next begins, told from the ink between them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sensorium.core.reply import Box
from sensorium.eyes.charts.text.words import cut
from sensorium.media.image import Pixels

_INK = 60  # of 255: what differs from the ground by more is ink
_SKIPPED = 0.03  # cost of a piece of ink before or after all labels
Colour = tuple[int, int, int]


def cells(picture: Pixels, row: Box, centres: Sequence[float], letter: float, ground: Colour) -> list[Box] | None:
    """Share a row of labels out among the bars, each label centred under its bar as well as the gaps allow.

    Labels run nearly into each other at times, and one may be wider than its bar's place: cutting half way between
    two bars would cut letters off. Dynamic programming over the gaps in the ink; a wide gap counts in favour.

    Args:
        picture: (height, width, 3) RGB pixels.
        row: Around the row of labels, pixels.
        centres: x of each bar's middle.
        letter: Height of the letters, pixels.
        ground: RGB around them.

    Returns:
        One box a bar, as wide as its ink; None where the ink does not part into so many.
    """
    ink = np.atleast_1d(_ink(cut(picture, row), ground).any(axis=0))
    offset = max(0, int(row.left))
    runs = _runs(ink)
    if len(runs) < len(centres):
        return None
    starts = np.array([first for first, _ in runs], dtype=np.float64) + offset
    ends = np.array([last for _, last in runs], dtype=np.float64) + offset
    gaps = np.concatenate([[letter], starts[1:] - ends[:-1], [letter]])  # before run i; after the last
    count = len(runs)
    cost = np.full((len(centres) + 1, count + 1), np.inf)
    came = np.zeros((len(centres) + 1, count + 1), dtype=np.int64)
    reward = 0.35 * np.minimum(gaps / letter, 1.5)
    cost[0] = _SKIPPED * np.arange(count + 1) - reward
    first, last = np.meshgrid(np.arange(count), np.arange(1, count + 1), indexing="ij")  # runs first..last-1
    middle = (starts[first] + ends[last - 1]) / 2
    for place, centre in enumerate(centres):
        away = np.where(last > first, ((middle - centre) / letter) ** 2, np.inf)
        total = cost[place][first] + away - reward[last]
        cost[place + 1, 1:] = total.min(axis=0)
        came[place + 1, 1:] = total.argmin(axis=0)
    at = int((cost[-1] + _SKIPPED * (count - np.arange(count + 1))).argmin())
    if not np.isfinite(cost[-1, at]):
        return None
    out: list[Box] = []
    for place in range(len(centres), 0, -1):
        begin = int(came[place, at])
        out.append(Box(float(starts[begin]), row.top, float(ends[at - 1]), row.bottom))
        at = begin
    return out[::-1]


def spaced(picture: Pixels, box: Box, text: str, ground: Colour) -> str:
    """Put the space back between a number and a word that the reader ran together ("6pm"), where the ink has a gap."""
    bounds = [i for i in range(1, len(text)) if text[i - 1].isdigit() != text[i].isdigit()
              and text[i - 1].isalnum() and text[i].isalnum()]  # fmt: skip
    if len(bounds) != 1 or " " in text or (text[bounds[0]].isalpha() and len(text) - bounds[0] < 2):
        return text
    ink = _ink(cut(picture, box), ground)
    high = np.flatnonzero(ink.any(axis=1))
    runs = _runs(np.atleast_1d(ink.any(axis=0)))
    while len(runs) > 2 and np.flatnonzero(ink[:, runs[-1][0] : runs[-1][1]].any(axis=1)).size <= 3:
        runs.pop()  # a tick mark
    if len(runs) < 2:
        return text
    gaps = np.array([b[0] - a[1] for a, b in pairwise(runs)])
    widest = int(gaps.argmax())
    others = np.delete(gaps, widest)
    tall = int(high[-1] - high[0] + 1)
    if gaps[widest] < max(0.28 * tall, 1.7 * (others.max() if len(others) else 0) + 0.5):
        return text
    share = (runs[widest][1] - runs[0][0]) / max(1, runs[-1][1] - runs[0][0])
    if abs(share - bounds[0] / len(text)) > 0.22:
        return text
    return f"{text[: bounds[0]]} {text[bounds[0] :]}"


def reach_left(picture: Pixels, box: Box, letter: float, ground: Colour) -> float:
    """Follow the ink left of a word as far as no gap is as wide as one between two columns: x where it begins."""
    first = max(0, int(box.left - 8 * letter))
    inset = 0.2 * box.height  # the line above and the one below stay out
    row = Box(first, box.top + inset, box.left + 1, box.bottom - inset)
    if row.width < 3:
        return box.left
    at = box.left
    for begin, end in reversed(_runs(np.atleast_1d(_ink(cut(picture, row), ground).any(axis=0)))):
        if at - (first + end) > 0.55 * letter:
            break
        at = min(at, float(first + begin))
    return at


def _ink(part: Pixels, ground: Colour) -> NDArray[np.bool_]:
    marked: NDArray[np.bool_] = np.abs(part.astype(np.int16) - np.array(ground, dtype=np.int16)).max(axis=2) > _INK
    return marked


def _runs(marked: NDArray[np.bool_]) -> list[tuple[int, int]]:
    steps = np.flatnonzero(np.diff(np.concatenate([[0], marked.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in zip(steps[::2], steps[1::2], strict=True)]
