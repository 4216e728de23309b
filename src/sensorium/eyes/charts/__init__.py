"""Charts: a picture of single-series bars becomes a table, or a refusal with its reason.

A kind of chart is a module with a function `picture -> Table | Refusal` (`bar_chart` is the first); `chart` asks each.
"""

from __future__ import annotations

from sensorium.core.messages import Image
from sensorium.eyes.charts.bars.bar_chart import read_bars
from sensorium.eyes.charts.table import Refusal, Series, Table
from sensorium.media.image import pixels

__all__ = ["MAX_SIDE", "Refusal", "Series", "Table", "chart"]

MAX_SIDE = 2400
"""Charts are looked at with this longest side at most, in pixels."""


def chart(image: Image) -> Table | Refusal:
    """Read a chart into a table; a Refusal where it is no chart, or where the table would not be sure enough.

    Boxes are in pixels of the picture as `media.image.pixels` gives it with `MAX_SIDE`.

    Raises:
        MediaError: when the picture cannot be opened.
        InstallError: when the reader is not installed.
    """
    return read_bars(pixels(image, MAX_SIDE))
