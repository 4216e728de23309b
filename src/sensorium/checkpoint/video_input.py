"""A video for a checkpoint with a video input: frames whose times the processor can tell, and the library's metadata.

Processors write a time before each frame, rounded to a tenth of a second or cut to whole ones, and some the mean of the
two frames that they merge. A frame is therefore taken where such a time is: the time told is one at which the frame is
shown. Merged frames are the same frame twice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sensorium.core.messages import Video
from sensorium.media.video import Frame, frames_at, probe

WHOLE_SECONDS = frozenset({"smolvlm", "gemma4", "gemma4_unified", "glm4v", "glm4v_moe"})
"""Model types whose processors write mm:ss or whole seconds before a frame; the others write tenths."""
_CLOCK = 10.0  # ticks a second that frames are numbered by: files of variable rate have no number of frames a second
_EPSILON = 1e-6


@dataclass(frozen=True)
class PromptVideo:
    """A video of a prompt, for a model with a video input.

    Args:
        pixels: (frames, height, width, 3) uint8 RGB.
        metadata: Which frames of how many, and how many a second, as the library names them.
    """

    pixels: Any
    metadata: dict[str, Any]


def prompt_video(video: Video, count: int, max_side: int, model_type: str, merged: int = 1) -> PromptVideo | None:
    """Return the input of a video; None if the processor's times are too coarse for so many frames of it.

    Args:
        video: The video, or a clip of it.
        count: How many frames.
        max_side: Longer sides are shrunk to it, in pixels.
        model_type: The checkpoint's type.
        merged: How many frames the model merges into one, its `temporal_patch_size`.

    Raises:
        MediaError, InputError, InstallError: as `probe`.
    """
    seconds = probe(video).seconds
    times = told_times(video.start or 0.0, seconds, count, 1.0 if model_type in WHOLE_SECONDS else 1 / _CLOCK)
    if times is None:
        return None
    ticks, taken = _shown(times, frames_at(video, times, max_side))
    if not taken:
        return None
    metadata = {
        "total_num_frames": max(1, round(seconds * _CLOCK)),  # of the clip: positions follow from frames a second of it
        "fps": _CLOCK,
        "duration": probe(Video(video.blob)).seconds,
        "frames_indices": [tick for tick in ticks for _ in range(merged)],
    }
    return PromptVideo(np.stack([frame.pixels for frame in taken for _ in range(merged)]), metadata)


def told_times(start: float, seconds: float, count: int, step: float) -> list[float] | None:
    """Return multiples of `step` near the middles of `count` equal parts of a clip; None if there are too few."""
    part = seconds / count
    if part < step - _EPSILON:
        return None
    numbers = [math.floor((start + part * (i + 0.5)) / step + 0.5 + _EPSILON) for i in range(count)]
    numbers[-1] = min(numbers[-1], math.ceil((start + seconds) / step - _EPSILON) - 1)  # the clip's end is outside
    return [number * step for number in numbers] if len(set(numbers)) == count else None


def _shown(times: Sequence[float], taken: Sequence[Frame]) -> tuple[list[int], list[Frame]]:
    """Return for each frame the last tick at which it was asked for; a frame that is shown longer comes once."""
    ticks: list[int] = []
    places = [frame.at for frame in taken[1:]] + [math.inf]
    kept: list[Frame] = []
    for frame, following in zip(taken, places, strict=True):
        asked = [time for time in times if frame.at - _EPSILON <= time < following - _EPSILON]
        if asked:
            ticks.append(round(asked[0] * _CLOCK))
            kept.append(frame)
    return ticks, kept
