"""Who does what, chosen by what each can do."""

from __future__ import annotations

import pytest
from people import Dictionary, Hearer, Voice

from sensorium import Limits, Model, load
from sensorium.backends.fake import Fake
from sensorium.core.errors import LimitError
from sensorium.voice import Crew, Step, plan


def model(*languages: str, name: str = "model") -> Model:
    return Fake("x", limits=Limits(languages=languages), name=name)


def test_a_model_that_knows_the_language_is_asked_in_it() -> None:
    for given in (model(), model("en", "hi")):
        made = plan(Crew([given], [Hearer("")], [Dictionary({})], [Voice()]), "hi")
        assert [step.kind for step in made.steps] == ["hear", "ask", "speak"]
        assert made.model_language == "hi" and made.remarks == ()


def test_a_model_of_other_languages_is_asked_through_a_translator() -> None:
    made = plan(Crew([model("en")], [Hearer("")], [Dictionary({})], [Voice()]), "hi")
    assert made.steps == (
        Step("hear", "hi", "hi", ("hearer",)),
        Step("translate question", "hi", "en", ("dictionary",)),
        Step("ask", "en", "en", ("model",)),
        Step("translate answer", "en", "hi", ("dictionary",)),
        Step("speak", "hi", "hi", ("voice",)),
    )


def test_the_bridge_is_english_where_the_model_knows_it_else_its_first() -> None:
    crew = Crew([model("de", "en")], translate=[Dictionary({})])
    assert plan(crew, "hi", hears=False, speaks=False).model_language == "en"
    crew = Crew([model("de", "fr")], translate=[Dictionary({})])
    assert plan(crew, "hi", hears=False, speaks=False).model_language == "de"


def test_each_step_names_who_stands_in_and_only_those_who_can() -> None:
    made = plan(
        Crew(
            [model("en", name="first"), model(name="second")],
            [Hearer("", ("ta",), name="tamil"), Hearer("", ("hi",), name="a"), Hearer("", (), name="b")],
            [Dictionary({}, ("hi", "ta")), Dictionary({}, ("hi", "en"), name="hi-en")],
            [Voice(("en",), name="english"), Voice(("hi",), name="hindi")],
        ),
        "hi",
    )
    assert [step.by for step in made.steps] == [("a", "b"), ("hi-en",), ("first", "second"), ("hi-en",), ("hindi",)]
    assert made.remarks == ("english can't speak Hindi, so hindi does.",)
    assert str(made.steps[0]) == "a hears the question in Hindi. If it fails: b."
    assert str(made.steps[1]) == "hi-en translates the question from Hindi to English."


def test_a_language_that_nobody_speaks_is_answered_in_text() -> None:
    made = plan(Crew([model()], [Hearer("")], (), [Voice(("en",))]), "sat")
    assert [step.kind for step in made.steps] == ["hear", "ask"]
    assert made.remarks == ("No voice here speaks Santali: the answer is text only.",)
    assert plan(Crew([model()], [Hearer("")]), "sat", speaks=False).remarks == ()


def test_what_can_not_be_done_is_told_before_anything_is() -> None:
    with pytest.raises(LimitError, match="Nobody here hears Hindi: there is hearer"):
        plan(Crew([model()], [Hearer("", ("en",))]), "hi")
    with pytest.raises(LimitError, match="model can't be asked in Hindi, and nobody here translates it"):
        plan(Crew([model("en")], [Hearer("")]), "hi")
    with pytest.raises(LimitError, match="nobody here translates"):
        plan(Crew([model("en")], [Hearer("")], [Dictionary({}, ("hi", "ta"))]), "hi")


def test_a_model_that_can_be_asked_goes_before_one_that_can_not() -> None:
    made = plan(Crew([model("en", name="a"), model(name="b")], [Hearer("")]), "hi", speaks=False)
    assert made.steps[-1].by == ("b",)


def test_the_offline_model_is_asked_in_english() -> None:
    with pytest.raises(LimitError, match="offline can't be asked in Tamil"):
        plan(Crew([load("offline")], [load("whisper", "transcriber")]), "ta")
    made = plan(Crew([load("offline")], [load("whisper", "transcriber")], (), [load("piper", "speaker")]), "en")
    assert [step.by[0] for step in made.steps] == ["whisper", "offline", "piper"]


def test_a_model_that_listens_needs_no_ears() -> None:
    deaf = Fake("x", limits=Limits(parts=("text", "image")), name="deaf")
    listens = Fake("x", limits=Limits(parts=("text", "audio")), name="listens")
    made = plan(Crew([deaf, listens], speak=[Voice()]), "hi")
    assert [(step.kind, step.by) for step in made.steps] == [("ask", ("listens",)), ("speak", ("voice",))]
    with pytest.raises(LimitError, match="Nobody here hears Hindi: there is nobody"):
        plan(Crew([deaf]), "hi")
    foreign = Fake("x", limits=Limits(parts=("text", "audio"), languages=("en",)))
    with pytest.raises(LimitError, match="Nobody here hears Hindi"):
        plan(Crew([foreign], translate=[Dictionary({})]), "hi")
