"""Rereading: labels read a second time, and which of two readings is kept."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sensorium.core.reply import Box
from sensorium.eyes.charts.text.spelling import bare_of
from sensorium.eyes.charts.text.words import read_grey
from sensorium.media.image import Pixels

Colour = tuple[int, int, int]
Told = tuple[str, float]
"""What a label says, and the score of its reading."""


def second(picture: Pixels, boxes: Sequence[Box], texts: Sequence[str], scores: Sequence[float], letter: float,
            ground: Colour) -> tuple[list[str], int]:  # fmt: skip
    """Read labels of one line once more, in grey, and a third time where that differs: two of three decide.

    Gives the texts and how many of them did not stand in all readings.
    """
    out, doubted = list(texts), 0
    for place, (box, text, score) in enumerate(zip(boxes, texts, scores, strict=True)):
        if not text or box.height > 2.2 * letter:
            continue
        others = [(text, score)]
        for margin in (0.12, 0.3):
            room = margin * letter
            around = Box(box.left - room, box.top - room / 2, box.right + room, box.bottom + room / 2)
            others.append(read_grey(picture, around, ground))
            if same(others[-1][0], text):
                break
        if len(others) == 2 and same(others[1][0], text):
            continue
        doubted += 1
        if len(others) == 3 and same(others[1][0], others[2][0]) and others[2][1] > score + 0.02:
            out[place] = others[2][0]
    return out, doubted


def same(a: str, b: str) -> bool:
    """Whether two readings spell alike, spaces, dashes and specks at the ends aside."""
    return bare_of(a) == bare_of(b)


def fuller(first: Told, second: Told) -> Told:
    """Take a reading of more ink if it says the same and more, surely."""
    said, more = (re.sub(r"\W", "", text) for text, _ in (first, second))
    if said == more:
        return first
    return second if said in more and second[1] > 0.85 else (first[0], min(first[1], 0.88))


def better(first: Told, second: Told) -> Told:
    """Take the surer of two readings."""
    if first[0] == second[0]:
        return first[0], max(first[1], second[1])
    return second if second[1] > first[1] else first
