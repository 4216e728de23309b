"""What a row of measured bars leaves unread: floating, stacked, grouped and hollow bars, of which no table is made."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sensorium.core.reply import Box
from sensorium.eyes.charts.bars.detection import Bars, fit_spacing, separate_rectangles
from sensorium.eyes.charts.ink import Ink
from sensorium.eyes.ocr.ppocr import opencv

# Tuned on the 150 charts of the split "tune", seed 8, of bench/charts.py: no chart that is read right has such marks.
_ALIKE = 0.15  # of a bar's width by which another mark's width may differ
_MIN_HEIGHT = 5.0  # pixels of a mark that counts
_OTHER_COLOUR = 40.0  # of 255: a difference of two colours that are not one
_LINE = 6  # pixels: the thickest outline
_BEYOND = 8  # rows by which the outline of a bar goes on where its filling has ended

FLOATING = "Some bars don't stand on zero or on the axis (as in a waterfall or range chart): I can't read those."
STACKED = "The bars are stacked, in several colours: I can't read those."
GROUPED = "The bars stand in groups, several for each label: I can't read those."
HOLLOW = "The bars are outlines without a filling: I can't read those."


def unread_marks(ink: Ink, bars: Bars) -> str | None:
    """Return why these bars aren't all that the chart shows, or None.

    Args:
        ink: The chart, upright.
        bars: As `find_bars` returns them.
    """
    ink = ink.transposed if bars.horizontal else ink
    if _has_outlines(ink, bars) or all(abs(end - bars.baseline) < 4 for end in bars.ends):
        return HOLLOW
    if _has_stacks(ink, bars):
        return STACKED
    others = _other_rectangles(ink, bars)
    if not others:
        return None
    feet = [(box.top, box.bottom) for box in separate_rectangles(ink)]
    on_line = max((sum(min(abs(y - level) for y in pair) <= 4 for pair in feet) for level in sum(feet, ())), default=0)
    return GROUPED if on_line > max(3, 0.7 * len(feet)) else FLOATING


def lone_marks(ink: Ink) -> str | None:
    """Return why a chart in which no bars stand on a line may be a bar chart all the same, or None."""
    cv2 = opencv()
    for mask in (ink.plot_mask, np.ascontiguousarray(ink.plot_mask.T)):
        side = max(5, round(min(mask.shape) / 60))
        solid = _components(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((side, side), np.uint8)), side)
        if any(len({round(box.bottom / 4) for box in row}) > 2 for row in _even_rows(solid)):
            return FLOATING
        for row in _even_rows(_components(1 - mask, side)):
            heights = [box.height for box in row]
            sides = [box.bottom for box in row], [box.top for box in row]
            if min(np.ptp(side) for side in sides) <= 4 and np.ptp(heights) > 0.2 * max(heights):
                return HOLLOW
    return None


def _components(mask: NDArray[np.uint8], side: int) -> list[Box]:
    """Return the rectangular pieces of a mask that don't touch its rim, at least `side` pixels wide and high."""
    cv2 = opencv()
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    height, width = mask.shape
    return [
        Box(x, y, x + wide, y + high)
        for x, y, wide, high, area in stats[1:count].tolist()
        if min(wide, high) >= side
        and area >= 0.9 * wide * high
        and x > 0 < y
        and x + wide < width
        and y + high < height
    ]


def _even_rows(boxes: list[Box]) -> list[list[Box]]:
    """Return the groups of three or more boxes, equally wide, at even distances from left to right."""
    rows = []
    for width in sorted({box.width for box in boxes}):
        same = sorted(box for box in boxes if abs(box.width - width) <= max(3.0, 0.06 * width))
        if len(same) < 3 or any(b.left < a.right for a, b in pairwise(same)):
            continue
        unevenness, step, _ = fit_spacing([(box.left + box.right) / 2 for box in same])
        if unevenness < 0.1 and width >= 0.2 * step:
            rows.append(same)
    return rows


def has_groups(ink: Ink, bars: Bars) -> bool:
    """Whether the colours of neighbouring bars come again and again in the same order."""
    ink = ink.transposed if bars.horizontal else ink
    colours = [_colour(ink, box) for box in bars.boxes if box.height >= _MIN_HEIGHT]
    for period in range(2, len(colours) // 2 + 1):
        again = [_differ(a, b) for a, b in zip(colours, colours[period:], strict=False)]
        if not any(again) and all(_differ(colours[i], colours[j]) for i in range(period) for j in range(i)):
            return True
    return False


def _other_rectangles(ink: Ink, bars: Bars) -> list[Box]:
    """Return solid pieces as wide as the bars that lie outside of all of them."""
    cv2 = opencv()
    width = float(np.median([box.width for box in bars.boxes]))
    left = ink.plot_mask.copy()
    line = max(4, round(min(left.shape) / 130))  # pixels: as thick as the line that the bars stand on may be
    left[max(0, int(bars.baseline) - line) : int(bars.baseline) + line + 1] = 0
    for box in bars.boxes:
        top, bottom = min(box.top, bars.baseline) - 3, max(box.bottom, bars.baseline) + 3
        left[max(0, int(top)) : int(bottom) + 1, max(0, int(box.left) - 3) : int(box.right) + 4] = 0
    kernel = np.ones((int(_MIN_HEIGHT), max(3, int((1 - _ALIKE) * width))), np.uint8)
    opened = cv2.morphologyEx(left, cv2.MORPH_OPEN, kernel)
    count, _, stats, _ = cv2.connectedComponentsWithStats(opened)
    found = []
    for x, y, wide, high, area in stats[1:count].tolist():
        if abs(wide - width) <= max(3.0, _ALIKE * width) and area >= 0.9 * wide * high:
            found.append(Box(x, y, x + wide, y + high))
    on_grid = [box for box in found if _is_at_place(box, bars)]
    return found if on_grid or len(found) > 1 else []


def _is_at_place(box: Box, bars: Bars) -> bool:
    steps = ((box.left + box.right) / 2 - bars.categories.centres[0]) / bars.pitch
    return abs(steps - round(steps)) < 0.1


def _has_stacks(ink: Ink, bars: Bars) -> bool:
    """Whether most bars change from one plain colour to another, which is the same in each."""
    changes: list[tuple[NDArray[np.float32], NDArray[np.float32]]] = []
    tall = [box for box in bars.boxes if box.height >= 4 * _MIN_HEIGHT]
    for box in tall:
        rows = _rows(ink, box)
        depth = int(_MIN_HEIGHT)
        for row in range(depth, len(rows) - depth):
            above, below = rows[row - depth : row - 1], rows[row + 1 : row + depth]
            plain = np.ptp(above, axis=0).max() < 8 and np.ptp(below, axis=0).max() < 8
            if plain and _differ(np.median(above, axis=0), np.median(below, axis=0)):
                changes.append((np.median(above, axis=0), np.median(below, axis=0)))
                break
    if len(changes) < max(2, 0.5 * len(tall)):
        return False
    first = changes[0]
    same = [not _differ(first[0], pair[0]) and not _differ(first[1], pair[1]) for pair in changes]
    return sum(same) >= max(2, 0.5 * len(tall))


def _has_outlines(ink: Ink, bars: Bars) -> bool:
    """Whether an outline goes on where a bar's filling has ended, up to a line across."""
    for box, end in zip(bars.boxes, bars.ends, strict=True):
        for up in (True, False):
            if (end <= bars.baseline + 2) if up else (end >= bars.baseline - 2):
                top = round(end) - 2 if up else ink.plot_mask.shape[0] - round(end) - 2
                if _is_outlined(ink.plot_mask if up else ink.plot_mask[::-1], box, top):
                    return True
    return False


def _is_outlined(mask: NDArray[np.uint8], box: Box, bottom: int) -> bool:
    """Whether two lines rise from a row at both sides of a bar, and meet a line across."""
    reach = min(_LINE, int(box.width / 5))
    if reach < 3 or bottom < _BEYOND:
        return False
    lengths = []
    for x in (round(box.left), round(box.right)):
        strip = mask[:bottom, max(0, x - reach) : x + reach][::-1]
        lengths.append(int(np.logical_and.accumulate(strip > 0, axis=0).sum(axis=0).max(initial=0)))
    length = min(lengths)
    rows = mask[bottom - length : bottom]
    if length and any(_is_thick(rows, x, reach) for x in (round(box.left), round(box.right))):
        return False
    if length < max(_BEYOND, 0.5 * box.width) or max(lengths) - length > 2 * _LINE:
        return False
    inside = slice(round(box.left) + reach, round(box.right) - reach)
    across = mask[max(0, bottom - length - 2) : bottom - length + 2 * reach, inside].mean(axis=1)
    hollow = mask[bottom - length + 2 * reach : bottom, inside]
    return bool(across.max(initial=0) > 0.9) and (not hollow.size or float(hollow.mean()) < 0.3)


def _is_thick(rows: NDArray[np.uint8], x: int, reach: int) -> bool:
    """Whether what rises beside x is wider than an outline, as the next bar is."""
    beside = rows[:, max(0, x - 3 * reach) : x + 3 * reach].mean(axis=0) > 0.9
    runs = np.diff(np.flatnonzero(np.diff(np.pad(beside, 1).astype(np.int8))))[::2]
    return bool(runs.max(initial=0) > 1.5 * _LINE)


def _rows(ink: Ink, box: Box) -> NDArray[np.float32]:
    """Return the median colour of each row of a bar, (height, 3), without its rims and its middle."""
    top, bottom = int(box.top) + 2, int(box.bottom) - 2
    parts = [
        ink.image[top:bottom, int(box.left + near * box.width) : int(box.left + far * box.width) + 1]
        for near, far in ((0.1, 0.35), (0.65, 0.9))
    ]
    return np.asarray(np.median(np.concatenate(parts, axis=1), axis=1), np.float32)


def _colour(ink: Ink, box: Box) -> NDArray[np.float32]:
    return np.median(_rows(ink, box), axis=0).astype(np.float32) if box.height > 5 else ink.inner


def _differ(a: NDArray[np.floating], b: NDArray[np.floating]) -> bool:
    return float(np.abs(a - b).max()) > _OTHER_COLOUR
