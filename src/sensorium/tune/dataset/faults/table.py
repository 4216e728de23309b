"""Faults of a table: unusable rows, empty columns, rows that lack what others have, splits with few rows."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePath

from sensorium.core.errors import quoted
from sensorium.tasks.rows import COLUMNS, suggest_columns
from sensorium.tune.dataset.data import Dataset
from sensorium.tune.dataset.report import Finding

_MIN_SPLIT_ROWS = 10
_MIN_SPLIT_SHARE = 0.01


def findings(dataset: Dataset) -> list[Finding]:
    """Return the faults of a data set's table."""
    return [*_unusable(dataset), *_empty_columns(dataset), *_incomplete(dataset), *_small_splits(dataset)]


def _unusable(dataset: Dataset) -> list[Finding]:
    if not dataset.unusable:
        return []
    number, reason = len(dataset.unusable), dataset.unusable[0].reason
    message = f"1 row can't be used: {reason}" if number == 1 else f"{number} rows can't be used; the first: {reason}"
    these = "this row" if number == 1 else "these rows"
    hint = f"Fix or delete {these}; `media` and `columns` say where things are."
    columns = dataset.columns or {}
    if not dataset.rows and not {"answer", "answers"} & set(columns) and (guesses := suggest_columns(columns)):
        hint = f"By their names these columns fit: `columns={guesses}`"
        if set(columns) - set(guesses.values()) - set(COLUMNS):
            hint += " `ignore='*'`"
        if "question" not in {*guesses, *columns}:
            hint += " `question=TEXT`, or write a question from several columns, as recipes/products.py does"
        hint += "."
    return [Finding("unusable-row", message, tuple(row.number for row in dataset.unusable), hint, True)]


def _empty_columns(dataset: Dataset) -> list[Finding]:
    empty = [name for name, filled in (dataset.columns or {}).items() if not filled]
    if not empty:
        return []
    names = ", ".join(quoted(name) for name in empty)
    message = f"The {'column' if len(empty) == 1 else 'columns'} {names} {'is' if len(empty) == 1 else 'are'} empty."
    them = "it" if len(empty) == 1 else "them"
    hint = f"Fill {them}, delete {them}, or name the right {'one' if len(empty) == 1 else 'ones'} with `columns`."
    return [Finding("empty-column", message, (), hint, False)]


def _incomplete(dataset: Dataset) -> list[Finding]:
    out = []
    filled = {
        "picture": [bool(row.images) for row in dataset.rows],
        "question": [bool(row.question.strip()) for row in dataset.rows],
        "split": [bool(row.example.split) for row in dataset.rows],
    }
    for name, has in filled.items():
        without = tuple(row.number for row, value in zip(dataset.rows, has, strict=True) if not value)
        if without and any(has):
            message = f"{len(without)} of {len(dataset.rows)} rows lack a {name}, which the others have."
            hint = "Fill it in, or move such rows to a data set of their own."
            out.append(Finding(f"no-{name}", message, without, hint, False))
    return out


def _small_splits(dataset: Dataset) -> list[Finding]:
    counts = Counter(row.example.split for row in dataset.rows)
    minimum = max(_MIN_SPLIT_ROWS, _MIN_SPLIT_SHARE * len(dataset.rows))
    out = []
    for name, count in counts.items():
        if name and count < minimum:
            numbers = tuple(row.number for row in dataset.rows if row.example.split == name)
            message = f"The split {quoted(name)} has {count} of {len(dataset.rows)} rows: a score of it says little."
            out_folder = f"{PurePath(dataset.name).name}-split"
            command = dataset.command("split", "--shares", "train=0.8,test=0.2", "--out", out_folder)
            hint = f"Type: {command}"
            out.append(Finding("near-empty-split", message, numbers, hint, False))
    return out
