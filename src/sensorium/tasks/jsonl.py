"""Tasks in JSON, JSON Lines and CSV files, and tasks saved as a folder; `rows` has the row format."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sensorium.core.blob import Blob
from sensorium.core.errors import InputError, quoted
from sensorium.core.files import replace_file, replace_folder
from sensorium.tasks.csv_rows import csv_rows
from sensorium.tasks.rows import COLUMNS, RowFormat, example, row_of
from sensorium.tasks.task import Task

ROWS = "rows.jsonl"
"""The file with the rows in the folder of a saved task."""
SUFFIXES = (".jsonl", ".json", ".csv", ".tsv")


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
    """Return the rows of a .jsonl, .json, .csv or .tsv file, or of a folder that `save` made."""
    row_format = row_format or RowFormat()
    file = Path(path)
    if file.is_dir():
        file = file / ROWS
    text = _text(file)
    rows: Iterable[tuple[int, Mapping[str, Any]]]
    if file.suffix.lower() in (".csv", ".tsv"):
        rows = csv_rows(text, file, {*COLUMNS, *row_format.columns.values()})
    elif text.lstrip()[:1] == "[" or (file.suffix.lower() == ".json" and not _is_lines(text)):
        rows = _json_list(text, file)
    else:
        rows = _json_rows(text, file)
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

    A folder that is new or empty is there whole or not at all; into another one the rows come last.

    Raises:
        InputError: if the folder holds a saved task already, or the disk is full.
    """
    target = Path(folder)
    rows = target / ROWS
    require_unsaved(folder)
    is_new = not target.exists() or (target.is_dir() and not any(target.iterdir()))
    with replace_folder(target) if is_new else nullcontext(target) as place:
        lines = [json.dumps(row_of(example, place), ensure_ascii=False) for example in task.examples]
        replace_file(place / ROWS, "".join(f"{line}\n" for line in lines))
    return rows


def require_unsaved(folder: str | os.PathLike[str]) -> None:
    """Raise InputError if a folder holds a saved task."""
    if (Path(folder) / ROWS).exists():
        raise InputError(f"{quoted(str(folder))} holds a task already.", f"Type: rm -r {shlex.quote(str(folder))}")


def _text(file: Path) -> str:
    if file.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"{quoted(file)} isn't a .jsonl or .csv file.", f"Name one of: {', '.join(SUFFIXES)}, .parquet."
        )
    data = Blob(file).data
    try:
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{quoted(file)} is not UTF-8 at byte {error.start}.", "Save it as UTF-8.") from None


def _json_rows(text: str, file: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, _row(_parsed(line, f"Row {number} of {quoted(file)}"), number, file)


def _json_list(text: str, file: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    rows = _parsed(text, quoted(file))
    if not isinstance(rows, list):
        keys = ", ".join(rows) if isinstance(rows, dict) else rows
        raise InputError(f"{quoted(file)} isn't a list of rows; it has {quoted(keys)}.", "Write [{…}, {…}].")
    for number, row in enumerate(rows, 1):
        yield number, _row(row, number, file)


def _is_lines(text: str) -> bool:
    """Whether there are several lines, each an object of its own: the first one is."""
    first, _, others = text.strip().partition("\n")
    try:
        return bool(others) and isinstance(json.loads(first), dict)
    except ValueError:
        return False


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where} isn't JSON: {error}.", "Write one object a line.") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object whose keys come once: of two the first would be lost."""
    made = dict(pairs)
    if len(made) < len(pairs):
        twice = next(key for key in made if [name for name, _ in pairs].count(key) > 1)
        raise ValueError(f"the key {quoted(twice)} comes twice")
    return made


def _row(row: object, number: int, file: Path) -> Mapping[str, Any]:
    if not isinstance(row, dict):
        raise InputError(f"Row {number} of {quoted(file)} isn't an object: {quoted(row)}.", "Write one object a line.")
    return row
