"""Pictures drawn here, so that what they show is known."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence

import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

from sensorium import Image

RECEIPT = (
    "CORNER BAKERY", "21 Mill Lane", "Tel 0113 496 0123", "Date 14/03/2026", "Bread    2.80", "Butter    3.15",
    "TOTAL    5.95",
)  # fmt: skip


def saved(picture: PIL.Image.Image) -> Image:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return Image(buffer.getvalue())


def page(lines: Sequence[str], size: int = 34) -> Image:
    picture = PIL.Image.new("RGB", (700, 60 + len(lines) * (size + 22)), "white")
    draw = PIL.ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        font = PIL.ImageFont.load_default(size)
        left, _, right = line.partition("    ")
        top = 30 + number * (size + 22)
        draw.text((30, top), left, fill="black", font=font)
        if right:
            draw.text((660 - draw.textlength(right, font=font), top), right, fill="black", font=font)
    return saved(picture)


def bars(labels: Sequence[str], values: Sequence[float], title: str = "") -> Image:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6.4, 4.8), dpi=100)
    axes.bar(labels, values)
    axes.set_title(title)
    axes.set_ylabel("Visitors")
    figure.tight_layout()
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    plt.close(figure)
    return Image(buffer.getvalue())


def discs(number: int, colour: str = "#c0392b", ground: str = "#e8e4da") -> Image:
    """Lay discs apart on a plain, slightly grainy ground; a single one is large."""
    rng = random.Random(number)
    picture = PIL.Image.effect_noise((640, 480), 6).convert("RGB")
    picture = PIL.Image.blend(picture, PIL.Image.new("RGB", picture.size, ground), 0.93)
    draw = PIL.ImageDraw.Draw(picture)
    for place in rng.sample(range(12), number):
        x, y = 80 + 160 * (place % 4), 80 + 160 * (place // 4)
        draw.ellipse((x - 45, y - 45, x + 45, y + 45), fill=colour)
    if number == 1:
        draw.rectangle((0, 0, *picture.size), fill=ground)
        draw.ellipse((180, 100, 460, 380), fill=colour)
    return saved(picture)
