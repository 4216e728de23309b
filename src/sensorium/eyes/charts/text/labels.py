"""Labels: which words stand under (or beside) which bar, read again where they are turned or doubtful."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sensorium.core.reply import Box
from sensorium.eyes.charts.text.cells import cells, reach_left, spaced
from sensorium.eyes.charts.text.rereading import Colour, better, fuller, second
from sensorium.eyes.charts.text.slanted import Read, slanting, upended
from sensorium.eyes.charts.text.spelling import mended
from sensorium.eyes.charts.text.words import GOOD, Word, around, box_around, cut, read_again
from sensorium.media.image import Pixels


@dataclass(frozen=True)
class Labels:
    """What the places along the category axis are called.

    Args:
        texts: One a place; "" where nothing was read.
        scores: How sure the reader is of each, 0 to 1.
        box: Around all of them, in pixels of the picture.
        letter: Height of their letters, pixels.
        turned: True where they run upward or slant.
        doubted: How many a second reading in another size and contrast spells otherwise.
    """

    texts: tuple[str, ...]
    scores: tuple[float, ...]
    box: Box
    letter: float
    doubted: int = 0
    turned: bool = False


def labels_below(picture: Pixels, words: Sequence[Word], centres: Sequence[float], pitch: float, floor: float,
                 ground: Colour) -> Labels | None:  # fmt: skip
    """Find the labels of standing bars.

    Args:
        picture: (height, width, 3) RGB pixels.
        words: All that was read in it.
        centres: x of each bar's middle, pixels.
        pitch: Their distance.
        floor: y of the lowest bar's foot.
        ground: RGB around the plot.
    """
    low, high = centres[0] - 0.9 * pitch, centres[-1] + 0.9 * pitch
    under = [word for word in words if word.middle[1] > floor and low < word.middle[0] < high]
    tilted = [word for word in under if 15 < abs(word.turn) < 75 and len(word.text) > 2]
    tall = [
        word for word in under if word.turn >= 75 or (word.box.height > 1.35 * word.box.width and len(word.text) > 1)
    ]
    if len(tilted) >= max(2, 0.4 * len(centres)):
        return _turned(slanting(picture, under, tilted, centres, pitch, ground))
    level = [word for word in under if (abs(word.turn) <= 15 or len(word.text) <= 2) and word not in tall]
    row = _main_row(level, centres, pitch)
    if len(tall) >= max(2, 0.4 * len(centres)) and len(tall) >= len(row):
        return _turned(upended(picture, under, tall, centres, pitch, ground))
    return _level(picture, level, row, centres, pitch, ground) if row else None


def _turned(read: Read) -> Labels:
    texts, scores, box, letter = read
    return Labels(mended(texts), tuple(scores), box, letter, turned=True)


def labels_beside(picture: Pixels, words: Sequence[Word], centres: Sequence[float], pitch: float, wall: float,
                  ground: Colour) -> Labels | None:  # fmt: skip
    """Find the labels of lying bars, left of them; `centres` are y of their middles, `wall` is x where they begin."""
    near = [
        word for word in words
        if word.box.left < wall - 2 and word.middle[0] - 0.25 * word.box.width < wall
        and centres[0] - 0.5 * pitch < word.middle[1] < centres[-1] + 0.5 * pitch
        and not (word.box.height > 1.25 * word.box.width and len(word.text) > 1)
    ]  # fmt: skip
    letter = float(np.median([word.height for word in words]))
    if len(near) < 0.5 * len(centres):  # the detector passes over whole columns at times: the ink shows where they are
        return _inked(picture, words, centres, pitch, wall, letter, ground)
    edge = float(np.median([min(word.box.right, wall) for word in near]))
    near = _linked(near, edge)
    letter = float(np.median([word.height for word in near]))
    texts, scores, boxes = [], [], []
    for centre in centres:
        own = sorted((w for w in near if abs(w.middle[1] - centre) < 0.5 * pitch), key=lambda w: w.middle[1])
        text, score = _joined(own), min((word.score for word in own), default=0.0)
        box = around(own) if own else Box(0, centre - 0.45 * pitch, edge, centre + 0.45 * pitch)
        spilled = any(word.box.right > edge + 0.5 * word.height for word in own)
        if own and (score < GOOD or spilled):
            inside = Box(box.left - 3, box.top - 1, min(box.right + 3, edge + 2), box.bottom + 1)
            text, score = better((text, 0.5 if spilled else score), read_again(picture, inside, letter, ground))
        if own and (more := reach_left(picture, box, letter, ground)) < box.left - 0.25 * letter:
            inside = Box(more - 3, box.top - 1, min(box.right + 3, edge + 2), box.bottom + 1)
            text, score = fuller((text, score), read_again(picture, inside, letter, ground))
        if not own and len(near) >= 2:
            left = min(word.box.left for word in near)
            text, score = _slot(picture, box._replace(left=left - 3), near[0].height, ground)
        if box.height < 2.2 * letter:
            text = spaced(picture, box._replace(right=min(box.right, edge)), text, ground)
        texts.append(text)
        scores.append(score)
        boxes.append(box)
    texts = list(mended([re.sub(r"(?<=\D)[-–—] ", " ", text).replace("  ", " ") for text in texts]))
    clipped = [box._replace(right=min(box.right, edge + 1)) for box in boxes]
    texts, doubted = second(picture, clipped, texts, scores, letter, ground)
    return Labels(mended(texts), tuple(scores), box_around(boxes), letter, doubted)


def _linked(near: Sequence[Word], edge: float) -> list[Word]:
    """Keep the words that end at the axis, and those that go before one of them in its line."""
    kept = [word for word in near if word.box.right > edge - 1.2 * word.height]
    for word in sorted((w for w in near if w not in kept), key=lambda w: -w.box.right):
        level = [other for other in kept if abs(word.middle[1] - other.middle[1]) < 0.4 * other.height]
        if any(-0.5 < (other.box.left - word.box.right) / other.height < 0.9 for other in level):
            kept.append(word)
    return kept


def _joined(own: Sequence[Word]) -> str:
    """Join words line by line, without the tick marks read as dashes at the ends of lines."""
    lines: list[list[Word]] = []
    for word in own:
        if lines and abs(word.middle[1] - lines[-1][-1].middle[1]) < 0.5 * word.height:
            lines[-1].append(word)
        else:
            lines.append([word])
    texts = [" ".join(word.text for word in sorted(line, key=lambda w: w.box.left)) for line in lines]
    return " ".join(text.rstrip("-–—− ") or text for text in texts) if len(texts) > 1 else "".join(texts)


def _inked(picture: Pixels, words: Sequence[Word], centres: Sequence[float], pitch: float, wall: float, letter: float,
           ground: Colour) -> Labels:  # fmt: skip
    """Read the ink left of each lying bar, from the axis outward to the first wide gap."""
    name = max((w.box.right for w in words if w.turn > 60 and w.box.right < wall), default=0.0)
    texts, scores, boxes = [], [], []
    for centre in centres:
        high = min(0.45 * pitch, 1.6 * letter)
        slot = Box(name + 1, centre - high, wall - 2, centre + high)
        part = cut(picture, slot)
        ink = np.abs(part.astype(np.int16) - np.array(ground, dtype=np.int16)).max(axis=2) > 50
        columns = np.flatnonzero(ink.sum(axis=0) > 1)  # a tick mark is one or two pixels high
        tall = np.flatnonzero(
            ink.any(axis=0) & (np.ptp(np.where(ink, np.arange(len(ink))[:, None], len(ink) // 2), axis=0) > 2)
        )
        columns = np.intersect1d(columns, tall)
        if not len(columns):
            texts.append("")
            scores.append(0.0)
            boxes.append(slot)
            continue
        gaps = np.flatnonzero(np.diff(columns) > 1.2 * letter)
        first = columns[gaps[-1] + 1] if len(gaps) else columns[0]
        box = slot._replace(left=slot.left + float(first) - 2, right=slot.left + float(columns[-1]) + 3)
        text, score = read_again(picture, box, letter * 0.8, ground)
        texts.append(text)
        scores.append(score)
        boxes.append(box)
    return Labels(mended(texts), tuple(scores), box_around(boxes), letter)


def _main_row(level: Sequence[Word], centres: Sequence[float], pitch: float) -> list[Word]:
    """Return the words of the row that names most bars; of equal ones the upper."""
    best: list[Word] = []
    most = 0
    for word in sorted(level, key=lambda w: w.middle[1]):
        row = [other for other in level if abs(other.middle[1] - word.middle[1]) < 0.6 * word.height]
        named = {i for other in row for i, x in enumerate(centres) if _names(other, x, pitch)}
        if len(named) > most:
            best, most = row, len(named)
    return best if most >= max(2, 0.5 * len(centres)) else []


def _names(word: Word, centre: float, pitch: float) -> bool:
    return abs(word.middle[0] - centre) < 0.3 * pitch or word.box.left < centre < word.box.right


def _level(picture: Pixels, level: Sequence[Word], row: list[Word], centres: Sequence[float], pitch: float,
           ground: Colour) -> Labels:  # fmt: skip
    letter = float(np.median([word.height for word in row]))
    lines = [row, *_lower_rows(level, row, centres, pitch, letter)]
    top = min(word.box.top for word in row)
    bottom = max(word.box.bottom for line in lines for word in line)
    band = Box(centres[0] - 1.2 * pitch, top - 2, centres[-1] + 1.2 * pitch, bottom + 2)
    shared = [word for word in row if sum(word.box.left < x < word.box.right for x in centres) > 1]
    parted = cells(picture, band, centres, letter, ground) if shared or len(lines) == 1 else None
    texts, scores, boxes = [], [], []
    for place, centre in enumerate(centres):
        own = [word for line in lines for word in sorted(line, key=lambda w: w.box.left) if _names(word, centre, pitch)]
        slot = Box(centre - 0.5 * pitch, top - 2, centre + 0.5 * pitch, bottom + 2)
        if parted is not None:
            slot = Box(parted[place].left - 3, slot.top, parted[place].right + 3, slot.bottom)
        torn = any(word in shared for word in own) or any(
            word in shared and word.box.left < slot.right and word.box.right > slot.left for word in row
        )
        if torn or not own or (len(lines) > 1 and _unexplained(picture, slot, own, ground)):
            text, score = _slot(picture, slot, letter, ground)
            held = slot
        else:
            text, score = " ".join(word.text for word in own), min(word.score for word in own)
            held = around(own)
            if score < GOOD:
                crop = Box(max(slot.left, held.left - 3), held.top - 2, min(slot.right, held.right + 3),
                           held.bottom + 2)  # fmt: skip
                text, score = better((text, score), read_again(picture, crop, letter, ground))
            others = [word for word in row if word not in own]
            if (
                parted is not None
                and _wider(parted[place], held, letter)
                and not any(parted[place].left < word.middle[0] < parted[place].right for word in others)
            ):
                text, score = fuller((text, score), read_again(picture, slot, letter, ground))
        texts.append(spaced(picture, held, text, ground) if len(lines) == 1 else text)
        scores.append(score)
        boxes.append(held)
    texts = list(mended(texts))
    texts, doubted = second(picture, boxes, texts, scores, letter, ground)
    whole = Box(centres[0] - pitch / 2, top, centres[-1] + pitch / 2, bottom)
    return Labels(mended(texts), tuple(scores), whole, letter, doubted)


def _lower_rows(
    level: Sequence[Word], row: list[Word], centres: Sequence[float], pitch: float, letter: float
) -> list[list[Word]]:
    """Find second and third lines of labels: centred under the first, and closer to it than an axis' name would be."""
    out: list[list[Word]] = []
    above, farthest = row, 1.9 * letter
    middle = (centres[0] + centres[-1]) / 2
    for _ in range(2):
        base = float(np.median([word.middle[1] for word in above]))
        below = [word for word in level if 0.6 * letter < word.middle[1] - base < farthest]
        own = [word for word in below if any(abs(word.middle[0] - x) < 0.2 * pitch for x in centres)
               and word.box.width < pitch * 1.1]  # fmt: skip
        own = [word for word in own if word.middle[1] < min(w.middle[1] for w in own) + 0.5 * letter]
        if len(own) == 1 and abs(own[0].middle[0] - middle) < 0.25 * pitch:
            lower = [w for w in level if 0 < w.middle[1] - own[0].middle[1] < 3 * letter
                     and abs(w.middle[0] - middle) < pitch]  # fmt: skip
            if not lower and not own[0].text[0].islower():
                break  # one line at the middle of the axis and none below it: the axis' name
        if not own:
            break
        out.append(own)
        farthest = 1.25 * (float(np.median([word.middle[1] for word in own])) - base)  # lines of a label are even
        above = own
    return out


def _slot(picture: Pixels, slot: Box, letter: float, ground: Colour) -> tuple[str, float]:
    """Read what stands in one bar's place; nothing where it is empty."""
    crop = cut(picture, slot)
    if crop.size == 0 or int(np.abs(crop.astype(np.int16) - np.array(ground)).max()) < 60:
        return "", 0.0
    return read_again(picture, slot, letter, ground)


def _unexplained(picture: Pixels, slot: Box, own: Sequence[Word], ground: Colour) -> bool:
    """Whether there is ink in a bar's place that no word accounts for: a line that was passed over."""
    part = cut(picture, slot)
    ink = np.abs(part.astype(np.int16) - np.array(ground, dtype=np.int16)).max(axis=2) > 60
    left, top = max(0, int(slot.left)), max(0, int(slot.top))
    for word in own:
        box = word.box
        ink[
            max(0, int(box.top) - top - 2) : int(box.bottom) - top + 3,
            max(0, int(box.left) - left - 3) : int(box.right) - left + 4,
        ] = 0
    lowest = min(word.box.top for word in own) - top
    letter = own[0].height
    return int(ink[max(0, int(lowest)) :].sum()) > 0.1 * letter * letter


def _wider(cell: Box, around: Box, letter: float) -> bool:
    return around.left - cell.left > 0.4 * letter or cell.right - around.right > 0.4 * letter
