"""Arithmetic over a table: exact operations, each with the number, a sentence and the labels that it rests on."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sensorium.core.errors import InputError
from sensorium.eyes.charts.mentions import find_label, labels_in
from sensorium.eyes.charts.table import Table

__all__ = ["OPERATIONS", "Result", "calculate", "find_label", "labels_in", "said"]


@dataclass(frozen=True)
class Result:
    """What an operation gave.

    Args:
        operation: "value", "max" …
        numbers: The number or numbers; empty where there is none (a division by zero).
        sentence: The answer in words.
        labels: The labels it rests on; the winner first.
    """

    operation: str
    numbers: tuple[float, ...]
    sentence: str
    labels: tuple[str, ...]


def calculate(table: Table, operation: str, labels: Sequence[str] = ()) -> Result:
    """Do one of `OPERATIONS` over a table, over all of it or over the given labels.

    Raises:
        InputError: where the operation or a label is unknown, or the operation needs other labels.
    """
    if operation not in OPERATIONS:
        raise InputError(f"There is no operation {operation!r} over a chart.", f"Try one of {', '.join(OPERATIONS)}.")
    for label in labels:
        if label not in table.labels:
            raise InputError(f"The chart has no label {label!r}.", f"It has {', '.join(table.labels)}.")
    return OPERATIONS[operation](table, tuple(labels))


def said(table: Table, number: float, parts: int = 1) -> str:
    """Say a number with the digits that the reading justifies, or as it stood written on the bars.

    Args:
        table: Where it comes from; `table.resolution` is the worth of a pixel.
        number: The number.
        parts: How many readings were added up into it; their errors add up too.
    """
    if table.resolution <= 0:
        return _grouped(round(number, 6), 6)
    step = table.resolution * max(1, parts) ** 0.5
    decimals = -math.floor(math.log10(step) + 0.3)
    return _grouped(round(number, decimals), max(0, decimals))


def _grouped(number: float, decimals: int) -> str:
    shown = f"{number + 0.0:,.{decimals}f}"
    shown = shown.rstrip("0").rstrip(".") if "." in shown else shown
    return "0" if shown == "-0" else shown


def _values(table: Table, labels: tuple[str, ...]) -> dict[str, float]:
    every = dict(zip(table.labels, table.values, strict=True))
    return {label: every[label] for label in labels} if labels else every


def _need(labels: tuple[str, ...], least: int, operation: str) -> None:
    if len(labels) < least:
        what = "a label" if least == 1 else "two labels"
        raise InputError(f"The operation {operation!r} needs {what} of the chart, not {len(labels)}.", "Name them.")


def _value(table: Table, labels: tuple[str, ...]) -> Result:
    _need(labels, 1, "value")
    found = _values(table, labels)
    sentence = "; ".join(f"{label} is at {said(table, number)}" for label, number in found.items()) + "."
    return Result("value", tuple(found.values()), sentence, labels)


def _extreme(table: Table, labels: tuple[str, ...], operation: str) -> Result:
    found = _values(table, labels if len(labels) > 1 else ())
    pick, word = (max, "largest") if operation == "max" else (min, "smallest")
    best = pick(found.values())
    ties = tuple(label for label, number in found.items() if abs(number - best) <= 0.5 * table.resolution)
    if len(ties) == 1:
        sentence = f"The {word} is {ties[0]}, at {said(table, best)}."
    else:
        sentence = f"The {word} are {_listed(ties)}, both at {said(table, best)}." if len(ties) == 2 else (
            f"The {word} are {_listed(ties)}, all at {said(table, best)}.")  # fmt: skip
    return Result(operation, (best,), sentence, ties)


def _max(table: Table, labels: tuple[str, ...]) -> Result:
    return _extreme(table, labels, "max")


def _min(table: Table, labels: tuple[str, ...]) -> Result:
    return _extreme(table, labels, "min")


def _sum(table: Table, labels: tuple[str, ...]) -> Result:
    found = _values(table, labels if len(labels) > 1 else ())
    total = math.fsum(found.values())
    what = _listed(tuple(found)) if len(labels) > 1 else f"all {len(found)} bars"
    return Result("sum", (total,), f"The sum of {what} is {said(table, total, len(found))}.", tuple(found))


def _mean(table: Table, labels: tuple[str, ...]) -> Result:
    found = _values(table, labels if len(labels) > 1 else ())
    mean = math.fsum(found.values()) / len(found)
    what = _listed(tuple(found)) if len(labels) > 1 else f"all {len(found)} bars"
    shown = said(table, mean) if table.resolution > 0 else _grouped(float(f"{mean:.6g}"), 6)
    return Result("mean", (mean,), f"The mean of {what} is {shown}.", tuple(found))


def _difference(table: Table, labels: tuple[str, ...]) -> Result:
    _need(labels, 2, "difference")
    (a, first), (b, second) = _pair(table, labels)
    gap = abs(first - second)
    if gap <= 0.5 * table.resolution:
        return Result("difference", (gap,), f"{a} and {b} are level, at {said(table, first)}.", (a, b))
    high, low = (a, b) if first > second else (b, a)
    sentence = (
        f"{high} is {said(table, gap, 2)} above {low}: {said(table, max(first, second))} "
        f"against {said(table, min(first, second))}."
    )
    return Result("difference", (gap,), sentence, (high, low))


def _ratio(table: Table, labels: tuple[str, ...]) -> Result:
    _need(labels, 2, "ratio")
    (a, first), (b, second) = _pair(table, labels)
    if abs(second) <= table.resolution or second == 0:
        return Result("ratio", (), f"{b} is at zero, so {a} is no multiple of it.", (a, b))
    ratio = first / second
    sentence = f"{a} is {ratio:.3g} times {b}: {said(table, first)} against {said(table, second)}."
    return Result("ratio", (ratio,), sentence, (a, b))


def _comparison(table: Table, labels: tuple[str, ...]) -> Result:
    _need(labels, 2, "comparison")
    (a, first), (b, second) = _pair(table, labels)
    if abs(first - second) <= 0.5 * table.resolution or first == second:
        return Result("comparison", (first, second), f"No: {a} and {b} are level, at {said(table, first)}.", (a, b))
    yes = first > second
    sentence = (
        f"{'Yes' if yes else 'No'}: {a} is {'larger' if yes else 'smaller'} than {b}, "
        f"{said(table, first)} against {said(table, second)}."
    )
    return Result("comparison", (first, second), sentence, (a, b) if yes else (b, a))


def _pair(table: Table, labels: tuple[str, ...]) -> tuple[tuple[str, float], tuple[str, float]]:
    found = _values(table, labels)
    a, b = labels[0], labels[1]
    return (a, found[a]), (b, found[b])


def _trend(table: Table, labels: tuple[str, ...]) -> Result:
    """Say which way the values run: Mann-Kendall's count of rising and falling pairs (Kendall 1938)."""
    values = list(_values(table, labels if len(labels) > 2 else ()).values())
    pairs = [(i, j) for i in range(len(values)) for j in range(i + 1, len(values))]
    up = sum(values[j] - values[i] > table.resolution for i, j in pairs)
    down = sum(values[i] - values[j] > table.resolution for i, j in pairs)
    tau = (up - down) / max(1, len(pairs))
    first, last = table.labels[0], table.labels[-1]
    ends = f"from {said(table, values[0])} ({first}) to {said(table, values[-1])} ({last})"
    if tau >= 0.5:
        sentence = f"The values rise {'steadily' if down == 0 else 'overall'}, {ends}."
    elif tau <= -0.5:
        sentence = f"The values fall {'steadily' if up == 0 else 'overall'}, {ends}."
    else:
        sentence = f"There is no clear trend: the values go up and down, {ends}."
    return Result("trend", (tau,), sentence, (first, last))


def _count(table: Table, labels: tuple[str, ...]) -> Result:
    return Result("count", (float(len(table.labels)),), f"There are {len(table.labels)} bars.", table.labels)


def _table(table: Table, labels: tuple[str, ...]) -> Result:
    found = _values(table, labels)
    sentence = "; ".join(f"{label}: {said(table, number)}" for label, number in found.items()) + "."
    return Result("table", tuple(found.values()), sentence, tuple(found))


def _listed(labels: Sequence[str]) -> str:
    return labels[0] if len(labels) == 1 else ", ".join(labels[:-1]) + " and " + labels[-1]


OPERATIONS: dict[str, Callable[[Table, tuple[str, ...]], Result]] = {
    "value": _value, "max": _max, "min": _min, "sum": _sum, "mean": _mean, "difference": _difference, "ratio": _ratio,
    "trend": _trend, "comparison": _comparison, "count": _count, "table": _table,
}  # fmt: skip
"""What `calculate` can do, by name."""
