"""Turns a shop's product data into a task, e.g. datasets:philschmid/amazon-product-descriptions-vlm.

    python recipes/products.py SOURCE --out FOLDER

Reads rows with the columns image, Product Name, Category and description (others are left out: About Product has the
words of the answer) and writes a folder that every command reads: the question is this script's prompt with the
product's name and category, the answer its description. Rows without a description are left out.

That data set is under CC-BY-NC 4.0, no commercial use: state it with `sensorium data card --licence cc-by-nc-4.0`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sensorium.core.errors import InputError, quoted
from sensorium.tasks.jsonl import RowTable, save
from sensorium.tasks.readers import load_table
from sensorium.tasks.rows import COLUMNS
from sensorium.tasks.task import Task
from sensorium.tune.dataset.data import Dataset, read_dataset

NEEDED = ("image", "Product Name", "Category", "description")
PROMPT = (
    "Write the text of a shop's page for the product in the picture: two or three plain sentences that say what it is, "
    "what it looks like and what it is for. Claim nothing that the picture, the name or the category does not show."
)


def read_products(table: RowTable, prompt: str = PROMPT) -> Dataset:
    """Return a shop's rows in this project's row format.

    Raises:
        InputError: when a column is missing, or the table has no rows.
    """
    return read_dataset(replace(table, rows=_rows(table, prompt)))


def _rows(table: RowTable, prompt: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, row in table.rows:
        missing = [name for name in NEEDED if name not in row]
        if missing:
            raise InputError(f"Row {number} lacks the column {quoted(missing[0])}.", f"Needed: {', '.join(NEEDED)}.")
        facts = {"Name": _line(row["Product Name"]), "Category": _line(row["Category"])}
        question = "\n".join([prompt, *(f"{name}: {text}" for name, text in facts.items() if text)])
        kept = {name: row[name] for name in COLUMNS if name in row}
        yield number, kept | {"question": question, "answer": row["description"]}


def _line(value: object) -> str:
    return " ".join(str(value).split()) if value is not None else ""


def main() -> None:
    """Read the rows and write the folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", help="a .csv, .jsonl or .parquet file, a saved folder, or datasets:NAME")
    parser.add_argument("--out", default="products", help="a new folder")
    parser.add_argument("--prompt", default=PROMPT)
    arguments = parser.parse_args()
    dataset = read_products(load_table(arguments.source), arguments.prompt)
    if dataset.unusable:
        first = dataset.unusable[0]
        print(f"Left out {len(dataset.unusable)} rows, the first: row {first.number}: {first.reason}", file=sys.stderr)
    print(save(Task(Path(arguments.out).name, tuple(row.example for row in dataset.rows)), arguments.out))


if __name__ == "__main__":
    main()
