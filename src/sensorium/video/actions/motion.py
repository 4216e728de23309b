"""What moves in a clip, and where to: the camera, or things in front of a still or moving ground.

Dense flow between neighbouring frames (DIS, Kroeger et al. 2016, arXiv 1603.03590, in OpenCV) is split into the motion
of the ground, a similarity that most points at the frame's edge follow, and what is left: things. Sums over the clip
decide, and only if the way is straight; else nothing is said.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sensorium.core.weights import importing
from sensorium.media.video import Frame
from sensorium.video.actions.flow import WIDTH, Grey, PairFlow, grey, pair_flow

Direction = Literal["left", "right", "up", "down", "nearer", "away"]
Share = tuple[float, float, float, float]
"""Left, top, right, bottom as shares of a frame's width and height."""
RATE = 8.0
"""Frames a second that are compared: things move by a few hundredths of the frame's width between them."""
# Tuned on bench/video_actions.py --split tune (seeds 0 to 79), as shares of the frame's width.
_CAMERA_LEAST, _OBJECT_LEAST, _ZOOM_LEAST = 0.03, 0.03, 0.06
_STRAIGHT = 0.6  # the way's length over the sum of its steps: under it something shakes, or turns back
_MAIN = 1.5  # one axis over the other: under it a way is oblique, and its main direction unsure
_ZOOM_WEIGHT = 0.3  # of a frame's width that its edge moves by for a zoom of e
_PRESENT = 0.4  # of the pairs in which a thing must move
_USABLE = 0.5  # of the pairs that must be comparable


@dataclass(frozen=True)
class Movement:
    """One thing that moves, or the camera.

    Args:
        mover: The camera, or a thing in front of it.
        direction: Where to; the camera's own way, not that of the picture; None if it moves, but the way is unsure.
        start, end: Seconds of the film.
        distance: How far, as a share of the frame's width; of "nearer" and "away" the logarithm of the growth.
        confidence: 0..1, how straight and how far it goes.
        share: Where the thing is in the middle of its way; None for the camera.
    """

    mover: Literal["camera", "object"]
    direction: Direction | None
    start: float
    end: float
    distance: float
    confidence: float
    share: Share | None = None

    def __str__(self) -> str:
        who = "the camera" if self.mover == "camera" else "something"
        where = {"nearer": "comes nearer", "away": "moves away", None: "moves"}
        return f"{who} {where.get(self.direction, f'moves {self.direction}')}"


@dataclass(frozen=True)
class ClipMotion:
    """What moves in a clip.

    Args:
        movements: The camera's first; none if it is still.
        uncertain: Why nothing can be said, or "".
    """

    movements: tuple[Movement, ...] = ()
    uncertain: str = ""

    @property
    def still(self) -> bool:
        """Whether nothing moves, for sure."""
        return not self.movements and not self.uncertain


def motion(clip: Sequence[Frame]) -> ClipMotion:
    """Return what moves in a clip's frames, some `RATE` of them a second, in order.

    Raises:
        InstallError: if OpenCV is not installed.
    """
    if len(clip) < 3:
        return ClipMotion(uncertain="The clip has too few frames.")
    with importing("offline"):
        import cv2
    greys = [grey(cv2, frame.pixels) for frame in clip]
    pairs = [pair_flow(cv2, old, new) for old, new in pairwise(greys) if old.shape == new.shape]
    usable = [(place, pair) for place, pair in enumerate(pairs) if pair is not None]
    if len(usable) < max(2, _USABLE * (len(clip) - 1)):
        return ClipMotion(uncertain="The frames have too little in common, or too little to see.")
    found = [_camera(clip, usable), _thing(clip, usable, greys)]
    return ClipMotion(tuple(movement for movement in found if movement is not None))


def _camera(clip: Sequence[Frame], pairs: Sequence[tuple[int, PairFlow]]) -> Movement | None:
    """Return the camera's motion: the ground's, the other way round."""
    steps = np.array([pair.ground_step for _, pair in pairs]) / WIDTH
    zooms = np.array([pair.ground_zoom for _, pair in pairs])
    way, zoom = steps.sum(axis=0), float(zooms.sum())
    distance, size = float(np.hypot(*way)), abs(zoom)
    if distance < _CAMERA_LEAST and size < _ZOOM_LEAST:
        return None
    start, end = clip[pairs[0][0]].at, clip[pairs[-1][0] + 1].at
    if size >= _ZOOM_LEAST and size * _ZOOM_WEIGHT > distance:
        straight = size / max(float(np.abs(zooms).sum()), 1e-6)
        direction: Direction | None = ("nearer" if zoom > 0 else "away") if straight >= _STRAIGHT else None
        return Movement("camera", direction, start, end, size, _confidence(straight, size / _ZOOM_LEAST))
    return _moved("camera", -way, steps, start, end, _CAMERA_LEAST)


def _thing(clip: Sequence[Frame], pairs: Sequence[tuple[int, PairFlow]], greys: Sequence[Grey]) -> Movement | None:
    """Return the motion of the thing that moves most against the ground."""
    track = _track(pairs)
    if len(track) < max(2, _PRESENT * len(pairs)):
        return None
    steps = np.array([thing.step for _, thing in track]) / WIDTH
    zooms = np.array([thing.zoom for _, thing in track])
    way, zoom = steps.sum(axis=0), float(zooms.sum())
    distance = float(np.hypot(*way))
    start, end = clip[track[0][0]].at, clip[track[-1][0] + 1].at
    middle = track[len(track) // 2][1]
    height, width = greys[0].shape
    share = (middle.box[0] / width, middle.box[1] / height, middle.box[2] / width, middle.box[3] / height)
    reach = abs(zoom) * max(middle.box[2] - middle.box[0], middle.box[3] - middle.box[1]) / (2 * WIDTH)
    if abs(zoom) >= _ZOOM_LEAST and reach > distance:
        straight = abs(zoom) / max(float(np.abs(zooms).sum()), 1e-6)
        direction: Direction | None = ("nearer" if zoom > 0 else "away") if straight >= _STRAIGHT else None
        sure = _confidence(straight, abs(zoom) / _ZOOM_LEAST)
        return Movement("object", direction, start, end, abs(zoom), sure, share)
    if distance < _OBJECT_LEAST:
        return None
    return _moved("object", way, steps, start, end, _OBJECT_LEAST, share)


def _moved(
    mover: Literal["camera", "object"],
    way: NDArray[np.float64],
    steps: NDArray[np.float64],
    start: float,
    end: float,
    least: float,
    share: Share | None = None,
) -> Movement:
    distance = float(np.hypot(*way))
    straight = distance / max(float(np.hypot(steps[:, 0], steps[:, 1]).sum()), 1e-6)
    x, y = float(way[0]), float(way[1])
    direction: Direction | None = None
    if straight >= _STRAIGHT and max(abs(x), abs(y)) >= _MAIN * min(abs(x), abs(y)):
        if abs(x) > abs(y):
            direction = "right" if x > 0 else "left"
        else:
            direction = "down" if y > 0 else "up"
    return Movement(mover, direction, start, end, distance, _confidence(straight, distance / least), share)


def _confidence(straight: float, times: float) -> float:
    """Return 0..1 from how straight a way is and how many times as far as the least that counts."""
    return round(min(1.0, straight) * (1 - math.exp(-times)), 3)


def _track(pairs: Sequence[tuple[int, PairFlow]]) -> list[tuple[int, Any]]:
    """Return the longest run of things that follow each other: each near where the last one went."""
    tracks: list[list[tuple[int, Any]]] = []
    for place, pair in pairs:
        for thing in pair.things:
            fits = [track for track in tracks if track[-1][0] < place and _follows(track[-1][1], thing)]
            if fits:
                max(fits, key=len).append((place, thing))
            else:
                tracks.append([(place, thing)])
    return max(tracks, key=lambda track: sum(float(np.hypot(*thing.step)) for _, thing in track), default=[])


def _follows(old: Any, new: Any) -> bool:
    """Whether two boxes overlap, or nearly."""
    slack = 0.25 * max(old.box[2] - old.box[0], old.box[3] - old.box[1], 8)
    across = min(old.box[2], new.box[2]) - max(old.box[0], new.box[0])
    down = min(old.box[3], new.box[3]) - max(old.box[1], new.box[1])
    return bool(across > -slack and down > -slack)
