"""Several pictures: the same question of each, or which of them it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from sensorium.core.reply import Evidence
from sensorium.eyes.answers.answer import Said, cannot_tell
from sensorium.eyes.answers.image_view import Look

_WHICH = re.compile(r"\b(?:which|wich)(?: (?:one|picture|photo|image|pic|shot|of))?\b")
_BETWEEN = re.compile(
    r"\b(?:same|different|difference|differ\w*|compare\w*|alike|similar|identical|match\w*|changed?|both)\b"
)
_ASPECTS = (  # what a which-question may rank pictures by: fault, words for more of it, words for less
    ("blurred", r"blur\w*|fuzz\w*|out of focus", r"sharp\w*|clear\w*|crisp\w*|in focus"),
    ("dark", r"dark\w*", r"bright\w*|light\w*"),
    ("cut off", r"cut\w*|crop\w*", r"complete\w*|whole"),
)
_CLEAR = 0.15  # the least lead in probability that ranks two pictures


def compares(question: str) -> bool:
    """Whether a question sets pictures against each other in a way that no single look can answer."""
    return bool(_BETWEEN.search(question.casefold())) and not _WHICH.search(question.casefold())


def among(looks: Sequence[Look], question: str, kind: str, one: Callable[[Look], Said]) -> Said:
    """Answer a question over several pictures: which of them, or one after the other."""
    said = question.casefold()
    which = bool(_WHICH.search(said))
    if which and kind in ("quality", "decline", "name"):
        ranked = _ranked(looks, said)
        if ranked is not None:
            return ranked
    each = [one(look) for look in looks]
    if which and kind == "presence":
        return _those(each)
    texts = [f"Picture {number}: {answer.text}" for number, answer in enumerate(each, 1)]
    evidence = _joined(each)
    told = [answer.confidence for answer in each if answer.confidence is not None]
    if not told:
        return cannot_tell("\n".join(texts), evidence, limit=any(answer.limit for answer in each))
    return Said("\n".join(texts), min(told), evidence)


def _ranked(looks: Sequence[Look], said: str) -> Said | None:
    for kind, more, less in _ASPECTS:
        for pattern, sign in ((more, 1.0), (less, -1.0)):
            word = re.search(rf"\b(?:{pattern})\b", said)
            if word is None:
                continue
            chances = [look.faults[kind] for look in looks]
            order = sorted(range(len(looks)), key=lambda i: -sign * chances[i])
            evidence = tuple(
                look.evidence("quality", f"{kind}: {chance:.0%} likely", max(chance, 1 - chance))
                for look, chance in zip(looks, chances, strict=True)
            )
            lead = abs(chances[order[0]] - chances[order[1]])
            if lead < _CLEAR:
                return cannot_tell("I see no clear difference between them in that.", evidence)
            return Said(f"Picture {order[0] + 1}.", 0.5 + lead / 2, evidence)
    return None


def _those(each: Sequence[Said]) -> Said:
    evidence = _joined(each)
    if any(answer.confidence is None for answer in each):
        texts = [f"Picture {number}: {answer.text}" for number, answer in enumerate(each, 1)]
        return cannot_tell("\n".join(texts), evidence, limit=any(answer.limit for answer in each))
    yes = [number for number, answer in enumerate(each, 1) if answer.text.startswith("Yes")]
    chance = min(answer.confidence or 0.0 for answer in each)
    if not yes:
        return Said("None of them.", chance, evidence)
    listed = " and ".join(str(number) for number in yes)
    return Said(f"Picture {listed}." if len(yes) == 1 else f"Pictures {listed}.", chance, evidence)


def _joined(each: Sequence[Said]) -> tuple[Evidence, ...]:
    return tuple(seen for answer in each for seen in answer.evidence)
