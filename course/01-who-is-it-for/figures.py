"""The figure of "Who is it for?": what answering and staying silent cost, by how sure the model is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from figure_style import BLUE, FONT, GREY, INK, ORANGE, plot, save

WRONG, SILENT = 10, 1


def draw(folder: Path) -> None:
    figure, axes = plot(8, 3.6)
    sure = np.linspace(0.5, 1, 200)
    border = 1 - SILENT / WRONG
    axes.axvspan(border, 1, color=BLUE, alpha=0.1, linewidth=0)
    axes.plot(sure, (1 - sure) * WRONG, color=ORANGE, linewidth=3)
    axes.plot(sure, np.full_like(sure, SILENT), color=BLUE, linewidth=3)
    axes.text(0.6, 4.25, "answering", color=ORANGE, fontsize=13, weight="bold", **FONT)
    axes.text(0.52, 1.2, "staying silent", color=BLUE, fontsize=13, weight="bold", **FONT)
    axes.text(border + 0.05, 3.4, f"answer\nfrom {border:.0%}", color=INK, fontsize=13, ha="center", **FONT)
    axes.axvline(border, color=GREY, linewidth=1.2, linestyle="--")
    axes.set(xlim=(0.5, 1), ylim=(0, 5.2))
    axes.set_xlabel("how sure the model is", fontsize=12, color=INK, **FONT)
    axes.set_ylabel("cost on average", fontsize=12, color=INK, **FONT)
    axes.set_xticks([0.5, 0.6, 0.7, 0.8, 0.9, 1], ["50%", "60%", "70%", "80%", "90%", "100%"])
    save(figure, folder / "cost.png")
