"""The words of questions, from data/terms.toml; those about images themselves, and those that tell why to decline."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, Literal

from sensorium.eyes.question.question import Aspect, Ranking, Reason

TERMS: dict[str, Any] = tomllib.loads((Path(__file__).parent / "data" / "terms.toml").read_text("utf-8"))


def _at_start(words: list[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(words)})")


_ASPECTS = {
    fault: ((True, _at_start(words["fine"])), (False, _at_start(words["faulty"])))
    for fault, words in TERMS["aspects"].items()
}
_REASONS: dict[Reason, re.Pattern[str]] = {
    reason: re.compile(rf"\b(?:{'|'.join(words)})\b") for reason, words in TERMS["reasons"].items()
}
SENSITIVE = re.compile(
    r"\b(?:un)?safe(?:ly|ty)?\b|\b(?:danger|hazard|harm|poison|toxi|cross|edible|mould|mold|allerg|medic|prescri|spoil|risk"
    r"|tablet|pill|capsule|dos(?:e|age)|ibuprofen|paracetamol|aspirin|insulin|antibiotic|painkiller|ingredient)\w*"
    r"|\b(?:eat|eating|eaten|drink|drinking|rotten|ripe|raw|undercooked|g(?:o|oes|one) off|still good|syrup|inhaler"
    r"|\d+ ?mg)\b"
)
"""About safety, medicine or what one eats, where a wrong answer harms."""
_NOT = re.compile(r"\b(?:not|no|nothing|without|free of)\b(?: too| very| at all| even| any| been)*$")
ALTERNATIVE = re.compile(r"\bor\b(?!\s+(?:not|what|no|nah|something|do|must|should|so|is it not|i)\b)")
_YES_NO = re.compile(r"\W*(?:and |so |but )?(?:is|are|was|did|does|do|can|could|have|has|am|will|would)\b")
_EITHER = re.compile(r"\bor (?:do|should|must|shall|have)\b.*\b(?:again|retake|another|new one)\b")
_BAD = re.compile(r"\b(?:wrong|bad|poor|problem|retake|again|useless)\b")

WHICH_IMAGE = re.compile(r"\b(?:which|wich)\b")
BETWEEN_IMAGES = re.compile(
    r"\b(?:same|different|difference|differ\w*|compare\w*|alike|similar|identical|match\w*|changed?|both)\b"
)
_RANKINGS = tuple(
    (Ranking(fault, descending), re.compile(rf"\b(?:{words})\b"))
    for fault, more, less in (
        ("blurred", r"blur\w*|fuzz\w*|out of focus", r"sharp\w*|clear\w*|crisp\w*|in focus"),
        ("dark", r"dark\w*", r"bright\w*|light\w*"),
        ("cut off", r"cut\w*|crop\w*", r"complete\w*|whole"),
    )
    for words, descending in ((more, True), (less, False))
)


def find_aspects(text: str) -> tuple[Aspect, ...]:
    """Return the faults that a text in lower case asks about, or for whose absence it asks."""
    aspects: dict[str, bool] = {}
    for fault, patterns in _ASPECTS.items():
        for absent, pattern in patterns:
            match = pattern.search(text)
            if match is None or (fault == "dark" and "bright" in aspects):
                continue
            denied = bool(_NOT.search(text[: match.start()].rstrip()))
            aspects.setdefault(fault, absent != denied)
    return tuple(Aspect(fault, absent) for fault, absent in aspects.items())


def find_polarity(text: str) -> Literal["good", "bad"] | None:
    """Return what a yes would mean, or None where the form isn't that of a yes-no question."""
    if _EITHER.search(text):  # "is it good, or should I take it again": yes would answer neither
        return None
    return None if not _YES_NO.match(text) else "bad" if _BAD.search(text) else "good"


def find_ranking(message: str) -> Ranking | None:
    return next((ranking for ranking, pattern in _RANKINGS if pattern.search(message)), None)


def find_reason(text: str) -> Reason | None:
    """Return the first reason whose words stand in a text in lower case."""
    return next((reason for reason, pattern in _REASONS.items() if pattern.search(text)), None)
