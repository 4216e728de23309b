"""The columns of an index: its own, a catalogue's with their types, and the text that full text searches."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sensorium.core.errors import InputError, quoted

if TYPE_CHECKING:
    import pyarrow as pa

OWN_COLUMNS = ("id", "path", "source", "digest", "size", "modified", "vector", "read_text", "full_text")
"""Columns that every index has; a catalogue's own may not be called so.

`source` is the folder or catalogue that a row came from, `modified` the file's time (null: hash it next time),
`read_text` the text in the picture (null: not read yet), `full_text` all texts of a row, which full text searches.
"""
TYPES = ("int64", "double", "bool", "string", "list<string>", "timestamp[us]", "date32[day]")
"""Types of catalogue columns. Whole numbers are stored as double, so that `stock < 2.5` works, and returned as int."""


def check_column(name: str) -> None:
    """Raise InputError if a catalogue's column can't be called so."""
    if name.lower() in OWN_COLUMNS or name.startswith("_"):
        raise InputError(
            f"A catalogue's column can't be called {quoted(name)}: the index has its own.",
            f"Rename it: `rename={name}=product_{name.strip('_')}`",
        )
    if not name.strip() or re.search(r"[.`\"\x00-\x1f]", name):
        raise InputError(f"{quoted(name)} can't be the name of a column.", "Use letters, digits, spaces and _.")


def literal(text: str) -> str:
    """Return a text as it stands in a filter."""
    escaped = text.replace("'", "''")
    return f"'{escaped}'"


def identifier(column: str) -> str:
    """Return a column's name as it stands in a filter."""
    return f"`{column}`"


def arrow_field(name: str, kind: str) -> pa.Field:
    """Return the Arrow field of a catalogue's column; whole numbers are double, with their type beside it."""
    import pyarrow as pa

    types = {
        "int64": pa.float64(), "double": pa.float64(), "bool": pa.bool_(), "string": pa.string(),
        "list<string>": pa.list_(pa.string()), "timestamp[us]": pa.timestamp("us"), "date32[day]": pa.date32(),
    }  # fmt: skip
    return pa.field(name, types[kind], metadata={"sensorium:type": kind})


def declared_type(field: pa.Field) -> str:
    """Return a column's type, one of `TYPES`."""
    kind = (field.metadata or {}).get(b"sensorium:type", b"").decode()
    return kind or re.sub(r"<\w+: (\w+)>", r"<\1>", str(field.type))


def as_declared(table: pa.Table) -> pa.Table:
    """Return whole numbers as int64 where the catalogue has them so and every one of them is."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for number, field_ in enumerate(table.schema):
        if declared_type(field_) == "int64" and pa.types.is_floating(field_.type):
            column = table.column(number)
            if pc.all(pc.equal(column, pc.trunc(column))).as_py() is not False:
                table = table.set_column(number, field_.name, pc.cast(column, pa.int64()))
    return table


def with_full_text(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return the rows with every column of the table: all texts joined in `full_text`, null where they have none."""
    import pyarrow as pa

    fields = {name: schema.field(name) for name in schema.names}
    searched = [
        name for name, each in fields.items()
        if name in rows.column_names and (name == "read_text" or name not in OWN_COLUMNS) and _is_text(each.type)
    ]  # fmt: skip
    texts = [rows[name].to_pylist() for name in searched]
    joined = [_joined(values) for values in zip(*texts, strict=True)] if texts else [None] * len(rows)
    columns = [
        pa.array(joined, pa.string()) if name == "full_text"
        else rows[name].cast(each.type) if name in rows.column_names
        else pa.nulls(len(rows), each.type)
        for name, each in fields.items()
    ]  # fmt: skip
    return pa.table(columns, schema=schema)


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or (pa.types.is_list(kind) and pa.types.is_string(kind.value_type)))


def _joined(values: Sequence[Any]) -> str | None:
    texts = [text for value in values for text in ([value] if isinstance(value, str) else value or []) if text]
    return "\n".join(texts) or None
