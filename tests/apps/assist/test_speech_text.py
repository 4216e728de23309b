"""Words for people who listen."""

from __future__ import annotations

import pytest

from sensorium.apps.assist.speech_text import clock_position, confidence_text, language_spans, places, without_sight
from sensorium.core.reply import Box, Evidence


@pytest.mark.parametrize(
    ("said", "plainly"),
    [
        ("As you can see, the bus is red.", "The bus is red."),
        ("The bus, as you can clearly see in the picture, is red.", "The bus, is red."),
        ("As shown above, there are two cups.", "There are two cups."),
        ("You can see that the door is open.", "The door is open."),
        ("There you can see a dog.", "There a dog."),
        ("If you look closely, there is a wasp.", "There is a wasp."),
        ("As seen in the image, it rains.", "It rains."),
        ('The sign says "As you can see, no smoking".', 'The sign says "As you can see, no smoking".'),
        ("Nothing to change here.", "Nothing to change here."),
        ("See the doctor on Monday.", "See the doctor on Monday."),
    ],
)
def test_nothing_takes_eyes_for_granted(said: str, plainly: str) -> None:
    assert without_sight(said) == plainly


@pytest.mark.parametrize(
    ("box", "where"),
    [
        (Box(480, 280, 520, 320), "in the middle"),
        (Box(490, 0, 510, 40), "at 12 o'clock, at the top"),
        (Box(960, 290, 1000, 310), "at 3 o'clock, right"),
        (Box(490, 560, 510, 600), "at 6 o'clock, at the bottom"),
        (Box(0, 290, 40, 310), "at 9 o'clock, left"),
        (Box(760, 40, 800, 80), "at 2 o'clock, right, a little up"),
        (Box(0, 560, 40, 600), "at 8 o'clock, left, a little down"),
    ],
)
def test_a_place_is_said_as_on_a_clock(box: Box, where: str) -> None:
    assert clock_position(box, (1000, 600)) == where


def test_every_hour_has_its_side() -> None:
    import math

    for hour in range(1, 13):
        x, y = 500 + 400 * math.sin(hour * math.pi / 6), 500 - 400 * math.cos(hour * math.pi / 6)
        said = clock_position(Box(x - 5, y - 5, x + 5, y + 5), (1000, 1000))
        assert said.startswith(f"at {hour} o'clock")
        assert ("right" in said) == (hour in (1, 2, 3, 4, 5)), said
        assert ("left" in said) == (hour in (7, 8, 9, 10, 11)), said


def test_places_are_said_once_and_not_endlessly() -> None:
    box = Box(490, 0, 510, 40)
    seen = [Evidence("read", f"line {n}", box) for n in range(9)] + [Evidence("recognise", "cat")]
    said = places([*seen, seen[0]], (1000, 600))
    assert said[0] == '"line 0": at 12 o\'clock, at the top.'
    assert len(said) == 7 and said[-1] == "And 3 more places."
    assert places([Evidence("recognise", "cat")], (10, 10)) == []


@pytest.mark.parametrize(
    ("confidence", "abstained", "said"),
    [
        (0.99, False, "It is almost certain."),
        (0.95, False, "It is almost certain."),
        (0.85, False, "It is fairly sure."),
        (0.7, False, "It is not very sure."),
        (0.3, False, "It is guessing."),
        (None, False, "It does not say how sure it is."),
        (0.9, True, "It can't tell."),
    ],
)
def test_how_sure_is_said_in_words(confidence: float | None, abstained: bool, said: str) -> None:
    assert confidence_text(confidence, abstained) == said


@pytest.mark.parametrize(
    ("text", "language", "cut"),
    [
        ("It says खतरा, keep out.", "en", [("It says ", "en"), ("खतरा, ", "hi"), ("keep out.", "en")]),
        ("यह PARACETAMOL 500 है।", "hi", [("यह ", "hi"), ("PARACETAMOL 500 ", "en"), ("है।", "hi")]),
        ("धोका", "mr", [("धोका", "mr")]),
        ("14.25", "ta", [("14.25", "ta")]),
        ("Le café", "fr", [("Le café", "fr")]),
        ("危険 Danger", "en", [("危険 ", "zh"), ("Danger", "en")]),
    ],
)
def test_each_script_has_its_own_language(text: str, language: str, cut: list[tuple[str, str]]) -> None:
    assert language_spans(text, language) == cut
    assert "".join(piece for piece, _ in language_spans(text, language)) == text
