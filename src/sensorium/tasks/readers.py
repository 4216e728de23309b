"""Readers of tasks: JSON Lines, CSV, Parquet, class folders, and data sets of the `datasets` library."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sensorium.core.errors import InputError, quoted
from sensorium.core.files import check_regular
from sensorium.core.weights import importing
from sensorium.tasks import jsonl
from sensorium.tasks.image_folders import classes
from sensorium.tasks.jsonl import RowTable
from sensorium.tasks.rows import RowFormat
from sensorium.tasks.task import Task

if TYPE_CHECKING:
    from datasets import Dataset

SCHEME = "datasets:"
MAX_PARQUET_ROWS, MAX_PARQUET_BYTES, MAX_PARQUET_CELL = 10_000_000, 16_000_000_000, 100_000_000
"""What one Parquet file may unpack to: rows, bytes in all, bytes of one cell, which holds a picture at most."""
_PARQUET_BATCH = 8  # rows at a time


def load_task(source: str | os.PathLike[str], row_format: RowFormat | None = None) -> Task:
    """Load a task; `tasks.rows` has the row format.

    Args:
        source: A .jsonl, .json, .csv, .tsv or .parquet file; a folder of `tasks.jsonl.save` or
            `Dataset.save_to_disk`; a folder of class folders (`tasks.image_folders`); or "datasets:NAME" for a data
            set of the Hugging Face hub.
        row_format: The media folder, the names of columns, a question for all rows.

    Raises:
        InputError: if the file or one of its rows can't be used; the message quotes file and row.
        MediaError: if the file, or one that a row names, does not exist; it is read when it is needed.
        InstallError: if Parquet or `datasets` is needed and not installed.
    """
    table = load_table(source, row_format)
    return jsonl.task(table.rows, table.name, table.row_format, table.source)


def load_table(source: str | os.PathLike[str], row_format: RowFormat | None = None) -> RowTable:
    """Return the rows of what `load_task` loads, before they are examples."""
    name = os.fspath(source)
    if name.startswith(SCHEME):
        return _hub(name.removeprefix(SCHEME), row_format or RowFormat())
    path = Path(name)
    if path.suffix.lower() == ".parquet":
        return _parquet(path, row_format or RowFormat())
    if (path / "state.json").is_file() or (path / "dataset_dict.json").is_file():
        return _saved(path, row_format or RowFormat())
    if path.is_dir() and not (path / jsonl.ROWS).exists():
        return classes(path, row_format or RowFormat())
    return jsonl.table(path, row_format)


def from_dataset(data: Dataset, name: str, split: str = "", row_format: RowFormat | None = None) -> Task:
    """Return a task of a `datasets.Dataset`; class numbers become names, images stay as they were stored.

    Args:
        data: Its rows have the columns of the row format, or those that `row_format.columns` names.
        name: The task's name.
        split: The split of rows without one.
        row_format: See `load_task`.
    """
    return jsonl.task(_rows(data, split), name, row_format)


def _rows(data: Dataset, split: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    import datasets

    classes = {}
    for column, feature in data.features.items():
        if isinstance(feature, datasets.Image):
            data = data.cast_column(column, datasets.Image(decode=False))
        elif isinstance(feature, datasets.ClassLabel):
            classes[column] = feature
    for number, row in enumerate(data, 1):
        named = {column: classes[column].int2str(row[column]) for column in classes if row[column] is not None}
        yield number, {"split": split} | {k: v for k, v in row.items() if v is not None} | named


def _parquet(path: Path, row_format: RowFormat) -> RowTable:
    with importing("data"):
        import pyarrow.parquet
    check_regular(path)
    with _parquet_errors(path):
        file = pyarrow.parquet.ParquetFile(path)
        if file.metadata.num_rows > MAX_PARQUET_ROWS:
            raise _too_much(path, f"{file.metadata.num_rows:,} rows", f"{MAX_PARQUET_ROWS:,}")
    return RowTable(path.stem, enumerate(_parquet_rows(file, path), 1), row_format.in_folder(path.parent), str(path))


def _parquet_rows(file: Any, path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the rows a few at a time: a file of some KB may unpack to more than the memory holds."""
    total = 0
    with file, _parquet_errors(path):
        for batch in file.iter_batches(_PARQUET_BATCH):
            if batch.nbytes > _PARQUET_BATCH * MAX_PARQUET_CELL:
                raise _too_much(
                    path, f"rows of {batch.nbytes / 1e6:,.0f} MB", f"{MAX_PARQUET_CELL / 1e6:,.0f} MB a cell"
                )
            for row in batch.to_pylist():
                largest = max(map(_bytes, row.values()), default=0)
                total += sum(map(_bytes, row.values()))
                if largest > MAX_PARQUET_CELL:
                    raise _too_much(path, f"a cell of {largest / 1e6:,.0f} MB", f"{MAX_PARQUET_CELL / 1e6:,.0f} MB")
                if total > MAX_PARQUET_BYTES:
                    raise _too_much(path, f"over {MAX_PARQUET_BYTES / 1e9:g} GB unpacked", "that")
                yield row


def _bytes(value: Any) -> int:
    """Return about how many bytes a cell's value takes."""
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, dict):
        return sum(map(_bytes, value.values()))
    return sum(map(_bytes, value)) if isinstance(value, list) else 8


def _too_much(path: Path, what: str, most: str) -> InputError:
    return InputError(f"{quoted(str(path))} has {what}; the most is {most}.", "Split it into smaller files.")


@contextmanager
def _parquet_errors(path: Path) -> Iterator[None]:
    import pyarrow

    try:
        yield
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError(f"{quoted(str(path))} isn't a Parquet file: {quoted(error)}.", "Write it again.") from None


def _saved(path: Path, row_format: RowFormat) -> RowTable:
    datasets = _datasets()
    try:
        loaded = datasets.load_from_disk(str(path))
    except (OSError, ValueError) as error:
        raise InputError(f"{quoted(str(path))} isn't a saved data set: {quoted(error)}.", "Save it again.") from None
    return _joined(loaded, path.resolve().name, row_format, str(path))


def _hub(name: str, row_format: RowFormat) -> RowTable:
    datasets = _datasets()
    try:
        loaded = datasets.load_dataset(name)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:160]
        raise InputError(
            f"The data set {quoted(name)} can't be loaded: {reason}.", "Check its name and the network."
        ) from None
    return _joined(loaded, name, row_format, f"{SCHEME}{name}")


def _joined(loaded: Any, name: str, row_format: RowFormat, source: str) -> RowTable:
    parts = loaded.items() if isinstance(loaded, Mapping) else [("", loaded)]
    rows = (row for split, data in parts for _, row in _rows(data, split))
    return RowTable(name, enumerate(rows, 1), row_format, source)


def _datasets() -> Any:
    with importing("data"):
        import datasets
    return datasets
