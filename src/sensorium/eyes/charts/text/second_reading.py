"""Second readings of labels, and which of two readings is right."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sensorium.core.reply import Box
from sensorium.eyes.charts.ink import Ink
from sensorium.eyes.charts.text.spelling import strip_specks
from sensorium.eyes.charts.text.words import Reading, pad, reread_grey


def vote(
    ink: Ink, boxes: Sequence[Box], texts: Sequence[str], scores: Sequence[float], height: float
) -> tuple[list[str], int]:
    """Read labels of one line again in grey, and a third time if that differs: two of three decide.

    Returns the texts, and how many of them some reading spells otherwise.
    """
    voted, disagreements = list(texts), 0
    for place, (box, text, score) in enumerate(zip(boxes, texts, scores, strict=True)):
        if not text or box.height > 2.2 * height:
            continue
        others: list[Reading] = []
        for margin in (0.12, 0.3):
            others.append(reread_grey(ink, pad(box, margin * height, margin * height / 2)))
            if _same(others[-1][0], text):
                break
        if len(others) == 1:
            continue
        disagreements += 1
        if _same(others[0][0], others[1][0]) and others[1][1] > score + 0.02:
            voted[place] = others[1][0]
    return voted, disagreements


def _same(a: str, b: str) -> bool:
    return strip_specks(a) == strip_specks(b)


def more_complete(first: Reading, second: Reading) -> Reading:
    """Return the reading of more ink if it has the same characters and more, with a good score."""
    short, long = (re.sub(r"\W", "", text) for text, _ in (first, second))
    if short == long:
        return first
    return second if short in long and second[1] > 0.85 else (first[0], min(first[1], 0.88))


def more_certain(first: Reading, second: Reading) -> Reading:
    """Return the reading with the better score."""
    if first[0] == second[0]:
        return first[0], max(first[1], second[1])
    return second if second[1] > first[1] else first
