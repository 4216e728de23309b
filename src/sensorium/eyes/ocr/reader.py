"""Reading text: lines with boxes, script and score."""

from __future__ import annotations

import time
import unicodedata
from dataclasses import dataclass, replace

import numpy as np

from sensorium.core.messages import Image
from sensorium.core.reply import Box
from sensorium.eyes.ocr.lines import SURE, TextLine, rows, spoken_text
from sensorium.eyes.ocr.ppocr import Corners, OcrResult, around, crop, detect, recognise
from sensorium.eyes.ocr.tesseract import SCRIPTS, TesseractResult, installed_languages, read_line
from sensorium.media.image import Pixels, pixels

__all__ = ["SURE", "TextLine", "read", "read_pixels", "rows", "spoken_text"]

_FIRST_LOOK = 640  # longest side in pixels of the first look: at less, lone digits on signs are lost (bench/speed.py)
_FINEST_LOOK = 1920
_SMALL_PX = 16.0  # lines lower than this in the first look are looked for again, at about _GOOD_PX
_GOOD_PX = 24.0
_TALL = 1.5  # a box this much taller than wide may hold turned text
_VERY_TALL = 3.0  # and this much taller is no single upright letter
_SAMPLE = 3  # lines that tell which way up the page is
_DOUBTFUL = 0.9  # mean probability of the characters; unknown scripts come out at 0.3 to 0.85
_FEW = 4  # letters and digits: fewer are more easily taken for others
_DOUBTFUL_FEW = 0.97
_UNREAD = 0.15  # inked share of a line left unread that makes it doubtful
_OTHER_SCRIPTS_SECONDS = 2.5  # of this thread
_OTHER_SCRIPTS_TRIES = 4  # doubtful lines in a row that no other script fits, before the rest are left alone
_SURE_OF_TURN = 80.0  # and from which it tells that the page stands on its head
_WORD_GAP = 0.8  # of the line height: nearer pieces of a row are read together
_SMALLEST_SCRIPT_PX = 10
_MEANS = (0.0, 0.5, 0.85, 0.88, 0.9, 0.92, 0.97, 0.98, 0.995, 1.0)  # PP-OCR's mean probability -> chance of no mistake
_CHANCES = (0.0, 0.02, 0.2, 0.8, 0.88, 0.9, 0.93, 0.965, 0.98, 0.99)
_PARTLY_UNREAD = 0.05
_ALIKE = {"cyrillic", "greek"}  # scripts with capitals that look like Latin ones
_LEAST_CONFIDENCE = 60.0  # Tesseract's mean under which its reading is no reading


@dataclass(frozen=True)
class _Seen:
    corners: Corners
    turn: int
    guess: OcrResult
    other: TesseractResult | None = None


def read(image: Image) -> tuple[TextLine, ...]:
    """Read every line in a picture, in reading order, the doubtful ones too (score under `SURE`).

    Latin, Han and kana by PP-OCRv6 (Apache-2.0, weights from the package rapidocr); other scripts line by line by
    Tesseract where its data is installed (see `sensorium.eyes.ocr.tesseract`). A page that lies on its side or upside
    down is read all the same, and its lines say so in `turned_degrees`.

    Raises:
        MediaError: when the picture cannot be opened.
        InstallError: when the reader is not installed.
    """
    return read_pixels(pixels(image))


def read_pixels(picture: Pixels) -> tuple[TextLine, ...]:
    """Read every line of (height, width, 3) uint8 RGB pixels; see `read`."""
    seen = _upright(picture, [_see(picture, corners) for corners in _look(picture)])
    seen = _other_scripts(picture, seen)
    lines = [_line(one) for one in seen if one.other is not None or one.guess.text.strip()]
    return tuple(line for row in rows(_with_look_alikes(picture, lines)) for line in row)


def _look(picture: Pixels) -> list[Corners]:
    """Look for lines; look again, finer, where the first look finds small ones or none."""
    longest = max(picture.shape[:2])
    found = detect(picture, _FIRST_LOOK)
    if longest <= _FIRST_LOOK * 1.15:
        return found
    if not found:
        return detect(picture, _FINEST_LOOK)
    low = float(np.quantile([min(_sides(corners)) for corners in found], 0.25)) * _FIRST_LOOK / longest
    if low >= _SMALL_PX:
        return found
    finer = detect(picture, int(np.clip(_FIRST_LOOK * _GOOD_PX / low, 1.5 * _FIRST_LOOK, _FINEST_LOOK)))
    # a lone word on an empty wall is found from afar and lost from near
    return finer + [corners for corners in found if not any(_meet(corners, near) for near in finer)]


def _meet(one: Corners, other: Corners) -> bool:
    """Whether the upright rectangles around two lines share any of their middle halves."""
    shrink_one, shrink_other = (c.mean(axis=0) + (c - c.mean(axis=0)) * 0.5 for c in (one, other))
    apart = np.maximum(shrink_one.min(axis=0), shrink_other.min(axis=0)) - np.minimum(
        shrink_one.max(axis=0), shrink_other.max(axis=0)
    )
    return bool((apart < 0).all())


def _see(picture: Pixels, corners: Corners, turns: tuple[int, ...] = ()) -> _Seen:
    """Read one box; a tall one each way, keeping the way that reads best."""
    wide, high = _sides(corners)
    if not turns:
        turns = (0,) if high < _TALL * wide else (0, 90, 270) if high < _VERY_TALL * wide else (90, 270)
    tries = [
        _Seen(turned, turn, _read_one(picture, turned)) for turn, turned in ((t, _roll(corners, t)) for t in turns)
    ]
    return max(tries, key=lambda seen: seen.guess.mean - seen.guess.unread)


def _upright(picture: Pixels, seen: list[_Seen]) -> list[_Seen]:
    """Turn the page round where its longest lines read badly this way and well upside down."""
    wide = [one for one in seen if one.turn == 0]
    sample = sorted(wide, key=lambda one: -_sides(one.corners)[0])[:_SAMPLE]
    if not sample or np.mean([_quality(one.guess) for one in sample]) >= _DOUBTFUL - 0.02:
        return seen
    turned = [_read_one(picture, _roll(one.corners, 180)) for one in sample]
    if np.mean([_quality(guess) for guess in turned]) < _DOUBTFUL - 0.02:
        return seen
    if np.mean([_quality(t) - _quality(one.guess) for t, one in zip(turned, sample, strict=True)]) < 0.05:
        return seen
    return [_see(picture, one.corners, (180,)) if one.turn == 0 else one for one in seen]


def _other_scripts(picture: Pixels, seen: list[_Seen]) -> list[_Seen]:
    """Read the doubtful lines again with the scripts that PP-OCR does not know, the widest first."""
    if not installed_languages():
        return seen
    doubtful = [one for one in seen if _doubtful(one.guess) and min(_sides(one.corners)) >= _SMALLEST_SCRIPT_PX]
    out = [one for one in seen if not any(one is other for other in doubtful)]
    until = time.thread_time() + _OTHER_SCRIPTS_SECONDS
    prefer: list[str] = []
    flip = 0
    in_vain = 0
    for pieces in sorted(_pieces(doubtful), key=lambda pieces: -sum(_sides(one.corners)[0] for one in pieces)):
        if in_vain >= _OTHER_SCRIPTS_TRIES or time.thread_time() > until:
            out += pieces
            continue
        corners = around([one.corners for one in pieces]) if len(pieces) > 1 else pieces[0].corners
        only = ("ell",) if any(_is_greek(one.guess.text) for one in pieces) else ()
        reading = read_line(crop(picture, _roll(corners, flip)), prefer, only)
        if not prefer and not only and (reading is None or reading.mean < _LEAST_CONFIDENCE):  # upside down?
            turned = read_line(crop(picture, _roll(corners, 180)))
            if turned is not None and turned.mean >= _SURE_OF_TURN:
                reading, flip = turned, 180
        if reading is None or reading.mean < _LEAST_CONFIDENCE or not _better(reading, pieces):
            in_vain += not prefer
            out += pieces
            continue
        turn = (pieces[0].turn + flip) % 360
        out.append(replace(pieces[0], corners=_roll(corners, flip), turn=turn, other=reading))
        prefer = [reading.language, *(name for name in prefer if name != reading.language)]
    return out


def _pieces(doubtful: list[_Seen]) -> list[list[_Seen]]:
    """Join upright neighbours of one row: large words are often found one by one."""
    joined = [[one] for one in doubtful if one.turn != 0]
    lines = [(line, one) for one in doubtful if one.turn == 0 for line in [_line(one)]]
    where = {line.corners: one for line, one in lines}
    for row in rows([line for line, _ in lines]):
        last: TextLine | None = None
        for line in row:
            near = last is not None and line.box.left - last.box.right < _WORD_GAP * min(line.height_px, last.height_px)
            if near:
                joined[-1].append(where[line.corners])
            else:
                joined.append([where[line.corners]])
            last = line
    return joined


def _better(reading: TesseractResult, pieces: list[_Seen]) -> bool:
    """Whether to believe Tesseract: PP-OCR's Latin letters at a middling score are more often right than not."""
    first = max(pieces, key=lambda one: len(one.guess.text)).guess
    known = first.unread <= _UNREAD and first.mean >= 0.7 and _script(first.text) == "latin" and len(first.text) > 2
    return reading.mean >= 88 if known else True


def _doubtful(guess: OcrResult) -> bool:
    few = sum(letter.isalnum() for letter in guess.text) <= _FEW
    return guess.mean < (_DOUBTFUL_FEW if few else _DOUBTFUL) or guess.unread > _UNREAD or _is_greek(guess.text)


def _is_greek(said: str) -> bool:
    """Tell Greek words (PP-OCR knows some letters and mixes them with Latin look-alikes) from π, 5 µm and 20 kΩ."""
    greek = [letter for letter in said if unicodedata.name(letter, "").startswith(("GREEK", "MICRO"))]
    if len(greek) >= 3:
        return True
    words = [word.lstrip("µμ") for word in said.split()]
    return any(len(word) >= 3 and set(greek) & set(word) and any("A" <= c <= "Z" for c in word) for word in words)


def _look_alike(line: TextLine) -> bool:
    """Whether a Latin line could as well be Cyrillic or Greek capitals."""
    letters = {letter for letter in line.text if letter.isalpha()}
    return line.script == "latin" and len(letters) >= 2 and letters <= set("ABCEHKMNOPTXYZ")


def _with_look_alikes(picture: Pixels, lines: list[TextLine]) -> list[TextLine]:
    """Read the look-alikes again on a page that has Cyrillic or Greek lines; where that fails they are unread."""
    other = [name for name, (script, _) in SCRIPTS.items() if script in {line.script for line in lines} & _ALIKE]
    greek = any(line.script == "greek" for line in lines)
    if not other and not greek:
        return lines
    out = []
    for line in lines:
        if _look_alike(line):
            cut = crop(picture, np.array(line.corners, dtype=np.float32))
            reading = read_line(cut, only=other)
            if reading is not None and reading.mean >= _SURE_OF_TURN:
                line = replace(line, text=reading.text, script=reading.script, score=_script_score(reading))
            else:
                line = replace(line, score=line.score * 0.5)
        out.append(line)
    return out


def _line(seen: _Seen) -> TextLine:
    left, top = seen.corners.min(axis=0)
    right, bottom = seen.corners.max(axis=0)
    box = Box(float(left), float(top), float(right), float(bottom))
    where = tuple((float(x), float(y)) for x, y in seen.corners)
    if seen.other is not None:
        return TextLine(seen.other.text, box, _script_score(seen.other), seen.other.script, where, seen.turn)
    said = " ".join(seen.guess.text.split())
    return TextLine(said, box, _score(seen.guess), _script(said), where, seen.turn)


def _script(said: str) -> str:
    for letter in said:
        name = unicodedata.name(letter, "")
        for start, script in (("CJK", "han"), ("HIRAGANA", "kana"), ("KATAKANA", "kana"), ("GREEK", "greek")):
            if name.startswith(start):
                return script
    return "latin"


def _score(guess: OcrResult) -> float:
    """Return the probability that a line is read without a mistake.

    Fitted by isotonic regression, smoothed, on 2,143 lines of the benchmark's tune pages, shrunk to 0.3 to 1 of their
    size; lines of two signs or fewer and lines with inked but unread stretches are mostly texture and other scripts.
    """
    chance = float(np.interp(guess.mean, _MEANS, _CHANCES))
    if sum(letter.isalnum() for letter in guess.text) <= 2:
        chance *= float(np.interp(guess.mean, (0.9, 0.98), (0.3, 1.0)))
    if guess.unread > _PARTLY_UNREAD:
        chance *= 0.5
    if _is_greek(guess.text):
        chance *= 0.5
    return chance


def _script_score(reading: TesseractResult) -> float:
    """Return same probability for a line that Tesseract read: logistic regression on 174 lines of the tune pages."""
    mean, least = (float(np.log(c / (100 - c))) for c in (min(max(x, 1), 98) for x in (reading.mean, reading.least)))
    return 1 / (1 + float(np.exp(1.82 - 1.262 * mean - 1.078 * least)))


def _quality(guess: OcrResult) -> float:
    return guess.mean * (1 - guess.unread)


def _read_one(picture: Pixels, corners: Corners) -> OcrResult:
    return recognise([crop(picture, corners)])[0]


def _roll(corners: Corners, turn: int) -> Corners:
    """Begin the corners at the top left of text that is turned by `turn` degrees clockwise."""
    return np.roll(corners, -(turn // 90), axis=0)


def _sides(corners: Corners) -> tuple[float, float]:
    return float(np.linalg.norm(corners[1] - corners[0])), float(np.linalg.norm(corners[3] - corners[0]))
