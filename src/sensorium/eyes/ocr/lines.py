"""A line of text in an image; rows of lines; the words to say aloud."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import atan2, cos, dist, sin

import numpy as np

from sensorium.core.reply import Box

SURE = 0.9
"""Below this score a line counts as unread."""
_MAX_ROW_OFFSET = 0.5  # of the lower line's height: how far apart the centres of two lines of one row may be
_MAX_OVERLAP = 0.9  # of the line height: how much of each other two neighbours may cover
_MAX_GAP = 40.0  # of the line height: two lines further apart are not a row


@dataclass(frozen=True)
class TextLine:
    """One line of text.

    Args:
        text: What it says.
        box: Where, upright rectangle in pixels of the upright image.
        score: Probability that the line is read without a mistake, 0 to 1; below `SURE` treat as unread.
        script: "latin", "han", "devanagari" …
        corners: The four corners of the (possibly tilted) line, clockwise from the text's own top left.
        turned_degrees: How far the text is turned clockwise in the image: 0, 90, 180 or 270.
        cut: The sides of the image at which the line runs out: "left", "top", "right", "bottom".
    """

    text: str
    box: Box
    score: float
    script: str = "latin"
    corners: tuple[tuple[float, float], ...] = ()
    turned_degrees: int = 0
    cut: tuple[str, ...] = ()

    @property
    def _quad(self) -> tuple[tuple[float, float], ...]:
        left, top, right, bottom = self.box
        return self.corners if len(self.corners) == 4 else ((left, top), (right, top), (right, bottom), (left, bottom))

    @property
    def tilt_radians(self) -> float:
        """Direction of reading, clockwise from the image's horizontal."""
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = self._quad
        return atan2(by - ay + cy - dy, bx - ax + cx - dx)

    @property
    def height_px(self) -> float:
        """Height across the direction of reading, in pixels."""
        a, b, c, d = self._quad
        return (dist(a, d) + dist(b, c)) / 2

    @property
    def width_px(self) -> float:
        """Length along the direction of reading, in pixels."""
        a, b, c, d = self._quad
        return (dist(a, b) + dist(d, c)) / 2

    @property
    def middle(self) -> tuple[float, float]:
        """The middle of the line, x and y in pixels."""
        points = self.corners or ((self.box.left, self.box.top), (self.box.right, self.box.bottom))
        return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)


def rows(lines: Sequence[TextLine]) -> tuple[tuple[TextLine, ...], ...]:
    """Return the lines grouped by what stands side by side (item left, price right), in reading direction.

    Rows come from top to bottom. A tilted or slightly slanted page is straightened first: the slope of the lines
    is fitted over the page, so that a price far to the right still meets its item.
    """
    if not lines:
        return ()
    turn = _page_turn(lines)
    along, across = _turned(lines, turn)
    slopes = _slopes(lines, across, turn)
    heights = np.array([max(line.height_px, 1.0) for line in lines])
    halves = np.array([line.width_px / 2 for line in lines])
    groups: list[list[int]] = []
    level = float(np.average(slopes, weights=halves + 1e-6))
    for i in np.argsort(across - level * along, kind="stable"):
        best, best_offset = -1, np.inf
        for number, group in enumerate(groups):
            near = min(group, key=lambda j: abs(along[i] - along[j]))
            step = along[i] - along[near]
            offset = abs(across[i] - across[near] - step * (slopes[i] + slopes[near]) / 2)
            gap = abs(step) - halves[i] - halves[near]
            height = min(heights[i], heights[near])
            beside = gap > -_MAX_OVERLAP * height and gap < _MAX_GAP * height
            if beside and offset < _MAX_ROW_OFFSET * height and offset < best_offset:
                best, best_offset = number, offset
        if best < 0:
            groups.append([int(i)])
        else:
            groups[best].append(int(i))
    groups.sort(key=lambda group: float(np.mean([across[i] - level * along[i] for i in group])))
    return tuple(tuple(lines[i] for i in sorted(group, key=lambda i: float(along[i]))) for group in groups)


def page_directions(lines: Sequence[TextLine]) -> list[tuple[float, float]]:
    """Return where the middle of each line is along and across the direction of reading of the page, in pixels."""
    turn = _page_turn(lines)
    along, across = _turned(lines, turn)
    level = float(np.average(_slopes(lines, across, turn), weights=[line.width_px + 1e-6 for line in lines]))
    return list(zip((along + level * across).tolist(), (across - level * along).tolist(), strict=True))


def doubt_stacked(lines: Sequence[TextLine]) -> list[TextLine]:
    """Return the lines, those of one letter below or above another such line doubted: a word that runs downward."""
    single = [line for line in lines if sum(c.isalnum() for c in line.text) == 1 and line.text.strip().isalpha()]
    stacked = {id(a) for a in single for b in single if a is not b and _is_stacked(a, b)}
    return [replace(line, score=line.score * 0.5) if id(line) in stacked else line for line in lines]


def _is_stacked(a: TextLine, b: TextLine) -> bool:
    (ax, ay), (bx, by) = a.middle, b.middle
    height = max(a.box.height, b.box.height)
    return abs(ax - bx) < 0.7 * height and 0.5 * height < abs(ay - by) < 2.2 * height


def _page_turn(lines: Sequence[TextLine]) -> int:
    turns = [line.turned_degrees for line in lines]
    return max(sorted(set(turns)), key=lambda turn: sum(ln.width_px for ln in lines if ln.turned_degrees == turn))


def _turned(lines: Sequence[TextLine], turn: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the lines' middles along and across the direction of reading."""
    x, y = np.array([line.middle for line in lines], dtype=np.float64).T
    return ((x, y), (y, -x), (-x, -y), (-y, x))[turn // 90 % 4]


def _slopes(lines: Sequence[TextLine], across: np.ndarray, turn: int) -> np.ndarray:
    """Fit the slope of reading over the page, slope = a + b · across, by least squares weighted by width²."""
    tilts = np.array([line.tilt_radians for line in lines]) - np.deg2rad(turn)
    tilts = np.array([atan2(sin(tilt), cos(tilt)) for tilt in tilts])
    weights = np.array([line.width_px for line in lines], dtype=np.float64) ** 2
    weights[np.array([line.width_px < 2 * line.height_px for line in lines])] *= 0.05  # short lines have rough corners
    weights[np.abs(tilts) > 0.5] = 0.0
    if weights.sum() <= 0:
        return np.zeros(len(lines))
    slope = np.tan(np.clip(tilts, -0.6, 0.6))
    mean = float(np.average(slope, weights=weights))
    offset = across - float(np.average(across, weights=weights))
    spread = float(np.average(offset**2, weights=weights))
    if len(lines) < 4 or spread <= 0:
        return np.full(len(lines), mean)
    rate = float(np.average((slope - mean) * offset, weights=weights)) / (spread * 1.1)
    return np.asarray(mean + rate * offset)
