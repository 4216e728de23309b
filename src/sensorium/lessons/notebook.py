"""A lesson's text as cells and as a notebook: jupytext's py:percent, one text for both."""

from __future__ import annotations

import json
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

from sensorium.core.errors import InputError, quoted
from sensorium.core.files import read_text
from sensorium.core.weights import importing

PLACEHOLDER = "..."


@dataclass(frozen=True)
class Cell:
    """A cell of a lesson.

    Args:
        kind: "code" or "markdown".
        source: Its text.
        line: The line of the lesson's file on which the source begins; 0 in a notebook.
        exercise: Of the cell that a learner fills in: the exercise's name; else "".
    """

    kind: str
    source: str
    line: int = 0
    exercise: str = ""

    @property
    def is_code(self) -> bool:
        return self.kind == "code"


def read_cells(path: Path) -> tuple[Cell, ...]:
    """Return the cells of a lesson, of a .py file in the percent format or of an .ipynb notebook.

    Raises:
        InputError: if the file isn't one of these.
        InstallError: if jupytext isn't installed.
    """
    with importing("course", "jupytext"):
        import jupytext
    text = read_text(path)
    if path.suffix not in (".py", ".ipynb"):
        raise InputError(f"A lesson is a .py or .ipynb file, not {quoted(str(path))}.", "Give lesson.py.")
    try:
        with warnings.catch_warnings(action="ignore"):  # an old format is said below
            cells = jupytext.reads(text, fmt="ipynb" if path.suffix == ".ipynb" else "py:percent").cells
    except Exception as error:  # nbformat raises many
        why = "it has no cells" if isinstance(error, AttributeError) else quoted(error)
        raise InputError(
            f"{quoted(str(path))} can't be read as a lesson: {why}.",
            "Save it again in Jupyter; or rename it, and get a new copy: sensorium lesson open LESSON",
        ) from None
    found, line = [], 1
    for cell in cells:
        if cell.cell_type not in ("code", "markdown"):
            continue
        begins = 0
        if path.suffix == ".py":
            begins = line = _line_of(text, cell.source, line, cell.cell_type == "markdown")
        found.append(Cell(cell.cell_type, cell.source, begins, str(cell.metadata.get("exercise", ""))))
    return tuple(found)


def _line_of(text: str, source: str, after: int, is_markdown: bool) -> int:
    """Return the line on which a cell's source begins, at or after the line `after`."""
    wanted = source.split("\n")
    if is_markdown:
        wanted = [f"# {row}".rstrip() for row in wanted]
    rows = text.split("\n")
    for number in range(after - 1, len(rows) - len(wanted) + 1):
        if [row.rstrip() for row in rows[number : number + len(wanted)]] == [row.rstrip() for row in wanted]:
            return number + 1
    return after


def with_answers(cells: tuple[Cell, ...], answers: dict[str, str]) -> tuple[Cell, ...]:
    """Return the cells with those of the named exercises replaced."""
    return tuple(
        Cell(cell.kind, answers[cell.exercise], cell.line, cell.exercise) if cell.exercise in answers else cell
        for cell in cells
    )


def to_notebook(path: Path) -> str:
    """Return a lesson's .py text as the JSON of a Jupyter notebook; the same text always gives the same JSON."""
    with importing("course", "jupytext"):
        import jupytext
    notebook = jupytext.reads(read_text(path), fmt="py:percent")
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return json.dumps(json.loads(jupytext.writes(notebook, fmt="ipynb")), indent=1, ensure_ascii=False) + "\n"


def title_of(cells: tuple[Cell, ...]) -> str:
    """Return the first heading of a lesson, or ""."""
    for cell in cells:
        if not cell.is_code and (found := re.match(r"#\s+(.+)", cell.source)):
            return found[1].strip()
    return ""
