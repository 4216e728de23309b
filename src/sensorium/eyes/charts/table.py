"""Table: what a chart says, as labels and numbers; Refusal: why a picture gave none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sensorium.core.reply import Box


@dataclass(frozen=True)
class Table:
    """The labels and values of a single-series bar chart, in reading order.

    Args:
        kind: "bar".
        title: The title, or "".
        x_name: The name of the category axis, or "".
        y_name: The name of the value axis, or "".
        labels: One a bar: left to right, or top to bottom where the bars lie.
        values: One a label, in the axis' units ("20K" is 20000, "20%" is 20).
        boxes: One a bar, in pixels of the upright picture.
        horizontal: True where the bars lie.
        confidence: Probability that the whole table is right: labels exact, values within 5 %.
        resolution: How far a value moves with one pixel of the picture; 0 where the values stood written at the bars.
    """

    kind: Literal["bar"]
    title: str
    x_name: str
    y_name: str
    labels: tuple[str, ...]
    values: tuple[float, ...]
    boxes: tuple[Box, ...]
    horizontal: bool
    confidence: float
    resolution: float = 0.0


@dataclass(frozen=True)
class Refusal:
    """Why no table was made of a picture.

    Args:
        reason: One sentence for a person.
        confidence: Probability that the picture is a chart at all, 0 to 1.
    """

    reason: str
    confidence: float
