"""The bar chart: bars, words and axis put together into a table, or the reason why not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sensorium.core.reply import Box
from sensorium.eyes.charts.axis import Axis, Number, Tick, fit, number, offset, snap
from sensorium.eyes.charts.bars.confidence import Signs, confidence, odd, slack, strange
from sensorium.eyes.charts.bars.shapes import Bars, find_bars, halved, upright
from sensorium.eyes.charts.bars.titles import names
from sensorium.eyes.charts.table import Refusal, Series, Table
from sensorium.eyes.charts.text.labels import Labels, labels_below, labels_beside
from sensorium.eyes.charts.text.spelling import unknown
from sensorium.eyes.charts.text.words import Word, inside, parted, read_row, words
from sensorium.media.image import Pixels

_CLOSER = 1.6  # times the usual size for the second look
_SURE = 0.85  # below this a second look is worth its time
LEAST = 0.65
"""A table whose confidence is under this is refused."""


@dataclass(frozen=True)
class Reading:
    """A table with the signs that its confidence is made of."""

    table: Table
    signs: Signs


def read_bars(picture: Pixels) -> Table | Refusal:
    """Read a single-series bar chart in (height, width, 3) RGB pixels."""
    reading = look(picture)
    if isinstance(reading, Refusal):
        return reading
    if reading.table.confidence < LEAST:
        return Refusal("It looks like a bar chart, but its labels or its axis could not be read surely enough.", 0.8)
    return reading.table


def look(picture: Pixels) -> Reading | Refusal:
    """Read a chart and give the signs too, refusing only where there is no table at all."""
    bars = find_bars(picture)
    if bars is None:
        return Refusal("No bars were found: it does not look like a bar chart.", 0.02)
    first = _read(picture, bars, words(picture))
    if isinstance(first, Reading) and first.table.confidence >= _SURE:
        return first
    if isinstance(first, Refusal) and first.confidence < 0.2:
        return first
    dark = float(bars.ground.outer.mean()) < 100  # light letters on dark are passed over more often
    second = _read(picture, bars, words(255 - picture if dark else picture, _CLOSER))  # so are small letters
    if isinstance(second, Refusal):
        return first
    if isinstance(first, Reading) and first.table.confidence >= second.table.confidence:
        return first
    return second


def _read(picture: Pixels, bars: Bars, found: Sequence[Word]) -> Reading | Refusal:
    if len(found) < 3:
        return Refusal("There are shapes like bars, but hardly any words or numbers beside them.", 0.1)
    if bars.horizontal:
        outer = _colour(bars)
        low = max(box.right for box in bars.boxes)
        found = [
            piece for word in found for piece in (_apart(picture, word, outer) if word.middle[1] > low else (word,))
        ]
    found = (*found, *_passed_over(picture, found, bars))
    framed = [_framed(word) for word in found] if bars.horizontal else list(found)
    bars = _with_blanks(bars, framed)
    axis = _axis(upright(picture, bars.horizontal), framed, bars) or _axis_of_notes(_notes(framed, bars), bars)
    if axis is None:
        return Refusal("There are bars, but the numbers of their axis could not be read.", 0.4)
    labels = _labels(picture, found, bars, axis)
    if labels is None:
        return Refusal("There are bars and an axis, but the labels of the bars could not be read.", 0.5)
    longer = _longer(bars, framed, labels, axis)
    if longer is not bars:
        bars, labels = longer, _labels(picture, found, longer, axis) or labels
    if len(labels.texts) != len(bars.boxes):
        return Refusal("There are bars, but the labels do not match them one to one.", 0.5)
    bars, labels = _without_blanks(bars, labels)
    if len(bars.boxes) < 2:
        return Refusal("There are shapes like bars, but no labels at them.", 0.3)
    free = [word for word in found if not inside(word, labels.box)]
    notes = _notes([_framed(word) for word in free] if bars.horizontal else free, bars)
    if len(notes) < 0.6 * len(bars.boxes):
        notes = {}  # numbers that stand near a bar by chance
    return _reading(picture, found, bars, _matched(axis, notes, bars), labels, notes)


def _with_blanks(bars: Bars, framed: Sequence[Word]) -> Bars:
    """Where two or three bars stand far apart and a label is read between them: put the empty places in."""
    if len(bars.boxes) > 3 or bars.boxes[0].width > 0.48 * bars.pitch:
        return bars
    words_ = [
        word for word in framed if (word.middle[1] < bars.top if bars.horizontal else word.middle[1] > bars.bottom)
    ]
    rows = [{round(2 * away) for word in words_ if abs(word.middle[1] - other.middle[1]) < 3 * bars.pitch
             and (bars.horizontal or abs(word.middle[1] - other.middle[1]) < 0.5 * other.height)
             and abs(2 * (away := (word.middle[0] - bars.centres[0]) / bars.pitch) - round(2 * away)) < 0.2}
            for other in words_]  # fmt: skip
    needed = set(range(2 * len(bars.boxes) - 1))
    return halved(bars) if any(needed <= row for row in rows) else bars


def _apart(picture: Pixels, word: Word, ground: tuple[int, int, int]) -> tuple[Word, ...]:
    """Part a line of several numbers, where each piece reads as one."""
    if number(word.text) is not None and " " not in word.text:
        return (word,)
    pieces = parted(picture, word, ground)
    return pieces if all(number(piece.text) is not None for piece in pieces) else (word,)


def _colour(bars: Bars) -> tuple[int, int, int]:
    red, green, blue = (int(part) for part in bars.ground.outer)
    return red, green, blue


def _framed(word: Word) -> Word:
    box = Box(word.box.top, word.box.left, word.box.bottom, word.box.right)
    return replace(word, box=box)


def _passed_over(picture: Pixels, found: Sequence[Word], bars: Bars) -> tuple[Word, ...]:
    """Read the numbers of the axis that the detector passed over, in the row or column of those that it found."""
    outer = _colour(bars)
    height, width = picture.shape[:2]
    numbers = [word for word in found if number(word.text) is not None]
    if bars.horizontal:
        floor = max(box.right for box in bars.boxes)
        row = _largest([word for word in numbers if word.middle[1] > floor], "bottom")
        if not row:
            return ()
        band = Box(0, min(w.box.top for w in row), width, max(w.box.bottom for w in row))
        return read_row(picture, band, [w for w in found if band.top - 2 < w.middle[1] < band.bottom + 2], False, outer)
    wall = bars.boxes[0].left
    row = _largest([word for word in numbers if word.box.right < wall], "right")
    if not row:
        return ()
    letter = row[0].height
    left, right = min(w.box.left for w in row) - letter, max(w.box.right for w in row)
    band = Box(left, bars.top - 0.3 * (bars.bottom - bars.top), right, min(height, bars.bottom + letter))
    near = [w for w in found if w.box.right > band.left and w.box.left < band.right]
    band = band._replace(
        left=max([band.left, *(w.box.right + 1 for w in near if w.turn > 45 and w.middle[0] < band.left + letter)])
    )
    return read_row(picture, band, near, True, outer)


def _largest(numbers: Sequence[Word], edge: str) -> list[Word]:
    best: list[Word] = []
    for word in numbers:
        row = [w for w in numbers if abs(getattr(w.box, edge) - getattr(word.box, edge)) < 0.5 * word.height]
        if len(row) > len(best):
            best = row
    return best


def _axis(frame: Pixels, framed: Sequence[Word], bars: Bars) -> Axis | None:
    """Fit the value axis from the numbers left or right of all bars, whichever side holds more of them."""
    first, last = bars.boxes[0].left, bars.boxes[-1].right
    best: tuple[float, Axis] | None = None
    for side in (-1, 1):
        beside = [word for word in framed if (word.middle[0] < first if side < 0 else word.middle[0] > last)]
        numbered = [(word, read) for word in beside if (read := number(word.text)) is not None]
        for column in _columns(numbered):
            ticks = [Tick(word.middle[1], read.value, word.height, word.score) for word, read in column]
            axis = fit(ticks)
            if axis is None:
                continue
            worth = len(axis.held) - 2 * (len(ticks) - len(axis.held)) / len(ticks)
            if best is None or worth > best[0]:
                inner = (max(word.box.right for word, _ in column) + 1, first - 1) if side < 0 else (
                    last + 1, min(word.box.left for word, _ in column) - 1)  # fmt: skip
                best = (worth, _scaled(snap(axis, _profile(frame, inner, bars)), framed))
    return best[1] if best is not None else None


def _columns(numbered: list[tuple[Word, Number]]) -> list[list[tuple[Word, Number]]]:
    """Sort numbers into those that line up: by the side next to the axis, or by their middles."""
    columns: list[list[tuple[Word, Number]]] = []
    for edge in ("right", "middle", "left"):
        places = [word.middle[0] if edge == "middle" else getattr(word.box, edge) for word, _ in numbered]
        for place, (word, _) in zip(places, numbered, strict=True):
            column = [pair for at, pair in zip(places, numbered, strict=True) if abs(at - place) < 0.7 * word.height]
            if len(column) >= 2 and column not in columns:
                columns.append(column)
    return sorted(columns, key=len, reverse=True)[:4]


def _profile(frame: Pixels, across: tuple[float, float], bars: Bars) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Say for each row how much stands out between the numbers and the bars: tick marks and gridlines."""
    left, right = math.ceil(across[0]), math.floor(across[1])
    if right - left < 2:
        return np.zeros(frame.shape[0], dtype=np.float32)
    strip = frame[:, left:right].astype(np.float32)
    away = np.abs(strip - np.median(strip, axis=0)[None]).max(axis=2)
    strongest = np.sort(away, axis=1)[:, -max(3, (right - left) // 4) :]
    return np.asarray(strongest.mean(axis=1), dtype=np.float32)


def _scaled(axis: Axis, framed: Sequence[Word]) -> Axis:
    """Work in the factor that may stand at the end of the axis ("1e6")."""
    far = [tick.at for tick in axis.held]
    for word in framed:
        beyond = not min(far) < word.middle[1] < max(far)
        factor = offset(word.text, beyond and word.score < 0.95)
        if factor is not None:
            held = tuple(replace(tick, value=tick.value * factor) for tick in axis.held)
            return replace(axis, slope=axis.slope * factor, intercept=axis.intercept * factor, held=held)
    return axis


def _notes(framed: Sequence[Word], bars: Bars) -> dict[int, Number]:
    """Find the numbers written at the bars' ends: place of the bar -> number."""
    out: dict[int, Number] = {}
    for place, (centre, end) in enumerate(zip(bars.centres, bars.ends, strict=True)):
        near: list[tuple[float, Number]] = []
        for word in framed:
            read = number(word.text)
            if read is None or abs(word.middle[0] - centre) > 0.35 * bars.pitch:
                continue
            gap = max(word.box.top - end, end - word.box.bottom, 0.0)
            if gap < 1.3 * word.height:
                near.append((gap, read))
        if near:
            out[place] = min(near, key=lambda pair: pair[0])[1]
    return out


def _axis_of_notes(notes: dict[int, Number], bars: Bars) -> Axis | None:
    """Without an axis: let the numbers at the bars make one, if nearly all bars have one and their lengths fit."""
    ticks = [Tick(bars.ends[place], read.value, 10.0, 0.9) for place, read in notes.items()]
    if len(ticks) < max(3, 0.8 * len(bars.boxes)):
        return None
    axis = fit(ticks)
    return axis if axis is not None and len(axis.held) >= max(3, 0.8 * len(ticks)) else None


def _matched(axis: Axis, notes: dict[int, Number], bars: Bars) -> Axis:
    """Scale the axis by a power of ten where all numbers at the bars say so: its "1e6" was passed over."""
    pairs = [(note.value, axis.value(bars.ends[place])) for place, note in notes.items()]
    powers = [math.log10(note / value) for note, value in pairs if note * value > 0]
    if len(powers) < max(3, 0.7 * len(pairs)):
        return axis
    power = round(float(np.median(powers)))
    if power == 0 or float(np.median(np.abs(np.array(powers) - power))) > 0.02:
        return axis
    held = tuple(replace(tick, value=tick.value * 10.0**power) for tick in axis.held)
    return replace(axis, slope=axis.slope * 10.0**power, intercept=axis.intercept * 10.0**power, held=held)


def _labels(picture: Pixels, found: Sequence[Word], bars: Bars, axis: Axis) -> Labels | None:
    outer = _colour(bars)
    if not bars.horizontal:
        return labels_below(picture, found, bars.centres, bars.pitch, bars.bottom, outer)
    rest = [word for word in found if not _of_axis(word, bars, axis)]
    return labels_beside(picture, rest, bars.centres, bars.pitch, bars.top, outer)


def _of_axis(word: Word, bars: Bars, axis: Axis) -> bool:
    """Whether a word beside lying bars is a number of the value axis, or one at the end of a bar to the left."""
    if number(word.text) is None:
        return False
    x, y = word.middle
    if any(abs(x - tick.at) < 2 for tick in axis.held) and not bars.boxes[0].left < y < bars.boxes[-1].right:
        return True
    return any(
        end < bars.baseline - 2
        and abs(y - centre) < 0.35 * bars.pitch
        and -3 < end - word.box.right < 1.3 * word.height
        for centre, end in zip(bars.centres, bars.ends, strict=True)
    )


def _longer(bars: Bars, framed: Sequence[Word], labels: Labels, axis: Axis) -> Bars:
    """Add places beyond the outermost bars where a label stands but no bar: a value of nothing."""
    box = labels.box
    row = [w for w in framed if (box.left if bars.horizontal else box.top) - 3 <= w.middle[1]
           <= (box.right if bars.horizontal else box.bottom) + 3]  # fmt: skip
    numbers = [w for w in framed if number(w.text) is not None and any(abs(w.middle[1] - t.at) < 3 for t in axis.held)]
    first, last = bars.boxes[0].left, bars.boxes[-1].right
    limits = (
        max((w.box.right for w in numbers if w.middle[0] < first), default=0.0),
        min((w.box.left for w in numbers if w.middle[0] > last), default=math.inf),
    )
    for side in (0, -1):
        for _ in range(2):
            row = [w for w in row if not any(abs(w.middle[1] - tick.at) < 1 + 0.3 * w.height for tick in axis.held)
                   or number(w.text) is None]  # fmt: skip
            at = bars.centres[side] + bars.pitch * (1 if side else -1)
            level = [
                w
                for w in row
                if w.score > 0.8 and abs(w.middle[0] - at) < 0.15 * bars.pitch and w.box.width < 1.1 * bars.pitch
            ]
            slanted = [w for w in row if 15 < abs(w.turn) < 75 and abs(w.box.right - at) < 0.3 * bars.pitch]
            if not limits[0] < at < limits[1]:
                break
            if not (slanted if any(15 < abs(w.turn) < 75 for w in row) else level) or at < 0:
                break
            width = bars.boxes[0].width
            blank = Box(at - width / 2, bars.baseline, at + width / 2, bars.baseline)
            boxes = (*bars.boxes, blank) if side else (blank, *bars.boxes)
            ends = (*bars.ends, bars.baseline) if side else (bars.baseline, *bars.ends)
            bars = replace(bars, boxes=boxes, ends=ends)
    return bars


def _without_blanks(bars: Bars, labels: Labels) -> tuple[Bars, Labels]:
    """Leave out places that have neither a bar nor a label."""
    kept = [i for i, text in enumerate(labels.texts) if text or abs(bars.ends[i] - bars.baseline) > 3]
    if len(kept) == len(labels.texts):
        return bars, labels
    return (
        replace(bars, boxes=tuple(bars.boxes[i] for i in kept), ends=tuple(bars.ends[i] for i in kept)),
        replace(labels, texts=tuple(labels.texts[i] for i in kept), scores=tuple(labels.scores[i] for i in kept)),
    )


def _past_zero(zero: float, foot: float, bars: Bars) -> bool:
    """Whether all bars begin a little beyond the axis' zero: then it is the axis that is off.

    Where they begin short of it, a frame in the ground's colour may hide their feet.
    """
    up = all(end <= bars.baseline for end in bars.ends)
    down = all(end >= bars.baseline for end in bars.ends)
    return (up and 0 < foot - zero < 3) or (down and 0 < zero - foot < 3)


def _reading(picture: Pixels, found: Sequence[Word], bars: Bars, axis: Axis, labels: Labels,
             notes: dict[int, Number]) -> Reading:  # fmt: skip
    if bars.foot is not None and len(axis.held) >= 3 and _past_zero(axis.pixel(0.0), bars.foot, bars):
        axis = replace(axis, intercept=-axis.slope * bars.foot)
    values = [axis.value(end) for end in bars.ends]
    span = abs(axis.slope) * max(1.0, bars.bottom - bars.top)
    least = max(0.02 * span, 2.5 * abs(axis.slope))
    agree = {
        place for place, read in notes.items() if abs(read.value - values[place]) <= max(least, 0.04 * abs(read.value))
    }
    trusted = len(agree) >= max(2, 0.6 * len(bars.boxes)) and len(agree) >= 0.7 * len(notes)
    if trusted:
        values = [notes[place].value if place in agree else value for place, value in enumerate(values)]
    resolution = 0.0 if trusted and len(agree) == len(values) else abs(axis.slope)
    zero_at = axis.pixel(0.0)
    low, high = sorted((axis.pixel(min(t.value for t in axis.held)), axis.pixel(max(t.value for t in axis.held))))
    zero = abs(zero_at - bars.baseline) if low - 3 <= zero_at <= high + 3 else 0.0
    same = len(labels.texts) - len({text for text in labels.texts if text})
    signs = Signs(
        min(labels.scores), same / len(labels.texts), len(axis.held) / axis.offered, len(axis.held), axis.off, zero,
        len(agree) / len(notes) if notes else 1.0, len(notes) / len(values), bars.uneven,
        slack(values, agree if trusted else set(), axis), odd(labels.texts),
        bars.faint,
        labels.doubted,
        strange(labels.texts),
        unknown(labels.texts),
        len(values),
        labels.letter,
        labels.turned,
    )  # fmt: skip
    title, x_name, y_name = names(picture, found, bars, axis, labels)
    boxes = tuple(Box(b.top, b.left, b.bottom, b.right) if bars.horizontal else b for b in bars.boxes)
    shown = tuple(float(f"{value:.6g}") for value in values)
    series = Series(shown, boxes)
    table = Table("bar", labels.texts, (series,), title, x_name, y_name, bars.horizontal, confidence(signs), resolution)
    return Reading(table, signs)
