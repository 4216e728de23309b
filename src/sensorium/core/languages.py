"""Speech as values: what was heard, and the codes of languages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from sensorium.core.errors import InputError, quoted


@dataclass(frozen=True)
class Span:
    """Words and when they were said, in seconds from the sound's start."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Transcript:
    """What was heard.

    Args:
        text: The words; "" where nobody spoke.
        language: Their language's code.
        seconds: The length of the sound.
        spans: The words piece by piece, where the engine tells when they were said.
        confidence: The mean probability of the words, 0 to 1; None where the engine gives none.
        language_confidence: Where the language was guessed, how likely it is; None where it was told.
        by: The name of what heard it.
    """

    text: str
    language: str
    seconds: float = 0.0
    spans: tuple[Span, ...] = ()
    confidence: float | None = None
    language_confidence: float | None = None
    by: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the fields by name as plain JSON values."""
        return asdict(self) | {"spans": [asdict(span) for span in self.spans]}


_CODE = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]+)*", re.I)
_SAME = {
    "od": "or", "cmn": "zh", "nb": "no", "iw": "he", "in": "id", "ji": "yi", "jw": "jv",
    "ben": "bn", "eng": "en", "guj": "gu", "hin": "hi", "kan": "kn", "mal": "ml", "mar": "mr", "ori": "or",
    "pan": "pa", "tam": "ta", "tel": "te", "urd": "ur", "asm": "as", "nep": "ne", "san": "sa", "snd": "sd",
    "deu": "de", "fra": "fr", "spa": "es", "ita": "it", "por": "pt", "rus": "ru", "ara": "ar", "zho": "zh",
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


def language(given: str) -> str:
    """Return the short code of a language: "hi" for "hi-IN", "HI", "hin" and "Hindi".

    Raises:
        InputError: when it is neither a code nor an English name of a language.
    """
    text = given.strip()
    named = _BY_NAME.get(text.casefold())
    if named is not None:
        return named
    found = _CODE.fullmatch(text)
    if found is None:
        raise InputError(f"{quoted(given)} is no language's code.", "Give a code such as hi, ta or en.")
    code = found.group(1).lower()
    return _SAME.get(code, code)


def language_name(code: str) -> str:
    """Return the English name of a language, or its code where it is not known here."""
    return NAMES.get(code, code)


def handles(languages: Iterable[str], code: str) -> bool:
    """Whether a language is among `languages`; none stated means that all are tried."""
    stated = tuple(languages)
    return not stated or code in stated
