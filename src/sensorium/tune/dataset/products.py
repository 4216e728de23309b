"""The column layout of amazon-product-descriptions-vlm: a product's picture, name and category, and its description.

That data set (philschmid/amazon-product-descriptions-vlm on the Hugging Face hub) is under CC-BY-NC 4.0: no commercial
use. Its columns are image, Product Name, Category, description, About Product and others. The prompt is this project's.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from sensorium.tasks.jsonl import RowTable
from sensorium.tasks.rows import COLUMNS, RowFormat

LICENCE = "cc-by-nc-4.0"
NEEDED = ("image", "Product Name", "Category", "description")
PROMPT = (
    "Write the text of a shop's page for the product in the picture: two or three plain sentences that say what it is, "
    "what it looks like and what it is for. Claim nothing that the picture, the name or the category does not show."
)


def imported(table: RowTable) -> RowTable:
    """Return table of that layout in this project's row format; others, and those with mapped columns, as they are."""
    rows = iter(table.rows)
    first = next(rows, None)
    if first is None:
        return table
    again = itertools.chain([first], rows)
    if table.row_format.columns or not fits(first[1]):
        return RowTable(table.name, again, table.row_format, table.source)
    reading = RowFormat(table.row_format.media, {}, table.row_format.question or PROMPT)
    return RowTable(table.name, _rows(again, reading.question), reading, table.source)


def fits(row: Mapping[str, Any]) -> bool:
    """Whether a row has the columns of the layout."""
    return all(name in row for name in NEEDED)


def _rows(rows: Iterator[tuple[int, Mapping[str, Any]]], prompt: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, row in rows:
        told = [f"{name}: {_line(row.get(column))}" for name, column in _TOLD if _line(row.get(column))]
        kept = {name: row[name] for name in COLUMNS if name in row and name not in ("question", "answer")}
        yield number, kept | {"question": "\n".join([prompt, *told]), "answer": row.get("description")}


def _line(value: object) -> str:
    return " ".join(str(value).split()) if value is not None else ""


_TOLD = (("Name", "Product Name"), ("Category", "Category"))  # About Product is left out: it holds the answer's words
