"""The Pareto pictures: coordinates of accuracy against money or time, on a logarithmic axis, intervals drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sensorium.evaluation.choosing.amounts import percent, percent_interval
from sensorium.evaluation.choosing.pareto import ON_FRONT
from sensorium.evaluation.choosing.report.labels import LabelBox, place_labels, short_names, shortened
from sensorium.evaluation.statistics import Interval

_LEFT, _RIGHT, _TOP, _BOTTOM = 50, 14, 14, 52
_FREE = 58  # the width of the column of what costs nothing, which no logarithm has
_SIZE = 13  # of the letters
_DIGIT, _MOST_LETTERS = 7.5, 30
_SHRINK, _PAD = 0.86, 1.7  # the axis begins and ends this factor beyond the outermost marks


@dataclass(frozen=True)
class PlotMark:
    """A row in a drawing.

    Args:
        number: Its number in the table.
        name: Its name.
        cost: Money or seconds; None leaves it out, 0 stands beside the axis.
        accuracy: With its interval.
        place: Where it stands on the front.
        high: To where a thin line goes on the axis of cost (the p95), or None.
        private: Whether it stays on the machine: a circle, else a square.
        taken: Whether it is the recommended row.
        control: Whether it is a control, which models must beat: a diamond.
    """

    number: int
    name: str
    cost: float | None
    accuracy: Interval
    place: str
    high: float | None = None
    private: bool = False
    taken: bool = False
    control: bool = False

    @property
    def on_front(self) -> bool:
        """Whether it stands on the front."""
        return self.place == ON_FRONT and not self.control


@dataclass(frozen=True)
class PlotAxis:
    """The axis of cost: what it is called, how an amount is written, and the user's limit on it."""

    title: str
    words: Callable[[float], str]
    limit: float | None = None
    least_accuracy: float | None = None


def pareto_plot(marks: Sequence[PlotMark], axis: PlotAxis, name: str, width: int, height: int) -> dict[str, Any]:
    """Return the coordinates of a drawing, and its words.

    Args:
        marks: The rows.
        axis: The axis of cost.
        name: Different from that of any other drawing on the page.
        width, height: In the drawing's own units, about a pixel each.
    """
    drawn = sorted(
        (mark for mark in marks if mark.cost is not None), key=lambda m: (not m.taken, not m.on_front, m.number)
    )
    scale = _Scale(drawn, axis, width, height)
    dots = [(scale.x(mark.cost or 0.0), scale.y(mark.accuracy.mean)) for mark in drawn]
    whiskers = [(scale.y(mark.accuracy.low), scale.y(mark.accuracy.high)) for mark in drawn]
    tails = [scale.x(mark.high) if mark.high and mark.cost and mark.high > mark.cost else None for mark in drawn]
    blocked = [LabelBox(x - 3, high, x + 3, low) for (x, _), (low, high) in zip(dots, whiskers, strict=True)]
    blocked += [LabelBox(x, y - 2, end, y + 2) for (x, y), end in zip(dots, tails, strict=True) if end is not None]
    most = min(_MOST_LETTERS, int(width / (2.1 * _DIGIT)))
    short = short_names([mark.name for mark in drawn])
    texts = [
        (shortened(text, most), shortened(text, most // 2), str(mark.number))
        for text, mark in zip(short, drawn, strict=True)
    ]
    bounds = LabelBox(_LEFT + 2, _TOP, width - 2, height - _BOTTOM - 2)
    labels = place_labels(dots, texts, blocked, bounds, _SIZE)
    rows: list[dict[str, Any]] = [
        {"mark": mark, "x": round(x, 1), "y": round(y, 1), "low": round(low, 1), "high": round(high, 1), "label": label,
         "tail": None if tail is None else round(tail, 1)}
        for mark, (x, y), (low, high), tail, label in zip(drawn, dots, whiskers, tails, labels, strict=True)
    ]  # fmt: skip
    front = sorted(
        (dot for mark, dot in zip(drawn, dots, strict=True) if mark.on_front), key=lambda dot: (dot[0], -dot[1])
    )
    return {
        "id": name, "width": width, "height": height, "size": _SIZE,
        "left": _LEFT, "right": width - _RIGHT, "top": _TOP, "bottom": height - _BOTTOM,
        "rows": rows, "front": _steps(front, width - _RIGHT), "title": axis.title,
        "x_ticks": scale.x_ticks(), "y_ticks": scale.y_ticks(), "free": scale.free,
        "limit": scale.limit(), "least": scale.least(), "words": plot_words(marks, axis),
        "numbered": any(row["label"].text == str(row["mark"].number) for row in rows),
        "left_out": [mark.name for mark in marks if mark.cost is None],
    }  # fmt: skip


def plot_words(marks: Sequence[PlotMark], axis: PlotAxis) -> str:
    """Return what a drawing shows, row by row, the cheapest first."""
    ordered = sorted(marks, key=lambda mark: (math.inf if mark.cost is None else mark.cost, -mark.accuracy.mean))
    parts = []
    for mark in ordered:
        cost = "unknown" if mark.cost is None else axis.words(mark.cost)
        if mark.high is not None:
            cost += f" (p95 {axis.words(mark.high)})"
        notes = [mark.place] * (not mark.control) + ["recommended"] * mark.taken
        parts.append(
            f"{mark.name}: {cost}, accuracy {percent_interval(mark.accuracy)}{''.join(f', {n}' for n in notes)}"
        )
    return f"{'; '.join(parts)}."


class _Scale:
    """Where amounts lie in a drawing."""

    def __init__(self, marks: Sequence[PlotMark], axis: PlotAxis, width: int, height: int) -> None:
        self._axis, self._bottom, self._right = axis, height - _BOTTOM, width - _RIGHT
        amounts = [amount for mark in marks for amount in (mark.cost, mark.high) if amount]
        self.free = _LEFT + _FREE if any(mark.cost == 0 for mark in marks) else None
        self._begin = (self.free or _LEFT) + (8 if self.free else 0)
        self._low = math.log10(min(amounts, default=0.1) / _PAD)
        self._high = math.log10(max(amounts, default=1.0) * _PAD)
        lows, highs = [mark.accuracy.low for mark in marks], [mark.accuracy.high for mark in marks]
        bottom = math.floor(10 * (min(lows, default=0.0) - 0.02)) / 10
        top = math.ceil(10 * (max(highs, default=1.0) + 0.02)) / 10
        self._top_share = min(1.0, max(top, bottom + 0.3))
        self._low_share = max(0.0, min(bottom, self._top_share - 0.3))

    def x(self, amount: float) -> float:
        """Return where an amount lies; 0 lies in the column before the axis."""
        if amount <= 0:
            return _LEFT + _FREE / 2
        share = (math.log10(amount) - self._low) / (self._high - self._low)
        return self._begin + min(1.0, max(0.0, share)) * (self._right - self._begin)

    def y(self, share: float) -> float:
        """Return where an accuracy lies."""
        part = (share - self._low_share) / (self._top_share - self._low_share)
        return self._bottom - part * (self._bottom - _TOP)

    def x_ticks(self) -> list[tuple[float, str]]:
        """Return where amounts stand on the axis, as many as have room."""
        for steps in ((1, 2, 5), (1, 3), (1,)):
            powers = range(math.floor(self._low), math.ceil(self._high) + 1)
            amounts = [step * 10.0**power for power in powers for step in steps]
            ticks = [(self.x(a), tick_words(a, self._axis)) for a in amounts if self._low < math.log10(a) < self._high]
            if all(b[0] - a[0] > _DIGIT * (len(a[1]) + len(b[1])) / 2 + 8 for a, b in pairwise(ticks)):
                break
        while len(ticks) > 6:
            ticks = ticks[::2]
        return [(round(x, 1), words) for x, words in ticks]

    def y_ticks(self) -> list[tuple[float, str]]:
        """Return where accuracies stand on the axis: every 10 %, or every 20 %."""
        step = 1 if self._top_share - self._low_share < 0.65 else 2
        tenths = range(round(10 * self._low_share), round(10 * self._top_share) + 1, step)
        return [(round(self.y(tenth / 10), 1), f"{10 * tenth} %") for tenth in tenths]

    def limit(self) -> float | None:
        """Return where the user's limit of cost lies, if it is in the picture."""
        limit = self._axis.limit
        return round(self.x(limit), 1) if limit and self._low < math.log10(limit) < self._high else None

    def least(self) -> float | None:
        """Return where the user's smallest accuracy lies, if it is in the picture."""
        least = self._axis.least_accuracy
        return round(self.y(least), 1) if least is not None and self._low_share < least < self._top_share else None


def tick_words(amount: float, axis: PlotAxis) -> str:
    """Return an amount on an axis without zeros that tell nothing: "$0.5", "2 s"."""
    number = f"{amount:,.0f}" if amount >= 1 else f"{amount:.6f}".rstrip("0")
    return f"${number}" if axis.words(1.0).startswith("$") else f"{number} s"


def limit_words(axis: PlotAxis) -> str:
    """Return the user's limits in a drawing, in words; "" without any."""
    parts = [f"at most {axis.words(axis.limit)}"] if axis.limit is not None else []
    parts += [f"at least {percent(axis.least_accuracy)}"] if axis.least_accuracy is not None else []
    return " and ".join(parts)


def _steps(front: Sequence[tuple[float, float]], right: float) -> str:
    """Return the path along the front: what the money up to here buys."""
    if not front:
        return ""
    path = f"M{front[0][0]:.1f} {front[0][1]:.1f}"
    for x, y in front[1:]:
        path += f"H{x:.1f}V{y:.1f}"
    return f"{path}H{right:.1f}"
