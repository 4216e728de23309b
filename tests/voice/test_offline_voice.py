"""Offline from ear to mouth, nothing prepared: Piper asks, Whisper hears, the offline model looks, Piper answers.

The questions here are spoken by Piper's natural voice, without its variation, so that each run hears the same;
bench/voice.py measures recordings of people.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import skimage

from sensorium import Image, load
from sensorium.backends.piper import Piper
from sensorium.voice import VoiceTeam, talk

PICTURES = Path(skimage.__file__).parent / "data"


@pytest.fixture(scope="module")
def team() -> VoiceTeam:
    return VoiceTeam(
        [load("offline")],
        [load("whisper", "transcriber")],
        speakers=[Piper(variation=0.0), load("espeak", "speaker")],
    )


@pytest.mark.parametrize(
    ("picture", "question", "right"),
    [
        ("chelsea.png", "What is this?", r"\bcat\b"),
        ("coffee.png", "What is this?", r"\bespresso\b"),
        ("chelsea.png", "Is there a dog in the picture?", r"\bno\b|don't see"),
    ],
)
def test_a_spoken_question_gets_a_spoken_answer_that_is_right(
    team: VoiceTeam, picture: str, question: str, right: str
) -> None:
    asked = Piper(variation=0.0).speak(question, "en")
    found = talk(team, asked, [Image(PICTURES / picture)], "en")
    assert words(found.question) == words(question)
    assert re.search(right, found.answer, re.I)
    assert found.speech is not None and found.notices == () and found.usd == 0.0
    heard = load("whisper", "transcriber").transcribe(found.speech, "en").text
    assert re.search(right, heard, re.I)
    assert len(set(words(heard)) & set(words(found.answer))) >= 0.7 * len(set(words(found.answer)))


def words(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower())
