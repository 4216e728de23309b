"""The main thing in an image and its background: a mask, a box and a confidence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.blob import clear_on_forget
from sensorium.core.messages import Image
from sensorium.core.reply import Box
from sensorium.eyes.ocr.ppocr import opencv
from sensorium.media.image import Pixels, pixels, resize

Mask = NDArray[np.bool_]
FloatArray = NDArray[np.float32]

SIDE = 160
"""Longest side, in pixels, at which the thing is cut out; the mask is enlarged afterwards."""
MIN_SIDE = 10
"""An image with a side of fewer pixels has no room for a thing and its background."""
_SURROUNDING = 0.6  # of the image's rim
_PALETTE = 6  # colours in the palette of the border, and of the middle


@dataclass(frozen=True)
class Foreground:
    """The main thing.

    Args:
        mask: (height, width) bool over the upright image: True on the main thing.
        box: The thing's box in pixels of the upright image, or None if no thing stands out.
        confidence: Probability that the mask is mostly right (overlap with the true one over 0.7).
    """

    mask: Mask
    box: Box | None
    confidence: float


@dataclass(frozen=True)
class Cutout:
    """The main thing at `SIDE` pixels, for what builds on it; arrays are (h, w) or (h, w, 3).

    Args:
        colours: OKLab.
        mask: True on the main thing.
        odds: Log odds of every pixel's colour, thing against background, before smoothing.
        scale: Pixels of the upright image for one of these.
    """

    colours: FloatArray
    mask: Mask
    odds: FloatArray
    scale: float


def linear(rgb: Pixels) -> FloatArray:
    """Return linear light, 0 to 1, of sRGB pixels 0 to 255 (IEC 61966-2-1)."""
    return _LINEAR[rgb]


def oklab(light: FloatArray) -> FloatArray:
    """Return OKLab (lightness, green-red, blue-yellow) of linear sRGB light, (…, 3).

    Source: Björn Ottosson, "A perceptual color space for image processing", 2020.
    """
    cones = np.cbrt(np.maximum(light, 0.0) @ _TO_CONES)
    return (cones @ _TO_LAB).astype(np.float32)


def find_foreground(image: Image) -> Foreground:
    """Return the main thing, told from its background.

    Colours of the border against colours of the middle, then GrabCut (Rother, Kolmogorov and Blake 2004) without
    hard seeds, so that a thing may run over the edge.

    Raises:
        MediaError: if the image can't be opened.
        InstallError: if opencv is not installed.
    """
    height, width = pixels(image).shape[:2]
    cut = cutout(image)
    if not cut.mask.any():
        return Foreground(np.zeros((height, width), dtype=bool), None, 0.0)
    cv2 = opencv()
    mask = cv2.resize(cut.mask.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR) > 0.5
    return Foreground(mask, mask_box(mask) if mask.any() else None, cutout_confidence(cut))


@lru_cache(maxsize=4)
def cutout(image: Image) -> Cutout:
    """Return the main thing at `SIDE` pixels; see `find_foreground`."""
    return cutout_pixels(pixels(image))


clear_on_forget(cutout.cache_clear)


def cutout_pixels(rgb: Pixels) -> Cutout:
    """Return the main thing of (height, width, 3) uint8 RGB pixels at `SIDE` pixels; see `find_foreground`."""
    cv2 = opencv()
    small = np.ascontiguousarray(resize(rgb, SIDE))
    shape = small.shape[:2]
    scale = max(rgb.shape[:2]) / max(shape)
    if min(shape) < MIN_SIDE:
        return Cutout(oklab(linear(small)), np.zeros(shape, bool), np.zeros(shape, np.float32), scale)
    smooth = cv2.bilateralFilter(small, 5, 25, 3)
    colours = oklab(linear(smooth))
    odds = _odds(colours)
    mask = _grabcut(smooth, odds)
    if _rim_share(mask) > _SURROUNDING:  # what runs all around is the background, the thing sits off the middle
        mask, odds = ~mask, -odds
    return Cutout(colours, _tidy(mask), odds, scale)


def mask_box(mask: Mask, scale: float = 1.0) -> Box:
    """Return the box around the True pixels, times `scale`; there must be one."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Box(*(float(v * scale) for v in (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)))


def solidity(mask: Mask) -> float:
    """Return how much of its convex hull a mask fills."""
    cv2 = opencv()
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if not outlines:
        return 0.0
    hull = cv2.contourArea(cv2.convexHull(np.concatenate(outlines)))
    return float(mask.sum() / max(hull, 1.0))


def logistic(row: NDArray[np.float64], weights: NDArray[np.float64], bias: float) -> float:
    """Return the probability that a logistic regression gives a row of features."""
    return float(1 / (1 + np.exp(-(row @ weights + bias))))


def features(cut: Cutout) -> NDArray[np.float64]:
    """Return the features of `cutout_confidence`, (6,): how separate and steady the colours are, how far from the usual
    size, how much at the rim or off the middle, how solid, how unlike its background the thing is."""
    mask, colours = cut.mask, cut.colours
    inside, outside = colours[mask], colours[~mask]
    if len(inside) < 20 or len(outside) < 20:
        return np.array([0.0, 0.5, 0.0, 1.0, 1.0, 0.0])
    share = float(mask.mean())
    certain = np.where(mask, cut.odds, -cut.odds)
    rows, columns = np.nonzero(mask)
    height, width = mask.shape
    off = np.hypot(rows.mean() / height - 0.5, columns.mean() / width - 0.5)
    apart = float(np.linalg.norm(inside.mean(axis=0) - outside.mean(axis=0)))
    return np.array(
        [
            np.tanh(certain.mean() / 3),
            (certain > 0).mean(),
            abs(share - 0.35),
            _rim_share(mask) + off,
            solidity(mask),
            np.tanh(apart * 5),
        ]
    )


def cutout_confidence(cut: Cutout) -> float:
    """Return the probability that the mask is mostly right; fitted on drawn things over photographed backgrounds."""
    return logistic(features(cut), _SURE, _SURE_BIAS)


def _odds(colours: FloatArray) -> FloatArray:
    """Return each pixel's log odds of belonging to the thing: palette of the middle against palette of the border."""
    cv2 = opencv()
    height, width = colours.shape[:2]
    rows = np.abs(np.linspace(-1, 1, height))[:, None]
    columns = np.abs(np.linspace(-1, 1, width))[None, :]
    reach = np.maximum(rows, columns)
    prior = np.clip(1.2 - 1.6 * (rows**2 + columns**2), -1.5, 1.0).astype(np.float32)
    border = _density(cv2, colours, colours[reach > 0.88])
    inner = _density(cv2, colours, colours[reach < 0.45])
    first: FloatArray = np.asarray(inner - border + prior, dtype=np.float32)
    # Second pass: palettes from the first, so that background showing in the middle counts as background.
    thing = first > 0.5
    if thing.sum() < 30 or (~thing).sum() < 30:
        return first
    second = _density(cv2, colours, colours[thing]) - _density(cv2, colours, colours[~thing]) + 0.5 * prior
    return np.asarray(second, dtype=np.float32)


def _density(cv2: Any, colours: FloatArray, sample: FloatArray) -> FloatArray:
    """Return the log density of every pixel's colour under a palette of `sample`, (h, w)."""
    count = min(_PALETTE, len(sample))
    cv2.setRNGSeed(7)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 12, 1e-3)
    _, labels, centres = cv2.kmeans(np.ascontiguousarray(sample), count, None, stop, 1, cv2.KMEANS_PP_CENTERS)
    flat = colours.reshape(-1, 3)
    total = np.zeros(len(flat), dtype=np.float64)
    for kind in range(count):
        own = sample[labels[:, 0] == kind]
        if len(own) < 4:
            continue
        spread = np.cov(own, rowvar=False) + np.diag([6e-4, 1e-4, 1e-4])
        away = flat - centres[kind]
        distance = np.einsum("ni,ij,nj->n", away, np.linalg.inv(spread), away)
        total += len(own) / len(sample) / np.sqrt(np.linalg.det(spread)) * np.exp(-0.5 * distance)
    return np.log(total + 1e-1).astype(np.float32).reshape(colours.shape[:2])


def _grabcut(rgb: Pixels, odds: FloatArray) -> Mask:
    cv2 = opencv()
    guess = np.where(odds > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    if not 0.01 < (odds > 0).mean() < 0.97:
        return odds > 0
    cv2.setRNGSeed(7)
    cv2.grabCut(rgb, guess, None, np.zeros((1, 65)), np.zeros((1, 65)), 2, cv2.GC_INIT_WITH_MASK)
    return np.asarray((guess == cv2.GC_PR_FGD) | (guess == cv2.GC_FGD))


def _rim_share(mask: Mask) -> float:
    return float(np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]]).mean())


def _tidy(mask: Mask) -> Mask:
    """Return the large pieces of a mask, the middle ones first, with small holes filled."""
    cv2 = opencv()
    square = np.ones((3, 3), dtype=np.uint8)
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, square)
    count, labels, stats, centres = cv2.connectedComponentsWithStats(opened, connectivity=4)
    if count < 2:
        return np.zeros(mask.shape, dtype=bool)
    height, width = mask.shape
    off = np.hypot(centres[1:, 0] / width - 0.5, centres[1:, 1] / height - 0.5)
    worth = stats[1:, cv2.CC_STAT_AREA] * np.exp(-3 * off**2)
    out = np.isin(labels, 1 + np.flatnonzero(worth >= 0.2 * worth.max())).astype(np.uint8)
    holes, parts, sizes, _ = cv2.connectedComponentsWithStats(1 - out, connectivity=4)
    for hole in range(1, holes):
        if sizes[hole, cv2.CC_STAT_AREA] < 0.01 * mask.size:
            out[parts == hole] = 1
    return np.asarray(out, dtype=bool)


_steps = np.arange(256) / 255.0
_LINEAR = np.where(_steps <= 0.04045, _steps / 12.92, ((_steps + 0.055) / 1.055) ** 2.4).astype(np.float32)
_TO_CONES = np.array([
    [0.4122214708, 0.2119034982, 0.0883024619],
    [0.5363325363, 0.6806995451, 0.2817188376],
    [0.0514459929, 0.1073969566, 0.6299787005],
], dtype=np.float32)  # fmt: skip
_TO_LAB = np.array([
    [0.2104542553, 1.9779984951, 0.0259040371],
    [0.7936177850, -2.4285922050, 0.7827717662],
    [-0.0040720468, 0.4505937099, -0.8086757660],
], dtype=np.float32)  # fmt: skip
_SURE = np.array([3.05, 4.555, 5.176, -4.21, 4.379, 1.093])
_SURE_BIAS = -9.388
