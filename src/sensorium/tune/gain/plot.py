"""Scores with their intervals as an SVG drawing inside a page, told in words for who can't see it."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from sensorium.evaluation.metrics import Interval
from sensorium.tune.gain.found import TUNED, UNTOUCHED

WIDE, LEFT, RIGHT = 400, 12, 388
"""In the drawing's own units; on a page it is as wide as there is room, so that words stay readable on a phone."""
_TOP, _ROW, _TITLE = 0, 46, 42
_LETTERS = 44
"""The most of a title: it is one line, and the whole one stands in the drawing's description."""
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Group:
    """Scores that belong together.

    Args:
        title: What stands above them.
        rows: Names with their scores.
    """

    title: str
    rows: tuple[tuple[str, Interval], ...]


def drawing(groups: Sequence[Group], name: str) -> str:
    """Draw a mark at each mean and a line from the interval's low to its high end, on one scale from 0 to 1.

    Sides are told apart by their words and by the shape of their marks; colours are the page's own.

    Args:
        groups: What is drawn, from top to bottom.
        name: Unlike that of any other drawing on the page.
    """
    parts: list[str] = []
    y = _TOP
    for group in groups:
        y += _TITLE
        parts.append(_text(LEFT, y - 16, _short(group.title), "bold"))
        for label, score in group.rows:
            y += _ROW
            parts += _row(label, score, y - 12)
    grid = [
        f'<line x1="{_x(tick):.1f}" x2="{_x(tick):.1f}" y1="{_TOP}" y2="{y}" stroke="currentColor" '
        'stroke-opacity=".25"/>' + _text(_x(tick), y + 18, f"{tick:g}", anchor="middle")
        for tick in _TICKS
    ]
    told = " ".join(
        f"{group.title}: {'; '.join(f'{label} {score}' for label, score in group.rows)}." for group in groups
    )
    return (
        f'<svg viewBox="0 0 {WIDE} {y + 26}" role="img" aria-labelledby="{name}-title {name}-told">'
        f'<title id="{name}-title">Scores with 95 % intervals, from 0 to 1</title>'
        f'<desc id="{name}-told">{html.escape(told)}</desc>'
        f'<g font-size="14" fill="currentColor" font-family="inherit">{"".join(grid)}{"".join(parts)}</g></svg>'
    )


def _row(label: str, score: Interval, y: float) -> list[str]:
    low, high, mean = _x(score.low), _x(score.high), _x(score.mean)
    stroke = 'stroke="currentColor" stroke-width="2"'
    return [
        _text(LEFT, y - 12, label),
        _text(RIGHT, y - 12, str(score), anchor="end"),
        f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y}" y2="{y}" {stroke}/>',
        *(f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{y - 5}" y2="{y + 5}" {stroke}/>' for at in (low, high)),
        _mark(label, mean, y),
    ]


def _mark(label: str, x: float, y: float) -> str:
    """Draw a ring for the untouched model, a square for the tuned one, a triangle for examples in the prompt."""
    if label == UNTOUCHED:
        return f'<circle cx="{x:.1f}" cy="{y}" r="5.5" fill="Canvas" stroke="currentColor" stroke-width="2"/>'
    if label == TUNED:
        return f'<rect x="{x - 6:.1f}" y="{y - 6}" width="12" height="12"/>'
    return f'<path d="M{x:.1f} {y - 7}l7 13h-14z"/>'


def _text(x: float, y: float, words: str, weight: str = "normal", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}" font-weight="{weight}">{html.escape(words)}</text>'


def _short(title: str) -> str:
    return title if len(title) <= _LETTERS else f"{title[: _LETTERS - 1]}…"


def _x(value: float) -> float:
    return LEFT + (RIGHT - LEFT) * min(1.0, max(0.0, value))
