"""Frames of a film at a rate or at scene changes, kept small, in one sequential pass and flat memory."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from sensorium.core.blob import Blob
from sensorium.core.errors import InputError, quoted
from sensorium.core.messages import Video
from sensorium.media.decoding import FaultLog, Scaler, opened, pixel_shape, shown_at, video_stream
from sensorium.media.video import Frame, probe

SCENES = "scenes"
MAX_SIDE = 640
"""Frames are shrunk to this longest side, in pixels."""
_LOOK_SECONDS = 0.25  # between the frames that are compared to find scene changes
_MAX_SCENE_SECONDS = 10.0  # a frame is taken at least this often
_THUMB = 32
_FAST_FPS = 20.0  # from here on frames that no other refers to are left out: the next is at most 3 / 20 s away
# Of 255, between thumbnails 0.25 s apart: cuts of the tune films have 30 and more, motion without a cut under 25.
_CUT = 27.0


@dataclass(frozen=True)
class Sampling:
    """Which frames are looked at.

    Args:
        every: Seconds between two frames; None for one at each scene change, and every 10 s at least.
        start, end: Seconds of the film between which it is looked at; None for its start and end.
        max_side: Longest side of the frames, in pixels.
    """

    every: float | None = 1.0
    start: float | None = None
    end: float | None = None
    max_side: int = MAX_SIDE

    def __post_init__(self) -> None:
        if self.every is not None and not 0.01 <= self.every <= 86_400:
            raise InputError(
                f"The time between two frames is 0.01 to 86,400 s, not {quoted(self.every)}.", "Try `every=1`."
            )


def sample(film: Blob, sampling: Sampling | None = None, log: FaultLog | None = None) -> Iterator[Frame]:
    """Yield frames with their own times, in order.

    Args:
        film: A file is read as it is needed, whatever its size.
        sampling: Which frames; one a second by default.
        log: Takes the parts that can't be decoded.

    Raises:
        MediaError: if it isn't a video, or nothing can be decoded.
        InputError: if the start lies behind the end.
        InstallError: if PyAV is not installed.
    """
    every, start, end, max_side = astuple(sampling or Sampling())
    clip = Video(film, start, end)
    known, begin = probe(clip), start or 0.0
    with opened(film) as container:
        shape = pixel_shape(video_stream(container, film))
    step = _LOOK_SECONDS if every is None else every
    times = (begin + i * step for i in range(max(1, math.ceil(known.seconds / step - 1e-9))))
    scaled, thumbnail = Scaler(max_side, shape, fast=True), Scaler(_THUMB, fast=True)
    last: NDArray[np.float32] | None = None
    taken = -math.inf
    for at, frame in shown_at(film, times, exact=known.fps < _FAST_FPS, log=log):
        if at < begin - step or (end is not None and at >= end):
            continue
        if every is None:
            small = thumbnail(frame).astype(np.float32)
            is_cut = last is None or small.shape != last.shape or float(np.abs(small - last).mean()) > _CUT
            last = small
            if not is_cut and at - taken < _MAX_SCENE_SECONDS:
                continue
        taken = at
        yield Frame(round(at, 6), scaled(frame))
