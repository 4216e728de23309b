"""The print of a picture, read twice: what two readings don't agree on counts as unread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from sensorium import Box, Image
from sensorium.eyes.ocr import TextLine, read_pixels, rows
from sensorium.eyes.photo import assess_quality
from sensorium.media.image import Pixels, pixels, resize

MAX_SIDE = 1600
"""Pixels of the longest side at which a picture is read."""
SECOND_SHARE = 0.8
"""How large the picture is when it is read again: other letters are then mistaken than before."""
SURE = 0.9
"""A line that is less probably without a mistake counts as unread."""
MIN_LINE_PX = 11.0
"""A lower line is too small for its points and commas to be trusted."""
NEAR = 2.0
"""Pieces of a row that are fewer heights of a line apart are one line."""
GAP = 0.7
"""More heights of a line between two words: something may be hidden between them."""
HIDDEN = "a part of it may be hidden"


@dataclass(frozen=True)
class Line:
    """A printed line.

    Args:
        text: What it says.
        box: Where, in pixels of the picture as it was read.
        height: Of its letters, in pixels.
        doubt: Why it may be misread, in a few words; "" for a sure line.
    """

    text: str
    box: Box
    height: float
    doubt: str = ""


@dataclass(frozen=True)
class Print:
    """All lines of a picture from top to bottom, and what is wrong with the picture: sentences."""

    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()
    usable: bool = True


def read_print(picture: Image) -> Print:
    """Return the lines of a picture; those that may be misread say why."""
    rgb = pixels(picture, MAX_SIDE)
    first = read_pixels(rgb)
    quality = assess_quality(picture, first)
    notes = tuple(fault.advice for fault in quality.faults if fault.kind != "tilted")
    if not quality.usable:
        return Print((), notes, usable=False)
    second = again(rgb)
    found = [line for row in rows(first) for line in _lines(pieces(row), second)]
    return Print(tuple(sorted(found, key=lambda line: (line.box.top, line.box.left))), notes)


def again(rgb: Pixels) -> tuple[TextLine, ...]:
    """Return the lines of a smaller copy, in the coordinates of the picture."""
    longest = max(rgb.shape[:2])
    small = resize(rgb, round(longest * SECOND_SHARE))
    scale = longest / max(small.shape[:2])
    found = read_pixels(small)
    return tuple(TextLine(line.text, Box(*(side * scale for side in line.box)), line.score) for line in found)


def pieces(row: Sequence[TextLine]) -> list[list[TextLine]]:
    """Return the lines of a row, those that stand near each other together."""
    found: list[list[TextLine]] = []
    for line in row:
        last = found[-1][-1] if found else None
        if last is not None and line.box.left - last.box.right < NEAR * line.height_px:
            found[-1].append(line)
        else:
            found.append([line])
    return found


def _lines(row: Sequence[Sequence[TextLine]], second: Sequence[TextLine]) -> list[Line]:
    """Return the lines of a row; those that go on after a gap are doubted, with what is before it."""
    found = [_line(piece, second) for piece in row]
    for i in range(1, len(found)):
        if found[i].text[:1].islower():
            found[i - 1 : i + 1] = [replace(line, doubt=line.doubt or HIDDEN) for line in found[i - 1 : i + 1]]
    return found


def _line(piece: Sequence[TextLine], second: Sequence[TextLine]) -> Line:
    text = " ".join(line.text for line in piece)
    sides = list(zip(*(line.box for line in piece), strict=True))
    box = Box(min(sides[0]), min(sides[1]), max(sides[2]), max(sides[3]))
    height = sum(line.height_px for line in piece) / len(piece)
    return Line(text, box, height, _doubt(piece, text, height, second))


def _doubt(piece: Sequence[TextLine], text: str, height: float, second: Sequence[TextLine]) -> str:
    if any(set(line.cut) & {"left", "right"} for line in piece):
        return "it runs off the picture"
    if any(line.cut for line in piece):
        return "it is cut by the picture's edge"
    gaps = [b.box.left - a.box.right for a, b in pairwise(piece)]
    if any(gap > GAP * height for gap in gaps):
        return HIDDEN
    if height < MIN_LINE_PX:
        return "it is too small"
    if min(line.score for line in piece) < SURE:
        return "it is hard to read"
    there = [line for line in second if any(_covers(own.box, line) for own in piece)]
    told = " ".join(line.text for line in sorted(there, key=lambda line: line.box.left))
    if bare(told) != bare(text):
        return "it reads differently each time"
    return ""


def _covers(box: Box, line: TextLine) -> bool:
    x, y = line.middle
    return box.left <= x <= box.right and box.top <= y <= box.bottom


def bare(text: str) -> str:
    """Return a text without what doesn't change its meaning: spaces, case, a mark at its end."""
    return "".join(text.casefold().split()).rstrip(".,:;")
