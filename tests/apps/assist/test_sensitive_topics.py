"""Medicine, money and traffic: the answer carries how it was read."""

from __future__ import annotations

import pytest

from sensorium.apps.assist.sensitive_topics import find_topics, reading_note
from sensorium.core.reply import Evidence

READ = (Evidence("read", "TOTAL 14.25", None, 0.987),)


@pytest.mark.parametrize(
    ("question", "answer", "found"),
    [
        ("How much is it?", "It says 14.25.", ("money",)),
        ("What is the total?", "14.25", ("money",)),
        ("What does it say?", "€ 12", ("money",)),
        ("Which pill is this?", "Ibuprofen 400 mg.", ("medicine",)),
        ("What is the dose?", "Two a day.", ("medicine",)),
        ("Can I cross the street now?", "I can't tell.", ("traffic",)),
        ("Which bus is this?", "Number 12.", ("traffic",)),
        ("What colour is the cat?", "It is black.", ()),
        ("What is this?", "It is a cup.", ()),
        ("Describe it.", "It says Paracetamol, price 3 euros.", ("medicine", "money")),
    ],
)
def test_the_topic_is_told_by_question_and_answer(question: str, answer: str, found: tuple[str, ...]) -> None:
    assert find_topics(question, answer, ()) == found


def test_the_text_that_is_read_out_counts_too() -> None:
    read = (Evidence("read", "Tablets 500 mg"),)
    assert find_topics("What does it say?", "Tablets 500 mg", read) == ("medicine",)
    assert find_topics("What colour is it?", "It is white.", read) == ()


def test_how_it_was_read_quotes_the_letters() -> None:
    assert reading_note("What is the total?", "14.25", READ, "offline", False) == (
        'How this was read: letter by letter from the picture, "TOTAL 14.25". '
        "Check the amount once more before you pay or sign."
    )


def test_how_without_letters_says_so() -> None:
    told = reading_note("Is this my medicine?", "Yes.", (), "gpt", False)
    assert "by the model gpt, from the picture as a whole" in told and "pharmacist" in told
    told = reading_note("Is this a coin?", "Yes.", (Evidence("recognise", "coin", None, 0.5),), "offline", False)
    assert "by its look, coin; no letters were read" in told


def test_an_abstention_still_warns_and_other_answers_carry_nothing() -> None:
    told = reading_note("Can I cross the road?", "I can't tell.", (), "offline", True)
    assert told.startswith("Nothing was read that you could rely on.") and "Never step into the road" in told
    assert reading_note("What is this?", "A cup.", READ[:0], "offline", False) == ""
