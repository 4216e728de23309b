"""Straightening: a chart that was photographed at a tilt, or on a page seen at an angle, is turned upright."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.reply import Box
from sensorium.eyes.charts.ink import Ink
from sensorium.eyes.ocr.ppocr import opencv
from sensorium.media.image import Pixels

_MIN_DEGREES, _MAX_DEGREES = 0.3, 25.0  # a smaller tilt is within what bars are measured to
_MIN_PAGE = 0.25  # of the image that a page fills
_MIN_PIECE = 0.002  # of the image that a bar fills, to tell its direction
_FILLED = 0.93  # of the tilted rectangle around a piece that it fills
_AGREE_DEGREES = 0.8  # by which the directions of the pieces may differ


@dataclass(frozen=True, eq=False)
class Straightened:
    """An image turned upright, and the (3, 3) projection from it to the original."""

    image: Pixels
    back: NDArray[np.float64]

    def original(self, box: Box) -> Box:
        """Return the upright rectangle in the original around a rectangle in the straightened image."""
        left, top, right, bottom = box
        corners = np.array([[left, top, 1], [right, top, 1], [right, bottom, 1], [left, bottom, 1]]) @ self.back.T
        xs, ys = corners[:, 0] / corners[:, 2], corners[:, 1] / corners[:, 2]
        return Box(float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max()))


def straighten(ink: Ink) -> Straightened | None:
    """Return the image turned upright by the page, or by the bars, that it shows; None if it is upright."""
    cv2 = opencv()
    mask = ink.plot_mask if ink.plot_area is None else (np.abs(ink.image - ink.outer).max(axis=2) > 24).astype(np.uint8)
    side = max(5, round(min(mask.shape) / 80))
    opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    contours, _ = cv2.findContours(opened, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    contours = sorted(contours, key=cv2.contourArea, reverse=True)
    if not contours:
        return None
    if cv2.contourArea(contours[0]) > _MIN_PAGE * mask.size:
        return _from_page(ink, contours[0])
    angles = [angle for contour in contours[:30] if (angle := _tilt(contour, _MIN_PIECE * mask.size)) is not None]
    if len(angles) < 3 or np.ptp(angles) > 2 * _AGREE_DEGREES:
        return None
    degrees = float(np.median(angles))
    if not _MIN_DEGREES <= abs(degrees) <= _MAX_DEGREES:
        return None
    height, width = mask.shape
    turn = np.vstack([cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0), [0, 0, 1]])
    return _warped(ink, turn, (width, height))


def _tilt(contour: NDArray[Any], min_area: float) -> float | None:
    """Return by how many degrees a rectangular piece is turned, clockwise; None if it isn't rectangular."""
    cv2 = opencv()
    area = cv2.contourArea(contour)
    _, (wide, high), angle = cv2.minAreaRect(contour)
    if area < min_area or area < _FILLED * wide * high:
        return None
    return float((angle + 45) % 90 - 45)


def _from_page(ink: Ink, contour: NDArray[Any]) -> Straightened | None:
    """Return the page that a contour with four corners encloses, seen from straight above."""
    cv2 = opencv()
    hull = cv2.convexHull(contour)
    corners = cv2.approxPolyDP(hull, 0.02 * cv2.arcLength(hull, True), True).reshape(-1, 2).astype(np.float32)
    if len(corners) != 4 or cv2.contourArea(contour) < _FILLED * cv2.contourArea(corners):
        return None
    order = np.argsort(np.arctan2(*(corners - corners.mean(axis=0)).T[::-1]))
    corners = corners[order]  # clockwise from the top left
    a, b, c, d = corners
    if np.abs([a[1] - b[1], c[1] - d[1], b[0] - c[0], a[0] - d[0]]).max() <= max(3.0, 0.004 * max(ink.image.shape)):
        return None
    width = round(float(max(np.linalg.norm(b - a), np.linalg.norm(c - d))))
    height = round(float(max(np.linalg.norm(d - a), np.linalg.norm(c - b))))
    inset = 3.0  # pixels of the page's own rim
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32) - np.float32(inset)
    target = target + np.array([[0, 0], [2 * inset, 0], [2 * inset, 2 * inset], [0, 2 * inset]], dtype=np.float32)
    turn = cv2.getPerspectiveTransform(corners, target)
    return _warped(ink, turn, (width, height))


def _warped(ink: Ink, turn: NDArray[Any], size: tuple[int, int]) -> Straightened:
    cv2 = opencv()
    image: Pixels = cv2.warpPerspective(
        ink.image, turn, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT, borderValue=ink.background
    )
    return Straightened(image, np.linalg.inv(turn))
