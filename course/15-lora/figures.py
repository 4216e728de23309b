"""The figure of "LoRA and QLoRA": a frozen square matrix, and the product of two thin ones beside it."""

from __future__ import annotations

from pathlib import Path

from figure_style import BLUE, GREY, INK, ORANGE, box, canvas, label, save


def draw(folder: Path) -> None:
    figure, axes = canvas(8.4, 3.4)
    box(axes, 0.4, 0.7, 2.2, 2.2, "W\n4,096 × 4,096\nfrozen", GREY, 13)
    label(axes, 3.05, 1.8, "+", INK, 26)
    box(axes, 3.5, 0.7, 0.42, 2.2, "B", ORANGE, 14)
    label(axes, 4.3, 1.8, "×", INK, 22)
    box(axes, 4.65, 2.48, 2.2, 0.42, "A", BLUE, 14)
    label(axes, 5.75, 2.08, "16 rows, 4,096 columns", BLUE, 11)
    label(axes, 4.65, 1.0, "16 columns,\n4,096 rows", ORANGE, 11, "left")
    label(axes, 1.5, 0.32, "16,777,216 numbers", INK, 12)
    label(axes, 4.9, 0.32, "131,072 numbers, learnt", INK, 12)
    label(axes, 7.6, 1.8, "128 times\nfewer", INK, 14)
    save(figure, folder / "update.png")
