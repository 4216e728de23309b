"""Questions about films: what is asked, of which sense, about what, and when."""

from __future__ import annotations

import math

import pytest

from sensorium.video.answers.question import CAN, Thing, parse_question


@pytest.mark.parametrize(
    ("text", "kind", "sense", "subject", "pick"),
    [
        ("When is the cat seen?", "when", "seen", "cat", "all"),
        ("At what point can you see a cup on the table?", "when", "seen", "cup on the table", "all"),
        ("When is the cat first seen?", "when", "seen", "cat", "first"),
        ("When was the cat seen for the last time?", "when", "seen", "cat", "last"),
        ("find the cat", "when", "seen", "cat", "all"),
        ("when does the sign say EXIT?", "when", "read", "EXIT", "all"),
        ("When is 'Tomorrow' on screen?", "when", "read", "Tomorrow", "all"),
        ("When is PRESS START shown?", "when", "read", "PRESS START", "all"),
        ("When is GATE B12 visible?", "when", "read", "GATE B12", "all"),
        ("When is 450 G FLOUR shown?", "when", "read", "450 G FLOUR", "all"),
        ("Is 24 TABLETS on the screen?", "whether", "read", "24 TABLETS", "all"),
        ("When does she say it was the best of times?", "when", "heard", "it was the best of times", "all"),
        ('When is "don\'t stop" said?', "when", "heard", "don't stop", "all"),
        ("When does the speaker talk about kings?", "when", "heard", "kings", "all"),
        ("when is the word light mentioned", "when", "heard", "light", "all"),
        ("When does something move to the left?", "when", "moves", "left", "all"),
        ("When does the camera pan right?", "when", "moves", "camera right", "all"),
        ("When does something move?", "when", "moves", "", "all"),
        ("Is there a dog?", "whether", "seen", "dog", "all"),
        ("Does the video show a tree?", "whether", "seen", "tree", "all"),
        ("Does the sign ever say STOP?", "whether", "read", "STOP", "all"),
        ("How many times is the cat seen?", "count", "seen", "cat", "all"),
        ("How often does she say it was?", "count", "heard", "it was", "all"),
        ("How long is the cat on screen?", "duration", "seen", "cat", "all"),
        ("For how many seconds does the sign say EXIT?", "duration", "read", "EXIT", "all"),
        ("WHEN IS THE CAT SEEN?", "when", "seen", "CAT", "all"),
    ],
)
def test_a_thing(text: str, kind: str, sense: str, subject: str, pick: str) -> None:
    question = parse_question(text)
    assert (question.kind, question.thing.sense, question.thing.subject, question.pick) == (kind, sense, subject, pick)
    assert question.relation == ""


@pytest.mark.parametrize(
    ("text", "kind", "sense", "relation", "anchors"),
    [
        ("What is said at 1:20?", "content", "heard", "at", [80.0]),
        ("What is said after 1:02:05.5?", "content", "heard", "after", [3725.5]),
        ("What does she say between 1:00 and 80 s?", "content", "heard", "between", [60.0, 80.0]),
        ("What is said from 0:10 to 0:20?", "content", "heard", "between", [10.0, 20.0]),
        ("what happens at 2 minutes and 5 seconds", "content", None, "at", [125.0]),
        ("What is said at the end?", "content", "heard", "before", [math.inf]),
        ("what does the sign say at 1:20", "content", "read", "at", [80.0]),
        ("What comes after the cat?", "content", None, "after", ["cat"]),
        ("What is said before 'EXIT' is shown?", "content", "heard", "before", ["EXIT"]),
        ("What is said while the cat is seen?", "content", "heard", "while", ["cat"]),
        ("What is said after she says nothing before us?", "content", "heard", "after", ["nothing before us"]),
        ("What is shown between the cat and the rocket?", "content", "seen", "between", ["cat", "rocket"]),
        ("When is the cat seen after 1:00?", "when", "seen", "after", [60.0]),
        ("Is the cat seen before the rocket?", "whether", "seen", "before", ["rocket"]),
        ("What is said?", "content", "heard", "", []),
    ],
)  # fmt: skip
def test_where_in_the_film(text: str, kind: str, sense: str | None, relation: str, anchors: list[float | str]) -> None:
    question = parse_question(text)
    assert (question.kind, question.thing.sense, question.relation) == (kind, sense, relation)
    assert [a.subject if a.seconds is None else a.seconds for a in question.anchors] == anchors


def test_words_that_look_like_a_relation_are_kept_as_a_second_reading() -> None:
    question = parse_question("When does she say we had everything before us?")
    assert question.whole == Thing("we had everything before us", "heard")


def test_which_comes_first() -> None:
    question = parse_question("What is said first: 'wisdom' or 'light'?")
    assert (question.kind, question.pick) == ("order", "first")
    assert question.thing == Thing("wisdom", "heard", quoted=True)
    assert question.anchors == (Thing("light", "heard", quoted=True),)


@pytest.mark.parametrize(
    "text",
    ["Summarise the film.", "What is the film about?", "what happens?", "List the chapters", "give me a summary"],
)
def test_summaries(text: str) -> None:
    assert parse_question(text).kind == "summary"


@pytest.mark.parametrize(
    "text",
    [
        "Why does the cat run?", "Who says wisdom?", "Is the man angry?", "What colour is the cat?", "cat", "",
        "How many cats are there?", "When is the cat sleeping?", "When does the cat eat?", "Tell me a joke", "?",
        "Is the cat happy?", "Delete the second scene", "x" * 600,
    ],
)  # fmt: skip
def test_everything_else_is_declined(text: str) -> None:
    question = parse_question(text)
    assert question.kind == "decline"
    assert question.why


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Wann sieht man die Katze?", "German"), ("¿Cuándo se ve el gato?", "Spanish"),
        ("Quand est-ce que le chat apparaît ?", "French"), ("बिल्ली कब दिखाई देती है?", "Hindi"),
        ("Когда видно кошку?", "Russian"),
    ],
)  # fmt: skip
def test_other_languages_are_refused_by_name(text: str, language: str) -> None:
    question = parse_question(text)
    assert question.kind == "decline"
    assert language in question.why


def test_words_between_quotes_may_be_in_any_language() -> None:
    assert parse_question('When is "der die das und" on the screen?').thing.subject == "der die das und"


def test_what_it_can_do_names_every_kind() -> None:
    assert all(word in CAN for word in ("when", "whether", "often", "long", "seen", "read", "said", "moves", "scenes"))
