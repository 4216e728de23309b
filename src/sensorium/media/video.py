"""Videos: their size and length, and frames of them in one sequential pass."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from cachetools import LRUCache, cached

from sensorium.core.blob import Blob, clear_on_forget
from sensorium.core.errors import InputError, MediaError
from sensorium.core.messages import Video
from sensorium.media.decoding import Scaler, display_matrix, opened, shown_at, start_time, video_stream
from sensorium.media.image import Pixels
from sensorium.media.times import decimal

MAX_SIDE = 1280
"""Frames are shrunk to this longest side, in pixels, unless the caller says otherwise."""
_CACHED = 2
_EPSILON = 1e-6


@dataclass(frozen=True)
class VideoInfo:
    """What a video file holds.

    Args:
        seconds: Its length; of a clip, the clip's.
        fps: Frames a second, on average; 0.0 if the file does not say.
        width, height: Of a frame as it is shown, in pixels.
    """

    seconds: float
    fps: float
    width: int
    height: int


@dataclass(frozen=True)
class Frame:
    """One frame of a video.

    Args:
        at: Seconds from the video's start (not the clip's).
        pixels: (height, width, 3) uint8 RGB, upright. Do not write to it: it may be shared.
    """

    at: float
    pixels: Pixels


_cache: LRUCache[tuple[Any, ...], tuple[Frame, ...]] = LRUCache(_CACHED)
_lock = Lock()


def forget() -> None:
    """Empty the cache of frames, which may be private."""
    with _lock:
        _cache.clear()


clear_on_forget(forget)


def probe(video: Video) -> VideoInfo:
    """Return length, frame rate, size and whether there is audio; only the header is read if it says so.

    Raises:
        MediaError: if it isn't a video, is broken, or has no frames.
        InputError: if the clip begins after the video's end.
        InstallError: if PyAV is not installed.
    """
    with opened(video.blob) as container:
        stream = video_stream(container, video.blob)
        seconds = _length(container, stream, video.blob)
        width, height = stream.codec_context.width, stream.codec_context.height
        rate = stream.average_rate
    first = next(shown_at(video.blob, [0.0]))[1]
    if display_matrix(first)[0] == 0:
        width, height = height, width
    start, end = _clip(video, seconds)
    return VideoInfo(end - start, float(rate or 0.0), width, height)


def frames(video: Video, count: int, max_side: int = MAX_SIDE) -> tuple[Frame, ...]:
    """Return `count` frames, or as many as there are, each from the middle of an equal part of the clip.

    The last few results are cached.

    Args:
        video: The video, or a clip of it.
        count: How many, from 1 up.
        max_side: Longer sides are shrunk to it, in pixels.

    Raises:
        MediaError, InputError, InstallError: as `probe`.
    """
    if count < 1:
        raise InputError(f"The number of frames is from 1 up, not {count}.", "Try 8.")
    return _frames(video, count, max_side)


@cached(_cache, key=lambda video, *size: (video.blob.key, video.start, video.end, *size), lock=_lock)
def _frames(video: Video, count: int, max_side: int) -> tuple[Frame, ...]:
    seconds = probe(video).seconds
    start = video.start or 0.0
    sampled = tuple(_at(video, [start + seconds * (2 * i + 1) / (2 * count) for i in range(count)], max_side))
    if not sampled:
        raise MediaError(f"{video.blob.shown} has no frame in its clip.", "Choose another start and end.")
    return sampled


def frames_at(video: Video, times: Sequence[float], max_side: int = MAX_SIDE) -> tuple[Frame, ...]:
    """Return the frames that are shown at times of the whole video, once each; the last few results are cached.

    Args:
        video: The video; its clip does not matter.
        times: Seconds from its start, increasing.
        max_side: Longer sides are shrunk to it, in pixels.

    Raises:
        MediaError, InstallError: as `probe`.
    """
    return _frames_at(video.blob, tuple(times), max_side)


@cached(_cache, key=lambda blob, *rest: (blob.key, *rest), lock=_lock)
def _frames_at(blob: Blob, times: tuple[float, ...], max_side: int) -> tuple[Frame, ...]:
    return tuple(_at(Video(blob), list(times), max_side))


def every(video: Video, seconds: float, max_side: int = MAX_SIDE) -> Iterator[Frame]:
    """Return a frame each `seconds` of the clip, in order and as they are decoded; raises as `probe` does."""
    if not seconds > 0:
        raise InputError(f"The time between frames is over 0 s, not {seconds}.", "Try 1.0.")
    start, length = video.start or 0.0, probe(video).seconds
    times = [start + i * seconds for i in range(max(1, math.ceil(length / seconds - 1e-9)))]
    yield from _at(video, times, max_side)


def _at(video: Video, times: list[float], max_side: int) -> Iterator[Frame]:
    """Return for each time the frame that is shown then, once each."""
    scaled: Scaler | None = None
    for at, frame in shown_at(video.blob, times):
        scaled = scaled or Scaler(max_side)
        yield Frame(round(at, 6), scaled(frame))


def _length(container: Any, stream: Any, blob: Blob) -> float:
    """Return the seconds from the first frame to the end, of the sound too, as the header says if it can be right."""
    zero = start_time(stream)
    seconds = 0.0
    if container.duration:  # Matroska counts it from 0, whenever the first frame is shown
        begins = 0.0 if "matroska" in container.format.name else (container.start_time or 0) / 1_000_000
        seconds = begins + float(container.duration) / 1_000_000 - zero
    elif stream.duration and stream.time_base:
        seconds = float(stream.duration * stream.time_base)
    if seconds > 0 and seconds + _EPSILON > _last_indexed(stream) - zero:
        return seconds
    last = step = 0.0  # streamed files don't say, and some say too little: read it through
    for packet in container.demux(stream):
        if packet.pts is not None:
            at = float(packet.pts * stream.time_base) - zero
            step, last = (at - last, at) if at > last else (step, last)
    if last == 0.0:
        raise MediaError(f"{blob.shown} has no length: it holds one frame or none.", "Give the picture instead.")
    return last + step


def _last_indexed(stream: Any) -> float:
    """Return the time of the last frame of a file's index, in the file's own seconds; 0.0 without an index."""
    entries = stream.index_entries
    return float(entries[-1].timestamp * stream.time_base) if len(entries) and stream.time_base else 0.0


def _clip(video: Video, seconds: float) -> tuple[float, float]:
    start = video.start or 0.0
    end = min(seconds, video.end) if video.end is not None else seconds
    if start >= end:
        raise InputError(
            f"{video.blob.shown} is {seconds:.1f} s long; the clip begins at {decimal(start)} s.",
            "Let it begin earlier.",
        )
    return start, end


def frame_at(video: Video, seconds: float, max_side: int = MAX_SIDE) -> Frame:
    """Return the frame that is shown at a time of the whole video.

    Raises:
        MediaError, InstallError: as `probe`.
    """
    return next(_at(video, [seconds], max_side))
