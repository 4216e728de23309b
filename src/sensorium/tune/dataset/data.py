"""Rows of a data set before training, each with its number, and those that can't be used beside them."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sensorium.core.errors import InputError, quoted
from sensorium.core.messages import Audio, Image, Video
from sensorium.tasks.jsonl import RowTable
from sensorium.tasks.rows import COLUMNS, RowFormat, example, suggest_columns
from sensorium.tasks.task import Example, Task


@dataclass(frozen=True)
class DataRow:
    """An example with the number of its row in the file."""

    number: int
    example: Example

    @property
    def images(self) -> tuple[Image, ...]:
        """Its pictures, in order."""
        return tuple(part for part in self.example.conversation.parts if isinstance(part, Image))

    @property
    def question(self) -> str:
        """The words of all its turns."""
        return "\n".join(message.text for message in self.example.conversation.messages)


@dataclass(frozen=True)
class UnusableRow:
    """A row that can't become an example, and why."""

    number: int
    reason: str


@dataclass(frozen=True)
class Dataset:
    """The rows of a data set.

    Args:
        name: Name of the task.
        rows: Rows that can be used.
        unusable: Rows that can't.
        columns: Column -> number of rows with a value in it.
        source: Where it was read, as `load_table` takes it; "" if unknown.
        row_format: How it was read.
    """

    name: str
    rows: tuple[DataRow, ...]
    unusable: tuple[UnusableRow, ...] = ()
    columns: Mapping[str, int] | None = None
    source: str = ""
    row_format: RowFormat = field(default_factory=RowFormat)

    def command(self, verb: str, *options: str) -> str:
        """Return what to type to do something with this data set: `sensorium data VERB …`."""
        return command_line(verb, self.source, self.row_format, *options)


def read_dataset(table: RowTable) -> Dataset:
    """Make an example of each row of a table; rows that can't be used are listed with the reason.

    Raises:
        InputError: when the table has no rows.
    """
    rows, unusable = [], []
    filled: Counter[str] = Counter()
    for number, row in table.rows:
        filled.update({name: int(not _is_empty(value)) for name, value in row.items()})
        try:
            rows.append(DataRow(number, example(row, "It", table.row_format)))
        except InputError as error:
            unusable.append(UnusableRow(number, error.message.removeprefix("It: ")))
    if not rows and not unusable:
        raise InputError(f"{quoted(table.source or table.name)} has no rows.", "Write one row per example.")
    _check_columns(table, filled)
    return Dataset(table.name, tuple(rows), tuple(unusable), dict(filled), table.source, table.row_format)


def command_line(verb: str, source: str, row_format: RowFormat, *options: str) -> str:
    """Return `sensorium data VERB SOURCE` with the options that say how its rows are read, quoted for a shell."""
    words = ["sensorium", "data", verb, source or "TASK"]
    if row_format.media is not None and row_format.media not in (Path(source), Path(source).parent):
        words += ["--media", str(row_format.media)]
    for ours, theirs in row_format.columns.items():
        words += ["--column", f"{ours}={theirs}"]
    for name in row_format.ignore:
        words += ["--ignore", name]
    if row_format.question:
        words += ["--question", row_format.question]
    return shlex.join([*words, *options])


def from_task(task: Task) -> Dataset:
    """Return the examples of a task as rows, numbered from 1."""
    return Dataset(task.name, tuple(DataRow(number, each) for number, each in enumerate(task.examples, 1)))


def media_key(part: Image | Audio | Video) -> Hashable:
    """Return the path of a part's file, or the digest of its content if it has none."""
    return part.blob.path if part.blob.path is not None else part.blob.digest


def _is_empty(value: object) -> bool:
    return value is None or value == "" or value == [] or value != value or str(value).isspace()


def _check_columns(table: RowTable, filled: Mapping[str, int]) -> None:
    """Refuse a mapping to a column that no row has: every row would be refused, each for a misleading reason."""
    known = ", ".join(map(quoted, list(filled)[:20])) + (" …" if len(filled) > 20 else "")
    for ours, theirs in table.row_format.columns.items():
        if theirs not in filled:
            hint = f"Try `columns={ {ours: 'COLUMN'} }`"
            raise InputError(f"No row has the column {quoted(theirs)}; they have {known}.", hint)
    if not any(table.row_format.columns.get(name, name) in filled for name in COLUMNS):
        mapping = suggest_columns(filled) or {"image": "FILE", "answer": "LABEL"}
        raise InputError(f"No column is known among {known}.", f"Try `columns={mapping}`")
