"""A person's language and a model's: the question goes over, every sentence comes back, words of the picture stay."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from pictures import danger, plain, receipt
from served import ask_server, serve

from sensorium import Image, Limits, Options, load
from sensorium.apps.assist.answers import ImageQuestion, answer_events
from sensorium.apps.assist.app import create_app
from sensorium.apps.assist.interpreter import Interpreter
from sensorium.backends.fake import Fake
from sensorium.core.errors import LimitError, ServiceError

ENGLISH = Limits(languages=("en",))


class Book:
    """A translator that knows a few sentences."""

    name = "book"
    languages = ("en", "hi")
    known = {  # noqa: RUF012
        "कुल कितना है?": "What is the total?",
        "It is fairly sure.": "यह काफ़ी पक्का है।",
        "It does not say how sure it is.": "यह नहीं बताता कि कितना पक्का है।",
        "It is a cup.": "यह एक कप है।",
    }

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def translate(self, text: str, source: str, target: str) -> str:
        if self.error is not None:
            raise self.error
        return self.known.get(text, f"हि {text}" if target == "hi" else text)


def test_a_hindi_question_to_a_model_that_knows_english_only() -> None:
    given = ImageQuestion(Image(receipt()), "कुल कितना है?", "hi")
    events = [event for event in answer_events(load("offline"), given, Options(), Book()) if event is not None]
    sentences = [values for name, values in events if name == "sentence"]
    assert "14.25" in sentences[0]["text"] and sentences[0]["text"].startswith("हि")
    assert {"यह काफ़ी पक्का है।"} <= {one["text"] for one in sentences}
    how = next(one for one in sentences if one["kind"] == "source")
    assert '"TOTAL 14.25"' in how["text"]  # quotations survive
    values: dict[str, Any] = events[-1][1]
    assert (
        values["question"] == "What is the total?" and values["text"] == "Total: 14.25" and values["language"] == "hi"
    )
    assert all(part["lang"] in ("hi", "en") for place in values["places"] for part in place)


def test_words_of_the_picture_are_not_translated() -> None:
    with serve(create_app(load("offline"), translator=Book())) as address:
        found = ask_server(address, danger(), "What does it say?", language="en")
        other = ask_server(address, danger(), "What does it say?", language="hi")
    for events in (found, other):
        verbatim = [values["text"] for name, values in events if name == "sentence" and values["kind"] == "verbatim"]
        assert verbatim == ["DANGER", "High voltage", "Room 12"]


def test_nobody_translates() -> None:
    model = Fake("A cup.", limits=ENGLISH)
    with pytest.raises(LimitError, match="fake does not know Hindi, and this server has no translator"):
        Interpreter.for_model("hi", model, None)
    with serve(create_app(model)) as address:
        ((name, told),) = ask_server(address, plain(), "यह क्या है?", language="hi")
    assert name == "error" and told["code"] == 422 and "Choose English under Settings." in told["hint"]


def test_a_model_that_knows_the_language_is_asked_in_it_and_our_own_sentences_are_translated() -> None:
    model = Fake("यह एक कप है।")
    given = ImageQuestion(Image(plain()), "यह क्या है?", "hi")
    events = [event for event in answer_events(model, given, Options(), Book()) if event is not None]
    assert [values["text"] for name, values in events if name == "sentence"] == [
        "यह एक कप है।", "यह नहीं बताता कि कितना पक्का है।"
    ]  # fmt: skip
    assert model.asked[0].messages[-1].text == "यह क्या है?"


def test_a_sentence_that_can_not_be_translated_is_told_as_it_was() -> None:
    between = Interpreter("hi", "en", Book(ServiceError("down", "")))
    assert between.to_person("It is a cup.", "en") == ("It is a cup.", "en")
    with pytest.raises(ServiceError):
        between.to_model("यह क्या है?")


def test_the_page_is_told_the_languages() -> None:
    model = Fake("A cup.", limits=ENGLISH)
    for translator, codes in ((None, ["en"]), (Book(), ["en", "hi"])):
        with serve(create_app(model, translator=translator)) as address:
            able = requests.get(f"{address}/api/capabilities", timeout=10).json()
            assert [one["code"] for one in able["answers"]] == codes
    with serve(create_app(load("offline"), translator=Book())) as address:
        files = {"picture": receipt()}
        found = requests.post(f"{address}/api/check", files=files, data={"language": "hi"}, timeout=30).json()
    assert found["language"] == "hi" and found["message"].startswith("हि The picture is good")
