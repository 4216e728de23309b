"""Other scripts, one line at a time, through Tesseract if its data is installed."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageFilter
from platformdirs import user_data_path

from sensorium.core.languages import language, language_name, script_of_language
from sensorium.media.image import Pixels

SCRIPTS = {
    name: (script_of_language(code).lower(), language_name(code))
    for name, code in ((name, language(name)) for name in ("hin", "tam", "ben", "tel", "ara", "rus", "ell"))
}
"""Tesseract's name of a language -> its script, and the language in English."""
_FOLDERS = (
    "/usr/share/tesseract-ocr/*/tessdata", "/usr/share/tessdata", "/usr/local/share/tessdata",
    "/opt/homebrew/share/tessdata", "C:/Program Files/Tesseract-OCR/tessdata",
)  # fmt: skip
_LINE_HEIGHTS_PX = (48, 36, 64)  # Tesseract's LSTM works at about 40; the others are tried if 48 reads badly
_THICKEST_STROKE_PX = 13
_EDGE = 8  # pixels of plain paper around the line
_STOP_LANGUAGES = 80.0  # mean confidence from which no other language is tried
_STOP_HEIGHTS = 93.0  # and from which no other height is tried
_HOPELESS = 55.0  # and below which none is
_MIN_CONTRAST = 20  # grey levels from the darkest to the lightest pixel of a line
_STRAY = " |'`’‘[]{};$)(=_~\"“”<>«»।.,:-!"  # what borders and neighbours of a line are read as
_MIN_SCRIPT_SHARE = 0.8  # of the letters that must be of the language's own script
_lock = Lock()


@dataclass(frozen=True)
class TesseractResult:
    """What Tesseract reads in one line.

    Args:
        text: What it says.
        language: Tesseract's name: "hin", "tam" …
        mean, lowest: Mean and lowest confidence of its words, 0 to 100.
    """

    text: str
    language: str
    mean: float
    lowest: float

    @property
    def script(self) -> str:
        return SCRIPTS[self.language][0]


def installed_languages() -> tuple[str, ...]:
    """Return the languages whose data is installed, as Tesseract names them; () if Tesseract itself is not."""
    return tuple(name for name in SCRIPTS if name in _data()) if _tesserocr() is not None else ()


def missing_languages() -> dict[str, str]:
    """Return each language that cannot be read here, in English -> what to type."""
    if _tesserocr() is None:
        return {english: 'pip install "sensorium[offline]"' for _, english in SCRIPTS.values()}
    have = installed_languages()
    return {english: _hint(name) for name, (_, english) in SCRIPTS.items() if name not in have}


def read_line(crop: Pixels, prefer: Iterable[str] = (), only: Collection[str] = ()) -> TesseractResult | None:
    """Return one straightened line, (height, width, 3) RGB pixels, as the installed language that fits best reads it.

    Args:
        prefer: Languages to try first; if one reads it surely, the others are not tried.
        only: If given, no other languages are tried at all.

    Gives None if no language is installed or none reads its own script in it. The line is made dark on light,
    48 px high, page segmentation "single line": on whole photos Tesseract is of no use.
    """
    languages = installed_languages() if np.ptp(crop) >= _MIN_CONTRAST else ()
    languages = tuple(name for name in languages if not only or name in only)
    if not languages:
        return None
    first = [name for name in prefer if name in languages]
    line = _prepare(crop, _LINE_HEIGHTS_PX[0])
    best: TesseractResult | None = None
    for name in (*first, *(name for name in languages if name not in first)):
        best = _surer(best, _read(name, line))
        if name in first and best is not None and best.mean >= _STOP_LANGUAGES:
            break
    for height in _LINE_HEIGHTS_PX[1:]:
        if best is None or best.mean < _HOPELESS or best.mean >= _STOP_HEIGHTS:
            break
        best = _surer(best, _read(best.language, _prepare(crop, height)))
    return best


def _surer(a: TesseractResult | None, b: TesseractResult | None) -> TesseractResult | None:
    if a is None or b is None:
        return a or b
    return b if b.mean + b.lowest > a.mean + a.lowest else a


def _read(language: str, line: PIL.Image.Image) -> TesseractResult | None:
    with _lock:  # a Tesseract API is not thread-safe
        api = _api(language)
        if api is None:
            return None
        api.SetImage(line)
        raw = str(api.GetUTF8Text())
        words = list(zip(raw.split(), api.AllWordConfidences(), strict=False))
    confidences = [float(confidence) for word, confidence in words if word.strip(_STRAY)]
    # Tesseract writes zero-width non-joiners after Tamil and Bengali pure consonants, which nobody types
    text = unicodedata.normalize("NFC", " ".join(raw.replace("\u200c", "").split()).strip(_STRAY))
    script = SCRIPTS[language][0]
    min_letters = 3 if script in ("cyrillic", "greek") else 2  # "5 µm" isn't "5 ит"
    if sum(c.isalpha() for c in text) < min_letters or not confidences or _share(text, script) < _MIN_SCRIPT_SHARE:
        return None
    return TesseractResult(text, language, sum(confidences) / len(confidences), min(confidences))


def _share(text: str, script: str) -> float:
    """Return the share of the letters and marks that belong to a script; digits and punctuation do not count."""
    names = [unicodedata.name(c, "") for c in text if unicodedata.category(c)[0] in "LM"]
    return sum(name.startswith(script.upper()) for name in names) / len(names) if names else 0.0


def _prepare(crop: Pixels, height_px: int) -> PIL.Image.Image:
    grey = np.asarray(PIL.Image.fromarray(crop).convert("L"))
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    if np.median(border) < grey.mean():
        grey = 255 - grey
    wide = max(_EDGE, round(grey.shape[1] * height_px / grey.shape[0]))
    line = PIL.Image.fromarray(grey).resize((wide, height_px), PIL.Image.Resampling.BICUBIC)
    # Tesseract cuts at one grey: a shadow over the line must go, so the paper around the ink is divided out
    around = line.filter(PIL.ImageFilter.MaxFilter(_THICKEST_STROKE_PX)).filter(PIL.ImageFilter.GaussianBlur(8))
    even = np.asarray(line, dtype=np.float32) / np.maximum(np.asarray(around, dtype=np.float32), 1.0)
    paper = PIL.Image.new("L", (wide + 2 * _EDGE, height_px + 2 * _EDGE), 255)
    paper.paste(PIL.Image.fromarray(np.clip(even * 255, 0, 255).astype(np.uint8)), (_EDGE, _EDGE))
    return paper


def _hint(language: str) -> str:
    if sys.platform == "darwin":
        return "brew install tesseract-lang"
    if sys.platform == "win32":
        return f"put {language}.traineddata from tesseract-ocr/tessdata_fast into {_own_folder()}"
    return f"apt install tesseract-ocr-{language}"


def _own_folder() -> Path:
    return user_data_path("sensorium", appauthor=False) / "tessdata"


@cache
def _data() -> dict[str, Path]:
    """Return the folder of each language's data, looked up once."""
    folders = [Path(os.environ["TESSDATA_PREFIX"])] if os.environ.get("TESSDATA_PREFIX") else []
    folders += [folder / "tessdata" for folder in folders]
    folders.append(_own_folder())
    for pattern in _FOLDERS:
        start = Path(pattern).anchor
        if Path(start).is_absolute():
            folders += sorted(Path(start).glob(str(Path(pattern).relative_to(start))), reverse=True)
    places = ((name, folder) for name in SCRIPTS for folder in reversed(folders))
    return {name: folder for name, folder in places if (folder / f"{name}.traineddata").is_file()}


@cache
def _tesserocr() -> Any:
    try:
        import tesserocr
    except ImportError:
        return None  # other scripts stay unread; missing_languages() says what to type
    return tesserocr


@cache
def _api(language: str) -> Any:
    tesserocr = _tesserocr()
    try:
        return tesserocr.PyTessBaseAPI(
            path=f"{_data()[language]}{os.sep}",
            lang=language,
            psm=tesserocr.PSM.SINGLE_LINE,
            oem=tesserocr.OEM.LSTM_ONLY,
        )
    except RuntimeError:  # data of another version of Tesseract
        return None
