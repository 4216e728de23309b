"""Where the labels of a drawing stand, so that none covers another, a mark or an edge."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

_NARROW, _WIDE = set("fijlrtI.,:;|'!()[]{}/ -"), set("mwMW@%&—")
_DISTANCES = (12.0, 20.0, 32.0, 46.0, 62.0, 80.0, 100.0)
_ANGLES = (0, 180, 60, -60, 120, -120, 90, -90, 30, -30, 150, -150)  # degrees; to the right is read most easily
_ADDRESS = re.compile(r"(?P<kept>)@https?://[^\s,]+")
_SCHEME_AND_PATH = re.compile(r"(?<=@)https?://(?P<kept>[^\s,/]+)[^\s,]*")
_LEADER = 15.0  # from there on a line leads to the mark


class LabelBox(NamedTuple):
    """A rectangle: left, top, right, bottom."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: LabelBox) -> bool:
        """Whether two rectangles share a point inside."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def inside(self, other: LabelBox) -> bool:
        """Whether it lies within another."""
        return (
            self.left >= other.left
            and self.top >= other.top
            and self.right <= other.right
            and self.bottom <= other.bottom
        )


@dataclass(frozen=True)
class PlacedLabel:
    """A label: its text, where it begins, its baseline, and the end of the line to its mark, if it has one."""

    text: str
    x: float
    y: float
    box: LabelBox
    leader: tuple[float, float] | None


def text_width(text: str, size: float) -> float:
    """Return about how wide a text is in a sans serif font, rather too wide than too narrow."""
    ems = 0.0
    for character in text:
        if ord(character) >= 0x1100:
            ems += 1.05
        elif character in _NARROW:
            ems += 0.42
        elif character in _WIDE:
            ems += 1.0
        else:
            ems += 0.72 if character.isupper() else 0.64
    return ems * size


def shortened(text: str, most: int) -> str:
    """Return a text with its middle left out if it is longer: names differ at their ends."""
    if len(text) <= most:
        return text
    tail = (most - 1) // 2
    return f"{text[: most - 1 - tail]}…{text[-tail:]}"


def short_names(names: Sequence[str]) -> list[str]:
    """Return names without the addresses of their servers, each for itself only if that doesn't make two alike.

    >>> short_names(["openai:m@http://127.0.0.1:8000/v1, 4 examples", "offline"])
    ['openai:m, 4 examples', 'offline']
    """
    for pattern in (_ADDRESS, _SCHEME_AND_PATH):
        short = [pattern.sub(r"\g<kept>", name) for name in names]
        if len(set(short)) == len(set(names)):
            return short
    return list(names)


def place_labels(
    marks: Sequence[tuple[float, float]],
    texts: Sequence[tuple[str, ...]],
    obstacles: Sequence[LabelBox],
    bounds: LabelBox,
    size: float,
) -> list[PlacedLabel]:
    """Return a place for each label, in the order of the marks; the first ones choose first.

    Args:
        marks: Where each mark stands.
        texts: For each mark its name, then what stands for it where that has no room: a shorter form, its number.
        obstacles: What labels should not cover beside the marks: intervals.
        bounds: Where labels may stand.
        size: The height of the letters.
    """
    kept = [LabelBox(x - 8, y - 8, x + 8, y + 8) for x, y in marks]
    placed: list[PlacedLabel] = []
    for mark, several in zip(marks, texts, strict=True):
        taken = [*kept, *(label.box for label in placed)]
        leaders = [(label.leader, other) for label, other in zip(placed, marks, strict=False) if label.leader]
        candidates = [label for text in several for label in _candidates(mark, text, size) if label.box.inside(bounds)]
        own = [label.box for label in placed]
        choices = (
            label
            for softly, leads in ((obstacles, leaders), ((), leaders), ((), None))  # rather over a line than not at all
            for label in candidates
            if not any(label.box.overlaps(other) for other in (*(taken if leads is not None else own), *softly))
            and not any(_crosses(label.box, end, start) for end, start in leads or ())
            and (leads is None or not _through(label, mark, taken))
        )
        x, y = mark
        at = LabelBox(x, y, x, y)
        placed.append(next(choices, PlacedLabel("", x, y, at, None)))
    return placed


def _candidates(mark: tuple[float, float], text: str, size: float) -> list[PlacedLabel]:
    width, height = text_width(text, size), size * 1.3
    out = []
    for distance in _DISTANCES:
        for angle in _ANGLES:
            dx, dy = math.cos(math.radians(angle)), -math.sin(math.radians(angle))
            x, y = mark[0] + distance * dx, mark[1] + distance * dy
            left = x if dx > 0.1 else x - width if dx < -0.1 else x - width / 2
            top = y - height / 2 if abs(dy) < 0.1 else y - height if dy < 0 else y
            box = LabelBox(left, top, left + width, top + height)
            end = (min(max(mark[0], box.left), box.right), min(max(mark[1], box.top), box.bottom))
            out.append(PlacedLabel(text, left, top + size, box, end if distance > _LEADER else None))
    return out


def _crosses(box: LabelBox, end: tuple[float, float], start: tuple[float, float]) -> bool:
    """Whether a line runs through a rectangle."""
    steps = max(2, math.ceil(math.dist(start, end) / 3))
    return any(
        box.left < start[0] + (end[0] - start[0]) * step / steps < box.right
        and box.top < start[1] + (end[1] - start[1]) * step / steps < box.bottom
        for step in range(1, steps)
    )


def _through(label: PlacedLabel, mark: tuple[float, float], taken: Sequence[LabelBox]) -> bool:
    """Whether the line to a label runs through another label or mark."""
    if label.leader is None:
        return False
    return any(_crosses(other, label.leader, mark) for other in taken if not _holds(other, mark))


def _holds(box: LabelBox, point: tuple[float, float]) -> bool:
    return box.left <= point[0] <= box.right and box.top <= point[1] <= box.bottom
