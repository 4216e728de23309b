"""Filters that a shopper can set, made from an index's columns, and the condition that a choice of them is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, Field

from sensorium.core.errors import InputError, quoted
from sensorium.search.columns import identifier, literal
from sensorium.search.table import Index

if TYPE_CHECKING:
    import pyarrow as pa

MAX_CHOICES = 30
"""A text column with more different values is searched, not filtered by."""
MAX_FACETS = 12
_MAX_VALUE = 80
_NUMBERS = ("int64", "double")


class Choice(BaseModel):
    """A value of a column, and how many products have it."""

    value: str
    count: int


class Facet(BaseModel):
    """A filter: some of a column's texts, a range of its numbers, or those that have it at all."""

    column: str
    kind: Literal["choice", "range", "yes"]
    choices: list[Choice] = []
    least: float | None = None
    most: float | None = None
    whole: bool = Field(default=False, description="Whether all its numbers are whole.")


class Range(BaseModel, extra="forbid"):
    """Numbers from `least` to `most`, both included; null for no bound."""

    least: Annotated[float | None, Field(allow_inf_nan=False)] = None
    most: Annotated[float | None, Field(allow_inf_nan=False)] = None


Chosen = list[Annotated[str, Field(max_length=200)]] | Range | bool
"""What is chosen of a facet: texts, of which one must be there; a range; or true."""


def facets(index: Index) -> list[Facet]:
    """Return the filters that an index's columns allow, in the order of the columns."""
    found: list[Facet] = []
    for name, kind in index.columns.items():
        facet = _facet(index.rows([name]), name, kind)
        if facet is not None:
            found.append(facet)
    return found[:MAX_FACETS]


def _facet(rows: pa.Table, name: str, kind: str) -> Facet | None:
    import pyarrow.compute as pc

    column = rows[name]
    if kind in _NUMBERS:
        if len(column) == column.null_count:
            return None
        bounds = pc.min_max(column).as_py()
        if not bounds["min"] < bounds["max"]:
            return None
        return Facet(column=name, kind="range", least=bounds["min"], most=bounds["max"], whole=kind == "int64")
    if kind == "bool":
        return Facet(column=name, kind="yes") if pc.any(column).as_py() else None
    if kind not in ("string", "list<string>"):
        return None
    if kind != "string":
        column = pc.list_flatten(column)
    counts = [(each["values"], each["counts"]) for each in pc.value_counts(column).to_pylist() if each["values"]]
    if not 2 <= len(counts) <= MAX_CHOICES or any(len(value) > _MAX_VALUE for value, _ in counts):
        return None
    ordered = sorted(counts, key=lambda pair: (-pair[1], pair[0].casefold()))
    if ordered[0][1] < 2:  # each row has its own, as titles do
        return None
    return Facet(column=name, kind="choice", choices=[Choice(value=value, count=count) for value, count in ordered])


def condition(columns: Mapping[str, str], chosen: Mapping[str, Chosen], where: str = "") -> str | None:
    """Return the filter of a choice, joined with a further one by "and"; None for none.

    Args:
        columns: The index's columns, name -> type.
        chosen: Column -> what is chosen of it.
        where: A further filter as in SQL, or "".

    Raises:
        InputError: if a column is unknown, or has other values than those chosen.
    """
    parts = [part for name, value in chosen.items() if (part := _part(columns, name, value))]
    if where.strip():
        parts.append(f"({where})")
    return " AND ".join(parts) or None


def _part(columns: Mapping[str, str], name: str, value: Chosen) -> str:
    kind = columns.get(name)
    if kind is None:
        raise InputError(
            f"The index has no column {quoted(name)}.", f"Its columns: {', '.join(columns)[:300] or 'none'}."
        )
    column = identifier(name)
    if isinstance(value, bool) and kind == "bool":
        return f"{column} = {str(value).lower()}"
    if isinstance(value, Range) and kind in _NUMBERS:
        bounds = ((value.least, ">="), (value.most, "<="))
        return " AND ".join(f"{column} {sign} {bound!r}" for bound, sign in bounds if bound is not None)
    if isinstance(value, list) and kind in ("string", "list<string>"):
        return _one_of(column, kind, value)
    raise InputError(f"{quoted(name)} holds {kind}, which can't be filtered by {quoted(value)}.", "See /api/shop.")


def _one_of(column: str, kind: str, values: Sequence[Any]) -> str:
    if not values:
        return ""
    listed = ", ".join(literal(value) for value in values)
    return f"{column} IN ({listed})" if kind == "string" else f"array_has_any({column}, [{listed}])"
