"""A contact sheet: the best frame of each moment, with its time and what was found marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

from sensorium.core.errors import InputError
from sensorium.core.messages import Image
from sensorium.core.reply import Box
from sensorium.media.image import Pixels, encode

MAX_CELLS = 48
_WIDTH, _COLUMNS, _GAP, _LINES = 360, 4, 10, 44
_GROUND, _INK, _FAINT, _MARK = (24, 24, 27), (250, 250, 250), (190, 190, 198), (255, 196, 0)


@dataclass(frozen=True, eq=False)
class SheetCell:
    """One picture of a sheet.

    Args:
        pixels: (height, width, 3) uint8 RGB.
        title: The line under it.
        detail: A second line, fainter.
        box: What is marked, in pixels, or None.
    """

    pixels: Pixels
    title: str
    detail: str = ""
    box: Box | None = None


def clock(seconds: float) -> str:
    """Return a time as h:mm:ss.mmm, without hours if it is under one.

    Example:
        >>> clock(3723.5), clock(4.0417)
        ('1:02:03.500', '0:04.042')
    """
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    hours, minutes = divmod(minutes, 60)
    second = f"{rest // 1000:02}.{rest % 1000:03}"
    return f"{hours}:{minutes:02}:{second}" if hours else f"{minutes}:{second}"


def sheet(cells: Sequence[SheetCell], title: str) -> Image:
    """Return a JPEG of pictures in rows of four, at most `MAX_CELLS` of them, under a title.

    Raises:
        InputError: if there is nothing to show.
    """
    if not cells:
        raise InputError("A sheet needs a moment to show.", "Lower the threshold, or look for something else.")
    shown = list(cells[:MAX_CELLS])
    columns = min(_COLUMNS, len(shown))
    pictures = [_fitted(cell) for cell in shown]
    rows = [pictures[start : start + columns] for start in range(0, len(shown), columns)]
    heights = [max(picture.height for picture in row) + _LINES for row in rows]
    width = columns * _WIDTH + (columns + 1) * _GAP
    page = PIL.Image.new("RGB", (width, _LINES + sum(heights) + _GAP * len(rows)), _GROUND)
    draw = PIL.ImageDraw.Draw(page)
    left = len(cells) - len(shown)
    heading = title if not left else f"{title} ({left} more not shown)"
    _text(draw, (_GAP, 12), heading, 20, _INK, width - 2 * _GAP)
    top = _LINES
    for row, height in zip(rows, heights, strict=True):
        for column, picture in enumerate(row):
            cell = shown[columns * rows.index(row) + column]
            x = _GAP + column * (_WIDTH + _GAP)
            page.paste(picture, (x, top))
            _text(draw, (x, top + picture.height + 3), cell.title, 18, _INK, _WIDTH)
            _text(draw, (x, top + picture.height + 24), cell.detail, 13, _FAINT, _WIDTH)
        top += height + _GAP
    return encode(page, "jpeg", 88)


def _fitted(cell: SheetCell) -> PIL.Image.Image:
    picture = PIL.Image.fromarray(cell.pixels)
    scale = _WIDTH / picture.width
    height = max(1, min(2 * _WIDTH, round(picture.height * scale)))
    picture = picture.resize((_WIDTH, height), PIL.Image.Resampling.LANCZOS)
    if cell.box is not None:
        sides = (scale, height / cell.pixels.shape[0])
        box = [edge * sides[index % 2] for index, edge in enumerate(cell.box)]
        draw = PIL.ImageDraw.Draw(picture)
        draw.rectangle([box[0], box[1], box[2] - 1, box[3] - 1], outline=(0, 0, 0), width=5)
        draw.rectangle([box[0] + 1, box[1] + 1, box[2] - 2, box[3] - 2], outline=_MARK, width=3)
    return picture


def _text(
    draw: PIL.ImageDraw.ImageDraw, at: tuple[float, float], text: str, size: int, ink: tuple[int, int, int], room: int
) -> None:
    """Write a line, shortened to fit the room."""
    font = PIL.ImageFont.load_default(size)
    if draw.textlength(text, font) > room:
        while text and draw.textlength(f"{text}…", font) > room:
            text = text[:-1]
        text = f"{text}…"
    draw.text(at, text, fill=ink, font=font)
