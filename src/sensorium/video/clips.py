"""Clips: a part of a film as a file, exact in time; copied where a keyframe allows it, else encoded again."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from sensorium.core.blob import Blob
from sensorium.core.errors import InputError, MediaError, quoted
from sensorium.core.files import unwritable
from sensorium.media.decoding import Scaler, broken, opened, start_time, video_stream
from sensorium.media.times import decimal

_CONTAINERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska"}
_ENCODERS = (("libx264", {"crf": "18", "preset": "veryfast"}), ("mpeg4", {"qscale": "3"}))
_TICKS = Fraction(1, 90_000)
_EPSILON = 1e-3


@dataclass(frozen=True)
class Clip:
    """A clip that was cut.

    Args:
        path: Its file.
        start, end: Seconds of the film: its first frame, and the end of its last.
        copied: Whether the frames are the film's own, not encoded again.
    """

    path: Path
    start: float
    end: float
    copied: bool


def cut(film: Blob, start: float, end: float, path: Path) -> Clip:
    """Write the frames shown from `start` to `end` seconds, with the sound, and return the clip.

    If the frame shown at `start` is a keyframe, nothing is encoded again.

    Args:
        film: The film.
        start, end: Seconds from its start.
        path: Where; its ending says the container: .mp4, .mov or .mkv.

    Raises:
        MediaError: if the film is broken there.
        InputError: if the clip has no length, or the file can't be written.
    """
    if not end > start:
        raise InputError(
            f"A clip from {decimal(start)} s to {decimal(end)} s has no length.", "Let it end after its start."
        )
    container = _CONTAINERS.get(path.suffix.lower())
    if container is None:
        raise InputError(f"A clip can't be written as {quoted(path.suffix)}.", "Use .mp4, .mov or .mkv.")
    if not path.parent.is_dir():
        raise unwritable(path, FileNotFoundError(2, "No such folder"))
    import av

    beside = path.with_name(f".{path.name[:80]}.{os.getpid()}.new")
    try:
        keyframe = _keyframe_at(film, start)
        try:
            times = None if keyframe is None else _copied(film, keyframe, end, beside, container)
        except (av.error.FFmpegError, ValueError):  # a codec that the container does not take
            times = None
        copied = times is not None
        times = times or _encoded(film, start, end, beside, container)
        os.replace(beside, path)
    except MediaError:
        raise
    except (av.error.FFmpegError, ValueError) as error:
        raise broken(film, error) from None
    except OSError as error:
        raise unwritable(path, error) from None
    finally:
        beside.unlink(missing_ok=True)
    return Clip(path, *times, copied)


def _keyframe_at(film: Blob, start: float) -> float | None:
    """Return the time of the keyframe that is shown at `start`; None if the frame shown then isn't one."""
    with opened(film) as container:
        stream = video_stream(container, film)
        zero = start_time(stream)
        _seek(container, stream, start + zero)
        shown, is_key = None, False
        for packet in container.demux(stream):
            if packet.pts is None or not packet.size:
                continue
            at = float(packet.pts * stream.time_base) - zero
            if at <= start + _EPSILON and (shown is None or at > shown):
                shown, is_key = at, packet.is_keyframe
            if packet.dts is not None and float(packet.dts * stream.time_base) - zero > start + _EPSILON:
                break
        return shown if is_key else None


def _copied(film: Blob, start: float, end: float, path: Path, container: str) -> tuple[float, float]:
    """Copy packets from a keyframe on; return the times of the first frame and of the end of the last.

    Frames after `end` that earlier ones refer to are copied too: such a clip ends up to a few frames later.
    """
    import av

    with opened(film) as source, av.open(str(path), "w", format=container) as out:
        video = video_stream(source, film)
        streams = {video.index: out.add_stream_from_template(video)}
        for audio in source.streams.audio[:1]:
            streams[audio.index] = out.add_stream_from_template(audio)
        zero = start_time(video)
        _seek(source, video, start + zero)
        last, highest, open_streams = start, -1.0, set(streams)
        for packet in source.demux([source.streams[index] for index in streams]):
            if packet.pts is None or packet.dts is None or packet.stream_index not in open_streams:
                continue
            at = float(packet.pts * packet.time_base) - zero
            if packet.stream_index == video.index:
                # the first frame of the next group that refer to each other, and all before the end are there
                over = at > highest >= 0 and last >= end - _EPSILON
            else:
                over = at >= end
            if over:
                open_streams.discard(packet.stream_index)
                if not open_streams:
                    break
                continue
            if at < start - _EPSILON:
                continue
            if packet.stream_index == video.index:
                highest = max(highest, at)
                last = max(last, at + float((packet.duration or 0) * packet.time_base))
            shift = round((start + zero) / packet.time_base)
            packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
            packet.stream = streams[packet.stream_index]
            out.mux(packet)
    return start, last


def _encoded(film: Blob, start: float, end: float, path: Path, container: str) -> tuple[float, float]:
    """Encode the frames from `start` to `end` again, and the sound; return the times of the first and of the end."""
    import av

    with opened(film) as source, av.open(str(path), "w", format=container) as out:
        video = video_stream(source, film)
        audio = next(iter(source.streams.audio), None)
        heard = None
        if audio is not None:
            heard = out.add_stream("aac", rate=audio.rate)
        zero = start_time(video)
        _seek(source, video, start + zero)
        video.thread_type = "AUTO"
        write = _FrameWriter(out, video, start, end)
        resampler = None if heard is None else av.AudioResampler("fltp", heard.layout, heard.rate)
        done = False
        for packet in source.demux([stream for stream in (video, audio) if stream is not None]):
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                continue
            for frame in frames:
                if frame.pts is None:
                    continue
                at = float(frame.pts * frame.time_base) - zero
                if packet.stream.type == "video":
                    done = write(at, frame) or done
                elif resampler is not None and heard is not None and start <= at < end:
                    frame.pts = round((at - start) / frame.time_base)
                    _mux_audio(out, heard, resampler.resample(frame))
            if done:
                break
        first, last = write.finish()
        if heard is not None and resampler is not None:
            _mux_audio(out, heard, resampler.resample(None))
            out.mux(heard.encode(None))
    if first is None:
        raise MediaError(
            f"{quoted(film.shown)} has no frame from {decimal(start)} s to {decimal(end)} s that can be decoded.",
            "Cut another part.",
        )
    return first, last


class _FrameWriter:
    """Encodes the frames shown within a clip; the one before it is shown at its start."""

    def __init__(self, out: Any, video: Any, start: float, end: float) -> None:
        self._out, self._video, self._start, self._end = out, video, start, end
        self._scaled: Callable[[Any], Any] = Scaler(1 << 15)
        self._stream: Any = None
        self._before: tuple[float, Any] | None = None
        self.first: float | None = None

    def __call__(self, at: float, frame: Any) -> bool:
        """Take the next decoded frame; return whether the clip is over."""
        if at <= self._start + _EPSILON:
            self._before = (at, frame)
            return False
        if at >= self._end - _EPSILON:
            return True
        self._flush()
        self._encode(at, frame)
        return False

    def finish(self) -> tuple[float | None, float]:
        self._flush()
        if self._stream is not None:
            self._out.mux(self._stream.encode(None))
        return self.first, self._end

    def _flush(self) -> None:
        if self._before is not None and self.first is None:
            self._encode(*self._before)
        self._before = None

    def _encode(self, at: float, frame: Any) -> None:
        import av

        pixels = self._scaled(frame)
        pixels = pixels[: pixels.shape[0] // 2 * 2, : pixels.shape[1] // 2 * 2]  # 4:2:0 has even sides
        if self._stream is None:
            self._stream = _encoder(self._out, self._video.average_rate or 25, pixels.shape[1], pixels.shape[0])
        self.first = at if self.first is None else self.first
        new = av.VideoFrame.from_ndarray(pixels.copy(), format="rgb24")
        new.pts, new.time_base = round(max(0.0, at - self._start) / _TICKS), _TICKS
        self._out.mux(self._stream.encode(new))


def _encoder(out: Any, rate: Any, width: int, height: int) -> Any:
    import av

    for name, options in _ENCODERS:
        try:
            stream = out.add_stream(name, rate=Fraction(rate).limit_denominator(60_000), options=dict(options))
        except (av.error.FFmpegError, ValueError):
            continue
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = _TICKS
        return stream
    raise InputError("This PyAV has no encoder for video.", "Type: pip install --force-reinstall av")


def _mux_audio(out: Any, stream: Any, frames: list[Any]) -> None:
    for frame in frames:
        out.mux(stream.encode(frame))


def _seek(container: Any, stream: Any, seconds: float) -> None:
    if seconds > 1.0 and stream.time_base:
        container.seek(int(seconds / stream.time_base), stream=stream, backward=True)
