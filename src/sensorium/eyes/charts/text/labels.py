"""Labels: the words that stand under or beside the categories, read again if they are rotated or doubtful."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from sensorium.core.reply import Box
from sensorium.eyes.charts.axis import CategoryAxis
from sensorium.eyes.charts.ink import PALE_TEXT, TEXT, Ink
from sensorium.eyes.charts.text.cells import extend_left, restore_space, split_row
from sensorium.eyes.charts.text.slanted import read_slanted, read_vertical
from sensorium.eyes.charts.text.spelling import Reading, correct, more_certain, more_complete
from sensorium.eyes.charts.text.words import GOOD_SCORE, Labels, Word, bounding_box, reread, vote


def labels_below(ink: Ink, words: Sequence[Word], axis: CategoryAxis) -> Labels | None:
    """Return the labels under a horizontal category axis; None if no row of words names most categories."""
    centres, pitch = axis.centres, axis.pitch
    low, high = centres[0] - 0.9 * pitch, centres[-1] + 0.9 * pitch
    under = [word for word in words if word.y > axis.area.bottom and low < word.x < high]
    slanted = [word for word in under if word.slanted and len(word.text) > 2]
    if len(slanted) >= max(2, 0.4 * len(centres)):
        return read_slanted(ink, under, slanted, axis)
    tall = [w for w in under if w.angle >= 75 or (w.box.height > 1.35 * w.box.width and len(w.text) > 1)]
    level = [word for word in under if (abs(word.angle) <= 15 or len(word.text) <= 2) and word not in tall]
    row = _main_row(level, axis)
    if len(tall) >= max(2, 0.4 * len(centres)) and len(tall) >= len(row):
        return read_vertical(ink, tall, axis)
    return _read_rows(ink, level, row, axis) if row else None


def labels_beside(ink: Ink, words: Sequence[Word], axis: CategoryAxis) -> Labels | None:
    """Return the labels left of a vertical category axis; `axis` is in the transposed image, `words` are not."""
    centres, pitch, wall = axis.centres, axis.pitch, axis.area.top
    near = [
        word for word in words
        if word.box.left < wall - 2 and word.x - 0.25 * word.box.width < wall
        and centres[0] - 0.5 * pitch < word.y < centres[-1] + 0.5 * pitch
        and not (word.box.height > 1.25 * word.box.width and len(word.text) > 1)
    ]  # fmt: skip
    if len(near) < 0.5 * len(centres):  # the detector misses whole columns at times: the ink shows where they are
        return _read_ink_beside(ink, words, axis)
    edge = float(np.median([min(word.box.right, wall) for word in near]))
    near = _ending_at(near, edge)
    height = float(np.median([word.height for word in near]))
    readings, boxes = [], []
    for centre in centres:
        own = sorted((word for word in near if abs(word.y - centre) < 0.5 * pitch), key=lambda word: word.y)
        box = bounding_box(own) if own else Box(0, centre - 0.45 * pitch, edge, centre + 0.45 * pitch)
        reading = _read_beside(ink, own, box, edge, height)
        if not own and len(near) >= 2:
            left = min(word.box.left for word in near)
            reading = _read_cell(ink, box._replace(left=left - 3), near[0].height)
        if box.height < 2.2 * height:
            reading = restore_space(ink, box._replace(right=min(box.right, edge)), reading[0]), reading[1]
        readings.append(reading)
        boxes.append(box)
    texts = correct([re.sub(r"(?<=\D)[-–—] ", " ", text).replace("  ", " ") for text, _ in readings])
    scores = tuple(score for _, score in readings)
    clipped = [box._replace(right=min(box.right, edge + 1)) for box in boxes]
    voted, disagreements = vote(ink, clipped, texts, scores, height)
    return Labels(correct(voted), scores, bounding_box(boxes), height, disagreements)


def _read_beside(ink: Ink, own: Sequence[Word], box: Box, edge: float, height: float) -> Reading:
    """Return the text of one label that ends at an edge, read again if it is doubtful or begins further left."""
    if not own:
        return "", 0.0
    reading = _join_lines(own), min(word.score for word in own)
    spilled = any(word.box.right > edge + 0.5 * word.height for word in own)
    inside = Box(box.left - 3, box.top - 1, min(box.right + 3, edge + 2), box.bottom + 1)
    if reading[1] < GOOD_SCORE or spilled:
        first = reading[0], 0.5 if spilled else reading[1]
        reading = more_certain(first, reread(ink, inside, height))
    left = extend_left(ink, box, height)
    if left < box.left - 0.25 * height:
        reading = more_complete(reading, reread(ink, inside._replace(left=left - 3), height))
    return reading


def _ending_at(near: Sequence[Word], edge: float) -> list[Word]:
    """Return the words that end at the axis, and those that precede one of them in its line."""
    chosen = [word for word in near if word.box.right > edge - 1.2 * word.height]
    for word in sorted((w for w in near if w not in chosen), key=lambda w: -w.box.right):
        level = [other for other in chosen if abs(word.y - other.y) < 0.4 * other.height]
        if any(-0.5 < (other.box.left - word.box.right) / other.height < 0.9 for other in level):
            chosen.append(word)
    return chosen


def _join_lines(words: Sequence[Word]) -> str:
    """Join words line by line, without the tick marks that were read as dashes at the ends of lines."""
    lines: list[list[Word]] = []
    for word in words:
        if lines and abs(word.y - lines[-1][-1].y) < 0.5 * word.height:
            lines[-1].append(word)
        else:
            lines.append([word])
    texts = [" ".join(word.text for word in sorted(line, key=lambda w: w.box.left)) for line in lines]
    return " ".join(text.rstrip("-–—− ") or text for text in texts) if len(texts) > 1 else "".join(texts)


def _read_ink_beside(ink: Ink, words: Sequence[Word], axis: CategoryAxis) -> Labels:
    """Read the ink left of each category, from the axis outward to the first wide gap."""
    wall, height = axis.area.top, float(np.median([word.height for word in words]))
    name = max((w.box.right for w in words if w.angle > 60 and w.box.right < wall), default=0.0)
    readings, boxes = [], []
    for centre in axis.centres:
        high = min(0.45 * axis.pitch, 1.6 * height)
        box = Box(name + 1, centre - high, wall - 2, centre + high)
        marked = ink.mask_in(box, PALE_TEXT)
        columns = np.flatnonzero(marked.sum(axis=0) > 1)  # a tick mark is one or two pixels high
        rows = np.where(marked, np.arange(len(marked))[:, None], len(marked) // 2)
        columns = np.intersect1d(columns, np.flatnonzero(marked.any(axis=0) & (np.ptp(rows, axis=0) > 2)))
        reading = "", 0.0
        if len(columns):
            gaps = np.flatnonzero(np.diff(columns) > 1.2 * height)
            first = columns[gaps[-1] + 1] if len(gaps) else columns[0]
            box = box._replace(left=box.left + float(first) - 2, right=box.left + float(columns[-1]) + 3)
            reading = reread(ink, box, height * 0.8)
        readings.append(reading)
        boxes.append(box)
    texts = correct([text for text, _ in readings])
    return Labels(texts, tuple(score for _, score in readings), bounding_box(boxes), height)


def _main_row(level: Sequence[Word], axis: CategoryAxis) -> list[Word]:
    """Return the words of the row that names most categories; of equal rows the upper."""
    rows = [[other for other in level if abs(other.y - word.y) < 0.6 * word.height]
            for word in sorted(level, key=lambda w: w.y)]  # fmt: skip
    best = max(rows, key=lambda row: _count_named(row, axis), default=[])
    return best if _count_named(best, axis) >= max(2, 0.5 * len(axis.centres)) else []


def _count_named(row: Sequence[Word], axis: CategoryAxis) -> int:
    return sum(any(_names(word, x, axis.pitch) for word in row) for x in axis.centres)


def _names(word: Word, centre: float, pitch: float) -> bool:
    return abs(word.x - centre) < 0.3 * pitch or word.box.left < centre < word.box.right


def _read_rows(ink: Ink, level: Sequence[Word], row: list[Word], axis: CategoryAxis) -> Labels:
    """Return level labels of one or more lines, of which `row` is the first."""
    centres, pitch = axis.centres, axis.pitch
    height = float(np.median([word.height for word in row]))
    lines = [row, *_lower_rows(level, row, axis, height)]
    top = min(word.box.top for word in row)
    bottom = max(word.box.bottom for line in lines for word in line)
    band = Box(centres[0] - 1.2 * pitch, top - 2, centres[-1] + 1.2 * pitch, bottom + 2)
    shared = [word for word in row if sum(word.box.left < x < word.box.right for x in centres) > 1]
    cells = split_row(ink, band, centres, height) if shared or len(lines) == 1 else None
    texts, scores, boxes = [], [], []
    for index, centre in enumerate(centres):
        own = [word for line in lines for word in sorted(line, key=lambda w: w.box.left) if _names(word, centre, pitch)]
        slot = Box(centre - 0.5 * pitch, top - 2, centre + 0.5 * pitch, bottom + 2)
        cell = None if cells is None else cells[index]
        if cell is not None:
            slot = Box(cell.left - 3, slot.top, cell.right + 3, slot.bottom)
        torn = any(word in own or (word.box.left < slot.right and word.box.right > slot.left) for word in shared)
        if torn or not own or (len(lines) > 1 and _has_missed_ink(ink, slot, own)):
            (text, score), box = _read_cell(ink, slot, height), slot
        else:
            others = [word for word in row if word not in own]
            (text, score), box = _read_below(ink, own, others, slot, cell, height), bounding_box(own)
        texts.append(restore_space(ink, box, text) if len(lines) == 1 else text)
        scores.append(score)
        boxes.append(box)
    voted, disagreements = vote(ink, boxes, correct(texts), scores, height)
    whole = Box(centres[0] - pitch / 2, top, centres[-1] + pitch / 2, bottom)
    return Labels(correct(voted), tuple(scores), whole, height, disagreements)


def _read_below(
    ink: Ink, own: Sequence[Word], others: Sequence[Word], slot: Box, cell: Box | None, height: float
) -> Reading:
    """Return the text of one label, read again if it is doubtful or its cell holds more ink than its words."""
    box, reading = bounding_box(own), (" ".join(word.text for word in own), min(word.score for word in own))
    if reading[1] < GOOD_SCORE:
        part = Box(max(slot.left, box.left - 3), box.top - 2, min(slot.right, box.right + 3), box.bottom + 2)
        reading = more_certain(reading, reread(ink, part, height))
    if cell is None or any(cell.left < word.x < cell.right for word in others):
        return reading
    wider = box.left - cell.left > 0.4 * height or cell.right - box.right > 0.4 * height
    return more_complete(reading, reread(ink, slot, height)) if wider else reading


def _lower_rows(level: Sequence[Word], row: list[Word], axis: CategoryAxis, height: float) -> list[list[Word]]:
    """Return second and third lines of labels: centred under the first, and closer than an axis' name would be."""
    centres, pitch = axis.centres, axis.pitch
    rows: list[list[Word]] = []
    above, max_step = row, 1.9 * height
    middle = (centres[0] + centres[-1]) / 2
    for _ in range(2):
        base = float(np.median([word.y for word in above]))
        below = [word for word in level if 0.6 * height < word.y - base < max_step]
        own = [word for word in below if any(abs(word.x - x) < 0.2 * pitch for x in centres)
               and word.box.width < pitch * 1.1]  # fmt: skip
        own = [word for word in own if word.y < min(w.y for w in own) + 0.5 * height]
        if len(own) == 1 and abs(own[0].x - middle) < 0.25 * pitch:
            lower = [w for w in level if 0 < w.y - own[0].y < 3 * height and abs(w.x - middle) < pitch]
            if not lower and not own[0].text[0].islower():
                break  # one line at the middle of the axis and none below it: the axis' name
        if not own:
            break
        rows.append(own)
        max_step = 1.25 * (float(np.median([word.y for word in own])) - base)  # lines of a label are even
        above = own
    return rows


def _read_cell(ink: Ink, cell: Box, height: float) -> Reading:
    """Read what stands in one category's place; nothing if it is empty."""
    return reread(ink, cell, height) if int(ink.difference_in(cell).max(initial=0)) >= TEXT else ("", 0.0)


def _has_missed_ink(ink: Ink, slot: Box, own: Sequence[Word]) -> bool:
    """Whether a category's place has ink that no word accounts for: a line that the detector missed."""
    marked = ink.mask_in(slot)
    left, top = max(0, int(slot.left)), max(0, int(slot.top))
    for word in own:
        box = word.box
        rows = slice(max(0, int(box.top) - top - 2), int(box.bottom) - top + 3)
        marked[rows, max(0, int(box.left) - left - 3) : int(box.right) - left + 4] = False
    first = min(word.box.top for word in own) - top
    height = own[0].height
    return int(marked[max(0, int(first)) :].sum()) > 0.1 * height * height
