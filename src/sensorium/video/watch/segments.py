"""The clips of a film that a chain looks at: cut along its scenes, and their frames from one decode."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sensorium.core.blob import Blob
from sensorium.core.errors import InputError, MediaError, quoted
from sensorium.core.messages import Image, Video
from sensorium.media.decoding import FaultLog, Scaler, opened, pixel_shape, shown_at, video_stream
from sensorium.media.image import encode
from sensorium.media.video import Frame, VideoInfo, probe
from sensorium.video.moments.film_index import film_digest

SEGMENT_SECONDS = 20.0
"""The longest clip that is described at once."""
_SHORTEST = 1.0  # a shorter scene joins its neighbour
_JPEG_QUALITY = 85


@dataclass(frozen=True)
class SourceFilm:
    """A film, or a clip of one, that questions are asked about.

    Args:
        name: Its file's name, "" if it has none.
        blob: Its bytes, or the file.
        start, end: Seconds of the film between which it is looked at.
        info: Size and rate; `info.seconds` is the length of the clip.
        digest: What tells it from others.
    """

    name: str
    blob: Blob
    start: float
    end: float
    info: VideoInfo
    digest: str

    @property
    def seconds(self) -> float:
        """The length that is looked at."""
        return self.end - self.start

    @classmethod
    def of(cls, video: Video) -> SourceFilm:
        """Return the film of a Video.

        Raises:
            MediaError: if it isn't a video, or is broken.
            InputError: if its clip begins after the film's end.
        """
        info, start = probe(video), video.start or 0.0
        name = video.blob.path.name if video.blob.path else ""
        return cls(name, video.blob, start, start + info.seconds, info, film_digest(video.blob))


@dataclass(frozen=True)
class Segment:
    """A clip of a film that is looked at with one question.

    Args:
        film: The film's place among those of the question, from 0.
        start, end: Seconds of the film.
    """

    film: int
    start: float
    end: float

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.end - self.start


def segments(
    start: float, end: float, boundaries: Iterable[float] = (), longest: float = SEGMENT_SECONDS
) -> list[tuple[float, float]]:
    """Return the clips of a film from `start` to `end`: whole scenes together up to `longest`, longer ones cut equally.

    Args:
        start, end: Seconds of the film.
        boundaries: Where scenes begin, in seconds of the film; those outside are left out.
        longest: Seconds of the longest clip.
    """
    if longest < _SHORTEST:
        raise InputError(f"A clip of {quoted(longest)} s is too short to be described.", "Try `segment_seconds=20`.")
    edges = [start, *sorted({edge for edge in boundaries if start + _SHORTEST <= edge <= end - _SHORTEST}), end]
    found: list[tuple[float, float]] = []
    for low, high in itertools.pairwise(edges):
        if found and high - found[-1][0] <= longest + 1e-9:
            found[-1] = (found[-1][0], high)
            continue
        if found and found[-1][1] - found[-1][0] < _SHORTEST:
            low = found.pop()[0]
        found.append((low, high))
    return [part for low, high in found for part in _equal(low, high, longest)]


def _equal(start: float, end: float, longest: float) -> list[tuple[float, float]]:
    count = max(1, -int(-(end - start - 1e-9) // longest))
    edges = [start + (end - start) * number / count for number in range(count)] + [end]
    return list(itertools.pairwise(edges))


def frame_times(start: float, end: float, count: int) -> list[float]:
    """Return `count` times, each in the middle of an equal part of a clip."""
    return [start + (end - start) * (2 * number + 1) / (2 * count) for number in range(count)]


def frames_at(
    film: Blob, times: Sequence[float], max_side: int, log: FaultLog | None = None
) -> Iterator[tuple[int, Frame]]:
    """Yield for each place in `times` (increasing) the frame that is shown then, with its own time, in one decode.

    Raises:
        MediaError: if it isn't a video, or nothing can be decoded.
    """
    taken, is_over = 0, False

    def feed() -> Iterator[float]:
        nonlocal taken, is_over
        for time in times:
            taken += 1
            yield time
        is_over = True

    with opened(film) as container:
        scaler = Scaler(max_side, pixel_shape(video_stream(container, film)))
    given, frame = 0, None
    for at, decoded in shown_at(film, feed(), log=log):
        frame = Frame(round(at, 6), scaler(decoded))
        until = taken if is_over else taken - 1
        for place in range(given, until):
            yield place, frame
        given = max(given, until)
    if frame is not None:  # the last frame is shown until the end
        for place in range(given, len(times)):
            yield place, frame


def segment_frames(
    film: SourceFilm, parts: Sequence[Segment], count: int, max_side: int, log: FaultLog | None = None
) -> Iterator[tuple[Segment, tuple[Image, ...]]]:
    """Yield each clip of one film with `count` frames, or fewer if it has fewer, as JPEG with their own times.

    Args:
        film: The film.
        parts: Its clips, in order; they may overlap.
        count: Frames of each clip.
        max_side: Longer sides are shrunk to it, in pixels.
        log: Takes the parts that can't be decoded.

    Raises:
        MediaError: if nothing can be decoded.
    """
    wanted = sorted((at, place) for place, part in enumerate(parts) for at in frame_times(part.start, part.end, count))
    owners = [place for _, place in wanted]
    left = {place: owners.count(place) for place in set(owners)}
    held: dict[int, dict[float, Image]] = {place: {} for place in left}
    last: tuple[float, Image] | None = None
    for number, frame in frames_at(film.blob, [at for at, _ in wanted], max_side, log):
        if last is None or last[0] != frame.at:
            last = frame.at, Image(encode(frame.pixels, "jpeg", _JPEG_QUALITY).blob, frame.at)
        place = owners[number]
        held[place].setdefault(frame.at, last[1])
        left[place] -= 1
        if left[place] == 0:
            yield parts[place], tuple(held.pop(place).values())
    if held:
        raise MediaError(f"{film.blob.shown} has no frame that can be decoded.", "Save it as MP4 and try again.")
