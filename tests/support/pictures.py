"""Pictures with text, drawn here."""

from __future__ import annotations

import io
from functools import cache

import PIL.Image
import PIL.ImageDraw
import PIL.ImageFilter
import PIL.ImageFont


@cache
def sign(*lines: str, size: tuple[int, int] = (900, 600), top: int = 180, blur: float = 0.0) -> bytes:
    """Draw lines of text on a light card on a brown ground, as PNG."""
    picture = PIL.Image.new("RGB", size, (112, 84, 58))
    draw = PIL.ImageDraw.Draw(picture)
    draw.rectangle((60, 50, size[0] - 60, size[1] - 50), fill=(226, 222, 210))
    font = PIL.ImageFont.truetype("DejaVuSans.ttf", 60)
    for number, line in enumerate(lines):
        draw.text((110, top + 90 * number), line, font=font, fill=(25, 25, 30))
    if blur:
        picture = picture.filter(PIL.ImageFilter.GaussianBlur(blur))
    return png(picture)


def receipt() -> bytes:
    return sign("GREEN DOOR GROCERY", "Oat bread 3.20", "Milk 11.05", "TOTAL 14.25", top=120)


def danger() -> bytes:
    return sign("DANGER", "High voltage", "Room 12")


def blurred() -> bytes:
    return sign("PLATFORM 7", blur=14)


@cache
def plain() -> bytes:
    return png(PIL.Image.new("RGB", (64, 48), (30, 120, 60)))


def png(picture: PIL.Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
