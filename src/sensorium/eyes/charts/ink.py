"""Ink: the background of a chart, its plot area and what stands out from them, computed once an image."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sensorium.core.reply import Box
from sensorium.media.image import Pixels

# Thresholds tuned on the charts of the "tune" split (bench/charts.py); differences are of 255 in the strongest channel.
_MIN_CONTRAST = 10.0  # the palest bar on the cleanest background
_MIN_PALE_CONTRAST = 5.0  # medians over many columns tell paler bars from the background than single pixels do
_PANEL_SHARE = 0.65  # of a side of the plot area that shows its colour; ticks and bars cover the rest
_FAIR = 0.08  # of a row or column that the plot area's colour fills
_TEXT_SHARE = 0.3  # of a row at most that text of nearly the plot area's colour fills
_MAX_OUTER = 0.18  # of the plot area in the colour around it: white gridlines and hatches
PALE_TEXT, TEXT, NUMBER, NUMBER_ROW = 50, 60, 70, 80
"""Least difference from the background that is text: beside bars, in general, of numbers, of a whole row of them."""


_Scalar = TypeVar("_Scalar", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Ink:
    """An image of a chart, its background and its plot area.

    Args:
        image: (height, width, 3) RGB pixels.
        outer: (3,) RGB around the plot area.
        inner: (3,) RGB behind the bars; `outer` if the plot area has no colour of its own.
        plot_area: The rectangle of another colour, in pixels, or None.
        contrast: Least difference, of 255 in the strongest channel, that counts as ink.
    """

    image: Pixels
    outer: NDArray[np.float32]
    inner: NDArray[np.float32]
    plot_area: Box | None
    contrast: float

    @property
    def pale_contrast(self) -> float:
        """Least difference that counts as ink if it is a median over many pixels."""
        return max(_MIN_PALE_CONTRAST, 0.6 * self.contrast)

    @cached_property
    def background(self) -> tuple[int, int, int]:
        """The colour around the plot area in whole numbers: what text stands on."""
        red, green, blue = (int(part) for part in self.outer)
        return red, green, blue

    @cached_property
    def plot_mask(self) -> NDArray[np.uint8]:
        """(height, width): 1 for every pixel of the plot area that differs from what is behind the bars, else 0."""
        mask = difference(self.image, self.inner) > self.contrast
        if self.plot_area is not None:
            left, top, right, bottom = (int(side) for side in self.plot_area)
            inside = np.zeros_like(mask)
            inside[top:bottom, left:right] = True
            mask &= inside
        return mask.astype(np.uint8)

    @cached_property
    def _from_background(self) -> NDArray[np.int16]:
        return difference(self.image, np.array(self.background))

    def difference_in(self, box: Box) -> NDArray[np.int16]:
        """Return the difference of each pixel in a rectangle from the background."""
        return crop(self._from_background, box)

    def mask_in(self, box: Box, threshold: int = TEXT) -> NDArray[np.bool_]:
        """Mark the ink in a rectangle outside the plot area."""
        return self.difference_in(box) > threshold

    @cached_property
    def transposed(self) -> Ink:
        """The same for the transposed image, in which horizontal bars stand."""
        image = np.ascontiguousarray(self.image.transpose(1, 0, 2))
        return replace(self, image=image, plot_area=None if self.plot_area is None else transpose(self.plot_area))


def find_ink(image: Pixels) -> Ink | None:
    """Return the ink of (height, width, 3) pixels; None if the border has no uniform colour (a photo)."""
    height, width = image.shape[:2]
    rim = max(2, min(height, width) // 100)
    sides = image[:rim], image[-rim:], image[:, :rim], image[:, -rim:]
    ring = np.concatenate([side.reshape(-1, 3) for side in sides])
    outer, share = _mode(ring)
    if share < 0.6:
        return None
    away = np.abs(ring.astype(np.float32) - outer).max(axis=1)
    contrast = max(_MIN_CONTRAST, 2.5 * float(np.percentile(away[away < 40], 98)) if (away < 40).any() else 0.0)
    inner, plot_area = _find_plot_area(image, outer)
    return Ink(image, outer, outer if inner is None else inner, plot_area, contrast)


def difference(image: Pixels, colour: NDArray[Any]) -> NDArray[np.int16]:
    """Return each pixel's difference from a colour in the strongest channel, (height, width)."""
    away: NDArray[np.int16] = np.abs(image.astype(np.int16) - np.round(colour).astype(np.int16)).max(axis=2)
    return away


def transpose(box: Box) -> Box:
    """Return a rectangle in the transposed image."""
    return Box(box.top, box.left, box.bottom, box.right)


def crop(array: NDArray[_Scalar], box: Box) -> NDArray[_Scalar]:
    """Return the part of an image, or of its mask, that lies in a rectangle."""
    height, width = array.shape[:2]
    left, right = max(0, math.floor(box.left)), min(width, math.ceil(box.right))
    top, bottom = max(0, math.floor(box.top)), min(height, math.ceil(box.bottom))
    return array[top : max(top, bottom), left : max(left, right)]


def runs(positions: NDArray[np.intp], max_gap: float = 1) -> list[NDArray[np.intp]]:
    """Split ascending positions into runs with no gap above `max_gap`."""
    return np.split(positions, np.flatnonzero(np.diff(positions) > max_gap) + 1) if len(positions) else []


def _mode(colours: NDArray[np.uint8]) -> tuple[NDArray[np.float32], float]:
    codes = (colours >> 4).astype(np.int32) @ np.array([256, 16, 1], dtype=np.int32)
    common = np.bincount(codes, minlength=4096).argmax()
    colour = np.median(colours[codes == common], axis=0).astype(np.float32)
    near = np.abs(colours.astype(np.float32) - colour).max(axis=1) < 12
    return colour, float(near.mean())


def _find_plot_area(image: Pixels, outer: NDArray[np.float32]) -> tuple[NDArray[np.float32] | None, Box | None]:
    """Return the colour and rectangle of the largest area of another colour that is whole along its sides."""
    height, width = image.shape[:2]
    small = image[::2, ::2].reshape(-1, 3)
    other = small[np.abs(small.astype(np.int16) - outer.astype(np.int16)).max(axis=1) > 4]
    if len(other) < 0.08 * len(small):
        return None, None
    codes = (other >> 3).astype(np.int32) @ np.array([1024, 32, 1], dtype=np.int32)
    counts = np.bincount(codes, minlength=32768)
    best: tuple[float, NDArray[np.float32], Box] | None = None
    around = difference(image, outer) <= 5
    for code in np.argsort(counts)[::-1][:6]:
        if counts[code] < 0.04 * len(small):
            break
        colour = np.median(other[codes == code], axis=0).astype(np.float32)
        near = difference(image, colour) <= 5
        box = _extent(near)
        if box is None or box.width < 0.35 * width or box.height < 0.3 * height:
            continue
        left, right, top, bottom = int(box.left), int(box.right), int(box.top), int(box.bottom)
        if (around & ~near)[top:bottom, left:right].mean() > _MAX_OUTER:
            continue  # the gaps between bars, not gridlines
        if _striped(near[top:bottom, left:right]):
            continue
        edge = max(3, height // 150)
        sides = (
            near[top + edge, left:right].mean(), near[bottom - 1 - edge, left:right].mean(),
            near[top:bottom, left + edge].mean(), near[top:bottom, right - 1 - edge].mean(),
        )  # fmt: skip
        if sum(share > _PANEL_SHARE for share in sides) < 2 or max(sides[2:]) < _PANEL_SHARE:
            continue
        area = box.width * box.height
        if best is None or area > 1.02 * best[0]:
            best = (area, colour, box)
    return (None, None) if best is None else best[1:]


def _striped(near: NDArray[np.bool_]) -> bool:
    """Whether stripes wider than gridlines cross a rectangle: a row of bars, not a plot area."""
    for along in (0, 1):
        empty = np.flatnonzero(near.mean(axis=along) < 0.02)
        side = near.shape[1 - along]
        if any(len(run) >= max(4, 0.01 * side) and 0 < run[0] and run[-1] < side - 1 for run in runs(empty)):
            return True
    return False


def _extent(near: NDArray[np.bool_]) -> Box | None:
    """Return the rectangle whose rows and columns hold a fair share of the marked pixels."""
    rows, columns = near.mean(axis=1), near.mean(axis=0)
    vertical, horizontal = _span(rows), _span(columns)
    if vertical is None or horizontal is None:
        return None
    top, bottom = _grow(rows, *vertical)
    left, right = _grow(columns, *horizontal)
    return Box(left, top, right + 1, bottom + 1)


def _span(shares: NDArray[np.floating]) -> tuple[int, int] | None:
    """Return the first and last index with a fair share, without thin runs far out: text of nearly that colour."""
    spans = runs(np.flatnonzero(shares > _FAIR))
    if not spans:
        return None
    for end in (-1, 0):
        while len(spans) > 1 and len(spans[end]) < 0.03 * len(shares) and shares[spans[end]].max() < _TEXT_SHARE:
            spans.pop(end)
    return int(spans[0][0]), int(spans[-1][-1])


def _grow(shares: NDArray[np.floating], first: int, last: int) -> tuple[int, int]:
    """Extend a span over lower shares, as if bars nearly fill the plot area."""
    while first > 0 and shares[first - 1] > _FAIR / 3:
        first -= 1
    while last < len(shares) - 1 and shares[last + 1] > _FAIR / 3:
        last += 1
    return first, last
