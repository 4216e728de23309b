"""Titles: the title of a chart and the names of its axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sensorium.eyes.charts.axis import Axis, CategoryAxis, parse_multiplier, parse_number
from sensorium.eyes.charts.ink import Ink, transpose
from sensorium.eyes.charts.text.words import Labels, Word, pad, reread, text_box


class Titles(NamedTuple):
    """The title of a chart, the names of its category axis and its value axis; "" for those that it does not have."""

    title: str
    x_name: str
    y_name: str


def find_titles(ink: Ink, words: Sequence[Word], categories: CategoryAxis, axis: Axis, labels: Labels) -> Titles:
    """Return the titles among the words of a chart.

    Args:
        ink: The chart.
        words: All of its words.
        categories: Its category axis.
        axis: Its value axis.
        labels: Of its categories.
    """
    lying = categories.transposed
    area = transpose(categories.area) if lying else categories.area
    if lying:
        top = area.top
        floor = max(word.box.bottom for word in words if parse_number(word.text) is not None) if words else 0.0
    else:
        top = min([area.top, *(tick.pixel for tick in axis.inliers)])
        floor = labels.box.bottom
    level = [word for word in words if abs(word.angle) < 10 and parse_number(word.text) is None
             and parse_multiplier(word.text) is None]  # fmt: skip
    title = [w for w in level if w.box.bottom < top + 0.3 * w.height and w.box.width > w.box.height]
    below = [
        word for word in level if word.y > floor and word.box.bottom > area.bottom
        and not (labels.box.left < word.x < labels.box.right and word.y < labels.box.bottom)
    ]  # fmt: skip
    left = min((word.box.left for word in words), default=0.0)
    upward = [
        word for word in words if word.angle > 60 and len(word.text) > 1 and word.box.left < left + 1.5 * word.height
        and (lying or not word.is_inside(labels.box))
    ]  # fmt: skip
    upright_name = ""
    if upward:
        text, score = reread(ink, pad(text_box(upward), 2, 6), upward[0].height, upward=True)
        upright_name = text if score > 0.8 else ""
    level_name = " ".join(word.text for word in sorted(below, key=lambda w: w.box.left)) if len(below) <= 3 else ""
    heading = " ".join(word.text for word in _paragraph(sorted(title, key=lambda w: w.y)))
    return Titles(heading, upright_name, level_name) if lying else Titles(heading, level_name, upright_name)


def _paragraph(lines: list[Word]) -> list[Word]:
    """Return the first line and those that follow closely: what comes after a gap is a legend."""
    for i in range(1, len(lines)):
        if lines[i].box.top - lines[i - 1].box.bottom > 0.6 * lines[i].height:
            return lines[:i]
    return lines
