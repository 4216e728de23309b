"""Detection of bars: rectangles of ink that stand on one baseline at even distances, equally wide."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sensorium.core.reply import Box
from sensorium.eyes.charts.axis import CategoryAxis
from sensorium.eyes.charts.bars.measure import baseline_is_clear, find_end, find_foot, is_solid, trace_bar
from sensorium.eyes.charts.ink import Ink, transpose
from sensorium.eyes.ocr.ppocr import opencv

MAX_BARS = 60
# Tuned on the charts of the "tune" split (bench/charts.py).
_MIN_FILL = 0.88  # of its rectangle that a bar fills; hatches and error bars take and add a little
_EDGE = 24  # of 255: a difference between neighbours that is an edge, not noise
_FAINT = 2.5  # of 255: what is paler is noise
_MIN_SHARE = 0.15  # of a chart's ink that its bars hold; the rest is text, frame and gridlines


@dataclass(frozen=True)
class Bars:
    """The bars of a chart, in the frame in which they stand: for horizontal bars the transposed image.

    Args:
        boxes: One a bar, left to right.
        ends: The far end of each bar, y in pixels to a fraction; `baseline` for a bar of no height.
        baseline: y.
        pitch: Distance of neighbours' centres, pixels.
        unevenness: Largest deviation from even spacing, as a share of the pitch.
        horizontal: Whether the frame is transposed.
        foot: y of the bars' feet to a fraction if no line is drawn over them, else None.
        has_faint: Whether something stands in an empty place, too pale to be sure of.
    """

    boxes: tuple[Box, ...]
    ends: tuple[float, ...]
    baseline: float
    pitch: float
    unevenness: float
    horizontal: bool
    foot: float | None = None
    has_faint: bool = False

    @property
    def categories(self) -> CategoryAxis:
        """The places of the bars and the area around them."""
        centres = tuple((box.left + box.right) / 2 for box in self.boxes)
        top = min(self.baseline, *(box.top for box in self.boxes))
        bottom = max(self.baseline, *(box.bottom for box in self.boxes))
        area = Box(self.boxes[0].left, top, self.boxes[-1].right, bottom)
        return CategoryAxis(centres, self.pitch, area, self.horizontal)

    def with_empty(self, *centres: float) -> Bars:
        """Return the bars with bars of no height at more places."""
        half = self.boxes[0].width / 2
        empty = [(Box(x - half, self.baseline, x + half, self.baseline), self.baseline) for x in centres]
        pairs = sorted([*zip(self.boxes, self.ends, strict=True), *empty], key=lambda pair: pair[0].left)
        return replace(self, boxes=tuple(box for box, _ in pairs), ends=tuple(end for _, end in pairs))

    def halved(self) -> Bars:
        """Return the bars with an empty place between each two."""
        between = (x - self.pitch / 2 for x in self.categories.centres[1:])
        return replace(self.with_empty(*between), pitch=self.pitch / 2)


def find_bars(ink: Ink) -> Bars | None:
    """Return the bars of a chart, vertical or horizontal; None if it does not have two that fit together.

    Raises:
        InstallError: if OpenCV is not installed.
    """
    mask = ink.plot_mask
    if not 0.005 < mask.mean() < 0.85:
        return None
    thin = max(3, round(min(mask.shape) / 130))
    best: tuple[float, list[Box], float, bool] | None = None
    amount = float(mask.sum())
    plain = (mask, 0, thin), (mask, 0, thin + 2), (mask, 0, 2 * thin + 1), (mask, 0, 3 * thin + 2)
    hatched = (mask, thin, thin), (mask, thin, 2 * thin)
    touching = _without_edges(ink)
    for marked, closing, side in (*plain, *hatched, (touching, 0, thin)):
        boxes = _rectangles(marked, side, closing)
        for horizontal in (False, True):
            row = _best_row([transpose(box) for box in boxes] if horizontal else boxes, 1.5 + thin / 2, amount)
            lead = 0.02 if marked is mask and not closing else 0.15
            if row is not None and (best is None or row[0] > best[0] + lead):
                best = (*row, horizontal)
    if best is None:
        return None
    _, boxes, baseline, horizontal = best
    return _measure(ink.transposed if horizontal else ink, boxes, baseline, horizontal)


def separate_rectangles(ink: Ink) -> list[Box]:
    """Return the rectangular pieces of one colour each, bars that touch apart."""
    return _rectangles(_without_edges(ink), max(3, round(min(ink.plot_mask.shape) / 130)), 0)


def _without_edges(ink: Ink) -> NDArray[np.uint8]:
    """Return the ink without its outlines, so that bars that touch are separate."""
    cv2 = opencv()
    edges = np.asarray(cv2.morphologyEx(ink.image, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))).max(axis=2)
    return np.asarray(ink.plot_mask & (edges < _EDGE), np.uint8)


def _rectangles(mask: NDArray[np.uint8], side: int, closing: int) -> list[Box]:
    """Return the nearly rectangular pieces of ink that are at least `side` pixels thick: not text, not lines."""
    cv2 = opencv()
    if closing:  # joins what a hatch in the background's colour has cut
        mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((closing, closing), np.uint8)), np.uint8)
    opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    contours, _ = cv2.findContours(opened, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    boxes: list[Box] = []
    for contour in contours:
        x, y, width, height = cv2.boundingRect(contour)
        area = cv2.contourArea(contour) + cv2.arcLength(contour, True) / 2 + 1  # the contour runs through pixel centres
        if area >= _MIN_FILL * width * height:
            boxes.append(Box(x, y, x + width, y + height))
    return boxes


def _best_row(boxes: list[Box], tolerance: float, amount: float) -> tuple[float, list[Box], float] | None:
    """Choose the baseline on which equally wide boxes stand or hang that hold most of the ink.

    Returns the share of the ink (of `amount` pixels) that they hold, less what is uneven; the boxes from left to
    right; y of the baseline.
    """
    best: tuple[float, list[Box], float] | None = None
    for level in sorted({side for box in boxes for side in (box.top, box.bottom)}):
        on = [box for box in boxes if min(abs(box.top - level), abs(box.bottom - level)) <= tolerance]
        if len(on) < 2:
            continue
        for width in sorted({box.width for box in on}):
            same = sorted(box for box in on if abs(box.width - width) <= max(2.5, 0.06 * width))
            if not 2 <= len(same) <= MAX_BARS:
                continue
            if any(b.left < a.right for a, b in pairwise(same)):
                continue
            unevenness, step, indices = fit_spacing([(box.left + box.right) / 2 for box in same])
            if unevenness > 0.12 or width < 0.2 * step or len(same) < 0.4 * (indices[-1] + 1):
                continue
            off = float(np.mean([min(abs(box.top - level), abs(box.bottom - level)) for box in same]))
            share = sum(box.width * box.height for box in same) / amount
            score = share - 0.3 * unevenness - 0.02 * off
            if score > _MIN_SHARE and (best is None or score > best[0]):
                best = (score, same, level)
    return best


def fit_spacing(centres: list[float]) -> tuple[float, float, NDArray[np.int64]]:
    """Fit centres to even steps, some of which may be empty: largest deviation in steps, the step, their indices."""
    gaps = np.diff(centres)
    step = float(gaps.min())
    if step <= 0:
        return 9.0, 1.0, np.arange(len(centres))
    for _ in range(2):
        indices = np.round((np.asarray(centres) - centres[0]) / step).astype(np.int64)
        step = float((centres[-1] - centres[0]) / max(1, indices[-1]))
    away = np.asarray(centres) - centres[0] - indices * step
    return float(np.abs(away).max() / step), step, indices


def _measure(ink: Ink, boxes: list[Box], level: float, horizontal: bool) -> Bars | None:
    """Return the bars of a row of boxes, measured, with those that were not whole rectangles."""
    start = (boxes[0].left + boxes[0].right) / 2
    unevenness, pitch, indices = fit_spacing([(box.left + box.right) / 2 for box in boxes])
    width = float(np.median([box.width for box in boxes]))
    sides = [box.bottom if abs(box.bottom - level) < abs(box.top - level) else box.top for box in boxes]
    baseline = float(np.median(sides))
    foot_row = float(np.median([find_foot(ink, box, pitch, baseline) for box in boxes]))
    if 3 < abs(foot_row - baseline) < 0.05 * ink.image.shape[0]:
        baseline = foot_row
    rectangles = dict(zip(indices.tolist(), boxes, strict=True))
    slots: dict[int, Box | None] = {}
    for index in range(min(rectangles), max(rectangles) + 1):
        box = rectangles.get(index)
        centre = start + index * pitch if box is None else (box.left + box.right) / 2
        slots[index] = trace_bar(ink, centre, width, pitch, baseline) or box
    if len(boxes) <= 3 and width < 0.48 * pitch:  # perhaps every second bar only
        between = [trace_bar(ink, start + (index + 0.5) * pitch, width, pitch / 2, baseline)
                   for index in range(indices[-1])]  # fmt: skip
        if any(box is not None and box.height >= 3 and is_solid(ink, box) for box in between):
            slots = {2 * index: box for index, box in slots.items()}
            slots |= {2 * index + 1: box for index, box in enumerate(between)}
            pitch /= 2
    area = ink.plot_area or Box(0, 0, ink.image.shape[1], ink.image.shape[0])
    for step in (-1, 1):  # beyond those that were whole rectangles: touching the frame, pale, cut by a legend
        index = (min(slots) if step < 0 else max(slots)) + step
        while len(slots) <= MAX_BARS:
            box = trace_bar(ink, start + index * pitch, width, pitch, baseline)
            if box is None or box.height < 3 or not area.left < box.left < box.right < area.right:
                break
            if not is_solid(ink, box):
                break
            slots[index] = box
            index += step
    if len(slots) > MAX_BARS:
        return None
    empty = [start + index * pitch for index, box in slots.items() if box is None]
    pale = [trace_bar(ink, centre, width, pitch, baseline, _FAINT) for centre in empty]
    whole, ends = [], []
    for index in sorted(slots):
        centre, box = start + index * pitch, slots[index]
        whole.append(box or Box(centre - width / 2, baseline, centre + width / 2, baseline))
        ends.append(baseline if box is None else find_end(ink, box, baseline))
    foot: float | None = None
    if baseline_is_clear(ink, whole, baseline):
        foot = float(np.median([find_end(ink, box, baseline, foot=True) for box in boxes]))
    has_faint = any(box is not None and box.height > 4 for box in pale)
    return Bars(tuple(whole), tuple(ends), baseline, pitch, unevenness, horizontal, foot, has_faint)
