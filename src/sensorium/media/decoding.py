"""Decoding a video in one sequential pass: past what no wanted frame needs, past broken parts, in flat memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sensorium.core.blob import Blob
from sensorium.core.errors import MediaError
from sensorium.core.weights import importing
from sensorium.media.image import Pixels, resize

MAX_FRAME_PIXELS = 40_000_000
"""The most pixels of one frame; 8K has 33 million."""
Matrix = tuple[int, int, int, int]
"""a, b, c, d of a frame's display matrix, -1, 0 or 1: x, y of a pixel become a x + c y, b x + d y."""
UPRIGHT: Matrix = (1, 0, 0, 1)
_EPSILON = 1e-6  # seconds
_GAP_SECONDS = 0.5  # without packets, after a damaged one: some are missing
_BACK_SECONDS = (0.0, 2.0, 10.0)  # before the first wanted time, where a keyframe is looked for
_DOUBTED_SECONDS = 10.0  # after damage, if no keyframe comes: a film with intra refresh has none
_INTRA = 1  # AV_PICTURE_TYPE_I
_READ_BYTES = 1 << 18
_MAX_HELD_BYTES = 32_000_000  # of packets that wait for a keyframe
_CUT_OFF_SECONDS = 1.0  # less may be the length of the last frame
_MAX_READ_ERRORS = 100  # one after another, before the rest is given up


@dataclass(frozen=True)
class BrokenPart:
    """A part of a video that can't be decoded.

    Args:
        start, end: Seconds from the video's start.
        reason: The decoder's words.
    """

    start: float
    end: float
    reason: str


@dataclass
class FaultLog:
    """The parts that a pass could not decode, as they are met; neighbours are one."""

    faults: list[BrokenPart] = field(default_factory=list)

    def add(self, start: float, end: float, reason: str) -> None:
        """Add a part; it is joined to the last one if nothing was decoded between them."""
        if self.faults and start <= self.faults[-1].end + _EPSILON:
            start, reason = self.faults[-1].start, self.faults[-1].reason
            end = max(end, self.faults.pop().end)
        self.faults.append(BrokenPart(start, max(start, end), reason))


@contextmanager
def opened(blob: Blob) -> Iterator[Any]:
    """Return the video as a PyAV container; a file is read as it is needed.

    Raises:
        MediaError: if it is empty, isn't a video, or is broken.
        InstallError: if PyAV is not installed.
    """
    with importing("video"):
        import av
    with blob.open() as file:
        if not file.read(1):
            raise MediaError(f"{blob.shown} is empty.", "Record or save the video again.")
        file.seek(0)
        try:  # by a file, never by its name: a playlist must not make it open others
            container = av.open(file, metadata_errors="replace", buffer_size=_READ_BYTES)
        except (av.error.FFmpegError, ValueError) as error:
            raise broken(blob, error) from None
        with container:
            yield container


def video_stream(container: Any, blob: Blob) -> Any:
    """Return the stream of pictures; MediaError if there is only sound."""
    if not container.streams.video:
        raise MediaError(f"{blob.shown} has no frames, only sound.", "Give a video, or use it as audio.")
    return container.streams.video[0]


def start_time(stream: Any) -> float:
    """Return the time of the first frame, which some cameras do not start at 0."""
    return float(stream.start_time * stream.time_base) if stream.start_time else 0.0


def shown_at(
    blob: Blob, times: Iterable[float], exact: bool = True, log: FaultLog | None = None
) -> Iterator[tuple[float, Any]]:
    """Return for each time the frame that is shown then, once each, with its own time in seconds.

    One pass, as exact seeking costs more where keyframes are sparse. Packets between a wanted frame and the last
    keyframe before the next one are not decoded. What can't be decoded is left out, and noted in `log`.

    Args:
        blob: The video.
        times: Seconds from its start, increasing.
        exact: False also leaves out frames that no other refers to, which is faster: then a frame may be shown up to
            three frames before its time.
        log: Takes the broken parts.

    Raises:
        MediaError: if it isn't a video, or nothing can be decoded.
        InstallError: if PyAV is not installed.
    """
    wanted = iter(times)
    due = next(wanted, None)
    if due is None:
        return
    with opened(blob) as container:
        one_pass = _Pass(container, video_stream(container, blob), blob, exact, log or FaultLog(), due)
        one_pass.seek()
        shown: tuple[float, Any] | None = None
        for at, frame in one_pass.frames():
            chosen = None
            while due is not None and at > due + _EPSILON:
                chosen = shown or (at, frame)
                due = next(wanted, None)
                one_pass.due = due
            if chosen is not None:
                yield chosen
            if due is None:
                return
            shown = (at, frame)
        if shown is not None and due is not None:  # the last frame is shown until the end
            yield shown


def every_frame(blob: Blob, log: FaultLog | None = None) -> Iterator[tuple[float, Any]]:
    """Return every frame with its own time in seconds, in one pass; raises and logs as `shown_at` does."""
    with opened(blob) as container:
        yield from _Pass(container, video_stream(container, blob), blob, True, log or FaultLog(), 0.0).frames()


class _Pass:
    """One pass over the packets; `due` is the next time that a frame is wanted for, changed from outside."""

    def __init__(self, container: Any, stream: Any, blob: Blob, exact: bool, log: FaultLog, due: float) -> None:
        self.container, self.stream, self.blob, self.log = container, stream, blob, log
        self.due: float | None = due
        self.codec = stream.codec_context
        self.codec.thread_type = "AUTO"
        if not exact:
            self.codec.skip_frame = "NONREF"
        self.zero = start_time(stream)
        self.count = 0
        self.last = 0.0  # time of the last frame
        self._broken_from: tuple[float, str] | None = None
        self._after = -1.0  # frames before it belong to a group that was left out
        self._may_skip = False  # once a keyframe is seen to be whole: a film with intra refresh has none but the first
        self._keys: set[int] = set()
        self._damaged, self._order = False, 0.0
        self._doubted_from: float | None = None  # frames after damage are shown again from the next keyframe on
        self._to_keyframe = False  # what comes before it can't be decoded

    def seek(self) -> None:
        """Go to the keyframe before the first wanted time; where none is found, read from the start.

        A transport stream has no index: a seek ends anywhere, and the keyframe is farther back.
        """
        if not self.due or self.due <= 1.0 or not self.stream.time_base:
            return
        for back in _BACK_SECONDS:
            at = self.due - back
            if at > 1.0 and self._seek(at) and self._keyframe_ahead() and self._seek(at):
                self._to_keyframe = True
                return
        self.container.seek(0)

    def _seek(self, at: float) -> bool:
        try:
            ticks = max(0, int((at + self.zero) / self.stream.time_base))
            self.container.seek(ticks, stream=self.stream, backward=True)
        except OSError:  # av's errors are OSErrors
            return False
        return True

    def _keyframe_ahead(self) -> bool:
        """Whether a keyframe comes before the first wanted time from here on; this reads up to there."""
        import av

        try:
            for packet in self.container.demux(self.stream):
                start = self._seconds(packet.pts)
                late = start is None or self.due is None or start > self.due + _EPSILON
                if late or packet.is_keyframe:
                    return not late
        except (av.error.FFmpegError, ValueError):
            pass
        return False

    def frames(self) -> Iterator[tuple[float, Any]]:
        """Yield decoded frames in order with their times; raises MediaError if nothing comes."""
        held: list[Any] = []
        size = 0
        for packet in self._packets():
            start, order = self._seconds(packet.pts), self._seconds(packet.dts)
            if self._to_keyframe and not packet.is_keyframe:
                continue
            self._to_keyframe = False
            self._check(packet, order)
            if packet.is_keyframe and packet.pts is not None and not self._may_skip and self.count:
                self._keys = {packet.pts}
            due = self.due
            if start is None or order is None or due is None or not self._may_skip:
                held.append(packet)
            else:
                if packet.is_keyframe and start <= due + _EPSILON and held:
                    self.codec.flush_buffers()
                    held, size, self._after = [], 0, start
                held.append(packet)
                size += packet.size
                if order <= due + _EPSILON and size < _MAX_HELD_BYTES:
                    continue
            for each in held:
                yield from self._decoded(each)
            held, size = [], 0
        for each in held:
            yield from self._decoded(each)
        yield from self._decoded(None)
        if self._broken_from is not None:  # nothing came after it: all that the file promises is missing
            self.log.add(self._broken_from[0], max(self.last, self._promised()), self._broken_from[1])
        elif self.count and self._is_cut_off():
            self.log.add(self.last, self._promised(), "the file ends early")
        if self.count == 0:
            raise broken(
                self.blob, self._broken_from[1] if self._broken_from else "it has no frame that can be decoded"
            )

    def _promised(self) -> float:
        """Return where the pictures end, as the file says; 0.0 if it doesn't."""
        if self.stream.duration:
            return float(self.stream.duration * self.stream.time_base)
        return self.container.duration / 1e6 if self.container.duration else 0.0

    def _is_cut_off(self) -> bool:
        """Whether a file promises more pictures than it holds; of Matroska, without a full index, also more sound."""
        import av

        if self.last >= (promised := self._promised() - _CUT_OFF_SECONDS):
            return False
        if self.stream.duration:  # an index tells more than that: it may be wrong
            entries = self.stream.index_entries
            return bool(len(entries)) and (self._seconds(entries[-1].timestamp) or 0.0) > self.last + _CUT_OFF_SECONDS
        try:
            self.container.seek(int(self.last * av.time_base))
            ends = (float(p.pts * p.time_base) for p in self.container.demux() if p.pts is not None)
            return max(ends, default=0.0) < promised
        except (av.error.FFmpegError, ValueError):
            return True

    def _check(self, packet: Any, order: float | None) -> None:
        """Note a damaged packet, and what is missing after it."""
        if packet.is_corrupt:
            self._damaged, self._doubted_from = True, self.last
            self._note("packets are damaged")
        if order is not None:
            if self._damaged and order > self._order + _GAP_SECONDS:
                self.log.add(max(0.0, self._order), order, "packets are missing")
                self._damaged = False
            self._order = order

    def _packets(self) -> Iterator[Any]:
        import av

        errors = 0
        while errors < _MAX_READ_ERRORS:
            try:
                for packet in self.container.demux(self.stream):
                    if packet.size:  # the last one, to flush with, is empty
                        errors = 0
                        yield packet
                return
            except (av.error.FFmpegError, ValueError) as error:
                errors += 1
                self._note(error)

    def _decoded(self, packet: Any) -> Iterator[tuple[float, Any]]:
        import av

        try:
            frames = self.codec.decode(packet)
        except (av.error.FFmpegError, ValueError) as error:
            self._note(error)
            self._doubted_from = self.last
            return
        for frame in frames:
            if frame.width * frame.height > MAX_FRAME_PIXELS:
                size = f"{frame.width}×{frame.height}"
                raise MediaError(f"{self.blob.shown} has frames of {size}.", "Make it smaller first.")
            own = self._seconds(frame.pts)
            at = max(0.0, self.count / float(self.stream.average_rate or 25) if own is None else own)
            if at < self._after - _EPSILON:
                continue
            self._after = -1.0
            if frame.pts in self._keys:
                self._may_skip = frame.pict_type == _INTRA
            if self._doubted_from is not None:
                if not (frame.key_frame or at > self._doubted_from + _DOUBTED_SECONDS) and self.count:
                    self._note("frames refer to damaged ones")
                    continue
                self._doubted_from = None
            self.count += 1
            if frame.is_corrupt:
                self._note("frames are damaged")
            elif self._broken_from is not None:
                self.log.add(self._broken_from[0], at, self._broken_from[1])
                self._broken_from = None
            self.last = at
            yield at, frame

    def _note(self, error: Exception | str) -> None:
        if self._broken_from is None:
            self._broken_from = (self.last, _reason(error))

    def _seconds(self, ticks: int | None) -> float | None:
        return None if ticks is None else float(ticks * self.stream.time_base) - self.zero


class Scaler:
    """Turns decoded frames into pixels; ffmpeg's scaler is made once, and the first frame says what is upright.

    Args:
        max_side: Longer sides are shrunk to it, in pixels.
        shape: Width of a pixel over its height, as the stream says.
        fast: Leave all scaling to ffmpeg's scaler; else it goes to twice the size at most, and Lanczos does the rest.
    """

    def __init__(self, max_side: int, shape: float = 1.0, fast: bool = False) -> None:
        from av.video.reformatter import VideoReformatter

        self._max_side, self._shape, self._fast = max_side, shape, fast
        self._reformatter = VideoReformatter()
        self._matrix: Matrix | None = None

    def __call__(self, frame: Any) -> Pixels:
        """Return a frame as (height, width, 3) uint8 RGB, upright, not writable."""
        if self._matrix is None:
            self._matrix = display_matrix(frame)
        width = frame.width * self._shape
        scale = min(1.0, self._max_side / max(width, frame.height))
        if not self._fast:  # ffmpeg's own scaler first: much less to convert
            scale = min(1.0, 2 * scale)
        size = (max(1, round(width * scale)), max(1, round(frame.height * scale)))
        scaled: Any = self._reformatter.reformat(frame, *size, "rgb24", interpolation="BICUBIC").to_ndarray()
        out = resize(scaled, self._max_side)
        if self._matrix != UPRIGHT:
            out = upright(out, self._matrix)
        out.setflags(write=False)
        return out


def pixel_shape(stream: Any) -> float:
    """Return width over height of a stream's pixels: 1.0 but for anamorphic films."""
    ratio = stream.codec_context.sample_aspect_ratio
    return float(ratio) if ratio and 0.2 < float(ratio) < 5 else 1.0


def display_matrix(frame: Any) -> Matrix:
    """Return how a frame is turned or mirrored to be upright: phones write it beside the frames.

    PyAV's side data and its frame hold each other: ask for it of few frames, or their memory is freed late.
    """
    for data in frame.side_data:
        if data.type.name == "DISPLAYMATRIX":
            a, b, _, c, d = np.frombuffer(bytes(data), dtype=np.int32)[:5].tolist()
            if max(abs(a), abs(d)) > max(abs(b), abs(c)):
                return _sign(a), 0, 0, _sign(d)
            return 0, _sign(b), _sign(c), 0
    return UPRIGHT


def _sign(value: int) -> int:
    return -1 if value < 0 else 1


def upright(pixels: Pixels, matrix: Matrix) -> Pixels:
    """Return a frame turned and mirrored as its `display_matrix` says."""
    a, b, c, d = matrix
    out = pixels.transpose(1, 0, 2) if a == 0 else pixels
    out = out[:, ::-1] if a + c < 0 else out
    return np.ascontiguousarray(out[::-1] if b + d < 0 else out)


def broken(blob: Blob, error: Exception | str) -> MediaError:
    """Return the error of a file that isn't a video, or is broken."""
    return MediaError(f"{blob.shown} isn't a video, or is broken: {_reason(error)}.", "Save it as MP4 and try again.")


def _reason(error: Exception | str) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return (" ".join(text.split()) or type(error).__name__)[:120]
