"""How much light a photo has: of the thing, where its ground is plain white; and glare, which washes out a part."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.eyes.ocr.lines import SURE, TextLine
from sensorium.eyes.ocr.ppocr import opencv
from sensorium.eyes.photo.background import FloatArray, Mask, linear
from sensorium.media.image import Pixels

LUMA = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
"""Weights of linear red, green and blue in luminance (IEC 61966-2-1)."""
_WHITE = 247  # of 255: a ground of paper or of a product picture
_RIM = 0.5  # share of the image's rim that a plain ground covers at least
_MIN_THING = 0.01  # share of the image: less than this isn't judged by itself
_SOFT = 12  # steps of 255 a hundredth of the side: glare fades slower, the edge of a white thing faster
_SPOT = 0.002  # share of the image that a spot of glare covers at least
_SEGMENT = 2.0  # heights of a line in one segment of it
_MIN_CONTRAST = 24  # of 255: fainter lines tell nothing about their fading
_EMPTY = 0.12  # of the line's contrast: what shows less is a gap between words
_BRIGHTEST = 235  # of 255: what glare has washed out is at least so light
Row = NDArray[np.float64]


def exposure(rgb: Pixels) -> tuple[Row, float, float, Row]:
    """Return features of the whole's exposure, its stops below medium, and the thing's clipped share and features.

    The thing is all that isn't a plain white ground; without such a ground it is the whole image.
    """
    light = linear(rgb) @ LUMA
    whole = _features(rgb.reshape(-1, 3), light.ravel())
    stops = float(math.log2(0.18) - np.log2(light.mean() + 2e-3))
    ground = white_ground(rgb)
    thing = ~ground
    if not ground.any() or thing.mean() < _MIN_THING:
        return whole, stops, float((rgb.max(axis=2) >= 254).mean()), np.append(whole, 0.0)
    clipped = float((rgb[thing].max(axis=1) >= 254).mean())
    return whole, stops, clipped, np.append(_features(rgb[thing], light[thing]), 1.0)


def _features(rgb: Pixels, luminance: FloatArray) -> Row:
    top, low = rgb.max(axis=-1), rgb.min(axis=-1)
    stops = np.log2(np.percentile(luminance, (1, 10, 50, 75, 90, 99)) + 2e-3)
    return np.array([*stops, (top >= 254).mean(), (low >= 250).mean(), (top >= 240).mean(), (luminance < 0.01).mean()])


def white_ground(rgb: Pixels) -> Mask:
    """Return the plain white ground of an image, a little grown; all False if white isn't most of the rim."""
    cv2 = opencv()
    white = (rgb.min(axis=2) >= _WHITE).astype(np.uint8)
    rim = np.concatenate([white[0], white[-1], white[:, 0], white[:, -1]])
    if rim.mean() < _RIM:
        return np.zeros(white.shape, dtype=bool)
    _, labels = cv2.connectedComponents(white, connectivity=4)
    touching = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    ground = np.isin(labels, touching[touching > 0]).astype(np.uint8)
    return np.asarray(cv2.dilate(ground, np.ones((5, 5), dtype=np.uint8)), dtype=bool)  # … over the thing's soft rim


def glare(rgb: Pixels, lines: Sequence[TextLine] | None, scale: float) -> Row:
    """Return features of glare, (4,): share of soft white spots, how soft, how far lines fade, share of faded segments.

    Args:
        rgb: The image, shrunk.
        lines: Its lines of text, or None if they were not read.
        scale: Pixels of `rgb` for one of the lines' pixels.
    """
    share, softness = _spots(rgb)
    faded, segments = _fading(rgb, lines or (), scale)
    return np.array([min(share * 10, 1.0), softness, faded, segments])


def _spots(rgb: Pixels) -> tuple[float, float]:
    """Return the share of the image in white spots with a soft edge, and how soft the edge is, 0 to 1."""
    cv2 = opencv()
    low = rgb.min(axis=2)
    smooth = cv2.GaussianBlur(low.astype(np.float32), (0, 0), 2)
    total, labels, stats, _ = cv2.connectedComponentsWithStats((smooth >= _WHITE).astype(np.uint8), connectivity=8)
    share, softest = 0.0, 0.0
    reach = max(2, round(0.02 * max(low.shape)))
    for spot in range(1, total):
        if stats[spot, cv2.CC_STAT_AREA] < _SPOT * low.size:
            continue
        mask = (labels == spot).astype(np.uint8)
        ring = _ring(cv2, mask, 0, reach)
        if not ring.any():
            continue
        fall = float(_WHITE - np.median(smooth[ring])) / (100 * reach / 2 / max(low.shape))
        beyond = _ring(cv2, mask, 3 * reach, 5 * reach)
        if not beyond.any() or np.median(smooth[beyond]) > _WHITE - 8:
            continue  # the same white goes on: paper
        soft = math.exp(-fall / _SOFT)
        softest = max(softest, soft)
        share += soft * float(stats[spot, cv2.CC_STAT_AREA]) / low.size
    return share, softest


def _ring(cv2: Any, mask: NDArray[np.uint8], inner: int, outer: int) -> Mask:
    grown = cv2.dilate(mask, np.ones((2 * outer + 1, 2 * outer + 1), dtype=np.uint8))
    within = cv2.dilate(mask, np.ones((2 * inner + 1, 2 * inner + 1), dtype=np.uint8)) if inner else mask
    return np.asarray(grown > within)


def _fading(rgb: Pixels, lines: Sequence[TextLine], scale: float) -> tuple[float, float]:
    """Return how far the ink of the worst line fades along it, and the share of segments that are faded, 0 to 1."""
    luminance = rgb @ np.array([0.299, 0.587, 0.114])
    worst, faded, total = 0.0, 0, 0
    for line in lines:
        if line.turned_degrees in (90, 270) or line.score < SURE / 3:
            continue
        left, top, right, bottom = (round(edge * scale) for edge in line.box)
        crop = luminance[max(top, 0) : bottom, max(left, 0) : right]
        number = int(crop.shape[1] / max(1.0, _SEGMENT * crop.shape[0])) if crop.size else 0
        if number < 2:
            continue
        paper, dark = float(np.median(crop)), float(np.percentile(crop, 3))
        if paper - dark < _MIN_CONTRAST:
            continue  # light on dark, or hardly seen
        parts = np.array_split(crop, number, axis=1)
        contrasts = np.array([np.percentile(p, 90) - np.percentile(p, 3) for p in parts])
        white = np.array([np.percentile(p, 90) >= _BRIGHTEST for p in parts])
        ratio = contrasts / contrasts.max()
        white &= ratio > _EMPTY
        lost = white & (ratio < 0.5)
        total, faded = total + number, faded + int(lost.sum())
        worst = max(worst, float((1 - ratio)[white].max(initial=0.0)))
    return worst, faded / max(total, 1)
