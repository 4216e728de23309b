"""Ends: how far a bar reaches from the line that it stands on, row by row, then to a fraction of a pixel."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sensorium.core.reply import Box
from sensorium.eyes.charts.ink import Ground
from sensorium.media.image import Pixels

_OVERHANG = 0.35  # pixels by which bars are drawn too long on average: ends are rounded outward (tune charts)
_PALEST = 5.0  # of 255: medians over many columns tell paler bars from the ground than single pixels do
_SKIPPED = 6  # rows beside the line that the axis may cover
Rows = NDArray[np.float32]


def reach(
    frame: Pixels, middle: float, width: float, pitch: float, line: float, behind: Ground, palest: float | None = None
) -> Box | None:
    """Follow a bar of known place and width from its line, up or down, as far as it differs from the gaps beside it.

    The gaps share gridlines and panels with the bar, so those cancel out; the bar's middle is left out, where error
    bars and gridlines run.

    Args:
        frame: (height, width, 3) RGB pixels in which the bars stand.
        middle, width: x of its middle and its width, pixels.
        pitch: Distance of neighbours' middles.
        line: y of the line.
        behind: The ground.
        palest: Least difference, of 255, that counts; as the ground says where None.

    Returns:
        Its box, one side of it on the line; None where nothing stands there.
    """
    own = _columns(frame, middle, width)
    if own.shape[1] == 0:
        return None
    rows: Rows = np.median(own, axis=1).astype(np.float32)
    away = np.min([np.abs(rows - side).max(axis=1) for side in _beside(frame, middle, width, pitch, behind)], axis=0)
    differs = away > (_least(behind) if palest is None else palest)
    gridline = max(4, math.ceil(min(frame.shape[:2]) / 90))
    at = round(line)
    up, down = _run(differs, rows, at - 1, -1, gridline), _run(differs, rows, at, 1, gridline)
    if max(up, down) < 1:
        return None
    left, right = middle - width / 2, middle + width / 2
    return Box(left, at - up, right, line) if up >= down else Box(left, line, right, at + down)


def stand(frame: Pixels, box: Box, pitch: float, line: float, behind: Ground) -> float:
    """Find the row, near the line given, where a bar really begins: a tick mark under it makes its rectangle longer."""
    middle = (box.left + box.right) / 2
    rows: Rows = np.median(_columns(frame, middle, box.width), axis=1).astype(np.float32)
    away = np.min(
        [np.abs(rows - side).max(axis=1) for side in _beside(frame, middle, box.width, pitch, behind)], axis=0
    )
    differs = away > _least(behind)
    start, step = round((box.top + box.bottom) / 2), 1 if abs(box.bottom - line) < abs(box.top - line) else -1
    count = _run(differs, rows, start, step, 1)
    return float(start + count if step > 0 else start - count + 1) if count else line


def whole(frame: Pixels, box: Box, behind: Ground) -> bool:
    """Tell a bar from letters, the edge of a panel and the frame: it is filled, and alike on both sides."""
    inset = 0.06 * box.width
    rows = slice(int(box.top), max(int(box.top) + 1, int(box.bottom)))
    part = _strip(frame, box.left + inset + 1, box.right - inset - 1)[rows]
    if part.shape[1] < 3:
        return False
    filled = np.abs(part - behind.inner).max(axis=2) > _least(behind)
    half = part.shape[1] // 2
    sides = np.abs(np.median(part[:, :half], axis=1) - np.median(part[:, half:], axis=1)).max(axis=1)
    return bool((filled.mean(axis=1) > 0.85).mean() > 0.7 and (sides < 30).mean() > 0.8)


def _least(behind: Ground) -> float:
    return max(_PALEST, 0.6 * behind.contrast)


def _columns(frame: Pixels, middle: float, width: float) -> NDArray[np.float32]:
    """Cut the bar's columns out, without its rims and its middle."""
    near, far = (0.12, 0.42) if width > 14 else (0.0, 0.35)
    spans = ((middle - far * width, middle - near * width), (middle + near * width, middle + far * width))
    return np.concatenate([_strip(frame, *span) for span in spans], axis=1)


def _strip(frame: Pixels, left: float, right: float) -> NDArray[np.float32]:
    first = max(0, math.ceil(left))
    last = min(frame.shape[1], max(first + 1, math.floor(right) + 1))
    return frame[:, first:last].astype(np.float32)


def _beside(frame: Pixels, middle: float, width: float, pitch: float, behind: Ground) -> list[Rows]:
    gap = pitch - width
    ground = np.tile(behind.inner, (frame.shape[0], 1))
    if behind.panel is not None:
        ground[: int(behind.panel.top)] = behind.outer
        ground[int(behind.panel.bottom) :] = behind.outer
    if gap < 4:
        return [ground]
    wide = max(1.0, min(0.6 * gap, 0.4 * width))
    edges = (middle - width / 2 - 1.5 - wide, middle + width / 2 + 1.5)
    strips = [_strip(frame, edge, edge + wide) for edge in edges if edge >= 0 and edge + wide < frame.shape[1]]
    return [np.median(strip, axis=1).astype(np.float32) for strip in strips] or [ground]


def _run(differs: NDArray[np.bool_], rows: Rows, start: int, step: int, gridline: int) -> int:
    """Count the rows from `start` on that are bar, over gaps as high as a gridline."""
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
            if misses > (gridline if count else _SKIPPED):
                break
        row += step
    return count


def end(frame: Pixels, box: Box, line: float, behind: Ground, foot: bool = False) -> float:
    """Find the far end (or the foot) of a bar to a fraction of a pixel; of an outline the middle is meant."""
    up = (abs(box.top - line) > abs(box.bottom - line)) != foot
    rows: Rows = np.median(_columns(frame, (box.left + box.right) / 2, box.width), axis=1).astype(np.float32)
    if not up:
        rows = rows[::-1]
    height = len(rows)
    start = int(box.top) if up else height - math.ceil(box.bottom)
    tall = int(box.bottom - box.top)
    inside = np.median(rows[start + tall // 4 : start + max(tall // 4 + 1, 3 * tall // 4)], axis=0)
    span = inside - behind.inner
    deep = min(4, tall // 2)
    for _ in range(3):  # rows that a picture's compression has tinged, or that hold a hair's breadth of the bar
        if tall > 8 and float(np.abs(rows[start] - behind.inner).max()) < 0.3 * float(np.abs(span).max()):
            start += 1
    window = rows[max(0, start - 3) : start + deep]
    cover = np.clip((window - behind.inner) @ span / max(1.0, float(span @ span)), 0.0, 1.0)
    differs = np.abs(rows[start : start + max(1, min(10, tall // 3))] - inside).max(axis=1) > 45
    outline = int(np.argmin(differs)) if not differs.all() else 0
    at = start + outline / 2 if outline >= 1 and differs[0] else start + deep - float(cover.sum())
    at = float(start) if abs(at - start) > 3 else at
    at += 0.0 if outline >= 1 and differs[0] else _OVERHANG
    return at if up else height - at


def bare(frame: Pixels, boxes: list[Box], line: float, behind: Ground) -> bool:
    """Whether nothing is drawn along the line that the bars stand on: then their feet are zero, to a pixel."""
    at = round(line)
    gaps = [round((a.right + b.left) / 2) for a, b in pairwise(boxes) if b.left - a.right >= 3]
    if not gaps or at < 5 or at + 4 >= frame.shape[0]:
        return False
    rows = np.median(frame[at - 4 : at + 4, gaps].astype(np.float32), axis=1)
    either = np.minimum(np.abs(rows - behind.inner).max(axis=1), np.abs(rows - behind.outer).max(axis=1))
    return bool(either.max() <= max(20.0, behind.contrast))
