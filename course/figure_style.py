"""How the course's figures look: one set of colours that colour-blind people tell apart, large words, no frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

INK, GREY, PAPER = "#1c2330", "#5d6675", "#ffffff"
BLUE, ORANGE, GREEN, PINK = "#2f6db3", "#c8680b", "#1d7f5f", "#a8477f"
"""After Okabe and Ito's palette for colour-blind readers, darkened so that white words on them can be read."""
FONT = {"family": "DejaVu Sans"}


def canvas(width: float = 8, height: float = 3) -> tuple[Figure, Any]:
    """Return a figure of width by height inches and axes without a frame, as wide and high as the figure in inches."""
    figure = Figure(figsize=(width, height), dpi=120, facecolor=PAPER)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.axis("off")
    return figure, axes


def plot(width: float = 8, height: float = 3.6) -> tuple[Figure, Any]:
    """Return a figure and axes to plot on."""
    figure = Figure(figsize=(width, height), dpi=120, facecolor=PAPER, layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK, labelsize=11)
    return figure, axes


def box(
    axes: Any, x: float, y: float, width: float, height: float, text: str, colour: str = BLUE, size: float = 12
) -> None:
    """Draw a filled box with words in its middle; x and y are its left lower corner."""
    axes.add_patch(
        FancyBboxPatch(
            (x, y), width, height, boxstyle="round,pad=0,rounding_size=0.1", facecolor=colour, edgecolor="none"
        )
    )
    axes.text(x + width / 2, y + height / 2, text, color="white", ha="center", va="center", fontsize=size, **FONT)


def arrow(axes: Any, start: tuple[float, float], end: tuple[float, float], colour: str = GREY) -> None:
    """Draw an arrow."""
    axes.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=16, color=colour, linewidth=1.6))


def label(axes: Any, x: float, y: float, text: str, colour: str = INK, size: float = 12, align: str = "center") -> None:
    """Write words."""
    axes.text(x, y, text, color=colour, ha=align, va="center", fontsize=size, **FONT)


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG of at most 64 colours."""
    drawn = FigureCanvasAgg(figure)
    drawn.draw()
    picture = PIL.Image.fromarray(np.asarray(drawn.buffer_rgba())).convert("RGB")
    picture.quantize(64, dither=PIL.Image.Dither.NONE).save(path, optimize=True)
