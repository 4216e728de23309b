"""eSpeak NG: many languages, by its real library."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from sensorium import load
from sensorium.backends.espeak import Espeak, voices
from sensorium.core.errors import InputError, LimitError
from sensorium.media.audio import samples, seconds

SAID = {
    "hi": "यह एक बिल्ली है।", "ta": "இது ஒரு பூனை.", "te": "ఇది ఒక పిల్లి.", "bn": "এটি একটি বিড়াল।", "mr": "ही एक मांजर आहे.",
    "gu": "આ એક બિલાડી છે.", "ml": "ഇത് ഒരു പൂച്ചയാണ്.", "kn": "ಇದು ಒಂದು ಬೆಕ್ಕು.", "pa": "ਇਹ ਇੱਕ ਬਿੱਲੀ ਹੈ।", "ur": "یہ ایک بلی ہے۔",
    "en": "It is a cat.", "es": "Es un gato.", "ar": "هذه قطة.", "zh": "这是一只猫。", "fr": "C'est un chat.",
}  # fmt: skip


@pytest.mark.parametrize("code", SAID)
def test_it_speaks(code: str) -> None:
    spoken = load("espeak", "speaker").speak(SAID[code], code)
    sound = samples(spoken)
    assert 0.4 < seconds(spoken) < 5 and float(np.abs(sound).max()) > 0.1


def test_it_knows_over_a_hundred_languages() -> None:
    known = Espeak().languages
    assert len(known) > 100 and len(set(known)) == len(known) and set(SAID) <= set(known)
    assert voices()["en"] == "gmw/en-US" and voices()["fr"] == "roa/fr"


def test_every_language_can_be_chosen() -> None:
    for code in Espeak().languages:
        assert Espeak().speak("1 2 3", code).blob.data[:4] == b"RIFF", code


def test_a_tag_is_a_language_too() -> None:
    tagged, short = (seconds(Espeak().speak("नमस्ते", code)) for code in ("hi-IN", "hi"))
    assert tagged == pytest.approx(short, abs=0.05)  # the library's own dither differs from call to call


def test_slower_is_longer() -> None:
    text = "This is a longer sentence, to be said at two speeds."
    usual, slow = (load(name, "speaker").speak(text, "en") for name in ("espeak", "espeak:90"))
    assert seconds(slow) > 1.4 * seconds(usual)


def test_voices_do_not_mix_in_threads() -> None:
    wanted = {code: Espeak().speak(text, code) for code, text in SAID.items()}
    found = {}

    def say(code: str) -> None:
        found[code] = Espeak().speak(SAID[code], code)

    threads = [threading.Thread(target=say, args=(code,)) for code in SAID]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for code, spoken in wanted.items():
        assert seconds(found[code]) == pytest.approx(seconds(spoken), abs=0.05), code


def test_what_it_cannot_say_is_told() -> None:
    with pytest.raises(LimitError, match="does not speak Santali"):
        Espeak().speak("ᱱᱚᱣᱟ", "sat")
    with pytest.raises(InputError, match="text is empty"):
        Espeak().speak("  ", "en")
    with pytest.raises(InputError, match="not 20"):
        load("espeak:20", "speaker")
    with pytest.raises(InputError, match="is not a number"):
        load("espeak:fast", "speaker")
    with pytest.raises(InputError, match="has no model"):
        load("espeak")
