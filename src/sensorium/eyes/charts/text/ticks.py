"""Ticks: the numbers of a value axis and at the marks of a chart, and the axis that they define."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sensorium.core.reply import Box
from sensorium.eyes.charts.axis import (
    Axis,
    CategoryAxis,
    Tick,
    fit_axis,
    in_english,
    is_logarithmic,
    parse_multiplier,
    parse_number,
    parse_power,
)
from sensorium.eyes.charts.ink import Ink
from sensorium.eyes.charts.text.words import Word, read_missed, split_at_gaps
from sensorium.eyes.ocr.ppocr import opencv

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_Numbers = list[tuple[Word, float]]


def add_axis_numbers(ink: Ink, words: Sequence[Word], axis: CategoryAxis) -> tuple[Word, ...]:
    """Return the words, with numbers of the value axis split if they were run together, and those that were missed."""
    if axis.transposed:
        words = [part for word in words for part in (_split(ink, word) if word.y > axis.area.right else (word,))]
    return (*words, *_missed_numbers(ink, words, axis))


def with_decimal_points(words: Sequence[Word]) -> tuple[tuple[Word, ...], str | None]:
    """Return the words with numbers in the English form; and one whose form isn't clear, or None."""
    numbers = [word for word in words if _is_number(word.text)]
    texts, unclear = in_english([word.text for word in numbers])
    english = {id(word): replace(word, text=text) for word, text in zip(numbers, texts, strict=True)}
    return tuple(english.get(id(word), word) for word in words), unclear


def _is_number(text: str) -> bool:
    return parse_number(text) is not None or parse_number(text.translate(str.maketrans(".,", ",."))) is not None


def _split(ink: Ink, word: Word) -> tuple[Word, ...]:
    if parse_number(word.text) is not None and " " not in word.text:
        return (word,)
    pieces = split_at_gaps(ink, word)
    return pieces if all(parse_number(piece.text) is not None for piece in pieces) else (word,)


def _missed_numbers(ink: Ink, words: Sequence[Word], axis: CategoryAxis) -> tuple[Word, ...]:
    """Return the numbers that the detector missed in the row or column of those that it found."""
    height, width = ink.image.shape[:2]
    numbers, area = [word for word in words if parse_number(word.text) is not None], axis.area
    if axis.transposed:
        row = _longest_line([word for word in numbers if word.y > area.right], "bottom")
        if not row:
            return ()
        band = Box(0, min(w.box.top for w in row), width, max(w.box.bottom for w in row))
        return read_missed(ink, band, [w for w in words if band.top - 2 < w.y < band.bottom + 2], False)
    row = _longest_line([word for word in numbers if word.box.right < area.left], "right")
    if not row:
        return ()
    text_height = row[0].height
    left, right = min(w.box.left for w in row) - text_height, max(w.box.right for w in row)
    band = Box(left, area.top - 0.3 * (area.bottom - area.top), right, min(height, area.bottom + text_height))
    near = [w for w in words if w.box.right > band.left and w.box.left < band.right]
    names = [w.box.right + 1 for w in near if w.angle > 45 and w.x < band.left + text_height]
    return read_missed(ink, band._replace(left=max([band.left, *names])), near, True)


def _longest_line(numbers: Sequence[Word], edge: str) -> list[Word]:
    """Return the most words that line up with an edge."""
    lines = [
        [other for other in numbers if abs(getattr(other.box, edge) - getattr(word.box, edge)) < 0.5 * word.height]
        for word in numbers
    ]
    return max(lines, key=len, default=[])


def find_value_axis(ink: Ink, words: Sequence[Word], area: Box) -> Axis | None:
    """Return the axis of the numbers left or right of an area, whichever side has more; None if neither has one.

    Ink, words and area are in the frame in which the value axis is upright.
    """
    best: tuple[float, Axis] | None = None
    for beside in ([word for word in words if word.x < area.left], [word for word in words if word.x > area.right]):
        for column in _columns([(word, n) for word in beside if (n := parse_number(word.text)) is not None]):
            axis = fit_axis([Tick(word.y, value, word.height, word.score) for word, value in column])
            if axis is None:
                continue
            worth = len(axis.inliers) - 2 * (axis.n_ticks - len(axis.inliers)) / axis.n_ticks
            if best is None or worth > best[0]:
                on_left = column[0][0].x < area.left
                first = max(word.box.right for word, _ in column) + 1 if on_left else area.right + 1
                last = area.left - 1 if on_left else min(word.box.left for word, _ in column) - 1
                best = (worth, _multiplied(axis.snapped(_line_profile(ink, first, last)), words))
    return best[1] if best is not None else None


def with_exponents(ink: Ink, words: Sequence[Word]) -> tuple[Word, ...]:
    """Return the words, "103" as "10³" where the 3 stands higher than the 10: the reader often levels exponents."""
    return tuple(
        replace(word, text="10" + word.text[2:].translate(_RAISED))
        if re.fullmatch(r"10\d{1,2}", word.text) and _has_raised_end(ink, word.box) else word
        for word in words
    )  # fmt: skip


def _has_raised_end(ink: Ink, box: Box) -> bool:
    """Whether the last character of a number ends well above the foot of the first; tick marks are too low to count."""
    mask = ink.mask_in(box).astype(np.uint8)
    sides = opencv().connectedComponentsWithStats(mask, connectivity=8)[2][1:, :4]  # left, top, width, height
    tallest = sides[:, 3].max(initial=0)
    characters = sorted((left, top + height, height) for left, top, _, height in sides if 3 * height > tallest)
    if len(characters) < 3:
        return False
    (_, foot, height), (_, end, _) = characters[0], characters[-1]
    return bool(foot - end > 0.2 * height)


def has_logarithmic_axis(words: Sequence[Word], area: Box) -> bool:
    """Whether the longest column of numbers left or right of an area is a logarithmic axis.

    Words and area are in the frame in which the value axis is upright.
    """
    for beside in ([word for word in words if word.x < area.left], [word for word in words if word.x > area.right]):
        read = [(word, parse_power(word.text) or parse_number(word.text)) for word in beside]
        columns = _columns([(word, value) for word, value in read if value is not None])
        if columns and is_logarithmic([Tick(word.y, value, word.height, word.score) for word, value in columns[0]]):
            return True
    return False


def _columns(numbers: _Numbers) -> list[_Numbers]:
    """Return up to four groups of numbers that line up by their right sides, middles or left sides."""
    columns: list[_Numbers] = []
    for edge in ("right", "middle", "left"):
        xs = [word.x if edge == "middle" else getattr(word.box, edge) for word, _ in numbers]
        for x, (word, _) in zip(xs, numbers, strict=True):
            column = [pair for other, pair in zip(xs, numbers, strict=True) if abs(other - x) < 0.7 * word.height]
            if len(column) >= 2 and column not in columns:
                columns.append(column)
    return sorted(columns, key=len, reverse=True)[:4]


def _line_profile(ink: Ink, left: float, right: float) -> NDArray[np.float32]:
    """Return for each row how much stands out between two columns: tick marks and gridlines."""
    first, last = math.ceil(left), math.floor(right)
    if last - first < 2:
        return np.zeros(ink.image.shape[0], dtype=np.float32)
    strip = ink.image[:, first:last].astype(np.float32)
    away = np.abs(strip - np.median(strip, axis=0)[None]).max(axis=2)
    strongest = np.sort(away, axis=1)[:, -max(3, (last - first) // 4) :]
    return np.asarray(strongest.mean(axis=1), dtype=np.float32)


def _multiplied(axis: Axis, words: Sequence[Word]) -> Axis:
    """Return the axis times the factor that may stand at its end ("1e6")."""
    ys = [tick.pixel for tick in axis.inliers]
    for word in words:
        beyond = not min(ys) < word.y < max(ys)
        factor = parse_multiplier(word.text, beyond and word.score < 0.95)
        if factor is not None:
            return axis.times(factor)
    return axis
