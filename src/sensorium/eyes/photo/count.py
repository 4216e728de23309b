"""Counting separate objects on a plain background: coins, buttons, pills, drawn shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.messages import Image
from sensorium.core.reply import Box
from sensorium.eyes.ocr.ppocr import opencv
from sensorium.eyes.photo.background import MIN_SIDE, FloatArray, Mask, linear, logistic, oklab, solidity
from sensorium.media.image import Pixels, pixels, resize

_MAX_SIDE = 480  # pixels of the longest side at which objects are counted
_MIN_AREA = 0.12  # of the median object's: less is a speck
_MAX_FITTED = 40  # more objects than this were not among those that the confidence was fitted on
_MAX_SPLIT = 150  # more pieces than this are texture, not objects: they are not split
_NECK = 0.72  # a neck under this part of the neighbouring thickness splits two objects that touch
_ALIKE = 3.0  # times the area: pieces of a split that differ more are parts of one thing
_SOLID = 0.85  # of its hull that a piece of a split fills


@dataclass(frozen=True)
class Count:
    """A number of objects.

    Args:
        number: Of separate objects; those that the edge cuts count too.
        boxes: One an object, in pixels of the upright image, from the top left on.
        confidence: Probability that the number is exactly right.
        reason: Why it may be wrong, one sentence; "" if nothing speaks against it.
    """

    number: int
    boxes: tuple[Box, ...]
    confidence: float
    reason: str


@dataclass(frozen=True)
class Segments:
    """The objects at `_MAX_SIDE` pixels.

    Args:
        labels: (h, w) int32, 0 on the background, then one number an object.
        row: Features of the confidence, (7,).
    """

    labels: NDArray[np.int32]
    row: NDArray[np.float64]


def count_objects(image: Image) -> Count:
    """Return how many separate objects lie on a plain background; touching ones are split where a neck shows.

    The background is a smooth sheet of colour fitted to the image without its outliers; the objects are what departs
    from it; touching ones are split at the necks of their thickness (its distance transform, as watersheds are seeded).

    Raises:
        MediaError: if the image can't be opened.
        InstallError: if opencv is not installed.
    """
    rgb = pixels(image)
    segments = segment(rgb)
    boxes = tuple(_boxes(segments.labels, max(rgb.shape[:2]) / max(segments.labels.shape)))
    confidence = logistic(segments.row, _SURE, _SURE_BIAS)
    if len(boxes) > _MAX_FITTED:
        confidence = min(confidence, 0.5)  # print, crowds, texture: the fit has not seen so many
    return Count(len(boxes), boxes, confidence if boxes else 0.0, _reason(segments.row, len(boxes), confidence))


def segment(rgb: Pixels) -> Segments:
    """Return the objects of (height, width, 3) uint8 RGB pixels, told from their background and from each other."""
    cv2 = opencv()
    small = np.ascontiguousarray(resize(rgb, _MAX_SIDE))
    if min(small.shape[:2]) < MIN_SIDE:
        return Segments(np.zeros(small.shape[:2], dtype=np.int32), np.zeros(7))
    smooth = cv2.bilateralFilter(cv2.medianBlur(small, 3), 5, 20, 3)
    away, noise = _departure(oklab(linear(smooth)))
    level = _level(cv2, away, noise)
    labels = _split(cv2, _fill(cv2, away > level))
    return Segments(labels, _features(labels, away, level, noise))


def _departure(colours: FloatArray) -> tuple[FloatArray, float]:
    """Return every pixel's distance from the background's sheet of colour, (h, w), and the background's own noise."""
    height, width = colours.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    terms = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=-1).reshape(-1, 6).astype(np.float32)
    flat = colours.reshape(-1, 3)
    reach = np.maximum(np.abs(x), np.abs(y)).ravel()
    start = np.median(flat[reach > 0.9], axis=0)
    distance = np.linalg.norm(flat - start, axis=1)
    keep = distance <= max(np.percentile(distance[reach > 0.9], 60) * 1.5, 0.03)
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
    """Return the departure from which a pixel is an object: Otsu's, clipped to 3 to 12 times the noise."""
    coded = np.clip(away * 400, 0, 255).astype(np.uint8)
    otsu, _ = cv2.threshold(coded, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return float(np.clip(0.7 * otsu / 400, max(3 * noise, 0.025), max(12 * noise, 0.04)))


def _fill(cv2: Any, rough: Mask) -> Mask:
    """Return a mask with small gaps closed, holes filled, specks dropped."""
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
    min_area = max(_MIN_AREA * float(np.median(large)), 12)
    return np.asarray(np.isin(labels, 1 + np.flatnonzero(areas >= min_area)))


def _split(cv2: Any, mask: Mask) -> NDArray[np.int32]:
    """Return the numbered objects; those that touch are split at their necks."""
    thick = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)
    total, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    labels = np.zeros(mask.shape, dtype=np.int32)
    last = 0
    for part in range(1, total):
        left, top, wide, high, _area = (int(value) for value in stats[part])
        window = np.s_[max(top - 1, 0) : top + high + 1, max(left - 1, 0) : left + wide + 1]
        own = parts[window] == part
        inner = np.where(own, thick[window], 0).astype(np.float32)
        seeds = _seeds(cv2, inner) if total <= _MAX_SPLIT else own.astype(np.int32)
        grown = _nearest_seed(cv2, own, seeds) if seeds.max() > 1 else own.astype(np.int32)
        if not _alike(grown):
            grown = own.astype(np.int32)
        for seed in range(1, int(grown.max()) + 1):
            if (grown == seed).any():
                last += 1
                labels[window][grown == seed] = last
    return labels


def _alike(labels: NDArray[np.int32]) -> bool:
    """Whether the pieces of a split are of one kind, as touching coins are, and not the parts of one thing."""
    number = int(labels.max())
    if number < 2:
        return True
    areas = np.bincount(labels.ravel(), minlength=number + 1)[1:]
    solid = min(solidity(labels == k) for k in range(1, number + 1))
    return bool(areas.min() * _ALIKE >= areas.max() and solid >= _SOLID)


def _seeds(cv2: Any, thick: FloatArray) -> NDArray[np.int32]:
    """Return the numbered seeds of a piece: peaks of thickness parted by necks under `_NECK` of the lower peak."""
    smooth = cv2.GaussianBlur(thick, (0, 0), 1.0)
    floor = smooth * _NECK
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


def _nearest_seed(cv2: Any, own: Mask, seeds: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the number of the nearest seed for every pixel of a piece."""
    away = [
        cv2.distanceTransform((seeds != k).astype(np.uint8), cv2.DIST_L2, 5) for k in range(1, int(seeds.max()) + 1)
    ]
    return np.where(own, 1 + np.argmin(np.stack(away), axis=0), 0).astype(np.int32)


def _features(labels: NDArray[np.int32], away: FloatArray, level: float, noise: float) -> NDArray[np.float64]:
    """Return the confidence's features, (7,): noise, contrast, doubtful share, unevenness, solidity, number, area."""
    number = int(labels.max())
    if not number:
        return np.zeros(7)
    areas = np.bincount(labels.ravel(), minlength=number + 1)[1:].astype(float)
    objects = labels > 0
    contrast = float(np.median(away[objects]) / level)
    near = float(((away > 0.6 * level) & (away < 1.6 * level)).mean() / objects.mean())
    solid = [min(solidity(labels == k), 1.2) for k in range(1, min(number, 40) + 1)]
    uneven = float(np.std(np.log(areas)))
    return np.array(
        [
            np.log(noise + 2e-3), np.tanh(contrast / 4), min(near, 2.0), min(uneven, 2.0), float(np.mean(solid)),
            np.log(number), abs(float(objects.mean()) - 0.25),
        ]
    )  # fmt: skip


def _boxes(labels: NDArray[np.int32], scale: float) -> list[Box]:
    number = int(labels.max())
    if not number:
        return []
    rows, columns = np.nonzero(labels)
    owners = labels[rows, columns] - 1
    low, high = np.full((2, number), np.inf), np.full((2, number), -1.0)
    for k, values in enumerate((columns, rows)):
        np.minimum.at(low[k], owners, values)
        np.maximum.at(high[k], owners, values + 1)
    sides = np.concatenate([low, high]).T
    return sorted((Box(*(float(side) * scale for side in row)) for row in sides), key=lambda box: (box.top, box.left))


def _reason(row: NDArray[np.float64], number: int, confidence: float) -> str:
    if not number:
        return "Nothing stands out from the background."
    if confidence >= 0.8:
        return ""
    if row[0] > np.log(0.02):
        return "The background is not plain."
    if row[3] > 0.8:
        return "The objects are of very different sizes."
    if row[2] > 0.6:
        return "Some objects hardly stand out from the background."
    if number > _MAX_FITTED:
        return "There are too many to be sure."
    return "Some objects may touch or lie over each other."


# Logistic weights and bias, fitted on the tuning split of bench/colours.py and on photos of clothes.
_SURE = np.array([-1.346, 1.383, 0.461, -4.404, 6.726, 0.498, -5.129])
_SURE_BIAS = -11.539
