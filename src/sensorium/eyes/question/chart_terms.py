"""Words about charts: operations, bars by their place, bounds, axes."""

from __future__ import annotations

import re
from typing import Literal

from sensorium.eyes.question.question import Bound, Extreme
from sensorium.eyes.question.terms import TERMS

_LESS = re.compile(r"\b(?:less|lower|smaller|fewer|under|below|worse|shorter|behind|least|little)\b")
_MORE = re.compile(r"\b(?:more|higher|larger|bigger|greater|over|above|better|taller|longer|ahead|most)\b")
WHICH = re.compile(r"\b(?:which|who|what|where)\b")
_ORDINALS: dict[str, int] = TERMS["ordinals"]
_BOUND = re.compile(
    r"\b(?:(above|over|more than|higher than|greater than|exceed\w*|at least)"
    r"|(below|under|less than|lower than|fewer than|smaller than|at most))\s+(?:the\s+)?(?:(average|mean)|(-?[\d.,]+))"
)
_AXIS = re.compile(r"\b(?:(x|horizontal|bottom)|(y|vertical|left))[ -]?axis\b")
TITLE = re.compile(r"\b(?:title|called|heading|about)\b")
TEXT_UNITS = re.compile(r"\b(?:lines?|words?|letters?)\b")
DIVIDES = re.compile(
    r"how many times (?!is\b|are\b|was\b|more\b|less\b|as\b|(?:bigg|high|low|great|larg|small|tall|long|short)er\b"
    r"|does\b|do\b|over\b)[^?]*? (?:is|are|was|were)\b"
)
"""A ratio in the other order: "how many times Monday is Tuesday" is Tuesday divided by Monday."""
_OPERATIONS = {name: re.compile("|".join(words)) for name, words in TERMS["operations"].items()}


def names_only(text: str, operation: str) -> bool:
    """Whether a text in lower case names an operation by its own word, and no other."""
    return [name for name, pattern in _OPERATIONS.items() if pattern.search(text)] == [operation]


def find_ordinals(text: str) -> tuple[int, ...]:
    """Return the places that are named, from 0: "the third bar", "the last"."""
    return tuple(_ORDINALS[word] for word in re.findall(r"\w+", text) if word in _ORDINALS)


def find_extremes(text: str) -> tuple[Extreme, ...]:
    """Return "max" and "min" in the order in which they are named."""
    extremes: tuple[Extreme, ...] = ("max", "min")
    starts = [(match.start(), name) for name in extremes if (match := _OPERATIONS[name].search(text))]
    return tuple(name for _, name in sorted(starts))


def find_comparison(text: str) -> Literal["less", "more"] | None:
    return "less" if _LESS.search(text) else "more" if _MORE.search(text) else None


def find_bound(text: str) -> Bound | None:
    """Return what values are compared with: "above 100", "below the average"."""
    match = _BOUND.search(text)
    if match is None:
        return None
    try:
        value = None if match[3] else float(match[4].rstrip(".,").replace(",", ""))
    except ValueError:  # "over 1.2.3"
        return None
    return Bound(match[1] is not None, value)


def find_axis(text: str) -> Literal["x", "y"] | None:
    match = _AXIS.search(text)
    return None if match is None else "x" if match[1] else "y"
