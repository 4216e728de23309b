"""Tasks from wherever they lie: JSON Lines, CSV, Parquet, class folders, and data sets of the `datasets` library."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sensorium.core.errors import InputError, InstallError, MediaError, quoted
from sensorium.tasks import jsonl as taskfile
from sensorium.tasks.image_folders import classes
from sensorium.tasks.jsonl import RowTable
from sensorium.tasks.rows import RowFormat
from sensorium.tasks.task import Task

if TYPE_CHECKING:
    from datasets import Dataset

INSTALL_HINT = 'Type: pip install "sensorium[data]"'
SCHEME = "datasets:"


def load_task(source: str | os.PathLike[str], reading: RowFormat | None = None) -> Task:
    """Load a task; `core.rows` has the row format.

    Args:
        source: A .jsonl, .csv or .parquet file; a folder that `core.taskfile.save` or `Dataset.save_to_disk` made; a
            folder of pictures with a folder a class (`media.folders`); or "datasets:NAME" for a data set of the
            Hugging Face hub.
        reading: Which folder files are named from, which columns stand for which, a question for all rows.

    Raises:
        InputError, MediaError: see `core.taskfile.load`.
        InstallError: when Parquet or `datasets` is needed and not installed.
    """
    found = load_table(source, reading)
    return taskfile.task(found.rows, found.name, found.reading, found.source)


def load_table(source: str | os.PathLike[str], reading: RowFormat | None = None) -> RowTable:
    """Open what `load_task` loads without making examples of its rows, so that each may be judged by itself."""
    name = os.fspath(source)
    if name.startswith(SCHEME):
        return _hub(name.removeprefix(SCHEME), reading or RowFormat())
    path = Path(name)
    if path.suffix.lower() == ".parquet":
        return _parquet(path, reading or RowFormat())
    if (path / "state.json").is_file() or (path / "dataset_dict.json").is_file():
        return _saved(path, reading or RowFormat())
    if path.is_dir() and not (path / taskfile.ROWS).exists():
        return classes(path, reading or RowFormat())
    return taskfile.table(path, reading)


def from_dataset(data: Dataset, name: str, split: str = "", reading: RowFormat | None = None) -> Task:
    """Make a task of a `datasets.Dataset`; class numbers become class names, pictures stay as they were stored.

    Args:
        data: Its rows have the columns of the row format, or `reading.columns` says which stand for them.
        name: Of the task.
        split: The split of its rows that have none.
        reading: See `load_task`.
    """
    return taskfile.task(_rows(data, split), name, reading)


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


def _parquet(path: Path, reading: RowFormat) -> RowTable:
    try:
        import pyarrow.parquet
    except ImportError:
        raise InstallError("To read Parquet pyarrow is needed.", INSTALL_HINT) from None
    if not path.is_file():
        raise MediaError(f"No file {quoted(str(path))}.", "Check the spelling: ls lists what is there.")
    try:
        rows = pyarrow.parquet.read_table(path).to_pylist()
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError(f"{quoted(str(path))} is no Parquet file: {error}.", "Write it again.") from None
    placed = RowFormat(reading.media or path.parent, reading.columns, reading.question)
    return RowTable(path.stem, enumerate(rows, 1), placed, str(path))


def _saved(path: Path, reading: RowFormat) -> RowTable:
    datasets = _datasets()
    try:
        found = datasets.load_from_disk(str(path))
    except (OSError, ValueError) as error:
        raise InputError(f"{quoted(str(path))} is no saved data set: {error}.", "Save it again.") from None
    return _joined(found, path.resolve().name, reading)


def _hub(name: str, reading: RowFormat) -> RowTable:
    datasets = _datasets()
    try:
        found = datasets.load_dataset(name)
    except (OSError, ValueError) as error:
        why = " ".join(str(error).split())[:160]
        raise InputError(
            f"The data set {quoted(name)} can't be loaded: {why}.", "Check its name and the network."
        ) from None
    return _joined(found, name, reading)


def _joined(found: Any, name: str, reading: RowFormat) -> RowTable:
    parts = found.items() if isinstance(found, Mapping) else [("", found)]
    rows = (row for split, data in parts for _, row in _rows(data, split))
    return RowTable(name, enumerate(rows, 1), reading)


def _datasets() -> Any:
    try:
        import datasets
    except ImportError:
        raise InstallError("To read data sets the package datasets is needed.", INSTALL_HINT) from None
    return datasets
