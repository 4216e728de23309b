"""The drawing of risk against coverage: how often a row is wrong, the more questions it answers, the surest first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from sensorium.evaluation.choosing.amounts import percent
from sensorium.evaluation.choosing.selective import RiskPoint, SelectiveRisk
from sensorium.evaluation.statistics import Interval, wilson_interval

WIDTH, HEIGHT = 320, 216
"""In the drawing's own units, about a pixel each."""
MIN_ANSWERS = 5
"""The line begins there: the share of fewer answers jumps."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 18, 14, 46
_MAX_POINTS = 120


def risk_plot(selective: SelectiveRisk, name: str, id_: str, top: float, goal: float) -> dict[str, Any]:
    """Return the coordinates of a drawing, and its words.

    Args:
        selective: What a row's confidences are worth; with points.
        name: The row's.
        id_: Different from that of any other drawing on the page.
        top: The risk at the upper edge, the same for all rows.
        goal: The risk that is drawn as a line.
    """
    points = drawn_points(selective)
    ranges = [_range(point) for point in points]
    safe = selective.within(goal)
    upper = [f"{_x(point):.1f} {_y(own.high, top):.1f}" for point, own in zip(points, ranges, strict=True)]
    lower = [f"{_x(point):.1f} {_y(own.low, top):.1f}" for point, own in zip(points, ranges, strict=True)]
    line = [f"{_x(point):.1f} {_y(point.risk, top):.1f}" for point in points]
    return {
        "id": id_, "name": name, "width": WIDTH, "height": HEIGHT,
        "left": _LEFT, "right": WIDTH - _RIGHT, "top": _TOP, "bottom": HEIGHT - _BOTTOM,
        "band": f"M{'L'.join(upper)}L{'L'.join(reversed(lower))}Z", "line": f"M{'L'.join(line)}",
        "end": (round(_x(points[-1]), 1), round(_y(points[-1].risk, top), 1)),
        "safe": None if safe is None else (round(_x(safe), 1), round(_y(safe.risk, top), 1)),
        "goal": round(_y(goal, top), 1),
        "x_ticks": [(_LEFT + share * (WIDTH - _LEFT - _RIGHT), f"{100 * share:.0f} %") for share in (0, 0.5, 1)],
        "y_ticks": [(round(_y(risk, top), 1), f"{100 * risk:.0f} %") for risk in (0, top / 2, top)],
        "words": risk_words(selective, goal),
    }  # fmt: skip


def top_risk(rows: Sequence[SelectiveRisk]) -> float:
    """Return the upper edge of the drawings of several rows: a multiple of 20 % above their intervals."""
    highs = [_range(point).high for row in rows for point in drawn_points(row)]
    return min(1.0, max(0.2, math.ceil(5 * max(highs, default=0.2) - 1e-9) / 5))


def risk_words(selective: SelectiveRisk, goal: float) -> str:
    """Return what a drawing shows, from few answers to all."""
    parts = []
    for share in (0.1, 0.25, 0.5, 0.75):
        point = selective.at(share * selective.coverage)
        if point is not None and MIN_ANSWERS <= point.answers < selective.answered:
            parts.append(f"answering {percent(point.coverage)} of the questions, {percent(point.risk)} wrong")
    last = selective.points[-1]
    parts.append(f"answering all that it can, {percent(last.coverage)}, {percent(last.risk)} wrong")
    safe = selective.within(goal)
    surely = f"surely at most {percent(goal)} wrong"
    parts.append(f"{surely} up to {percent(safe.coverage)}" if safe else f"nowhere {surely}")
    words = "; ".join(dict.fromkeys(parts))
    return f"{words[0].upper()}{words[1:]}."


def drawn_points(selective: SelectiveRisk) -> tuple[RiskPoint, ...]:
    """Return the points that are drawn: without the first answers, and at most so many; the last one always."""
    kept = [point for point in selective.points if point.answers >= MIN_ANSWERS] or list(selective.points[-1:])
    step = math.ceil(len(kept) / _MAX_POINTS)
    return tuple(reversed(kept[::-1][::step])) if kept else ()


def _range(point: RiskPoint) -> Interval:
    return wilson_interval(round(point.risk * point.answers), point.answers)


def _x(point: RiskPoint) -> float:
    return _LEFT + point.coverage * (WIDTH - _LEFT - _RIGHT)


def _y(risk: float, top: float) -> float:
    return HEIGHT - _BOTTOM - min(1.0, risk / top) * (HEIGHT - _BOTTOM - _TOP)
