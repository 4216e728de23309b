"""Text to speech, sentence by sentence, by the first voice that can."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sensorium.core.errors import InputError, LimitError, SensoriumError
from sensorium.core.languages import handles, language_name, split_by_script
from sensorium.core.messages import Audio
from sensorium.core.protocols import Speaker
from sensorium.core.sentences import sentences, without_markup
from sensorium.media.audio import join

PAUSE_SECONDS = 0.25
"""Between sentences."""


@dataclass(frozen=True)
class Speech:
    """Spoken text.

    Args:
        audio: All of it, a WAV.
        by: The voice that spoke it, or its last part.
        failed: The voices that failed before, and why, one sentence each.
    """

    audio: Audio
    by: str
    failed: tuple[str, ...] = ()


def speak(
    voices: Sequence[Speaker], text: str, language: str, play: Callable[[str, Audio], None] | None = None
) -> Speech:
    """Return the speech of a text; if a voice fails, the next one goes on.

    Args:
        voices: In order of preference.
        text: The text.
        language: Its language, a short code.
        play: Called with each sentence and its audio as soon as it is made.

    Raises:
        LimitError: when no voice speaks the language.
        InputError: when the text is empty.
        SensoriumError: of the last voice, when all fail.
    """
    able = [voice for voice in voices if handles(voice.languages, language)]
    if not able:
        loaded = ", ".join(voice.name for voice in voices) or "none"
        raise LimitError(
            f"No loaded voice speaks {language_name(language)} (loaded: {loaded}).",
            'Load another voice (speakers=sarvam), or type: pip install "sensorium[voice]"',
        )
    text = without_markup(text)
    if not text:
        raise InputError("The text is empty.", "Give some words.")
    clips, failed = [], []
    for sentence in sentences(text):
        audio = None
        while audio is None:
            try:
                audio = _speak_sentence(able[0], voices, sentence, language)
            except SensoriumError as error:
                failed.append(f"{able[0].name}: {error.message}")
                if len(able) == 1:
                    raise
                able.pop(0)
        clips.append(audio)
        if play is not None:
            play(sentence, audio)
    return Speech(join(clips, PAUSE_SECONDS), able[0].name, tuple(failed))


def _speak_sentence(voice: Speaker, others: Sequence[Speaker], sentence: str, language: str) -> Audio:
    """Speak a sentence; words in another script than its language's by a voice that knows them.

    So a sign in Hindi that is read to an English speaker is heard, not spelled out by the names of its characters.
    """
    clips: list[Audio] = []
    for piece, code in split_by_script(sentence, language):
        able = [other for other in others if handles(other.languages, code)] if code != language else []
        if not any(character.isalnum() for character in piece) and clips:
            continue
        clips.append(_first_success(able, piece, code) or voice.speak(piece, language))
    return join(clips) if clips else voice.speak(sentence, language)


def _first_success(voices: Sequence[Speaker], piece: str, code: str) -> Audio | None:
    for voice in voices:
        try:
            return voice.speak(piece, code)
        except SensoriumError:
            continue
    return None
