"""The figure of "Before and after": 110 questions about old skills, by who was right before and after a training."""

from __future__ import annotations

from pathlib import Path

from figure_style import BLUE, GREY, INK, ORANGE, box, canvas, label, save

OUTCOMES = (("both right", 92, "#aeb6c2", ""), ("both wrong", 1, GREY, ""), ("newly right", 1, BLUE, "+"),
            ("newly wrong", 16, ORANGE, "−"))  # fmt: skip
"""Of one training of 36 steps on corners alone."""
COLUMNS = 22


def draw(folder: Path) -> None:
    figure, axes = canvas(8.4, 3.2)
    number = 0
    for _, count, colour, sign in OUTCOMES:
        for _ in range(count):
            x, y = 0.3 + number % COLUMNS * 0.355, 2.65 - number // COLUMNS * 0.42
            box(axes, x, y, 0.29, 0.36, sign, colour, 13)
            number += 1
    label(axes, 4.2, 0.62, "grey: both models right (92) or both wrong (1). They say nothing of the change.", INK, 12)
    label(axes, 4.2, 0.24, "+ newly right: 1          − newly wrong: 16", INK, 14)
    save(figure, folder / "pairs.png")
