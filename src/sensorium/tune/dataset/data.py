"""Rows of a data set on their way to a training, each with its number, and those that can't be used beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sensorium.core.errors import InputError, quoted
from sensorium.core.messages import Audio, Image, Video
from sensorium.tasks.jsonl import RowTable
from sensorium.tasks.rows import COLUMNS, example
from sensorium.tasks.task import Example, Task

Item = TypeVar("Item")
Result = TypeVar("Result")


class Doing(Protocol):
    """Does one thing after another, and may tell how far it is: `doing(items, one, "Looking")`."""

    def __call__(self, items: Sequence[Any], one: Callable[[Any], Any], what: str) -> Iterable[tuple[Any, Any]]: ...


def silently(items: Sequence[Item], one: Callable[[Item], Result], what: str) -> Iterator[tuple[Item, Result]]:
    """Do one thing after another and say nothing: the plainest `Doing`."""
    for item in items:
        yield item, one(item)


@dataclass(frozen=True)
class Row:
    """An example with the number that its file gives it."""

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
class Refused:
    """A row that can't be made an example of, and why."""

    number: int
    why: str


@dataclass(frozen=True)
class Data:
    """What was read of a data set.

    Args:
        name: Of the task.
        rows: Those that can be used.
        refused: Those that can't.
        columns: Column -> how many rows have something in it.
    """

    name: str
    rows: tuple[Row, ...]
    refused: tuple[Refused, ...] = ()
    columns: Mapping[str, int] | None = None

    @property
    def task(self) -> Task:
        """The rows that can be used as a task."""
        return Task(self.name, tuple(row.example for row in self.rows))


def read(table: RowTable) -> Data:
    """Make an example of each row of a table; one that can't be used is kept aside with the reason.

    Raises:
        InputError: when there are no rows.
    """
    rows, refused = [], []
    filled: Counter[str] = Counter()
    for number, row in table.rows:
        filled.update({name: int(_filled(value)) for name, value in row.items()})
        try:
            rows.append(Row(number, example(row, "It", table.row_format)))
        except InputError as error:
            refused.append(Refused(number, error.message.removeprefix("It: ")))
    if not rows and not refused:
        raise InputError(f"{quoted(table.source or table.name)} has no rows.", "Write one row an example.")
    _check_columns(table, filled)
    return Data(table.name, tuple(rows), tuple(refused), dict(filled))


def of(task: Task) -> Data:
    """Number the examples of a task, from 1."""
    return Data(task.name, tuple(Row(number, each) for number, each in enumerate(task.examples, 1)))


def place(image: Image | Audio | Video) -> Hashable:
    """Name where a picture, sound or film lies: its file's path, or where it has none its content."""
    return image.blob.path if image.blob.path is not None else image.blob.digest


def _filled(value: object) -> bool:
    return not (value is None or value == "" or value == [] or value != value or str(value).isspace())


def _check_columns(table: RowTable, filled: Mapping[str, int]) -> None:
    """Refuse a mapping to a column that no row has: every row would be refused, each for a reason that misleads."""
    for ours, theirs in table.row_format.columns.items():
        if theirs not in filled:
            have = ", ".join(map(quoted, filled))
            raise InputError(
                f"No row has the column {quoted(theirs)}; they have {have}.", f"Try --column {ours}=COLUMN"
            )
    if not any(table.row_format.columns.get(name, name) in filled for name in COLUMNS):
        have = ", ".join(map(quoted, filled))
        raise InputError(f"No column is known among {have}.", "Try --column image=FILE --column answer=LABEL")
