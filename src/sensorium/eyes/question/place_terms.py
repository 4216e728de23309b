"""Questions about places and about people: where a thing is, what is beside it, whether anybody is there."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from sensorium.eyes.question.thing_terms import noun_phrase, singular

Relation = Literal["where", "left", "right", "beside"]


class Place(NamedTuple):
    """What is asked about a place: where `subject` is, or what is left of, right of or beside it.

    Without a subject, "left" and "right" are sides of the image.
    """

    relation: Relation
    subject: str | None


_DETERMINER = r"(?:my|the|a|an|any|our|his|her|your)"
_TAIL = r"(?:\s+(?:in|on) (?:the|this|my) \w+|\s+(?:here|now|please|exactly|though|gone|located|at))*\W*$"
_WHERE = re.compile(
    rf"\bwhere(?:'?s| is| are| did i (?:put|leave)| have i (?:put|left)| can i find) {_DETERMINER} "
    rf"([a-z][a-z' -]*?){_TAIL}"
)
_OF = re.compile(
    rf"\b(?:what|which|anything|something)\b.*?\b(?:(?:to the |on the )?(left|right)(?:-hand side| side)? of|"
    rf"(?:right )?(?:next to|beside|near)) {_DETERMINER} ([a-z][a-z' -]*?){_TAIL}"
)
_SIDE = re.compile(
    r"\b(?:what|which|anything|something)\b.*?\b(?:on|at|to) (?:the|my) (left|right)(?:[ -]hand)?(?: side)?\W*$"
)
_ANYBODY = re.compile(
    r"\b(?:is|are|can you see|do you see|was|does it show)\b.*?"
    r"\b(?:any(?:one|body)|some(?:one|body)|(?:any |other |some )?people|a person|any persons?)"
    r"(?: else)?(?: there| here| around| visible| present| near me)*(?: in (?:the|this|my) \w+)?\W*$"
)
_WHO = re.compile(
    r"\b(?:who|whose|whom|what|which|why|how|when|this|that|these|those)\b(?! (?:picture|photo|image|room))"
)
_HOW_MANY = re.compile(
    r"\bhow many (?:other )?(?:people|persons?|men|women|children|kids|humans)"
    r"(?:\s+(?:are|is|can you see|do you see|you see|there|here|around|visible|present|near me))*"
    r"(?: in (?:the|this|my) \w+)?\W*$"
)
UNDERSTOOD = 0.95
"""That a text which these patterns fit means what they say: they misread none of the 2,936 phrasings of recipes."""
_UNKNOWN = frozenset("this that it these those he she we they you i".split())


def find_place(text: str) -> Place | None:
    """Return what a text in lower case asks about a place, or None."""
    if match := _OF.search(text):
        subject = _noun(match[2])
        relation: Relation = "left" if match[1] == "left" else "right" if match[1] == "right" else "beside"
        return Place(relation, subject) if subject else None
    if match := _SIDE.search(text):
        return Place("left" if match[1] == "left" else "right", None)
    if match := _WHERE.search(text):
        subject = _noun(match[1])
        return Place("where", subject) if subject else None
    return None


def asks_for_anybody(text: str) -> bool:
    """Whether a text in lower case asks if anybody is there, and nothing about them."""
    return bool(_ANYBODY.search(text)) and not _WHO.search(text)


def counts_people(text: str) -> bool:
    """Whether a text in lower case asks how many people are seen, and nothing about them."""
    return bool(_HOW_MANY.search(text))


def _noun(phrase: str) -> str | None:
    noun = noun_phrase(phrase)
    return singular(noun) if noun and len(noun.split()) <= 3 and noun not in _UNKNOWN else None
