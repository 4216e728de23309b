"""The figures of "Visual questions": a row in and a list out, and what a threshold on the confidence keeps back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from figure_style import BLUE, FONT, GREEN, GREY, INK, ORANGE, arrow, box, canvas, label, plot, save
from matplotlib.patches import Circle, Rectangle

SCORES = (("red", 0.99), ("green", 0.01), ("blue", 0.06), ("yellow", 0.01), ("circle", 0.02), ("cross", 0.01),
          ("triangle", 0.01))  # fmt: skip
LINES = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.96, 0.97, 0.98, 0.99)
KNOWN = (100, 100, 100, 100, 99, 98, 98, 92, 89, 88, 81, 48)
UNKNOWN = (95, 92, 88, 80, 72, 62, 55, 45, 42, 40, 27, 15)
"""Percent of the lesson's 120 known questions and of its 60 unknown ones whose confidence reaches a line; one run."""


def draw(folder: Path) -> None:
    _row(folder / "list.png")
    _threshold(folder / "threshold.png")


def _row(path: Path) -> None:
    figure, axes = canvas(8, 4.2)
    for number, word in enumerate(("What", "colour", "is", "it?")):
        box(axes, 0.2 + 0.78 * number, 2.95, 0.72, 0.5, word, BLUE, 11)
    label(axes, 1.72, 3.72, "the words", BLUE, 12)
    _patches(axes, 0.95, 0.85, 1.55)
    label(axes, 1.72, 0.55, "the picture, in nine patches", ORANGE, 12)
    arrow(axes, (3.3, 3.1), (3.85, 2.6))
    arrow(axes, (2.7, 1.65), (3.85, 1.95))
    box(axes, 3.9, 1.7, 1.3, 1.2, "one\ntransformer", GREEN, 12)
    arrow(axes, (5.25, 2.3), (5.75, 2.3))
    for number, (name, score) in enumerate(SCORES):
        y = 3.75 - 0.38 * number
        label(axes, 6.6, y, name, INK, 12, "right")
        axes.add_patch(Rectangle((6.7, y - 0.12), max(0.02, 1.0 * score), 0.24, color=GREEN))
    for number, (name, width) in enumerate((("purple", 0.56), ("can't tell", 0.78))):
        y = 0.8 - 0.38 * number
        label(axes, 6.6, y, name, GREY, 12, "right")
        axes.plot([6.62 - width, 6.62], [y - 0.08, y + 0.08], color=GREY, linewidth=1.4)
    label(axes, 6.75, 0.61, "not in the list", GREY, 11, "left")
    save(figure, path)


def _patches(axes: Any, left: float, low: float, side: float) -> None:
    axes.add_patch(Rectangle((left, low), side, side, facecolor="#f0eee8", edgecolor="none"))
    axes.add_patch(Circle((left + side / 2, low + side / 2), 0.3 * side, color="#d62828"))
    for number in range(4):
        at = number * side / 3
        axes.plot([left + at, left + at], [low, low + side], color=ORANGE, linewidth=1.6)
        axes.plot([left, left + side], [low + at, low + at], color=ORANGE, linewidth=1.6)


def _threshold(path: Path) -> None:
    figure, axes = plot(8, 3.6)
    for values, colour, marker, words, at in (
        (KNOWN, GREEN, "o", "known pieces: answered, and right", (0.62, 108)),
        (UNKNOWN, ORANGE, "s", "unknown colours: answered, and wrong", (0.5, 60)),
    ):
        axes.plot(LINES, values, color=colour, marker=marker, linewidth=2)
        axes.text(*at, words, color=colour, fontsize=13, **FONT)
    axes.set(xlim=(0.48, 1.0), ylim=(0, 118), yticks=(0, 25, 50, 75, 100))
    axes.set_xlabel("threshold on the confidence", fontsize=12, color=INK, **FONT)
    axes.set_ylabel("percent answered", fontsize=12, color=INK, **FONT)
    save(figure, path)
