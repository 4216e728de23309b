"""A question about a film, parsed: what is asked, of which source, about what, and when.

A closed grammar of English: a lead ("when", "how many times", "is"), something that is seen, read, said or moves, and
where in the film ("after 1:20", "before the cat is seen"). What doesn't fit is declined; it is never guessed.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from sensorium.video.answers import phrases
from sensorium.video.answers.other_languages import other_language
from sensorium.video.answers.phrases import Relation, Sense

QuestionKind = Literal["when", "whether", "count", "duration", "content", "order", "summary", "decline"]
MAX_CHARACTERS = 500
CAN = (
    "I can tell when, whether, how often and how long something is seen, read, said or moves, what comes before or "
    "after it, what is there at a time, and list the scenes."
)
"""What every declined question is told."""
_LEAD_KINDS: tuple[QuestionKind, ...] = ("summary", "order", "count", "duration", "when", "content", "whether")


@dataclass(frozen=True)
class Thing:
    """Something that may be in a film.

    Args:
        subject: In the question's own words, without articles; "" for anything.
        sense: How it is perceived; None if the question doesn't say.
        quoted: Whether its words stand between quotes, so that they are meant exactly.
        in_capitals: Whether they stand out by capitals: probably words on a sign, but perhaps a thing, a TV.
        seconds: A time of the film instead of a thing; infinity is its end.
        article: The article that the question gives it, "the" or "a", or "".
    """

    subject: str = ""
    sense: Sense | None = None
    quoted: bool = False
    in_capitals: bool = False
    seconds: float | None = None
    article: str = field(default="", compare=False)


@dataclass(frozen=True)
class TimelineQuestion:
    """What is asked of a film.

    Args:
        kind: What the answer is.
        thing: What it is about; of "content" only its sense.
        pick: Whether all, the first or the last of the moments are meant.
        relation: Where in the film it is asked of.
        anchors: What the relation refers to: one, or two for "between" and "order".
        why: Of a declined one: what wasn't understood, in words.
        whole: The thing if the relation belongs to its words: "when does she say before us".
    """

    kind: QuestionKind
    thing: Thing = Thing()
    pick: Literal["all", "first", "last"] = "all"
    relation: Relation = ""
    anchors: tuple[Thing, ...] = ()
    why: str = ""
    whole: Thing | None = None


_PICKED: tuple[Literal["first"], Literal["last"]] = ("first", "last")
_CONTENT_SENSES: tuple[Sense, ...] = ("heard", "read", "moves", "seen")


_START, _END = Thing("start", seconds=0.0), Thing("end", seconds=math.inf)


class _Split(NamedTuple):
    """A clause and where in the film it is meant; the relation is None if what it refers to can't be understood."""

    body: str
    relation: Relation | None
    anchors: tuple[Thing, ...] = ()


def parse_question(text: str) -> TimelineQuestion:
    """Return what an English question asks of a film; one of kind "decline" says why it can't be answered."""
    whole = " ".join(text.split())
    if not re.search(r"\w", whole):
        return TimelineQuestion("decline", why="The question is empty.")
    if len(whole) > MAX_CHARACTERS:
        return TimelineQuestion("decline", why=f"The question has more than {MAX_CHARACTERS} characters.")
    language = other_language(whole)
    if language:
        return TimelineQuestion(
            "decline", why=f"The question seems to be {language}; offline I understand English only."
        )
    masked = phrases.mask(whole)
    words = masked.text
    if phrases.BEYOND.search(words):
        return _declined()
    for kind in _LEAD_KINDS:
        lead = phrases.LEADS[kind].match(words)
        if lead is None:
            continue
        question = _PARSERS.get(kind, _about_a_thing)(kind, words, lead, masked)
        if question is not None:
            return question
    return _declined()


def _declined(why: str = "I don't understand the question.") -> TimelineQuestion:
    return TimelineQuestion("decline", why=why)


def _summary(kind: QuestionKind, words: str, lead: re.Match[str], masked: phrases.Masked) -> TimelineQuestion | None:
    return TimelineQuestion("summary")


def _order(kind: QuestionKind, words: str, lead: re.Match[str], masked: phrases.Masked) -> TimelineQuestion | None:
    """Parse "which comes first, the cat or the rocket?"."""
    left, right = (_thing(lead[name], masked) for name in ("left", "right"))
    if left is None or right is None or not left.subject or not right.subject:
        return None
    sense = phrases.sense_of(lead["verb"] or "")
    left, right = (_with_sense(thing, sense) for thing in (left, right))
    pick: Literal["first", "last"] = "last" if re.search("last|later|second", lead["which"]) else "first"
    return TimelineQuestion("order", left, pick, anchors=(right,))


def _content(kind: QuestionKind, words: str, lead: re.Match[str], masked: phrases.Masked) -> TimelineQuestion | None:
    """Parse "what is said after 1:20?"; None if it isn't about what a film holds."""
    for split in _related(words, masked):
        match = phrases.CONTENT.fullmatch(split.body)
        if match is None or split.relation is None:
            continue
        sense = next((sense for sense in _CONTENT_SENSES if match[sense]), None)
        if sense is None and not split.relation:
            return None if match["any"] is None else TimelineQuestion("summary")
        return TimelineQuestion("content", Thing(sense=sense), relation=split.relation, anchors=split.anchors)
    return None


def _about_a_thing(
    kind: QuestionKind, words: str, lead: re.Match[str], masked: phrases.Masked
) -> TimelineQuestion | None:
    """Parse when, whether, how often and how long."""
    clause = words[lead.end() :] if kind != "whether" else words
    body, relation, anchors = _related(clause, masked)[0]
    pick, thing = _picked(body, masked, kind == "whether")
    whole = _picked(clause, masked, kind == "whether")[1] if clause != body else None
    if whole is not None and (whole.sense not in ("heard", "read") or whole.quoted):
        whole = None
    if relation is None or not _is_about_something(thing):
        return None if whole is None else TimelineQuestion(kind, whole, pick)
    return TimelineQuestion(kind, thing or Thing(), pick, relation, anchors, whole=whole)


def _is_about_something(thing: Thing | None) -> bool:
    return thing is not None and thing.seconds is None and (bool(thing.subject) or thing.sense == "moves")


def _picked(clause: str, masked: phrases.Masked, strict: bool) -> tuple[Literal["all", "first", "last"], Thing | None]:
    """Return whether all, the first or the last moment is meant, and of what."""
    pick: Literal["all", "first", "last"] = "all"
    for word in _PICKED:
        clause, found = phrases.PICKS[word].subn(" ", clause)
        if found:
            pick = word
    return pick, _thing(" ".join(clause.split()), masked, strict)


_PARSERS = {"summary": _summary, "order": _order, "content": _content}


def _related(words: str, masked: phrases.Masked) -> list[_Split]:
    """Return the ways to split off where in the film is meant, the likeliest first; at least one."""
    match = phrases.BETWEEN.search(words)
    if match is not None:
        ends = [_anchor(end, masked) for end in (match["left"] or match["from"], match["right"])]
        if None in ends:
            return [_Split(words, None)]
        return [_Split(_before(words, match), "between", tuple(end for end in ends if end is not None))]
    splits = []
    for match in reversed(list(phrases.RELATION.finditer(words))):
        anchor = _anchor(words[match.end() :], masked)
        name: Relation = phrases.RELATIONS[match["relation"].lower()]
        if name == "at" and (anchor is None or anchor.seconds is None):
            continue  # "at all", "at the door"
        if name == "at" and anchor == _START:
            name = "after"
        if name == "at" and anchor == _END:
            name = "before"
        if name == "while" and anchor is not None and anchor.seconds is not None:
            name = "at"
        splits.append(
            _Split(_before(words, match), None if anchor is None else name, () if anchor is None else (anchor,))
        )
    return splits or [_Split(words, "")]


def _before(words: str, match: re.Match[str]) -> str:
    return words[: match.start()].strip(" ,;:")


def _anchor(words: str, masked: phrases.Masked) -> Thing | None:
    """Return the time or the thing that a relation names."""
    time = phrases.TIME_TOKEN.fullmatch(words.strip(" ,"))
    if time is not None:
        return Thing(seconds=masked.times[int(time[1])])
    if phrases.START.fullmatch(words.strip()):
        return _START
    if phrases.END.fullmatch(words.strip()):
        return _END
    thing = _thing(words, masked)
    return thing if thing is not None and (thing.subject or thing.sense == "moves") else None


def _thing(words: str, masked: phrases.Masked, strict: bool = False) -> Thing | None:
    """Return what a clause names and how it is perceived; None if its verb isn't about perceiving.

    Args:
        words: Without the question's lead and its relation.
        masked: What stands for quotes and times.
        strict: Whether a clause without any such verb is not understood: "is the cat happy".
    """
    words = " ".join(phrases.FILLERS.sub(" ", f" {words} ").strip(" ,:;").split())
    moving = phrases.MOVES.fullmatch(words)
    if moving is not None:
        return Thing(phrases.motion_subject(moving), "moves")
    needs_verb = bool(phrases.DO.match(words))
    subject, senses = phrases.strip_frames(words)
    is_quote = phrases.QUOTE_TOKEN.fullmatch(subject) is not None
    if (strict or needs_verb) and not senses and not is_quote:
        return None
    sense = phrases.strongest(senses)
    quote = phrases.QUOTE_TOKEN.search(subject)
    if quote is not None:
        written = sense if sense in ("heard", "read") else "read" if sense == "seen" else None
        return Thing(masked.quotes[int(quote[1])], written, quoted=True)
    capitals = phrases.CAPITALS_TOKEN.fullmatch(phrases.without_articles(subject))
    if capitals is not None:
        read = "read" if sense in (None, "seen") else sense
        return Thing(masked.capitals[int(capitals[1])], read, in_capitals=sense in (None, "seen"))
    subject = phrases.CAPITALS_TOKEN.sub(lambda token: masked.capitals[int(token[1])], subject)
    subject = phrases.TIME_TOKEN.sub(lambda token: masked.written[int(token[1])], subject)
    article, subject = phrases.article_of(subject), phrases.without_articles(subject)
    if phrases.UNKNOWN_VERB.search(subject) and sense not in ("heard", "read"):
        return None
    if sense is None and not strict:
        sense = "seen"
    return Thing(subject, sense, article=article)


def _with_sense(thing: Thing, sense: Sense | None) -> Thing:
    return thing if sense is None or (thing.quoted and sense == "seen") else replace(thing, sense=sense)
