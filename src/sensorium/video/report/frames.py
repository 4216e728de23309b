"""The frame of each piece of evidence: which film it is from, and what is seen there."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sensorium.core.blob import Blob
from sensorium.core.errors import InputError, MediaError, quoted
from sensorium.core.messages import Video
from sensorium.media.decoding import Scaler, opened, pixel_shape, shown_at, video_stream
from sensorium.media.image import Pixels
from sensorium.media.video import probe
from sensorium.video.sheet import clock
from sensorium.video.watch.evidence import Source, TimedEvidence, film_names

LABELS: dict[Source, str] = {
    "seen": "Seen",
    "read": "Read",
    "heard": "Heard",
    "moves": "Moves",
    "described": "Described by a model",
    "told": "A model's word alone",
}
"""A source in words."""


@dataclass(frozen=True)
class NamedFilm:
    """A film that was asked about.

    Args:
        name: Its file's name, "film 1" if it has none.
        blob: Its bytes, or the file.
        seconds: Its length.
        size: Width and height of a frame as it is shown, in pixels.
    """

    name: str
    blob: Blob
    seconds: float
    size: tuple[int, int]


@dataclass(frozen=True)
class PlacedEvidence:
    """A piece of evidence and the place of its film among those that were asked about, from 0."""

    film: int
    evidence: TimedEvidence

    @property
    def middle(self) -> float:
        """Seconds of the film: what a fade shows at its start isn't what was seen."""
        return (self.evidence.start + self.evidence.end) / 2


def named_films(films: Sequence[Blob]) -> tuple[NamedFilm, ...]:
    """Return the films with their names, lengths and sizes.

    Raises:
        InputError: without films.
        MediaError: if one isn't a video.
    """
    if not films:
        raise InputError("No film to show the evidence of.", 'Try `films=[Blob("film.mp4")]`.')
    named = []
    for blob, told in zip(films, film_names(films), strict=True):
        info = probe(Video(blob))
        name = told or "film 1"
        printable = "".join(character if character.isprintable() else "�" for character in name)
        named.append(NamedFilm(printable, blob, info.seconds, (info.width, info.height)))
    return tuple(named)


def placed(evidence: Iterable[TimedEvidence], films: Sequence[NamedFilm]) -> list[PlacedEvidence]:
    """Return evidence in the order of its films and of time, no later than their ends.

    Raises:
        InputError: if it is of another film.
    """
    names = [name or "film 1" for name in film_names([film.blob for film in films])]
    found = []
    for item in evidence:
        if item.film and item.film not in names:
            raise InputError(
                f"The evidence is of {quoted(item.film)}, which isn't one of the films.",
                f"Give it too. The films are: {', '.join(names)[:200]}",
            )
        film = names.index(item.film) if item.film else 0
        length = films[film].seconds
        start, end = min(item.start, length), min(item.end, length)
        found.append(PlacedEvidence(film, TimedEvidence(start, end, item.text, item.source, item.film, item.score)))
    return sorted(found, key=lambda each: (each.film, each.evidence.start, each.evidence.end))


def span_words(each: PlacedEvidence) -> str:
    """Return when evidence is, in words: one time for a single frame."""
    start, end = clock(each.evidence.start), clock(each.evidence.end)
    return start if start == end else f"{start} to {end}"


def frames_of(evidence: Sequence[PlacedEvidence], films: Sequence[NamedFilm], max_side: int) -> list[Pixels | None]:
    """Return the frame in the middle of each piece of evidence, from one decode a film; None where it is broken.

    Args:
        evidence: See `placed`.
        films: The films.
        max_side: Longest side of the frames, in pixels.
    """
    frames: list[Pixels | None] = [None] * len(evidence)
    for number, film in enumerate(films):
        places = [place for place, each in enumerate(evidence) if each.film == number]
        if not places:
            continue
        times = sorted({evidence[place].middle for place in places})
        shown: dict[float, Pixels] = {}
        try:
            with opened(film.blob) as container:
                scaled = Scaler(max_side, pixel_shape(video_stream(container, film.blob)))
            for at, frame in shown_at(film.blob, times):
                shown[at] = scaled(frame)
        except MediaError:  # the rest of the evidence is shown without it
            pass
        starts = sorted(shown)
        for place in places:
            before = bisect.bisect_right(starts, evidence[place].middle + 1e-6) - 1
            frames[place] = shown[starts[before]] if before >= 0 else None
    return frames
