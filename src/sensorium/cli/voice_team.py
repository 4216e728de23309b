"""The engines of the voice commands, by the names that were typed."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from sensorium.cli.options import NO_TRANSCRIBER
from sensorium.core.files import replace_file, require_output
from sensorium.core.messages import Audio, Image
from sensorium.core.protocols import Speaker, Translator
from sensorium.registry import load, scheme_of, schemes
from sensorium.voice import ChatTranslator, VoiceTeam

DEFAULT_VOICES = ("piper", "espeak")


def load_team(
    models: Sequence[str],
    transcribers: Sequence[str],
    translators: Sequence[str],
    speakers: Sequence[str],
    speak: bool,
) -> VoiceTeam:
    """Load the named engines; without a named voice, the installed ones."""
    return VoiceTeam(
        models=[load(name) for name in models or (None,)],
        transcribers=[load(name, "transcriber") for name in transcribers if name != NO_TRANSCRIBER],
        translators=[load_translator(name) for name in translators],
        speakers=load_speakers(speakers) if speak else (),
    )


def load_translator(name: str) -> Translator:
    """Load a translator, or a chat model as one."""
    scheme = scheme_of(name)
    if scheme is not None and "translator" not in scheme.roles:
        return ChatTranslator(load(name))
    return load(name, "translator")


def load_speakers(names: Sequence[str]) -> list[Speaker]:
    """Load the voices; raise InstallError if none was named and none is installed."""
    installed = [name for name in DEFAULT_VOICES if not schemes()[name].missing]
    return [load(name, "speaker") for name in names or installed or DEFAULT_VOICES[-1:]]


def require_wav(file: str | None, inputs: Iterable[Image | Audio] = ()) -> None:
    """Raise InputError, before anything is asked, if a WAV can't be written to a file, or would replace an input."""
    if file not in (None, "-"):
        require_output(file, [part.blob.path for part in inputs if part.blob.path is not None])


def write_wav(file: str, audio: Audio) -> None:
    """Write a WAV; "-" is standard output.

    Raises:
        InputError: when it can't be written.
    """
    if file == "-":
        sys.stdout.buffer.write(audio.blob.data)
        sys.stdout.buffer.flush()
        return
    replace_file(file, audio.blob.data)
