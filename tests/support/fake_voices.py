"""Transcribers, translators and speakers with prepared results, which record what they were asked."""

from __future__ import annotations

import re

import numpy as np

from sensorium import Audio
from sensorium.core.errors import SensoriumError
from sensorium.core.languages import Transcript
from sensorium.media.audio import wav

QUESTION = wav(np.sin(np.arange(16_000) / 8).astype(np.float32) * 0.3)
"""A sound of one second."""


class FakeTranscriber:
    def __init__(
        self, text: str, languages: tuple[str, ...] = (), error: SensoriumError | None = None, confidence: float = 0.9,
        name: str = "hearer",
    ) -> None:  # fmt: skip
        self.name, self.text, self.languages, self.error, self.confidence = name, text, languages, error, confidence
        self.asked: list[tuple[Audio, str | None]] = []

    def transcribe(self, audio: Audio, language: str | None) -> Transcript:
        self.asked.append((audio, language))
        if self.error is not None:
            raise self.error
        return Transcript(self.text, language or "en", 1.0, confidence=self.confidence, by=self.name)


class FakeTranslator:
    """A translator of prepared sentences; it keeps words in brackets, as a good translator does."""

    def __init__(
        self, known: dict[str, str], languages: tuple[str, ...] = (), error: SensoriumError | None = None,
        name: str = "dictionary",
    ) -> None:  # fmt: skip
        self.known, self.languages, self.error, self.name = known, languages, error, name
        self.asked: list[tuple[str, str, str]] = []

    def translate(self, text: str, source: str, target: str) -> str:
        self.asked.append((text, source, target))
        if self.error is not None:
            raise self.error
        return self.known.get(text, f"<{target}> {text}")


class LossyTranslator:
    """A translator that writes capitals, without brackets and with other digits: it loses what it can."""

    name = "shouter"
    languages = ()

    def __init__(self, digits: str = "0123456789") -> None:
        self.digits = digits

    def translate(self, text: str, source: str, target: str) -> str:
        return re.sub(r"[\[\]]", "", text).upper().translate(str.maketrans("0123456789", self.digits))


class FakeSpeaker:
    def __init__(
        self, languages: tuple[str, ...] = (), fails_after: int | None = None, error: SensoriumError | None = None,
        name: str = "voice",
    ) -> None:  # fmt: skip
        self.languages, self.fails_after, self.error, self.name = languages, fails_after, error, name
        self.said: list[tuple[str, str]] = []

    def speak(self, text: str, language: str) -> Audio:
        if self.fails_after is not None and len(self.said) >= self.fails_after:
            assert self.error is not None
            raise self.error
        self.said.append((text, language))
        return wav(np.full(1600 * len(text.split()), 0.1, np.float32))
