"""Catalogues: CSV, JSON Lines and Parquet files with a column of pictures, and the types of their other columns."""

from __future__ import annotations

import json
import math
import os
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from sensorium.core.blob import Blob
from sensorium.core.errors import InputError, MediaError, quoted
from sensorium.core.weights import importing
from sensorium.search.columns import check_column
from sensorium.search.indexing.sources import BrokenItem, FileSource, FolderSource, Item, Source, absolute
from sensorium.tasks import jsonl
from sensorium.tasks.row_parts import blob_of, is_empty
from sensorium.tasks.rows import RowFormat

SUFFIXES = (*jsonl.SUFFIXES, ".parquet")
"""Suffixes of the files that are catalogues."""
IMAGE_COLUMNS = ("image", "image_path", "file_name", "filename", "file", "path", "picture", "photo", "img")
"""Names that the column of pictures has if it isn't named, the likeliest first."""
MARK = ".parquet#"
_EXACT = 2**53  # whole numbers beyond it are no longer exact as double
_INT = re.compile(r"-?(?:0|[1-9]\d*)")  # "007" is a name
_FLOAT = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_BOOLS = {"true": True, "false": False}


@dataclass(frozen=True)
class CatalogueFormat:
    """How the rows of a catalogue are read.

    Args:
        image_column: The column of the pictures: file names, bytes, or {"bytes", "path"}; "" to take the first of
            `IMAGE_COLUMNS` that the catalogue has.
        id_column: The column of the keys, each once; "" to take "id" if the catalogue has it, else the file's path.
        media: The folder that file names are relative to; None for that of the catalogue.
        rename: Column of the catalogue -> its name in the index.
    """

    image_column: str = ""
    id_column: str = ""
    media: Path | None = None
    rename: Mapping[str, str] = field(default_factory=dict)


def sources(paths: Sequence[str], catalogue_format: CatalogueFormat | None = None) -> list[Source]:
    """Return folders, pictures and catalogues as sources.

    Raises:
        InputError: if a catalogue can't be read, or lacks the column of pictures.
        MediaError: if one of them doesn't exist.
    """
    found: list[Source] = []
    for path in paths:
        name = absolute(path)
        if os.path.isdir(name):
            found.append(FolderSource(name))
        elif os.path.splitext(name)[1].lower() in SUFFIXES:
            found.append(Catalogue.read(name, catalogue_format or CatalogueFormat()))
        else:
            found.append(FileSource(name))
    return found


@dataclass(frozen=True)
class Catalogue:
    """The rows of a catalogue.

    Args:
        name: Its absolute path.
        columns: The other columns, name -> type.
        rows: Number, picture (None: inside the file), key ("" for none) and other columns of each row.
        media: The folder of the pictures.
        image_column: The column of the pictures.
    """

    name: str
    columns: Mapping[str, str]
    rows: Sequence[tuple[int, object, str, Mapping[str, Any]]]
    media: Path
    image_column: str

    @classmethod
    def read(cls, name: str, catalogue_format: CatalogueFormat) -> Catalogue:
        """Read a catalogue, all but the pictures inside it."""
        rows, names, image, embedded = _parquet(name, catalogue_format) or _text(name, catalogue_format)
        automatic = "id" in names and image != "id" and "id" not in catalogue_format.rename
        key = catalogue_format.id_column or ("id" if automatic else "")
        if key and key not in names:
            raise _lacks(name, "id_column", key, names)
        renamed = {old: catalogue_format.rename.get(old, old) for old in names if old not in (image, key)}
        for old in catalogue_format.rename:
            if old not in names:
                raise _lacks(name, "rename", old, names)
        for new in renamed.values():
            check_column(new)
        typed = {new: _type([row.get(old) for _, row in rows]) for old, new in renamed.items()}
        columns = {new: kind for new, (kind, _) in typed.items()}
        values = {new: convert for new, (_, convert) in typed.items()}
        made = [
            (
                number,
                None if embedded else row.get(image),
                _key(row.get(key)) if key else "",
                {new: values[new](row.get(old)) for old, new in renamed.items()},
            )
            for number, row in rows
        ]
        if key:
            _check_keys(made, name, key)
        media = catalogue_format.media or Path(name).parent
        return cls(name, columns, made, media, image)

    def items(self, is_known: Callable[[str, int, int], bool]) -> Iterator[Item | BrokenItem]:
        """Yield the rows with their pictures, as `Source.items` says."""
        status = os.stat(self.name)
        times: dict[str, int] = {}
        for number, picture, key, columns in self.rows:
            try:
                if picture is None:
                    path = f"{self.name}#{self.image_column}/{number}"
                    read = partial(image_at, path)
                    yield Item(key or path, path, self.name, status.st_size, status.st_mtime_ns, read, columns)
                    continue
                path, size, modified = self._file(picture)
                times[path] = times.get(path, 0) + 1
                item_id = key or (path if times[path] == 1 else f"{path}#{times[path]}")
                yield Item(item_id, path, self.name, size, modified, partial(blob_of, picture, self.media), columns)
            except InputError as error:
                yield BrokenItem(f"Row {number} of {quoted(self.name)}", error.message)

    def covers(self, path: str, source: str) -> bool:
        """Whether a row of the index came from this catalogue."""
        return source == self.name

    def _file(self, picture: object) -> tuple[str, int, int]:
        """Return the absolute path of a row's picture, its size and time; whether it may be read is checked later."""
        if not isinstance(picture, str) or not picture.strip():
            raise InputError(f"It names no picture in {quoted(self.image_column)}.")
        if re.match(r"(?:data:|(?:https?|ftp)://)", picture, re.I):
            blob_of(picture, self.media)  # raises for an address
            raise InputError("Pictures as data URIs aren't indexed.", "Write them as files.")
        path = os.path.abspath(os.path.join(self.media, picture))
        try:
            status = os.stat(path)
        except (OSError, ValueError):
            raise MediaError(f"No file {quoted(path)}.") from None
        return path, status.st_size, status.st_mtime_ns


def image_at(path: str) -> Blob:
    """Return the picture that a row's `path` names: a file, or "CATALOGUE.parquet#COLUMN/ROW" for one inside of it.

    Raises:
        MediaError: if it is gone.
    """
    catalogue, mark, place = path.partition(MARK)
    column, _, number = place.rpartition("/")
    if not mark or not number.isdecimal() or not os.path.isfile(catalogue := f"{catalogue}.parquet"):
        return Blob(path)
    start, table = _group_of(catalogue, os.stat(catalogue).st_mtime_ns, column, int(number) - 1)
    value = None if table is None else table.column(0)[int(number) - 1 - start].as_py()
    if is_empty(value):
        raise MediaError(f"Row {number} of {quoted(catalogue)} has no picture.", "Index the catalogue again.")
    return blob_of(value, Path(catalogue).parent)


@lru_cache(maxsize=4)
def _group_starts(catalogue: str, modified: int) -> tuple[int, ...]:
    import pyarrow.parquet

    about = pyarrow.parquet.ParquetFile(catalogue).metadata
    starts = [0]
    for group in range(about.num_row_groups):
        starts.append(starts[-1] + about.row_group(group).num_rows)
    return tuple(starts)


def _group_of(catalogue: str, modified: int, column: str, row: int) -> tuple[int, Any]:
    starts = _group_starts(catalogue, modified)
    if not 0 <= row < starts[-1]:
        return 0, None
    group = bisect_right(starts, row) - 1
    return starts[group], _group(catalogue, modified, column, group)


@lru_cache(maxsize=2)
def _group(catalogue: str, modified: int, column: str, group: int) -> Any:
    import pyarrow.parquet

    return pyarrow.parquet.ParquetFile(catalogue).read_row_group(group, columns=[column])


_Rows = tuple[list[tuple[int, Mapping[str, Any]]], list[str], str, bool]


def _parquet(name: str, catalogue_format: CatalogueFormat) -> _Rows | None:
    """Return a Parquet file's rows but for pictures inside it; None for another file."""
    if not name.lower().endswith(".parquet"):
        return None
    with importing("search"):
        import pyarrow as pa
        import pyarrow.parquet
    try:
        schema = pyarrow.parquet.read_schema(name)
        image = _image_column(name, schema.names, catalogue_format)
        kind = schema.field(image).type
        embedded = not (pa.types.is_string(kind) or pa.types.is_large_string(kind))
        columns = [each for each in schema.names if each != image or not embedded]
        table = pyarrow.parquet.read_table(name, columns=columns)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{quoted(name)} isn't a Parquet file: {quoted(error)}.", "Write it again.") from None
    count = pyarrow.parquet.read_metadata(name).num_rows
    rows = table.to_pylist() if columns else [{} for _ in range(count)]
    return list(enumerate(rows, 1)), list(schema.names), image, embedded


def _text(name: str, catalogue_format: CatalogueFormat) -> _Rows:
    """Return the rows of a CSV or JSON file."""
    known = {"image": catalogue_format.image_column or "image", "id": catalogue_format.id_column or "id"}
    rows = list(jsonl.table(name, RowFormat(columns=known)).rows)
    names = list(dict.fromkeys(key for _, row in rows for key in row if key.strip()))
    if not rows:
        raise InputError(f"{quoted(name)} has no rows.", "Write one row per picture.")
    return rows, names, _image_column(name, names, catalogue_format), False


def _image_column(name: str, names: Sequence[str], catalogue_format: CatalogueFormat) -> str:
    column = catalogue_format.image_column
    if column:
        if column not in names:
            raise _lacks(name, "image_column", column, names)
        return column
    lowered = {each.lower(): each for each in reversed(names)}
    found = next((lowered[each] for each in IMAGE_COLUMNS if each in lowered), None)
    if found is None:
        raise InputError(
            f"{quoted(name)} has no column of pictures; its columns are {', '.join(names)[:300]}.",
            "Name it: `image_column=NAME`",
        )
    return found


def _lacks(name: str, parameter: str, column: str, names: Sequence[str]) -> InputError:
    return InputError(
        f"{quoted(name)} has no column {quoted(column)}; its columns are {', '.join(names)[:300]}.",
        f"Name another with `{parameter}`.",
    )


def _key(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if is_empty(value) else str(value).strip()


def _check_keys(rows: Sequence[tuple[int, object, str, Mapping[str, Any]]], name: str, column: str) -> None:
    first: dict[str, int] = {}
    for number, _, key, _ in rows:
        if not key or key in first:
            what = f"repeats {quoted(key)} of row {first[key]}" if key else "is empty"
            raise InputError(
                f"The id in column {quoted(column)} of row {number} of {quoted(name)} {what}.",
                "Give each row an id of its own, or name another column with `id_column`.",
            )
        first[key] = number


def _type(values: Sequence[object]) -> tuple[str, Callable[[Any], Any]]:
    """Return the type of a column's cells, one of `columns.TYPES`, and what converts a cell to it."""
    some = [value for value in values if not is_empty(value)]
    texts = [value for value in some if isinstance(value, str)]
    if texts and len(texts) == len(some):
        return _type_of_texts(texts)
    kinds = {type(value) for value in some}
    if kinds <= {bool} and some:
        return "bool", _or_none(bool)
    if kinds <= {int, float, Decimal} and some:
        whole = kinds == {int}
        if not whole or all(abs(value) < _EXACT for value in some if isinstance(value, int)):
            return ("int64" if whole else "double"), _or_none(float)
        return "string", _or_none(str)
    if kinds <= {datetime} and some:
        return "timestamp[us]", _or_none(lambda value: value.replace(tzinfo=None))
    if kinds <= {date} and some:
        return "date32[day]", _or_none(lambda value: value)
    if kinds <= {list} and some and not any(isinstance(v, list | dict) for value in some for v in value):  # type: ignore[attr-defined]
        return "list<string>", _or_none(lambda value: [_shown(member) for member in value if not is_empty(member)])
    return "string", _or_none(_shown)


def _type_of_texts(texts: Sequence[str]) -> tuple[str, Callable[[Any], Any]]:
    stripped = [text.strip() for text in texts]
    if all(_INT.fullmatch(text) for text in stripped):
        exact = all(len(text) < 17 and abs(int(text)) < _EXACT for text in stripped)
        return ("int64", _or_none(float)) if exact else ("string", _or_none(str))
    if all(_FLOAT.fullmatch(text) and math.isfinite(float(text)) for text in stripped):
        return "double", _or_none(float)
    if all(text.lower() in _BOOLS for text in stripped):
        return "bool", _or_none(lambda text: _BOOLS[text.strip().lower()])
    return "string", _or_none(str)


def _or_none(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if is_empty(value) else convert(value)


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
