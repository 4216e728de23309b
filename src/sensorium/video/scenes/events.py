"""The events of a film: stretches whose frames look alike, from one decode, by thumbnails or by an embedder's features.

Frames to choose from are taken about each second, and where the picture has changed since the last one; never from the
middle of a change.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from threading import Lock

import numpy as np
from cachetools import LRUCache, cached
from numpy.typing import NDArray

from sensorium.core.blob import Blob, clear_on_forget
from sensorium.core.messages import Text
from sensorium.core.protocols import Embedder
from sensorium.media.decoding import FaultLog, Scaler, every_frame, opened, pixel_shape, video_stream
from sensorium.media.image import Pixels, bitmap
from sensorium.retrieval.hubness import QueryBank
from sensorium.video.scenes.cuts import Scene, changes, scenes_of
from sensorium.video.scenes.screens import sharpness, signature
from sensorium.video.scenes.signals import Floats, Measure, Signals, Thumbnail, collected, long_steps

MOST = 1200
"""The most frames that are taken to choose from; of longer films they lie further apart."""
_EVERY = 1.0  # seconds between two of them
_NEW = 18.0  # of 255: so different a thumbnail is taken earlier, ...
_STILL = 4.0  # ... once it differs by no more than this from the one before, ...
_WAIT = 0.2  # ... and so many seconds after the last one at the earliest
_SIDE = 384
_BATCH = 32
_DIP = 0.75  # features of one event that are less alike than this are two events
_SAME = 0.97  # scenes that lie side by side and are more alike than this are one event
_PEAK = 5  # frames whose mean nearness is how much of a query a film shows
_UNCHANGED = 2.0  # of 255: a thumbnail so near the last one has that one's features

_banks: LRUCache[tuple[str, str], QueryBank] = LRUCache(2)
_lock = Lock()
clear_on_forget(_banks.clear)


@dataclass(frozen=True, eq=False)
class Candidates:
    """Frames to choose from, in order.

    Args:
        times: Seconds of the film, (n,).
        features: Unit rows, (n, dims).
        pieces: Unit rows of the pieces of those frames that differ from the one before, (m, pieces, dims) float16; none
            without an embedder.
        of: The row of `pieces` that each frame has, (n,).
        sharpness: Of each, (n,).
        settled: Whether it lies outside of every fade and dissolve, (n,).
        events: The number of the event that each belongs to, from 0, (n,).
        scenes: The film's scenes.
        seconds: The film's length.
    """

    times: NDArray[np.float64]
    features: Floats
    pieces: NDArray[np.float16]
    of: NDArray[np.int64]
    sharpness: Floats
    settled: NDArray[np.bool_]
    events: NDArray[np.int64]
    scenes: tuple[Scene, ...]
    seconds: float

    def within(self, start: float, end: float) -> Candidates:
        """Return the frames of a part of the film, with its events numbered from 0; at least the nearest one."""
        inside = (self.times >= start - 1e-6) & (self.times < end)
        if not inside.any():
            inside[int(np.abs(self.times - (start + end) / 2).argmin())] = True
        events = np.unique(self.events[inside], return_inverse=True)[1].astype(np.int64)
        return Candidates(
            self.times[inside], self.features[inside], self.pieces, self.of[inside], self.sharpness[inside],
            self.settled[inside], events, self.scenes, end - start,
        )  # fmt: skip

    @property
    def count(self) -> int:
        """How many events there are."""
        return int(self.events.max()) + 1 if self.events.size else 0

    def relevance(self, question: str, embedder: Embedder) -> Relevance:
        """Return how near each frame is to a question; nothing is decoded.

        Args:
            question: In words.
            embedder: The one that the features are of.

        Raises:
            SensoriumError: what the embedder raises.
        """
        rows = np.concatenate(
            [np.asarray(embedder.embed([Text(question)]), dtype=np.float32), query_bank(embedder).rows]
        )
        near = np.stack([(part.astype(np.float32) @ rows.T).max(axis=0) for part in self.pieces])[self.of]
        peaks = np.sort(near, axis=0)[-_PEAK:].mean(axis=0)
        return Relevance(near[:, 0], float((peaks[1:] < peaks[0]).mean()))


@dataclass(frozen=True, eq=False)
class Relevance:
    """How near frames are to a question.

    Args:
        near: The cosine of the nearest piece of each, (n,).
        standing: The share of unrelated queries that nothing in the film is as near to: from 0, where the embedder
            sees nothing of the question in the film, to 1.
    """

    near: Floats
    standing: float


@cached(_banks, key=lambda embedder: (embedder.name, embedder.version), lock=_lock)
def query_bank(embedder: Embedder) -> QueryBank:
    """Return the unrelated queries in an embedder's space, embedded once."""
    return QueryBank.of(embedder)


def candidates(
    film: Blob,
    embedder: Embedder | None = None,
    every: float | None = None,
    log: FaultLog | None = None,
) -> Candidates:
    """Look at a film once and return frames to choose from, with their events.

    Args:
        film: A file is read as it is needed.
        embedder: Gives features, of which `relevance` can be asked; None for thumbnails.
        every: Seconds between frames; by default 1, or what gives 1,200 of them.
        log: Takes the parts that can't be decoded.

    Raises:
        MediaError: if it isn't a video, or nothing can be decoded.
        InstallError: if PyAV is not installed.
        SensoriumError: what the embedder raises.
    """
    taker = _Taker(embedder)
    measured = taker.run(film, every, log)
    found = scenes_of(measured)
    times = np.array(taker.times)
    pieces_of, of = taker.rows()
    features = pieces_of[of, 0].astype(np.float32)
    settled = np.ones(times.size, dtype=bool)
    for change in changes(measured):
        first, last = measured.times[change.first], measured.times[min(change.last, measured.frames - 1)]
        if last > first:
            settled &= (times <= first) | (times >= last)
    starts = np.array([scene.start for scene in found])
    scene_of = np.searchsorted(starts, times + 1e-6, side="right") - 1
    return Candidates(
        times, features, pieces_of, of, np.array(taker.sharpness, dtype=np.float32),
        settled, event_numbers(features, scene_of, settled), tuple(found), measured.seconds,
    )  # fmt: skip


def event_numbers(
    features: Floats, scene_of: NDArray[np.int64], settled: NDArray[np.bool_] | None = None
) -> NDArray[np.int64]:
    """Return the event of each frame: a scene, parted where its frames stop being alike, joined to one just like it.

    Args:
        features: Unit rows in order, (n, dims).
        scene_of: The scene of each, (n,), not decreasing.
        settled: Frames that may part a scene; those within a fade don't. None for all.
    """
    numbers = np.zeros(len(features), dtype=np.int64)
    if len(features) == 0:
        return numbers
    calm = np.ones(len(features), dtype=bool) if settled is None else settled
    first = 0  # of the event that is open
    for place in range(1, len(features)):
        alike = float(features[place] @ _mean(features[first:place]))
        if scene_of[place] != scene_of[place - 1]:
            parts = alike < _SAME
        else:
            parts = alike < _DIP and bool(calm[place]) and bool(calm[place - 1])
        numbers[place] = numbers[place - 1] + parts
        first = place if parts else first
    return numbers


def _mean(rows: Floats) -> Floats:
    total = rows.sum(axis=0)
    mean: Floats = total / max(1e-9, float(np.linalg.norm(total)))
    return mean


def pieces(pixels: Pixels) -> list[Pixels]:
    """Return a frame whole and in three squares along its longer side, in which things are larger."""
    height, width = pixels.shape[:2]
    side = min(height, width)
    starts = [round(share * (max(height, width) - side)) for share in (0.0, 0.5, 1.0)]
    squares = [pixels[:, at : at + side] if width >= height else pixels[at : at + side] for at in starts]
    return [pixels, *(np.ascontiguousarray(square) for square in squares)]


class _Taker:
    """Takes frames while a film is decoded, and embeds them in batches: no more than a batch is in memory."""

    def __init__(self, embedder: Embedder | None) -> None:
        self.times: list[float] = []
        self.sharpness: list[float] = []
        self._embedder = embedder
        self._pieces: list[NDArray[np.float16]] = []  # of the frames that differ from the one before
        self._of: list[int] = []  # which of these each taken frame has
        self._fresh = 0
        self._batch: list[Pixels] = []
        self._last: Floats | None = None
        self._before: Floats | None = None
        self._embedded: Floats | None = None

    def run(self, film: Blob, every: float | None, log: FaultLog | None) -> Signals:
        """Decode the film; return what was measured of all its frames."""
        with opened(film) as container:
            shape = pixel_shape(video_stream(container, film))
            seconds = float(container.duration or 0) / 1_000_000
        step = every or max(_EVERY, seconds / MOST)
        steps = long_steps(film)
        measure, thumbnail, scaled = Measure(steps), Thumbnail(), Scaler(_SIDE, shape, fast=True)
        times, rows, due = array("d"), array("f"), 0.0
        for at, frame in every_frame(film, log):
            small = thumbnail(frame)
            times.append(at)
            rows.extend(measure(small))
            now = small.astype(np.float32)
            if at >= due or self._is_new(now, at):
                self._take(at, scaled(frame), now)
                due = at + step
            self._before = now
        return collected(times, rows, steps, film)

    def rows(self) -> tuple[NDArray[np.float16], NDArray[np.int64]]:
        """Return the pieces' unit rows, (m, pieces, dims), and which of these each taken frame has."""
        self._flush()
        return np.concatenate(self._pieces), np.array(self._of, dtype=np.int64)

    def _is_new(self, now: Floats, at: float) -> bool:
        if self._last is None or self._before is None or at - self.times[-1] < _WAIT or len(self.times) >= 2 * MOST:
            return False
        if now.shape != self._last.shape or float(np.abs(now - self._before).mean()) > _STILL:
            return False
        return float(np.abs(now - self._last).mean()) > _NEW

    def _take(self, at: float, pixels: Pixels, small: Floats) -> None:
        self.times.append(at)
        self._last = small
        self.sharpness.append(sharpness(signature(pixels)))
        known = self._embedded
        if self._embedder is None:
            row = (small - small.mean()).ravel()
            self._pieces.append((row / max(1e-6, float(np.linalg.norm(row)))).astype(np.float16)[None, None])
            self._fresh += 1
        elif known is None or known.shape != small.shape or float(np.abs(known - small).mean()) > _UNCHANGED:
            self._embedded = small
            self._fresh += 1
            self._batch.append(pixels)
        self._of.append(self._fresh - 1)
        if len(self._batch) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        if self._embedder is None or not self._batch:
            return
        images = [bitmap(piece) for pixels in self._batch for piece in pieces(pixels)]
        vectors = np.asarray(self._embedder.embed(images), dtype=np.float32)
        self._pieces.append(vectors.reshape(len(self._batch), -1, vectors.shape[1]).astype(np.float16))
        self._batch = []
