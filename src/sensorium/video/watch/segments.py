"""The clips of a film that a chain looks at, cut along its scenes, and the frames that a model is shown at once."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sensorium.core.blob import Blob
from sensorium.core.errors import InputError, InstallError, MediaError, quoted
from sensorium.core.messages import Image, Video
from sensorium.core.protocols import Embedder
from sensorium.media.decoding import FaultLog, Scaler, opened, pixel_shape, shown_at, video_stream
from sensorium.media.image import encode
from sensorium.media.video import Frame, VideoInfo, probe
from sensorium.video.moments.film_index import film_digest
from sensorium.video.scenes.frames import choose

SEGMENT_SECONDS = 20.0
"""The longest clip that is described at once."""
_SHORTEST = 1.0  # a shorter scene joins its neighbour
_JPEG_QUALITY = 85
_CHOICE_VERSION = 1  # changes with how frames are chosen: those that were chosen before are not used
_AROUND_SECONDS = 0.5  # of a frame, that it stands for, as one at a second does
_LISTED = 3
Keep = Callable[[dict[str, Any], Callable[[], dict[str, Any]]], dict[str, Any]]
"""Returns what is stored under a key, or what a function makes, which is stored then."""


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


@dataclass(frozen=True)
class ShownFrames:
    """The frames of a film that are shown at once.

    Args:
        images: In order, each with its own time.
        parts: What was looked at: the whole, or a second around each frame of a film that has many more.
        why: How they were chosen, in a sentence, "" if they cover the whole.
        note: What was not looked at, "" if nothing.
    """

    images: tuple[Image, ...]
    parts: tuple[Segment, ...]
    why: str = ""
    note: str = ""


def shown_frames(
    film: SourceFilm, number: int, count: int, embedder: Embedder | None, question: str, max_side: int, keep: Keep
) -> ShownFrames:
    """Return up to `count` frames of a film: at equal distances if there is one a second, else those for the question.

    Args:
        film: The film.
        number: Its place among those of the question, from 0.
        count: Frames at most.
        embedder: Tells which are near to the question; None to take different ones.
        question: What is asked.
        max_side: Longer sides are shrunk to it, in pixels.
        keep: Stores which frames were chosen: the film is looked through once for a question.

    Raises:
        MediaError: if nothing can be decoded.
        SensoriumError: what the embedder raises, unless it isn't installed.
    """
    whole = Segment(number, film.start, film.end)
    if film.seconds <= count:
        ((_, images),) = segment_frames(film, [whole], count, max_side)
        return ShownFrames(images, (whole,))
    by = "" if embedder is None else f"{embedder.name} {embedder.version}"
    key = {
        "step": "frames", "version": _CHOICE_VERSION, "film": film.digest, "start": film.start, "end": film.end,
        "count": count, "by": by, "question": question,
    }  # fmt: skip

    def chosen() -> dict[str, Any]:
        part = film.start, film.end
        try:
            found = choose(film.blob, count, embedder, question, "auto", max_side, part=part)
            missing = ""
        except InstallError as error:
            found = choose(film.blob, count, None, question, "auto", max_side, part=part)
            missing = f" ({error.message})"
        return {"times": [frame.at for frame in found.frames], "why": found.why + missing}

    stored = keep(key, chosen)
    frames = {frame.at: frame for _, frame in frames_at(film.blob, stored["times"], max_side)}
    images = tuple(Image(encode(frame.pixels, "jpeg", _JPEG_QUALITY).blob, at) for at, frame in frames.items())
    around = [(at - _AROUND_SECONDS, at + _AROUND_SECONDS) for at in frames]
    parts = tuple(Segment(number, *(max(film.start, min(edge, film.end)) for edge in edges)) for edges in around)
    return ShownFrames(images, parts, stored["why"], _unseen(film, parts, len(images)))


def _unseen(film: SourceFilm, parts: Sequence[Segment], frames: int) -> str:
    """Return what lies between frames, in words: how much, and the longest stretches in order."""
    edges = [film.start, *(edge for part in parts for edge in (part.start, part.end)), film.end]
    gaps = [(low, high) for low, high in zip(edges[::2], edges[1::2], strict=True) if high > low]
    longest = sorted(sorted(gaps, key=lambda gap: gap[0] - gap[1])[:_LISTED])
    listed = ", ".join(f"{low:.1f} s to {high:.1f} s" for low, high in longest)
    more = f" and {len(gaps) - len(longest)} shorter stretches" if len(gaps) > len(longest) else ""
    seconds = sum(high - low for low, high in gaps)
    return f"{frames} frames were looked at; {seconds:.0f} s between them were not: {listed}{more}." if gaps else ""
