"""Flow between two frames, split into the ground's motion and the things that move against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.media.image import Pixels

WIDTH = 256
"""Width in pixels at which frames are compared."""
Grey = NDArray[np.uint8]
_STEP = 6  # pixels between the points that the ground is fitted to
_TEXTURE = 5.0  # mean gradient: flatter places have no flow of their own
_CONSISTENT = 1.0  # pixels that a point may miss itself by, there and back
_MOVES = 0.7  # pixels against the ground from which on a point moves
_OF_GROUND = 0.12  # and as a share of the ground's own step, whose fit errs more the farther it goes
_LEAST_POINTS, _LEAST_USABLE = 24, 0.15
_LEAST_AREA, _MOST_AREA = 0.003, 0.7  # of the frame
_EDGE = 0.15  # of the frame, where the ground is
_MOST_THINGS = 3
_GROUND_MOVES, _GROUND_GROWS = 0.5, 0.003  # pixels, and as a logarithm: from there on the camera moves
_MARGIN = 3  # pixels
_DARK = 8.0  # of 255: so that noise in the dark is not a gain of the light
_ERROR, _OF_USUAL = 5.0, 2.5  # of 255 and of the frame's median, by which the ground's prediction may err


@dataclass(frozen=True)
class MovingThing:
    """A region that moves against the ground.

    Args:
        box: Left, top, right, bottom in pixels of the small frame.
        step: Median (x, y) against the ground, in pixels.
        zoom: Logarithm of its growth against the ground's.
        area: Share of the frame.
    """

    box: tuple[float, float, float, float]
    step: tuple[float, float]
    zoom: float
    area: float


@dataclass(frozen=True)
class PairFlow:
    """How two neighbouring frames differ.

    Args:
        ground_step: (x, y) in pixels by which the ground moves at the frame's centre.
        ground_zoom: Logarithm of the ground's growth.
        things: What moves against it, the largest first.
    """

    ground_step: tuple[float, float]
    ground_zoom: float
    things: tuple[MovingThing, ...]


def grey(cv2: Any, pixels: Pixels) -> Grey:
    """Return a frame as (height, `WIDTH`) grey values."""
    height = max(16, round(pixels.shape[0] * WIDTH / pixels.shape[1]))
    small = cv2.resize(cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY), (WIDTH, height))
    out: Grey = cv2.GaussianBlur(small, (3, 3), 0)
    return out


def pair_flow(cv2: Any, old: Grey, new: Grey) -> PairFlow | None:
    """Return the motion between two frames; None if they can't be compared: a cut, darkness, or nothing to see."""
    dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    there, back = dis.calc(old, new, None), dis.calc(new, old, None)
    height, width = old.shape
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    ends_x, ends_y = xs + there[..., 0], ys + there[..., 1]
    returned = cv2.remap(back, ends_x, ends_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    missed = np.hypot(*np.moveaxis(there + returned, 2, 0))
    inside = (ends_x >= 0) & (ends_x < width) & (ends_y >= 0) & (ends_y < height)
    length = np.hypot(there[..., 0], there[..., 1])
    textured = _textured(cv2, old)
    usable = inside & textured & (missed < _CONSISTENT + 0.05 * length)
    if usable.mean() < _LEAST_USABLE * max(float(textured.mean()), 0.1):
        return None
    picked = np.zeros_like(usable)
    picked[::_STEP, ::_STEP] = True
    rows, columns = np.nonzero(usable & picked)
    if len(rows) < _LEAST_POINTS:
        return None
    starts = np.stack([columns, rows], axis=1).astype(np.float32)
    matrix = _ground(cv2, starts, starts + there[rows, columns], (width, height))
    if matrix is None:
        return None
    ground = np.stack([
        matrix[0, 0] * xs + matrix[0, 1] * ys + matrix[0, 2] - xs,
        matrix[1, 0] * xs + matrix[1, 1] * ys + matrix[1, 2] - ys,
    ], axis=2)  # fmt: skip
    rest = there - ground
    moves = np.hypot(rest[..., 0], rest[..., 1]) > _MOVES + _OF_GROUND * np.hypot(ground[..., 0], ground[..., 1])
    moves &= ~_explained(cv2, old, new, xs + ground[..., 0], ys + ground[..., 1], usable)
    zoom = float(np.log(max(1e-3, np.hypot(matrix[0, 0], matrix[1, 0]))))
    things = _things(cv2, moves & inside & (missed < 2 * _CONSISTENT + 0.1 * length), textured, rest)
    centre = ground[height // 2, width // 2]
    if np.hypot(*centre) > _GROUND_MOVES or abs(zoom) > _GROUND_GROWS:
        things = tuple(thing for thing in things if not _at_edge(thing, width, height))
    return PairFlow((float(centre[0]), float(centre[1])), zoom, things)


def _textured(cv2: Any, frame: Grey) -> NDArray[np.bool_]:
    across, down = cv2.Sobel(frame, cv2.CV_32F, 1, 0), cv2.Sobel(frame, cv2.CV_32F, 0, 1)
    out: NDArray[np.bool_] = cv2.boxFilter(np.hypot(across, down), -1, (9, 9)) > _TEXTURE
    return out


def _at_edge(thing: MovingThing, width: int, height: int) -> bool:
    """Whether a region touches the frame's edge, where a moving camera uncovers what no flow leads to."""
    left, top, right, bottom = thing.box
    return left <= _MARGIN or top <= _MARGIN or right >= width - _MARGIN or bottom >= height - _MARGIN


def _explained(
    cv2: Any, old: Grey, new: Grey, xs: NDArray[np.float32], ys: NDArray[np.float32], usable: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return where the ground's motion alone predicts the new frame: along a straight edge, flow itself can't tell."""
    shade = old.astype(np.float32) + _DARK
    moved = cv2.remap(new, xs.astype(np.float32), ys.astype(np.float32), cv2.INTER_LINEAR) + _DARK
    gain = float(np.median((moved / shade)[usable]))  # of the light
    error = cv2.boxFilter(np.abs(moved - gain * shade), -1, (5, 5))
    usual = float(np.median(error[usable]))
    out: NDArray[np.bool_] = error < max(_ERROR, _OF_USUAL * usual)
    return out


def _ground(
    cv2: Any, starts: NDArray[np.float32], ends: NDArray[np.float32], size: tuple[int, int]
) -> NDArray[np.float64] | None:
    """Return the similarity of the ground: of the two that most points follow the one that holds at the edge."""
    cv2.setRNGSeed(0)
    width, height = size
    near = (starts[:, 0] < _EDGE * width) | (starts[:, 0] > (1 - _EDGE) * width)
    near |= (starts[:, 1] < _EDGE * height) | (starts[:, 1] > (1 - _EDGE) * height)
    best, most = None, -1.0
    left = np.ones(len(starts), dtype=bool)
    for _ in range(2):
        if left.sum() < _LEAST_POINTS:
            break
        matrix, inliers = cv2.estimateAffinePartial2D(
            starts[left], ends[left], method=cv2.RANSAC, ransacReprojThreshold=0.8, confidence=0.995
        )
        if matrix is None:
            break
        follow = np.zeros(len(starts), dtype=bool)
        follow[np.flatnonzero(left)[inliers.ravel().astype(bool)]] = True
        weight = float((follow & near).sum()) + 0.2 * float(follow.sum())
        if weight > most:
            best, most = matrix, weight
        left &= ~follow
    return best


def _things(
    cv2: Any, moves: NDArray[np.bool_], textured: NDArray[np.bool_], rest: NDArray[np.float32]
) -> tuple[MovingThing, ...]:
    """Return the connected regions that move, with their motion and growth."""
    mask = cv2.morphologyEx(moves.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    things = []
    for number in range(1, count):
        left, top, width, height, area = (int(value) for value in stats[number])
        share = area / mask.size
        if not _LEAST_AREA <= share <= _MOST_AREA:
            continue
        inside = (labels == number) & textured & moves
        if inside.sum() < _LEAST_POINTS:
            continue
        rows, columns = np.nonzero(inside)
        flow = rest[rows, columns]
        step = (float(np.median(flow[:, 0])), float(np.median(flow[:, 1])))
        things.append(MovingThing((left, top, left + width, top + height), step, _growth(rows, columns, flow), share))
    return tuple(sorted(things, key=lambda thing: -thing.area)[:_MOST_THINGS])


def _growth(rows: NDArray[Any], columns: NDArray[Any], flow: NDArray[np.float32]) -> float:
    """Return the logarithm of a region's growth: the slope of its flow over its places."""
    x, y = columns - columns.mean(), rows - rows.mean()
    spread = float((x * x + y * y).sum())
    if spread <= 0:
        return 0.0
    slope = float((x * flow[:, 0] + y * flow[:, 1]).sum()) / spread
    return float(np.log1p(max(-0.5, min(1.0, slope))))
