"""One pass over the frames of a film: small ones for cuts and the places of text, large ones where something is new."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from sensorium.core.blob import Blob
from sensorium.media.decoding import FaultLog, Scaler, every_frame, opened, pixel_shape, video_stream
from sensorium.media.image import Pixels
from sensorium.media.video import Frame
from sensorium.video.answers.looking.moving import MotionTeller, MotionWatcher
from sensorium.video.answers.looking.screens import THUMB_SIDE, Reader, ScreenReader, Thumb
from sensorium.video.answers.looking.seen import FilmScene, NamedFrame, SeenFilm
from sensorium.video.answers.looking.store import RunNotes
from sensorium.video.sampling import MAX_SIDE
from sensorium.video.scenes.cuts import scenes_of
from sensorium.video.scenes.signals import LONG_SECONDS, SIDE, Measure, Thumbnail, collected, probe_rate

THUMB_SECONDS = 0.1
"""Between two small frames."""
_READ_SIDE = 1280
_EPSILON = 1e-9
_NAMES, _MIN_PROBABILITY = 12, 0.01
_NAME_AFTER, _NAME_EVERY = 0.4, 2.0  # seconds into a scene, and between two named frames of it
_SAME = 4.0  # of 255, mean difference of two small frames that get the same names
Namer = Callable[[Pixels], Sequence[tuple[str, float]]]
"""Returns names for what pixels show, with probabilities, best first."""


class FilmPass:
    """Looks at a film once, as far as it is asked to.

    Args:
        film: The film.
        seconds: Its length.
        reader, namer, teller: Read large frames, name what they show, tell what moves; None to leave it out.
        notes: Keeps what they found.
    """

    def __init__(
        self,
        film: Blob,
        seconds: float,
        reader: Reader | None,
        namer: Namer | None,
        teller: MotionTeller | None,
        notes: RunNotes,
    ) -> None:
        self._film, self._seconds, self._namer, self._notes = film, seconds, namer, notes
        self._screens = None if reader is None else ScreenReader(reader, notes)
        self._motion = None if teller is None else MotionWatcher(teller, notes)
        self._log = FaultLog()
        with opened(film) as container:
            self._has_sound = bool(container.streams.audio)
            self._shape = pixel_shape(video_stream(container, film))
        fps = probe_rate(film)
        self._tolerance = min(THUMB_SECONDS, 1 / fps) / 2
        steps = tuple(max(2, 2 * round(seconds * fps / 2)) for seconds in LONG_SECONDS)
        self._tiny, self._measure = Thumbnail(SIDE), Measure(steps)
        self._times, self._rows = array("d"), array("f")
        self._named: list[NamedFrame] = []
        self._thumb_when_named: Thumb | None = None
        self._name_due = 0.0

    def frames(self, every: float) -> Iterator[Frame]:
        """Yield a frame each `every` seconds, as `sampling.sample` does, and look at all on the way."""
        thumbs, middle, large = (Scaler(side, self._shape, fast=True) for side in (THUMB_SIDE, MAX_SIDE, _READ_SIDE))
        last: Thumb | None = None
        thumb_due = frame_due = 0.0
        for at, frame in every_frame(self._film, self._log):
            self._times.append(at)
            self._rows.extend(self._measure(self._tiny(frame)))
            if at < thumb_due - self._tolerance:
                continue
            thumb_due = max(thumb_due, THUMB_SECONDS * math.floor(at / THUMB_SECONDS + 0.5)) + THUMB_SECONDS
            small = thumbs(frame)
            thumb = _brightness(small)
            is_cut = last is None or is_other_scene(last, thumb)
            last = thumb
            self._look(at, frame, thumb, is_cut, large)
            if self._motion is not None:
                self._motion.add(at, small, is_cut)
            if frame_due - THUMB_SECONDS / 2 <= at and frame_due < self._seconds - _EPSILON:
                frame_due = max(frame_due, every * math.floor(at / every + 0.5)) + every
                yield Frame(round(at, 6), middle(frame))

    def _look(self, at: float, frame: Any, thumb: Thumb, is_cut: bool, large: Scaler) -> None:
        if is_cut:
            self._name_due, self._thumb_when_named = at + _NAME_AFTER, None
        if self._screens is not None:
            self._screens.add(at, thumb, is_cut, lambda: large(frame))
        if self._namer is not None and at >= self._name_due:
            self._name_due = at + _NAME_EVERY
            before = self._thumb_when_named
            if before is None or float(np.abs(thumb - before).mean()) > _SAME:
                self._thumb_when_named = thumb
                self._named.append(NamedFrame(round(at, 3), self._names(at, lambda: large(frame))))

    def _names(self, at: float, large: Callable[[], Pixels]) -> tuple[tuple[str, float], ...]:
        known = self._notes.get("names", at)
        if known is None and self._namer is not None:
            known = [[name, round(float(score), 4)] for name, score in self._namer(large())]
            self._notes.put("names", at, known)
        return tuple((str(name), float(score)) for name, score in known[:_NAMES] if score >= _MIN_PROBABILITY)

    def seen(self) -> SeenFilm:
        """Return what the frames hold, once all have been looked at."""
        texts = () if self._screens is None else self._screens.finish(self._seconds)
        movements = None if self._motion is None else self._motion.finish()
        scenes = scenes_of(collected(self._times, self._rows, self._measure.steps, self._film))
        return SeenFilm(
            tuple(FilmScene(round(s.start, 3), round(max(s.start, s.end), 3), s.transition) for s in scenes),
            texts, tuple(self._named),
            movements, self._has_sound, tuple(self._log.faults),
        )  # fmt: skip


def is_other_scene(last: Thumb, thumb: Thumb) -> bool:
    """Whether two neighbouring small frames belong to different scenes."""
    return last.shape != thumb.shape or float(np.abs(thumb - last).mean()) > 27.0


def _brightness(pixels: Pixels) -> Thumb:
    grey: Thumb = pixels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    return grey
