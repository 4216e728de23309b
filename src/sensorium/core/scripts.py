"""Scripts: which languages write with which letters."""

from __future__ import annotations

import unicodedata
from functools import cache

_LANGUAGES = {
    "ARABIC": "ar ur fa ps sd ks ug ckb", "ARMENIAN": "hy hyw", "BENGALI": "bn as mni bpy", "CJK": "zh yue ja ko hak",
    "CYRILLIC": "ru uk bg sr be mk kk ky mn tg tt ba cv nog", "DEVANAGARI": "hi mr ne sa kok mai doi brx",
    "ETHIOPIC": "am ti", "GEORGIAN": "ka", "GREEK": "el grc", "GUJARATI": "gu", "GURMUKHI": "pa", "HANGUL": "ko",
    "HEBREW": "he yi", "HIRAGANA": "ja", "KANNADA": "kn", "KATAKANA": "ja", "KHMER": "km", "LAO": "lo",
    "MALAYALAM": "ml", "MYANMAR": "my shn", "OL CHIKI": "sat", "ORIYA": "or", "SINHALA": "si", "TAMIL": "ta",
    "TELUGU": "te", "THAI": "th", "TIBETAN": "bo",
}  # fmt: skip
_OWN = {code for codes in _LANGUAGES.values() for code in codes.split()}
_ALSO_LATIN = {"sr", "mn", "tt", "kk", "ky", "tg"}
# the first of each line is taken where nothing else is known; Latin letters go along with every language


def by_script(text: str, language: str) -> list[tuple[str, str]]:
    """Cut a text where it changes to letters that its language is not written with, and back.

    Latin letters, digits, marks and spaces go along with what is around them: names and units are written so
    everywhere, and voices know it.

    Args:
        text: Any text.
        language: The code of its language.

    Example:
        >>> by_script("It says शौचालय on the door.", "en")
        [('It says ', 'en'), ('शौचालय ', 'hi'), ('on the door.', 'en')]
    """
    found: list[tuple[str, str]] = []
    for letter in text:
        code = _code(letter, language)
        if found and (code is None or code == found[-1][1]):
            found[-1] = (found[-1][0] + letter, found[-1][1])
        else:
            found.append((letter, code or language))
    return found


def written_so(text: str, language: str) -> float:
    """Return the share of a text's letters that its language is written with, 0 to 1; 1.0 where there are no letters.

    A recogniser that writes Hindi in Latin or Arabic letters has most likely not understood it.
    """
    letters = [letter for letter in text if letter.isalpha()]
    latin = language in _ALSO_LATIN or language not in _OWN
    fitting = 0
    for letter in letters:
        script = _script(letter)
        fitting += latin if script is None else language in _LANGUAGES[script].split()
    return fitting / len(letters) if letters else 1.0


def _code(letter: str, language: str) -> str | None:
    """Return the language that a letter stands for; None where it goes along."""
    if not letter.isalpha():
        return None
    script = _script(letter)
    if script is None:
        return language
    codes = _LANGUAGES[script].split()
    return language if language in codes else codes[0]


@cache
def _script(letter: str) -> str | None:
    name = unicodedata.name(letter, "")
    return next((script for script in _LANGUAGES if name.startswith(script)), None)
