"""The bar chart: bars, text and axis put together into a table, or the reason why not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sensorium.eyes.charts.axis import Axis, Tick, fit_axis, parse_number
from sensorium.eyes.charts.bars.confidence import TableFeatures, confidence, count_odd, is_out_of_order, pixel_margin
from sensorium.eyes.charts.bars.detection import Bars, find_bars
from sensorium.eyes.charts.bars.unread import FLOATING, GROUPED, has_groups, lone_marks, unread_marks
from sensorium.eyes.charts.ink import Ink, transpose
from sensorium.eyes.charts.table import Refusal, Series, Table
from sensorium.eyes.charts.text import ChartText, Labels, Word
from sensorium.eyes.charts.text.spelling import count_unknown_words

_CLOSER_BELOW = 0.85  # confidence below which a closer look is worth its time
_NEAR_ZERO, _NO_HEIGHT = 6.0, 2.0  # pixels from the baseline to the axis' zero; of a bar that has no height
LOGARITHMIC = "The axis is logarithmic (each step multiplies): I can't read such a chart."
MIN_CONFIDENCE = 0.65
"""A table with a lower confidence is refused."""


@dataclass(frozen=True)
class ScoredTable:
    """A table with the features that its confidence is computed from."""

    table: Table
    features: TableFeatures


def read_bars(ink: Ink, text: ChartText) -> Table | Refusal:
    """Return the table of a bar chart with one series."""
    result = read_with_features(ink, text)
    if isinstance(result, Refusal):
        return result
    if result.table.confidence < MIN_CONFIDENCE:
        return Refusal("It looks like a bar chart, but its labels or its axis could not be read reliably.", 0.8)
    return result.table


def read_with_features(ink: Ink, text: ChartText) -> ScoredTable | Refusal:
    """Return the table whatever its confidence, refused only if none can be made."""
    bars = find_bars(ink)
    reason = lone_marks(ink) if bars is None else unread_marks(ink, bars)
    if reason is not None:
        return Refusal(reason, 0.5) if _has_numbers(text) else Refusal("The shapes have no numbers beside them.", 0.1)
    if bars is None:
        return Refusal("No bars were found: it does not look like a bar chart.", 0.02)
    first = _read(text, bars)
    score = first.table.confidence if isinstance(first, ScoredTable) else 0.0
    if score >= _CLOSER_BELOW or (isinstance(first, Refusal) and first.confidence < 0.2):
        return first
    second = _read(text.closer, bars)
    if isinstance(first, Refusal) and isinstance(second, Refusal):
        return second if second.confidence > first.confidence else first
    return second if isinstance(second, ScoredTable) and second.table.confidence > score else first


def _has_numbers(text: ChartText) -> bool:
    return sum(parse_number(word.text) is not None for word in text.words) >= 3


def _read(text: ChartText, bars: Bars) -> ScoredTable | Refusal:
    if len(text.words) < 3:
        return Refusal("The image has shapes like bars, but hardly any words or numbers beside them.", 0.1)
    text = text.with_axis_numbers(bars.categories)
    bars = _with_empty_between(bars, text)
    if text.has_logarithmic_axis(bars.categories):
        return Refusal(LOGARITHMIC, 0.6)
    axis = text.value_axis(bars.categories) or _axis_of_values(text.numbers_at(bars.categories, bars.ends), bars)
    if axis is None:
        return Refusal("The chart has bars, but the numbers of its axis could not be read.", 0.4)
    if text.unclear_number is not None:
        short = text.unclear_number.replace(".", "")
        return Refusal(f'"{text.unclear_number}" at the axis may be {short} or a decimal fraction: I can\'t tell.', 0.6)
    if not _stands_on_axis(axis, bars):
        return Refusal(FLOATING, 0.6)
    labels = _labels(text, bars, axis)
    if (labels is None or len(labels.texts) != len(bars.boxes)) and has_groups(text.ink, bars):
        return Refusal(GROUPED, 0.6)
    if labels is None:
        return Refusal("The chart has bars and an axis, but the labels of the bars could not be read.", 0.5)
    longer = _with_empty_outside(bars, text, labels, axis)
    if longer is not bars:
        bars, labels = longer, _labels(text, longer, axis) or labels
    if len(labels.texts) != len(bars.boxes):
        return Refusal("The chart has bars, but the labels do not match them one to one.", 0.5)
    bars, labels = _without_unlabelled(bars, labels)
    if len(bars.boxes) < 2:
        return Refusal("The image has shapes like bars, but no labels beside them.", 0.3)
    printed = text.numbers_at(bars.categories, bars.ends, ignored=labels.box)
    if len(printed) < 0.6 * len(bars.boxes):
        printed = {}  # numbers that stand near a bar by chance
    return _scored_table(text, bars, _matched_to_values(axis, printed, bars), labels, printed)


def _with_empty_between(bars: Bars, text: ChartText) -> Bars:
    """Return the bars with empty places between them, if two or three stand far apart with a label between."""
    if len(bars.boxes) > 3 or bars.boxes[0].width > 0.48 * bars.pitch:
        return bars
    area, start = bars.categories.area, bars.categories.centres[0]
    beside = [word for word in text.in_frame(bars.categories)
              if (word.y < area.top if bars.horizontal else word.y > area.bottom)]  # fmt: skip
    rows = [{round(2 * away) for word in beside if abs(word.y - other.y) < 3 * bars.pitch
             and (bars.horizontal or abs(word.y - other.y) < 0.5 * other.height)
             and abs(2 * (away := (word.x - start) / bars.pitch) - round(2 * away)) < 0.2}
            for other in beside]  # fmt: skip
    needed = set(range(2 * len(bars.boxes) - 1))
    return bars.halved() if any(needed <= row for row in rows) else bars


def _axis_of_values(printed: dict[int, float], bars: Bars) -> Axis | None:
    """Return the axis that the numbers at the bars define, if nearly all bars have one and their lengths fit."""
    ticks = [Tick(bars.ends[index], value, 10.0, 0.9) for index, value in printed.items()]
    if len(ticks) < max(3, 0.8 * len(bars.boxes)):
        return None
    axis = fit_axis(ticks)
    return axis if axis is not None and len(axis.inliers) >= max(3, 0.8 * len(ticks)) else None


def _matched_to_values(axis: Axis, printed: dict[int, float], bars: Bars) -> Axis:
    """Return the axis times the power of ten that all numbers at the bars indicate: its "1e6" was missed."""
    pairs = [(value, axis.value(bars.ends[index])) for index, value in printed.items()]
    powers = [math.log10(number / value) for number, value in pairs if number * value > 0]
    if len(powers) < max(3, 0.7 * len(pairs)):
        return axis
    power = round(float(np.median(powers)))
    if power == 0 or float(np.median(np.abs(np.array(powers) - power))) > 0.02:
        return axis
    return axis.times(10.0**power)


def _labels(text: ChartText, bars: Bars, axis: Axis) -> Labels | None:
    points = list(zip(bars.categories.centres, bars.ends, strict=True))

    def is_number(word: Word) -> bool:
        """Whether a word beside horizontal bars is a number of the value axis, or at the end of a negative bar."""
        if parse_number(word.text) is None:
            return False
        on_axis = any(abs(word.x - tick.pixel) < 2 for tick in axis.inliers)
        if on_axis and not bars.boxes[0].left < word.y < bars.boxes[-1].right:
            return True
        return any(
            end < bars.baseline - 2
            and abs(word.y - centre) < 0.35 * bars.pitch
            and -3 < end - word.box.right < 1.3 * word.height
            for centre, end in points
        )

    return text.labels(bars.categories, is_number)


def _with_empty_outside(bars: Bars, text: ChartText, labels: Labels, axis: Axis) -> Bars:
    """Return the bars with up to two more at each side that have a label but no bar: values of nothing."""
    words = text.in_frame(bars.categories)
    box = transpose(labels.box) if bars.horizontal else labels.box
    row = [w for w in words if box.top - 3 <= w.y <= box.bottom + 3]
    numbers = [w for w in words if parse_number(w.text) is not None and _is_at_tick(w, axis, 3)]
    row = [w for w in row if parse_number(w.text) is None or not _is_at_tick(w, axis, 1 + 0.3 * w.height)]
    area = bars.categories.area
    left = max((w.box.right for w in numbers if w.x < area.left), default=0.0)
    right = min((w.box.left for w in numbers if w.x > area.right), default=math.inf)
    for step in (-1, 1):
        for _ in range(2):
            x = bars.categories.centres[0 if step < 0 else -1] + step * bars.pitch
            if not left < x < right or x < 0 or not _has_label(row, x, bars.pitch):
                break
            bars = bars.with_empty(x)
    return bars


def _is_at_tick(word: Word, axis: Axis, tolerance: float) -> bool:
    return any(abs(word.y - tick.pixel) < tolerance for tick in axis.inliers)


def _has_label(row: Sequence[Word], x: float, pitch: float) -> bool:
    if any(word.slanted for word in row):
        return any(word.slanted and abs(word.box.right - x) < 0.3 * pitch for word in row)
    return any(w.score > 0.8 and abs(w.x - x) < 0.15 * pitch and w.box.width < 1.1 * pitch for w in row)


def _without_unlabelled(bars: Bars, labels: Labels) -> tuple[Bars, Labels]:
    """Return bars and labels without the places that have neither."""
    indices = [i for i, text in enumerate(labels.texts) if text or abs(bars.ends[i] - bars.baseline) > 3]
    if len(indices) == len(labels.texts):
        return bars, labels
    return (
        replace(bars, boxes=tuple(bars.boxes[i] for i in indices), ends=tuple(bars.ends[i] for i in indices)),
        replace(labels, texts=tuple(labels.texts[i] for i in indices), scores=tuple(labels.scores[i] for i in indices)),
    )


def _stands_on_axis(axis: Axis, bars: Bars) -> bool:
    """Whether the bars begin at zero or, on an axis without zero, at its lower or upper end."""
    ticks = sorted(axis.pixel(tick.value) for tick in axis.inliers)
    if len(ticks) < 3:
        return True
    zero, step = axis.pixel(0.0), (ticks[-1] - ticks[0]) / (len(ticks) - 1)
    if ticks[0] - 3 <= zero <= ticks[-1] + 3:
        return abs(zero - bars.baseline) < max(8.0, 0.25 * step)
    return not ticks[0] + 0.25 * step < bars.baseline < ticks[-1] - 0.25 * step


def _zeroed_at_feet(axis: Axis, bars: Bars) -> Axis:
    """Return the axis with its zero at the bars' feet, if all begin a little beyond its zero: the axis is off.

    If they begin short of it, a frame in the background's colour may hide their feet.
    """
    if bars.foot is None or len(axis.inliers) < 3:
        return axis
    beyond = axis.pixel(0.0) - bars.foot
    up = all(end <= bars.baseline for end in bars.ends)
    down = all(end >= bars.baseline for end in bars.ends)
    off = (up and -3 < beyond < 0) or (down and 0 < beyond < 3)
    return replace(axis, intercept=-axis.slope * bars.foot) if off else axis


def _scored_table(text: ChartText, bars: Bars, axis: Axis, labels: Labels, printed: dict[int, float]) -> ScoredTable:
    axis = _zeroed_at_feet(axis, bars)
    zero = axis.pixel(0.0)
    on_zero = abs(zero - bars.baseline) < _NEAR_ZERO
    ends = [
        zero if on_zero and min(abs(end - bars.baseline), 2 * abs(end - zero)) <= _NO_HEIGHT else end
        for end in bars.ends
    ]
    values = [0.0 if end == zero else axis.value(end) for end in ends]
    span = abs(axis.slope) * max(1.0, bars.categories.area.height)
    tolerance = max(0.02 * span, 2.5 * abs(axis.slope))
    agreeing = {i for i, number in printed.items() if abs(number - values[i]) <= max(tolerance, 0.04 * abs(number))}
    trusted = len(agreeing) >= max(2, 0.6 * len(bars.boxes)) and len(agreeing) >= 0.7 * len(printed)
    if trusted:
        values = [printed[i] if i in agreeing else value for i, value in enumerate(values)]
    low, high = sorted(axis.pixel(pick(tick.value for tick in axis.inliers)) for pick in (min, max))
    unlabelled = len(labels.texts) - len({label for label in labels.texts if label})
    features = TableFeatures(
        min_score=min(labels.scores),
        unlabelled=unlabelled / len(labels.texts),
        inliers=len(axis.inliers) / axis.n_ticks,
        n_inliers=len(axis.inliers),
        rmse=axis.rmse,
        zero_offset=abs(zero - bars.baseline) if low - 3 <= zero <= high + 3 else 0.0,
        agreement=len(agreeing) / len(printed) if printed else 1.0,
        numbered=len(printed) / len(values),
        unevenness=bars.unevenness,
        margin=pixel_margin(values, agreeing if trusted else set(), axis),
        out_of_order=is_out_of_order(labels.texts),
        has_faint=bars.has_faint,
        disagreements=labels.disagreements,
        odd_labels=count_odd(labels.texts),
        unknown_words=count_unknown_words(labels.texts),
        n_bars=len(values),
        text_height=labels.height,
    )
    boxes = tuple(transpose(box) if bars.horizontal else box for box in bars.boxes)
    table = Table(
        "bar", labels.texts, (Series(tuple(float(f"{value:.6g}") for value in values), boxes),),
        *text.titles(bars.categories, axis, labels), bars.horizontal, confidence(features),
        0.0 if trusted and len(agreeing) == len(values) else abs(axis.slope),
    )  # fmt: skip
    return ScoredTable(table, features)
