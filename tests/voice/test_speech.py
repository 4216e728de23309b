"""Words to speech by the first voice that can."""

from __future__ import annotations

import pytest
from fake_voices import FakeSpeaker

from sensorium.core.errors import InputError, LimitError, ServiceError
from sensorium.media.audio import seconds
from sensorium.voice import speak


def test_sentences_are_joined_with_pauses() -> None:
    voice = FakeSpeaker()
    found = speak([FakeSpeaker(("en",)), voice], "एक। दो।", "hi")
    assert voice.said == [("एक।", "hi"), ("दो।", "hi")] and found.by == "voice" and found.failed == ()
    assert seconds(found.audio) == pytest.approx(0.1 + 0.25 + 0.1, abs=0.01)


def test_what_can_not_be_said_is_told() -> None:
    with pytest.raises(LimitError, match=r"No loaded voice speaks Hindi \(loaded: voice\)"):
        speak([FakeSpeaker(("en",))], "एक", "hi")
    with pytest.raises(InputError, match="text is empty"):
        speak([FakeSpeaker()], " ", "en")
    with pytest.raises(ServiceError, match="broken"):
        speak([FakeSpeaker(fails_after=0, error=ServiceError("It is broken."))], "One.", "en")


def test_words_in_other_letters_are_said_by_who_knows_them() -> None:
    english, hindi = FakeSpeaker(("en",), name="english"), FakeSpeaker(("hi", "en"), name="hindi")
    found = speak([english, hindi], "It says शौचालय on the door. Yes, 12.", "en")
    assert english.said == [("It says ", "en"), ("on the door.", "en"), ("Yes, 12.", "en")]
    assert hindi.said == [("शौचालय ", "hi")] and found.by == "english" and found.failed == ()


def test_words_in_other_letters_that_nobody_knows_are_left_to_the_voice() -> None:
    english = FakeSpeaker(("en",))
    speak([english], "It says 東京.", "en")
    assert english.said == [("It says ", "en"), ("東京.", "en")]


def test_names_in_latin_letters_go_along() -> None:
    hindi, english = FakeSpeaker(("hi",)), FakeSpeaker(("en",))
    speak([english, hindi], "यह Dolo 650 है।", "hi")
    assert hindi.said == [("यह Dolo 650 है।", "hi")] and english.said == []
