"""Slanted and vertical labels: rotated level, read, and assigned to their categories."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sensorium.core.reply import Box
from sensorium.eyes.charts.axis import CategoryAxis
from sensorium.eyes.charts.ink import Ink
from sensorium.eyes.charts.text.spelling import correct, more_certain
from sensorium.eyes.charts.text.words import GOOD_SCORE, Labels, Word, bounding_box, read_rotated, reread


def read_vertical(ink: Ink, vertical: Sequence[Word], axis: CategoryAxis) -> Labels:
    """Read labels that run from bottom to top: their strip is rotated and read again."""
    top, bottom = min(word.box.top for word in vertical), max(word.box.bottom for word in vertical)
    strip = Box(axis.centres[0] - 0.8 * axis.pitch, top - 3, axis.centres[-1] + 0.8 * axis.pitch, bottom + 4)
    words = [word for word in read_rotated(ink, strip, 90.0) if word.box.top < top + 0.5 * (bottom - top)]
    height = float(np.median([word.height for word in words])) if words else 12.0
    texts, scores = [], []
    for centre in axis.centres:
        own = sorted((word for word in words if abs(word.x - centre) < 0.5 * axis.pitch), key=lambda word: word.x)
        text, score = _join(own)
        if score < GOOD_SCORE:
            cell = Box(centre - 0.5 * axis.pitch, top - 3, centre + 0.5 * axis.pitch, bottom + 4)
            text, score = more_certain((text, score), reread(ink, cell, height, upward=True))
        texts.append(text)
        scores.append(score)
    return Labels(correct(texts), tuple(scores), strip, height)


def read_slanted(ink: Ink, under: Sequence[Word], slanted: list[Word], axis: CategoryAxis) -> Labels:
    """Assign slanted labels to their categories: they end at the tick, or are centred under it.

    `slanted` are those of the words under the axis that surely slant.
    """
    band = bounding_box(slanted)
    slanted = [word for word in under if word in slanted
               or (abs(word.angle) < 75 and len(word.text) > 1 and band.top - 2 < word.y < band.bottom)]  # fmt: skip
    if len(slanted) != len(axis.centres) or min(word.score for word in slanted) < 0.97:
        angle = float(np.median([word.angle for word in slanted]))
        box = bounding_box(slanted)
        reach = (box.bottom - box.top) / max(0.3, float(np.tan(np.radians(abs(angle)))))
        left, right = min(box.left - 12, axis.centres[0] - 1.1 * reach), max(box.right, axis.centres[-1]) + 12
        again = read_rotated(ink, Box(left, box.top - 4, right, box.bottom + 4), angle)
        again = [word for word in again if word.score > 0.6]
        if len(again) >= 0.6 * len(slanted):
            slanted = again
    numeric = [word for word in slanted if not any(char.isalpha() for char in word.text)]
    if len(numeric) < 0.3 * len(slanted):  # a number of the axis beside labels of words
        slanted = [word for word in slanted if word not in numeric]
    indices = _assign(slanted, axis)
    angle = float(np.median([word.angle for word in slanted]))
    down = np.array([np.sin(np.radians(angle)), np.cos(np.radians(angle))])  # across the lines, from first to second
    readings = []
    for index in range(len(axis.centres)):
        own = [word for word, own_index in zip(slanted, indices, strict=True) if own_index == index]
        readings.append(_join(sorted(own, key=lambda word: float(np.dot(down, (word.x, word.y))))))
    height = float(np.median([word.height for word in slanted]))
    texts, scores = zip(*readings, strict=True)
    return Labels(correct(texts), scores, bounding_box(slanted), height)


def _assign(slanted: Sequence[Word], axis: CategoryAxis) -> list[int]:
    """Return the category of each word, by the anchor (end, middle or start) that fits the categories best."""
    centres = np.asarray(axis.centres)
    best: tuple[float, list[int]] = (np.inf, [])
    for anchors in ([word.end for word in slanted], [word.x for word in slanted], [word.start for word in slanted]):
        xs = np.array(anchors)
        away = xs[:, None] - centres[None]
        nearest = away[np.arange(len(xs)), np.abs(away).argmin(axis=1)]
        xs = xs - np.median(nearest)
        away = np.abs(xs[:, None] - centres[None])
        indices = away.argmin(axis=1)
        empty = len(centres) - len(set(indices.tolist()))
        shift = abs(float(np.median(nearest))) / axis.pitch * 0.3
        cost = float(away.min(axis=1).mean() / axis.pitch) + 0.5 * empty + shift
        if cost < best[0]:
            best = (cost, indices.tolist())
    return best[1]


def _join(words: list[Word]) -> tuple[str, float]:
    """Return the text of a label and its lowest score, without single characters of low score beside good words."""
    if any(word.score > 0.9 and len(word.text) > 1 for word in words):
        words = [word for word in words if word.score > 0.75 and (len(word.text) > 1 or word.score > 0.97)]
    return " ".join(word.text for word in words), min((word.score for word in words), default=0.0)
