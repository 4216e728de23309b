"""What the eyes saw, printed: lines of text, tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict
from math import floor, log10
from typing import TYPE_CHECKING, Any, Literal

from sensorium.cli import output as show
from sensorium.core.errors import quoted

if TYPE_CHECKING:
    from sensorium.eyes.charts import Refusal, Table
    from sensorium.eyes.ocr.read import Line

Form = Literal["text", "csv", "json"]


def print_lines(file: str, lines: Sequence[Line], quiet: bool) -> None:
    """Print what was read surely; on standard error how much was not."""
    from sensorium.eyes.ocr.read import SURE, text

    said = text(lines)
    if said:
        show.result(said)
    if quiet:
        return
    doubtful = sum(line.score < SURE for line in lines)
    if doubtful:
        show.aside(f"{doubtful} {'line' if doubtful == 1 else 'lines'} could not be read surely; --json gives them.")
    elif not said:
        show.aside(f"There is no text in {quoted(file)} that can be read.")


def lines_as_json(file: str, lines: Sequence[Line]) -> dict[str, Any]:
    """Return the file and each of its lines, the doubtful ones too."""
    from sensorium.eyes.ocr.read import text

    return {
        "file": show.plain(file),
        "text": text(lines),
        "lines": [
            {"text": ln.text, "score": round(ln.score, 4), "script": ln.script, "box": [round(s, 1) for s in ln.box]}
            for ln in lines
        ],
    }


def print_chart(file: str, found: Table | Refusal, form: Form, first: bool, several: bool, quiet: bool) -> None:
    """Print a table, or why there is none; as CSV the header stands before the `first` file's rows only."""
    from sensorium.eyes.charts import Refusal

    if form == "json":
        return show.as_json(chart_as_json(file, found))
    if form == "csv":
        if isinstance(found, Refusal):
            return show.aside(f"{quoted(file)}: {found.reason}")
        return show.result(_csv(file, found, first, several).rstrip("\n"))
    if several:
        show.result(f"{quoted(file)}:")
    if isinstance(found, Refusal):
        return show.result(found.reason)
    for line in _sentences(found):
        show.result(line)
    if not quiet:
        show.aside(f"The whole table is right with a probability of {found.confidence:.2f}.")
    return None


def chart_as_json(file: str, found: Table | Refusal) -> dict[str, Any]:
    """Return the file and the table's fields by name, or the refusal's."""
    from sensorium.eyes.charts import Refusal

    fields = asdict(found)
    if not isinstance(found, Refusal):
        fields["boxes"] = [[round(side, 1) for side in box] for box in found.boxes]
    return {"file": show.plain(file), "refused": isinstance(found, Refusal), **fields}


def number(value: float, resolution: float = 0.0) -> str:
    """Write a value with as many digits as it was read with, and without an exponent."""
    digits = 6
    if resolution > 0:
        digits = min(10, max(0, -floor(log10(resolution))))
    written = f"{round(value, digits) + 0.0:.{digits}f}"  # + 0.0: no minus before a zero
    return written.rstrip("0").rstrip(".") if "." in written else written


def _csv(file: str, table: Table, first: bool, several: bool) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if first:
        own = [table.x_name or "label", table.y_name or "value"]
        writer.writerow(["file", "label", "value"] if several else own)  # several tables share no axis names
    for label, value in zip(table.labels, table.values, strict=True):
        writer.writerow([show.plain(file)] * several + [label, number(value, table.resolution)])
    return out.getvalue()


def _sentences(table: Table) -> list[str]:
    lines = [table.title] if table.title else []
    if table.x_name or table.y_name:
        lines.append(f"{table.y_name or 'Value'} by {table.x_name or 'label'}.")
    rows = zip(table.labels, table.values, strict=True)
    return lines + [f"{label}: {number(value, table.resolution)}" for label, value in rows]
