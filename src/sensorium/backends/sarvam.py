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
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sensorium.core.errors import InputError, InstallError, LimitError, SensoriumError, quoted
from sensorium.core.messages import Audio
from sensorium.core.patience import pause
from sensorium.core.sentences import pieces
from sensorium.core.speech import Span, Transcript, language_name
from sensorium.core.speech import language as code_of
from sensorium.media.audio import RATE, cuts, is_silent, join, samples, wav
from sensorium.media.sniff import media_type
from sensorium.service import failures
from sensorium.service.keys import need

if TYPE_CHECKING:
    import sarvamai

    Pick = Callable[[sarvamai.SarvamAI], Callable[..., Any]]

OFFICIAL = "https://api.sarvam.ai"
INSTALL_HINT = 'Type: pip install "sensorium[sarvam]"'
KEY = "SARVAM_API_KEY"
TIMEOUT_SECONDS = 60.0
RETRIES = 2
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
    """Give what POST /speech-to-text is sent; `data` is a WAV, `language` a short code or None for unknown."""
    code = "unknown" if language is None else _code(language)
    file = ("speech.wav", data, "audio/wav")
    return {"file": file, "model": model, "mode": mode, "language_code": code, "with_timestamps": True}


def speak_payload(text: str, model: str, voice: str, language: str) -> dict[str, Any]:
    """Give the body of POST /text-to-speech."""
    body = {"text": text, "language_code": _code(language), "model": model, "output_audio_codec": "wav"}
    return body | ({"speaker": voice} if voice else {})


def translate_payload(text: str, model: str, source: str, target: str) -> dict[str, Any]:
    """Give the body of POST /translate; numbers shall come back in the digits 0 to 9."""
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
        self._service = _Service(self.name, url)

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
        spans, found = [], None
        for start, end in cuts(sound, MOST_SECONDS, RATE):
            if is_silent(sound[start:end]):
                continue
            payload = hear_payload(wav(sound[start:end], RATE).blob.data, self.model, self.mode, code)
            found = self._service.call(lambda client: client.speech_to_text.transcribe, payload)
            text = str(getattr(found, "transcript", "") or "").strip()
            if text:
                spans.append(Span(text, round(start / RATE, 2), round(end / RATE, 2)))
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
        self._service = _Service(self.name, url)

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
        self._service = _Service(self.name, url)

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


class _Service:
    """One client; every call has a deadline, and what may pass is tried again."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.url = url
        self.timeout_seconds = TIMEOUT_SECONDS
        self.retries = RETRIES
        self._key = need((KEY,), name)

    def call(self, pick: Pick, payload: dict[str, Any]) -> Any:
        deadline = time.monotonic() + self.timeout_seconds
        for attempt in range(self.retries + 1):
            try:
                return self._once(pick, payload, max(0.001, deadline - time.monotonic()))
            except SensoriumError as error:
                pause(error, attempt, self.retries, deadline)
        raise AssertionError("the last attempt returns or raises")

    def _once(self, pick: Pick, payload: dict[str, Any], seconds: float) -> Any:
        client = self._client
        import httpx
        import pydantic
        from sarvamai.core.api_error import ApiError

        # The SDK's own tries would leave the form's fields out of the second request (seen in 0.1.39).
        how = {"max_retries": 0, "timeout_in_seconds": seconds}
        try:
            return pick(client)(**payload, request_options=how)
        except httpx.TimeoutException:
            raise failures.too_slow(self.name, self.timeout_seconds) from None
        except (httpx.RemoteProtocolError, httpx.ReadError):
            raise failures.cut(self.name) from None
        except httpx.HTTPError as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise failures.unreachable(self.name, self.url, reason, "Look at your network connection.") from None
        except ApiError as error:
            status = error.status_code or 500
            said = _said(error.body)
            if status < 300:
                raise failures.malformed(self.name, said) from None
            raise failures.refused(self.name, status, said, error.headers or {}, self._key) from None
        except (pydantic.ValidationError, ValueError) as error:
            raise failures.malformed(self.name, " ".join(str(error).split())[:200]) from None

    @cached_property
    def _client(self) -> sarvamai.SarvamAI:
        try:
            import sarvamai
        except ImportError:
            raise InstallError(f"{self.name} needs the package sarvamai.", INSTALL_HINT) from None
        from sensorium.service.timely import client

        made = client()
        weakref.finalize(self, made.close)
        where = sarvamai.SarvamAIEnvironment(
            base=self.url, creative=f"{self.url}/dubbing", production=self.url.replace("http", "ws", 1)
        )
        return sarvamai.SarvamAI(api_subscription_key=self._key.reveal(), environment=where, httpx_client=made)


def _said(body: object) -> str:
    """Find the words in an error's body: {"error": {"message", "code"}}, FastAPI's {"detail"}, or plain text."""
    if isinstance(body, dict):
        inner = body.get("error", body)
        if isinstance(inner, dict):
            words = str(inner.get("message") or inner.get("detail") or "")
            code = inner.get("code")
            return f"{words} ({code})" if isinstance(code, str) and code else words
        return str(inner)
    return body if isinstance(body, str) else ""


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
