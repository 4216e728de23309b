"""Values beside their labels: in the same row after the label, or in the row below it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from sensorium.eyes.documents.values import amounts, fold_aligned, fold_text
from sensorium.eyes.ocr.lines import TextLine

BESIDE, BELOW, ALONE, AMBIGUOUS = 0.98, 0.9, 0.85, 0.5
# confidence by how the value was found: beside its label, below it, the only one of its kind, one of several


@dataclass(frozen=True)
class TextRow:
    """Lines side by side."""

    lines: tuple[TextLine, ...]

    @property
    def text(self) -> str:
        return " ".join(line.text for line in self.lines)


@dataclass(frozen=True)
class FieldMatch:
    """A value, the lines it rests on, and the confidence in how it was found, 0 to 1."""

    value: str
    lines: tuple[TextLine, ...]
    confidence: float
    amount: Decimal | None = None


ValueFinder = Callable[[str], list[str]]
"""Returns the values of one kind in a text."""


def values_of(page: list[TextRow], pattern: str, values: ValueFinder, own_column: bool = False) -> list[FieldMatch]:
    """Return the values beside a label (after it, in the same row) or else in the row below it."""
    matches = []
    for i, row in enumerate(page):
        for column, rest in _labels_in(row, pattern):
            beside = values(rest)
            under: tuple[TextLine, ...] = ()
            if i + 1 < len(page):
                columns = own_column or len(row.lines) > 1
                under = _under(page[i + 1], row.lines[column]) if columns else page[i + 1].lines
            below = values(" ".join(line.text for line in under))
            heads = own_column and len(row.lines) > 1 and len(under) > 0 and len(page[i + 1].lines) > 1
            if beside and not (heads and below and _has_digits(below[0]) and not _has_digits(beside[0])):
                matches.append(FieldMatch(beside[0], row.lines, BESIDE))
            elif below and (heads or not any(c.isalnum() for c in rest)):
                matches.append(FieldMatch(below[0], (row.lines[column], *under), BELOW))
    return matches


def _has_digits(value: str) -> bool:
    return any(c.isdigit() for c in value)


def _under(row: TextRow, label: TextLine) -> tuple[TextLine, ...]:
    """Return the lines of a row that stand below a label and near it."""
    return tuple(
        line
        for line in row.lines
        if line.box.left < label.box.right + label.height_px
        and line.box.right > label.box.left - label.height_px
        and line.middle[1] - label.middle[1] < 3.5 * max(label.height_px, line.height_px)
    )


def text_after(row: TextRow, pattern: str) -> str | None:
    """Return what follows a label that begins the row (after at most a mark), or None if none does."""
    match = re.match(rf"[^a-z0-9]*(?:{pattern})(?![a-z])", fold_aligned(row.text))
    return row.text[match.end() :] if match else None


def _labels_in(row: TextRow, pattern: str) -> Iterable[tuple[int, str]]:
    """Return column and following text of each label: one that begins a line, or stands in it before a value."""
    for column, line in enumerate(row.lines):
        folded = fold_aligned(line.text)
        for match in re.finditer(rf"(?<![a-z0-9])(?:{pattern})(?![a-z])", folded):
            inside = match.start() > 0 and folded[: match.start()].strip(" *#-:.")
            if inside and ":" not in folded[match.end() : match.end() + 3]:
                continue  # within a sentence, so not a label
            rest = line.text[match.end() :]
            later = " ".join(other.text for other in row.lines[column + 1 :])
            yield column, rest if any(c.isalnum() for c in rest) else f"{rest} {later}"
            break


def alone_below(page: list[TextRow], i: int) -> FieldMatch | None:
    """Return the amount of money that stands alone in the row below row i."""
    if i + 1 >= len(page):
        return None
    row = page[i + 1]
    prices = amounts(row.text)
    if len(prices) != 1 or sum(c.isalpha() for c in row.text.replace(prices[0][0], "")):
        return None
    return FieldMatch(prices[0][0], (*page[i].lines, *row.lines), BELOW, prices[0][1])


def agree(matches: list[FieldMatch]) -> FieldMatch | None:
    """Return the best of several matches that give one value; else the last, as a guess; None for none."""
    if not matches:
        return None
    values = {match.amount if match.amount is not None else fold_text(match.value) for match in matches}
    if len(values) == 1:
        return max(matches, key=lambda match: match.confidence)
    last = matches[-1]
    return FieldMatch(last.value, last.lines, AMBIGUOUS, last.amount)
