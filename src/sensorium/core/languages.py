"""Languages: their codes, names and scripts; and what was heard in one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from sensorium.core.errors import InputError, LimitError, quoted


@dataclass(frozen=True)
class Span:
    """Words and when they were spoken, in seconds from the start of the audio."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Transcript:
    """Recognised speech.

    Args:
        text: The words; "" if nobody spoke.
        language: Their language's code.
        seconds: The length of the audio.
        spans: The words with their times, if the engine gives them.
        words: Each word with its own time, if the engine gives them.
        confidence: The mean probability of the words, 0 to 1; None if the engine gives none.
        language_confidence: Probability of a language that was detected; None if it was given.
        by: The name of the transcriber.
    """

    text: str
    language: str
    seconds: float = 0.0
    spans: tuple[Span, ...] = ()
    confidence: float | None = None
    language_confidence: float | None = None
    by: str = ""
    words: tuple[Span, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the fields by name as plain JSON values; `words` only if the engine gave them."""
        out = asdict(self) | {name: [asdict(span) for span in getattr(self, name)] for name in ("spans", "words")}
        return out if self.words else {name: value for name, value in out.items() if name != "words"}


_CODE = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]+)*", re.I)
_ALIASES = {
    "od": "or", "cmn": "zh", "nb": "no", "iw": "he", "in": "id", "ji": "yi", "jw": "jv",
    "ben": "bn", "eng": "en", "guj": "gu", "hin": "hi", "kan": "kn", "mal": "ml", "mar": "mr", "ori": "or",
    "pan": "pa", "tam": "ta", "tel": "te", "urd": "ur", "asm": "as", "nep": "ne", "san": "sa", "snd": "sd",
    "deu": "de", "fra": "fr", "spa": "es", "ita": "it", "por": "pt", "rus": "ru", "ara": "ar", "zho": "zh", "ell": "el",
}  # fmt: skip
NAMES = {
    "af": "Afrikaans", "am": "Amharic", "ar": "Arabic", "as": "Assamese", "az": "Azerbaijani", "be": "Belarusian",
    "bg": "Bulgarian", "bn": "Bengali", "brx": "Bodo", "bs": "Bosnian", "ca": "Catalan", "cs": "Czech",
    "cy": "Welsh", "da": "Danish", "de": "German", "doi": "Dogri", "el": "Greek", "en": "English",
    "eo": "Esperanto", "es": "Spanish", "et": "Estonian", "eu": "Basque", "fa": "Persian", "fi": "Finnish",
    "fr": "French", "ga": "Irish", "gl": "Galician", "gu": "Gujarati", "ha": "Hausa", "he": "Hebrew", "hi": "Hindi",
    "hr": "Croatian", "ht": "Haitian Creole", "hu": "Hungarian", "hy": "Armenian", "id": "Indonesian",
    "is": "Icelandic", "it": "Italian", "ja": "Japanese", "jv": "Javanese", "ka": "Georgian", "kk": "Kazakh",
    "km": "Khmer", "kn": "Kannada", "ko": "Korean", "kok": "Konkani", "ks": "Kashmiri", "ky": "Kyrgyz",
    "la": "Latin", "lo": "Lao", "lt": "Lithuanian", "lv": "Latvian", "mai": "Maithili", "mi": "Maori",
    "mk": "Macedonian", "ml": "Malayalam", "mn": "Mongolian", "mni": "Manipuri", "mr": "Marathi", "ms": "Malay",
    "mt": "Maltese", "my": "Burmese", "ne": "Nepali", "nl": "Dutch", "nn": "Nynorsk",
    "no": "Norwegian", "or": "Odia", "pa": "Punjabi", "pl": "Polish", "ps": "Pashto", "pt": "Portuguese",
    "ro": "Romanian", "ru": "Russian", "sa": "Sanskrit", "sat": "Santali", "sd": "Sindhi", "si": "Sinhala",
    "sk": "Slovak", "sl": "Slovenian", "so": "Somali", "sq": "Albanian", "sr": "Serbian", "su": "Sundanese",
    "sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "te": "Telugu", "tg": "Tajik", "th": "Thai", "tk": "Turkmen",
    "tl": "Tagalog", "tr": "Turkish", "tt": "Tatar", "uk": "Ukrainian", "ur": "Urdu", "uz": "Uzbek",
    "vi": "Vietnamese", "yi": "Yiddish", "yo": "Yoruba", "yue": "Cantonese", "zh": "Chinese",
}  # fmt: skip
"""English names of languages by code (ISO 639, https://www.loc.gov/standards/iso639-2): for messages and prompts."""
_BY_NAME = {name.casefold(): code for code, name in NAMES.items()}


def language(name: str) -> str:
    """Return the short code of a language: "hi" for "hi-IN", "HI", "hin" and "Hindi".

    Raises:
        InputError: if it is neither a code nor an English name of a language.
    """
    text = name.strip()
    code = _BY_NAME.get(text.casefold())
    if code is not None:
        return code
    match = _CODE.fullmatch(text)
    if match is None:
        raise InputError(f"{quoted(name)} isn't a language code.", "Give a code such as hi, ta or en.")
    code = match.group(1).lower()
    return _ALIASES.get(code, code)


def language_name(code: str) -> str:
    """Return the English name of a language, or its code if unknown."""
    return NAMES.get(code, code)


def handles(languages: Iterable[str], code: str) -> bool:
    """Whether a language is among `languages`; an empty list stands for every language."""
    stated = tuple(languages)
    return not stated or code in stated


SCRIPTS = {
    "ARABIC": "ar ur fa ps sd ks ug ckb", "ARMENIAN": "hy hyw", "BENGALI": "bn as mni bpy", "CJK": "zh yue ja ko hak",
    "CYRILLIC": "ru uk bg sr be mk kk ky mn tg tt ba cv nog", "DEVANAGARI": "hi mr ne sa kok mai doi brx",
    "ETHIOPIC": "am ti", "GEORGIAN": "ka", "GREEK": "el grc", "GUJARATI": "gu", "GURMUKHI": "pa", "HANGUL": "ko",
    "HEBREW": "he yi", "HIRAGANA": "ja", "KANNADA": "kn", "KATAKANA": "ja", "KHMER": "km", "LAO": "lo",
    "MALAYALAM": "ml", "MYANMAR": "my shn", "OL CHIKI": "sat", "ORIYA": "or", "SINHALA": "si", "TAMIL": "ta",
    "TELUGU": "te", "THAI": "th", "TIBETAN": "bo",
}  # fmt: skip
"""Unicode's name of a script -> codes of the languages written in it; the first is assumed if nothing else is known."""
NOT_LATIN = {code for codes in SCRIPTS.values() for code in codes.split()}
"""Codes of the languages that are written in one of `SCRIPTS`."""
_ALSO_LATIN = {"sr", "mn", "tt", "kk", "ky", "tg"}


def split_by_script(text: str, language: str) -> list[tuple[str, str]]:
    """Return (piece, language) pairs of a text, cut where its script changes.

    Latin characters, digits, marks and spaces belong to the text around them: names and units are written so
    everywhere, and voices know it.

    Args:
        text: Any text.
        language: The code of its language.

    Example:
        >>> split_by_script("It says शौचालय on the door.", "en")
        [('It says ', 'en'), ('शौचालय ', 'hi'), ('on the door.', 'en')]
    """
    pieces: list[tuple[str, str]] = []
    for character in text:
        code = _language_of(character, language)
        if pieces and (code is None or code == pieces[-1][1]):
            pieces[-1] = (pieces[-1][0] + character, pieces[-1][1])
        else:
            pieces.append((character, code or language))
    return pieces


def script_share(text: str, language: str) -> float:
    """Return the share of a text's letters in its language's script, 0 to 1; 1.0 without letters.

    A recogniser that writes Hindi in Latin or Arabic letters has most likely not understood it.
    """
    letters = [letter for letter in text if letter.isalpha()]
    latin = language in _ALSO_LATIN or language not in NOT_LATIN
    fitting = 0
    for letter in letters:
        script = script_of(letter)
        fitting += latin if script is None else language in SCRIPTS[script].split()
    return fitting / len(letters) if letters else 1.0


def _language_of(character: str, language: str) -> str | None:
    """Return the language of a character's script; None for digits, marks and spaces."""
    if not character.isalpha():
        return None
    script = script_of(character)
    return language if script is None else language_in_script(script, language)


def language_in_script(script: str, language: str) -> str:
    """Return `language` if it is written in the script, else the language that is assumed for the script."""
    codes = SCRIPTS[script].split()
    return language if language in codes else codes[0]


def script_of_language(code: str) -> str:
    """Return the script of `SCRIPTS` that a language is written in; StopIteration if it isn't in the table."""
    return next(script for script, codes in SCRIPTS.items() if code in codes.split())


@cache
def script_of(character: str) -> str | None:
    """Return Unicode's name of a character's script, a key of `SCRIPTS`; None for Latin and everything else."""
    name = unicodedata.name(character, "")
    return next((script for script in SCRIPTS if name.startswith(script)), None)


def require_language(given: str, supported: Iterable[str], name: str, verb: str) -> str:
    """Return the short code of a language that `name`, an engine, supports.

    Raises:
        InputError: when it is neither a code nor an English name of a language.
        LimitError: when it is not supported; the message says that the engine does not `verb` it.
    """
    code = language(given)
    codes = tuple(supported)
    if code not in codes:
        raise LimitError(f"{name} does not {verb} {language_name(code)}.", f"Supported: {', '.join(sorted(codes))}")
    return code


def whisper_code(code: str) -> str:
    """Return Whisper's own code of a language."""
    return "jw" if code == "jv" else code
