"""Rows of CSV files as spreadsheets write them: commas, semicolons or tabs between the cells."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator
from pathlib import Path

from sensorium.core.errors import InputError, quoted

_DELIMITERS = (",", ";", "\t")
_HINT = "Put cells that hold separators or line breaks between double quotes."


def csv_rows(text: str, file: Path, known: Collection[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row with its line number.

    Args:
        text: The file's text. A first line such as `sep=;`, as Excel writes it, names what is between the cells.
        file: Its name, for messages.
        known: Names of columns: the cells are separated by what gives the header the most of them.

    Raises:
        InputError: if the file is empty, a row has more cells than it, a name comes twice, quotes don't match, or the
            file ends in the middle of a row.
    """
    skipped, named = 0, ""
    if text[:4].lower() == "sep=" and text[4:5] in _DELIMITERS:
        first, _, text = text.partition("\n")
        skipped, named = 1, first[4]
    if not text.strip():
        raise InputError(f"{quoted(file)} is empty.", "Its first row holds the names of the columns.")
    delimiter, header = _header(text, file, known, named)
    spaced = any(name.startswith(" ") for name in header)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter, skipinitialspace=spaced)
    names = [name.strip() for name in header]
    for name in names:
        if names.count(name) > 1 and name:
            raise InputError(f"{quoted(file)} has two columns {quoted(name)}.", "Rename one of them.")
    number, lines = skipped, len(text.splitlines())
    try:
        next(reader)
        number = reader.line_num + skipped
        for cells in reader:
            number = reader.line_num + skipped
            if len(cells) > len(names):
                raise InputError(f"Row {number} of {quoted(file)} has more cells than the {len(names)} columns.", _HINT)
            if len(cells) < len(names) and reader.line_num == lines and not text.endswith(("\n", "\r")):
                message = f"{quoted(file)} ends in row {number}, after {len(cells)} of {len(names)} cells."
                raise InputError(
                    message, "Export or copy the file again; if it is whole, end its last row with a line break."
                )
            if cells:
                yield number, dict(zip(names, [*cells, *[""] * (len(names) - len(cells))], strict=True))
    except csv.Error as error:
        raise InputError(f"Row {number + 1} of {quoted(file)} isn't CSV: {error}.", _HINT) from None


def _header(text: str, file: Path, known: Collection[str], named: str) -> tuple[str, list[str]]:
    """Return what separates the cells, and the header's names."""

    def names(delimiter: str) -> list[str]:
        spaced = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
        plain = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        first, exact = next(spaced, []), next(plain, [])
        return [f" {name}" if raw.startswith(" ") else name for name, raw in zip(first, exact, strict=False)]

    try:
        headers = {delimiter: names(delimiter) for delimiter in ([named] if named else _DELIMITERS)}
    except csv.Error as error:
        raise InputError(f"Row 1 of {quoted(file)} isn't CSV: {error}.", _HINT) from None
    best = max(headers, key=lambda d: (sum(name.strip() in known for name in headers[d]), len(headers[d])))
    return best, headers[best]
