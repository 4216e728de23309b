"""Table: what a chart shows, as categories and series of numbers; Refusal: why an image gave none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sensorium.core.errors import InputError, quoted
from sensorium.core.reply import Box


@dataclass(frozen=True)
class Series:
    """One series of a chart.

    Args:
        values: One a category, in the axis' units ("20K" is 20000, "20%" is 20).
        boxes: One a category, in pixels of the upright image; empty if the marks of its kind of chart have none.
        name: As the legend names it, or "" for the only series of a chart.
    """

    values: tuple[float, ...]
    boxes: tuple[Box, ...] = ()
    name: str = ""


@dataclass(frozen=True)
class Table:
    """The categories and series of a chart, in reading order.

    Args:
        kind: "bar".
        categories: The labels that all series share: left to right, or top to bottom if `horizontal`.
        series: At least one.
        title: The title, or "".
        x_name: The name of the category axis, or "".
        y_name: The name of the value axis, or "".
        horizontal: Whether the value axis is horizontal.
        confidence: Probability that the whole table is right: labels exact, values within 5 %.
        resolution: How much a value changes with one pixel of the image; 0 if the values are printed in the chart.
    """

    kind: Literal["bar"]
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    title: str = ""
    x_name: str = ""
    y_name: str = ""
    horizontal: bool = False
    confidence: float = 0.0
    resolution: float = 0.0

    def select(self, name: str = "") -> Series:
        """Return the series of a name; without a name the only one.

        Raises:
            InputError: if no series has the name, or no name chooses between several.
        """
        if not name and len(self.series) == 1:
            return self.series[0]
        names = [series.name for series in self.series]
        if name and name in names:
            return self.series[names.index(name)]
        problem = f"no series {quoted(name)}" if name else f"{len(names)} series"
        raise InputError(f"The chart has {problem}.", f"Name one of {', '.join(names)}.")

    @property
    def values(self) -> tuple[float, ...]:
        """The values of the only series; InputError if the table has several."""
        return self.select().values

    @property
    def boxes(self) -> tuple[Box, ...]:
        """The boxes of the only series; InputError if the table has several."""
        return self.select().boxes


@dataclass(frozen=True)
class Refusal:
    """Why an image gave no table.

    Args:
        reason: One sentence for a person.
        confidence: Probability that the image is a chart at all, 0 to 1.
    """

    reason: str
    confidence: float
