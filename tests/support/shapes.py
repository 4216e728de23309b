"""Drawings of plain shapes: what looks alike and what does not."""

from __future__ import annotations

import PIL.Image
import PIL.ImageDraw

from sensorium import Image
from sensorium.media.image import encode


def drawn(shape: str, colour: str, turn: int = 0) -> Image:
    sheet = PIL.Image.new("RGB", (160, 160), "white")
    draw = PIL.ImageDraw.Draw(sheet)
    if shape == "stripes":
        for x in range(0, 160, 20):
            draw.rectangle((x, 0, x + 9, 159), fill=colour)
    elif shape == "dots":
        for x in range(0, 160, 32):
            for y in range(0, 160, 32):
                draw.ellipse((x + 4, y + 4, x + 26, y + 26), fill=colour)
    else:
        draw.rectangle((40, 40, 120, 120), fill=colour)
    return encode(sheet.rotate(turn, fillcolor="white"))
