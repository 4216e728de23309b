"""The text of a chart behind one interface: labels, ticks, numbers at marks and titles, for charts of any kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from sensorium.core.reply import Box
from sensorium.eyes.charts.axis import Axis, CategoryAxis
from sensorium.eyes.charts.ink import Ink
from sensorium.eyes.charts.text import ticks, titles
from sensorium.eyes.charts.text.labels import labels_below, labels_beside
from sensorium.eyes.charts.text.titles import Titles
from sensorium.eyes.charts.text.words import Labels, Word, read_words

__all__ = ["ChartText", "Labels", "Titles", "Word"]

_CLOSER = 1.6  # times the usual size
_DARK = 100  # of 255: light text on a darker background is missed more often


class ChartText:
    """The words of a chart, read once when they are first needed.

    Args:
        ink: The chart.
        words: Its words if they were read already.
    """

    def __init__(self, ink: Ink, words: Sequence[Word] | None = None) -> None:
        self._ink = ink
        self._words = words

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
        return ChartText(self._ink, ticks.add_axis_numbers(self._ink, self.words, categories))

    def in_frame(self, categories: CategoryAxis, ignored: Box | None = None) -> list[Word]:
        """Return the words outside a rectangle of the image, with their boxes in the frame of the categories."""
        words = [word for word in self.words if ignored is None or not word.is_inside(ignored)]
        return [word.transposed for word in words] if categories.transposed else words

    def value_axis(self, categories: CategoryAxis) -> Axis | None:
        """Return the axis that the numbers beside the marks define; None if fewer than two lie on a line."""
        ink = self._ink.transposed if categories.transposed else self._ink
        return ticks.find_value_axis(ink, self.in_frame(categories), categories.area)

    def numbers_at(
        self, categories: CategoryAxis, ends: Sequence[float], ignored: Box | None = None
    ) -> dict[int, float]:
        """Return the numbers written at the ends of marks: index of the category -> number."""
        points = list(zip(categories.centres, ends, strict=True))
        return ticks.numbers_at(self.in_frame(categories, ignored), points, categories.pitch)

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
        """Return the title of the chart and the names of its axes."""
        return titles.find_titles(self._ink, self.words, categories, axis, labels)
