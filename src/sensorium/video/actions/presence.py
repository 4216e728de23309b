"""What appears, stays and leaves in front of a still camera: blocks whose picture changes for good, all at one time.

Whether a thing appears or leaves is told by its outline: along the changed region's border the frame with the thing has
edges that the ground does not have (as for abandoned and removed objects: Tian et al. 2011, IEEE TSMC-C 41(5)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sensorium.core.protocols import Embedder
from sensorium.core.weights import importing
from sensorium.media.image import bitmap
from sensorium.media.video import Frame

Share = tuple[float, float, float, float]
_CELL = 8  # pixels of a frame that is shrunk to `_WIDTH`
_WIDTH = 256
# Tuned on bench/video_actions.py --split tune (seeds 0 to 79).
_STEP = 14.0  # of 255, by which a cell's colour changes, against the change of the whole frame's light
_OF_SPREAD = 4.0  # and times its own spread before and after
_LASTING = 0.6  # of the step, that must be left between the medians before and after
_LEAST_CELLS = 6
_DARK = 8.0  # of 255: so that noise in the dark is not a gain
_EDGE_RATIO = 1.25  # of the outline's edges with a thing and without
_SAME = 0.97  # cosine of the region's embeddings: the same thing in another light
_LEAST_FRAMES = 2  # on each side of a change


@dataclass(frozen=True)
class Appearance:
    """A part of the picture that changes for good, or stays.

    Args:
        kind: What happens there; "changes" if it isn't sure whether something appears or leaves; "stays" for a whole
            frame in which nothing changes.
        at: Seconds of the film: the first frame after the change.
        before: Seconds of the last frame before it.
        share: Where, as shares of the frame's width and height.
        score: How much stronger the outline is with the thing than without it.
    """

    kind: Literal["appears", "leaves", "changes", "stays"]
    at: float
    before: float
    share: Share
    score: float


def presence(clip: Sequence[Frame], embedder: Embedder | None = None) -> tuple[Appearance, ...]:
    """Return what appears and leaves in a clip's frames, in order; one "stays" if nothing does.

    Args:
        clip: Frames in order, of a camera that doesn't move: `motion` says so.
        embedder: Leaves out regions that look alike before and after to it, such as shadows.

    Raises:
        InstallError: if OpenCV is not installed.
    """
    if len(clip) < 2 * _LEAST_FRAMES:
        return ()
    with importing("offline"):
        import cv2
    height = max(_CELL, round(clip[0].pixels.shape[0] * _WIDTH / clip[0].pixels.shape[1]) // _CELL * _CELL)
    small = [_shrunk(cv2, frame, height) for frame in clip]
    cells = np.stack([_cells(frame) for frame in small])
    found: list[Appearance] = []
    for place in range(_LEAST_FRAMES, len(clip) - _LEAST_FRAMES + 1):
        mask = _steps_at(cells, place)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
        for number in range(1, count):
            left, top, wide, high, area = (int(value) for value in stats[number])
            if area < _LEAST_CELLS:
                continue
            region = labels == number
            kind, score = _which(cv2, small[place - 1], small[place], region)
            share = (
                left / mask.shape[1],
                top / mask.shape[0],
                (left + wide) / mask.shape[1],
                (top + high) / mask.shape[0],
            )
            if embedder is not None and _looks_alike(embedder, clip[place - 1], clip[place], share):
                continue
            found.append(Appearance(kind, clip[place].at, clip[place - 1].at, share, round(score, 3)))
    if found:
        return tuple(found)
    return (Appearance("stays", clip[-1].at, clip[0].at, (0.0, 0.0, 1.0, 1.0), 1.0),)


def _shrunk(cv2: Any, frame: Frame, height: int) -> NDArray[np.uint8]:
    out: NDArray[np.uint8] = cv2.resize(
        np.ascontiguousarray(frame.pixels), (_WIDTH, height), interpolation=cv2.INTER_AREA
    )
    return out


def _cells(frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    height, width = frame.shape[0] // _CELL, frame.shape[1] // _CELL
    out: NDArray[np.float32] = frame.reshape(height, _CELL, width, _CELL, 3).mean(axis=(1, 3), dtype=np.float32)
    return out


def _steps_at(cells: NDArray[np.float32], place: int) -> NDArray[np.bool_]:
    """Return the cells that change between two neighbouring frames, and keep their old look before and new after."""
    before, after = np.median(cells[:place], axis=0), np.median(cells[place:], axis=0)
    size = _other_than_light(cells[place - 1], cells[place])
    calm = np.abs(np.diff(cells, axis=0)).max(axis=3)
    spread = np.median(np.delete(calm, place - 1, axis=0), axis=0)
    lasts = _other_than_light(before, after) > _LASTING * size
    out: NDArray[np.bool_] = (size > _STEP) & (size > _OF_SPREAD * spread) & lasts
    return out


def _other_than_light(old: NDArray[np.float32], new: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return by how much each cell differs from what it would be if only the light had changed, all over the frame."""
    gain = np.median((new + _DARK) / (old + _DARK), axis=(0, 1), keepdims=True)
    out: NDArray[np.float32] = np.abs(new + _DARK - gain * (old + _DARK)).max(axis=2)
    return out


def _which(
    cv2: Any, old: NDArray[np.uint8], new: NDArray[np.uint8], region: NDArray[np.bool_]
) -> tuple[Literal["appears", "leaves", "changes"], float]:
    """Return whether a thing is in the new frame or in the old one, and by how much stronger its outline is."""
    changed = np.abs(new.astype(np.int16) - old.astype(np.int16)).max(axis=2) > _STEP
    near = cv2.dilate(np.kron(region.astype(np.uint8), np.ones((_CELL, _CELL), np.uint8)), np.ones((9, 9), np.uint8))
    mask = cv2.morphologyEx((changed & (near > 0)).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    outline = cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    if not outline.any():
        return "changes", 1.0
    with_new, with_old = (float(_edges(cv2, frame)[outline].mean()) + 1.0 for frame in (new, old))
    ratio = with_new / with_old
    if ratio >= _EDGE_RATIO:
        return "appears", ratio
    if ratio <= 1 / _EDGE_RATIO:
        return "leaves", 1 / ratio
    return "changes", max(ratio, 1 / ratio)


def _edges(cv2: Any, frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    shades = cv2.GaussianBlur(frame, (3, 3), 0).astype(np.float32)
    out: NDArray[np.float32] = np.hypot(cv2.Sobel(shades, cv2.CV_32F, 1, 0), cv2.Sobel(shades, cv2.CV_32F, 0, 1)).max(
        axis=2
    )
    return out


def _looks_alike(embedder: Embedder, old: Frame, new: Frame, share: Share) -> bool:
    height, width = new.pixels.shape[:2]
    rows = slice(int(share[1] * height), max(1, round(share[3] * height)))
    columns = slice(int(share[0] * width), max(1, round(share[2] * width)))
    pair = [bitmap(np.ascontiguousarray(frame.pixels[rows, columns])) for frame in (old, new)]
    first, second = embedder.embed(pair)
    return float(first @ second) >= _SAME
