"""`sensorium chart`: turn images of charts into tables, as text, CSV or JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict
from math import floor, log10
from typing import TYPE_CHECKING, Any, Literal

import click

from sensorium.cli import options
from sensorium.cli import output as show
from sensorium.cli.options import epilog
from sensorium.core.errors import quoted

if TYPE_CHECKING:
    from sensorium.eyes.charts import Refusal, Table

Form = Literal["text", "csv", "json"]


@click.command(
    epilog=epilog(
        "sensorium chart sales.png", "sensorium chart sales.png --csv > sales.csv", "sensorium chart *.png --json"
    )
)
@click.argument("files", metavar="[FILE|FOLDER]...", nargs=-1)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV: a header and one row a label.")
@options.quiet
@options.as_json
def chart(files: tuple[str, ...], as_csv: bool, quiet: bool, as_json: bool) -> None:
    """Turn pictures of bar charts into tables.

    If the bars or the axis can't be read reliably, it says so instead of giving numbers that may be wrong.
    """
    from sensorium.cli import inputs
    from sensorium.cli import progress as work
    from sensorium.cli.pictures import PictureInput, pictures_of
    from sensorium.eyes.charts import MAX_SIDE
    from sensorium.eyes.charts import chart as read_chart

    options.check_form(as_csv, as_json)
    pictures = pictures_of(files)

    def read(picture: PictureInput) -> tuple[list[str], Table | Refusal]:
        image = picture.open()
        return inputs.image_notes([image], MAX_SIDE), read_chart(image)

    form: Form = "csv" if as_csv else "json" if as_json else "text"
    header: list[str] = []
    several = len(pictures) > 1
    for picture, (notes, result) in work.track(pictures, read, "Looking", quiet or (as_json and not several)):
        header = print_chart(picture.name, result, form, header, several, quiet)
        if not quiet and not as_json:
            show.asides(notes)


def print_chart(
    file: str, result: Table | Refusal, form: Form, header: list[str], several: bool, quiet: bool
) -> list[str]:
    """Print a table, or why a file gave none; return the CSV header that holds for the next file.

    Args:
        file: Name of the image.
        result: What was read in it.
        form: How to print it.
        header: The CSV header that was printed last; a table with the same columns gets no other.
        several: Whether the table is one of several.
        quiet: Whether to leave out what goes to standard error.
    """
    from sensorium.eyes.charts import Refusal

    if form == "json":
        show.as_json(chart_as_json(file, result))
    elif isinstance(result, Refusal):
        if form == "csv":
            show.aside(f"{quoted(file)}: {result.reason}")
        else:
            show.result(f"{quoted(file)}:\n{result.reason}" if several else result.reason)
    elif form == "csv":
        own, rows = _rows(file, result, several)
        show.result(_csv(rows if own == header else [own, *rows]))
        return own
    else:
        show.result("\n".join(([f"{quoted(file)}:"] if several else []) + _lines(result)))
        if not quiet:
            show.aside(f"The whole table is right with a probability of {result.confidence:.2f}.")
    return header


def chart_as_json(file: str, result: Table | Refusal) -> dict[str, Any]:
    """Return the file and the table's fields, the values and boxes of its only series among them, or the refusal's."""
    from sensorium.eyes.charts import Refusal

    if isinstance(result, Refusal):
        return {"file": show.plain(file), "refused": True, **asdict(result)}
    series = [
        {"name": one.name, "values": one.values, "boxes": [[round(side, 1) for side in box] for box in one.boxes]}
        for one in result.series
    ]
    only = {key: series[0][key] for key in ("values", "boxes")}
    return {
        "file": show.plain(file), "refused": False, "kind": result.kind, "title": result.title,
        "x_name": result.x_name, "y_name": result.y_name, "labels": result.categories,
        **(only if len(series) == 1 else {"series": series}),
        "horizontal": result.horizontal, "confidence": result.confidence, "resolution": result.resolution,
    }  # fmt: skip


def format_number(value: float, resolution: float = 0.0) -> str:
    """Return a value with as many digits as it was read with, and without an exponent."""
    digits = 6
    if resolution > 0:
        digits = min(10, max(0, -floor(log10(resolution))))
    text = f"{round(value, digits) + 0.0:.{digits}f}"  # + 0.0: no minus before a zero
    return text.rstrip("0").rstrip(".") if "." in text else text


def _numbers(table: Table) -> list[list[str]]:
    """Return one row a category, one number a series."""
    columns = [[format_number(value, table.resolution) for value in series.values] for series in table.series]
    return [list(row) for row in zip(*columns, strict=True)]


def _rows(file: str, table: Table, several: bool) -> tuple[list[str], list[list[str]]]:
    """Return the CSV header and rows, one column a series; without axis names for several tables."""
    names = [series.name for series in table.series] if len(table.series) > 1 else ["value"]
    header = ["file", "label", *names] if several else [table.x_name or "label", *names]
    if not several and len(table.series) == 1:
        header[1] = table.y_name or "value"
    start = [show.plain(file)] * several
    return header, [[*start, label, *row] for label, row in zip(table.categories, _numbers(table), strict=True)]


def _csv(rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().rstrip("\n")


def _lines(table: Table) -> list[str]:
    lines = [table.title] if table.title else []
    if table.x_name or table.y_name:
        lines.append(f"{table.y_name or 'Value'} by {table.x_name or 'label'}.")
    names = [f"{series.name} " for series in table.series] if len(table.series) > 1 else [""]
    for label, row in zip(table.categories, _numbers(table), strict=True):
        lines.append(f"{label}: {', '.join(name + value for name, value in zip(names, row, strict=True))}")
    return lines
