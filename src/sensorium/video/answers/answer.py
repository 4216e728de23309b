"""The answer to a question about a film, from its timeline, without a language model: found with times, or declined."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sensorium.core.protocols import Embedder
from sensorium.core.reply import Usage
from sensorium.video.answers import wording
from sensorium.video.answers.contents import contents, summary
from sensorium.video.answers.phrases import Sense
from sensorium.video.answers.question import CAN, Thing, TimelineQuestion, parse_question
from sensorium.video.answers.sightings import Vocabulary, moving_moments, seen_moments
from sensorium.video.answers.timeline import Timeline
from sensorium.video.answers.word_matching import heard_moments, read_moments
from sensorium.video.watch.evidence import TimedEvidence, WatchReply

WHY = "no model was needed: what was seen, read and heard is searched"
# Chance that a thing that is there isn't found, on tune films (bench/LOG.md): what a "no" is worth.
_MISSED = {"read": 0.05, "heard": 0.1}
# Half of the things that are there aren't found, and motion was measured on drawn films only: no "no", no exact count.
_MISSED_OFTEN = ("seen", "moves")
_BEFORE_SECONDS = 0.05
_BROKEN_SECONDS = 0.5  # so much of a film that can't be decoded makes a "no" unsafe


@dataclass(frozen=True)
class Found:
    """Where a thing is in a film.

    Args:
        sense: By which it was found, or looked for if it wasn't.
        moments: In order of time.
        looked: The senses by which it was looked for.
        other: Where it is by another sense than was asked: said, but not seen.
    """

    sense: Sense
    moments: tuple[TimedEvidence, ...]
    looked: tuple[Sense, ...]
    other: tuple[TimedEvidence, ...] = ()


def answer(
    timeline: Timeline, question: str, embedder: Embedder | None = None, vocabulary: Vocabulary | None = None
) -> WatchReply:
    """Return the answer to an English question about a film; what can't be told is declined.

    Args:
        timeline: What is in the film.
        question: When, whether, how often or how long something is seen, read, said or moves; what is before, after,
            between or at times and things; which comes first; a summary.
        embedder: The one that made the timeline's index; without it nothing is looked for in the picture but names.
        vocabulary: What the namer of the timeline's frames knows of a word.

    Raises:
        InputError: if the index can't be read.
        SensoriumError: what the embedder raises.
    """
    begun = time.monotonic()
    reply = _Answerer(timeline, embedder, vocabulary).reply(parse_question(question))
    return replace(reply, usage=Usage(seconds=round(time.monotonic() - begun, 3)))


def decline(question: str) -> WatchReply | None:
    """Return the answer to a question that no film could answer here, such as one in another language; else None."""
    parsed = parse_question(question)
    if parsed.kind != "decline":
        return None
    return WatchReply(f"{parsed.why} {CAN}", None, True, (), "offline", WHY)


class _Answerer:
    """Answers one question."""

    def __init__(self, timeline: Timeline, embedder: Embedder | None, vocabulary: Vocabulary | None) -> None:
        self._timeline, self._embedder, self._vocabulary = timeline, embedder, vocabulary

    def reply(self, question: TimelineQuestion) -> WatchReply:
        """Return the answer to a parsed question."""
        if question.kind == "decline":
            return self._declined(f"{question.why} {CAN}")
        if question.kind == "summary":
            text, chapters = summary(self._timeline)
            return self._reply(text, None, chapters, chapters=chapters)
        if question.kind == "order":
            return self._order(question)
        if question.whole is not None:
            found = self._find(question.whole)
            if found.moments:
                return self._about(replace(question, thing=question.whole, relation="", anchors=()), found)
        window = self._window(question)
        if isinstance(window, WatchReply):
            return window
        if question.kind == "content":
            return self._content(question, window)
        found = self._find(question.thing)
        inside = tuple(moment for moment in found.moments if _is_inside(moment, window))
        needs_sight = question.kind == "whether" and found.sense in _MISSED_OFTEN
        if (
            question.relation
            and found.moments
            and not inside
            and (question.kind in ("when", "duration") or needs_sight)
        ):
            where = _relation_words(question)
            return self._declined(
                f"{wording.found_sentence(question.thing, found.sense, found.moments, 'all')[:-1]}, but not {where}.",
                found.moments,
            )
        return self._about(question, replace(found, moments=inside))

    def _about(self, question: TimelineQuestion, found: Found) -> WatchReply:
        """Answer when, whether, how often or how long."""
        thing, moments = question.thing, found.moments
        if question.kind == "whether":
            return self._whether(question, found)
        if not moments:
            return self._missing(thing, found)
        if question.pick != "all":
            moments = (moments[0],) if question.pick == "first" else (moments[-1],)
        text = wording.found_sentence(thing, found.sense, moments, question.pick)
        least = "at least " if found.sense in _MISSED_OFTEN else ""
        if question.kind == "count":
            often = f"{least}{'once' if len(moments) == 1 else f'{len(moments)} times'}"
            text = f"{often[:1].upper()}{often[1:]}. {text}"
        elif question.kind == "duration":
            seconds = sum(moment.end - moment.start for moment in moments)
            text = f"For {least}{seconds:.1f} seconds. {text}"
        return self._reply(f"{text}{self._elsewhere(thing, found)}", _confidence(moments), moments)

    def _whether(self, question: TimelineQuestion, found: Found) -> WatchReply:
        thing = question.thing
        where = f" {_relation_words(question)}" if question.relation else ""
        if found.moments:
            text = f"Yes. {wording.found_sentence(thing, found.sense, found.moments, 'all')}"
            return self._reply(f"{text}{self._elsewhere(thing, found)}", _confidence(found.moments), found.moments)
        if any(sense in _MISSED_OFTEN for sense in found.looked):
            return self._missing(thing, found, " That doesn't mean that it isn't there.")
        if not found.looked:
            return self._missing(thing, found)
        unseen = self._not_decoded(self._window(question))
        if unseen:
            return self._missing(thing, found, f" That doesn't mean that it isn't there: {unseen} can't be decoded.")
        text = f"No. {wording.missing_sentence(thing, found.looked, self._timeline.is_part)[:-1]}{where}."
        sure = 1 - max(_MISSED[sense] for sense in found.looked)
        return self._reply(f"{text}{self._elsewhere(thing, found)}", sure, found.other)

    def _not_decoded(self, window: list[tuple[float, float]] | WatchReply) -> str:
        """Return in words what is broken of the parts that are asked about, unless it is less than half a second."""
        if isinstance(window, WatchReply):
            return ""
        begin, stop = self._timeline.start, self._timeline.seconds
        parts = [
            (max(fault.start, start, begin), min(fault.end, end, stop))
            for fault in self._timeline.seen.faults
            for start, end in window
        ]
        if sum(max(0.0, end - start) for start, end in parts) < _BROKEN_SECONDS:
            return ""
        return wording.listed(
            [
                f"from {wording.clock_tenths(start)} to {wording.clock_tenths(end)}"
                for start, end in parts
                if end > start
            ]
        )

    def _missing(self, thing: Thing, found: Found, more: str = "") -> WatchReply:
        if not found.looked:
            return self._declined(f"I can't tell: {_unperceived(thing, self._timeline)}.")
        text = wording.missing_sentence(thing, found.looked, self._timeline.is_part)
        return self._declined(f"{text}{more}{self._elsewhere(thing, found)}", found.other)

    def _elsewhere(self, thing: Thing, found: Found) -> str:
        """Return that picture and sound disagree: where a thing is by another sense than was asked."""
        if not found.other:
            return ""
        parts = []
        for sense in ("read", "heard"):
            moments = [moment for moment in found.other if moment.source == sense]
            if moments:
                parts.append(f"{wording.VERBS[sense]} {wording.times(moments)}")
        also = "It is also" if found.moments else f'But "{thing.subject}" is'
        return f" {also} {', and '.join(parts)}."

    def _find(self, thing: Thing) -> Found:
        """Look for a thing by the sense that is asked; by words first if none is."""
        if thing.sense == "moves":
            movements = self._timeline.seen.movements
            return Found(
                "moves", tuple(moving_moments(self._timeline, thing.subject)), () if movements is None else ("moves",)
            )
        by_sense = {sense: self._by(sense, thing.subject) for sense in self._senses()}
        if thing.sense is None:
            senses = [sense for sense in by_sense if sense != "seen" or not thing.quoted]
            sense = next((sense for sense in senses if by_sense[sense]), senses[0] if senses else "read")
            others = tuple(m for s in ("read", "heard") if s != sense and s in senses for m in by_sense[s])
            return Found(sense, tuple(by_sense.get(sense, ())), tuple(senses), others)
        moments = tuple(by_sense.get(thing.sense, ()))
        others = () if moments else tuple(m for s in ("read", "heard") if s != thing.sense for m in by_sense.get(s, ()))
        looked = (thing.sense,) if thing.sense in by_sense else ()
        if thing.in_capitals and not moments and by_sense.get("seen"):  # a TV
            return Found("seen", tuple(by_sense["seen"]), ("read", "seen"))
        return Found(thing.sense, moments, looked, others)

    def _senses(self) -> list[Sense]:
        """Return the senses that were open."""
        timeline = self._timeline
        senses: list[Sense] = ["read"] if timeline.was_read else []
        senses += ["heard"] if timeline.was_heard else []
        can_see = (timeline.index is not None and self._embedder is not None) or timeline.seen.named
        return [*senses, "seen"] if can_see else senses

    def _by(self, sense: Sense, subject: str) -> list[TimedEvidence]:
        if sense == "read":
            return read_moments(self._timeline.seen.texts, subject)
        if sense == "heard":
            return heard_moments(self._timeline.words, subject)
        return seen_moments(self._timeline, subject, self._embedder, self._vocabulary)

    def _window(self, question: TimelineQuestion) -> list[tuple[float, float]] | WatchReply:
        """Return the parts of the film that are asked about; a reply if what they refer to isn't found."""
        ends: list[tuple[TimedEvidence, ...]] = []
        for anchor in question.anchors:
            if anchor.seconds is not None:
                at = min(anchor.seconds, self._timeline.seconds)
                if anchor.seconds > self._timeline.seconds and not math.isinf(anchor.seconds):
                    length = wording.clock_tenths(self._timeline.seconds)
                    return self._declined(f"The film ends at {length}, before {wording.clock_tenths(anchor.seconds)}.")
                ends.append((TimedEvidence(at, at, "", "told"),))
                continue
            found = self._find(anchor)
            if not found.moments:
                return self._missing(anchor, found)
            ends.append(found.moments)
        return windows_of(question.relation, ends)

    def _content(self, question: TimelineQuestion, window: list[tuple[float, float]]) -> WatchReply:
        sense = question.thing.sense
        if (sense == "heard" and not self._timeline.was_heard) or (sense == "read" and not self._timeline.was_read):
            return self._declined(f"I can't tell: {_unperceived(question.thing, self._timeline)}.")
        items = contents(self._timeline, sense, question.relation, window)
        where = _relation_words(question)
        if not items:
            what = {"heard": "hear anything", "read": "read anything", "moves": "see anything move"}.get(sense or "")
            return self._declined(f"I didn't {what or 'recognise anything'} {where}.".replace("  ", " "))
        text = "; ".join(wording.quoted_evidence(item) for item in items[:12])
        more = f"; and {len(items) - 12} more" if len(items) > 12 else ""
        return self._reply(f"{text[:1].upper()}{text[1:]}{more}.", _confidence(items), tuple(items))

    def _order(self, question: TimelineQuestion) -> WatchReply:
        things = (question.thing, question.anchors[0])
        founds = [self._find(thing) for thing in things]
        for thing, found in zip(things, founds, strict=True):
            if not found.moments:
                return self._missing(thing, found)
        firsts = [found.moments[0] for found in founds]
        earlier = 0 if firsts[0].start <= firsts[1].start else 1
        chosen = earlier if question.pick == "first" else 1 - earlier
        sentences = " ".join(
            wording.found_sentence(things[place], founds[place].sense, firsts[place : place + 1], "first")
            for place in (earlier, 1 - earlier)
        )
        name = wording.name_of(things[chosen])
        which = "first" if question.pick == "first" else "later"
        return self._reply(
            f"{name[:1].upper()}{name[1:]} comes {which}. {sentences}", _confidence(firsts), tuple(firsts)
        )

    def _reply(
        self, text: str, confidence: float | None, evidence: Sequence[TimedEvidence],
        chapters: Sequence[TimedEvidence] = (),
    ) -> WatchReply:  # fmt: skip
        return WatchReply(
            text, confidence, False, tuple(evidence), "offline", WHY, Usage(), self._timeline.notes, tuple(chapters)
        )

    def _declined(self, text: str, evidence: Sequence[TimedEvidence] = ()) -> WatchReply:
        return WatchReply(text, None, True, tuple(evidence), "offline", WHY, Usage(), self._timeline.notes)


def windows_of(relation: str, ends: Sequence[Sequence[TimedEvidence]]) -> list[tuple[float, float]]:
    """Return the parts of a film that a relation to moments means: those to the first of several moments."""
    if not relation:
        return [(0.0, math.inf)]
    first = ends[0][0]
    if relation == "before":
        return [(-math.inf, first.start)]
    if relation == "after":
        return [(first.end, math.inf)]
    if relation == "between":
        edges = sorted((first, ends[1][0]), key=lambda moment: moment.start)
        return [(edges[0].end, max(edges[0].end, edges[1].start))]
    return [(moment.start, moment.end) for moment in ends[0]]


def _is_inside(moment: TimedEvidence, windows: Sequence[tuple[float, float]]) -> bool:
    """Whether a moment begins in one of the parts, or goes on in it."""
    return any(
        moment.start < end - _BEFORE_SECONDS and moment.end > start + _BEFORE_SECONDS
        if end > start
        else moment.start <= start <= moment.end
        for start, end in windows
    )


def _confidence(moments: Sequence[TimedEvidence]) -> float | None:
    """Return the mean of what the moments are worth."""
    scores = [moment.score for moment in moments if moment.score is not None]
    return round(sum(scores) / len(scores), 3) if scores else None


def _relation_words(question: TimelineQuestion) -> str:
    """Return "after 1:20.0", "between the cat and the rocket" …"""
    names = [
        ("the end" if math.isinf(anchor.seconds) else wording.clock_tenths(anchor.seconds))
        if anchor.seconds is not None
        else f"{wording.name_of(anchor)} is {wording.VERBS[anchor.sense or 'seen']}"
        for anchor in question.anchors
    ]
    return f"{question.relation} {' and '.join(names)}".strip()


def _unperceived(thing: Thing, timeline: Timeline) -> str:
    if thing.sense == "heard":
        note = next((note for note in timeline.notes if "sound" in note), "The sound was not heard")
        return note[:1].lower() + note[1:].rstrip(".")  # the rest may be a command to type
    if thing.sense == "read":
        return "text on the screen was not read"
    return "movement was not looked at" if thing.sense == "moves" else "nothing was looked for in the picture"
