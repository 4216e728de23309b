"""The figures of "The needle in the haystack": two heat maps, and one needle in two kinds of hay."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
from figure_style import FONT, INK, PAPER, save
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
LENGTHS, DEPTHS = {"1 min": 60, "10 min": 600, "1 hour": 3600}, ("0%", "25%", "50%", "75%", "100%")
SECONDS, FRAMES = 3, 32
TILE = (220, 150)


def draw(folder: Path) -> None:
    _maps(folder / "maps.png")
    _hay(folder / "hay.png")


def _maps(path: Path) -> None:
    figure = Figure(figsize=(8, 3.4), dpi=120, facecolor=PAPER, layout="constrained")
    FigureCanvasAgg(figure)
    for axes, title, frames in zip(
        figure.subplots(1, 2), ("looking at each second", "32 frames of each film"), (None, FRAMES), strict=True
    ):
        row = [1.0 if frames is None else min(1.0, SECONDS * frames / length) for length in LENGTHS.values()]
        values = np.tile(row, (len(DEPTHS), 1))
        axes.imshow(values, cmap="viridis", vmin=0, vmax=1, aspect="auto")
        for (down, across), value in np.ndenumerate(values):
            ink = "white" if value < 0.55 else "black"
            axes.text(across, down, f"{value:.0%}", ha="center", va="center", color=ink, fontsize=12, **FONT)
        axes.set_title(title, fontsize=13, color=INK, **FONT)
        axes.set_xticks(range(len(LENGTHS)), list(LENGTHS), fontsize=11, color=INK)
        axes.set_yticks(range(len(DEPTHS)), DEPTHS, fontsize=11, color=INK)
        axes.set_ylabel("depth of the needle", fontsize=11, color=INK, **FONT)
    save(figure, path)


def _hay(path: Path) -> None:
    page = PIL.Image.new("RGB", (4 * TILE[0] + 50, 2 * TILE[1] + 30), PAPER)
    rows = (("cat", 17, "rocket", "coins"), (71, 11, 17, 41))
    for down, row in enumerate(rows):
        for across, what in enumerate(row):
            at = (10 + across * (TILE[0] + 10), 10 + down * (TILE[1] + 10))
            page.paste(_tile(what), at)
            if what == 17:
                PIL.ImageDraw.Draw(page).rectangle((*at, at[0] + TILE[0], at[1] + TILE[1]), outline="#c8680b", width=6)
    page.quantize(128, dither=PIL.Image.Dither.NONE).save(path, optimize=True)


def _tile(what: str | int) -> PIL.Image.Image:
    """Return a photo, or the cup with a tag."""
    name = "coffee" if isinstance(what, int) else what
    photo = PIL.Image.open(SAMPLES / f"{name}.jpg").convert("RGB")
    scale = max(TILE[0] / photo.width, TILE[1] / photo.height)
    large = photo.resize((round(photo.width * scale), round(photo.height * scale)))
    left, top = (large.width - TILE[0]) // 2, (large.height - TILE[1]) // 2
    tile = large.crop((left, top, left + TILE[0], top + TILE[1]))
    if isinstance(what, int):
        draw = PIL.ImageDraw.Draw(tile)
        draw.rectangle((12, 12, 112, 46), fill="white")
        draw.text((20, 14), f"TAG {what}", font=PIL.ImageFont.load_default(26), fill="black")
    return tile
