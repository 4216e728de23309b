"""Videos: their size and length, and frames of them in one sequential pass."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from cachetools import LRUCache, cached

from sensorium.core.blob import Blob, clear_on_forget
from sensorium.core.errors import InputError, MediaError
from sensorium.core.messages import Video
from sensorium.core.weights import importing
from sensorium.media.image import Pixels, resize

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

MAX_FRAME_PIXELS = 40_000_000
"""The most pixels of one frame; 8K has 33 million."""
MAX_SIDE = 1280
"""Frames are shrunk to this longest side, in pixels, unless the caller says otherwise."""
_Matrix = tuple[int, int, int, int]
"""a, b, c, d of a frame's display matrix, -1, 0 or 1: x, y of a pixel become a x + c y, b x + d y."""
_UPRIGHT: _Matrix = (1, 0, 0, 1)
_CACHED = 2


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
    with _opened(video.blob) as container:
        stream = _pictures(container, video.blob)
        seconds = _length(container, stream, video.blob)
        width, height = stream.codec_context.width, stream.codec_context.height
        rate = stream.average_rate
    turned = _turn(video.blob)
    if turned[0] == 0:
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


@cached(_cache, key=lambda video, *size: (video.blob.digest, video.start, video.end, *size), lock=_lock)
def _frames(video: Video, count: int, max_side: int) -> tuple[Frame, ...]:
    seconds = probe(video).seconds
    start = video.start or 0.0
    sampled = tuple(_at(video, [start + seconds * (2 * i + 1) / (2 * count) for i in range(count)], max_side))
    if not sampled:
        raise MediaError(f"{video.blob.shown} has no frame in its clip.", "Choose another start and end.")
    return sampled


def every(video: Video, seconds: float, max_side: int = MAX_SIDE) -> Iterator[Frame]:
    """Return a frame each `seconds` of the clip, in order and as they are decoded; raises as `probe` does."""
    if not seconds > 0:
        raise InputError(f"The time between frames is over 0 s, not {seconds}.", "Try 1.0.")
    start, length = video.start or 0.0, probe(video).seconds
    times = [start + i * seconds for i in range(max(1, math.ceil(length / seconds - 1e-9)))]
    yield from _at(video, times, max_side)


def _at(video: Video, times: list[float], max_side: int) -> Iterator[Frame]:
    """Return for each time the frame that is shown then, once each; one pass, as exact seeking costs more."""
    turned = _turn(video.blob)
    with _opened(video.blob) as container:
        stream = _pictures(container, video.blob)
        stream.thread_type = "AUTO"
        zero = _zero(stream)
        if times[0] > 1.0 and stream.time_base:
            # to the keyframe before the first time; a file without an index is read from its start
            container.seek(max(0, int((times[0] + zero) / stream.time_base)), stream=stream, backward=True)
        wanted = iter(times)
        due: float | None = next(wanted)
        shown: tuple[float, Any] | None = None
        for at, frame in _decoded(container, stream, zero, video.blob):
            chosen = None
            while due is not None and at > due + 1e-6:
                chosen = shown or (at, frame)
                due = next(wanted, None)
            if chosen is not None:
                yield Frame(round(chosen[0], 3), _pixels(chosen[1], turned, max_side))
            if due is None:
                return
            shown = (at, frame)
        if shown is not None and due is not None:  # the last frame is shown until the end
            yield Frame(round(shown[0], 3), _pixels(shown[1], turned, max_side))


def _decoded(container: Any, stream: Any, zero: float, blob: Blob) -> Iterator[tuple[float, Any]]:
    import av

    count = 0
    try:
        for frame in container.decode(stream):
            if frame.width * frame.height > MAX_FRAME_PIXELS:
                raise MediaError(f"{blob.shown} has frames of {frame.width}×{frame.height}.", "Make it smaller first.")
            at = frame.time if frame.time is not None else count / float(stream.average_rate or 25)
            count += 1
            yield max(0.0, at - zero), frame
    except (av.error.FFmpegError, ValueError) as error:
        if count == 0:  # a video that ends early can be used up to there
            raise _broken(blob, error) from None


def _pixels(frame: Any, turned: _Matrix, max_side: int) -> Pixels:
    scale = min(1.0, max_side / max(frame.width, frame.height))
    if scale < 0.5:  # ffmpeg's own scaler first: much less to convert
        size = {"width": max(1, round(frame.width * scale * 2)), "height": max(1, round(frame.height * scale * 2))}
        frame = frame.reformat(**size)
    out = resize(frame.to_ndarray(format="rgb24"), max_side)
    if turned != _UPRIGHT:
        out = _turned(out, turned)
    out.setflags(write=False)
    return out


def _opened(blob: Blob) -> AbstractContextManager[Any]:
    with importing("video"):
        import av
    if not blob.data:
        raise MediaError(f"{blob.shown} is empty.", "Record or save the video again.")
    try:
        container: AbstractContextManager[Any] = av.open(io.BytesIO(blob.data), metadata_errors="replace")
    except (av.error.FFmpegError, ValueError) as error:
        raise _broken(blob, error) from None
    return container


def _pictures(container: Any, blob: Blob) -> Any:
    if not container.streams.video:
        raise MediaError(f"{blob.shown} has no frames, only sound.", "Give a video, or use it as audio.")
    return container.streams.video[0]


def _zero(stream: Any) -> float:
    """The time of the first frame, which some cameras do not start at 0."""
    return float(stream.start_time * stream.time_base) if stream.start_time else 0.0


def _length(container: Any, stream: Any, blob: Blob) -> float:
    if container.duration:
        return float(container.duration) / 1_000_000
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    last = step = 0.0  # streamed files don't say: count
    for at, _ in _decoded(container, stream, _zero(stream), blob):
        last, step = at, at - last
    if last == 0.0:
        raise MediaError(f"{blob.shown} has no length: it holds one frame or none.", "Give the picture instead.")
    return last + step


def _clip(video: Video, seconds: float) -> tuple[float, float]:
    start = video.start or 0.0
    end = min(seconds, video.end) if video.end is not None else seconds
    if start >= end:
        raise InputError(
            f"{video.blob.shown} is {seconds:.1f} s long; the clip begins at {start:g} s.", "Let it begin earlier."
        )
    return start, end


def _turn(blob: Blob) -> _Matrix:
    """Return how the frames are turned or mirrored to be upright: phones write it beside them."""
    import av

    with _opened(blob) as container:
        try:
            frame = next(iter(container.decode(_pictures(container, blob))), None)
        except (av.error.FFmpegError, ValueError) as error:
            raise _broken(blob, error) from None
    for data in () if frame is None else frame.side_data:
        if data.type.name == "DISPLAYMATRIX":
            a, b, _, c, d = np.frombuffer(bytes(data), dtype=np.int32)[:5].tolist()
            if max(abs(a), abs(d)) > max(abs(b), abs(c)):
                return _sign(a), 0, 0, _sign(d)
            return 0, _sign(b), _sign(c), 0
    return _UPRIGHT


def _sign(value: int) -> int:
    return -1 if value < 0 else 1


def _turned(pixels: Pixels, matrix: _Matrix) -> Pixels:
    a, b, c, d = matrix
    out = pixels.transpose(1, 0, 2) if a == 0 else pixels
    out = out[:, ::-1] if a + c < 0 else out
    return np.ascontiguousarray(out[::-1] if b + d < 0 else out)


def _broken(blob: Blob, error: Exception) -> MediaError:
    reason = " ".join(str(error).split()) or type(error).__name__
    return MediaError(f"{blob.shown} isn't a video, or is broken: {reason[:120]}.", "Save it as MP4 and try again.")
