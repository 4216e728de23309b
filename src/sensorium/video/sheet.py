"""A contact sheet: the best frame of each moment, with its time, its words, and what was found marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

from sensorium.core.errors import InputError
from sensorium.core.messages import Image
from sensorium.core.reply import Box
from sensorium.media.image import Pixels, encode

MAX_CELLS = 48
Font = PIL.ImageFont.FreeTypeFont | PIL.ImageFont.ImageFont
WIDTH, GAP = 360, 10
"""Of a picture, and between two, in pixels."""
GROUND, INK, FAINT = (24, 24, 27), (250, 250, 250), (190, 190, 198)
Ink = tuple[int, int, int]
_COLUMNS, _LINES, _LINE, _MOST_LINES = 4, 44, 17, 3
_MARK = (255, 196, 0)
# Tried in this order, by their files' names, for what Pillow's own font lacks: é as well as Hindi.
_FONTS = (
    "DejaVuSans.ttf", "NotoSans-Regular.ttf", "NotoSansDevanagari-Regular.ttf", "NotoSansBengali-Regular.ttf",
    "NotoSansTamil-Regular.ttf", "NotoSansTelugu-Regular.ttf", "NotoNaskhArabic-Regular.ttf", "NotoSansCJK-Regular.ttc",
    "Nirmala.ttf", "segoeui.ttf", "msyh.ttc", "Arial Unicode.ttf", "PingFang.ttc",
)  # fmt: skip


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


def clock(seconds: float, digits: int = 3) -> str:
    """Return a time as h:mm:ss with so many digits of the second, without hours if it is under one.

    Example:
        >>> clock(3723.5), clock(4.0417), clock(83.46, 1)
        ('1:02:03.500', '0:04.042', '1:23.5')
    """
    unit = 10**digits
    minutes, rest = divmod(round(seconds * unit), 60 * unit)
    hours, minutes = divmod(minutes, 60)
    second = f"{rest // unit:02}.{rest % unit:0{digits}}"
    return f"{hours}:{minutes:02}:{second}" if hours else f"{minutes}:{second}"


def sheet(cells: Sequence[SheetCell], title: str) -> Image:
    """Return a JPEG of pictures in rows of four, at most `MAX_CELLS` of them, under a title.

    Raises:
        InputError: if there is nothing to show.
    """
    pictures = grid(cells)
    page = PIL.Image.new("RGB", (pictures.width, _LINES + pictures.height), GROUND)
    left = len(cells) - MAX_CELLS
    heading = title if left <= 0 else f"{title} ({left} more not shown)"
    write_line(PIL.ImageDraw.Draw(page), (GAP, 12), heading, 20, INK, page.width - 2 * GAP)
    page.paste(pictures, (0, _LINES))
    return encode(page, "jpeg", 88)


def grid(cells: Sequence[SheetCell]) -> PIL.Image.Image:
    """Return pictures in rows of four, at most `MAX_CELLS` of them, each with its lines under it.

    Raises:
        InputError: if there is nothing to show.
    """
    if not cells:
        raise InputError("A sheet needs a moment to show.", "Lower the threshold, or look for something else.")
    shown = cells[:MAX_CELLS]
    columns = min(_COLUMNS, len(shown))
    pictures = [_fitted(cell) for cell in shown]
    details = [wrapped(cell.detail, 13, WIDTH, _MOST_LINES) for cell in shown]
    width = columns * WIDTH + (columns + 1) * GAP
    starts = range(0, len(shown), columns)
    heights = [
        max(
            picture.height + _LINES + _LINE * max(0, len(lines) - 1)
            for picture, lines in zip(pictures[start : start + columns], details[start : start + columns], strict=True)
        )
        for start in starts
    ]
    page = PIL.Image.new("RGB", (width, sum(heights) + GAP * len(heights)), GROUND)
    draw = PIL.ImageDraw.Draw(page)
    top = 0
    for start, height in zip(starts, heights, strict=True):
        for place in range(start, min(start + columns, len(shown))):
            x, y = GAP + (place - start) * (WIDTH + GAP), top + pictures[place].height
            page.paste(pictures[place], (x, top))
            write_line(draw, (x, y + 3), shown[place].title, 18, INK, WIDTH)
            for number, line in enumerate(details[place]):
                write_line(draw, (x, y + 24 + number * _LINE), line, 13, FAINT, WIDTH)
        top += height + GAP
    return page


def write_line(
    draw: PIL.ImageDraw.ImageDraw, at: tuple[float, float], text: str, size: int, ink: Ink, room: float
) -> None:
    """Write a line, shortened to fit `room` pixels."""
    x, base = at[0], at[1] + size  # that is the ascent of Pillow's own font
    for font, run in _runs(_shortened(text, size, room), size):
        draw.text((x, base), run, fill=ink, font=font, anchor="ls")
        x += font.getlength(run)


def wrapped(text: str, size: int, room: float, most: int) -> list[str]:
    """Return a text as lines that fit `room` pixels, at most `most` of them: the last one is shortened."""
    lines, words = [""], text.split()
    for place, word in enumerate(words):
        longer = f"{lines[-1]} {word}".strip()
        if not lines[-1] or length_of(longer, size) <= room:
            lines[-1] = longer
        elif len(lines) == most:
            lines[-1] = " ".join([lines[-1], *words[place:]])
            break
        else:
            lines.append(word)
    return [_shortened(line, size, room) for line in lines]


def length_of(text: str, size: int) -> float:
    """Return how many pixels a line is long."""
    return sum(font.getlength(run) for font, run in _runs(text, size))


def _runs(text: str, size: int) -> list[tuple[Font, str]]:
    """Return the runs of a text, each with the first font that has its characters, where the system has one."""
    runs: list[tuple[Font, str]] = []
    for character in text:
        if runs and (character.isspace() or _has(runs[-1][0], character)):
            runs[-1] = (runs[-1][0], runs[-1][1] + character)
            continue
        fonts = (font for name in ("", *_FONTS) if (font := _font(name, size)) is not None)
        font = next((font for font in fonts if character.isspace() or _has(font, character)), None)
        runs.append((font or PIL.ImageFont.load_default(size), character))
    return runs


@lru_cache(128)
def _font(name: str, size: int) -> Font | None:
    try:
        return PIL.ImageFont.truetype(name, size) if name else PIL.ImageFont.load_default(size)
    except OSError:
        return None


@lru_cache(4096)
def _has(font: Font, character: str) -> bool:
    """Whether a font has a character: what it lacks is drawn as a box."""
    return bytes(font.getmask(character)) != bytes(font.getmask("\U0010ffff"))


def _shortened(text: str, size: int, room: float) -> str:
    """Return a text that fits, ended by "…" if something was left out."""
    if length_of(text, size) <= room:
        return text
    low, high = 0, len(text)
    while low < high:  # the longest start that fits
        middle = (low + high + 1) // 2
        low, high = (middle, high) if length_of(f"{text[:middle]}…", size) <= room else (low, middle - 1)
    return f"{text[:low]}…"


def _fitted(cell: SheetCell) -> PIL.Image.Image:
    picture = PIL.Image.fromarray(cell.pixels)
    scale = WIDTH / picture.width
    height = max(1, min(2 * WIDTH, round(picture.height * scale)))
    picture = picture.resize((WIDTH, height), PIL.Image.Resampling.LANCZOS)
    if cell.box is not None:
        sides = (scale, height / cell.pixels.shape[0])
        box = [edge * sides[index % 2] for index, edge in enumerate(cell.box)]
        draw = PIL.ImageDraw.Draw(picture)
        draw.rectangle([box[0], box[1], box[2] - 1, box[3] - 1], outline=(0, 0, 0), width=5)
        draw.rectangle([box[0] + 1, box[1] + 1, box[2] - 2, box[3] - 2], outline=_MARK, width=3)
    return picture
