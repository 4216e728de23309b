"""Faults of a table: rows that can't be used, empty columns, rows that lack what others have, splits with few rows."""

from __future__ import annotations

from collections import Counter

from sensorium.core.errors import quoted
from sensorium.tune.dataset.data import Data
from sensorium.tune.dataset.report import Finding

_LEAST_IN_SPLIT = 10
_LEAST_SHARE = 0.01


def findings(data: Data) -> list[Finding]:
    """Return what is wrong with the table of a data set."""
    return [*_refused(data), *_columns(data), *_lacking(data), *_splits(data)]


def _refused(data: Data) -> list[Finding]:
    if not data.refused:
        return []
    first = data.refused[0]
    what = f"{len(data.refused)} rows can't be used; the first: {first.why}"
    numbers = tuple(each.number for each in data.refused)
    hint = "Mend or delete these rows; --media FOLDER and --column OURS=THEIRS say where things are."
    return [Finding("unusable-row", what, numbers, hint, True)]


def _columns(data: Data) -> list[Finding]:
    empty = [name for name, filled in (data.columns or {}).items() if not filled]
    if not empty:
        return []
    named = ", ".join(quoted(name) for name in empty)
    what = f"Nothing stands in {'column' if len(empty) == 1 else 'columns'} {named}."
    hint = "Fill it, delete it, or name the right one with --column OURS=THEIRS."
    return [Finding("empty-column", what, (), hint, False)]


def _lacking(data: Data) -> list[Finding]:
    out = []
    having = {
        "picture": [bool(row.images) for row in data.rows],
        "question": [bool(row.question.strip()) for row in data.rows],
        "split": [bool(row.example.split) for row in data.rows],
    }
    for name, has in having.items():
        without = tuple(row.number for row, each in zip(data.rows, has, strict=True) if not each)
        if without and any(has):
            what = f"{len(without)} of {len(data.rows)} rows have no {name}, the others have."
            hint = "Fill it in, or keep such rows in a data set of their own."
            out.append(Finding(f"no-{name}", what, without, hint, False))
    return out


def _splits(data: Data) -> list[Finding]:
    counts = Counter(row.example.split for row in data.rows)
    if set(counts) <= {""}:
        return []
    least = max(_LEAST_IN_SPLIT, _LEAST_SHARE * len(data.rows))
    out = []
    for name, count in counts.items():
        if name and count < least:
            rows = tuple(row.number for row in data.rows if row.example.split == name)
            what = f"The split {quoted(name)} has {count} of {len(data.rows)} rows: a score of it says little."
            hint = f"Type: sensorium data split {data.name}.jsonl --shares train=0.8,test=0.2 --out {data.name}-split"
            out.append(Finding("near-empty-split", what, rows, hint, False))
    return out
