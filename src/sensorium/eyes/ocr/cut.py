"""Text that runs off the image: which lines, and at which sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sensorium.core.reply import Box
from sensorium.eyes.ocr.lines import SURE, TextLine
from sensorium.media.image import Pixels

Side = Literal["left", "top", "right", "bottom"]
SIDES: tuple[Side, ...] = ("left", "top", "right", "bottom")
# In heights of a line and shares of its contrast, tuned on seed 1 of bench/cut_labels.py (60 cut, 36 whole): boxes of
# cut lines end within 0.18 of the edge, those of whole ones at 0.36 or farther.
_NEAR = 0.27
_MIN_SCORE = 0.3  # a line that the edge halves is read badly, but it is a line
_SIMILAR = 3.0  # times the usual height: taller or lower boxes are no text
_FAR = 2.0  # farther from the edge than this, what is seen at the edge is no next line
_INK = 0.35  # of the contrast between ink and paper
_FULL_INK = 0.55  # by most letters: 0.85 or more in 25 slivers of seed 3, at most 0.44 at 7 edges of a noisy ground
_WIDEST = 1.5  # a stretch of ink that is wider is no letter
_THINNEST = 0.05  # narrower ones are noise
_MIN_LETTERS = 3
_PAPER = 0.25  # of the contrast: how far the ground at the edge may be from the text's paper
_MIN_CONTRAST = 40  # of 255


def cut_sides(lines: Sequence[TextLine]) -> tuple[Side, ...]:
    """Return the sides of the image at which any of the lines runs out, in the order of `SIDES`."""
    return tuple(side for side in SIDES if any(side in line.cut for line in lines))


def mark_cut(rgb: Pixels, lines: Sequence[TextLine]) -> list[TextLine]:
    """Return the lines with the sides of the image at which each runs out, in `TextLine.cut`.

    Args:
        rgb: The image, (height, width, 3) RGB.
        lines: Its lines, boxes in its pixels.
    """
    height, width = rgb.shape[:2]
    if not lines:
        return []
    usual = float(np.median([line.height_px for line in lines]))
    marked = [replace(line, cut=_sides(line, width, height, usual)) for line in lines]
    near = [line for line in marked if line.turned_degrees in (0, 180) and line.score >= SURE]
    for side in ("top", "bottom"):
        if near and not any(side in line.cut for line in marked):
            sliver = _sliver(rgb if side == "top" else rgb[::-1], near, side, usual)
            if sliver is not None:
                marked.append(sliver)
    return marked


def _sliver(rgb: Pixels, lines: Sequence[TextLine], side: Side, usual: float) -> TextLine | None:
    """Return the unread line whose last slice shows at the top of `rgb`: letters above the first line."""
    height, width = rgb.shape[:2]
    gap = min(line.box.top if side == "top" else height - line.box.bottom for line in lines)
    left = max(0, int(min(line.box.left for line in lines) - usual))
    right = min(width, int(max(line.box.right for line in lines) + usual))
    if not 3 <= gap <= _FAR * usual or right - left < 2 * usual:
        return None
    grey = rgb[:, left:right].mean(axis=2)
    written, edge = grey[int(gap) : int(gap + usual) + 1], grey[:2].mean(axis=0)
    paper = float(np.median(written))
    lighter, darker = np.percentile(written, 97) - paper, paper - np.percentile(written, 3)
    contrast = float(max(lighter, darker))
    ground = float(np.percentile(edge, 20 if lighter > darker else 80))  # bold letters may cover half of the edge
    if contrast < _MIN_CONTRAST or abs(ground - paper) > _PAPER * contrast:
        return None  # what lies at the edge isn't the text's paper
    ink = (edge - ground) * (1 if lighter > darker else -1) / contrast
    letters = _runs(ink > _INK)
    widths = [end - start for start, end in letters]
    if len(letters) < _MIN_LETTERS or max(widths) > _WIDEST * usual or np.median(widths) < _THINNEST * usual:
        return None
    if np.median([ink[start:end].max() for start, end in letters]) < _FULL_INK:
        return None  # a rough or slanting table beside the paper
    start, end = float(left + letters[0][0]), float(left + letters[-1][1])
    box = Box(start, 0.0, end, 2.0) if side == "top" else Box(start, height - 2.0, end, float(height))
    return TextLine("", box, 0.0, cut=(side,))


def _runs(row: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the stretches of a row that are true: first place, and the place after the last."""
    row = row.copy()
    row[1:-1] |= row[:-2] & row[2:]  # a gap of one pixel is noise
    edges = np.flatnonzero(np.diff(np.concatenate(([False], row, [False])).astype(np.int8)))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def _sides(line: TextLine, width: int, height: int, usual: float) -> tuple[Side, ...]:
    across = line.height_px
    if line.score < _MIN_SCORE or not usual / _SIMILAR <= across <= usual * _SIMILAR:
        return ()
    left, top, right, bottom = line.box
    gaps = (left, top, width - 1 - right, height - 1 - bottom)
    return tuple(side for side, gap in zip(SIDES, gaps, strict=True) if gap < _NEAR * across)
