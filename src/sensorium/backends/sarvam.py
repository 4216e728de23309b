"""Sarvam AI: hears 22 languages of India and English (Saaras), speaks eleven (Bulbul), translates (Mayura).

sarvam                         what fits the role: saaras:v3, bulbul:v3, mayura:v1
sarvam:saaras:v3/codemix       a mode of hearing: transcribe, verbatim, translate (to English), translit, codemix
sarvam:bulbul:v3/ritu          a voice
sarvam:…@http://localhost:8000 another server that speaks as Sarvam's does

What is said, and the words, go to Sarvam. The key is in SARVAM_API_KEY, or in the system's keyring under that name.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from sensorium.core.errors import InputError, LimitError, quoted
from sensorium.core.languages import Span, Transcript, language_name
from sensorium.core.languages import language as code_of
from sensorium.core.messages import Audio
from sensorium.core.sentences import pieces
from sensorium.hosted import failures
from sensorium.hosted.sarvam import Service
from sensorium.media.audio import RATE, cuts, is_silent, join, samples, wav
from sensorium.media.sniff import media_type

OFFICIAL = "https://api.sarvam.ai"
MOST_SECONDS = 29.0
"""REST speech takes under 30 s (https://docs.sarvam.ai/api-reference-docs/speech-to-text/transcribe)."""
MODES = ("transcribe", "translate", "verbatim", "translit", "codemix")
_ELEVEN = ("bn", "en", "gu", "hi", "kn", "ml", "mr", "or", "pa", "ta", "te")
_ALL = (*_ELEVEN, "as", "brx", "doi", "kok", "ks", "mai", "mni", "ne", "sa", "sat", "sd", "ur")
_MOST_LETTERS = {"bulbul:v2": 1500, "bulbul": 2500, "mayura": 1000, "sarvam-translate": 2000}  # as the SDK documents
_OWN_CODES = {"or": "od"}


@dataclass(frozen=True)
class Named:
    """What a name stands for: the model, the mode or voice after its slash, and the server's address."""

    model: str
    detail: str
    url: str


def named(name: str, kinds: tuple[str, ...], default: str) -> Named:
    """Read "MODEL/DETAIL@URL"; InputError where the model is none of these kinds."""
    rest, _, url = name.partition("@")
    model, _, detail = rest.partition("/")
    model = model or default
    if not model.startswith(kinds):
        raise InputError(f"{quoted(f'sarvam:{name}')} does not fit here.", f"Try sarvam:{default}")
    if url and not url.startswith(("http://", "https://")):
        raise InputError(f"{quoted(url)} is no server's address.", f"Try sarvam:{default}@http://localhost:8000")
    return Named(model, detail, url.rstrip("/") or OFFICIAL)


def transcriber(name: str) -> Saaras:
    """Make the Transcriber; see the module for names."""
    which = named(name, ("saaras", "saarika"), "saaras:v3")
    return Saaras(which.model, which.detail or "transcribe", which.url)


def speaker(name: str) -> Bulbul:
    """Make the Speaker; see the module for names."""
    which = named(name, ("bulbul",), "bulbul:v3")
    return Bulbul(which.model, which.detail, which.url)


def translator(name: str) -> Mayura:
    """Make the Translator; see the module for names."""
    which = named(name, ("mayura", "sarvam-translate"), "mayura:v1")
    return Mayura(which.model, which.url)


def hear_payload(data: bytes, model: str, mode: str, language: str | None) -> dict[str, Any]:
    """Return what POST /speech-to-text is sent; `data` is a WAV, `language` a short code or None for unknown."""
    code = "unknown" if language is None else _code(language)
    file = ("speech.wav", data, "audio/wav")
    return {"file": file, "model": model, "mode": mode, "language_code": code, "with_timestamps": True}


def speak_payload(text: str, model: str, voice: str, language: str) -> dict[str, Any]:
    """Return the body of POST /text-to-speech."""
    body = {"text": text, "language_code": _code(language), "model": model, "output_audio_codec": "wav"}
    return body | ({"speaker": voice} if voice else {})


def translate_payload(text: str, model: str, source: str, target: str) -> dict[str, Any]:
    """Return the body of POST /translate; numbers shall come back in the digits 0 to 9."""
    return {
        "input": text,
        "source_language_code": _code(source),
        "target_language_code": _code(target),
        "model": model,
        "mode": "formal",
        "numerals_format": "international",
    }


class Saaras:
    """A Transcriber; `mode` "translate" writes English, "translit" Latin letters, "codemix" both scripts.

    Raises:
        InputError: when there is no such mode.
        AccessError: when there is no key.
    """

    def __init__(self, model: str = "saaras:v3", mode: str = "transcribe", url: str = OFFICIAL) -> None:
        if mode not in MODES:
            raise InputError(f"Saaras has no mode {quoted(mode)}.", f"Modes: {', '.join(MODES)}")
        self.name = f"sarvam:{model}" + (f"/{mode}" if mode != "transcribe" else "")
        self.languages = _ALL
        self.model, self.mode = model, mode
        self._service = Service(self.name, url)

    def transcribe(self, audio: Audio, language: str | None) -> Transcript:
        """Write down what is said; longer sounds are cut at silences into pieces of at most 29 s.

        Raises:
            LimitError: when it does not know the language.
            MediaError: when the sound can't be opened.
            SensoriumError: whatever the service refuses.
        """
        code = None if language is None else _known(language, _ALL, self.name, "hear")
        sound = samples(audio, RATE)
        length = round(sound.size / RATE, 2)
        if is_silent(sound):
            return Transcript("", code or "", length, by=self.name)
        spans: list[Span] = []
        found = None
        for start, end in cuts(sound, MOST_SECONDS, RATE):
            if is_silent(sound[start:end]):
                continue
            payload = hear_payload(wav(sound[start:end], RATE).blob.data, self.model, self.mode, code)
            found = self._service.call(lambda client: client.speech_to_text.transcribe, payload)
            spans += _spans(found, start / RATE, end / RATE)
        told = getattr(found, "language_code", None)
        heard = "en" if self.mode == "translate" else code or (code_of(told) if told else "")
        chance = None if code else getattr(found, "language_probability", None)
        text = " ".join(span.text for span in spans)
        return Transcript(text, heard, length, tuple(spans), None, chance, self.name)


class Bulbul:
    """A Speaker; raises AccessError when there is no key."""

    def __init__(self, model: str = "bulbul:v3", voice: str = "", url: str = OFFICIAL) -> None:
        self.name = f"sarvam:{model}" + (f"/{voice}" if voice else "")
        self.languages = _ELEVEN
        self.model, self.voice = model, voice
        self._service = Service(self.name, url)

    def speak(self, text: str, language: str) -> Audio:
        """Say a text; one over the service's limit is cut between sentences and joined again.

        Raises:
            LimitError: when it does not speak the language.
            SensoriumError: whatever the service refuses.
        """
        code = _known(language, self.languages, self.name, "speak")
        if not text.strip():
            raise InputError("There is nothing to say.", "Give some words.")
        sounds = []
        for piece in pieces(text, _most_letters(self.model)):
            payload = speak_payload(piece, self.model, self.voice, code)
            answer = self._service.call(lambda client: client.text_to_speech.convert, payload)
            sounds += [_sound(one, self.name) for one in answer.audios]
        if not sounds:
            raise failures.malformed(self.name, "no sound.")
        return join(sounds)


class Mayura:
    """A Translator; languages that Mayura lacks go to sarvam-translate. Raises AccessError when there is no key."""

    def __init__(self, model: str = "mayura:v1", url: str = OFFICIAL) -> None:
        self.name = f"sarvam:{model}"
        self.languages = _ALL
        self.model = model
        self._service = Service(self.name, url)

    def translate(self, text: str, source: str, target: str) -> str:
        """Translate; a text over the service's limit is cut between sentences.

        Raises:
            LimitError: when it does not know one of the languages.
            SensoriumError: whatever the service refuses.
        """
        codes = [_known(one, self.languages, self.name, "translate") for one in (source, target)]
        model = self.model
        if model.startswith("mayura") and not set(codes) <= set(_ELEVEN):
            model = "sarvam-translate:v1"
        found = []
        for piece in pieces(text, _most_letters(model)):
            payload = translate_payload(piece, model, codes[0], codes[1])
            answer = self._service.call(lambda client: client.text.translate, payload)
            found.append(str(answer.translated_text).strip())
        return " ".join(found)


def _spans(found: Any, start: float, end: float) -> list[Span]:
    """Return what was heard in a piece, sentence by sentence where the service says when each was said."""
    text = str(getattr(found, "transcript", "") or "").strip()
    told = getattr(found, "timestamps", None)
    words = [str(one).strip() for one in getattr(told, "words", None) or ()]
    begins, ends = (list(getattr(told, f"{side}_time_seconds", None) or ()) for side in ("start", "end"))
    if not text or not words or not len(words) == len(begins) == len(ends) or " ".join(words) != text:
        return [Span(text, round(start, 2), round(end, 2))] if text else []
    return [Span(one, round(start + a, 2), round(start + b, 2)) for one, a, b in zip(words, begins, ends, strict=True)]


def _sound(text: object, name: str) -> Audio:
    try:
        data = base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if media_type(data) != "audio/wav":
        raise failures.malformed(name, "what is no WAV.")
    return Audio(data)


def _most_letters(model: str) -> int:
    return next(most for start, most in _MOST_LETTERS.items() if model.startswith(start))


def _known(language: str, known: tuple[str, ...], name: str, verb: str) -> str:
    code = code_of(language)
    if code not in known:
        raise LimitError(f"{name} does not {verb} {language_name(code)}.", f"It does: {', '.join(sorted(known))}")
    return code


def _code(language: str) -> str:
    return f"{_OWN_CODES.get(language, language)}-IN"
