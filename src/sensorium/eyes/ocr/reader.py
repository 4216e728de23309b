"""Reading text: lines with boxes, script and score."""

from __future__ import annotations

import time
import unicodedata
from dataclasses import dataclass, replace

import numpy as np

from sensorium.core.messages import Image
from sensorium.core.reply import Box
from sensorium.eyes.ocr.columns import reading_order
from sensorium.eyes.ocr.cut import mark_cut
from sensorium.eyes.ocr.lines import TextLine, doubt_stacked, rows
from sensorium.eyes.ocr.ppocr import Corners, OcrResult, around, crop, detect, recognise
from sensorium.eyes.ocr.tesseract import SCRIPTS, TesseractResult, installed_languages, read_line
from sensorium.eyes.ocr.tiles import detect_in_tiles
from sensorium.media.image import MAX_SIDE, Pixels, decode, pixels

_FIRST_SIDE = (
    640  # longest side in pixels of the first detection: at less, lone digits on signs are lost (bench/speed.py)
)
_MAX_SIDE = 1920
_LONG, _LONG_SHORT_SIDE = 2.5, 1600  # a page this many times as long as wide is read at this width or its own
_SMALL_PX = 16.0  # lines lower than this in the first detection are detected again, at about _GOOD_PX
_GOOD_PX = 24.0
_TALL = 1.5  # a box this much taller than wide may hold turned text
_VERY_TALL = 3.0  # and this much taller isn't a single upright character
_SAMPLE = 3  # lines that tell which way up the page is
_DOUBTFUL = 0.9  # mean probability of the characters; unknown scripts come out at 0.3 to 0.85
_FEW = 4  # letters and digits: fewer are more easily taken for others
_DOUBTFUL_FEW = 0.97
_UNREAD = 0.15  # inked share of a line left unread that makes it doubtful
_OTHER_SCRIPTS_SECONDS = 2.5  # of this thread
_OTHER_SCRIPTS_TRIES = 4  # doubtful lines in a row that no other script fits, before the rest are left alone
_CERTAIN = 80.0  # Tesseract's mean from which it tells that the page stands on its head
_WORD_GAP = 0.8  # of the line height: nearer pieces of a row are read together
_MIN_SCRIPT_PX = 10
_MEANS = (0.0, 0.5, 0.85, 0.88, 0.9, 0.92, 0.97, 0.98, 0.995, 1.0)  # PP-OCR's mean -> probability of no mistake
_PROBABILITIES = (0.0, 0.02, 0.2, 0.8, 0.88, 0.9, 0.93, 0.965, 0.98, 0.99)
_PARTLY_UNREAD = 0.05
_LOOKALIKE_SCRIPTS = {"cyrillic", "greek"}  # with capitals that look like Latin ones
_LOOKALIKES = set("ABCEHKMNOPTXYZ")
_MIN_CONFIDENCE = 60.0  # Tesseract's mean below which its reading does not count


@dataclass(frozen=True)
class _Reading:
    """A detected line as PP-OCR reads it, and Tesseract's reading if that is better."""

    corners: Corners
    turn: int
    ppocr: OcrResult
    tesseract: TesseractResult | None = None

    @property
    def size(self) -> tuple[float, float]:
        return _size(self.corners)


def read(image: Image) -> tuple[TextLine, ...]:
    """Return every line in an image, in reading order, the doubtful ones too (score below `SURE`).

    Latin, Han and kana by PP-OCRv6 (Apache-2.0, weights from the package rapidocr); other scripts line by line by
    Tesseract if its data is installed (see `sensorium.eyes.ocr.tesseract`). A page that lies on its side or upside
    down is read all the same, and its lines say so in `turned_degrees`.

    Raises:
        MediaError: if the image can't be opened.
        InstallError: if the reader is not installed.
    """
    decoded = decode(image)
    long, short = max(decoded.original), min(decoded.original)
    if long < _LONG * short or long <= MAX_SIDE:
        return read_pixels(decoded.pixels)
    whole = pixels(image, round(long * min(1.0, _LONG_SHORT_SIDE / short)))
    scale = max(decoded.pixels.shape[:2]) / max(whole.shape[:2])
    return tuple(_scaled(line, scale) for line in read_pixels(whole))


def read_pixels(rgb: Pixels) -> tuple[TextLine, ...]:
    """Return every line of (height, width, 3) uint8 RGB pixels; see `read`."""
    readings = _upright(rgb, [_read_box(rgb, corners) for corners in detect_in_tiles(rgb, _detect)])
    readings = _other_scripts(rgb, readings)
    lines = [_line(reading) for reading in readings if reading.tesseract is not None or reading.ppocr.text.strip()]
    lines = mark_cut(rgb, doubt_stacked(_resolve_lookalikes(rgb, lines)))
    return tuple(line for row in reading_order(lines) for line in row)


def _scaled(line: TextLine, scale: float) -> TextLine:
    corners = tuple((x * scale, y * scale) for x, y in line.corners)
    return replace(line, box=Box(*(side * scale for side in line.box)), corners=corners)


def _detect(rgb: Pixels) -> list[Corners]:
    """Return the lines; detect again, finer, if the first detection finds small ones or none."""
    longest = max(rgb.shape[:2])
    coarse = detect(rgb, _FIRST_SIDE)
    if longest <= _FIRST_SIDE * 1.15:
        return coarse
    if not coarse:
        return detect(rgb, _MAX_SIDE)
    height = float(np.quantile([min(_size(corners)) for corners in coarse], 0.25)) * _FIRST_SIDE / longest
    if height >= _SMALL_PX:
        return coarse
    finer = detect(rgb, int(np.clip(_FIRST_SIDE * _GOOD_PX / height, 1.5 * _FIRST_SIDE, _MAX_SIDE)))
    # A lone word on an empty wall is detected in the small image and missed in the large one.
    return finer + [corners for corners in coarse if not any(_overlap(corners, near) for near in finer)]


def _overlap(a: Corners, b: Corners) -> bool:
    """Whether the upright rectangles around two lines share any of their middle halves."""
    a, b = (corners.mean(axis=0) + (corners - corners.mean(axis=0)) * 0.5 for corners in (a, b))
    apart = np.maximum(a.min(axis=0), b.min(axis=0)) - np.minimum(a.max(axis=0), b.max(axis=0))
    return bool((apart < 0).all())


def _read_box(rgb: Pixels, corners: Corners, turns: tuple[int, ...] = ()) -> _Reading:
    """Read one box; a tall one each way up, keeping what reads best."""
    wide, high = _size(corners)
    if not turns:
        turns = (0,) if high < _TALL * wide else (0, 90, 270) if high < _VERY_TALL * wide else (90, 270)
    turned = [(turn, _roll(corners, turn)) for turn in turns]
    readings = [_Reading(rolled, turn, _recognise(rgb, rolled)) for turn, rolled in turned]
    return max(readings, key=lambda reading: reading.ppocr.mean - reading.ppocr.unread)


def _upright(rgb: Pixels, readings: list[_Reading]) -> list[_Reading]:
    """Turn the page round if its longest lines read badly this way and well upside down."""
    level = [reading for reading in readings if reading.turn == 0]
    sample = sorted(level, key=lambda reading: -reading.size[0])[:_SAMPLE]
    before = [_legibility(reading.ppocr) for reading in sample]
    if not sample or np.mean(before) >= _DOUBTFUL - 0.02:
        return readings
    after = [_legibility(_recognise(rgb, _roll(reading.corners, 180))) for reading in sample]
    if np.mean(after) < _DOUBTFUL - 0.02 or np.mean(np.subtract(after, before)) < 0.05:
        return readings
    return [_read_box(rgb, item.corners, (180,)) if item.turn == 0 else item for item in readings]


def _other_scripts(rgb: Pixels, readings: list[_Reading]) -> list[_Reading]:
    """Read the doubtful lines again in the scripts that PP-OCR does not know, the widest first."""
    if not installed_languages():
        return readings
    doubtful = [item for item in readings if _is_doubtful(item.ppocr) and min(item.size) >= _MIN_SCRIPT_PX]
    out = [item for item in readings if not any(item is other for other in doubtful)]
    deadline = time.thread_time() + _OTHER_SCRIPTS_SECONDS
    prefer: list[str] = []
    flip = failures = 0
    for pieces in sorted(_join(doubtful), key=lambda pieces: -sum(piece.size[0] for piece in pieces)):
        if failures >= _OTHER_SCRIPTS_TRIES or time.thread_time() > deadline:
            out += pieces
            continue
        corners = around([piece.corners for piece in pieces]) if len(pieces) > 1 else pieces[0].corners
        only = ("ell",) if any(_is_greek(piece.ppocr.text) for piece in pieces) else ()
        result = read_line(crop(rgb, _roll(corners, flip)), prefer, only)
        if not prefer and not only and (result is None or result.mean < _MIN_CONFIDENCE):  # upside down?
            flipped = read_line(crop(rgb, _roll(corners, 180)))
            if flipped is not None and flipped.mean >= _CERTAIN:
                result, flip = flipped, 180
        if result is None or result.mean < _MIN_CONFIDENCE or not _is_better(result, pieces):
            failures += not prefer
            out += pieces
            continue
        turn = (pieces[0].turn + flip) % 360
        out.append(replace(pieces[0], corners=_roll(corners, flip), turn=turn, tesseract=result))
        prefer = [result.language, *(name for name in prefer if name != result.language)]
    return out


def _join(doubtful: list[_Reading]) -> list[list[_Reading]]:
    """Join upright neighbours of one row: large words are often detected one by one."""
    joined = [[reading] for reading in doubtful if reading.turn != 0]
    lines = [(_line(reading), reading) for reading in doubtful if reading.turn == 0]
    by_corners = {line.corners: reading for line, reading in lines}
    for row in rows([line for line, _ in lines]):
        last: TextLine | None = None
        for line in row:
            near = last is not None and line.box.left - last.box.right < _WORD_GAP * min(line.height_px, last.height_px)
            if near:
                joined[-1].append(by_corners[line.corners])
            else:
                joined.append([by_corners[line.corners]])
            last = line
    return joined


def _is_better(result: TesseractResult, pieces: list[_Reading]) -> bool:
    """Whether to believe Tesseract: PP-OCR's Latin letters at a middling score are more often right than not."""
    ppocr = max((piece.ppocr for piece in pieces), key=lambda ppocr: len(ppocr.text))
    latin = ppocr.unread <= _UNREAD and ppocr.mean >= 0.7 and _script(ppocr.text) == "latin" and len(ppocr.text) > 2
    return result.mean >= 88 if latin else True


def _is_doubtful(ppocr: OcrResult) -> bool:
    few = sum(c.isalnum() for c in ppocr.text) <= _FEW
    return ppocr.mean < (_DOUBTFUL_FEW if few else _DOUBTFUL) or ppocr.unread > _UNREAD or _is_greek(ppocr.text)


def _is_greek(text: str) -> bool:
    """Tell Greek words (PP-OCR knows some letters and mixes them with Latin lookalikes) from π, 5 µm and 20 kΩ."""
    greek = [c for c in text if unicodedata.name(c, "").startswith(("GREEK", "MICRO"))]
    if len(greek) >= 3:
        return True
    words = [word.lstrip("µμ") for word in text.split()]
    return any(len(word) >= 3 and set(greek) & set(word) and any("A" <= c <= "Z" for c in word) for word in words)


def _resolve_lookalikes(rgb: Pixels, lines: list[TextLine]) -> list[TextLine]:
    """Read Latin lines that could be Cyrillic or Greek capitals again on a page that has such; else doubt them."""
    scripts = {line.script for line in lines}
    languages = [name for name, (script, _) in SCRIPTS.items() if script in scripts & _LOOKALIKE_SCRIPTS]
    if not languages and "greek" not in scripts:
        return lines
    out = []
    for line in lines:
        letters = {c for c in line.text if c.isalpha()}
        if line.script == "latin" and len(letters) >= 2 and letters <= _LOOKALIKES:
            result = read_line(crop(rgb, np.array(line.corners, dtype=np.float32)), only=languages)
            if result is not None and result.mean >= _CERTAIN:
                line = replace(line, text=result.text, script=result.script, score=_tesseract_score(result))
            else:
                line = replace(line, score=line.score * 0.5)
        out.append(line)
    return out


def _line(reading: _Reading) -> TextLine:
    box = Box(*(float(v) for v in (*reading.corners.min(axis=0), *reading.corners.max(axis=0))))
    corners = tuple((float(x), float(y)) for x, y in reading.corners)
    other = reading.tesseract
    if other is not None:
        return TextLine(other.text, box, _tesseract_score(other), other.script, corners, reading.turn)
    text = " ".join(reading.ppocr.text.split())
    return TextLine(text, box, _ppocr_score(reading.ppocr), _script(text), corners, reading.turn)


def _script(text: str) -> str:
    for c in text:
        name = unicodedata.name(c, "")
        for start, script in (("CJK", "han"), ("HIRAGANA", "kana"), ("KATAKANA", "kana"), ("GREEK", "greek")):
            if name.startswith(start):
                return script
    return "latin"


def _ppocr_score(ppocr: OcrResult) -> float:
    """Return the probability that a line is read without a mistake.

    Fitted by isotonic regression, smoothed, on 2,143 lines of the benchmark's tune pages, shrunk to 0.3 to 1 of their
    size; lines of two signs or fewer and lines with inked but unread stretches are mostly texture and other scripts.
    """
    probability = float(np.interp(ppocr.mean, _MEANS, _PROBABILITIES))
    if sum(c.isalnum() for c in ppocr.text) <= 2:
        probability *= float(np.interp(ppocr.mean, (0.9, 0.98), (0.3, 1.0)))
    if ppocr.unread > _PARTLY_UNREAD:
        probability *= 0.5
    if _is_greek(ppocr.text) or ppocr.doubtful_amount:
        probability *= 0.5
    return probability


def _tesseract_score(result: TesseractResult) -> float:
    """Return the same for a line that Tesseract read: logistic regression on 174 lines of the tune pages."""
    mean, lowest = (float(np.log(c / (100 - c))) for c in (min(max(x, 1), 98) for x in (result.mean, result.lowest)))
    return 1 / (1 + float(np.exp(1.82 - 1.262 * mean - 1.078 * lowest)))


def _legibility(ppocr: OcrResult) -> float:
    return ppocr.mean * (1 - ppocr.unread)


def _recognise(rgb: Pixels, corners: Corners) -> OcrResult:
    return recognise([crop(rgb, corners)])[0]


def _roll(corners: Corners, turn: int) -> Corners:
    """Return the corners from the top left of text that is turned by `turn` degrees clockwise."""
    return np.roll(corners, -(turn // 90), axis=0)


def _size(corners: Corners) -> tuple[float, float]:
    return float(np.linalg.norm(corners[1] - corners[0])), float(np.linalg.norm(corners[3] - corners[0]))
