"""The figure of "Zero, one and a few examples": what examples do for names that a model knows and for invented ones."""

from __future__ import annotations

from pathlib import Path

from figure_style import BLUE, FONT, GREEN, GREY, INK, ORANGE, plot, save

KNOWN = (("no example", 0.31, GREY), ("4 examples", 1.0, BLUE), ("4, answers shuffled", 1.0, ORANGE))
INVENTED = (
    ("starter, 5 examples", 0.0, BLUE),
    ("prototypes, 5 examples", 0.75, GREEN),
    ("prototypes, answers shuffled", 0.19, ORANGE),
)
"""Of 16 questions; the lesson prints them."""


def draw(folder: Path) -> None:
    figure, axes = plot(8, 3.9)
    rows = [
        *((5.6 - number, *row) for number, row in enumerate(KNOWN)),
        *((2 - n, *row) for n, row in enumerate(INVENTED)),
    ]
    for y, _, value, colour in rows:
        axes.barh(y, value, height=0.66, color=colour)
        axes.text(value + 0.015, y, f"{value:.2f}", va="center", fontsize=12, color=INK, **FONT)
    axes.set_yticks([row[0] for row in rows], [row[1] for row in rows], fontsize=11)
    axes.text(0, 6.25, "names that the starter knows", fontsize=12, weight="bold", color=INK, **FONT)
    axes.text(0, 2.65, "invented names", fontsize=12, weight="bold", color=INK, **FONT)
    axes.set(xlim=(0, 1.12), ylim=(-0.5, 6.8))
    axes.set_xlabel("share right", fontsize=12, color=INK, **FONT)
    save(figure, folder / "two-things.png")
