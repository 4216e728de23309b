"""Words to speech, sentence by sentence, by the first voice that can."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sensorium.core.errors import InputError, LimitError, SensoriumError
from sensorium.core.languages import handles, language_name, split_by_script
from sensorium.core.messages import Audio
from sensorium.core.protocols import Speaker
from sensorium.core.sentences import sentences
from sensorium.media.audio import join

PAUSE_SECONDS = 0.25
"""Between sentences."""


@dataclass(frozen=True)
class Spoken:
    """Speech.

    Args:
        audio: The whole, a WAV.
        by: The voice that said it, or its last part.
        failed: Which voices failed before, and why, one sentence each.
    """

    audio: Audio
    by: str
    failed: tuple[str, ...] = ()


def spoken(
    voices: Sequence[Speaker], text: str, language: str, play: Callable[[str, Audio], None] | None = None
) -> Spoken:
    """Say a text; where a voice fails the next goes on.

    Args:
        voices: Who may speak, in order.
        text: The words.
        language: Their language, a short code.
        play: Called with each sentence and its sound as soon as it is made.

    Raises:
        LimitError: when no voice speaks the language.
        InputError: when there are no words.
        SensoriumError: of the last voice, when all fail.
    """
    able = [voice for voice in voices if handles(voice.languages, language)]
    if not able:
        there = ", ".join(voice.name for voice in voices) or "none"
        raise LimitError(
            f"No voice here speaks {language_name(language)}: there is {there}.",
            'Type: pip install "sensorium[voice]", or name another: --voice sarvam',
        )
    if not text.strip():
        raise InputError("There is nothing to say.", "Give some words.")
    sounds, failed = [], []
    for sentence in sentences(text):
        sound = None
        while sound is None:
            try:
                sound = _said(able[0], voices, sentence, language)
            except SensoriumError as error:
                failed.append(f"{able[0].name}: {error.message}")
                if len(able) == 1:
                    raise
                able.pop(0)
        sounds.append(sound)
        if play is not None:
            play(sentence, sound)
    return Spoken(join(sounds, PAUSE_SECONDS), able[0].name, tuple(failed))


def _said(voice: Speaker, others: Sequence[Speaker], sentence: str, language: str) -> Audio:
    """Say a sentence; words in letters that its language is not written with, by a voice that knows them.

    So a sign in Hindi that was read to an English speaker is heard, not spelled out by the names of its letters.
    """
    said: list[Audio] = []
    for piece, code in split_by_script(sentence, language):
        able = [other for other in others if handles(other.languages, code)] if code != language else []
        if not any(letter.isalnum() for letter in piece) and said:
            continue
        said.append(_by_one_of(able, piece, code) or voice.speak(piece, language))
    return join(said) if said else voice.speak(sentence, language)


def _by_one_of(voices: Sequence[Speaker], piece: str, code: str) -> Audio | None:
    for voice in voices:
        try:
            return voice.speak(piece, code)
        except SensoriumError:
            continue
    return None
