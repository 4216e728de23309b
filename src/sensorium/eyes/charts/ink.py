"""The ground of a chart: the colour around the plot, the colour behind the bars, and what stands out from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensorium.core.reply import Box
from sensorium.media.image import Pixels

_LEAST_CONTRAST = 10.0  # of 255: the palest bar on the cleanest ground
_PANEL_SHARE = 0.65  # of a side of a panel that shows its colour; ticks and bars cover the rest
_FAIR = 0.08  # of a row or column that its colour holds
_LETTERS = 0.3  # of a row at most that letters of nearly the panel's colour fill
_MOST_OUTER = 0.18  # of a panel in the colour around it: white gridlines and hatches


@dataclass(frozen=True)
class Ground:
    """What lies behind the bars.

    Args:
        outer: (3,) RGB around the plot.
        inner: (3,) RGB behind the bars; `outer` again where the plot has no panel of its own.
        panel: The panel's rectangle in pixels, or None.
        contrast: Least difference, of 255 in the strongest channel, that counts as ink.
    """

    outer: NDArray[np.float32]
    inner: NDArray[np.float32]
    panel: Box | None
    contrast: float


def ground(picture: Pixels) -> Ground | None:
    """Find the ground of (height, width, 3) pixels; None where the rim has no colour of its own (a photo)."""
    height, width = picture.shape[:2]
    rim = max(2, min(height, width) // 100)
    ring = np.concatenate(
        [
            picture[:rim].reshape(-1, 3), picture[-rim:].reshape(-1, 3),
            picture[:, :rim].reshape(-1, 3), picture[:, -rim:].reshape(-1, 3),
        ]
    )  # fmt: skip
    outer, share = _mode(ring)
    if share < 0.6:
        return None
    away = np.abs(ring.astype(np.float32) - outer).max(axis=1)
    contrast = max(_LEAST_CONTRAST, 2.5 * float(np.percentile(away[away < 40], 98)) if (away < 40).any() else 0.0)
    inner, panel = _panel(picture, outer)
    return Ground(outer, outer if inner is None else inner, panel, contrast)


def ink(picture: Pixels, behind: Ground) -> NDArray[np.uint8]:
    """Mark, 1 or 0, every pixel of the plot that differs from what lies behind the bars."""
    mask = distance(picture, behind.inner) > behind.contrast
    if behind.panel is not None:
        left, top, right, bottom = (int(side) for side in behind.panel)
        inside = np.zeros_like(mask)
        inside[top:bottom, left:right] = True
        mask &= inside
    return mask.astype(np.uint8)


def distance(picture: Pixels, colour: NDArray[np.float32]) -> NDArray[np.int16]:
    """Return each pixel's difference from a colour in the strongest channel, (height, width)."""
    away: NDArray[np.int16] = np.abs(picture.astype(np.int16) - np.round(colour).astype(np.int16)).max(axis=2)
    return away


def _mode(colours: NDArray[np.uint8]) -> tuple[NDArray[np.float32], float]:
    codes = (colours >> 4).astype(np.int32) @ np.array([256, 16, 1], dtype=np.int32)
    common = np.bincount(codes, minlength=4096).argmax()
    colour = np.median(colours[codes == common], axis=0).astype(np.float32)
    near = np.abs(colours.astype(np.float32) - colour).max(axis=1) < 12
    return colour, float(near.mean())


def _panel(picture: Pixels, outer: NDArray[np.float32]) -> tuple[NDArray[np.float32] | None, Box | None]:
    """Find the largest rectangle of another colour, whole along its sides: the plot's background."""
    height, width = picture.shape[:2]
    small = picture[::2, ::2].reshape(-1, 3)
    other = small[np.abs(small.astype(np.int16) - outer.astype(np.int16)).max(axis=1) > 4]
    if len(other) < 0.08 * len(small):
        return None, None
    codes = (other >> 3).astype(np.int32) @ np.array([1024, 32, 1], dtype=np.int32)
    counts = np.bincount(codes, minlength=32768)
    best: tuple[float, NDArray[np.float32], Box] | None = None
    around = distance(picture, outer) <= 5
    for code in np.argsort(counts)[::-1][:6]:
        if counts[code] < 0.04 * len(small):
            break
        colour = np.median(other[codes == code], axis=0).astype(np.float32)
        near = distance(picture, colour) <= 5
        box = _extent(near)
        if box is None or box.width < 0.35 * width or box.height < 0.3 * height:
            continue
        left, right, top, bottom = int(box.left), int(box.right), int(box.top), int(box.bottom)
        if (around & ~near)[top:bottom, left:right].mean() > _MOST_OUTER:
            continue  # the gaps between bars, not a panel's gridlines
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
    """Whether whole stripes of another colour cross a rectangle, wider than gridlines: it is a row of bars."""
    for along in (0, 1):
        empty = np.flatnonzero(near.mean(axis=along) < 0.02)
        side = near.shape[1 - along]
        runs = np.split(empty, np.flatnonzero(np.diff(empty) > 1) + 1)
        if any(len(run) >= max(4, 0.01 * side) and 0 < run[0] and run[-1] < side - 1 for run in runs):
            return True
    return False


def _extent(near: NDArray[np.bool_]) -> Box | None:
    """Return the rectangle whose rows and columns hold a fair share of the marked pixels."""
    rows, columns = near.mean(axis=1), near.mean(axis=0)
    across, down = _span(rows), _span(columns)
    if across is None or down is None:
        return None
    top, bottom = _grown(rows, *across)
    left, right = _grown(columns, *down)
    return Box(left, top, right + 1, bottom + 1)


def _span(shares: NDArray[np.floating]) -> tuple[int, int] | None:
    """Return the first and last place that holds enough, without thin runs far out: letters of nearly that colour."""
    places = np.flatnonzero(shares > _FAIR)
    if not len(places):
        return None
    runs = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
    while len(runs) > 1 and len(runs[-1]) < 0.03 * len(shares) and shares[runs[-1]].max() < _LETTERS:
        runs.pop()
    while len(runs) > 1 and len(runs[0]) < 0.03 * len(shares) and shares[runs[0]].max() < _LETTERS:
        runs.pop(0)
    return int(runs[0][0]), int(runs[-1][-1])


def _grown(shares: NDArray[np.floating], first: int, last: int) -> tuple[int, int]:
    """Go outward over places that hold less, as where bars nearly fill the panel."""
    while first > 0 and shares[first - 1] > _FAIR / 3:
        first -= 1
    while last < len(shares) - 1 and shares[last + 1] > _FAIR / 3:
        last += 1
    return first, last
