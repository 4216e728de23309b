"""Answers about the picture itself: is it sharp, light enough, straight, complete."""

from __future__ import annotations

import re

from sensorium.eyes.answers.answer import Said, cannot_tell
from sensorium.eyes.answers.image_view import Look
from sensorium.eyes.photo.quality import Fault

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
_EITHER = re.compile(r"\bor\b(?!\s+(?:not|what|no|nah|something|do|must|should|so|is it not|i)\b)")
_LEAST = 0.5


def condition(look: Look, question: str) -> Said:
    """Whether the picture has the fault, or the virtue, that is asked about, or whether it is good at all."""
    said = question.casefold().replace("’", "'")
    asked = _asked(said)
    faults: dict[str, Fault] = {fault.kind: fault for fault in look.quality.faults}
    chances: dict[str, float] = dict(look.faults)
    if "tilted" in asked:
        chances |= _tilt(look)
        faults = {fault.kind: fault for fault in look.quality.faults}
    if not asked or (len(asked) > 1 and not _EITHER.search(said) and len(set(asked.values())) > 1):
        return _overall(look, list(faults.values()), chances, said)
    if _EITHER.search(said):
        return _which(look, asked, faults, chances)
    if set(asked) == {"dark", "bright"}:  # "is the light good"
        asked = {k: v for k, v in asked.items() if k in faults} or {"dark": asked["dark"]}
    there = [kind for kind in asked if chances[kind] > _LEAST]
    worst = max(asked, key=lambda kind: chances[kind])
    chance = max(chances[worst], 1 - chances[worst])
    virtue = asked[worst]
    yes = bool(there) != virtue
    told = _sentence(faults.get(worst), worst)
    evidence = (look.evidence("quality", f"{worst}: {chances[worst]:.0%} likely", chance),)
    return Said(f"{'Yes' if yes else 'No'}, {told}", chance, evidence)


def _asked(said: str) -> dict[str, bool]:
    """Return the faults that are asked about -> True where the question is for the fault's absence."""
    found: dict[str, bool] = {}
    for kind, (faulty, fine) in _ASPECTS.items():
        for pattern, virtue in ((fine, True), (faulty, False)):
            match = re.search(rf"\b(?:{pattern})", said)
            if match is None or (kind == "dark" and "bright" in found):
                continue
            denied = bool(_NOT.search(said[: match.start()].rstrip()))
            found.setdefault(kind, virtue != denied)
    return found


def _tilt(look: Look) -> dict[str, float]:
    from sensorium.eyes.photo.quality import fault_probabilities

    chance = fault_probabilities(look.image, look.lines)["tilted"]
    look.__dict__.pop("quality", None)  # judged anew, now that the lines are read
    return {"tilted": chance}


def _sentence(fault: Fault | None, kind: str) -> str:
    if fault is None:
        fine = {"blurred": "sharp", "dark": "light enough", "bright": "not too bright", "tilted": "straight"}
        return "all of it is in the picture." if kind == "cut off" else f"it is {fine[kind]}."
    where = f" at the {fault.where}" if fault.where else ""
    return f"it is {'too ' if kind in ('dark', 'bright') else ''}{kind}{where}. {fault.advice}"


def _which(look: Look, asked: dict[str, bool], faults: dict[str, Fault], chances: dict[str, float]) -> Said:
    """Answer "is it sharp or blurred": say which, without yes or no."""
    worst = max(asked, key=lambda kind: chances[kind])
    chance = max(chances[worst], 1 - chances[worst])
    told = _sentence(faults.get(worst), worst)
    evidence = (look.evidence("quality", f"{worst}: {chances[worst]:.0%} likely", chance),)
    return Said(f"{told[0].upper()}{told[1:]}", chance, evidence)


def _overall(look: Look, faults: list[Fault], chances: dict[str, float], said: str) -> Said:
    """Answer "is the picture good" and "what is wrong with it"."""
    evidence = tuple(
        look.evidence("quality", f"{kind}: {chance:.0%} likely", chance) for kind, chance in chances.items()
    )
    asks = re.match(r"\W*(?:and |so |but )?(?:is|are|was|did|does|do|can|could|have|has|am|will|would)\b", said)
    wrong = re.search(r"\b(?:wrong|bad|poor|problem|retake|again|useless)\b", said)
    if faults:
        told = " ".join(f"{_sentence(fault, fault.kind)}" for fault in faults[:2])
        chance = max(fault.probability for fault in faults)
        begin = ("Yes, " if wrong else "No, ") if asks else ""
    else:
        worst = max(chances.values())
        if worst > 1 - _LEAST:
            return cannot_tell("I am not sure whether the picture is good enough.", evidence)
        told, chance = "it is sharp, light enough, and all of it is in the picture.", 1 - worst
        begin = ("No, " if wrong else "Yes, ") if asks else ""
    text = f"{begin}{told}"
    return Said(text[0].upper() + text[1:], chance, evidence)
