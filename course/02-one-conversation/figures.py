"""The figures of "One conversation": everything becomes one row of tokens, and what each kind of part costs."""

from __future__ import annotations

from pathlib import Path

from figure_style import BLUE, FONT, GREEN, GREY, INK, ORANGE, PINK, arrow, box, canvas, label, plot, save

COSTS = (("a question of ten words", 13, BLUE), ("a page of text", 700, BLUE), ("a picture", 1090, ORANGE),
         ("a minute of speech", 32 * 60, GREEN), ("a minute of film", 109 * 60, PINK))  # fmt: skip
"""Tokens of Gemini 3.8 Flash at its default resolution: 32 a second of sound, 70 + 7 + 32 a second of film."""


def draw(folder: Path) -> None:
    _row(folder / "tokens.png")
    _costs(folder / "costs.png")


def _row(path: Path) -> None:
    figure, axes = canvas(8, 2.9)
    parts = (("text", "“Before:”", BLUE, 2), ("image", "photo", ORANGE, 4), ("text", "“After:”", BLUE, 2),
             ("image", "photo", ORANGE, 4), ("text", "“What has\nchanged?”", BLUE, 3))  # fmt: skip
    x = 0.2
    for kind, words, colour, tokens in parts:
        width = 0.42 * tokens + 0.12
        box(axes, x, 1.75, width, 0.85, words, colour, 11)
        label(axes, x + width / 2, 1.5, kind, GREY, 10)
        for number in range(tokens):
            box(axes, x + 0.06 + 0.42 * number, 0.55, 0.36, 0.36, "", colour)
        arrow(axes, (x + width / 2, 1.35), (x + width / 2, 1.0), colour)
        x += width + 0.16
    label(axes, 0.2, 0.25, "one row of tokens, read from left to right", INK, 12, "left")
    arrow(axes, (4.4, 0.25), (7.7, 0.25))
    save(figure, path)


def _costs(path: Path) -> None:
    figure, axes = plot(8, 3)
    names = [name for name, _, _ in COSTS][::-1]
    values = [tokens for _, tokens, _ in COSTS][::-1]
    axes.barh(names, values, color=[colour for _, _, colour in COSTS][::-1], height=0.6)
    for place, tokens in enumerate(values):
        axes.text(tokens * 1.1, place, f"{tokens:,}", va="center", fontsize=12, color=INK, **FONT)
    axes.set_xscale("log")
    axes.set(xlim=(5, 30000))
    axes.set_xlabel("tokens (each step to the right: ten times as many)", fontsize=12, color=INK, **FONT)
    save(figure, path)
