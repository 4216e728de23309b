"""The figure of "Long films": when the cards are shown, and which frames are taken of five minutes."""

from __future__ import annotations

from pathlib import Path

from figure_style import BLUE, GREEN, GREY, INK, ORANGE, PINK, canvas, label, save

from sensorium import Blob, Video
from sensorium.media.video import frames
from sensorium.video.scenes import choose

FILM = Path(__file__).resolve().parents[1] / "samples" / "bread.mp4"
CARDS = ((22, 26), (71, 74), (118, 122), (175, 178), (231, 235))
LEFT, RIGHT, SECONDS = 0.4, 7.7, 300


def draw(folder: Path) -> None:
    figure, axes = canvas(8, 4.2)

    def x(at: float) -> float:
        return LEFT + (RIGHT - LEFT) * at / SECONDS

    even = {count: [frame.at for frame in frames(Video(FILM), count, 320)] for count in (8, 32, 120)}
    chosen = [frame.at for frame in choose(Blob(FILM), 32, how="scenes").frames]
    rows = (
        (2.95, even[8], BLUE, "8 frames at equal distances"), (2.1, even[32], BLUE, "32 at equal distances"),
        (1.25, chosen, GREEN, "32 where something changes"), (0.4, even[120], PINK, "120, as in a chain"),
    )  # fmt: skip
    for start, end in CARDS:
        axes.axvspan(x(start), x(end), 0.06, 0.88, color=ORANGE, alpha=0.35, linewidth=0)
    label(axes, x(150), 3.95, "a card is shown", ORANGE, 13)
    for y, times, colour, words in rows:
        caught = sum(any(start <= at < end for at in times) for start, end in CARDS)
        axes.plot((x(0), x(SECONDS)), (y, y), color=GREY, linewidth=1)
        for at in times:
            axes.plot((x(at), x(at)), (y - 0.14, y + 0.14), color=colour, linewidth=2, solid_capstyle="butt")
        label(axes, LEFT, y + 0.36, f"{words}: {caught} of 5 cards", INK, 12, "left")
    for minute in range(6):
        label(axes, x(60 * minute), 0.1, f"{minute} min", GREY, 10)
    save(figure, folder / "frames.png")
