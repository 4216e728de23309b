"""Words about the image itself, and about several images: sharp, dark, which of them."""

from __future__ import annotations

import re
from typing import Literal

from sensorium.eyes.question.question import Aspect, Ranking

_ASPECTS = {  # fault: words that ask for it, words that ask for its absence
    "blurred": (
        r"blur\w*|fuzz\w*|shak\w*|out of focus|unsharp|smear\w*|smudg\w*|hazy|soft\b|moved|unclear|not clear",
        r"sharp\w*|in focus|focus\w*|clear\w*|crisp|steady|readable|legible",
    ),
    "dark": (
        r"dark\w*|dim\b|gloom\w*|under ?-?exposed|black\b|not enough light|too little light|shadow\w*|murky",
        r"light enough|enough light|bright enough|well lit"
        r"|(?:light|lighting|exposure) (?:is )?(?:ok\w*|good|fine|right|alright)"
        r"|(?:ok\w*|good|fine|right|alright) (?:light|lighting|exposure)|\blit\b|\blights? on\b",
    ),
    "bright": (
        r"too bright|over ?-?exposed|washed|glar\w*|too (?:much )?light|burnt|blown|bleached|reflect\w*|shiny|flash\w*"
        r"|too white|dazzl\w*",
        r"$^",
    ),
    "tilted": (
        r"tilt\w*|crook\w*|skew\w*|slant\w*|slop\w*|rotat\w*|wonky|angle\w*|upside|sideways|leaning|squint\w*|lopsided"
        r"|turned|inverted",
        r"straight\w*|level\b|upright|right way (?:up|round)|aligned",
    ),
    "cut off": (
        r"cut\w*|crop\w*|chop\w*|miss\w*|outside|sticking out|off the (?:edge|side|picture|frame)|too close"
        r"|out of frame|clip\w*",
        r"complete\w*|whole|entire\w*|in (?:the )?(?:frame|shot|view)|fit\w*|all of it|everything|full\w*"
        r"|all (?:in|the)|get it all|got it all|cent(?:re|er)d|in the picture",
    ),
}
_NOT = re.compile(r"\b(?:not|no|nothing|without|free of)\b(?: too| very| at all| even| any| been)*$")
ALTERNATIVE = re.compile(r"\bor\b(?!\s+(?:not|what|no|nah|something|do|must|should|so|is it not|i)\b)")
_YES_NO = re.compile(r"\W*(?:and |so |but )?(?:is|are|was|did|does|do|can|could|have|has|am|will|would)\b")
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
    for fault, (faulty, fine) in _ASPECTS.items():
        for pattern, absent in ((fine, True), (faulty, False)):
            match = re.search(rf"\b(?:{pattern})", text)
            if match is None or (fault == "dark" and "bright" in aspects):
                continue
            denied = bool(_NOT.search(text[: match.start()].rstrip()))
            aspects.setdefault(fault, absent != denied)
    return tuple(Aspect(fault, absent) for fault, absent in aspects.items())


def find_polarity(text: str) -> Literal["good", "bad"] | None:
    """Return what a yes would mean, or None where the form isn't that of a yes-no question."""
    return None if not _YES_NO.match(text) else "bad" if _BAD.search(text) else "good"


def find_ranking(message: str) -> Ranking | None:
    return next((ranking for ranking, pattern in _RANKINGS if pattern.search(message)), None)
