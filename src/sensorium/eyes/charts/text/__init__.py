"""The text of a chart behind one interface: labels, ticks, numbers at marks and titles, for charts of any kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

from sensorium.core.reply import Box
from sensorium.eyes.charts.axis import Axis, CategoryAxis, parse_multiplier, parse_number
from sensorium.eyes.charts.ink import Ink, transpose
from sensorium.eyes.charts.text import ticks
from sensorium.eyes.charts.text.labels import labels_below, labels_beside
from sensorium.eyes.charts.text.words import Labels, Word, bounding_box, pad, read_words, reread

__all__ = ["ChartText", "Labels", "Titles", "Word"]

_CLOSER = 1.6  # times the usual size
_DARK = 100  # of 255: light text on a darker background is missed more often


class Titles(NamedTuple):
    """The title of a chart, the names of its category axis and its value axis; "" for those that it does not have."""

    title: str
    x_name: str
    y_name: str


class ChartText:
    """The words of a chart, read once when they are first needed.

    Args:
        ink: The chart.
        words: Its words if they were read already.
    """

    def __init__(self, ink: Ink, words: Sequence[Word] | None = None) -> None:
        self._ink = ink
        self._words = words
        self.unclear_number: str | None = None

    @property
    def ink(self) -> Ink:
        """The chart."""
        return self._ink

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """All lines of text, with their boxes in pixels of the image."""
        return read_words(self._ink.image) if self._words is None else tuple(self._words)

    @cached_property
    def closer(self) -> ChartText:
        """The same text read from a larger image, dark on light: finds small and light text that was missed."""
        dark = float(self._ink.outer.mean()) < _DARK
        return ChartText(self._ink, read_words(255 - self._ink.image if dark else self._ink.image, _CLOSER))

    def with_axis_numbers(self, categories: CategoryAxis) -> ChartText:
        """Return the text with the numbers of the value axis that detection missed or ran together."""
        words, unclear = ticks.with_decimal_points(ticks.add_axis_numbers(self._ink, self.words, categories))
        text = ChartText(self._ink, ticks.with_exponents(self._ink, words))
        text.unclear_number = unclear
        return text

    def in_frame(self, categories: CategoryAxis, ignored: Box | None = None) -> list[Word]:
        """Return the words outside a rectangle of the image, with their boxes in the frame of the categories."""
        words = [word for word in self.words if ignored is None or not word.is_inside(ignored)]
        return [word.transposed for word in words] if categories.transposed else words

    def value_axis(self, categories: CategoryAxis) -> Axis | None:
        """Return the axis that the numbers beside the marks define; None if fewer than two lie on a line."""
        ink = self._ink.transposed if categories.transposed else self._ink
        return ticks.find_value_axis(ink, self.in_frame(categories), categories.area)

    def has_logarithmic_axis(self, categories: CategoryAxis) -> bool:
        """Whether the numbers beside the marks multiply from step to step."""
        return ticks.has_logarithmic_axis(self.in_frame(categories), categories.area)

    def numbers_at(
        self, categories: CategoryAxis, ends: Sequence[float], ignored: Box | None = None
    ) -> dict[int, float]:
        """Return the numbers written at the ends of marks: index of the category -> number."""
        words = self.in_frame(categories, ignored)
        numbers = [(word, value) for word in words if (value := parse_number(word.text)) is not None]
        values: dict[int, float] = {}
        for index, (x, y) in enumerate(zip(categories.centres, ends, strict=True)):
            near: list[tuple[float, float]] = []
            for word, value in numbers:
                gap = max(word.box.top - y, y - word.box.bottom, 0.0)
                if abs(word.x - x) <= 0.35 * categories.pitch and gap < 1.3 * word.height:
                    near.append((gap, value))
            if near:
                values[index] = min(near, key=lambda pair: pair[0])[1]
        return values

    def labels(self, categories: CategoryAxis, is_other: Callable[[Word], bool]) -> Labels | None:
        """Return the labels below, or beside a transposed axis; None if none were found.

        Args:
            categories: The category axis.
            is_other: Whether a word beside a transposed axis is something else, as a number of the value axis.
        """
        if not categories.transposed:
            return labels_below(self._ink, self.words, categories)
        return labels_beside(self._ink, [word for word in self.words if not is_other(word)], categories)

    def titles(self, categories: CategoryAxis, axis: Axis, labels: Labels) -> Titles:
        """Return the title of the chart and the names of its axes, outside the labels of the categories."""
        transposed, words = categories.transposed, self.words
        if transposed:
            area = transpose(categories.area)
            top = area.top
            floor = max((word.box.bottom for word in words if parse_number(word.text) is not None), default=0.0)
        else:
            area = categories.area
            top = min([area.top, *(tick.pixel for tick in axis.inliers)])
            floor = labels.box.bottom
        level = [w for w in words if abs(w.angle) < 10 and parse_number(w.text) is None]
        level = [w for w in level if parse_multiplier(w.text) is None]
        level = [w for w in level if not (w.box.right < area.left and _starts_with_number(w.text))]  # a tick and a mark
        title = [w for w in level if w.box.bottom < top + 0.3 * w.height and w.box.width > w.box.height]
        below = [w for w in level if w.y > floor and w.box.bottom > area.bottom
                 and not (labels.box.left < w.x < labels.box.right and w.y < labels.box.bottom)]  # fmt: skip
        left = min((w.box.left for w in words), default=0.0)
        upward = [w for w in words if w.angle > 60 and len(w.text) > 1 and w.box.left < left + 1.5 * w.height]
        if not transposed:
            upward = [w for w in upward if not w.is_inside(labels.box)]
        upright_name = ""
        if upward:
            text, score = reread(self._ink, pad(bounding_box(upward), 2, 6), upward[0].height, upward=True)
            upright_name = text if score > 0.8 else ""
        level_name = " ".join(word.text for word in sorted(below, key=lambda w: w.box.left)) if len(below) <= 3 else ""
        heading = " ".join(word.text for word in _paragraph(sorted(title, key=lambda w: w.y)))
        return Titles(heading, upright_name, level_name) if transposed else Titles(heading, level_name, upright_name)


def _starts_with_number(text: str) -> bool:
    return parse_number(text.split(" ", 1)[0]) is not None


def _paragraph(lines: list[Word]) -> list[Word]:
    """Return the first line and those that follow closely: what comes after a gap is a legend."""
    for i in range(1, len(lines)):
        if lines[i].box.top - lines[i - 1].box.bottom > 0.6 * lines[i].height:
            return lines[:i]
    return lines
