"""A task in a file: JSON Lines and CSV are read, any task is saved as a folder; `rows` has the row format."""

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
"""The file of a saved task's folder that holds its rows."""


@dataclass(frozen=True)
class RowTable:
    """Rows as they lie somewhere, before they are examples.

    Args:
        name: Of the task that they make.
        rows: Each with the number that errors call it by; may be gone through once.
        reading: How to read them.
        source: What errors call the place that they come from.
    """

    name: str
    rows: Iterable[tuple[int, Mapping[str, Any]]]
    reading: RowFormat
    source: str = ""


def load(path: str | os.PathLike[str], reading: RowFormat | None = None) -> Task:
    """Load a task from a .jsonl or .csv file, or from a folder that `save` made.

    The files that the rows name are looked for now and read when they are needed.

    Raises:
        InputError: when the file or one of its rows can't be used; the message quotes file and row.
        MediaError: when the file, or one that a row names, is not there.
    """
    found = table(path, reading)
    return task(found.rows, found.name, found.reading, found.source)


def table(path: str | os.PathLike[str], reading: RowFormat | None = None) -> RowTable:
    """Open a .jsonl or .csv file, or a folder that `save` made, without making examples of its rows; see `load`."""
    reading = reading or RowFormat()
    file = Path(path)
    if file.is_dir():
        file = file / ROWS
    text = _text(file)
    rows = _csv_rows(text, file) if file.suffix.lower() == ".csv" else _json_rows(text, file)
    name = file.parent.resolve().name if file.name == ROWS else file.stem
    return RowTable(name, rows, RowFormat(reading.media or file.parent, reading.columns, reading.question), str(file))


def task(
    rows: Iterable[tuple[int, Mapping[str, Any]]], name: str, reading: RowFormat | None = None, source: str = ""
) -> Task:
    """Make a task of numbered rows, from wherever they come.

    Args:
        rows: Each row with the number that errors call it by.
        name: Of the task.
        reading: How to read them.
        source: What errors call the place that they come from.
    """
    reading = reading or RowFormat()
    made = tuple(example(row, f"Row {n} of {quoted(source or name)}", reading) for n, row in rows)
    if not made:
        raise InputError(f"{quoted(source or name)} has no rows.", "Write one row an example.")
    return Task(name, made)


def save(task: Task, folder: str | os.PathLike[str]) -> Path:
    """Save a task as a folder, rows.jsonl and media/, that `load` reads back; gives the rows' file.

    Raises:
        InputError: when the folder holds a saved task already.
    """
    place = Path(folder)
    rows = place / ROWS
    if rows.exists():
        raise InputError(f"There is a task in {quoted(str(place))} already.", f"Type: rm -r {quoted(str(place))}")
    place.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(row_of(each, place), ensure_ascii=False) for each in task.examples]
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
        raise InputError(f"Row {reader.line_num + 1} of {quoted(str(file))} is no CSV: {error}.", hint) from None


def _text(file: Path) -> str:
    if file.suffix.lower() not in (".jsonl", ".csv"):
        raise InputError(f"{quoted(str(file))} is no .jsonl or .csv file.", "Name a .jsonl, .csv or .parquet file.")
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
                f"Row {number} of {quoted(str(file))} is no JSON: {error}.", "One object a line."
            ) from None
        if not isinstance(row, dict):
            raise InputError(f"Row {number} of {quoted(str(file))} is no object: {line[:60]!r}.", "One object a line.")
        yield number, row
