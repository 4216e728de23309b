"""Numbers of every frame of a film, from one sequential decode: how bright, how sharp, how unlike those before it.

A frame is looked at as a thumbnail of about 48×27 pixels. A few seconds of thumbnails are in memory at a time; what
stays is about 125 bytes a frame, 11 MB for an hour at 25 frames a second.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.blob import Blob
from sensorium.core.messages import Video
from sensorium.media.decoding import UPRIGHT, FaultLog, display_matrix, every_frame, upright
from sensorium.media.video import probe

Floats = NDArray[np.float32]
SIDE = 48
"""Longer side of a thumbnail, in pixels."""
SHORT = 6
"""Steps back, in frames, over which a flash is told from a cut."""
LONG_SECONDS = (0.32, 0.64, 0.96, 1.28)
"""Steps back over which a dissolve is looked for."""
_EACH = 4  # numbers of each long step
_FIRST = 7  # numbers of a row before the differences
_CHANGED = 8.0  # of 255, after the root: a pixel of a thumbnail that changed; noise of a camera is under 4
_DUPLICATE_FPS = 61.0  # of a file that says more, the rate is not believed
_ROOT = (np.sqrt(np.arange(256) / 255) * 255).astype(np.float32)
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Signals:
    """What was measured of each frame; differences are mean and absolute, of 255.

    Brightness is taken to its root first, so that dark frames differ as visibly as they do to the eye.

    Args:
        times: Seconds of the film, (frames,).
        light: Mean brightness, of 255 and without the root, (frames,).
        contrast: Its standard deviation over the thumbnail, (frames,).
        detail: Mean brightness step between neighbouring pixels of the thumbnail, (frames,).
        short: Difference to the frame 1 to `SHORT` before, (frames, SHORT); 0 at the start.
        plain: Difference to the frame before without the root, (frames,).
        even: Difference to the frame before but for a change of all the light, (frames,).
        changed: Share of the pixels that differ from the frame before, (frames,).
        alike: How well the edges correlate with those of the frame before, whatever the exposure, (frames,), -1 to 1.
        steps: The numbers of frames that `long` looks back, as many as `LONG_SECONDS`.
        long: Difference to the frame `steps` before, (frames, steps).
        mixed: How unlike the frame in the middle of that is to the mean of both ends, (frames, steps).
        wide: Share of the pixels that differ from the frame `steps` before, (frames, steps).
        kept: How well the edges correlate with those of the frame `steps` before, (frames, steps), -1 to 1.
        fps: Frames a second, the median of the film.
        seconds: The film's length.
    """

    times: NDArray[np.float64]
    light: Floats
    contrast: Floats
    detail: Floats
    short: Floats
    plain: Floats
    even: Floats
    changed: Floats
    alike: Floats
    steps: tuple[int, ...]
    long: Floats
    mixed: Floats
    wide: Floats
    kept: Floats
    fps: float
    seconds: float

    @property
    def frames(self) -> int:
        """How many frames there are."""
        return len(self.times)


def thumbnails(film: Blob, side: int = SIDE, log: FaultLog | None = None) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Yield every frame as (its time in seconds, (height, width, 3) uint8 RGB), the longer side `side` pixels, upright.

    Raises:
        MediaError: if it isn't a video, or nothing can be decoded.
        InstallError: if PyAV is not installed.
    """
    make = Thumbnail(side)
    for at, frame in every_frame(film, log):
        yield at, make(frame)


class Thumbnail:
    """Makes thumbnails with ffmpeg's scaler; a film whose frames change their size keeps the size of the first."""

    def __init__(self, side: int = SIDE) -> None:
        self._side, self._size, self._matrix = side, (0, 0), UPRIGHT

    def __call__(self, frame: Any) -> NDArray[np.uint8]:
        from av.video.reformatter import VideoReformatter

        if not self._size[0]:
            self._reformatter = VideoReformatter()
            scale = self._side / max(frame.width, frame.height)
            self._size = max(2, round(frame.width * scale)), max(2, round(frame.height * scale))
            self._matrix = display_matrix(frame)
        small: Any = self._reformatter.reformat(frame, *self._size, "rgb24", interpolation="AREA").to_ndarray()
        return small if self._matrix == UPRIGHT else upright(small, self._matrix)


def signals(film: Blob, log: FaultLog | None = None) -> Signals:
    """Measure every frame of a film, in one pass.

    Args:
        film: A file is read as it is needed, whatever its size.
        log: Takes the parts that can't be decoded.

    Raises:
        MediaError: if it isn't a video, or nothing can be decoded.
        InstallError: if PyAV is not installed.
    """
    steps = long_steps(film)
    times, rows = array("d"), array("f")
    measure = Measure(steps)
    for at, small in thumbnails(film, log=log):
        times.append(at)
        rows.extend(measure(small))
    return collected(times, rows, steps, film)


def long_steps(film: Blob) -> tuple[int, ...]:
    """Return `LONG_SECONDS` in frames of a film, even numbers."""
    fps = probe_rate(film)
    return tuple(max(2, 2 * round(seconds * fps / 2)) for seconds in LONG_SECONDS)


def probe_rate(film: Blob) -> float:
    """Return the frames a second that the header states, from 1 to 61; 25 if it doesn't say."""
    from sensorium.media.decoding import opened, video_stream

    with opened(film) as container:
        rate = float(video_stream(container, film).average_rate or 25.0)
    return min(max(rate, 1.0), _DUPLICATE_FPS)


class Measure:
    """Measures frames that come in order; keeps as many thumbnails as the longest step needs."""

    def __init__(self, steps: tuple[int, ...]) -> None:
        self.steps = steps
        self.width = _FIRST + SHORT + _EACH * len(steps)
        self._room = max((*steps, SHORT)) + 1
        self._ring: Floats | None = None
        self._edges: Floats | None = None  # a ring too
        self._luma: Floats | None = None
        self._count = 0

    def __call__(self, small: NDArray[np.uint8]) -> list[float]:
        """Return a row of `width` numbers: see `collected` for their order."""
        flat = _ROOT[small].ravel()
        luma = small.astype(np.float32) @ _LUMA
        across, down = np.diff(luma, axis=1), np.diff(luma, axis=0)
        plain = 0.0 if self._luma is None or self._luma.shape != luma.shape else float(np.abs(luma - self._luma).mean())
        self._luma = luma
        edges = np.concatenate((across.ravel(), down.ravel()))
        edges = edges / (float(np.sqrt(edges @ edges)) + 1e-6)
        if self._ring is None or self._ring.shape[1] != flat.size:
            self._ring, self._count = np.zeros((self._room, flat.size), dtype=np.float32), 0
            self._edges = np.zeros((self._room, edges.size), dtype=np.float32)
        assert self._edges is not None
        ring, outlines, number = self._ring, self._edges, self._count
        ring[number % self._room], outlines[number % self._room] = flat, edges
        row = [float(luma.mean()), float(luma.std()), float(np.abs(across).mean() + np.abs(down).mean()), plain]
        if number:
            difference = flat - ring[(number - 1) % self._room]
            even = float(np.abs(difference - difference.mean()).mean())
            change = np.abs(difference)
            changed = float((change > _CHANGED).mean())
            alike = float(outlines[(number - 1) % self._room] @ edges)
            row += [even, changed, alike, float(change.mean())]
        else:
            row += [0.0, 0.0, 1.0, 0.0]
        for back in range(2, SHORT + 1):
            row.append(float(np.abs(flat - ring[(number - back) % self._room]).mean()) if number >= back else 0.0)
        for back in self.steps:
            if number < back:
                row += [0.0, 0.0, 0.0, 1.0]
                continue
            far, middle = ring[(number - back) % self._room], ring[(number - back // 2) % self._room]
            change = np.abs(flat - far)
            row.append(float(change.mean()))
            row.append(float(np.abs(middle - _root_of_mean(flat, far)).mean()))
            row.append(float((change > _CHANGED).mean()))
            row.append(float(outlines[(number - back) % self._room] @ edges))
        self._count += 1
        return row


def _root_of_mean(one: Floats, two: Floats) -> Floats:
    """Return the root of the mean of two brightnesses that are given by their roots, of 255."""
    mean: Floats = np.sqrt((one * one + two * two) * np.float32(0.5))
    return mean


def collected(times: array[float], rows: array[float], steps: tuple[int, ...], film: Blob) -> Signals:
    """Return the rows of `Measure` as `Signals`."""
    at = np.asarray(times, dtype=np.float64)
    table = np.asarray(rows, dtype=np.float32).reshape(len(at), -1)
    light, contrast, detail, plain, even, changed, alike = table[:, :_FIRST].T
    long = table[:, _FIRST + SHORT :].reshape(len(at), len(steps), _EACH)
    gaps = np.diff(at)
    gap = float(np.median(gaps[gaps > 0])) if (gaps > 0).any() else 0.04
    return Signals(
        at, light, contrast, detail, table[:, _FIRST : _FIRST + SHORT], plain, even, changed, alike, steps,
        long[..., 0], long[..., 1], long[..., 2], long[..., 3], 1 / gap, _seconds(film, at, gap),
    )  # fmt: skip


def _seconds(film: Blob, times: NDArray[np.float64], gap: float) -> float:
    """Return the length: to the end of the last frame, which headers state wrongly in some files."""
    from sensorium.core.errors import MediaError

    end = float(times[-1]) + gap
    try:
        stated = probe(Video(film)).seconds
    except MediaError:
        return end
    return stated if end <= stated <= end + max(1.0, 2 * gap) else end
