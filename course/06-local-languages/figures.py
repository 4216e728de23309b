"""The figure of "Local languages": the five steps of a spoken question, and in which language each is taken."""

from __future__ import annotations

from pathlib import Path

from figure_style import BLUE, GREEN, GREY, INK, ORANGE, arrow, box, canvas, label, save

STEPS = (("hear", GREEN), ("translate", ORANGE), ("look and answer", BLUE), ("translate", ORANGE), ("speak", GREEN))
LANGUAGES = ("sound", "Hindi", "English", "English", "Hindi", "sound")


def draw(folder: Path) -> None:
    figure, axes = canvas(10, 2.2)
    for place, (words, colour) in enumerate(STEPS):
        left = 0.85 + 1.72 * place
        box(axes, left, 0.9, 1.3, 0.75, words.replace(" and ", "\nand "), colour, 12)
        arrow(axes, (left - 0.4, 1.27), (left, 1.27))
    arrow(axes, (9.03, 1.27), (9.5, 1.27))
    for place, language in enumerate(LANGUAGES):
        label(axes, 0.64 + 1.72 * place, 0.55, language, INK if language != "sound" else GREY, 12)
    label(axes, 4.94, 1.95, "numbers, dates, codes and short quotations pass unchanged", BLUE, 12)
    save(figure, folder / "steps.png")
