"""What was wrong with a filter, in words that name the column and show what it holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import accumulate

from sensorium.core.errors import InputError, quoted

_UNKNOWN = re.compile(r"No field named \"?([^\".]+?)\"?\.(?: |$)")
_KINDS = re.compile(r"Received literal (\w+)\((.*?)\) and could not convert to literal of type '(\w+)")
_HINT = "Write it as in SQL: price < 40 and category = 'shoes'"
_WORDS = {
    "Utf8": "text", "Int64": "numbers", "Float64": "numbers", "Boolean": "true or false",
    "Timestamp": "times", "Date32": "dates",
}  # fmt: skip


def check_filter(where: str | None) -> None:
    """Raise InputError if a filter is more than one condition: after a ";" or in a comment LanceDB would drop it, and
    a parenthesis that closes nothing would end the one around the filter."""
    if where is None:
        return
    bare = re.sub(r"'[^']*'|`[^`]*`|\"[^\"]*\"", "", where)
    for mark in (";", "--", "/*"):
        if mark in bare:
            raise InputError(
                f"The filter {quoted(where)} has a {mark!r} outside of quotes.", "Join conditions with AND or OR."
            )
    depths = list(accumulate({"(": 1, ")": -1}.get(character, 0) for character in bare))
    if depths and (min(depths) < 0 or depths[-1] != 0):
        raise InputError(f"The parentheses of the filter {quoted(where)} don't match.", _HINT)


def explained(where: str, error: Exception, columns: Mapping[str, str], sample: Callable[[str], object]) -> InputError:
    """Return the error of a filter.

    Args:
        where: The filter.
        error: LanceDB's.
        columns: The catalogue's, name -> type.
        sample: Returns a value of a column.
    """
    text = " ".join(str(error).split())
    if unknown := _UNKNOWN.search(text):
        names = ", ".join([*columns, "path", "size", "modified"])
        return InputError(
            f"The filter {quoted(where)} names {quoted(unknown[1])}; the columns are {names[:300]}.", _HINT
        )
    if kinds := _KINDS.search(text):
        return _of_kinds(where, kinds[2], _WORDS.get(kinds[3], kinds[3]), columns, sample)
    if "does not return a boolean" in text:
        return InputError(f"The filter {quoted(where)} is neither true nor false for a row.", _HINT)
    reason = re.sub(r".*\((?:sql parser error: )(.*?)\)?$", r"\1", text)
    reason = re.sub(r",? ?/\S+\.rs:\d+.*", "", reason)
    return InputError(f"The filter {quoted(where)} can't be used: {reason[:160].rstrip('.)')}.", _HINT)


def _of_kinds(
    where: str, value: str, holds: str, columns: Mapping[str, str], sample: Callable[[str], object]
) -> InputError:
    """Return the error of a column that is compared with a value of another kind."""
    value = value.strip('"')
    lowered = where.lower()
    suspects = [
        name for name, kind in columns.items()
        if re.search(rf"(?<!\w){re.escape(name.lower())}(?!\w)", lowered) and _holds(kind) == holds
    ]  # fmt: skip
    # the one that stands nearest to the value
    at = lowered.find(value.lower())
    column = min(suspects, key=lambda name: abs(lowered.find(name.lower()) - at), default=None)
    if column is None:
        return InputError(f"The filter {quoted(where)} compares {quoted(value)} with {holds}.", _HINT)
    shown = sample(column)
    return InputError(
        f"The filter {quoted(where)} compares {quoted(value)} with {quoted(column)}, which holds {holds}"
        f"{f', such as {quoted(shown)}' if shown is not None else ''}.",
        "Put texts between single quotes, numbers not."
        if holds != "text" or shown is None or not re.search(r"\d", str(shown))
        else "Write plain numbers into the catalogue, such as 12.50, and index it again.",
    )


def _holds(kind: str) -> str:
    if kind in ("int64", "double"):
        return "numbers"
    return {"string": "text", "bool": "true or false", "timestamp[us]": "times", "date32[day]": "dates"}.get(kind, kind)
