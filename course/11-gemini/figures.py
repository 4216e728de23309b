"""The figure of "Gemini with pictures and films": which frames are taken of twelve seconds, and what lies between."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from figure_style import BLUE, GREEN, GREY, INK, ORANGE, canvas, label, save

PASSES = (6.12, 6.44)
LEFT, RIGHT = 0.5, 7.7


def draw(folder: Path) -> None:
    figure, axes = canvas(8, 3.5)

    def x(at: float) -> float:
        return LEFT + (RIGHT - LEFT) * at / 12

    axes.axvspan(x(PASSES[0]), x(PASSES[1]), 0.1, 0.84, color=ORANGE, alpha=0.3, linewidth=0)
    label(axes, x(6.28), 3.15, "the lorry is there", ORANGE, 13)
    rows = (
        (2.2, np.arange(0, 12, 1.0), BLUE, "the whole film, 1 frame a second", "924 tokens"),
        (0.95, np.arange(5, 8, 0.25), GREEN, "from 5 to 8 seconds, 4 a second", "861 tokens"),
    )
    for y, times, colour, words, tokens in rows:
        axes.plot((x(0), x(12)), (y, y), color=GREY, linewidth=1.2)
        for at in times:
            axes.plot((x(at), x(at)), (y - 0.2, y + 0.2), color=colour, linewidth=4, solid_capstyle="butt")
        label(axes, LEFT, y + 0.45, words, INK, 12, "left")
        label(axes, x(7), y + 0.45, tokens, colour, 13, "left")
    for second in range(0, 13, 2):
        label(axes, x(second), 0.42, f"{second} s", GREY, 11)
    save(figure, folder / "frames.png")
