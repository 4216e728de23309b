"""The interface to the text of a chart, over words with known places."""

from __future__ import annotations

import numpy as np
import pytest

from sensorium.core.reply import Box
from sensorium.eyes.charts.axis import CategoryAxis
from sensorium.eyes.charts.ink import find_ink
from sensorium.eyes.charts.text import ChartText, Labels, Word

PLACES = CategoryAxis((100.0, 160.0, 220.0), 60.0, Box(80.0, 60.0, 240.0, 260.0), False)


def word(text: str, x: float, y: float, wide: float = 20.0) -> Word:
    box = Box(x - wide / 2, y - 6, x + wide / 2, y + 6)
    return Word(text, box, 0.99, 0.0, box.left, box.right, 12.0)


def chart_text(*words: Word) -> ChartText:
    ink = find_ink(np.full((320, 300, 3), 255, dtype=np.uint8))
    assert ink is not None
    return ChartText(ink, words)


TICKS = [word(str(number), 50.0, 260.0 - 4 * number) for number in (0, 10, 20, 30, 40, 50)]


def test_the_value_axis_is_the_line_through_the_numbers() -> None:
    axis = chart_text(*TICKS, word("Sales", 150, 20)).value_axis(PLACES)
    assert axis is not None
    assert axis.value(220.0) == pytest.approx(10)
    millions = chart_text(*TICKS, word("1e6", 60, 45)).value_axis(PLACES)
    assert millions is not None
    assert millions.value(220.0) == pytest.approx(1e7)
    assert chart_text(word("Sales", 150, 20)).value_axis(PLACES) is None


def test_the_axis_of_a_transposed_chart_lies_below() -> None:
    flipped = [Word(w.text, Box(w.box.top, w.box.left, w.box.bottom, w.box.right), w.score, 0.0, 0.0, 0.0, w.height)
               for w in TICKS]  # fmt: skip
    axis = chart_text(*flipped).value_axis(CategoryAxis(PLACES.centres, PLACES.pitch, PLACES.area, True))
    assert axis is not None
    assert axis.value(220.0) == pytest.approx(10)


def test_numbers_at_the_ends_of_marks() -> None:
    text = chart_text(word("12", 100, 145), word("40", 221, 95), word("7", 130, 95), word("Mon", 160, 95))
    assert text.numbers_at(PLACES, (150.0, 200.0, 100.0)) == {0: 12.0, 2: 40.0}
    assert text.numbers_at(PLACES, (150.0, 200.0, 100.0), ignored=Box(90, 130, 110, 160)) == {2: 40.0}


def test_titles_stand_above_and_below() -> None:
    text = chart_text(*TICKS, word("Sales", 150, 20, 60), word("Day", 160, 300, 40))
    axis = text.value_axis(PLACES)
    assert axis is not None
    labels = Labels(("a", "b", "c"), (1.0, 1.0, 1.0), Box(80, 265, 240, 280), 12.0)
    assert text.titles(PLACES, axis, labels) == ("Sales", "Day", "")
