"""Data sets as the commands of `sensorium data` take and give them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from sensorium.cli import output as show
from sensorium.core.errors import InputError, quoted
from sensorium.tasks.jsonl import save, task
from sensorium.tasks.readers import load_table
from sensorium.tasks.rows import RowFormat
from sensorium.tasks.task import Task
from sensorium.tune.dataset.data import Data, Row, read
from sensorium.tune.dataset.preview import Shown
from sensorium.tune.dataset.products import imported


def opened(name: str, reading: RowFormat) -> Task:
    """Load a data set whose rows can all be used; the error of one that can't says how to see all."""
    try:
        found = imported(load_table(name, reading))
        return task(found.rows, found.name, found.row_format, found.source)
    except InputError as error:
        raise type(error)(error.message, f"{error.hint} See all: sensorium data check {quoted(name)}") from None


def weights(given: str) -> dict[str, float]:
    """Read "train=0.8,test=0.2"."""
    try:
        pairs = [each.rsplit("=", 1) for each in given.split(",")]
        return {name.strip(): float(share) for name, share in pairs}
    except ValueError:
        raise InputError(
            f"The shares {given!r} are no names with numbers.", "Try --shares train=0.8,test=0.2"
        ) from None


def weighted(given: str) -> tuple[str, float]:
    """Read "old.jsonl=3": a name and its weight, 1 where none stands there."""
    name, _, weight = given.rpartition("=")
    try:
        return (name, float(weight)) if name else (given, 1.0)
    except ValueError:
        return given, 1.0  # the equals sign belongs to the name


def saved(made: Task, folder: str, quiet: bool, as_json: bool) -> None:
    """Save a data set as a folder, and print where and how many rows each split has."""
    rows = save(made, folder)
    splits = Counter(example.split for example in made.examples)
    if as_json:
        return show.as_json({"rows": str(rows), "splits": dict(splits)})
    show.result(str(rows))
    if not quiet:
        said = ", ".join(f"{count} {name or 'without a split'}" for name, count in splits.items())
        show.aside(f"{len(made)} rows: {said}.")
    return None


def rows(name: str, reading: RowFormat) -> Data:
    """Open a data set, the rows that can't be used beside the others."""
    return read(imported(load_table(name, reading)))


def drawn(found: Data, most: int, seed: int) -> list[Row]:
    """Draw at most so many rows by chance, in their own order."""
    if most >= len(found.rows):
        return list(found.rows)
    return [found.rows[index] for index in sorted(random.Random(seed).sample(range(len(found.rows)), most))]


def rendering(name: str | None) -> Callable[[Row], Shown] | None:
    """Return what shows a row as a local checkpoint is taught it; None without a name.

    Raises:
        InputError: when the model is no local checkpoint.
    """
    if name is None:
        return None
    from sensorium.registry import load

    loaded = getattr(load(name), "checkpoint", None)
    if loaded is None:
        raise InputError(f"{quoted(name)} is no local checkpoint.", "Try --model transformers:./checkpoint")
    from sensorium.tune.training.collate import row_of

    def render(row: Row) -> Shown:
        made = row_of(loaded, row.example)
        tokenizer = getattr(loaded.processor, "tokenizer", loaded.processor)
        return Shown(made.prompt.text, tuple(tokenizer.decode([token]) for token in made.answer))

    return render


def written(text: str, out: str, as_json: bool) -> None:
    """Write a text into a file and print its name; print the text itself where the file is "-"."""
    if out == "-":
        return show.as_json({"text": text}) if as_json else show.result(text.rstrip("\n"))
    Path(out).write_text(text, encoding="utf-8")
    return show.as_json({"file": out}) if as_json else show.result(out)
