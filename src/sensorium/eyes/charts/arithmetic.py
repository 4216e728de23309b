"""Arithmetic over a table: exact operations, each with the number, a sentence and the labels that it rests on."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sensorium.core.errors import InputError, quoted
from sensorium.eyes.charts.mentions import find_label, labels_in
from sensorium.eyes.charts.table import Table

__all__ = ["OPERATIONS", "Calculation", "calculate", "find_label", "format_value", "labels_in"]

_MIN_LABELS = {"value": 1, "difference": 2, "ratio": 2, "comparison": 2}


@dataclass(frozen=True)
class Calculation:
    """A result: its numbers (none for a division by zero), in words, and the labels it rests on, the winner first."""

    operation: str
    numbers: tuple[float, ...]
    sentence: str
    labels: tuple[str, ...]


def calculate(table: Table, operation: str, labels: Sequence[str] = (), series: str = "") -> Calculation:
    """Return the result of one of `OPERATIONS` over a series, over all of its values or those of some labels.

    Raises:
        InputError: if the operation, a label or the series is unknown, the operation needs other labels, or the
            table has several series and none is named.
    """
    if operation not in OPERATIONS:
        raise InputError(f"Charts have no operation {quoted(operation)}.", f"Try one of {', '.join(OPERATIONS)}.")
    for label in labels:
        if label not in table.categories:
            raise InputError(f"The chart has no label {quoted(label)}.", f"It has {', '.join(table.categories)}.")
    needed = _MIN_LABELS.get(operation, 0)
    if len(labels) < needed:
        what = "a label" if needed == 1 else "two labels"
        raise InputError(
            f"The operation {quoted(operation)} needs {what} of the chart, not {len(labels)}.", "Name them."
        )
    return OPERATIONS[operation](replace(table, series=(table.select(series),)), tuple(labels))


def format_value(table: Table, number: float, terms: int = 1) -> str:
    """Return a number with the digits that the reading justifies, or as it is printed at the bars.

    The errors of several terms that were added up add up too.
    """
    if table.resolution <= 0:
        return _with_commas(round(number, 6), 6)
    step = table.resolution * max(1, terms) ** 0.5
    decimals = -math.floor(math.log10(step) + 0.3)
    return _with_commas(round(number, decimals), max(0, decimals))


def _with_commas(number: float, decimals: int) -> str:
    text = f"{number + 0.0:,.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _values(table: Table, labels: tuple[str, ...], min_labels: int = 1) -> dict[str, float]:
    """Return the values of the labels; of the whole table if fewer labels than `min_labels` are named."""
    values = dict(zip(table.categories, table.values, strict=True))
    return {label: values[label] for label in labels} if len(labels) >= min_labels else values


def _list(table: Table, labels: tuple[str, ...], operation: str) -> Calculation:
    """Return the values one by one."""
    values, verb = _values(table, labels), " is at" if operation == "value" else ":"
    sentence = "; ".join(f"{label}{verb} {format_value(table, value)}" for label, value in values.items()) + "."
    return Calculation(operation, tuple(values.values()), sentence, labels or tuple(values))


def _extreme(table: Table, labels: tuple[str, ...], operation: str) -> Calculation:
    values = _values(table, labels, 2)
    pick, word = (max, "largest") if operation == "max" else (min, "smallest")
    best = pick(values.values())
    ties = tuple(label for label, value in values.items() if abs(value - best) <= 0.5 * table.resolution)
    verb, share = ("is", "") if len(ties) == 1 else ("are", "both " if len(ties) == 2 else "all ")
    sentence = f"The {word} {verb} {_join(ties)}, {share}at {format_value(table, best)}."
    return Calculation(operation, (best,), sentence, ties)


def _total(table: Table, labels: tuple[str, ...], operation: str) -> Calculation:
    """Return the sum or the mean."""
    values = _values(table, labels, 2)
    number = math.fsum(values.values())
    what = _join(tuple(values)) if len(labels) > 1 else f"all {len(values)} bars"
    if operation == "sum":
        shown = format_value(table, number, len(values))
    else:
        number /= len(values)
        exact = table.resolution <= 0
        shown = _with_commas(float(f"{number:.6g}"), 6) if exact else format_value(table, number)
    return Calculation(operation, (number,), f"The {operation} of {what} is {shown}.", tuple(values))


def _difference(table: Table, labels: tuple[str, ...]) -> Calculation:
    (a, first), (b, second) = _pair(table, labels)
    gap = abs(first - second)
    if gap <= 0.5 * table.resolution:
        return Calculation("difference", (gap,), f"{a} and {b} are level, at {format_value(table, first)}.", (a, b))
    high, low = (a, b) if first > second else (b, a)
    larger, smaller = (format_value(table, pick(first, second)) for pick in (max, min))
    sentence = f"{high} is {format_value(table, gap, 2)} above {low}: {larger} against {smaller}."
    return Calculation("difference", (gap,), sentence, (high, low))


def _ratio(table: Table, labels: tuple[str, ...]) -> Calculation:
    (a, first), (b, second) = _pair(table, labels)
    if abs(second) <= table.resolution or second == 0:
        return Calculation("ratio", (), f"{b} is at zero, so {a} can't be expressed as a multiple of it.", (a, b))
    ratio = first / second
    sentence = f"{a} is {ratio:.3g} times {b}: {format_value(table, first)} against {format_value(table, second)}."
    return Calculation("ratio", (ratio,), sentence, (a, b))


def _comparison(table: Table, labels: tuple[str, ...]) -> Calculation:
    (a, first), (b, second) = _pair(table, labels)
    shown = format_value(table, first)
    if abs(first - second) <= 0.5 * table.resolution or first == second:
        return Calculation("comparison", (first, second), f"No: {a} and {b} are level, at {shown}.", (a, b))
    yes, word = ("Yes", "larger") if first > second else ("No", "smaller")
    sentence = f"{yes}: {a} is {word} than {b}, {shown} against {format_value(table, second)}."
    return Calculation("comparison", (first, second), sentence, (a, b) if first > second else (b, a))


def _pair(table: Table, labels: tuple[str, ...]) -> tuple[tuple[str, float], tuple[str, float]]:
    values = _values(table, labels)
    a, b = labels[0], labels[1]
    return (a, values[a]), (b, values[b])


def _trend(table: Table, labels: tuple[str, ...]) -> Calculation:
    """Return Kendall's tau of the values against their order (Mann-Kendall's trend test; Kendall 1938)."""
    values = list(_values(table, labels, 3).values())
    pairs = [(i, j) for i in range(len(values)) for j in range(i + 1, len(values))]
    up = sum(values[j] - values[i] > table.resolution for i, j in pairs)
    down = sum(values[i] - values[j] > table.resolution for i, j in pairs)
    tau = (up - down) / max(1, len(pairs))
    first, last = table.categories[0], table.categories[-1]
    ends = f"from {format_value(table, values[0])} ({first}) to {format_value(table, values[-1])} ({last})"
    if tau >= 0.5:
        sentence = f"The values rise {'steadily' if down == 0 else 'overall'}, {ends}."
    elif tau <= -0.5:
        sentence = f"The values fall {'steadily' if up == 0 else 'overall'}, {ends}."
    else:
        sentence = f"The values show no clear trend: they go up and down, {ends}."
    return Calculation("trend", (tau,), sentence, (first, last))


def _count(table: Table, labels: tuple[str, ...]) -> Calculation:
    count = len(table.categories)
    return Calculation("count", (float(count),), f"There are {count} bars.", table.categories)


def _join(labels: Sequence[str]) -> str:
    return labels[0] if len(labels) == 1 else ", ".join(labels[:-1]) + " and " + labels[-1]


OPERATIONS: dict[str, Callable[[Table, tuple[str, ...]], Calculation]] = {
    "value": partial(_list, operation="value"), "table": partial(_list, operation="table"),
    "max": partial(_extreme, operation="max"), "min": partial(_extreme, operation="min"),
    "sum": partial(_total, operation="sum"), "mean": partial(_total, operation="mean"),
    "difference": _difference, "ratio": _ratio, "trend": _trend, "comparison": _comparison, "count": _count,
}  # fmt: skip
"""What `calculate` can do, by name."""
