"""Answering by examples: names learnt from a conversation, through ask; no answer without examples or choices."""

from __future__ import annotations

import numpy as np
import pytest
from shapes import drawn

from sensorium import Conversation, Image, Message, ask, load
from sensorium.core.errors import MediaError
from sensorium.eyes.recognition.examples import ExampleClassifier, Method
from sensorium.media.image import encode

SHOWN = Conversation(
    tuple(
        message
        for shape, answer in [("stripes", "my scarf"), ("dots", "my socks"), ("stripes", "my scarf")]
        for message in (Message("user", [drawn(shape, "maroon", 2), "Which is it?"]), Message("assistant", answer))
    )
)

TWICE = Conversation(
    tuple(
        message
        for turn in (2, 5)
        for shape, answer in [("stripes", "my scarf"), ("dots", "my socks")]
        for message in (Message("user", drawn(shape, "maroon", turn)), Message("assistant", answer))
    )
)


@pytest.mark.parametrize("name", ["offline:prototypes", "offline:nearest"])
def test_it_names_as_the_examples_do(name: str) -> None:
    model = load(name)
    assert model.name == name
    for shape, answer, *examples in [("stripes", "my scarf", "1", "3"), ("dots", "my socks", "2", "2")]:
        reply = ask(model, SHOWN.then("user", drawn(shape, "maroon", 4), "Which is it?"))
        assert (reply.text, reply.abstained) == (answer, False)
        (seen,) = reply.evidence
        assert seen.text in {f"most like example {example}: {answer}" for example in examples}
        assert seen.score and seen.score > 0.5
        assert reply.confidence is None  # on average fewer than two examples an answer: it does not say how sure


@pytest.mark.parametrize("method", ["prototypes", "nearest"])
def test_from_two_examples_on_the_prototypes_say_how_sure(method: Method) -> None:
    reply = ask(ExampleClassifier(method), TWICE.then("user", drawn("dots", "maroon", 4)))
    assert reply.text == "my socks" and (reply.confidence is None) == (method == "nearest")


@pytest.mark.parametrize("method", ["prototypes", "nearest"])
def test_a_picture_that_is_unlike_all_examples_gets_no_answer(method: Method) -> None:
    noise = encode(np.random.default_rng(1).integers(0, 256, (160, 160, 3)).astype(np.uint8))
    reply = ask(ExampleClassifier(method), TWICE.then("user", noise))
    assert reply.abstained and reply.confidence is None and "unlike all of the examples" in reply.text
    assert "most like example" in reply.evidence[0].text


def test_more_examples_make_it_surer() -> None:
    model = ExampleClassifier("prototypes")
    few = ask(model, TWICE.then("user", drawn("dots", "maroon", 4))).confidence
    many = ask(model, Conversation(TWICE.messages * 4).then("user", drawn("dots", "maroon", 4))).confidence
    assert few and many and 0.5 < few < many <= 1


def test_of_one_answer_only_it_is_not_sure() -> None:
    chat = Conversation(SHOWN.messages[:2]).then("user", drawn("dots", "maroon"))
    reply = ask(ExampleClassifier("prototypes"), chat)
    assert reply.text == "my scarf" and reply.confidence is None


def test_several_pictures_count_together() -> None:
    both = Message("user", [drawn("dots", "maroon", 1), drawn("dots", "maroon", 3), "Which?"])
    assert ask(ExampleClassifier("nearest"), Conversation((*SHOWN.messages, both))).text == "my socks"


def test_without_examples_it_takes_the_choices_that_are_told() -> None:
    chat = Conversation.of(drawn("dots", "black"), "What is it?", "Answer with one of: honeycomb, sports car, dog.")
    reply = ask(ExampleClassifier("prototypes"), chat)
    assert reply.text in ("honeycomb", "sports car", "dog") and reply.confidence is None
    assert reply.evidence[0].kind == "recognise"


@pytest.mark.parametrize(
    ("chat", "why"),
    [
        (Conversation.of(drawn("dots", "red"), "What is it?"), "no examples before it"),
        (SHOWN.then("user", "Which is it?"), "question has no picture"),
        (Conversation.of("Red?").then("assistant", "yes").then("user", drawn("dots", "red")), "no examples"),
    ],
)
def test_with_nothing_to_go_by_it_cannot_tell(chat: Conversation, why: str) -> None:
    reply = ask(ExampleClassifier("prototypes"), chat)
    assert reply.abstained and why in reply.text and reply.confidence is None


def test_a_broken_example_is_an_error() -> None:
    chat = Conversation.of(Image(b"broken"), "?").then("assistant", "x").then("user", drawn("dots", "red"))
    with pytest.raises(MediaError):
        ask(ExampleClassifier("nearest"), chat)
