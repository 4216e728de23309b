"""When a thing is seen: by the vectors of the frames, and by the names that frames were given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sensorium.core.protocols import Embedder
from sensorium.retrieval.query import Query
from sensorium.video.answers.looking.seen import FilmScene, NamedFrame
from sensorium.video.answers.timeline import EVERY_SECONDS, Timeline
from sensorium.video.answers.word_matching import joined, tokens
from sensorium.video.moments.find import find
from sensorium.video.watch.evidence import TimedEvidence


@dataclass(frozen=True)
class KnownThing:
    """A thing that the namer of frames knows.

    Args:
        names: Those of its names that are this thing: "tabby cat" and "Siamese cat" of "cat".
    """

    names: frozenset[str]


Vocabulary = Callable[[str], KnownThing | None]
"""Returns what the namer knows of a word, None if it doesn't know it."""
_NAMED = 0.5  # probability from which on a frame's names are believed whatever its vectors say
# Fitted on three films (seeds 11, 12 and 101 of recipes/film.py) and up to 97 words for what isn't in each: vectors
# alone also find what looks like a thing (tiger, mosque, tractor), at 1.0 to 3.2 times the threshold. But there the
# frames have its names with under 0.2, and somewhere in the film with 0.5 and more if it is there.
_SUPPORTED, _SOMEWHERE = 0.05, 0.3  # probability of names within a moment, and in the best of the moments
_UNSUPPORTED = 2.0  # score over the threshold of a word that the namer doesn't know: "tennis" had 1.7 without any
_JOIN_SECONDS = 1.5
_SNAP_SECONDS = EVERY_SECONDS  # a moment that begins so near to a cut begins with it


def seen_moments(
    timeline: Timeline, subject: str, embedder: Embedder | None, vocabulary: Vocabulary | None = None
) -> list[TimedEvidence]:
    """Return when a thing is seen, each with how sure that is.

    The vectors of frames say where, the names of frames whether: what only looks like a thing is left out.
    """
    known = vocabulary(subject) if vocabulary is not None else None
    found = [*_by_vectors(timeline, subject, embedder, known), *_by_names(timeline, subject, known)]
    return joined([_snapped(moment, timeline.seen.scenes) for moment in found], _JOIN_SECONDS)


def _by_vectors(
    timeline: Timeline, subject: str, embedder: Embedder | None, known: KnownThing | None
) -> list[TimedEvidence]:
    if timeline.index is None or embedder is None:
        return []
    moments = find(Query.of(subject), timeline.film, timeline.index, embedder).moments
    if known is None:
        scores = [
            0.0 if m.score < _UNSUPPORTED * m.threshold else min(0.9, 0.2 + m.score / m.threshold / 4) for m in moments
        ]
    else:
        support = [_support(timeline, known, m.start, m.end) for m in moments]
        is_there = max(support, default=0.0) >= _SOMEWHERE
        scores = [0.6 + 0.4 * p if is_there and p >= _SUPPORTED else 0.0 for p in support]
    return [
        TimedEvidence(
            max(m.start, timeline.start), min(m.end, timeline.seconds), subject, "seen", score=min(1.0, score)
        )
        for m, score in zip(moments, scores, strict=True)
        if score > 0 and m.start < timeline.seconds and m.end > timeline.start
    ]


def _support(timeline: Timeline, known: KnownThing, start: float, end: float) -> float:
    """Return the greatest probability that the frames within a moment have names of a thing."""
    within = [frame for frame in timeline.seen.named if start - _JOIN_SECONDS <= frame.at <= end + _JOIN_SECONDS]
    return max((sum(p for name, p in frame.names if name in known.names) for frame in within), default=0.0)


def _by_names(timeline: Timeline, subject: str, known: KnownThing | None) -> list[TimedEvidence]:
    """Return the stretches around frames whose names are the thing, within their scenes."""
    wanted = tokens(subject)
    out = []
    for scene, frames in _by_scene(timeline):
        for place, frame in enumerate(frames):
            names = [(name, p) for name, p in frame.names if (name in known.names if known else tokens(name) == wanted)]
            probability = sum(p for _, p in names)
            if probability < _NAMED:
                continue
            start = scene.start if place == 0 else (frames[place - 1].at + frame.at) / 2
            end = scene.end if place + 1 == len(frames) else (frame.at + frames[place + 1].at) / 2
            out.append(TimedEvidence(start, end, names[0][0], "seen", score=min(1.0, 0.6 + 0.4 * probability)))
    return out


def moving_moments(timeline: Timeline, subject: str) -> list[TimedEvidence]:
    """Return when something moves: "left", "camera right", or "" for anything in front of the camera."""
    wanted = subject.split()
    mover = "camera" if "camera" in wanted else "object"
    direction = next((word for word in wanted if word != "camera"), "")
    return [
        TimedEvidence(move.start, move.end, f"{move.mover} {move.direction}".strip(), "moves", score=move.score)
        for move in timeline.seen.movements or ()
        if move.mover == mover and direction in ("", move.direction)
    ]


def _by_scene(timeline: Timeline) -> list[tuple[FilmScene, list[NamedFrame]]]:
    return [
        (scene, [frame for frame in timeline.seen.named if scene.start <= frame.at < scene.end])
        for scene in timeline.seen.scenes
    ]


def _snapped(moment: TimedEvidence, scenes: Sequence[FilmScene]) -> TimedEvidence:
    """Return a moment whose ends lie on cuts, if there are any between the two frames that it ends between."""
    cuts = [scene.start for scene in scenes] + ([scenes[-1].end] if scenes else [])
    start, end = (_nearest(cuts, edge) for edge in (moment.start, moment.end))
    if end <= start:
        return moment
    return TimedEvidence(start, end, moment.text, moment.source, moment.film, moment.score)


def _nearest(cuts: Sequence[float], edge: float) -> float:
    near = min(cuts, key=lambda cut: abs(cut - edge), default=edge)
    return near if abs(near - edge) <= _SNAP_SECONDS else edge
