"""Bars: rectangles of ink that stand on one line at even distances, equally wide."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import InstallError
from sensorium.core.reply import Box
from sensorium.core.weights import INSTALL_HINT
from sensorium.eyes.charts.bars.ends import bare, end, reach, stand, whole
from sensorium.eyes.charts.ink import Ground, ground, ink
from sensorium.media.image import Pixels

MOST_BARS = 60
_FULL = 0.88  # of its rectangle that a bar fills; hatches and error bars take and add a little
_STEP = 24  # of 255: a difference between neighbours that is an edge, not noise
_FAINT = 2.5  # of 255: what is paler is noise
_LEAST_HELD = 0.15  # of a chart's ink that its bars hold; the rest is words, frame and gridlines


@dataclass(frozen=True)
class Bars:
    """The bars of a chart, in its upright frame: where they lie, the frame is the picture transposed.

    Args:
        boxes: One a bar, left to right.
        ends: The far end of each bar, y in pixels to a fraction; `baseline` for a bar of no height.
        baseline: y of the line that they stand on.
        pitch: Distance of neighbours' centres, pixels.
        uneven: Worst deviation from even spacing, as a share of the pitch.
        horizontal: True where the frame is transposed.
        ground: What lies behind them, in the frame.
        foot: y of the bars' feet to a fraction, where no line is drawn over them; else None.
        faint: True where something stands in an empty place, too pale to be sure of.
    """

    boxes: tuple[Box, ...]
    ends: tuple[float, ...]
    baseline: float
    pitch: float
    uneven: float
    horizontal: bool
    ground: Ground
    foot: float | None = None
    faint: bool = False

    @property
    def centres(self) -> tuple[float, ...]:
        return tuple((box.left + box.right) / 2 for box in self.boxes)

    @property
    def top(self) -> float:
        return min(min(box.top for box in self.boxes), self.baseline)

    @property
    def bottom(self) -> float:
        return max(max(box.bottom for box in self.boxes), self.baseline)


def find_bars(picture: Pixels) -> Bars | None:
    """Find the bars in (height, width, 3) pixels, standing or lying; None where there are not two that fit together.

    Raises:
        InstallError: when OpenCV is not installed.
    """
    behind = ground(picture)
    if behind is None:
        return None
    mask = ink(picture, behind)
    if not 0.005 < mask.mean() < 0.85:
        return None
    thin = max(3, round(min(mask.shape) / 130))
    best: tuple[float, list[Box], float, bool] | None = None
    amount = float(mask.sum())
    plain = (mask, 0, thin), (mask, 0, thin + 2), (mask, 0, 2 * thin + 1), (mask, 0, 3 * thin + 2)
    hatched = (mask, thin, thin), (mask, thin, 2 * thin)
    touching = mask & _flat(picture)
    for marked, closing, side in (*plain, *hatched, (touching, 0, thin)):
        boxes = _rectangles(marked, side, closing)
        for horizontal in (False, True):
            row = _row([_swap(box) for box in boxes] if horizontal else boxes, 1.5 + thin / 2, amount)
            if row is not None and (
                best is None or row[0] > best[0] + (0.02 if marked is mask and not closing else 0.15)
            ):
                best = (*row, horizontal)
    if best is None:
        return None
    _, members, baseline, horizontal = best
    frame = upright(picture, horizontal)
    behind = _swap_ground(behind) if horizontal else behind
    return _measure(frame, members, baseline, horizontal, behind)


def halved(bars: Bars) -> Bars:
    """Put an empty place between each two bars."""
    width = bars.boxes[0].width
    boxes, ends = [bars.boxes[0]], [bars.ends[0]]
    for box, end_, middle in zip(bars.boxes[1:], bars.ends[1:], bars.centres[1:], strict=True):
        at = middle - bars.pitch / 2
        boxes += [Box(at - width / 2, bars.baseline, at + width / 2, bars.baseline), box]
        ends += [bars.baseline, end_]
    return replace(bars, boxes=tuple(boxes), ends=tuple(ends), pitch=bars.pitch / 2)


def upright(picture: Pixels, horizontal: bool) -> Pixels:
    """Return the picture in the frame in which its bars stand: transposed where they lie."""
    return np.ascontiguousarray(picture.transpose(1, 0, 2)) if horizontal else picture


def _swap(box: Box) -> Box:
    return Box(box.top, box.left, box.bottom, box.right)


def _swap_ground(behind: Ground) -> Ground:
    return behind if behind.panel is None else replace(behind, panel=_swap(behind.panel))


def _flat(picture: Pixels) -> NDArray[np.uint8]:
    """Mark, 1 or 0, what is like all its neighbours: parts bars that touch at their outlines."""
    import cv2

    steps = np.asarray(cv2.morphologyEx(picture, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)))
    flat: NDArray[np.uint8] = (steps.max(axis=2) < _STEP).astype(np.uint8)
    return flat


def _rectangles(mask: NDArray[np.uint8], side: int, closing: int) -> list[Box]:
    """Drop all ink thinner than `side` pixels (text, lines), and keep what is left and nearly rectangular."""
    try:
        import cv2
    except ImportError as error:
        raise InstallError(f"The package {error.name!r} is not installed.", INSTALL_HINT) from None
    if closing:  # joins what a hatch in the ground's colour has cut
        mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((closing, closing), np.uint8)), np.uint8)
    opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    contours, _ = cv2.findContours(opened, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    boxes: list[Box] = []
    for contour in contours:
        x, y, width, height = cv2.boundingRect(contour)
        area = cv2.contourArea(contour) + cv2.arcLength(contour, True) / 2 + 1  # the contour runs through pixel centres
        if area >= _FULL * width * height:
            boxes.append(Box(x, y, x + width, y + height))
    return boxes


def _row(boxes: list[Box], slack: float, amount: float) -> tuple[float, list[Box], float] | None:
    """Choose the line on which equally wide boxes stand or hang that hold most of the ink.

    Gives the share of the ink (of `amount` pixels) that they hold, less what is uneven; the boxes from left to right;
    y of the line.
    """
    best: tuple[float, list[Box], float] | None = None
    for level in sorted({side for box in boxes for side in (box.top, box.bottom)}):
        on = [box for box in boxes if min(abs(box.top - level), abs(box.bottom - level)) <= slack]
        if len(on) < 2:
            continue
        for width in sorted({box.width for box in on}):
            same = sorted(box for box in on if abs(box.width - width) <= max(2.5, 0.06 * width))
            if not 2 <= len(same) <= MOST_BARS:
                continue
            if any(b.left < a.right for a, b in pairwise(same)):
                continue
            uneven, step, places = _spacing([(box.left + box.right) / 2 for box in same])
            if uneven > 0.12 or width < 0.2 * step or len(same) < 0.4 * (places[-1] + 1):
                continue
            off = float(np.mean([min(abs(box.top - level), abs(box.bottom - level)) for box in same]))
            held = sum(box.width * box.height for box in same) / amount
            score = held - 0.3 * uneven - 0.02 * off
            if score > _LEAST_HELD and (best is None or score > best[0]):
                best = (score, same, level)
    return best


def _spacing(centres: list[float]) -> tuple[float, float, NDArray[np.int64]]:
    """Fit centres to even steps, some of which may be empty: worst deviation in steps, the step, each one's place."""
    gaps = np.diff(centres)
    step = float(gaps.min())
    if step <= 0:
        return 9.0, 1.0, np.arange(len(centres))
    for _ in range(2):
        places = np.round((np.asarray(centres) - centres[0]) / step).astype(np.int64)
        step = float((centres[-1] - centres[0]) / max(1, places[-1]))
    away = np.asarray(centres) - centres[0] - places * step
    return float(np.abs(away).max() / step), step, places


def _measure(frame: Pixels, members: list[Box], level: float, horizontal: bool, behind: Ground) -> Bars | None:
    centres = [(box.left + box.right) / 2 for box in members]
    uneven, pitch, places = _spacing(centres)
    width = float(np.median([box.width for box in members]))
    sides = [box.bottom if abs(box.bottom - level) < abs(box.top - level) else box.top for box in members]
    line = float(np.median(sides))
    stands = float(np.median([stand(frame, box, pitch, line, behind) for box in members]))
    if 3 < abs(stands - line) < 0.05 * frame.shape[0]:
        line = stands
    filled = dict(zip(places.tolist(), members, strict=True))
    found: dict[int, Box | None] = {}
    for place in range(min(filled), max(filled) + 1):
        box = filled.get(place)
        middle = centres[0] + place * pitch if box is None else (box.left + box.right) / 2
        found[place] = reach(frame, middle, width, pitch, line, behind) or box
    if len(members) <= 3 and width < 0.48 * pitch:  # perhaps every second bar only
        between = [reach(frame, centres[0] + (place + 0.5) * pitch, width, pitch / 2, line, behind)
                   for place in range(places[-1])]  # fmt: skip
        if any(box is not None and box.height >= 3 and whole(frame, box, behind) for box in between):
            found = {2 * place: box for place, box in found.items()}
            found |= {2 * place + 1: box for place, box in enumerate(between)}
            pitch /= 2
    for step in (-1, 1):  # beyond those that were whole rectangles: touching the frame, pale, cut by a legend
        place = (min(found) if step < 0 else max(found)) + step
        while len(found) <= MOST_BARS:
            box = reach(frame, centres[0] + place * pitch, width, pitch, line, behind)
            if box is None or box.height < 3 or not _inside(box, frame, behind) or not whole(frame, box, behind):
                break
            found[place] = box
            place += step
    if len(found) > MOST_BARS:
        return None
    boxes, ends, faint = [], [], False
    for place in sorted(found):
        middle, box = centres[0] + place * pitch, found[place]
        if box is None:
            pale = reach(frame, middle, width, pitch, line, behind, _FAINT)
            faint |= pale is not None and pale.height > 4
        boxes.append(Box(middle - width / 2, line, middle + width / 2, line) if box is None else box)
        ends.append(line if box is None else _tip(frame, box, line, behind))
    foot: float | None = None
    if bare(frame, boxes, line, behind):
        foot = float(np.median([end(frame, box, line, behind, foot=True) for box in members]))
    return Bars(tuple(boxes), tuple(ends), line, pitch, uneven, horizontal, behind, foot, faint)


def _inside(box: Box, frame: Pixels, behind: Ground) -> bool:
    height, width = frame.shape[:2]
    around = behind.panel or Box(0, 0, width, height)
    return box.left > around.left and box.right < around.right


def _tip(frame: Pixels, box: Box, line: float, behind: Ground) -> float:
    if box.height >= 4:
        return end(frame, box, line, behind)
    return box.top if abs(box.top - line) > abs(box.bottom - line) else box.bottom
