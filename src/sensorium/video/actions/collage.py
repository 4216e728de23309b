"""One picture of a clip's frames, numbered and with their times, for models that take a single picture."""

from __future__ import annotations

import math
from collections.abc import Sequence

import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import PIL.ImageOps

from sensorium.core.errors import InputError
from sensorium.core.messages import Image
from sensorium.media.image import encode
from sensorium.media.times import moment
from sensorium.media.video import Frame

SIDE = 1120
"""Longest side in pixels unless the model takes less: four tiles of 560, all that Llama 3.2 Vision sees."""
MIN_TILE = 180
"""A frame's longer side on a collage in pixels: words and faces get lost below."""
_GAP = 6
_DARK, _LIGHT = (20, 20, 20), (255, 255, 255)


def most_frames(frame: Frame, side: int = SIDE) -> int:
    """Return how many frames of this shape fit on one collage with the longer side of each at least `MIN_TILE`."""
    height, width = frame.pixels.shape[:2]
    scale = MIN_TILE / max(height, width)
    columns: int = max(1, (side - _GAP) // (round(width * scale) + _GAP))
    rows: int = max(1, (side - _GAP) // (round(height * scale) + _strip(side) + _GAP))
    return columns * rows


def collage(frames: Sequence[Frame], side: int = SIDE, first: int = 1, films: Sequence[str] = ()) -> Image:
    """Return a JPEG of frames from left to right and from top to bottom, above each its number and its time.

    Args:
        frames: Frames in order; those of another shape than the first are fitted into its own, on black.
        side: Longest side, in pixels.
        first: The number of the first frame.
        films: What stands before the time of each, if they are of several films.

    Raises:
        InputError: if the clip is empty.
    """
    if not frames:
        raise InputError("A collage needs a frame.", "Choose another part of the film.")
    height, width = frames[0].pixels.shape[:2]
    strip = _strip(side)
    columns, scale = _grid(len(frames), width, height, side, strip)
    tile = (max(1, int(width * scale)), max(1, int(height * scale)))
    rows = math.ceil(len(frames) / columns)
    across, down = tile[0] + _GAP, tile[1] + strip + _GAP
    page = PIL.Image.new("RGB", (_GAP + columns * across, _GAP + rows * down), _LIGHT)
    draw = PIL.ImageDraw.Draw(page)
    for index, frame in enumerate(frames):
        left, top = _GAP + index % columns * across, _GAP + index // columns * down
        draw.rectangle((left, top, left + tile[0] - 1, top + strip - 1), fill=_DARK)
        _write(
            draw, f"{first + index}: {films[index] if films else ''}{moment(frame.at)} s", (left, top), (tile[0], strip)
        )
        picture = PIL.Image.fromarray(frame.pixels)
        if frame.pixels.shape == frames[0].pixels.shape:
            picture = picture.resize(tile, PIL.Image.Resampling.LANCZOS)
        else:
            picture = PIL.ImageOps.pad(picture, tile, PIL.Image.Resampling.LANCZOS)
        page.paste(picture, (left, top + strip))
    return encode(page, "jpeg", 90)


def _strip(side: int) -> int:
    return max(18, round(side * 0.026))


def _grid(count: int, width: int, height: int, side: int, strip: int) -> tuple[int, float]:
    """Return the number of columns that leaves the frames largest, and the factor by which they are scaled."""
    best = (1, 0.0)
    for columns in range(1, count + 1):
        rows = math.ceil(count / columns)
        wide = ((side - _GAP) / columns - _GAP) / width
        high = ((side - _GAP) / rows - _GAP - strip) / height
        if min(wide, high) > best[1]:
            best = (columns, min(wide, high))
    return best[0], max(best[1], 1 / max(width, height))


def _write(draw: PIL.ImageDraw.ImageDraw, text: str, at: tuple[int, int], room: tuple[int, int]) -> None:
    """Write a label as large as its strip allows."""
    size = room[1] - 6
    font = PIL.ImageFont.load_default(size)
    while size > 8 and draw.textlength(text, font) > room[0] - 8:
        size -= 1
        font = PIL.ImageFont.load_default(size)
    draw.text((at[0] + 5, at[1] + room[1] // 2), text, fill=_LIGHT, font=font, anchor="lm")
