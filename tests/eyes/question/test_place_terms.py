"""Questions about places and people, told from those that only sound like them."""

from __future__ import annotations

import pytest

from sensorium.eyes.question import parse
from sensorium.eyes.question.place_terms import asks_for_anybody, find_place


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("where are my keys?", ("where", "key")), ("where's the cup", ("where", "cup")),
        ("where is the mug on the table?", ("where", "mug")), ("where did i put my phone", ("where", "phone")),
        ("what is left of the cup?", ("left", "cup")), ("what's to the right of my laptop", ("right", "laptop")),
        ("what is next to the bottle?", ("beside", "bottle")), ("what is on the left?", ("left", None)),
        ("what do you see on the right side", ("right", None)),
        ("where is this bus going", None), ("where was it made", None), ("what is this", None),
        ("where is it from", None), ("night shift is what percent of day shift, by the bars", None),
    ],
)  # fmt: skip
def test_places(text: str, place: tuple[str, str | None] | None) -> None:
    assert find_place(text) == place


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("is anyone there?", True), ("is there anybody in the room", True), ("can you see somebody here", True),
        ("are there people in this picture?", True), ("is anybody hurt?", False), ("is this person smiling", False),
        ("is anyone smiling", False), ("who is there", False),
        ("who is this person?", False), ("who is the person in the picture?", False),
        ("is this a person i know", False),
    ],
)  # fmt: skip
def test_anybody(text: str, asked: bool) -> None:
    assert asks_for_anybody(text) is asked


def test_they_become_questions_of_presence() -> None:
    (where,) = parse("Where's the strawberry?")
    assert (where.kind, where.subject, where.place) == ("presence", "strawberry", ("where", "strawberry"))
    (anybody,) = parse("Is anyone there?")
    assert (anybody.kind, anybody.topic, anybody.place) == ("presence", "people", None)
    (many,) = parse("How many people are there in the picture?")
    assert (many.kind, many.topic) == ("count", "people")
    for identity in ("Who is this?", "Who is this person?", "Who is the person in the picture?"):
        (who,) = parse(identity)
        assert who.kind == "decline"
