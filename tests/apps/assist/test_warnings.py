"""Hazards: what warns is said, word for word, and nothing else."""

from __future__ import annotations

import pytest

from sensorium.apps.assist.warnings import is_warning, warnings_in_evidence, warnings_in_text
from sensorium.core.reply import Box, Evidence


@pytest.mark.parametrize(
    "text",
    [
        "DANGER", "Warning: hot surface", "CAUTION WET FLOOR", "Mind the step", "Keep out of reach of children",
        "Do not mix with bleach", "Harmful if swallowed", "HIGH VOLTAGE", "Contains: milk, nuts", "May contain peanuts",
        "No entry", "Achtung Stufe", "PELIGRO", "सावधान", "खतरा", "அபாயம்", "危険", "Осторожно, ступенька", "خطر",
        "Causes severe burns", "For external use only",
    ],
)  # fmt: skip
def test_words_of_warning_warn(text: str) -> None:
    assert is_warning(text)


@pytest.mark.parametrize(
    "text",
    [
        "PLATFORM 7", "TOTAL 14.25", "Oat bread", "Wednesday", "Open daily", "Non-toxic", "Attention to detail",
        "Endangered species", "Keep smiling", "Touch screen", "Hot chocolate", "Poisson distribution",
    ],
)  # fmt: skip
def test_ordinary_words_do_not(text: str) -> None:
    assert not is_warning(text)


def test_a_warning_is_told_word_for_word_with_its_place() -> None:
    lines = [("Room 12", None), ("Mind the step", Box(400, 560, 600, 600)), ("Mind the step", Box(400, 560, 600, 600))]
    assert warnings_in_text(lines, (1000, 600)) == ['Warning: it says "Mind the step", at 6 o\'clock, at the bottom.']


def test_dangerous_things_are_said_from_even_odds_on() -> None:
    def seen(name: str, score: float) -> list[str]:
        return warnings_in_evidence([Evidence("recognise", name, None, score)], (10, 10))

    assert seen("cleaver", 0.6) == ["Careful: this may be a cleaver."]
    assert seen("assault rifle", 0.9) == ["Careful: this may be an assault rifle."]
    assert seen("cleaver", 0.4) == [] and seen("teapot", 0.99) == []


def test_every_dangerous_thing_is_one_that_the_eyes_know() -> None:
    from sensorium.apps.assist.warnings import _DANGEROUS
    from sensorium.eyes.recognition.vocabulary import load_vocabulary

    assert set(load_vocabulary().names) >= _DANGEROUS
