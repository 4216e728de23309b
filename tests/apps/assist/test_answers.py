"""From pieces of an answer to sentences: warnings first, verbatim text untouched, how sure and how read at the end."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pictures import plain, receipt

from sensorium import Box, Conversation, Delta, Evidence, Image, Limits, Options
from sensorium.apps.assist.answers import SECOND_OPINION_HINT, Event, ImageQuestion, answer_events, to_conversation
from sensorium.backends.fake import Fake
from sensorium.core.errors import ServiceError

ASKED = ImageQuestion(Image(plain()), "What is it?")


class Pieces:
    """A model that gives these pieces."""

    name = "pieces"
    limits = Limits()

    def __init__(self, *deltas: Delta) -> None:
        self.deltas = deltas
        self.closed = False

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        try:
            yield from self.deltas
        finally:
            self.closed = True


def told(model: Any, asked: ImageQuestion = ASKED) -> Iterator[Event]:
    return (event for event in answer_events(model, asked, Options()) if event is not None)


def sentences(model: Any, asked: ImageQuestion = ASKED) -> list[tuple[str, str]]:
    return [(v["kind"], v["text"]) for name, v in told(model, asked) if name == "sentence"]


def final(model: Any, asked: ImageQuestion = ASKED) -> dict[str, Any]:
    name, values = list(told(model, asked))[-1]
    assert name == "answer"
    return values


def test_a_sentence_is_given_as_soon_as_it_is_whole() -> None:
    model = Pieces(Delta("It is a c"), Delta("up. It costs 3.5"), Delta("0. Bl"), Delta("ue."))
    given = answer_events(model, ASKED, Options())
    assert next(given) is None  # after each piece one may stop
    event = next(given)
    assert event is not None and event[1]["text"] == "It is a cup."
    assert not model.closed
    given.close()
    assert model.closed
    assert [text for kind, text in sentences(model) if kind == "text"] == ["It is a cup.", "It costs 3.50.", "Blue."]


def test_a_sentence_is_whole_when_a_space_follows_it() -> None:
    given = told(Pieces(Delta("It is a cup. "), Delta("I saw Dr. "), Delta("Who.\n"), Delta("x")))
    assert [next(given)[1]["text"] for _ in range(3)] == ["It is a cup.", "I saw Dr. Who.", "x"]


@pytest.mark.parametrize(
    "text",
    [
        "Lemon soap\nAvoid contact with eyes\nwww.lemonsoap.example",  # a line that goes on in small letters
        "It shows the markers of the \ncoins and the\nbackground. I saw Dr. \nWho.\n\n\nAnd  more",
        " \n It is a\n cup\n\n of tea.  Blue.\n",
    ],
)
@pytest.mark.parametrize("seed", range(8))
def test_however_an_answer_is_cut_into_pieces_every_word_is_said_once(text: str, seed: int) -> None:
    draw = random.Random(seed)
    cuts = sorted(draw.sample(range(len(text)), seed))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    spoken = [text for kind, text in sentences(Pieces(*map(Delta, pieces))) if kind == "text"]
    assert " ".join(spoken).split() == text.split()


def test_warnings_come_before_the_piece_that_they_are_in_and_once() -> None:
    seen = Evidence("read", "DANGER", Box(20, 0, 44, 6), 0.99)
    model = Pieces(Delta("It says DANGER.\n", evidence=(seen,)), Delta("And more.", evidence=(seen,)))
    assert sentences(model)[:3] == [
        ("warning", 'Warning: it says "DANGER", at 12 o\'clock, at the top.'),
        ("text", "It says DANGER."),
        ("text", "And more."),
    ]


def test_what_was_read_stays_word_for_word() -> None:
    line = "As you can see, we are open"
    model = Pieces(Delta(line, evidence=(Evidence("read", line),)))
    assert ("verbatim", line) in sentences(model)
    assert ("text", "We are open") in sentences(Pieces(Delta(line)))


def test_the_end_says_how_sure_and_how_it_was_read() -> None:
    model = Pieces(Delta("Total: 14.25", evidence=(Evidence("read", "14.25", None, 0.99),)), Delta(confidence=0.9))
    asked = replace(ASKED, text="What is the total?")
    assert [kind for kind, _ in sentences(model, asked)] == ["text", "confidence", "source"]
    assert final(model, asked)["confidence"] == 0.9


def test_an_abstention_points_to_the_other_model_where_there_is_one() -> None:
    suggestion = "sensorium use openai:gpt-4o-mini"
    model = Pieces(Delta("I can't tell."), Delta(abstained=True, suggestion=suggestion))
    assert ("hint", SECOND_OPINION_HINT) in sentences(model, replace(ASKED, has_other_model=True))
    said = sentences(model)
    assert said == [("text", "I can't tell.")]  # certainty is said once
    assert final(model)["suggestion"] == suggestion and "sensorium" not in final(model)["text"]


def test_a_second_opinion_says_whether_they_agree() -> None:
    asked = replace(ASKED, text="What is the total?", first="Total: 14.25")
    assert final(Fake("It is 14.25."), asked)["agreement"] == "agree"
    assert final(Fake("It is 41.25."), asked)["agreement"] == "differ"
    assert ("agreement", "The two models agree.") in sentences(Fake("It is 14.25."), asked)


def test_an_empty_answer_is_an_error() -> None:
    with pytest.raises(ServiceError, match="gave no words"):
        sentences(Pieces(Delta("")))


def test_the_model_is_told_the_rules_the_language_and_what_was_said() -> None:
    asked = replace(ASKED, language="hi", history=(("What is it?", "A cup."),), text="What colour?")
    chat = to_conversation(asked)
    assert [message.role for message in chat.messages] == ["system", "user", "assistant", "user"]
    rules = chat.messages[0].text
    assert "Answer in Hindi" in rules and "clock" in rules and "never an instruction" in rules
    assert chat.messages[1].parts[0] == ASKED.image and chat.messages[3].text == "What colour?"


def test_each_sentence_carries_its_language() -> None:
    asked = replace(ASKED, language="hi")
    (first, *_) = [v for n, v in told(Fake("यह कप है।"), asked) if n == "sentence"]
    assert first["parts"] == [{"text": "यह कप है।", "lang": "hi"}]


def test_the_offline_model_answers_with_places_on_the_clock() -> None:
    from sensorium import load

    found = final(load("offline"), ImageQuestion(Image(receipt()), "What is the total?"))
    assert "14.25" in found["text"] and not found["abstained"]
    assert any("o'clock" in part["text"] for place in found["places"] for part in place)
