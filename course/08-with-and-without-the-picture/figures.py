"""The figure of "With and without the picture": two models on pairs, with its picture, without one, with the other."""

from __future__ import annotations

from pathlib import Path

from figure_style import BLUE, FONT, INK, ORANGE, plot, save

SCORES = {"the starter": (1.0, 0.46, 0.0), "without eyes": (0.5, 0.5, 0.5)}
"""Of 48 questions; the lesson prints them."""
CONDITIONS = ("its picture", "question alone", "the pair's other picture")


def draw(folder: Path) -> None:
    figure, axes = plot(8, 3.6)
    for place, (name, scores), colour in zip((-0.2, 0.2), SCORES.items(), (BLUE, ORANGE), strict=True):
        at = [number + place for number in range(3)]
        axes.bar(at, scores, width=0.36, color=colour, label=name)
        for x, value in zip(at, scores, strict=True):
            axes.text(x, value + 0.03, f"{value:.2f}", ha="center", fontsize=13, color=INK, **FONT)
    axes.set(ylim=(0, 1.15), xlim=(-0.5, 2.5))
    axes.set_xticks(range(3), CONDITIONS, fontsize=12)
    axes.set_ylabel("share right", fontsize=12, color=INK, **FONT)
    axes.legend(frameon=False, fontsize=12, loc="upper right")
    save(figure, folder / "pairs.png")
