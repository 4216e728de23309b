"""The figure of "Your own use case": the phrases of a sentence, and what each decides."""

from __future__ import annotations

from pathlib import Path

from figure_style import BLUE, GREEN, INK, ORANGE, PINK, arrow, box, canvas, label, save

DECISIONS = (
    ("a box before a camera", "takes: picture", BLUE), ("expiry date and lot", "gives: fields", ORANGE),
    ("hear", "language: en", GREEN), ("without a network", "privacy: local", PINK),
    ("within ten seconds", "seconds: 10", BLUE),
)  # fmt: skip


def draw(folder: Path) -> None:
    figure, axes = canvas(8, 3.5)
    for number, (phrase, decided, colour) in enumerate(DECISIONS):
        y = 2.85 - number * 0.66
        label(axes, 0.3, y + 0.23, f"“{phrase}”", INK, 14, "left")
        arrow(axes, (3.7, y + 0.23), (4.7, y + 0.23))
        box(axes, 4.9, y, 2.7, 0.48, decided, colour, 14)
    save(figure, folder / "sentence.png")
