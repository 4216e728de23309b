"""eSpeak NG: speech in over a hundred languages, at once, offline; a robot's voice.

The library comes in the package espeakng-loader (GPL-3.0-or-later) and is called through ctypes; it is an extra of
its own, not part of Sensorium.
"""

from __future__ import annotations

import ctypes
import re
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from sensorium.core.errors import InputError, InstallError, ServiceError, quoted
from sensorium.core.languages import language as code_of
from sensorium.core.languages import require_language
from sensorium.core.messages import Audio
from sensorium.core.weights import importing
from sensorium.media.audio import wav_of_pcm

_REINSTALL_HINT = "Type: pip install --force-reinstall espeakng-loader"
WORDS_PER_MINUTE = 165
# https://github.com/espeak-ng/espeak-ng/blob/1.52.0/src/include/espeak-ng/speak_lib.h
_OUTPUT_SYNCHRONOUS, _CHARACTERS_UTF8, _POSITION_CHARACTER, _RATE_PARAMETER = 2, 1, 1, 1
_PREFERRED = {"en": "en-us", "fr": "fr-fr", "pt": "pt-br"}  # of several, the one that most people speak
_TAG = re.compile(r"[a-z]{2,3}(-[\w-]+)?", re.I)
_lock = Lock()  # the library keeps one voice and one text for the whole process


class Espeak:
    """A Speaker.

    Args:
        words_per_minute: The speed, from 80 to 450.

    Raises:
        InputError: when the speed is out of range.
        InstallError: when the library is not installed.
    """

    name = "espeak"

    def __init__(self, words_per_minute: int = WORDS_PER_MINUTE) -> None:
        if not 80 <= words_per_minute <= 450:
            raise InputError(f"espeak's speed is 80 to 450 words a minute, not {words_per_minute}.", "Try espeak:120")
        self.words_per_minute = words_per_minute

    @property
    def languages(self) -> tuple[str, ...]:
        """The codes of the languages that it speaks."""
        return tuple(voices())

    def speak(self, text: str, language: str) -> Audio:
        """Return the speech, a WAV of 22,050 samples a second.

        Raises:
            LimitError: when it does not speak the language.
        """
        voice = voices()[require_language(language, self.languages, self.name, "speak")]
        if not text.strip():
            raise InputError("The text is empty.", "Give some words.")
        return wav_of_pcm(_synthesize(text, voice, self.words_per_minute), _library()[1])


def speaker(name: str) -> Espeak:
    """Return the Speaker: "" for the usual speed, else the words a minute."""
    if not name:
        return Espeak()
    if not name.isdecimal():
        raise InputError(f"The speed of 'espeak:{name}' is not a number.", "Try espeak:120")
    return Espeak(int(name))


class _Voice(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_char_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("xx1", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


@cache
def voices() -> dict[str, str]:
    """Return language code -> the name of its voice."""
    library, _ = _library()
    import espeakng_loader

    best: dict[str, tuple[int, str]] = {}
    with _lock:
        listed = library.espeak_ListVoices(None)
        index = 0
        while listed[index]:
            voice = listed[index].contents
            index += 1
            priority, tag = voice.languages[0], voice.languages[1:].decode("utf-8", "replace")
            dictionary = Path(espeakng_loader.get_data_path()) / f"{tag.partition('-')[0]}_dict"
            if not _TAG.fullmatch(tag) or not dictionary.is_file():  # a few are listed without their words
                continue
            code = code_of(tag)
            rank = 0 if _PREFERRED.get(code) == tag.lower() else 1 + priority + 10 * ("-" in tag)
            if code not in best or rank < best[code][0]:
                best[code] = (rank, voice.identifier.decode("utf-8", "replace"))
    return {code: name for code, (_, name) in sorted(best.items())}


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
_chunks: list[bytes] = []


def _collect(samples: Any, count: int, events: Any) -> int:
    if samples and count > 0:
        _chunks.append(ctypes.string_at(samples, 2 * count))
    return 0


_callback = _CALLBACK(_collect)  # referenced for as long as the library may call it


@cache
def _library() -> tuple[Any, int]:
    """Load the library; return it and its samples a second."""
    with importing("voice"):
        import espeakng_loader
    try:
        library: Any = ctypes.CDLL(espeakng_loader.get_library_path())
        folder = espeakng_loader.get_data_path()
    except (OSError, RuntimeError) as error:
        raise InstallError(f"espeak's library can't be loaded: {error}.", _REINSTALL_HINT) from None
    library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
    rate = library.espeak_Initialize(_OUTPUT_SYNCHRONOUS, 0, folder.encode(), 0)
    if rate <= 0:
        raise InstallError(f"espeak can't find its voices in {folder}.", _REINSTALL_HINT)
    library.espeak_SetSynthCallback(_callback)
    return library, rate


def _synthesize(text: str, voice: str, words_per_minute: int) -> bytes:
    library, _ = _library()
    data = text.replace("\0", " ").encode("utf-8")
    with _lock:
        _chunks.clear()
        if library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ServiceError(f"espeak has no voice {quoted(voice)}.", "Choose another language: sensorium say --help")
        library.espeak_SetParameter(_RATE_PARAMETER, words_per_minute, 0)
        status = library.espeak_Synth(
            data, ctypes.c_size_t(len(data) + 1), 0, _POSITION_CHARACTER, 0, _CHARACTERS_UTF8, None, None
        )
        library.espeak_Synchronize()
        pcm = b"".join(_chunks)
        _chunks.clear()
    if status != 0 or not pcm:
        raise ServiceError(f"espeak can't say {text[:40]!r}.", "Give it words in the language's own script.")
    return pcm
