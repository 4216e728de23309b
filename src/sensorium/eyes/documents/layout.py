"""Values beside their labels: in the same row after the label, or in the row under it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from sensorium.eyes.documents.values import amounts, fold_text
from sensorium.eyes.ocr.lines import TextLine

BESIDE, BELOW, ALONE, OPEN = 0.98, 0.9, 0.85, 0.5
# how the value was found: beside its label, under it, the only one of its kind, one of several


@dataclass(frozen=True)
class TextRow:
    """Lines standing beside each other."""

    lines: tuple[TextLine, ...]

    @property
    def text(self) -> str:
        return " ".join(line.text for line in self.lines)


@dataclass(frozen=True)
class FieldMatch:
    """A value that was found, the lines it rests on, and how sure the way of finding it is, 0 to 1."""

    value: str
    lines: tuple[TextLine, ...]
    how: float
    amount: Decimal | None = None


ValueFinder = Callable[[str], list[str]]
"""Picks the values of one kind out of a text."""


def values_of(page: list[TextRow], pattern: str, values: ValueFinder, own_column: bool = False) -> list[FieldMatch]:
    """Find values beside their label (after it, in the same row) or else in the row under it."""
    hits = []
    for i, row in enumerate(page):
        for column, after in _labels_in(row, pattern):
            beside = values(after)
            below, under = _values_below(page, i, column, values, own_column)
            heads = own_column and len(row.lines) > 1 and len(under) > 0 and len(page[i + 1].lines) > 1
            if beside and not (heads and below and _digits(below[0]) and not _digits(beside[0])):
                hits.append(FieldMatch(beside[0], row.lines, BESIDE))
            elif below and (heads or not any(c.isalnum() for c in after)):
                hits.append(FieldMatch(below[0], (row.lines[column], *under), BELOW))
    return hits


def _values_below(
    page: list[TextRow], i: int, column: int, values: ValueFinder, own_column: bool
) -> tuple[list[str], tuple[TextLine, ...]]:
    if i + 1 >= len(page):
        return [], ()
    row = page[i]
    below = page[i + 1]
    under = _under(below, row.lines[column]) if own_column or len(row.lines) > 1 else below.lines
    return values(" ".join(line.text for line in under)), under


def _digits(value: str) -> bool:
    return any(c.isdigit() for c in value)


def _under(row: TextRow, label: TextLine) -> tuple[TextLine, ...]:
    """Return the lines of a row that stand under a label and near it."""
    near = [
        line
        for line in row.lines
        if line.box.left < label.box.right + label.height_px
        and line.box.right > label.box.left - label.height_px
        and line.middle[1] - label.middle[1] < 3.5 * max(label.height_px, line.height_px)
    ]
    return tuple(near)


def after(row: TextRow, pattern: str) -> str | None:
    """Return what follows a label that begins the row (after at most a mark), or None where none does."""
    match = re.match(rf"[^a-z0-9]*(?:{pattern})(?![a-z])", fold_aligned(row.text))
    return row.text[match.end() :] if match else None


def _labels_in(row: TextRow, pattern: str) -> Iterable[tuple[int, str]]:
    """Return column and following text of each label: one that begins a line, or stands in it before a value."""
    for column, line in enumerate(row.lines):
        folded = fold_aligned(line.text)
        for match in re.finditer(rf"(?<![a-z0-9])(?:{pattern})(?![a-z])", folded):
            if (
                match.start() > 0
                and folded[: match.start()].strip(" *#-:.")
                and ":" not in folded[match.end() : match.end() + 3]
            ):
                continue  # in the midst of a sentence: no label
            rest = line.text[match.end() :]
            later = " ".join(other.text for other in row.lines[column + 1 :])
            yield column, rest if any(c.isalnum() for c in rest) else f"{rest} {later}"
            break


def fold_aligned(text: str) -> str:
    """Fold a text letter by letter, so that places in it stay places in the text."""
    return "".join((fold_text(letter) or " ")[:1] for letter in text)


def alone_below(page: list[TextRow], i: int) -> FieldMatch | None:
    """Return the amount of money that stands alone in the row under row i."""
    if i + 1 >= len(page):
        return None
    row = page[i + 1]
    found = amounts(row.text)
    if len(found) != 1 or sum(c.isalpha() for c in row.text.replace(found[0][0], "")):
        return None
    return FieldMatch(found[0][0], (*page[i].lines, *row.lines), BELOW, found[0][1])


def agree(hits: list[FieldMatch]) -> FieldMatch | None:
    """Return the best of several finds where they say the same; else the last, as a guess; None for none."""
    if not hits:
        return None
    values = {hit.amount if hit.amount is not None else fold_text(hit.value) for hit in hits}
    best = max(hits, key=lambda hit: hit.how)
    return best if len(values) == 1 else FieldMatch(hits[-1].value, hits[-1].lines, OPEN, hits[-1].amount)
