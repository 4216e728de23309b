"""The figure of "Several pictures in one question": which pictures the question looks at in Llama 3.2 Vision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from figure_style import BLUE, GREEN, GREY, INK, ORANGE, box, canvas, label, save
from matplotlib.patches import FancyArrowPatch

APART = (("First:", 0.85), ("", 1.0), ("Second:", 0.95), ("", 1.0), ("Third:", 0.85), ("", 1.0), ("question", 1.25))
TOGETHER = (("", 1.0), ("", 1.0), ("", 1.0), ("first, second,\nthird", 1.5), ("question", 1.25))


def draw(folder: Path) -> None:
    figure, axes = canvas(8, 4.1)
    label(axes, 0.2, 3.85, "words between the pictures: the question looks at one", INK, 12, "left")
    _row(axes, 2.55, APART, (3,))
    label(axes, 0.2, 1.8, "pictures side by side: the question looks at all three", INK, 12, "left")
    _row(axes, 0.5, TOGETHER, (1, 2, 3))
    save(figure, folder / "who-sees-what.png")


def _row(axes: Any, y: float, parts: tuple[tuple[str, float], ...], seen: tuple[int, ...]) -> None:
    x, number, middles = 0.2, 0, {}
    for words, width in parts:
        if words:
            box(axes, x, y, width, 0.6, words, GREEN if words == "question" else BLUE, 10.5)
        else:
            number += 1
            middles[number] = x + width / 2
            box(axes, x, y, width, 0.6, f"picture {number}", ORANGE if number in seen else GREY, 10.5)
        x += width + 0.07
    end = x - 0.07 - 1.25 / 2
    for each in seen:
        bend = FancyArrowPatch(
            (end, y + 0.62), (middles[each], y + 0.64), connectionstyle="arc3,rad=0.22", arrowstyle="-|>",
            mutation_scale=15, color=GREEN, linewidth=1.8,
        )  # fmt: skip
        axes.add_patch(bend)
