"""Answers about colours: of the thing, of the ground behind it, of the whole picture."""

from __future__ import annotations

import re

from sensorium.eyes.answers.answer import LEAST, SURE, Said, a, cannot_tell
from sensorium.eyes.answers.image_view import Look
from sensorium.eyes.photo import colour as colours

_TERMS = (
    "black white grey gray red orange yellow green blue purple pink brown beige navy violet maroon turquoise".split()
)
_ALIASES = {"gray": "grey", "navy": "blue", "violet": "purple", "maroon": "red", "turquoise": "blue"}
_WHETHER = re.compile(r"^\W*(?:and |so |hey |please )?(?:is|are|was|were|isn't|would you say)\b", re.IGNORECASE)
_WHOLE = 0.85  # that the colours named for a whole picture are those a person would name
_GENERIC = {"it", "thing", "object", "item", "main object", "main thing", "one", "shape"}


def colour(look: Look, of: str | None, question: str) -> Said:
    """Say the colour of what is asked about."""
    if not look.quality.usable and any(fault.kind in ("dark", "bright") for fault in look.quality.faults):
        return cannot_tell(f"I can't tell colours in this picture. {look.quality.faults[0].advice}")
    of = of or "it"
    if of == "whole picture":
        shades = look.shades
        evidence = tuple(look.evidence("colour", f"{s.name}, {s.share:.0%} of the picture", None) for s in shades)
        return Said(f"The picture is mostly {colours.describe_colours(shades)}.", _WHOLE, evidence)
    found = look.colours
    if of == "background":
        said = colours.describe_colours(found.background)
        return _judged(look, said, "The background is", _WHOLE, found.background, question)
    if not found.thing:
        return cannot_tell("I can't tell the thing from its background.", limit=True)
    chance = found.confidence
    if of not in _GENERIC:
        seen = look.present(of)
        if seen.known and seen.probability is not None and seen.probability <= 1 - SURE and look.called is not None:
            return cannot_tell(
                f"I see no {of}; it is {a(look.called.name)}.", look.seen_evidence(seen.recognitions[:3]), limit=True
            )
    return _judged(look, colours.describe_colours(found.thing), "It is", chance, found.thing, question)


def _judged(look: Look, said: str, begin: str, chance: float, shades: tuple[colours.Shade, ...], question: str) -> Said:
    box = look.colours.box if begin == "It is" else None
    evidence = tuple(look.evidence("colour", f"{s.name}, {s.share:.0%}", chance, box) for s in shades[:3])
    if chance < LEAST:
        return cannot_tell(f"I am not sure of the colour; it may be {said}.", evidence, limit=True)
    asked = [term for term in re.findall(r"[a-z]+", question.casefold()) if term in _TERMS]
    if _WHETHER.search(question) and len(set(asked)) == 1:
        wanted = _ALIASES.get(asked[0], asked[0])
        yes = wanted in {colours.basic_term(s.name) for s in shades[:2] if s.share >= 0.25}
        return Said(f"{'Yes' if yes else 'No'}, {begin[0].lower()}{begin[1:]} {said}.", chance, evidence)
    return Said(f"{begin} {said}.", chance, evidence)
