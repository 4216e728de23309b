"""The figure of "Short films": two clips of the same frames, one bag for both, and an arrow that tells."""

from __future__ import annotations

from pathlib import Path

import PIL.Image
from figure_style import BLUE, GREY, INK, ORANGE, arrow, box, canvas, label, save

from sensorium import Video
from sensorium.media.video import frames_at

FILM = Path(__file__).resolve().parents[1] / "samples" / "moves.mp4"
TIMES = (0.1, 0.75, 1.1, 1.9)


def draw(folder: Path) -> None:
    figure, axes = canvas(8, 3.4)
    frames = [PIL.Image.fromarray(frame.pixels).crop((70, 8, 232, 170)) for frame in frames_at(Video(FILM), TIMES)]
    for y, row, words, colour, up in (
        (1.95, frames, "stands up", BLUE, True), (0.35, frames[::-1], "sits down", ORANGE, False)
    ):  # fmt: skip
        for place, frame in enumerate(row):
            left = 0.15 + 1.02 * place
            axes.imshow(frame, extent=(left, left + 0.96, y, y + 0.96), aspect="auto", zorder=2)
        label(axes, 0.15, y + 1.15, words, colour, 13, "left")
        arrow(axes, (1.3, y + 1.15), (4.1, y + 1.15), GREY)
        arrow(axes, (4.3, y + 0.48), (4.8, y + 0.48), GREY)
        box(axes, 4.9, y + 0.13, 1.2, 0.7, "the same\nbag", GREY, 12)
        label(axes, 6.4, y + 0.48, "+", INK, 16)
        ends = (y + 0.05, y + 0.95) if up else (y + 0.95, y + 0.05)
        arrow(axes, (6.85, ends[0]), (6.85, ends[1]), colour)
        label(axes, 7.05, y + 0.48, "late\nminus\nearly", colour, 11, "left")
    axes.set(xlim=(0, 8), ylim=(0, 3.4))
    save(figure, folder / "bag.png")
