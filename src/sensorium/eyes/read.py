"""Reading text: lines with boxes, script and score."""

from __future__ import annotations

import numpy as np

from sensorium.core.messages import Image
from sensorium.core.reply import Box
from sensorium.eyes.line import SURE, Line, rows, text
from sensorium.eyes.ppocr import Corners, Guess, crop, find, recognise
from sensorium.media.image import Pixels, pixels

__all__ = ["SURE", "Line", "read", "read_pixels", "rows", "text"]

_FIRST_LOOK = 960  # longest side in pixels of the first look for lines
_FINE_LOOK = 1920
_SMALL_PX = 14.0  # lines lower than this in the first look are looked for again, finer
_TALL = 1.5  # a box this much taller than wide holds turned text


def read(image: Image) -> tuple[Line, ...]:
    """Read every line in a picture, in reading order, the doubtful ones too (score under `SURE`).

    Latin, Han and kana by PP-OCRv6 (Apache-2.0, weights from the package rapidocr); other scripts line by line by
    Tesseract where its data is installed (see `sensorium.eyes.script`).

    Raises:
        MediaError: when the picture cannot be opened.
        InstallError: when the reader is not installed.
    """
    return read_pixels(pixels(image))


def read_pixels(picture: Pixels) -> tuple[Line, ...]:
    """Read every line of (height, width, 3) uint8 RGB pixels; see `read`."""
    lines = [_line(picture, corners) for corners in _look(picture)]
    kept = [line for line in lines if line.text.strip()]
    return tuple(line for row in rows(kept) for line in row)


def _look(picture: Pixels) -> list[Corners]:
    """Look for lines; look again, finer, where the first look finds small ones or none."""
    longest = max(picture.shape[:2])
    found = find(picture, _FIRST_LOOK)
    if longest <= _FIRST_LOOK * 1.15:
        return found
    if not found:
        return find(picture, _FINE_LOOK)
    shrink = _FIRST_LOOK / longest
    heights = [min(np.linalg.norm(c[3] - c[0]), np.linalg.norm(c[1] - c[0])) * shrink for c in found]
    if np.quantile(heights, 0.25) >= _SMALL_PX:
        return found
    return find(picture, _FINE_LOOK)


def _line(picture: Pixels, corners: Corners) -> Line:
    wide, high = np.linalg.norm(corners[1] - corners[0]), np.linalg.norm(corners[3] - corners[0])
    turns = (0,) if high < _TALL * wide else (90, 270)
    tries = [(turn, np.roll(corners, turn // 90, axis=0)) for turn in turns]
    guesses = recognise([crop(picture, turned) for _, turned in tries])
    (turn, turned), guess = max(zip(tries, guesses, strict=True), key=lambda pair: pair[1].mean)
    left, top = corners.min(axis=0)
    right, bottom = corners.max(axis=0)
    box = Box(float(left), float(top), float(right), float(bottom))
    where = tuple((float(x), float(y)) for x, y in turned)
    return Line(guess.text, box, _score(guess), corners=where, turned_degrees=turn)


def _score(guess: Guess) -> float:
    return guess.mean
