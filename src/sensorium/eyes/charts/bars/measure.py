"""Measuring bars: how far each extends from the baseline, row by row, then to a fraction of a pixel."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sensorium.core.reply import Box
from sensorium.eyes.charts.ink import Ink

_OVERHANG = 0.35  # pixels by which bars are drawn too long on average: ends are rounded outward (tune charts)
_MAX_SKIPPED = 6  # rows beside the baseline that the axis may cover
Rows = NDArray[np.float32]
"""(height, 3): the median colour of a bar, or of the gap beside it, in each row."""


def trace_bar(
    ink: Ink, centre: float, width: float, pitch: float, baseline: float, min_contrast: float | None = None
) -> Box | None:
    """Follow a bar from its baseline, up or down, as far as it differs from the gaps beside it.

    The gaps share gridlines and plot area with the bar, so those cancel out; the bar's middle is left out, where error
    bars and gridlines run.
    A difference of less than `min_contrast`, of 255, does not count (`ink.pale_contrast` if None). Returns the bar's
    box, one side of it on the baseline; None if nothing stands there.
    """
    if _columns(ink, centre, width).shape[1] == 0:
        return None
    rows = _bar_rows(ink, centre, width)
    differs = _contrast(ink, rows, centre, width, pitch) > (ink.pale_contrast if min_contrast is None else min_contrast)
    gridline = max(4, math.ceil(min(ink.image.shape[:2]) / 90))
    start = round(baseline)
    up, down = _run_length(differs, rows, start - 1, -1, gridline), _run_length(differs, rows, start, 1, gridline)
    if max(up, down) < 1:
        return None
    left, right = centre - width / 2, centre + width / 2
    return Box(left, start - up, right, baseline) if up >= down else Box(left, baseline, right, start + down)


def find_foot(ink: Ink, box: Box, pitch: float, baseline: float) -> float:
    """Return the row near the baseline where a bar really begins: a tick mark under it makes its rectangle longer."""
    centre = (box.left + box.right) / 2
    rows = _bar_rows(ink, centre, box.width)
    differs = _contrast(ink, rows, centre, box.width, pitch) > ink.pale_contrast
    start, step = round((box.top + box.bottom) / 2), 1 if abs(box.bottom - baseline) < abs(box.top - baseline) else -1
    count = _run_length(differs, rows, start, step, 1)
    return float(start + count if step > 0 else start - count + 1) if count else baseline


def is_solid(ink: Ink, box: Box) -> bool:
    """Whether a box is a bar, not text, the plot area's edge or the frame: it is filled, and alike on both sides."""
    inset = 0.06 * box.width
    rows = slice(int(box.top), max(int(box.top) + 1, int(box.bottom)))
    part = _strip(ink, box.left + inset + 1, box.right - inset - 1)[rows]
    if part.shape[1] < 3:
        return False
    filled = np.abs(part - ink.inner).max(axis=2) > ink.pale_contrast
    half = part.shape[1] // 2
    sides = np.abs(np.median(part[:, :half], axis=1) - np.median(part[:, half:], axis=1)).max(axis=1)
    return bool((filled.mean(axis=1) > 0.85).mean() > 0.7 and (sides < 30).mean() > 0.8)


def find_end(ink: Ink, box: Box, baseline: float, foot: bool = False) -> float:
    """Return the far end (or the foot) of a bar to a fraction of a pixel; of an outline its middle."""
    up = (abs(box.top - baseline) > abs(box.bottom - baseline)) != foot
    if box.height < 4 and not foot:  # too short to measure
        return box.top if up else box.bottom
    rows = _bar_rows(ink, (box.left + box.right) / 2, box.width)
    if not up:
        rows = rows[::-1]
    height = len(rows)
    start = int(box.top) if up else height - math.ceil(box.bottom)
    length = int(box.bottom - box.top)
    inside = np.median(rows[start + length // 4 : start + max(length // 4 + 1, 3 * length // 4)], axis=0)
    span = inside - ink.inner
    depth = min(4, length // 2)
    for _ in range(3):  # rows that an image's compression has tinged, or that hold a hair's breadth of the bar
        if length > 8 and float(np.abs(rows[start] - ink.inner).max()) < 0.3 * float(np.abs(span).max()):
            start += 1
    window = rows[max(0, start - 3) : start + depth]
    coverage = np.clip((window - ink.inner) @ span / max(1.0, float(span @ span)), 0.0, 1.0)
    differs = np.abs(rows[start : start + max(1, min(10, length // 3))] - inside).max(axis=1) > 45
    outline = int(np.argmin(differs)) if not differs.all() else 0
    outlined = outline >= 1 and bool(differs[0])
    end = start + outline / 2 if outlined else start + depth - float(coverage.sum())
    end = float(start) if abs(end - start) > 3 else end
    end += 0.0 if outlined else _OVERHANG
    return end if up else height - end


def baseline_is_clear(ink: Ink, boxes: list[Box], baseline: float) -> bool:
    """Whether nothing is drawn along the baseline: then the feet of the bars are zero, to a pixel."""
    row = round(baseline)
    gaps = [round((a.right + b.left) / 2) for a, b in pairwise(boxes) if b.left - a.right >= 3]
    if not gaps or row < 5 or row + 4 >= ink.image.shape[0]:
        return False
    rows = np.median(ink.image[row - 4 : row + 4, gaps].astype(np.float32), axis=1)
    either = np.minimum(np.abs(rows - ink.inner).max(axis=1), np.abs(rows - ink.outer).max(axis=1))
    return bool(either.max() <= max(20.0, ink.contrast))


def _columns(ink: Ink, centre: float, width: float) -> NDArray[np.float32]:
    """Return the bar's columns without its rims and its middle."""
    near, far = (0.12, 0.42) if width > 14 else (0.0, 0.35)
    spans = ((centre - far * width, centre - near * width), (centre + near * width, centre + far * width))
    return np.concatenate([_strip(ink, *span) for span in spans], axis=1)


def _bar_rows(ink: Ink, centre: float, width: float) -> Rows:
    return np.median(_columns(ink, centre, width), axis=1).astype(np.float32)


def _contrast(ink: Ink, rows: Rows, centre: float, width: float, pitch: float) -> NDArray[np.float32]:
    """Return how much each row of a bar differs from the gap that is more like it."""
    gaps = _gap_rows(ink, centre, width, pitch)
    return np.asarray(np.min([np.abs(rows - gap).max(axis=1) for gap in gaps], axis=0))


def _strip(ink: Ink, left: float, right: float) -> NDArray[np.float32]:
    first = max(0, math.ceil(left))
    last = min(ink.image.shape[1], max(first + 1, math.floor(right) + 1))
    return ink.image[:, first:last].astype(np.float32)


def _gap_rows(ink: Ink, centre: float, width: float, pitch: float) -> list[Rows]:
    """Return the rows of the gaps beside a bar, or of the background if the gaps are too narrow."""
    gap = pitch - width
    background = np.tile(ink.inner, (ink.image.shape[0], 1))
    if ink.plot_area is not None:
        background[: int(ink.plot_area.top)] = ink.outer
        background[int(ink.plot_area.bottom) :] = ink.outer
    if gap < 4:
        return [background]
    wide = max(1.0, min(0.6 * gap, 0.4 * width))
    edges = (centre - width / 2 - 1.5 - wide, centre + width / 2 + 1.5)
    strips = [_strip(ink, edge, edge + wide) for edge in edges if edge >= 0 and edge + wide < ink.image.shape[1]]
    return [np.median(strip, axis=1).astype(np.float32) for strip in strips] or [background]


def _run_length(differs: NDArray[np.bool_], rows: Rows, start: int, step: int, gridline: int) -> int:
    """Return how many rows from `start` on are bar, over gaps as high as a gridline."""
    count, misses, row = 0, 0, start
    colours: list[Rows] = []
    while 0 <= row < len(differs):
        alike = True  # after a gap another colour is a gridline's rim, an error bar's cap, a number
        if misses and count > 6:
            alike = float(np.abs(rows[row] - np.median(colours[-40:], axis=0)).max()) < 40
        if differs[row] and alike:
            colours.append(rows[row])
            count, misses = abs(row - start) + 1, 0
        else:
            misses += 1 if alike else 2
            if misses > (gridline if count else _MAX_SKIPPED):
                break
        row += step
    return count
