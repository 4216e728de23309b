"""Questions about films and clips of films, offline: the route of `watch` that needs no model."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from sensorium.core.languages import Span
from sensorium.core.messages import Video
from sensorium.core.protocols import Progress, no_progress
from sensorium.core.reply import Usage
from sensorium.video.answers import wording
from sensorium.video.answers.answer import answer, decline
from sensorium.video.answers.looking.seen import FilmScene, ScreenText, SeenMovement
from sensorium.video.answers.sightings import Vocabulary
from sensorium.video.answers.timeline import Senses, Timeline, timeline_of
from sensorium.video.answers.word_matching import tokens
from sensorium.video.watch.evidence import TimedEvidence, WatchReply, film_names

_SENTENCE = re.compile(r'(?:"[^"]*"|[^.!?]|[.!?](?!\s|$))*')  # ends neither at the point of 4.9 nor within quotes
_LENGTH = re.compile(r"For (\d+(?:\.\d+)?) seconds$")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_OTHER_UNIT = re.compile(r"minute|hour|\bmin\b|\d\s*[mh]\b|:", re.I)
Timed = TypeVar("Timed", ScreenText, FilmScene, SeenMovement, Span)


def watch_offline(
    films: Sequence[Video], question: str, senses: Senses, where: Path, vocabulary: Vocabulary | None = None,
    choices: Sequence[str] = (), progress: Progress = no_progress,
) -> WatchReply:  # fmt: skip
    """Return the answer to a question about films, or clips of films; it names the film if there are several.

    Args:
        films: The films; a clip is answered from the film's whole timeline, so that another clip costs nothing.
        question: See `answer`.
        senses: What looks and listens.
        where: The folder of the indexes of all films.
        vocabulary: What the namer knows of a word.
        choices: Possible answers: the one that the answer names is the answer; else it is declined.
        progress: Shows how far it is.

    Raises:
        MediaError: if a film can't be decoded.
        InputError: if the folder can't be written.
        SensoriumError: what the senses raise.
    """
    begun = time.monotonic()
    if (declined := decline(question)) is not None:  # before anything is looked at
        return replace(declined, usage=Usage(seconds=round(time.monotonic() - begun, 3)))
    replies, speech = [], dict[str, tuple[Span, ...]]()
    for film, name in zip(films, film_names([film.blob for film in films]), strict=True):
        timeline = timeline_of(film.blob, senses, where, progress, f"Watching {name}".strip())
        clip = within(timeline, film.start or 0.0, film.end)
        replies.append((name, answer(clip, question, senses.embedder, vocabulary)))
        if clip.heard.spans:
            speech[name if len(films) > 1 else ""] = clip.heard.spans
    reply = replies[0][1] if len(replies) == 1 else _together(replies)
    if choices:
        reply = _chosen(reply, choices, [own.answer for _, own in replies if not own.abstained])
    return replace(reply, usage=Usage(seconds=round(time.monotonic() - begun, 3)), speech=speech)


def within(timeline: Timeline, start: float, end: float | None) -> Timeline:
    """Return the part of a timeline between two times of its film, which stay times of the film."""
    if start <= 0 and end is None:
        return timeline
    last = min(timeline.seconds, math.inf if end is None else end)

    seen, heard = timeline.seen, timeline.heard
    seen = replace(
        seen,
        scenes=_part(seen.scenes, start, last),
        texts=_part(seen.texts, start, last),
        named=tuple(frame for frame in seen.named if start <= frame.at < last),
        movements=None if seen.movements is None else _part(seen.movements, start, last),
    )
    heard = replace(heard, spans=_part(heard.spans, start, last), words=_part(heard.words, start, last))
    return replace(timeline, start=start, seconds=last, seen=seen, heard=heard, is_part=True)


def _part(items: Sequence[Timed], start: float, end: float) -> tuple[Timed, ...]:
    """Return what is between two times, cut to them."""
    return tuple(
        replace(item, start=max(start, item.start), end=min(end, item.end))
        for item in items
        if item.start < end and item.end > start
    )


def _together(replies: Sequence[tuple[str, WatchReply]]) -> WatchReply:
    """Return the answers of several films as one: of those that could be told, each with its film's name."""
    told = [(name, reply) for name, reply in replies if not reply.abstained]
    shown = told or list(replies)
    differ = bool(told) or len({reply.answer for _, reply in replies}) > 1
    words = "\n".join(f"{name}: {reply.answer}" for name, reply in shown)
    sure = [reply.confidence for _, reply in told if reply.confidence is not None]
    return WatchReply(
        words if differ else shown[0][1].answer.replace(wording.THIS_FILM, wording.THESE_FILMS),
        min(sure, default=None), not told,
        tuple(_named(item, name) for name, reply in shown for item in reply.evidence),
        "offline", replies[0][1].why, Usage(),
        tuple(dict.fromkeys(f"{name}: {note}" for name, reply in replies for note in reply.notes)),
        tuple(_named(item, name) for name, reply in shown for item in reply.chapters),
    )  # fmt: skip


def _named(item: TimedEvidence, film: str) -> TimedEvidence:
    return replace(item, film=film)


def _chosen(reply: WatchReply, choices: Sequence[str], answers: Sequence[str] = ()) -> WatchReply:
    """Return the choice that an answer begins with or names alone; a declined reply if there isn't just one.

    Args:
        reply: The answer.
        choices: What may be chosen.
        answers: The answers of several films, without the films' names: all must name the same choice.
    """
    if reply.abstained:
        return reply
    named = {_named_choice(text, choices) for text in answers or [reply.answer]}
    chosen = named.pop()
    if named or chosen is None:
        return replace(
            reply, answer=f"I can't tell which choice is right. {reply.answer}", confidence=None, abstained=True
        )
    return replace(reply, answer=chosen)


def _named_choice(text: str, choices: Sequence[str]) -> str | None:
    """Return the only choice that an answer's first sentence names; of lengths the nearest."""
    sentence = _SENTENCE.match(text)
    first = sentence[0] if sentence else text
    length = _LENGTH.match(first)
    if length is not None:
        return _nearest_number(float(length[1]), choices)
    named = [choice for choice in choices if _holds(tokens(first), tokens(choice))]
    return named[0] if len(named) == 1 else None


def _nearest_number(value: float, choices: Sequence[str]) -> str | None:
    """Return the choice whose number of seconds is nearest; None if one has no number, none is near or two are."""
    numbers = [_NUMBER.findall(choice) for choice in choices]
    if any(len(each) != 1 for each in numbers) or any(_OTHER_UNIT.search(choice) for choice in choices):
        return None
    order = sorted((abs(float(each[0]) - value), place) for place, each in enumerate(numbers))
    is_tie = len(order) > 1 and order[1][0] - order[0][0] < 0.05
    is_near = order[0][0] <= max(1.0, value / 2)
    return choices[order[0][1]] if is_near and not is_tie else None


def _holds(words: Sequence[str], wanted: Sequence[str]) -> bool:
    size = len(wanted)
    return size > 0 and any(list(words[i : i + size]) == list(wanted) for i in range(len(words) - size + 1))
