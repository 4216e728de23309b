"""Checked translations, and a chat model as a translator."""

from __future__ import annotations

import pytest
from fake_voices import FakeTranslator, LossyTranslator

from sensorium import Delta, Limits, Message
from sensorium.backends.fake import Fake
from sensorium.core.errors import LimitError, ServiceError
from sensorium.voice import ChatTranslator, Translation, translate


def test_what_must_stay_never_reaches_the_translator() -> None:
    who = FakeTranslator({"Take [[1]] at [[2]].": "[[2]] बजे [[1]] लें।"})
    assert translate(who, "Take 5 mg at 10:45.", "en", "hi") == Translation("10:45 बजे 5 mg लें।")
    assert who.asked == [("Take [[1]] at [[2]].", "en", "hi")]


def test_digits_of_another_script_are_understood() -> None:
    who = FakeTranslator({"क्या यह [[1]] रुपये का है?": "Is it [[1]] rupees?"})
    assert translate(who, "क्या यह ५०० रुपये का है?", "hi", "en").text == "Is it 500 rupees?"


def test_where_marks_are_lost_the_plain_text_is_translated_and_its_numbers_compared() -> None:
    who = FakeTranslator({"Take [[1]].": "लें।", "Take 5 mg.": "५ मिलीग्राम लें।"})
    assert translate(who, "Take 5 mg.", "en", "hi") == Translation("५ मिलीग्राम लें।")
    assert [asked[0] for asked in who.asked] == ["Take [[1]].", "Take 5 mg."]


def test_what_no_way_keeps_is_put_behind_and_told() -> None:
    who = FakeTranslator({"Take [[1]] of [[2]].": "लें।", "Take 5 mg of Dolo 650.": "डोलो लें।"})
    found = translate(who, "Take 5 mg of Dolo 650.", "en", "hi")
    assert found.text == "डोलो लें। (5 mg, Dolo 650)" and found.lost == ("5 mg", "Dolo 650")


def test_a_number_that_is_changed_is_lost_and_added() -> None:
    found = translate(LossyTranslator("1234567890"), "It is 12.50 EUR.", "en", "hi")
    assert found.lost == ("12.50 EUR",) and "12.50 EUR" in found.text
    assert found.added


def test_brackets_of_the_text_itself_are_no_marks() -> None:
    found = translate(FakeTranslator({}), "It says [[7]] and 5.", "en", "hi")
    assert found.lost == () and "5" in found.text and "7" in found.text


def test_an_empty_translation_is_none() -> None:
    with pytest.raises(ServiceError, match="dictionary gave an empty translation"):
        translate(FakeTranslator({"Hello": " "}), "Hello", "en", "hi")


def test_nothing_is_asked_where_nothing_is_to_do() -> None:
    who = FakeTranslator({})
    assert translate(who, "Hello", "en", "en") == Translation("Hello")
    assert translate(who, "  ", "en", "hi") == Translation("  ") and who.asked == []


def test_a_chat_model_is_a_translator() -> None:
    model = Fake("[[1]] [[2]] में है।", name="chat")
    found = translate(ChatTranslator(model), "It is 21 °C in New Delhi.", "en", "hi")
    assert found == Translation("21 °C New Delhi में है।")
    (asked,) = model.asked
    rules, text = asked.messages
    assert (rules.role, text) == ("system", Message("user", "It is [[1]] in [[2]]."))
    assert "from English to Hindi" in rules.text and "[[1]]" in rules.text
    assert ChatTranslator(model).name == "chat"


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (Delta("I can't.", abstained=True), "gave no translation"),
        (Delta("half", cut=True), "gave no translation"),
        (Delta("", abstained=True), "gave no words"),
        (Delta("   "), "gave no words"),
    ],
)
def test_a_model_that_gives_no_translation_is_an_error(said: Delta, problem: str) -> None:
    with pytest.raises(ServiceError, match=problem):
        ChatTranslator(Fake(said, name="chat")).translate("Hello", "en", "hi")


def test_a_model_that_takes_no_text_is_told() -> None:
    with pytest.raises(LimitError):
        ChatTranslator(Fake("x", limits=Limits(parts=("image",)))).translate("Hello", "en", "hi")
    assert ChatTranslator(Fake("x", limits=Limits(languages=("en",)))).languages == ("en",)
