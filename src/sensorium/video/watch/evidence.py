"""WatchReply: what watching a film answers, with the moments that it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from sensorium.core.blob import Blob
from sensorium.core.errors import InputError, quoted
from sensorium.core.languages import Span
from sensorium.core.reply import Usage

Source = Literal["seen", "read", "heard", "moves", "described", "told"]
"""Where evidence comes from: frames, text in them, speech, motion, a model's description, a model's word alone."""
Route = Literal["direct", "native", "chain", "offline"]
"""How a film was watched: frames shown to the model, the whole film, a chain of questions, or without a model."""


def film_names(films: Sequence[Blob]) -> tuple[str, ...]:
    """Return a name for each film that tells it from the others; of one film its file's name, "" if it has none.

    A file's name is enough if no other film has it; else its folder, or as many as it takes, stands before it, and a
    number behind it if even then it is the same file.

    Example:
        >>> film_names([Blob("monday/door.mp4"), Blob("tuesday/door.mp4"), Blob("cat.mp4")])
        ('monday/door.mp4', 'tuesday/door.mp4', 'cat.mp4')
    """
    paths = [tuple(map(_printable, film.path.absolute().parts)) if film.path else () for film in films]
    if len(films) == 1:
        return (paths[0][-1] if paths[0] else "",)
    names = []
    for number, parts in enumerate(paths, 1):
        depth, others = 1, [each for each in paths if each and each != parts]
        while depth < len(parts) and any(other[-depth:] == parts[-depth:] for other in others):
            depth += 1
        name = "/".join(parts[-depth:]) or f"film {number}"
        times = [place for place, each in enumerate(paths, 1) if each == parts]
        names.append(f"{name} ({times.index(number) + 1})" if parts and len(times) > 1 else name)
    return tuple(names)


def _printable(name: str) -> str:
    """Return a name in one line: a line feed as \\n, what would steer a terminal as its escape."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in name)


@dataclass(frozen=True)
class TimedEvidence:
    """One moment of a film that an answer rests on.

    Args:
        start, end: Seconds of the film, never of a clip of it; equal for a single frame.
        text: What was seen, read or heard, in words.
        source: Where it comes from.
        film: The name of the film, "" if there is only one.
        score: Confidence, 0 to 1, or None.

    Raises:
        InputError: if it ends before it starts, or its source or score isn't one.
    """

    start: float
    end: float
    text: str
    source: Source
    film: str = ""
    score: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end < float("inf"):
            times = quoted(f"{self.start} to {self.end}")
            raise InputError(f"Evidence has a start and an end in seconds, not {times}.", "Try `start=1.5, end=2`.")
        if self.source not in get_args(Source):
            raise InputError(f"{quoted(self.source)} isn't a source.", f"Use one of: {', '.join(get_args(Source))}.")
        if self.score is not None and not 0 <= self.score <= 1:
            raise InputError(f"A score is a number from 0 to 1, not {quoted(self.score)}.", "Try `score=0.9`.")

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; the film only if it has a name, the score only if there is one."""
        out: dict[str, Any] = {"start": round(self.start, 3), "end": round(self.end, 3), "text": self.text}
        out["source"] = self.source
        if self.film:
            out["film"] = self.film
        return out if self.score is None else out | {"score": round(self.score, 4)}


@dataclass(frozen=True)
class WatchReply:
    """The answer to a question about films, from every route.

    Args:
        answer: The words.
        confidence: Probability that it is right, 0 to 1, or None if unknown.
        abstained: Whether the question can't be answered from the films.
        evidence: The moments that prove the answer.
        route: How it was watched.
        why: Why this route, in words.
        usage: Tokens, seconds and money of all questions together.
        notes: What was not looked at, clips that failed, sound that was not heard.
        chapters: The parts of a summary, in order.
        speech: What is said in each film that was heard, by the film's name, "" if there is only one; not in the JSON.
    """

    answer: str
    confidence: float | None
    abstained: bool
    evidence: tuple[TimedEvidence, ...]
    route: Route
    why: str
    usage: Usage = field(default_factory=Usage)
    notes: tuple[str, ...] = ()
    chapters: tuple[TimedEvidence, ...] = ()
    speech: Mapping[str, tuple[Span, ...]] = field(default_factory=dict, hash=False)

    def to_json(self) -> dict[str, Any]:
        """Return the fields but the speech by name as plain JSON values."""
        return {
            "answer": self.answer,
            "confidence": self.confidence,
            "abstained": self.abstained,
            "evidence": [item.to_json() for item in self.evidence],
            "route": self.route,
            "why": self.why,
            "usage": asdict(self.usage),
            "notes": list(self.notes),
            "chapters": [item.to_json() for item in self.chapters],
        }
