"""Sarvam AI: transcribes 22 languages of India and English (Saaras), speaks eleven (Bulbul), translates (Mayura).

sarvam                         the default of the role: saaras:v3, bulbul:v3, mayura:v1
sarvam:saaras:v3/codemix       a mode: transcribe, verbatim, translate (to English), translit, codemix
sarvam:bulbul:v3/ritu          a voice
sarvam:…@http://localhost:8000 another server with Sarvam's interface; without one, SARVAM_BASE_URL is used

Speech and text go to Sarvam. The key is in SARVAM_API_KEY, or in the system's keyring under that name.
"""

from __future__ import annotations

import base64
import binascii
import os
from typing import Any, NamedTuple

from sensorium.core.errors import InputError, quoted
from sensorium.core.languages import Span, Transcript, require_language
from sensorium.core.languages import language as code_of
from sensorium.core.messages import Audio
from sensorium.core.sentences import pieces
from sensorium.hosted import failures
from sensorium.hosted.sarvam_client import SarvamClient
from sensorium.media.audio import RATE, cuts, is_silent, join, samples, wav
from sensorium.media.sniff import media_type

OFFICIAL_URL = "https://api.sarvam.ai"
MAX_SECONDS = 29.0
"""REST speech takes under 30 s (https://docs.sarvam.ai/api-reference-docs/speech-to-text/transcribe)."""
MODES = ("transcribe", "translate", "verbatim", "translit", "codemix")
_ELEVEN = ("bn", "en", "gu", "hi", "kn", "ml", "mr", "or", "pa", "ta", "te")
_ALL = (*_ELEVEN, "as", "brx", "doi", "kok", "ks", "mai", "mni", "ne", "sa", "sat", "sd", "ur")
_MAX_CHARACTERS = {"bulbul:v2": 1500, "bulbul": 2500, "mayura": 1000, "sarvam-translate": 2000}  # as the SDK documents
_OWN_CODES = {"or": "od"}


class SarvamName(NamedTuple):
    """The parts of a name: the model, the mode or voice after its slash, and the server's address."""

    model: str
    detail: str
    url: str


def parse(name: str, prefixes: tuple[str, ...], default: str) -> SarvamName:
    """Read "MODEL/DETAIL@URL"; raise InputError unless the model's name starts with one of the prefixes."""
    rest, _, url = name.partition("@")
    model, _, detail = rest.partition("/")
    model = model or default
    if not model.startswith(prefixes):
        raise InputError(f"{quoted(f'sarvam:{name}')} does not fit here.", f"Try sarvam:{default}")
    url = url or os.environ.get("SARVAM_BASE_URL", "").strip()
    if url and not url.startswith(("http://", "https://")):
        raise InputError(f"{quoted(url)} can't be a server's address.", f"Try sarvam:{default}@http://localhost:8000")
    return SarvamName(model, detail, url.rstrip("/") or OFFICIAL_URL)


def transcriber(name: str) -> Saaras:
    """Return the Transcriber; see the module for names."""
    model, mode, url = parse(name, ("saaras", "saarika"), "saaras:v3")
    return Saaras(model, mode or "transcribe", url)


def speaker(name: str) -> Bulbul:
    """Return the Speaker; see the module for names."""
    return Bulbul(*parse(name, ("bulbul",), "bulbul:v3"))


def translator(name: str) -> Mayura:
    """Return the Translator; see the module for names."""
    model, _, url = parse(name, ("mayura", "sarvam-translate"), "mayura:v1")
    return Mayura(model, url)


def transcribe_payload(data: bytes, model: str, mode: str, language: str | None) -> dict[str, Any]:
    """Return the form of POST /speech-to-text; `data` is a WAV, `language` a short code or None for unknown."""
    code = "unknown" if language is None else _own_code(language)
    file = ("speech.wav", data, "audio/wav")
    return {"file": file, "model": model, "mode": mode, "language_code": code, "with_timestamps": True}


def speak_payload(text: str, model: str, voice: str, language: str) -> dict[str, Any]:
    """Return the body of POST /text-to-speech."""
    body = {"text": text, "language_code": _own_code(language), "model": model, "output_audio_codec": "wav"}
    return body | ({"speaker": voice} if voice else {})


def translate_payload(text: str, model: str, source: str, target: str) -> dict[str, Any]:
    """Return the body of POST /translate; numbers come back in the digits 0 to 9."""
    return {
        "input": text,
        "source_language_code": _own_code(source),
        "target_language_code": _own_code(target),
        "model": model,
        "mode": "formal",
        "numerals_format": "international",
    }


class Saaras:
    """A Transcriber; `mode` "translate" writes English, "translit" Latin letters, "codemix" both scripts.

    Raises:
        InputError: when the mode is unknown.
        AccessError: when the key is missing.
    """

    def __init__(self, model: str = "saaras:v3", mode: str = "transcribe", url: str = OFFICIAL_URL) -> None:
        if mode not in MODES:
            raise InputError(f"Saaras has no mode {quoted(mode)}.", f"Modes: {', '.join(MODES)}")
        self.name = f"sarvam:{model}" + (f"/{mode}" if mode != "transcribe" else "")
        self.languages = _ALL
        self.model, self.mode = model, mode
        self._client = SarvamClient(self.name, url)

    def transcribe(self, audio: Audio, language: str | None) -> Transcript:
        """Return the words; longer audio is cut at silences into pieces of at most 29 s.

        Raises:
            LimitError: when the language is not supported.
            MediaError: when the audio can't be opened.
            SensoriumError: any failure of the service.
        """
        code = None if language is None else require_language(language, _ALL, self.name, "transcribe")
        waveform = samples(audio, RATE)
        length = round(waveform.size / RATE, 2)
        if is_silent(waveform):
            return Transcript("", code or "", length, by=self.name)
        spans: list[Span] = []
        response = None
        for start, end in cuts(waveform, MAX_SECONDS, RATE):
            if is_silent(waveform[start:end]):
                continue
            payload = transcribe_payload(wav(waveform[start:end], RATE).blob.data, self.model, self.mode, code)
            response = self._client.call(lambda client: client.speech_to_text.transcribe, payload)
            spans += _spans(response, start / RATE, end / RATE)
        guess = getattr(response, "language_code", None)
        spoken = "en" if self.mode == "translate" else code or (code_of(guess) if guess else "")
        probability = None if code else getattr(response, "language_probability", None)
        text = " ".join(span.text for span in spans)
        return Transcript(text, spoken, length, tuple(spans), None, probability, self.name)


class Bulbul:
    """A Speaker; raises AccessError when the key is missing."""

    def __init__(self, model: str = "bulbul:v3", voice: str = "", url: str = OFFICIAL_URL) -> None:
        self.name = f"sarvam:{model}" + (f"/{voice}" if voice else "")
        self.languages = _ELEVEN
        self.model, self.voice = model, voice
        self._client = SarvamClient(self.name, url)

    def speak(self, text: str, language: str) -> Audio:
        """Return the speech; a text over the service's limit is cut between sentences and joined again.

        Raises:
            LimitError: when the language is not supported.
            SensoriumError: any failure of the service.
        """
        code = require_language(language, self.languages, self.name, "speak")
        if not text.strip():
            raise InputError("The text is empty.", "Give some words.")
        clips: list[Audio] = []
        for piece in pieces(text, _max_characters(self.model)):
            payload = speak_payload(piece, self.model, self.voice, code)
            response = self._client.call(lambda client: client.text_to_speech.convert, payload)
            clips += [_decoded(encoded, self.name) for encoded in response.audios]
        if not clips:
            raise failures.unexpected_response(self.name, "no audio.")
        return join(clips)


class Mayura:
    """A Translator; languages that Mayura lacks go to sarvam-translate. Raises AccessError when the key is missing."""

    def __init__(self, model: str = "mayura:v1", url: str = OFFICIAL_URL) -> None:
        self.name = f"sarvam:{model}"
        self.languages = _ALL
        self.model = model
        self._client = SarvamClient(self.name, url)

    def translate(self, text: str, source: str, target: str) -> str:
        """Return the translation; a text over the service's limit is cut between sentences.

        Raises:
            LimitError: when a language is not supported.
            SensoriumError: any failure of the service.
        """
        codes = [require_language(code, self.languages, self.name, "translate") for code in (source, target)]
        model = self.model
        if model.startswith("mayura") and not set(codes) <= set(_ELEVEN):
            model = "sarvam-translate:v1"
        translations = []
        for piece in pieces(text, _max_characters(model)):
            payload = translate_payload(piece, model, codes[0], codes[1])
            response = self._client.call(lambda client: client.text.translate, payload)
            translations.append(str(response.translated_text).strip())
        return " ".join(translations)


def _spans(response: Any, start: float, end: float) -> list[Span]:
    """Return a piece's words, sentence by sentence if the service gives times, else as one span."""
    text = str(getattr(response, "transcript", "") or "").strip()
    times = getattr(response, "timestamps", None)
    words = [str(word).strip() for word in getattr(times, "words", None) or ()]
    starts, ends = (list(getattr(times, f"{side}_time_seconds", None) or ()) for side in ("start", "end"))
    if not text or not words or not len(words) == len(starts) == len(ends) or " ".join(words) != text:
        return [Span(text, round(start, 2), round(end, 2))] if text else []
    return [
        Span(word, round(start + a, 2), round(start + b, 2)) for word, a, b in zip(words, starts, ends, strict=True)
    ]


def _decoded(encoded: object, name: str) -> Audio:
    try:
        data = base64.b64decode(str(encoded), validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if media_type(data) != "audio/wav":
        raise failures.unexpected_response(name, "audio that isn't a WAV.")
    return Audio(data)


def _max_characters(model: str) -> int:
    return next(count for prefix, count in _MAX_CHARACTERS.items() if model.startswith(prefix))


def _own_code(language: str) -> str:
    return f"{_OWN_CODES.get(language, language)}-IN"
