"""The figure of "Contrastive examples": in what two answers' examples differ, with twenty of them and with pairs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from figure_style import BLUE, FONT, GREY, INK, ORANGE, PAPER, arrow, save
from matplotlib.figure import Figure


def draw(folder: Path) -> None:
    figure = Figure(figsize=(8, 3.9), dpi=120, facecolor=PAPER, layout="constrained")
    left, right = figure.subplots(1, 2)
    chance = np.random.default_rng(1)
    _axes(left, "twenty examples")
    closed = chance.normal((2.0, 2.9), (0.25, 0.18), (10, 2))
    opened = chance.normal((8.0, 2.1), (0.25, 0.18), (10, 2))
    _dots(left, closed, opened)
    arrow(left, (7.4, 2.18), (2.7, 2.82), INK)
    left.text(5, 3.1, "the difference\nis mostly the wall", ha="center", fontsize=11, color=INK, **FONT)
    _axes(right, "two pairs")
    _dots(right, np.array([(2.0, 2.9), (8.0, 2.9)]), np.array([(2.0, 2.1), (8.0, 2.1)]))
    for x in (2.0, 8.0):
        arrow(right, (x, 2.2), (x, 2.8), INK)
    right.text(5, 2.42, "the difference\nis the cap", ha="center", fontsize=11, color=INK, **FONT)
    save(figure, folder / "cancel.png")


def _axes(axes: Any, title: str) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.set(xlim=(0, 10), ylim=(1.4, 3.9))
    axes.set_xticks([2, 8], ["blue wall", "brown wall"], fontsize=11)
    axes.set_yticks([2.1, 2.9], ["no cap", "cap"], fontsize=11)
    axes.tick_params(colors=INK)
    axes.set_title(title, fontsize=13, color=INK, **FONT)


def _dots(axes: Any, closed: Any, opened: Any) -> None:
    axes.scatter(closed[:, 0], closed[:, 1], s=70, color=BLUE, marker="o", label="closed", edgecolors=GREY)
    axes.scatter(opened[:, 0], opened[:, 1], s=80, color=ORANGE, marker="s", label="open", edgecolors=GREY)
    axes.legend(frameon=False, fontsize=11, loc="lower center", ncols=2)
