"""The figure of "A search that can say no": how well unrelated queries match, and two others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from figure_style import BLUE, FONT, GREEN, GREY, INK, ORANGE, plot, save

COUNTS = (0, 2, 2, 3, 3, 9, 17, 32, 35, 39, 45, 29, 22, 18, 10, 10, 2, 3, 4, 0, 1, 1)
"""Of the 288 unrelated queries that come with Sensorium, by evidence from -5 on in steps of a half: the lesson's
catalogue and offline embedder, `searcher.no_match.evidence(row, pictures).total` for each row of its bank."""
FROM, STEP, LIMIT = -5.0, 0.5, 1.93
CUP, SUBMARINE = 7.95, -2.11


def draw(folder: Path) -> None:
    figure, axes = plot(8, 3.6)
    left = FROM + STEP * np.arange(len(COUNTS))
    axes.bar(left, COUNTS, width=STEP * 0.92, align="edge", color=GREY)
    axes.axvline(LIMIT, color=INK, linewidth=1.5, linestyle="--")
    axes.text(
        LIMIT + 0.15, 41, f"limit {LIMIT:.1f}: from here on\na good match", color=INK, fontsize=12, va="center", **FONT
    )
    for at, words, colour, top in (
        (SUBMARINE, "“a submarine\nunder the ice”", ORANGE, 28),
        (CUP, "“an espresso\ncup”", GREEN, 20),
    ):
        axes.plot([at, at], [0, top - 5], color=colour, linewidth=3)
        axes.text(
            at - (1.2 if at < 0 else 0),
            top - 4,
            words,
            color=colour,
            fontsize=12,
            ha="center",
            va="bottom",
            weight="bold",
            **FONT,
        )
    axes.text(2.9, 26, "288 unrelated queries", color=BLUE, fontsize=12, **FONT)
    axes.annotate("", (1.1, 23), (2.8, 27), arrowprops={"arrowstyle": "->", "color": BLUE})
    axes.set(xlim=(-5.5, 9.5), ylim=(0, 48))
    axes.set_xlabel("how well a query matches this shop (standard deviations)", fontsize=12, color=INK, **FONT)
    axes.set_ylabel("queries", fontsize=12, color=INK, **FONT)
    save(figure, folder / "unrelated.png")
