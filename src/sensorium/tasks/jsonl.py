"""Tasks in JSON Lines and CSV files, and tasks saved as a folder; `rows` has the row format."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sensorium.core.blob import Blob
from sensorium.core.errors import InputError, quoted
from sensorium.tasks.rows import RowFormat, example, row_of
from sensorium.tasks.task import Task

ROWS = "rows.jsonl"
"""The file with the rows in the folder of a saved task."""


@dataclass(frozen=True)
class RowTable:
    """Rows before they are examples.

    Args:
        name: The name of their task.
        rows: Each with the number that errors name; can be iterated once.
        row_format: How to read them.
        source: The place that errors name.
    """

    name: str
    rows: Iterable[tuple[int, Mapping[str, Any]]]
    row_format: RowFormat
    source: str = ""


def table(path: str | os.PathLike[str], row_format: RowFormat | None = None) -> RowTable:
    """Return the rows of a .jsonl or .csv file, or of a folder that `save` made."""
    row_format = row_format or RowFormat()
    file = Path(path)
    if file.is_dir():
        file = file / ROWS
    text = _text(file)
    rows = _csv_rows(text, file) if file.suffix.lower() == ".csv" else _json_rows(text, file)
    name = file.parent.resolve().name if file.name == ROWS else file.stem
    return RowTable(name, rows, row_format.in_folder(file.parent), str(file))


def task(
    rows: Iterable[tuple[int, Mapping[str, Any]]], name: str, row_format: RowFormat | None = None, source: str = ""
) -> Task:
    """Return a task of numbered rows.

    Args:
        rows: Each row with the number that errors name.
        name: The task's name.
        row_format: How to read them.
        source: The place that errors name.
    """
    row_format = row_format or RowFormat()
    examples = tuple(example(row, f"Row {n} of {quoted(source or name)}", row_format) for n, row in rows)
    if not examples:
        raise InputError(f"{quoted(source or name)} has no rows.", "Write one row per example.")
    return Task(name, examples)


def save(task: Task, folder: str | os.PathLike[str]) -> Path:
    """Save a task as a folder, rows.jsonl and media/, that `load_task` reads; return the rows' file.

    Raises:
        InputError: if the folder holds a saved task already.
    """
    target = Path(folder)
    rows = target / ROWS
    if rows.exists():
        raise InputError(f"{quoted(str(target))} holds a task already.", f"Type: rm -r {quoted(str(target))}")
    target.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(row_of(example, target), ensure_ascii=False) for example in task.examples]
    rows.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return rows


def _csv_rows(text: str, file: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    hint = "Put cells that hold commas or line breaks between double quotes."
    try:
        for row in reader:
            if None in row:
                raise InputError(
                    f"Row {reader.line_num} of {quoted(str(file))} has more cells than the {len(row) - 1} columns.",
                    hint,
                )
            yield reader.line_num, row
    except csv.Error as error:
        raise InputError(f"Row {reader.line_num + 1} of {quoted(str(file))} isn't CSV: {error}.", hint) from None


def _text(file: Path) -> str:
    if file.suffix.lower() not in (".jsonl", ".csv"):
        raise InputError(f"{quoted(str(file))} isn't a .jsonl or .csv file.", "Name a .jsonl, .csv or .parquet file.")
    try:
        return Blob(file).data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{quoted(str(file))} is not UTF-8 at byte {error.start}.", "Save it as UTF-8.") from None


def _json_rows(text: str, file: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise InputError(
                f"Row {number} of {quoted(str(file))} isn't JSON: {error}.", "Write one object a line."
            ) from None
        if not isinstance(row, dict):
            raise InputError(
                f"Row {number} of {quoted(str(file))} isn't an object: {line[:60]!r}.", "Write one object a line."
            )
        yield number, row
