"""Slants: labels that run upward or slant, turned level and read, then sorted to their bars."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sensorium.core.reply import Box
from sensorium.eyes.charts.text.rereading import Colour, better
from sensorium.eyes.charts.text.words import GOOD, Word, around, read_again, read_turned
from sensorium.media.image import Pixels

Read = tuple[list[str], list[float], Box, float]
"""One text and one score a bar, the rectangle around them, the height of their letters in pixels."""


def upended(picture: Pixels, under: Sequence[Word], tall: Sequence[Word], centres: Sequence[float], pitch: float,
             ground: Colour) -> Read:  # fmt: skip
    """Read labels that run from bottom to top: the strip is turned and read once more."""
    top = min(word.box.top for word in tall)
    bottom = max(word.box.bottom for word in tall)
    strip = Box(centres[0] - 0.8 * pitch, top - 3, centres[-1] + 0.8 * pitch, bottom + 4)
    found = [word for word in read_turned(picture, strip, 90.0, ground) if word.box.top < top + 0.5 * (bottom - top)]
    letter = float(np.median([word.height for word in found])) if found else 12.0
    texts, scores = [], []
    for centre in centres:
        own = sorted((w for w in found if abs(w.middle[0] - centre) < 0.5 * pitch), key=lambda w: w.middle[0])
        own = _surer(own)
        text, score = " ".join(word.text for word in own), min((word.score for word in own), default=0.0)
        if score < GOOD:
            slot = Box(centre - 0.5 * pitch, top - 3, centre + 0.5 * pitch, bottom + 4)
            text, score = better((text, score), read_again(picture, slot, letter, ground, turn=90))
        texts.append(text)
        scores.append(score)
    return texts, scores, strip, letter


def slanting(picture: Pixels, under: Sequence[Word], tilted: list[Word], centres: Sequence[float], pitch: float,
            ground: Colour) -> Read:  # fmt: skip
    """Sort slanting labels to their bars: they end at the tick, or are centred under it."""
    band = around(tilted)
    tilted = [
        word
        for word in under
        if word in tilted
        or (abs(word.turn) < 75 and len(word.text) > 1 and band.top - 2 < word.middle[1] < band.bottom)
    ]
    if len(tilted) != len(centres) or min(word.score for word in tilted) < 0.97:
        turn = float(np.median([word.turn for word in tilted]))
        box = around(tilted)
        reach = (box.bottom - box.top) / max(0.3, float(np.tan(np.radians(abs(turn)))))
        strip = Box(
            min(box.left - 12, centres[0] - 1.1 * reach), box.top - 4, max(box.right, centres[-1]) + 12, box.bottom + 4
        )
        again = [word for word in read_turned(picture, strip, turn, ground) if word.score > 0.6]
        if len(again) >= 0.6 * len(tilted):
            tilted = again
    numeric = [word for word in tilted if not any(char.isalpha() for char in word.text)]
    if len(numeric) < 0.3 * len(tilted):  # a number of the axis beside labels of words
        tilted = [word for word in tilted if word not in numeric]
    places = _sorted_to(tilted, centres, pitch)
    turn = float(np.median([word.turn for word in tilted]))
    down = np.array([np.sin(np.radians(turn)), np.cos(np.radians(turn))])  # across the lines, from first to second
    texts, scores = [], []
    for place in range(len(centres)):
        own = [word for word, at in zip(tilted, places, strict=True) if at == place]
        own.sort(key=lambda word: float(np.dot(down, word.middle)))
        own = _surer(own)
        texts.append(" ".join(word.text for word in own))
        scores.append(min((word.score for word in own), default=0.0))
    letter = float(np.median([word.height for word in tilted]))
    return texts, scores, around(tilted), letter


def _sorted_to(tilted: Sequence[Word], centres: Sequence[float], pitch: float) -> list[int]:
    middles = np.asarray(centres)
    best: tuple[float, list[int]] = (np.inf, [])
    for anchors in ([word.end[0] for word in tilted], [word.middle[0] for word in tilted],
                    [word.start[0] for word in tilted]):  # fmt: skip
        at = np.array(anchors)
        away = at[:, None] - middles[None]
        nearest = away[np.arange(len(at)), np.abs(away).argmin(axis=1)]
        at = at - np.median(nearest)
        away = np.abs(at[:, None] - middles[None])
        places = away.argmin(axis=1)
        empty = len(centres) - len(set(places.tolist()))
        cost = float(away.min(axis=1).mean() / pitch) + 0.5 * empty + abs(float(np.median(nearest))) / pitch * 0.3
        if cost < best[0]:
            best = (cost, places.tolist())
    return best[1]


def _surer(own: list[Word]) -> list[Word]:
    """Leave out specks: lone characters read badly beside a word read well."""
    if not any(word.score > 0.9 and len(word.text) > 1 for word in own):
        return own
    return [word for word in own if word.score > 0.75 and (len(word.text) > 1 or word.score > 0.97)]
