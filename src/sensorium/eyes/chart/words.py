"""The words of a chart: lines of text in the frame of its bars, and crops read again at a better size or angle."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import PIL.Image

from sensorium.core.reply import Box
from sensorium.eyes.read import Line, read_pixels
from sensorium.media.image import Pixels

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


def words(picture: Pixels) -> tuple[Word, ...]:
    """Read every line of (height, width, 3) RGB pixels."""
    return tuple(_word(line) for line in read_pixels(picture) if line.text.strip())


def _word(line: Line) -> Word:
    box = line.box
    corners = np.array(line.corners or [(box.left, box.top), (box.right, box.top), (box.right, box.bottom),
                                        (box.left, box.bottom)])  # fmt: skip
    sides = [(corners[(i + 1) % 4] - corners[i], i) for i in (0, 1)]
    lengths = [float(np.hypot(*side)) for side, _ in sides]
    long = 0 if lengths[0] >= lengths[1] else 1
    if len(line.text.strip()) < 2 and max(lengths) < 1.6 * min(lengths):
        long = 0
    run = sides[long][0] if sides[long][0][0] >= 0 else -sides[long][0]
    turn = math.degrees(math.atan2(-run[1], run[0]))
    if turn < -75:
        turn, run = turn + 180, -run
    middle = corners.mean(axis=0)
    start, end = middle - run / 2, middle + run / 2
    return Word(
        line.text.strip(), box, line.score, turn, (float(start[0]), float(start[1])), (float(end[0]), float(end[1])),
        min(lengths),
    )  # fmt: skip


def read_again(picture: Pixels, box: Box, letter: float, ground: tuple[int, int, int], turn: int = 0) -> tuple[str, float]:
    """Read one crop again with its letters about 32 pixels high: its text, several lines joined by spaces; its score.

    Args:
        picture: (height, width, 3) RGB pixels.
        box: What to crop.
        letter: Height of its letters now, pixels.
        ground: RGB to put around it.
        turn: 90 where it reads from bottom to top.
    """
    crop = cut(picture, box)
    if min(crop.shape[:2]) < 3:
        return "", 0.0
    if turn == 90:
        crop = np.rot90(crop, -1)
    scale = min(4.0, max(1.0, 32.0 / max(letter, 4.0)))
    image = PIL.Image.fromarray(np.ascontiguousarray(crop))
    image = image.resize((round(image.width * scale), round(image.height * scale)), PIL.Image.Resampling.BICUBIC)
    room = 24
    sheet = PIL.Image.new("RGB", (max(image.width + 2 * room, 160), image.height + 2 * room), ground)
    sheet.paste(image, (room, room))
    found = sorted((word for word in words(np.asarray(sheet)) if abs(word.turn) < 20), key=lambda word: word.middle[1])
    if not found:
        return "", 0.0
    return " ".join(word.text for word in found), min(word.score for word in found)


def read_turned(picture: Pixels, box: Box, turn: float, ground: tuple[int, int, int]) -> tuple[Word, ...]:
    """Read a strip whose lines run `turn` degrees counter-clockwise, after turning it level; places are the picture's."""
    crop = cut(picture, box)
    image = PIL.Image.fromarray(np.ascontiguousarray(crop))
    level = image.rotate(-turn, PIL.Image.Resampling.BICUBIC, expand=True, fillcolor=ground)
    angle = math.radians(turn)
    cos, sin = math.cos(angle), math.sin(angle)
    middle_old = np.array([image.width / 2, image.height / 2])
    middle_new = np.array([level.width / 2, level.height / 2])
    shift = np.array([max(0, int(box.left)), max(0, int(box.top))])

    def back(x: float, y: float) -> tuple[float, float]:
        dx, dy = x - middle_new[0], y - middle_new[1]
        old = middle_old + np.array([cos * dx + sin * dy, -sin * dx + cos * dy]) + shift
        return float(old[0]), float(old[1])

    out: list[Word] = []
    for word in words(np.asarray(level)):
        if abs(word.turn) > 15:
            continue
        corners = [back(x, y) for x in (word.box.left, word.box.right) for y in (word.box.top, word.box.bottom)]
        xs, ys = [corner[0] for corner in corners], [corner[1] for corner in corners]
        y = word.middle[1]
        out.append(
            Word(word.text, Box(min(xs), min(ys), max(xs), max(ys)), word.score, turn, back(word.box.left, y),
                 back(word.box.right, y), word.height)
        )  # fmt: skip
    return tuple(out)


def cut(picture: Pixels, box: Box) -> Pixels:
    """Cut a rectangle out, as much of it as lies inside the picture."""
    height, width = picture.shape[:2]
    left, right = max(0, math.floor(box.left)), min(width, math.ceil(box.right))
    top, bottom = max(0, math.floor(box.top)), min(height, math.ceil(box.bottom))
    return picture[top : max(top, bottom), left : max(left, right)]
