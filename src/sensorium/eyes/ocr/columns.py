"""Columns: text that runs in columns is read one column after the other; a price stays in the row of its item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sensorium.eyes.ocr.lines import SURE, TextLine, page_directions, rows

_MIN_LINES = 3  # of each column
_GUTTER = 0.8  # of the line height: the least gap between two columns
_ALIGNED = 0.7  # of the line height: how far apart the left sides of one column's lines may be
_SAME_ROW = 0.35  # of the line height
_FILLED = 0.6  # of its column that a line of running text fills
_WORDS = 3  # of a line of running text
_NUMBERS = 0.4  # of the lines of a column of prices that are numbers


@dataclass(frozen=True)
class _Placed:
    """A line, its extent along the direction of reading, where it is across it, and its height, pixels."""

    line: TextLine
    start: float
    end: float
    across: float
    height: float

    @property
    def is_number(self) -> bool:
        digits, letters = (sum(test(c) for c in self.line.text) for test in (str.isdigit, str.isalpha))
        return digits > 0 and digits >= letters

    @property
    def words(self) -> int:
        return len(self.line.text.split())


def reading_order(lines: Sequence[TextLine]) -> tuple[tuple[TextLine, ...], ...]:
    """Return the rows of lines in the order in which a person reads them: column by column, not across.

    Two columns are running text (long lines that fill their column), lines that don't stand beside each other, or
    lists of items each with prices of its own; a table is read row by row.
    """
    if len(lines) < 2 * _MIN_LINES:
        return rows(lines)
    placed = []
    for line, (along, across) in zip(lines, page_directions(lines), strict=True):
        half = line.width_px / 2
        placed.append(_Placed(line, along - half, along + half, across, max(line.height_px, 1.0)))
    return tuple(row for block in _blocks(placed) for row in rows([item.line for item in block]))


def spoken_text(lines: Sequence[TextLine]) -> str:
    """Return the text to say aloud, a row a line, column by column, without lines below `SURE` and ruled lines."""
    spoken = [line for line in lines if line.score >= SURE and any(c.isalnum() for c in line.text)]
    return "\n".join(" ".join(_in_direction(row)) for row in reading_order(spoken))


def _in_direction(row: tuple[TextLine, ...]) -> list[str]:
    leftward = sum(line.script in ("arabic", "hebrew") for line in row) * 2 > len(row)
    return [line.text for line in (reversed(row) if leftward else row)]


def _blocks(items: list[_Placed]) -> list[list[_Placed]]:
    """Split lines into blocks in reading order, each without columns."""
    best: list[list[_Placed]] = []
    most = 0
    for x in sorted({item.start for item in items}):
        bands = _bands(items, x)
        split = sum(len(band) for band in bands if _are_columns(band, x))
        if split > most:
            best, most = bands, split
            left = x
    if not most:
        return [items]
    out = []
    for band in best:
        if _are_columns(band, left):
            before, after = _sides(band, left)
            out += [*_blocks(before), *_blocks(after)]
        else:
            out.append(band)
    return out


def _bands(items: list[_Placed], x: float) -> list[list[_Placed]]:
    """Split lines, from top to bottom, where one of them crosses x: a heading over both columns."""
    bands: list[list[_Placed]] = []
    last = False
    for item in sorted(items, key=lambda item: item.across):
        crosses = item.start < x - 0.5 * item.height and item.end > x - _GUTTER * item.height / 2
        if not bands or crosses != last:
            bands.append([])
        bands[-1].append(item)
        last = crosses
    return bands


def _sides(band: list[_Placed], x: float) -> tuple[list[_Placed], list[_Placed]]:
    after = [item for item in band if item.start >= x - _ALIGNED * item.height]
    return [item for item in band if item.start < x - _ALIGNED * item.height], after


def _are_columns(band: list[_Placed], x: float) -> bool:
    before, after = _sides(band, x)
    if min(len(before), len(after)) < _MIN_LINES:
        return False
    height = float(np.median([item.height for item in band]))
    if min(item.start for item in after) - max(item.end for item in before) < _GUTTER * height:
        return False
    aligned = [item for item in after if abs(item.start - x) <= _ALIGNED * height]
    tops = [(min(side), max(side)) for part in (before, after) for side in ([item.across for item in part],)]
    overlap = min(tops[0][1], tops[1][1]) - max(tops[0][0], tops[1][0])
    if len(aligned) < _MIN_LINES or overlap < 0.5 * min(end - start for start, end in tops):
        return False
    if _number_share(after) >= _NUMBERS and not _is_price_list(after):
        return False
    if _is_price_list(before) and _is_price_list(after):
        return True
    if _is_running_text(before) and _is_running_text(aligned):
        return True
    alone = [not any(abs(item.across - other.across) < _SAME_ROW * height for other in before) for item in after]
    similar = min(len(before), len(after)) >= 0.6 * max(len(before), len(after))
    few = min(float(np.median([item.words for item in part])) for part in (before, after)) < 2
    return similar and not few and sum(alone) > 0.5 * len(alone)


def _number_share(items: list[_Placed]) -> float:
    return sum(item.is_number for item in items) / len(items)


def _is_price_list(items: list[_Placed]) -> bool:
    """Whether most names have a number after them in their row."""
    names = [item for item in items if not item.is_number]
    prices = [item for item in items if item.is_number]
    priced = [
        any(price.start >= name.end and abs(price.across - name.across) < 0.5 * name.height for price in prices)
        for name in names
    ]
    return len(names) >= _MIN_LINES and sum(priced) >= 0.6 * len(names)


def _is_running_text(items: list[_Placed]) -> bool:
    width = max(item.end for item in items) - min(item.start for item in items)
    filled = float(np.median([(item.end - item.start) / max(width, 1.0) for item in items]))
    return filled >= _FILLED and float(np.median([item.words for item in items])) >= _WORDS
