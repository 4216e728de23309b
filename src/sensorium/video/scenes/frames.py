"""Which frames of a film are worth looking at: at equal distances, the best of each scene, or those for a question.

For a question: the best frame of each event, then by maximal marginal relevance, so that frames are near the question
and unlike each other (EFS, arXiv 2603.00983); "auto" takes equal distances for questions about the whole film and these
for local ones (DIG, 2512.04000).

Example:
    >>> chosen = choose(Blob("film.mp4"), 8, embedder, "When is the cat seen?", "auto")  # doctest: +SKIP
    >>> [frame.at for frame in chosen.frames], chosen.why  # doctest: +SKIP
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sensorium.core.blob import Blob
from sensorium.core.errors import InputError, MediaError, quoted
from sensorium.core.messages import Video
from sensorium.core.protocols import Embedder
from sensorium.media.decoding import FaultLog, Scaler, opened, pixel_shape, shown_at, video_stream
from sensorium.media.video import Frame, probe
from sensorium.media.video import frames as uniform_frames
from sensorium.video.scenes.events import Candidates, candidates
from sensorium.video.scenes.scope import scope
from sensorium.video.scenes.signals import Floats

How = Literal["uniform", "scenes", "question", "auto"]
MAX_SIDE = 1280
_RELEVANCE = 0.7  # MMR's lambda: what nearness to the question weighs against likeness to the frames that are chosen
_ELSEWHERE = 0.5  # how much likeness to a frame of another event counts: a thing that comes again is new evidence
UNKNOWN = 0.13
"""A question that stands out less in a film (see `Relevance`) says nothing about where to look; tuned on seeds 1 to 4
of bench/video_frames.py: .06 to .17 for drawn shapes, .14 to .93 for things that the embedder knows."""
UNKNOWN_WHY = "The embedder sees nothing in the film that the question names: its frames are at equal distances."
_SHARP = 0.1  # how much sharpness weighs between the frames of one event


@dataclass(frozen=True)
class Chosen:
    """The frames that were chosen.

    Args:
        frames: In order of time, each with its own time in seconds of the film.
        how: How they were chosen: never "auto".
        why: Why so, in a sentence.
    """

    frames: tuple[Frame, ...]
    how: Literal["uniform", "scenes", "question"]
    why: str


def choose(
    film: Blob,
    count: int,
    embedder: Embedder | None = None,
    question: str = "",
    how: How = "auto",
    max_side: int = MAX_SIDE,
    log: FaultLog | None = None,
    part: tuple[float, float] | None = None,
) -> Chosen:
    """Return `count` frames of a film, or as many as it has, in order of time.

    Args:
        film: A file is read as it is needed.
        count: How many, from 1 up.
        embedder: Takes words and pictures; "question" needs it.
        question: What the frames are for.
        how: "uniform" from equal parts of the film; "scenes" the sharpest and most different; "question" those near
            the question; "auto" as the question and the embedder suggest.
        max_side: Longer sides are shrunk to it, in pixels.
        log: Takes the parts that can't be decoded.
        part: Seconds of the film between which frames are chosen; None for all of it.

    Raises:
        InputError: if the count is under 1, or "question" lacks a question or an embedder.
        MediaError: if it isn't a video, or nothing can be decoded.
        InstallError: if PyAV is not installed.
        SensoriumError: what the embedder raises.
    """
    if count < 1:
        raise InputError(f"The number of frames is from 1 up, not {quoted(count)}.", "Try 8.")
    way, why = decided(how, question, embedder)
    if way == "uniform":
        return Chosen(_uniform(film, count, max_side, log, part), way, why)
    known = candidates(film, embedder if way == "question" else None, log=log)
    known = known if part is None else known.within(*part)
    if way == "scenes" or embedder is None:
        return Chosen(_decoded(film, known, per_scene(known, count), max_side), "scenes", why)
    near = known.relevance(question, embedder)
    if how == "auto" and near.standing < UNKNOWN:
        return Chosen(_uniform(film, count, max_side, log, part), "uniform", UNKNOWN_WHY)
    return Chosen(_decoded(film, known, for_question(known, near.near, count), max_side), way, why)


def decided(how: How, question: str, embedder: Embedder | None) -> tuple[Literal["uniform", "scenes", "question"], str]:
    """Return how frames are chosen, and why; raises as `choose` does."""
    if how in ("uniform", "scenes"):
        return how, f'"{how}" was asked for.'
    if how not in ("question", "auto"):
        raise InputError(f"Frames aren't chosen by {quoted(how)}.", "Use uniform, scenes, question or auto.")
    asked = scope(question)
    if how == "question":
        if not question.strip() or embedder is None:
            lacking = "a question" if not question.strip() else "an embedder"
            raise InputError(f"Frames for a question need {lacking}.", 'Pass it, or use how="scenes".')
        return "question", '"question" was asked for.'
    if not question.strip():
        return "uniform", "Nothing is asked, so the frames show the film from start to end."
    if asked.kind == "words":
        return (
            "uniform",
            f"The question is about words ({asked.why}), which an embedder can't find: equal distances.",
        )
    if asked.kind == "whole":
        return "uniform", f"The question is about the whole film ({asked.why}): its frames are at equal distances."
    if embedder is None:
        return (
            "scenes",
            "The question is about something in the film, but no embedder can tell where.",
        )
    return "question", "The question is about something in the film: frames near to it, from different events."


def for_question(known: Candidates, relevance: Floats, count: int) -> list[int]:
    """Return the places of the frames for a question: by MMR, with the best frame of each event before its others."""
    near = _scaled(relevance) + _SHARP * _ranks(known.sharpness) - 1.0 * ~known.settled
    anchors = {int(event): _best(near, known.events == event) for event in np.unique(known.events)}
    is_anchor = np.zeros(near.size, dtype=bool)
    is_anchor[list(anchors.values())] = True
    open_events = set(anchors)
    worst = np.full(near.size, -1.0)  # likeness to the chosen frames
    chosen: list[int] = []
    for _ in range(min(count, near.size)):
        value = _RELEVANCE * near - (1 - _RELEVANCE) * np.maximum(worst, 0.0)
        allowed = is_anchor | ~np.isin(known.events, list(open_events))
        allowed[chosen] = False
        place = _best(value, allowed)
        chosen.append(place)
        open_events.discard(int(known.events[place]))
        alike = known.features @ known.features[place]
        worst = np.maximum(worst, np.where(known.events == known.events[place], alike, _ELSEWHERE * alike))
    return sorted(chosen)


def per_scene(known: Candidates, count: int) -> list[int]:
    """Return the places of the sharpest frame of each event, then of those most unlike the chosen ones.

    Of more events than frames are wanted, those are taken that differ most from each other.
    """
    good = _ranks(known.sharpness) - 1.0 * ~known.settled
    anchors = [_best(good, known.events == event) for event in np.unique(known.events)]
    pool = np.array(anchors)
    lengths = np.bincount(known.events)
    chosen = [int(pool[int(np.argmax(lengths[known.events[pool]]))])]
    while len(chosen) < min(count, good.size):
        if len(chosen) == len(anchors):
            pool = np.flatnonzero(known.settled) if known.settled.sum() >= count else np.arange(good.size)
        alike = (known.features[pool] @ known.features[chosen].T).max(axis=1)
        apart = np.abs(known.times[pool][:, None] - known.times[chosen][None]).min(axis=1)
        value = -alike + 0.2 * apart / max(1.0, known.seconds) * count + _SHARP * good[pool]
        value[np.isin(pool, chosen)] = -np.inf
        chosen.append(int(pool[int(np.argmax(value))]))
    return sorted(chosen)


def _uniform(
    film: Blob, count: int, max_side: int, log: FaultLog | None, part: tuple[float, float] | None
) -> tuple[Frame, ...]:
    """Return frames from equal parts of a film; one whose header states no length is looked at first."""
    try:
        return uniform_frames(Video(film, *(part or ())), count, max_side)
    except MediaError:
        known = candidates(film, log=log)
    known = known if part is None else known.within(*part)
    wanted = (part[0] if part else 0.0) + (np.arange(count) + 0.5) * known.seconds / count
    places = sorted({int(np.abs(known.times - at).argmin()) for at in wanted})
    return _decoded(film, known, places, max_side)


def _decoded(film: Blob, known: Candidates, places: list[int], max_side: int) -> tuple[Frame, ...]:
    """Decode the frames at these places."""
    times = [float(known.times[place]) for place in places]
    with opened(film) as container:
        scaled = Scaler(max_side, pixel_shape(video_stream(container, film)))
    return tuple(Frame(round(at, 6), scaled(frame)) for at, frame in shown_at(film, times))


def _scaled(values: Floats) -> Floats:
    """Return values from 0 for the median to 1 for the best."""
    low, high = float(np.median(values)), float(values.max())
    scaled: Floats = np.clip((values - low) / max(1e-6, high - low), 0.0, 1.0)
    return scaled


def _ranks(values: Floats) -> Floats:
    """Return the rank of each value, from 0 to 1."""
    ranks: Floats = (np.argsort(np.argsort(values)) / max(1, values.size - 1)).astype(np.float32)
    return ranks


def _best(values: Floats, allowed: np.ndarray) -> int:
    return int(np.argmax(np.where(allowed, values, -np.inf)))


def frame_size(film: Blob, max_side: int = MAX_SIDE) -> tuple[int, int]:
    """Return width and height of a film's frames as `choose` returns them, in pixels."""
    known = probe(Video(film))
    scale = min(1.0, max_side / max(known.width, known.height))
    return max(1, round(known.width * scale)), max(1, round(known.height * scale))
