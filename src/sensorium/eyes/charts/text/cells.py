"""Cells: the extent of each label in a crowded row, from the gaps in its ink."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from sensorium.core.reply import Box
from sensorium.eyes.charts.ink import Ink, runs

_SKIP_COST = 0.03  # cost of a piece of ink before or after all labels


def split_row(ink: Ink, row: Box, centres: Sequence[float], height: float) -> list[Box] | None:
    """Split a row of labels so that each is centred under its category as well as the gaps allow.

    Labels nearly touch at times, and one may be wider than its category: a cut half way between two categories would
    cut characters off. Dynamic programming over the gaps in the ink; a wide gap counts in favour.
    `height` is that of the characters. Returns one box a category, as wide as its ink; None if the ink has too few
    pieces.
    """
    offset = max(0, int(row.left))
    spans = _spans(ink, row)
    if len(spans) < len(centres):
        return None
    starts = np.array([first for first, _ in spans], dtype=np.float64) + offset
    ends = np.array([last for _, last in spans], dtype=np.float64) + offset
    gaps = np.concatenate([[height], starts[1:] - ends[:-1], [height]])  # before span i; after the last
    count = len(spans)
    cost = np.full((len(centres) + 1, count + 1), np.inf)
    came = np.zeros((len(centres) + 1, count + 1), dtype=np.int64)
    reward = 0.35 * np.minimum(gaps / height, 1.5)
    cost[0] = _SKIP_COST * np.arange(count + 1) - reward
    first, last = np.meshgrid(np.arange(count), np.arange(1, count + 1), indexing="ij")  # spans first..last-1
    middle = (starts[first] + ends[last - 1]) / 2
    for index, centre in enumerate(centres):
        away = np.where(last > first, ((middle - centre) / height) ** 2, np.inf)
        total = cost[index][first] + away - reward[last]
        cost[index + 1, 1:] = total.min(axis=0)
        came[index + 1, 1:] = total.argmin(axis=0)
    last_end = int((cost[-1] + _SKIP_COST * (count - np.arange(count + 1))).argmin())
    if not np.isfinite(cost[-1, last_end]):
        return None
    out: list[Box] = []
    for index in range(len(centres), 0, -1):
        begin = int(came[index, last_end])
        out.append(Box(float(starts[begin]), row.top, float(ends[last_end - 1]), row.bottom))
        last_end = begin
    return out[::-1]


def restore_space(ink: Ink, box: Box, text: str) -> str:
    """Return a text with the space back between number and word ("6pm") if the ink has a gap there."""
    bounds = [i for i in range(1, len(text)) if text[i - 1].isdigit() != text[i].isdigit()
              and text[i - 1].isalnum() and text[i].isalnum()]  # fmt: skip
    if len(bounds) != 1 or " " in text or (text[bounds[0]].isalpha() and len(text) - bounds[0] < 2):
        return text
    marked = ink.mask_in(box)
    high = np.flatnonzero(marked.any(axis=1))
    spans = _spans(ink, box)
    while len(spans) > 2 and np.flatnonzero(marked[:, slice(*spans[-1])].any(axis=1)).size <= 3:
        spans.pop()  # a tick mark
    if len(spans) < 2:
        return text
    gaps = np.array([b[0] - a[1] for a, b in pairwise(spans)])
    widest = int(gaps.argmax())
    others = np.delete(gaps, widest)
    tall = int(high[-1] - high[0] + 1)
    if gaps[widest] < max(0.28 * tall, 1.7 * (others.max() if len(others) else 0) + 0.5):
        return text
    share = (spans[widest][1] - spans[0][0]) / max(1, spans[-1][1] - spans[0][0])
    if abs(share - bounds[0] / len(text)) > 0.22:
        return text
    return f"{text[: bounds[0]]} {text[bounds[0] :]}"


def extend_left(ink: Ink, box: Box, height: float) -> float:
    """Return x of where the ink of a word begins, over all gaps that are narrower than one between two columns."""
    first = max(0, int(box.left - 8 * height))
    inset = 0.2 * box.height  # the line above and the one below stay out
    row = Box(first, box.top + inset, box.left + 1, box.bottom - inset)
    if row.width < 3:
        return box.left
    left = box.left
    for start, end in reversed(_spans(ink, row)):
        if left - (first + end) > 0.55 * height:
            break
        left = min(left, float(first + start))
    return left


def _spans(ink: Ink, box: Box) -> list[tuple[int, int]]:
    """Return first column and end of each piece of ink in a rectangle."""
    columns = np.flatnonzero(ink.mask_in(box).any(axis=0))
    return [(int(run[0]), int(run[-1]) + 1) for run in runs(columns)]
