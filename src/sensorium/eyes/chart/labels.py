"""Labels: which words stand under (or beside) which bar, read again where they are turned or doubtful."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sensorium.core.reply import Box
from sensorium.eyes.chart.cells import cells, reach_left, spaced
from sensorium.eyes.chart.spelling import bare_of, mended
from sensorium.eyes.chart.words import GOOD, Word, cut, read_again, read_grey, read_turned
from sensorium.media.image import Pixels

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Labels:
    """What the places along the category axis are called.

    Args:
        texts: One a place; "" where nothing was read.
        scores: How sure the reader is of each, 0 to 1.
        box: Around all of them, in pixels of the picture.
        doubted: How many a second reading in another size and contrast spells otherwise.
    """

    texts: tuple[str, ...]
    scores: tuple[float, ...]
    box: Box
    doubted: int = 0


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
        return _tilted(picture, under, tilted, centres, pitch, ground)
    level = [word for word in under if (abs(word.turn) <= 15 or len(word.text) <= 2) and word not in tall]
    row = _main_row(level, centres, pitch)
    if len(tall) >= max(2, 0.4 * len(centres)) and len(tall) >= len(row):
        return _upended(picture, under, tall, centres, pitch, ground)
    return _level(picture, level, row, centres, pitch, ground) if row else None


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
        box = _around(own) if own else Box(0, centre - 0.45 * pitch, edge, centre + 0.45 * pitch)
        spilled = any(word.box.right > edge + 0.5 * word.height for word in own)
        if own and (score < GOOD or spilled):
            inside = Box(box.left - 3, box.top - 1, min(box.right + 3, edge + 2), box.bottom + 1)
            text, score = _better((text, 0.5 if spilled else score), read_again(picture, inside, letter, ground))
        if own and (more := reach_left(picture, box, letter, ground)) < box.left - 0.25 * letter:
            inside = Box(more - 3, box.top - 1, min(box.right + 3, edge + 2), box.bottom + 1)
            text, score = _fuller((text, score), read_again(picture, inside, letter, ground))
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
    texts, doubted = _second(picture, clipped, texts, scores, letter, ground)
    return Labels(mended(texts), tuple(scores), _box(boxes), doubted)


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
    return Labels(mended(texts), tuple(scores), _box(boxes))


def _main_row(level: Sequence[Word], centres: Sequence[float], pitch: float) -> list[Word]:
    """Give the words of the row that names most bars; of equal ones the upper."""
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
            around = slot
        else:
            text, score = " ".join(word.text for word in own), min(word.score for word in own)
            around = _around(own)
            if score < GOOD:
                crop = Box(max(slot.left, around.left - 3), around.top - 2, min(slot.right, around.right + 3),
                           around.bottom + 2)  # fmt: skip
                text, score = _better((text, score), read_again(picture, crop, letter, ground))
            others = [word for word in row if word not in own]
            if (
                parted is not None
                and _wider(parted[place], around, letter)
                and not any(parted[place].left < word.middle[0] < parted[place].right for word in others)
            ):
                text, score = _fuller((text, score), read_again(picture, slot, letter, ground))
        texts.append(spaced(picture, around, text, ground) if len(lines) == 1 else text)
        scores.append(score)
        boxes.append(around)
    texts = list(mended(texts))
    texts, doubted = _second(picture, boxes, texts, scores, letter, ground)
    whole = Box(centres[0] - pitch / 2, top, centres[-1] + pitch / 2, bottom)
    return Labels(mended(texts), tuple(scores), whole, doubted)


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


def _upended(picture: Pixels, under: Sequence[Word], tall: Sequence[Word], centres: Sequence[float], pitch: float,
             ground: Colour) -> Labels | None:  # fmt: skip
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
            text, score = _better((text, score), read_again(picture, slot, letter, ground, turn=90))
        texts.append(text)
        scores.append(score)
    return Labels(mended(texts), tuple(scores), strip)


def _tilted(picture: Pixels, under: Sequence[Word], tilted: list[Word], centres: Sequence[float], pitch: float,
            ground: Colour) -> Labels | None:  # fmt: skip
    """Sort slanting labels to their bars: they end at the tick, or are centred under it."""
    band = _around(tilted)
    tilted = [
        word
        for word in under
        if word in tilted
        or (abs(word.turn) < 75 and len(word.text) > 1 and band.top - 2 < word.middle[1] < band.bottom)
    ]
    if len(tilted) != len(centres) or min(word.score for word in tilted) < 0.97:
        turn = float(np.median([word.turn for word in tilted]))
        box = _around(tilted)
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
    return Labels(mended(texts), tuple(scores), _around(tilted))


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


def _slot(picture: Pixels, slot: Box, letter: float, ground: Colour) -> tuple[str, float]:
    """Read what stands in one bar's place; nothing where it is empty."""
    crop = cut(picture, slot)
    if crop.size == 0 or int(np.abs(crop.astype(np.int16) - np.array(ground)).max()) < 60:
        return "", 0.0
    return read_again(picture, slot, letter, ground)


def _surer(own: list[Word]) -> list[Word]:
    """Leave out specks: lone characters read badly beside a word read well."""
    if not any(word.score > 0.9 and len(word.text) > 1 for word in own):
        return own
    return [word for word in own if word.score > 0.75 and (len(word.text) > 1 or word.score > 0.97)]


def _unexplained(picture: Pixels, slot: Box, own: Sequence[Word], ground: Colour) -> bool:
    """Tell whether there is ink in a bar's place that no word accounts for: a line that was passed over."""
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


def _second(picture: Pixels, boxes: Sequence[Box], texts: Sequence[str], scores: Sequence[float], letter: float,
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
            if _same(others[-1][0], text):
                break
        if len(others) == 2 and _same(others[1][0], text):
            continue
        doubted += 1
        if len(others) == 3 and _same(others[1][0], others[2][0]) and others[2][1] > score + 0.02:
            out[place] = others[2][0]
    return out, doubted


def _same(a: str, b: str) -> bool:
    """Tell whether two readings spell alike, spaces, dashes and specks at the ends aside."""
    return bare_of(a) == bare_of(b)


def _wider(cell: Box, around: Box, letter: float) -> bool:
    return around.left - cell.left > 0.4 * letter or cell.right - around.right > 0.4 * letter


def _fuller(first: tuple[str, float], second: tuple[str, float]) -> tuple[str, float]:
    """Take a reading of more ink if it says the same and more, surely."""
    said, more = (re.sub(r"\W", "", text) for text, _ in (first, second))
    if said == more:
        return first
    return second if said in more and second[1] > 0.85 else (first[0], min(first[1], 0.88))


def _better(first: tuple[str, float], second: tuple[str, float]) -> tuple[str, float]:
    if first[0] == second[0]:
        return first[0], max(first[1], second[1])
    return second if second[1] > first[1] else first


def _around(words: Sequence[Word]) -> Box:
    return _box([word.box for word in words])


def _box(boxes: Sequence[Box]) -> Box:
    return Box(
        min(box.left for box in boxes), min(box.top for box in boxes),
        max(box.right for box in boxes), max(box.bottom for box in boxes),
    )  # fmt: skip
