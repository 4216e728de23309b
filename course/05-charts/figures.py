"""The figures of "Charts": a water company's letter, the same with a zero, two more charts, and a bar as a ruler."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from figure_style import BLUE, FONT, GREEN, GREY, INK, ORANGE, plot, save

PRICES = {"2023": 96.4, "2024": 97.1, "2025": 98.0, "2026": 99.2}
WEIGHTS = {"Cat": 4, "Dog": 30, "Horse": 500, "Elephant": 5000}
SALES = {"Tea": 32, "Coffee": 21, "Cocoa": 17}
COLOURS = ("#b23a2e", "#3f8a4d", "#2f6db3")


def draw(folder: Path) -> None:
    save(bars(PRICES, "Price of water", "Cents", bottom=96, top=99.7), folder / "letter.png")
    save(bars(PRICES, "Price of water", "Cents", bottom=0), folder / "with-zero.png")
    save(bars(WEIGHTS, "Weights", "Kilograms", log=True), folder / "weights.png")
    save(bars(SALES, "Sold in May", "Cups", colours=COLOURS), folder / "cups.png")
    save(ruler(), folder / "ruler.png")


def bars(
    values: dict[str, float], title: str, name: str, bottom: float | None = None, top: float | None = None,
    log: bool = False, colours: Any = BLUE,
) -> Any:  # fmt: skip
    """Return a plain bar chart, as letters and slides have them."""
    figure, axes = plot(6, 3.8)
    axes.bar(list(values), list(values.values()), color=colours, width=0.6)
    axes.set_title(title, fontsize=14, color=INK, **FONT)
    axes.set_ylabel(name, fontsize=12, color=INK, **FONT)
    if log:
        axes.set_yscale("log")
    if bottom is not None:
        axes.set_ylim(bottom, top)
    return figure


def ruler() -> Any:
    """Return one bar beside an axis, with the two ticks and the end that are measured, and what they give."""
    figure, axes = plot(8, 3.6)
    axes.bar([0], [99.2], color=BLUE, width=0.5)
    axes.set(xlim=(-0.6, 2.8), ylim=(95.7, 100), xticks=[0], yticks=range(96, 101))
    axes.set_xticklabels(["2026"])
    axes.set_ylabel("Cents", fontsize=12, color=INK, **FONT)
    for value, words, gap in ((96, "96 stands at row 421", 0.1), (99, "99 stands at row 106", -0.32)):
        axes.axhline(value, color=GREEN, linestyle="--", linewidth=1.4)
        axes.text(0.55, value + gap, words, color=GREEN, fontsize=13, **FONT)
    axes.axhline(99.2, xmin=0.1, color=ORANGE, linewidth=1.6)
    axes.text(0.55, 99.32, "the bar ends at row 85", color=ORANGE, fontsize=13, **FONT)
    axes.annotate("", (0.4, 96.02), (0.4, 98.98), arrowprops={"arrowstyle": "<->", "color": GREY, "linewidth": 1.4})
    axes.text(
        0.55, 97.5, "315 rows for 3 cents,\nso 336 rows for 3.2 cents", color=INK, fontsize=13, va="center", **FONT
    )
    return figure
