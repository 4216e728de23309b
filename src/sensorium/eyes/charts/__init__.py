"""Charts: an image of a chart becomes a table, or a refusal with its reason.

To read another kind of chart, add a module `KIND/` with a function `(Ink, ChartText) -> Table | Refusal` to `READERS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sensorium.core.messages import Image
from sensorium.eyes.charts.bars.bar_chart import read_bars
from sensorium.eyes.charts.ink import Ink, find_ink
from sensorium.eyes.charts.straighten import straighten
from sensorium.eyes.charts.table import Refusal, Series, Table
from sensorium.eyes.charts.text import ChartText
from sensorium.media.image import pixels

__all__ = ["MAX_SIDE", "READERS", "Reader", "Refusal", "Series", "Table", "chart"]

MAX_SIDE = 2400
"""Longest side, in pixels, of the image that is read; larger ones are reduced."""
Reader = Callable[[Ink, ChartText], Table | Refusal]
READERS: tuple[Reader, ...] = (read_bars,)
"""The known kinds of charts, in the order in which they are tried."""

_TILTED = "The picture is tilted, and no chart was found in it after straightening."


def chart(image: Image) -> Table | Refusal:
    """Return the table of a chart; a Refusal if the image is not a chart, or the table would not be reliable.

    A tilted photo is straightened first. Boxes are in pixels of the image as `media.image.pixels` gives it with
    `MAX_SIDE`.

    Raises:
        MediaError: if the image cannot be opened.
        InstallError: if the reader is not installed.
    """
    ink = find_ink(pixels(image, MAX_SIDE))
    if ink is None:
        return Refusal("The border of the image has no uniform colour: it does not look like a chart.", 0.02)
    straight = straighten(ink)
    upright = None if straight is None else find_ink(straight.image)
    if straight is None or upright is None:
        return _read(ink)
    result = _read(upright)
    if isinstance(result, Refusal):
        return result if result.confidence >= 0.2 else Refusal(_TILTED, 0.1)
    series = tuple(replace(each, boxes=tuple(map(straight.original, each.boxes))) for each in result.series)
    return replace(result, series=series)


def _read(ink: Ink) -> Table | Refusal:
    text = ChartText(ink)
    refusals: list[Refusal] = []
    for read in READERS:
        result = read(ink, text)
        if isinstance(result, Table):
            return result
        refusals.append(result)
    return max(refusals, key=lambda refusal: refusal.confidence)
