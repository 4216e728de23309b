"""The figures of "Captions": what a caption's next word is made of, and scores of true and false captions."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from figure_style import BLUE, FONT, GREEN, GREY, INK, ORANGE, arrow, box, canvas, label, plot, save

sys.path.insert(0, str(Path(__file__).resolve().parent))

from captioner import scene

SCORES = {
    "False:\n“a red ball on the grass”": (5 / 6, ORANGE),
    "True, in other words:\n“A mug in the meadow, and it is red.”": (4 / 15, GREEN),
}


def draw(folder: Path) -> None:
    save(sources(), folder / "sources.png")
    save(scores(), folder / "scores.png")
    scene("red", "cup", "grass").resize((384, 384), PIL.Image.Resampling.NEAREST).save(
        folder / "cup.png", optimize=True
    )


def sources() -> Any:
    """Return a scene in pieces and the words of a caption in a row, with what the next word is made of."""
    figure, axes = canvas(8, 3.2)
    pixels = np.asarray(scene("red", "cup", "grass", 3))
    for row in range(4):
        for column in range(4):
            x, y = 0.3 + column * 0.5, 2.2 - row * 0.5
            piece = pixels[row * 24 : row * 24 + 24, column * 24 : column * 24 + 24]
            axes.imshow(piece, extent=(x, x + 0.46, y, y + 0.46), aspect="auto")
    axes.set(xlim=(0, 8), ylim=(0, 3.2))
    for number, word in enumerate(("a", "red")):
        box(axes, 3.4 + number * 0.95, 1.0, 0.85, 0.5, word, BLUE)
    box(axes, 5.3, 1.0, 0.85, 0.5, "ball", ORANGE)
    for x, y, bend in ((1.3, 2.75, 2.95), (3.82, 1.55, 2.15)):
        axes.plot((x, x, 5.72), (y, bend, bend), color=GREY, linewidth=1.6)
    arrow(axes, (5.72, 2.95), (5.72, 1.53))
    label(axes, 5.9, 2.95, "the pieces: green below", INK, 11.5, "left")
    label(axes, 5.9, 2.15, "the words so far: a red", INK, 11.5, "left")
    label(axes, 4.77, 0.6, "the next word: what was usual with both", GREY, 11.5)
    label(axes, 1.28, 0.4, "the picture, in pieces", GREY, 11.5)
    return figure


def scores() -> Any:
    """Return two bars: a false caption scores higher than a true one."""
    figure, axes = plot(8, 2.6)
    for number, (score, colour) in enumerate(SCORES.values()):
        axes.barh(-number, score, color=colour, height=0.5)
        axes.text(score + 0.015, -number, f"{score:.2f}", va="center", fontsize=13, color=INK, **FONT)
    axes.set(xlim=(0, 1), yticks=[0, -1], yticklabels=list(SCORES))
    axes.set_xlabel("ROUGE-L against “a red cup on the grass”", fontsize=11, color=INK, **FONT)
    return figure
