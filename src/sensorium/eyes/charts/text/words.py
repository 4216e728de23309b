"""Words: the lines of text in a chart, and parts of the image read again larger, in grey or turned level."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import PIL.Image

from sensorium.core.reply import Box
from sensorium.eyes.charts.ink import NUMBER, NUMBER_ROW, Ink, crop, difference, runs, transpose
from sensorium.eyes.charts.text.spelling import Reading, strip_specks
from sensorium.eyes.ocr import ppocr
from sensorium.media.image import Pixels

_MIN_SIDE, _MAX_SIDE = 736, 2000  # pixels: what the image is enlarged to, as the detector's authors do
_ROTATED_SCALE = 1.5  # rotated strips are enlarged: rotating blurs
_MARGIN = 24  # pixels around a part that is read again
GOOD_SCORE = 0.95
"""Labels with a lower score are read again, larger."""


@dataclass(frozen=True)
class Word:
    """A line of text in an image, and the score of its reading, 0 to 1.

    Args:
        box: The upright rectangle around it, pixels.
        angle: Of its baseline, in degrees counter-clockwise from level, -90 to 90; 90 reads from bottom to top.
        start, end: x of the outer sides of its first and last character, pixels.
        height: Of its characters, pixels.
    """

    text: str
    box: Box
    score: float
    angle: float
    start: float
    end: float
    height: float

    @property
    def x(self) -> float:
        return (self.box.left + self.box.right) / 2

    @property
    def y(self) -> float:
        return (self.box.top + self.box.bottom) / 2

    @property
    def slanted(self) -> bool:
        return 15 < abs(self.angle) < 75

    @property
    def transposed(self) -> Word:
        """The word with its box in the transposed image."""
        return replace(self, box=transpose(self.box))

    def is_inside(self, box: Box) -> bool:
        """Whether its middle lies in a rectangle."""
        return box.left <= self.x <= box.right and box.top <= self.y <= box.bottom


@dataclass(frozen=True)
class Labels:
    """The labels of the categories of an axis.

    Args:
        texts: One a category; "" if nothing was read.
        scores: Of their readings, 0 to 1.
        box: Around all of them, in pixels of the image.
        height: Of their characters, pixels.
        disagreements: How many a second reading in another size and contrast spells otherwise.
    """

    texts: tuple[str, ...]
    scores: tuple[float, ...]
    box: Box
    height: float
    disagreements: int = 0


def read_words(image: Pixels, enlarge: float = 1.0) -> tuple[Word, ...]:
    """Return every line of text in (height, width, 3) RGB pixels, from top to bottom.

    The image is enlarged for the digits of a small axis; `enlarge` is a factor on top of that, 0 leaves it as it is.
    The general reader looks coarser, for speed, and tries other scripts on short lines: neither suits tick labels.
    """
    height, width = image.shape[:2]
    scale = enlarge * min(_MIN_SIDE / min(height, width), _MAX_SIDE / max(height, width))
    if scale > 1:
        size = (round(width * scale), round(height * scale))
        image = np.asarray(PIL.Image.fromarray(image).resize(size, PIL.Image.Resampling.BICUBIC))
    scale = image.shape[1] / width
    words = [_read_line(image, corners, scale) for corners in ppocr.detect(image, max(image.shape[:2]))]
    return tuple(sorted((word for word in words if word is not None), key=lambda word: (word.box.top, word.box.left)))


def _read_line(image: Pixels, corners: ppocr.Corners, scale: float) -> Word | None:
    wide, high = float(np.hypot(*(corners[1] - corners[0]))), float(np.hypot(*(corners[3] - corners[0])))
    upward = np.roll(corners, 1, axis=0)
    ways = [corners] if high < 1.5 * wide else [upward]
    if 1.2 * wide < high < 2.2 * wide:  # one upright character, or a few that run upward
        ways = [corners, upward]
    results = ppocr.recognise([ppocr.crop(image, way) for way in ways])
    best = max(range(len(ways)), key=lambda i: results[i].mean - results[i].unread)
    text, score = _reading(results[best])
    if not text:
        return None
    own = ways[best] / scale
    start, end = (own[0] + own[3]) / 2, (own[1] + own[2]) / 2
    (left, top), (right, bottom) = own.min(axis=0), own.max(axis=0)
    run = end - start
    box, angle = Box(float(left), float(top), float(right), float(bottom)), math.degrees(math.atan2(-run[1], run[0]))
    return Word(text, box, score, angle, float(start[0]), float(end[0]), float(np.hypot(*(own[3] - own[0]))))


def _reading(result: ppocr.OcrResult) -> Reading:
    return result.text.strip(), result.mean * (1 - 0.5 * result.unread)


def _read_crop(part: Pixels) -> Reading:
    return _reading(ppocr.recognise([part])[0])


def reread(ink: Ink, box: Box, text_height: float, upward: bool = False) -> Reading:
    """Read a part of the image again with its characters about 32 pixels high; several lines are joined by spaces.

    `text_height` is their height now, in pixels; `upward` text is rotated first.
    """
    part = crop(ink.image, box)
    if min(part.shape[:2]) < 3:
        return "", 0.0
    if upward:
        part = np.rot90(part, -1)
    scale = min(4.0, max(1.0, 32.0 / max(text_height, 4.0)))
    image = PIL.Image.fromarray(np.ascontiguousarray(part))
    image = image.resize((round(image.width * scale), round(image.height * scale)), PIL.Image.Resampling.BICUBIC)
    size = (max(image.width + 2 * _MARGIN, 160), image.height + 2 * _MARGIN)
    sheet = PIL.Image.new("RGB", size, ink.background)
    sheet.paste(image, (_MARGIN, _MARGIN))
    pixels = np.asarray(sheet)
    words = sorted((word for word in read_words(pixels, 0) if abs(word.angle) < 20), key=lambda word: word.y)
    if words:
        return " ".join(word.text for word in words), min(word.score for word in words)
    # perhaps a single character, which the detector misses: read the ink and a little around it
    marked = difference(pixels, np.array(ink.background)) > NUMBER
    rows, columns = np.flatnonzero(marked.any(axis=1)), np.flatnonzero(marked.any(axis=0))
    if len(rows) < 6 or len(columns) < 1:
        return "", 0.0
    top, left = max(0, int(rows[0]) - 6), max(0, int(columns[0]) - 8)
    return _read_crop(pixels[top : int(rows[-1]) + 7, left : int(columns[-1]) + 9])


def reread_grey(ink: Ink, box: Box) -> Reading:
    """Read one line again as dark grey on white, without detection."""
    away = ink.difference_in(box).astype(np.float32)
    if min(away.shape) < 3:
        return "", 0.0
    grey = 255 - np.clip(away * (220 / max(40.0, float(np.percentile(away, 99.5)))), 0, 255)
    image = PIL.Image.fromarray(grey.astype(np.uint8))
    image = image.resize((image.width * 2, image.height * 2), PIL.Image.Resampling.LANCZOS).convert("RGB")
    return _read_crop(np.asarray(image))


def vote(
    ink: Ink, boxes: Sequence[Box], texts: Sequence[str], scores: Sequence[float], height: float
) -> tuple[list[str], int]:
    """Read labels of one line again in grey, and a third time if that differs: two of three decide.

    Returns the texts, and how many of them some reading spells otherwise.
    """
    voted, disagreements = list(texts), 0
    for index, (box, text, score) in enumerate(zip(boxes, texts, scores, strict=True)):
        if not text or box.height > 2.2 * height:
            continue
        others: list[Reading] = []
        for margin in (0.12, 0.3):
            others.append(reread_grey(ink, pad(box, margin * height, margin * height / 2)))
            if strip_specks(others[-1][0]) == strip_specks(text):
                break
        if len(others) == 1:
            continue
        disagreements += 1
        if strip_specks(others[0][0]) == strip_specks(others[1][0]) and others[1][1] > score + 0.02:
            voted[index] = others[1][0]
    return voted, disagreements


def read_missed(ink: Ink, band: Box, known: Sequence[Word], downward: bool) -> tuple[Word, ...]:
    """Return what the detector missed in a row (or column, `downward`) of short texts, such as an axis' single digits.

    `known` are the words in the band that were read already.
    """
    marked = ink.mask_in(band, NUMBER_ROW)
    left, top = max(0, math.floor(band.left)), max(0, math.floor(band.top))
    height = float(np.median([word.height for word in known]))
    words: list[Word] = []
    for run in runs(np.flatnonzero(marked.any(axis=1 if downward else 0)), 0.25 * height if downward else 0.6 * height):
        first, last = int(run[0]), int(run[-1]) + 1
        across = np.flatnonzero((marked[first:last] if downward else marked[:, first:last]).any(axis=int(not downward)))
        low, high = int(across[0]), int(across[-1]) + 1
        box = Box(low, first, high, last) if downward else Box(first, low, last, high)
        box = Box(box.left + left, box.top + top, box.right + left, box.bottom + top)
        x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
        if any(w.box.left - 2 < x < w.box.right + 2 and w.box.top - 2 < y < w.box.bottom + 2 for w in known):
            continue
        if not 0.35 * height < box.height < 1.4 * height or box.width < 2:
            continue
        text, score = _read_crop(crop(ink.image, pad(box, 0.25 * height, 0.25 * height)))
        if text:
            words.append(Word(text, box, score, 0.0, box.left, box.right, height))
    return tuple(words)


def split_at_gaps(ink: Ink, word: Word) -> tuple[Word, ...]:
    """Split a line that holds several numbers side by side, as an axis' may, at its gaps."""
    digits = sum(char.isdigit() for char in word.text)
    if abs(word.angle) > 15 or digits < 4 or digits < 0.5 * len(word.text) or word.box.width < 3.5 * word.box.height:
        return (word,)
    marked = ink.mask_in(word.box, NUMBER)
    columns, rows = np.flatnonzero(marked.any(axis=0)), np.flatnonzero(marked.any(axis=1))
    if len(columns) < 2 or not len(rows):
        return (word,)
    left, pieces = max(0, math.floor(word.box.left)), []
    for run in runs(columns, max(2.5, 0.24 * float(rows[-1] - rows[0] + 1))):
        box = word.box._replace(left=float(left + run[0]), right=float(left + run[-1] + 1))
        text, score = _read_crop(crop(ink.image, pad(box, 2, 0)))
        pieces.append(Word(text, box, score, 0.0, box.left, box.right, word.height))
    return tuple(pieces) if len(pieces) > 1 else (word,)


def read_rotated(ink: Ink, box: Box, angle: float) -> list[Word]:
    """Read a strip whose lines run `angle` degrees counter-clockwise, after rotating it level."""
    image = PIL.Image.fromarray(np.ascontiguousarray(crop(ink.image, box)))
    size = (round(image.width * _ROTATED_SCALE), round(image.height * _ROTATED_SCALE))
    image = image.resize(size, PIL.Image.Resampling.BICUBIC)
    level = image.rotate(-angle, PIL.Image.Resampling.BICUBIC, expand=True, fillcolor=ink.background)
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    middle = np.array([image.width / 2, image.height / 2])
    corner = np.array([max(0, int(box.left)), max(0, int(box.top))])

    def back(x: float, y: float) -> tuple[float, float]:
        dx, dy = x - level.width / 2, y - level.height / 2
        old = (middle + np.array([cos * dx + sin * dy, -sin * dx + cos * dy])) / _ROTATED_SCALE + corner
        return float(old[0]), float(old[1])

    words: list[Word] = []
    for word in read_words(np.asarray(level), 0):
        if abs(word.angle) > 15:
            continue
        corners = [back(x, y) for x in (word.box.left, word.box.right) for y in (word.box.top, word.box.bottom)]
        xs, ys = [corner[0] for corner in corners], [corner[1] for corner in corners]
        start, end = (back(x, word.y)[0] for x in (word.box.left, word.box.right))
        own = Box(min(xs), min(ys), max(xs), max(ys))
        words.append(Word(word.text, own, word.score, angle, start, end, word.height / _ROTATED_SCALE))
    return words


def pad(box: Box, x: float, y: float) -> Box:
    """Return a rectangle that is `x` pixels wider on the left and right, and `y` pixels higher above and below."""
    return Box(box.left - x, box.top - y, box.right + x, box.bottom + y)


def bounding_box(items: Sequence[Box | Word]) -> Box:
    """Return the rectangle around rectangles or words."""
    left, top, right, bottom = zip(*(item.box if isinstance(item, Word) else item for item in items), strict=True)
    return Box(min(left), min(top), max(right), max(bottom))
