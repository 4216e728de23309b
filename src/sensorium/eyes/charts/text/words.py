"""The words of a chart: lines of text in the frame of its bars, and crops read again at a better size or angle."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import PIL.Image

from sensorium.core.reply import Box
from sensorium.eyes.ocr.ppocr import Corners, crop, detect, recognise
from sensorium.media.image import Pixels

_LEAST_SIDE, _MOST_SIDE = 736, 2000  # pixels: what the picture is enlarged to, as the detector's authors do
_TURN_SCALE = 1.5  # turned strips are enlarged: turning blurs
GOOD = 0.95
"""Below this score a label is read again, larger."""


@dataclass(frozen=True)
class Word:
    """A line of text in a picture: what it says, where (upright rectangle), how sure, the way it runs.

    Args:
        turn: Degrees counter-clockwise from level, -90 to 90; 90 reads from bottom to top.
        start, end: Middles of its first and last letter's outer sides, x and y.
        height: Of its letters, in pixels.
    """

    text: str
    box: Box
    score: float
    turn: float
    start: tuple[float, float]
    end: tuple[float, float]
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        return (self.box.left + self.box.right) / 2, (self.box.top + self.box.bottom) / 2


def words(picture: Pixels, enlarge: float = 1.0) -> tuple[Word, ...]:
    """Read every line of (height, width, 3) RGB pixels, looked at large enough for the digits of a small axis.

    `enlarge` says how many times larger than usual to look, or 0 for the picture as it is.

    The general reader looks coarser, for speed, and tries other scripts on short lines: neither suits tick labels.
    """
    height, width = picture.shape[:2]
    scale = enlarge * min(_LEAST_SIDE / min(height, width), _MOST_SIDE / max(height, width))
    image = picture
    if scale > 1:
        size = (round(width * scale), round(height * scale))
        image = np.asarray(PIL.Image.fromarray(picture).resize(size, PIL.Image.Resampling.BICUBIC))
    scale = image.shape[1] / width
    found = []
    for corners in detect(image, max(image.shape[:2])):
        word = _read(image, corners, scale)
        if word is not None:
            found.append(word)
    return tuple(sorted(found, key=lambda word: (word.box.top, word.box.left)))


def _read(image: Pixels, corners: Corners, scale: float) -> Word | None:
    wide, high = float(np.hypot(*(corners[1] - corners[0]))), float(np.hypot(*(corners[3] - corners[0])))
    ways = [corners] if high < 1.5 * wide else [np.roll(corners, 1, axis=0)]
    if 1.2 * wide < high < 2.2 * wide:  # one upright letter, or a few that run upward
        ways = [corners, np.roll(corners, 1, axis=0)]
    guesses = recognise([crop(image, way) for way in ways])
    best = max(range(len(ways)), key=lambda i: guesses[i].mean - guesses[i].unread)
    guess = guesses[best]
    if not guess.text.strip():
        return None
    own = ways[best] / scale
    start, end = (own[0] + own[3]) / 2, (own[1] + own[2]) / 2
    left, top = own.min(axis=0)
    right, bottom = own.max(axis=0)
    run = end - start
    return Word(
        guess.text.strip(), Box(float(left), float(top), float(right), float(bottom)),
        guess.mean * (1 - 0.5 * guess.unread), math.degrees(math.atan2(-run[1], run[0])),
        (float(start[0]), float(start[1])), (float(end[0]), float(end[1])), float(np.hypot(*(own[3] - own[0]))),
    )  # fmt: skip


def inside(word: Word, box: Box) -> bool:
    """Whether a word's middle lies in a rectangle."""
    x, y = word.middle
    return box.left <= x <= box.right and box.top <= y <= box.bottom


def read_again(
    picture: Pixels, box: Box, letter: float, ground: tuple[int, int, int], turn: int = 0
) -> tuple[str, float]:
    """Read one crop again with its letters about 32 pixels high: its text, several lines joined by spaces; its score.

    Args:
        picture: (height, width, 3) RGB pixels.
        box: What to crop.
        letter: Height of its letters now, pixels.
        ground: RGB to put around it.
        turn: 90 where it reads from bottom to top.
    """
    part = cut(picture, box)
    if min(part.shape[:2]) < 3:
        return "", 0.0
    if turn == 90:
        part = np.rot90(part, -1)
    scale = min(4.0, max(1.0, 32.0 / max(letter, 4.0)))
    image = PIL.Image.fromarray(np.ascontiguousarray(part))
    image = image.resize((round(image.width * scale), round(image.height * scale)), PIL.Image.Resampling.BICUBIC)
    room = 24
    sheet = PIL.Image.new("RGB", (max(image.width + 2 * room, 160), image.height + 2 * room), ground)
    sheet.paste(image, (room, room))
    drawn = np.asarray(sheet)
    found = sorted((word for word in words(drawn, 0) if abs(word.turn) < 20), key=lambda word: word.middle[1])
    if not found:
        return _lone(drawn, ground)
    return " ".join(word.text for word in found), min(word.score for word in found)


def read_grey(picture: Pixels, box: Box, ground: tuple[int, int, int]) -> tuple[str, float]:
    """Read one line again as dark grey on white, without looking for it: its text and score."""
    part = cut(picture, box)
    if min(part.shape[:2]) < 3:
        return "", 0.0
    away = np.abs(part.astype(np.float32) - np.array(ground, dtype=np.float32)).max(axis=2)
    grey = 255 - np.clip(away * (220 / max(40.0, float(np.percentile(away, 99.5)))), 0, 255)
    image = PIL.Image.fromarray(grey.astype(np.uint8))
    image = image.resize((image.width * 2, image.height * 2), PIL.Image.Resampling.LANCZOS).convert("RGB")
    guess = recognise([np.asarray(image)])[0]
    return guess.text.strip(), guess.mean * (1 - 0.5 * guess.unread)


def _lone(sheet: Pixels, ground: tuple[int, int, int]) -> tuple[str, float]:
    """Read what may be a single letter, which the detector passes over: the ink and a little around it."""
    ink = np.abs(sheet.astype(np.int16) - np.array(ground, dtype=np.int16)).max(axis=2) > 70
    down, across = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if len(down) < 6 or len(across) < 1:
        return "", 0.0
    top, left = max(0, int(down[0]) - 6), max(0, int(across[0]) - 8)
    guess = recognise([sheet[top : int(down[-1]) + 7, left : int(across[-1]) + 9]])[0]
    return guess.text.strip(), guess.mean * (1 - 0.5 * guess.unread)


def read_row(
    picture: Pixels, band: Box, known: Sequence[Word], downward: bool, ground: tuple[int, int, int]
) -> tuple[Word, ...]:
    """Read what the detector passed over in a row or column of short texts, such as the single digits of an axis.

    Args:
        picture: (height, width, 3) RGB pixels.
        band: Where the texts stand.
        known: The words in it that were read already.
        downward: True for a column.
        ground: RGB around the texts.
    """
    part = cut(picture, band)
    left, top = max(0, math.floor(band.left)), max(0, math.floor(band.top))
    ink = np.abs(part.astype(np.int16) - np.array(ground, dtype=np.int16)).max(axis=2) > 80
    letter = float(np.median([word.height for word in known]))
    places = np.flatnonzero(ink.any(axis=1 if downward else 0))
    if not len(places):
        return ()
    wide = 0.25 * letter if downward else 0.6 * letter
    out: list[Word] = []
    for run in np.split(places, np.flatnonzero(np.diff(places) > wide) + 1):
        first, last = int(run[0]), int(run[-1]) + 1
        across = np.flatnonzero((ink[first:last] if downward else ink[:, first:last]).any(axis=0 if downward else 1))
        low, high = int(across[0]), int(across[-1]) + 1
        box = Box(low, first, high, last) if downward else Box(first, low, last, high)
        box = Box(box.left + left, box.top + top, box.right + left, box.bottom + top)
        middle = (box.left + box.right) / 2, (box.top + box.bottom) / 2
        if any(
            w.box.left - 2 < middle[0] < w.box.right + 2 and w.box.top - 2 < middle[1] < w.box.bottom + 2 for w in known
        ):
            continue
        if not 0.35 * letter < box.height < 1.4 * letter or box.width < 2:
            continue
        room = 0.25 * letter
        text, score = _lone_line(picture, Box(box.left - room, box.top - room, box.right + room, box.bottom + room))
        if text:
            out.append(Word(text, box, score, 0.0, (box.left, middle[1]), (box.right, middle[1]), letter))
    return tuple(out)


def parted(picture: Pixels, word: Word, ground: tuple[int, int, int]) -> tuple[Word, ...]:
    """Part a line that holds several numbers side by side, as an axis' may: at its gaps."""
    digits = sum(char.isdigit() for char in word.text)
    if abs(word.turn) > 15 or digits < 4 or digits < 0.5 * len(word.text) or word.box.width < 3.5 * word.box.height:
        return (word,)
    part = cut(picture, word.box)
    ink = np.abs(part.astype(np.int16) - np.array(ground, dtype=np.int16)).max(axis=2) > 70
    places = np.flatnonzero(ink.any(axis=0))
    rows = np.flatnonzero(ink.any(axis=1))
    if len(places) < 2 or not len(rows):
        return (word,)
    wide = max(2.5, 0.24 * float(rows[-1] - rows[0] + 1))
    left, out = max(0, math.floor(word.box.left)), []
    for run in np.split(places, np.flatnonzero(np.diff(places) > wide) + 1):
        box = word.box._replace(left=float(left + run[0]), right=float(left + run[-1] + 1))
        text, score = _lone_line(picture, box._replace(left=box.left - 2, right=box.right + 2))
        y = word.middle[1]
        out.append(Word(text, box, score, 0.0, (box.left, y), (box.right, y), word.height))
    return tuple(out) if len(out) > 1 else (word,)


def _lone_line(picture: Pixels, box: Box) -> tuple[str, float]:
    guess = recognise([cut(picture, box)])[0]
    return guess.text.strip(), guess.mean * (1 - 0.5 * guess.unread)


def read_turned(picture: Pixels, box: Box, turn: float, ground: tuple[int, int, int]) -> tuple[Word, ...]:
    """Read a strip whose lines run `turn` degrees counter-clockwise, after turning it level."""
    image = PIL.Image.fromarray(np.ascontiguousarray(cut(picture, box)))
    image = image.resize(
        (round(image.width * _TURN_SCALE), round(image.height * _TURN_SCALE)), PIL.Image.Resampling.BICUBIC
    )
    level = image.rotate(-turn, PIL.Image.Resampling.BICUBIC, expand=True, fillcolor=ground)
    angle = math.radians(turn)
    cos, sin = math.cos(angle), math.sin(angle)
    middle_old = np.array([image.width / 2, image.height / 2])
    middle_new = np.array([level.width / 2, level.height / 2])
    shift = np.array([max(0, int(box.left)), max(0, int(box.top))])

    def back(x: float, y: float) -> tuple[float, float]:
        dx, dy = x - middle_new[0], y - middle_new[1]
        old = (middle_old + np.array([cos * dx + sin * dy, -sin * dx + cos * dy])) / _TURN_SCALE + shift
        return float(old[0]), float(old[1])

    out: list[Word] = []
    for word in words(np.asarray(level), 0):
        if abs(word.turn) > 15:
            continue
        corners = [back(x, y) for x in (word.box.left, word.box.right) for y in (word.box.top, word.box.bottom)]
        xs, ys = [corner[0] for corner in corners], [corner[1] for corner in corners]
        y = word.middle[1]
        out.append(
            Word(word.text, Box(min(xs), min(ys), max(xs), max(ys)), word.score, turn, back(word.box.left, y),
                 back(word.box.right, y), word.height / _TURN_SCALE)
        )  # fmt: skip
    return tuple(out)


def cut(picture: Pixels, box: Box) -> Pixels:
    """Cut a rectangle out, as much of it as lies inside the picture."""
    height, width = picture.shape[:2]
    left, right = max(0, math.floor(box.left)), min(width, math.ceil(box.right))
    top, bottom = max(0, math.floor(box.top)), min(height, math.ceil(box.bottom))
    return picture[top : max(top, bottom), left : max(left, right)]


def around(found: Sequence[Word]) -> Box:
    """Return the rectangle around words."""
    return box_around([word.box for word in found])


def box_around(boxes: Sequence[Box]) -> Box:
    """Return the rectangle around rectangles."""
    return Box(
        min(box.left for box in boxes), min(box.top for box in boxes),
        max(box.right for box in boxes), max(box.bottom for box in boxes),
    )  # fmt: skip
