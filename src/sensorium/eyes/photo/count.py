"""Counting separate things on a plain ground: coins, buttons, pills, drawn shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.messages import Image
from sensorium.core.reply import Box
from sensorium.eyes.photo.background import FloatArray, Mask, linear, oklab, opencv
from sensorium.media.image import Pixels, pixels, resize

_LONGEST = 480  # pixels of the longest side at which things are counted
_NARROW = 10  # a side of fewer pixels has no room for things and their ground
_SMALLEST = 0.12  # of the middling thing's area: less is a speck
_FITTED = 40  # more things than this were not among those that the confidence was fitted on
_MOST = 150  # more pieces than this are texture, not things: they are not split
_DEPTH = 0.72  # a neck under this part of the neighbouring thickness splits two things that touch


@dataclass(frozen=True)
class Count:
    """How many.

    Args:
        number: Of separate things; those that the edge cuts count too.
        boxes: One a thing, in pixels of the upright picture, from the top left on.
        confidence: Probability that the number is exactly right.
        reason: Why it may be wrong, one sentence; "" where nothing speaks against it.
    """

    number: int
    boxes: tuple[Box, ...]
    confidence: float
    reason: str


@dataclass(frozen=True)
class Segments:
    """What was told from the ground, at `_LONGEST` pixels.

    Args:
        labels: (h, w) int32, 0 on the ground, then one number a thing.
        row: Features of the confidence, (7,).
    """

    labels: NDArray[np.int32]
    row: NDArray[np.float64]


def count_objects(image: Image) -> Count:
    """Count separate things on a plain ground, splitting those that touch where a neck shows.

    The ground is a smooth sheet of colour fitted to the picture without its outliers; the things are what departs from
    it; touching ones are split at the necks of their thickness (its distance transform, as watersheds are seeded).

    Raises:
        MediaError: when the picture cannot be opened.
        InstallError: when opencv is not installed.
    """
    picture = pixels(image)
    seen = segment(picture)
    scale = max(picture.shape[:2]) / max(seen.labels.shape)
    boxes = tuple(_boxes(seen.labels, scale))
    confidence = float(1 / (1 + np.exp(-(seen.row @ _SURE + _SURE_BIAS))))
    if len(boxes) > _FITTED:
        confidence = min(confidence, 0.5)  # print, crowds, texture: the fit has not seen so many
    return Count(len(boxes), boxes, confidence if boxes else 0.0, _reason(seen.row, len(boxes), confidence))


def segment(picture: Pixels) -> Segments:
    """Tell the things of (height, width, 3) uint8 RGB pixels from their ground and from each other."""
    cv2 = opencv()
    small = np.ascontiguousarray(resize(picture, _LONGEST))
    if min(small.shape[:2]) < _NARROW:
        return Segments(np.zeros(small.shape[:2], dtype=np.int32), np.zeros(7))
    smooth = cv2.bilateralFilter(cv2.medianBlur(small, 3), 5, 20, 3)
    colours = oklab(linear(smooth))
    away, noise = _departure(colours)
    level = _level(cv2, away, noise)
    mask = _filled(cv2, away > level)
    labels = _split(cv2, mask)
    return Segments(labels, _features(cv2, labels, away, level, noise))


def _departure(colours: FloatArray) -> tuple[FloatArray, float]:
    """Return how far every pixel is from the ground's sheet of colour, (h, w), and how far the ground itself strays."""
    height, width = colours.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    terms = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=-1).reshape(-1, 6).astype(np.float32)
    flat = colours.reshape(-1, 3)
    reach = np.maximum(np.abs(x), np.abs(y)).ravel()
    start = np.median(flat[reach > 0.9], axis=0)
    distance = np.linalg.norm(flat - start, axis=1)
    keep = distance <= max(np.percentile(distance[reach > 0.9], 60) * 1.5, 0.03)
    limit = 0.05
    for _ in range(6):
        if keep.sum() < 60:
            break
        sheet, *_rest = np.linalg.lstsq(terms[keep][::3], flat[keep][::3], rcond=None)
        distance = np.linalg.norm(flat - terms @ sheet, axis=1)
        limit = max(3.0 * float(np.median(distance[keep])), 0.02)
        keep = distance < limit
    noise = float(np.median(distance[keep])) if keep.any() else 1.0
    return distance.reshape(height, width).astype(np.float32), noise


def _level(cv2: Any, away: FloatArray, noise: float) -> float:
    """Return the departure beyond which a pixel is a thing: Otsu's, held between three and twelve times the noise."""
    coded = np.clip(away * 400, 0, 255).astype(np.uint8)
    otsu, _ = cv2.threshold(coded, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return float(np.clip(0.7 * otsu / 400, max(3 * noise, 0.025), max(12 * noise, 0.04)))


def _filled(cv2: Any, rough: Mask) -> Mask:
    """Close small gaps, fill holes, drop specks."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    mask = cv2.morphologyEx(rough.astype(np.uint8), cv2.MORPH_OPEN, disc)
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, disc)
    total, labels, stats, _ = cv2.connectedComponentsWithStats(1 - mask, connectivity=4)
    height, width = mask.shape
    for hole in range(1, total):
        left, top, wide, high, area = stats[hole]
        inside = left > 0 and top > 0 and left + wide < width and top + high < height
        if inside and area < 0.04 * mask.size:
            mask[labels == hole] = 1
    total, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if not len(areas):
        return np.zeros(mask.shape, dtype=bool)
    large = areas[areas >= 0.25 * areas.max()]
    least = max(_SMALLEST * float(np.median(large)), 12)
    return np.asarray(np.isin(labels, 1 + np.flatnonzero(areas >= least)))


def _split(cv2: Any, mask: Mask) -> NDArray[np.int32]:
    """Number the things; those that touch are split at their necks."""
    thick = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)
    total, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    labels = np.zeros(mask.shape, dtype=np.int32)
    last = 0
    for part in range(1, total):
        left, top, wide, high, _area = (int(value) for value in stats[part])
        window = np.s_[max(top - 1, 0) : top + high + 1, max(left - 1, 0) : left + wide + 1]
        own = parts[window] == part
        inner = np.where(own, thick[window], 0).astype(np.float32)
        seeds = _seeds(cv2, inner) if total <= _MOST else own.astype(np.int32)
        grown = _shared(cv2, own, seeds) if seeds.max() > 1 else own.astype(np.int32)
        for seed in range(1, int(grown.max()) + 1):
            if (grown == seed).any():
                last += 1
                labels[window][grown == seed] = last
    return labels


def _seeds(cv2: Any, thick: FloatArray) -> NDArray[np.int32]:
    """Number the hearts of a piece: peaks of thickness parted by necks under `_DEPTH` of the lower peak."""
    smooth = cv2.GaussianBlur(thick, (0, 0), 1.0)
    floor = smooth * _DEPTH
    # Reconstruction by dilation (Vincent 1993): how thick the best way from a pixel to a thicker one remains.
    rebuilt = floor.copy()
    square = np.ones((3, 3), dtype=np.uint8)
    for _ in range(400):
        grown = np.minimum(cv2.dilate(rebuilt, square), smooth)
        if np.abs(grown - rebuilt).max() < 1e-3:
            break
        rebuilt = grown
    peaks = (smooth - rebuilt > 1e-2) & (smooth > 0.35 * smooth.max())
    _, seeds = cv2.connectedComponents(peaks.astype(np.uint8), connectivity=8)
    return np.asarray(seeds, dtype=np.int32)


def _shared(cv2: Any, own: Mask, seeds: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return every pixel of a piece to the nearest of its hearts."""
    away = [
        cv2.distanceTransform((seeds != k).astype(np.uint8), cv2.DIST_L2, 5) for k in range(1, int(seeds.max()) + 1)
    ]
    return np.where(own, 1 + np.argmin(np.stack(away), axis=0), 0).astype(np.int32)


def _features(cv2: Any, labels: NDArray[np.int32], away: FloatArray, level: float, noise: float) -> NDArray[np.float64]:
    """Return the confidence's features: how plain, how clear, how even, how solid, how many, how much, how doubtful."""
    number = int(labels.max())
    if not number:
        return np.zeros(7)
    areas = np.bincount(labels.ravel(), minlength=number + 1)[1:].astype(float)
    things = labels > 0
    contrast = float(np.median(away[things]) / level)
    near = float(((away > 0.6 * level) & (away < 1.6 * level)).mean() / things.mean())
    solid = [_solid(cv2, labels, k) for k in range(1, min(number, 40) + 1)]
    uneven = float(np.std(np.log(areas)))
    return np.array(
        [
            np.log(noise + 2e-3), np.tanh(contrast / 4), min(near, 2.0), min(uneven, 2.0), float(np.mean(solid)),
            np.log(number), abs(float(things.mean()) - 0.25),
        ]
    )  # fmt: skip


def _solid(cv2: Any, labels: NDArray[np.int32], thing: int) -> float:
    """Return how much of its convex hull a thing fills."""
    own = (labels == thing).astype(np.uint8)
    outlines, _ = cv2.findContours(own, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    hull = cv2.contourArea(cv2.convexHull(np.concatenate(outlines)))
    return float(min(own.sum() / max(hull, 1.0), 1.2))


def _boxes(labels: NDArray[np.int32], scale: float) -> list[Box]:
    number = int(labels.max())
    if not number:
        return []
    rows, columns = np.nonzero(labels)
    things = labels[rows, columns] - 1
    sides = np.empty((number, 4))
    for k, (values, reduce, start) in enumerate(
        ((columns, np.minimum, np.inf), (rows, np.minimum, np.inf), (columns, np.maximum, -1), (rows, np.maximum, -1))
    ):
        sides[:, k] = start
        reduce.at(sides[:, k], things, values)
    sides[:, 2:] += 1
    return sorted((Box(*(float(side) * scale for side in row)) for row in sides), key=lambda box: (box.top, box.left))


def _reason(row: NDArray[np.float64], number: int, confidence: float) -> str:
    if not number:
        return "Nothing stands out from the ground."
    if confidence >= 0.8:
        return ""
    if row[0] > np.log(0.02):
        return "The ground is not plain."
    if row[3] > 0.8:
        return "The things are of very different sizes."
    if row[2] > 0.6:
        return "Some things hardly stand out from the ground."
    if number > _FITTED:
        return "There are very many."
    return "Some things may touch or lie over each other."


# Logistic weights and bias, fitted on the tuning split of bench/colours.py and on photos of clothes.
_SURE = np.array([-1.346, 1.383, 0.461, -4.404, 6.726, 0.498, -5.129])
_SURE_BIAS = -11.539
