"""Who does what, chosen by what each can do."""

from __future__ import annotations

import pytest
from fake_voices import FakeSpeaker, FakeTranscriber, FakeTranslator

from sensorium import Limits, Model, load
from sensorium.backends.fake import Fake
from sensorium.core.errors import LimitError
from sensorium.voice import PlanStep, VoiceTeam, plan


def model(*languages: str, name: str = "model") -> Model:
    return Fake("x", limits=Limits(languages=languages), name=name)


def test_a_model_that_knows_the_language_is_asked_in_it() -> None:
    for given in (model(), model("en", "hi")):
        made = plan(VoiceTeam([given], [FakeTranscriber("")], [FakeTranslator({})], [FakeSpeaker()]), "hi")
        assert [step.kind for step in made.steps] == ["hear", "ask", "speak"]
        assert made.model_language == "hi" and made.remarks == ()


def test_a_model_of_other_languages_is_asked_through_a_translator() -> None:
    made = plan(VoiceTeam([model("en")], [FakeTranscriber("")], [FakeTranslator({})], [FakeSpeaker()]), "hi")
    assert made.steps == (
        PlanStep("hear", "hi", "hi", ("hearer",)),
        PlanStep("translate question", "hi", "en", ("dictionary",)),
        PlanStep("ask", "en", "en", ("model",)),
        PlanStep("translate answer", "en", "hi", ("dictionary",)),
        PlanStep("speak", "hi", "hi", ("voice",)),
    )


def test_the_bridge_is_english_where_the_model_knows_it_else_its_first() -> None:
    team = VoiceTeam([model("de", "en")], translators=[FakeTranslator({})])
    assert plan(team, "hi", audio_question=False, spoken_answer=False).model_language == "en"
    team = VoiceTeam([model("de", "fr")], translators=[FakeTranslator({})])
    assert plan(team, "hi", audio_question=False, spoken_answer=False).model_language == "de"


def test_each_step_names_who_stands_in_and_only_those_who_can() -> None:
    made = plan(
        VoiceTeam(
            [model("en", name="first"), model(name="second")],
            [
                FakeTranscriber("", ("ta",), name="tamil"),
                FakeTranscriber("", ("hi",), name="a"),
                FakeTranscriber("", (), name="b"),
            ],
            [FakeTranslator({}, ("hi", "ta")), FakeTranslator({}, ("hi", "en"), name="hi-en")],
            [FakeSpeaker(("en",), name="english"), FakeSpeaker(("hi",), name="hindi")],
        ),
        "hi",
    )
    assert [step.by for step in made.steps] == [("a", "b"), ("hi-en",), ("first", "second"), ("hi-en",), ("hindi",)]
    assert made.remarks == ("english can't speak Hindi, so hindi does.",)
    assert str(made.steps[0]) == "a hears the question in Hindi. If it fails: b."
    assert str(made.steps[1]) == "hi-en translates the question from Hindi to English."


def test_a_language_that_nobody_speaks_is_answered_in_text() -> None:
    made = plan(VoiceTeam([model()], [FakeTranscriber("")], (), [FakeSpeaker(("en",))]), "sat")
    assert [step.kind for step in made.steps] == ["hear", "ask"]
    assert made.remarks == ("No loaded voice speaks Santali: the answer is text only.",)
    assert plan(VoiceTeam([model()], [FakeTranscriber("")]), "sat", spoken_answer=False).remarks == ()


def test_what_can_not_be_done_is_told_before_anything_is() -> None:
    with pytest.raises(LimitError, match=r"No loaded transcriber supports Hindi \(loaded: hearer\)"):
        plan(VoiceTeam([model()], [FakeTranscriber("", ("en",))]), "hi")
    with pytest.raises(LimitError, match="model can't be asked in Hindi, and no loaded translator"):
        plan(VoiceTeam([model("en")], [FakeTranscriber("")]), "hi")
    with pytest.raises(LimitError, match="no loaded translator"):
        plan(VoiceTeam([model("en")], [FakeTranscriber("")], [FakeTranslator({}, ("hi", "ta"))]), "hi")


def test_a_model_that_can_be_asked_goes_before_one_that_can_not() -> None:
    made = plan(VoiceTeam([model("en", name="a"), model(name="b")], [FakeTranscriber("")]), "hi", spoken_answer=False)
    assert made.steps[-1].by == ("b",)


def test_the_offline_model_is_asked_in_english() -> None:
    with pytest.raises(LimitError, match="offline can't be asked in Tamil"):
        plan(VoiceTeam([load("offline")], [load("whisper", "transcriber")]), "ta")
    made = plan(VoiceTeam([load("offline")], [load("whisper", "transcriber")], (), [load("piper", "speaker")]), "en")
    assert [step.by[0] for step in made.steps] == ["whisper", "offline", "piper"]


def test_a_model_that_listens_needs_no_ears() -> None:
    deaf = Fake("x", limits=Limits(parts=("text", "image")), name="deaf")
    listens = Fake("x", limits=Limits(parts=("text", "audio")), name="listens")
    made = plan(VoiceTeam([deaf, listens], speakers=[FakeSpeaker()]), "hi")
    assert [(step.kind, step.by) for step in made.steps] == [("ask", ("listens",)), ("speak", ("voice",))]
    with pytest.raises(LimitError, match=r"No loaded transcriber supports Hindi \(loaded: none\)"):
        plan(VoiceTeam([deaf]), "hi")
    foreign = Fake("x", limits=Limits(parts=("text", "audio"), languages=("en",)))
    with pytest.raises(LimitError, match="No loaded transcriber supports Hindi"):
        plan(VoiceTeam([foreign], translators=[FakeTranslator({})]), "hi")
