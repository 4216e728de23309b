"""A spoken question to a spoken answer: each step, its stand-ins, what is said of them, time and money."""

from __future__ import annotations

import json

import pytest
from fake_voices import QUESTION, FakeSpeaker, FakeTranscriber, FakeTranslator

from sensorium import Audio, Conversation, Delta, Evidence, Image, Limits, Usage
from sensorium.backends.fake import Fake
from sensorium.core.errors import AccessError, InputError, LimitError, MediaError, RateLimitError, ServiceError
from sensorium.media.audio import seconds
from sensorium.voice import VoiceTeam, talk

ENGLISH = Limits(languages=("en",))
BROKEN = ServiceError("It is broken.")
WORDS = {
    "यह क्या है?": "What is this?",
    "It is a cat, [[1]] sure.": "यह बिल्ली है, [[1]] पक्का।",
    "Second heard the question, because [[1]] could not.": "दूसरे ने सुना, [[1]] नहीं।",
}


def cat(name: str = "model") -> Fake:
    said = Delta("It is a cat, 90 % sure.", confidence=0.9, evidence=(Evidence("recognise", "cat"),))
    return Fake(said, limits=ENGLISH, name=name)


def test_hindi_in_hindi_out() -> None:
    model, voice, hearer = cat(), FakeSpeaker(("hi",)), FakeTranscriber("यह क्या है?")
    picture = Image(b"a picture")
    found = talk(VoiceTeam([model], [hearer], [FakeTranslator(WORDS)], [voice]), QUESTION, [picture], "hi-IN")
    assert hearer.asked == [(QUESTION, "hi")]
    assert model.asked == [Conversation.of(picture, "What is this?")]
    assert (found.question, found.answer, found.language) == ("यह क्या है?", "यह बिल्ली है, 90 % पक्का।", "hi")
    assert found.reply.text == "It is a cat, 90 % sure." and found.reply.evidence and found.notices == ()
    assert voice.said == [("यह बिल्ली है, 90 % पक्का।", "hi")] and found.speech is not None
    assert [(done.kind, done.by) for done in found.steps] == [
        ("hear", "hearer"), ("translate question", "dictionary"), ("ask", "model"), ("translate answer", "dictionary"),
        ("speak", "voice"),
    ]  # fmt: skip
    assert found.first_sound_seconds is not None and 0 <= found.first_sound_seconds <= found.seconds + 0.1
    assert found.chat == Conversation.of(picture, "What is this?").then("assistant", "It is a cat, 90 % sure.")
    assert json.loads(json.dumps(found.to_json()))["answer"] == found.answer


def test_a_typed_question_needs_no_ears_and_no_voice() -> None:
    found = talk(VoiceTeam([cat()]), "What is this?", speak=False)
    assert (found.heard, found.speech, found.answer) == (None, None, "It is a cat, 90 % sure.")
    assert [done.kind for done in found.steps] == ["ask"]


def test_the_next_question_follows_the_last() -> None:
    model = Fake(["A cat.", "Grey."], name="model")
    first = talk(VoiceTeam([model]), "What is this?", [Image(b"x")], speak=False)
    talk(VoiceTeam([model]), "What colour?", before=first.chat, speak=False)
    assert [m.text for m in model.asked[1].messages] == ["What is this?", "A cat.", "What colour?"]


@pytest.mark.parametrize("error", [BROKEN, RateLimitError("Too many."), AccessError("No key.")])
def test_who_fails_is_stood_in_for_and_it_is_said(error: Exception) -> None:
    voice = FakeSpeaker()
    transcribers = [FakeTranscriber("", error=error, name="first"), FakeTranscriber("यह क्या है?", name="second")]
    team = VoiceTeam([cat()], transcribers, [FakeTranslator(WORDS)], [voice])
    found = talk(team, QUESTION, language="hi")
    assert found.steps[0].by == "second" and found.steps[0].failed == (f"first: {error}",)
    assert found.notices == ("दूसरे ने सुना, First नहीं।",) and found.answer.endswith(found.notices[0])
    assert voice.said[-1][0] == found.notices[0]  # said aloud, in the person's language


def test_another_model_answers_in_its_own_language() -> None:
    first = Fake(BROKEN, limits=ENGLISH, name="first")
    second = Fake("बिल्ली।", name="second")
    found = talk(
        VoiceTeam([first, second], translators=[FakeTranslator(WORDS)]), "यह क्या है?", language="hi", speak=False
    )
    assert second.asked[0].messages[0].text == "यह क्या है?"
    assert found.answer.startswith("बिल्ली।") and "Second answered, because First could not." in found.answer
    assert found.reply.model == "second"


def test_an_answer_that_nobody_can_translate_is_given_as_it_is_and_said_so() -> None:
    class Once(FakeTranslator):
        def translate(self, text: str, source: str, target: str) -> str:
            self.error = BROKEN if source == "en" else None
            return super().translate(text, source, target)

    english = FakeSpeaker(("en", "hi"))
    found = talk(VoiceTeam([cat()], translators=[Once(WORDS)], speakers=[english]), "यह क्या है?", language="hi")
    assert found.language == "en" and found.answer.startswith("It is a cat, 90 % sure.")
    assert "could not be translated into Hindi: It is broken." in found.notices[0]
    assert english.said[0] == ("It is a cat, 90 % sure.", "en") and any("Hindi" in said for said, _ in english.said)


def test_a_voice_that_fails_in_the_middle_is_stood_in_for() -> None:
    first, second = FakeSpeaker(fails_after=1, error=BROKEN, name="first"), FakeSpeaker(name="second")
    found = talk(VoiceTeam([Fake("One. Two. Three.")], speakers=[first, second]), "Count.")
    assert [said for said, _ in first.said] == ["One."]
    assert [said for said, _ in second.said] == ["Two.", "Three.", "Second speaks, because First could not."]
    assert found.steps[-1].failed == ("first: It is broken.",)
    assert found.answer == "One. Two. Three. Second speaks, because First could not."
    assert found.speech is not None and seconds(found.speech) > 0.9


def test_without_a_voice_that_works_the_answer_is_text() -> None:
    found = talk(VoiceTeam([cat()], speakers=[FakeSpeaker(fails_after=0, error=BROKEN)]), "What is this?")
    assert found.speech is None and found.first_sound_seconds is None
    assert found.answer == "It is a cat, 90 % sure. The answer could not be spoken: It is broken."


def test_sentences_can_be_played_as_they_come() -> None:
    played: list[str] = []

    def play(sentence: str, sound: Audio) -> None:
        assert seconds(sound) > 0
        played.append(sentence)

    talk(VoiceTeam([Fake("One. Two.")], speakers=[FakeSpeaker()]), "Count.", play=play)
    assert played == ["One.", "Two."]


def test_what_was_hard_to_hear_is_said() -> None:
    found = talk(VoiceTeam([Fake("A cat.")], [FakeTranscriber("What is this?", confidence=0.2)]), QUESTION, speak=False)
    assert found.answer == "A cat. I may have misheard the question as: What is this?"


def test_what_translation_lost_or_changed_is_said() -> None:
    words = {"It is [[1]].": "यह है।", "It is 5 mg.": "यह 7 है।"}
    model = Fake("It is 5 mg.", limits=ENGLISH)
    found = talk(VoiceTeam([model], translators=[FakeTranslator(words)]), "Q", language="hi", speak=False)
    assert found.answer.startswith("यह है। (5 mg)") and len(found.notices) == 1


def test_silence_and_nothing_are_told() -> None:
    with pytest.raises(MediaError, match="Nobody speaks in"):
        talk(VoiceTeam([cat()], [FakeTranscriber("")]), QUESTION)
    with pytest.raises(InputError, match="The question is empty"):
        talk(VoiceTeam([cat()]), "  ")
    with pytest.raises(MediaError, match="isn't audio"):
        talk(VoiceTeam([cat()], [FakeTranscriber("x")]), Audio(b"nonsense"))


def test_the_last_error_is_raised_where_all_fail() -> None:
    last = ServiceError("Neither.")
    with pytest.raises(ServiceError, match="Neither"):
        talk(VoiceTeam([cat()], [FakeTranscriber("", error=BROKEN), FakeTranscriber("", error=last)]), QUESTION)
    with pytest.raises(ServiceError, match="Neither"):
        talk(VoiceTeam([Fake(BROKEN), Fake(last)]), "Q")


def test_a_broken_picture_is_no_reason_to_ask_another_model() -> None:
    second = Fake("x")
    with pytest.raises(MediaError):
        talk(VoiceTeam([Fake(MediaError("The picture is broken.")), second]), "Q", [Image(b"x")])
    assert second.asked == []


def test_nothing_is_heard_where_the_plan_fails() -> None:
    hearer = FakeTranscriber("यह क्या है?")
    with pytest.raises(LimitError):
        talk(VoiceTeam([cat()], [hearer]), QUESTION, language="hi")
    assert hearer.asked == []


def test_money_is_added_where_it_is_known() -> None:
    known = VoiceTeam([Fake(Delta("One two.", usage=Usage(usd=0.01)))], [FakeTranscriber("Q", name="whisper")], (),
                 [FakeSpeaker(name="sarvam:bulbul:v3/ritu")])  # fmt: skip
    found = talk(known, QUESTION)
    assert found.usd == pytest.approx(0.01 + len("One two.") * 32.73 / 1e6)
    assert talk(VoiceTeam([Fake("x")], [FakeTranscriber("Q", name="whisper")]), QUESTION, speak=False).usd is None


def test_what_to_type_is_not_said_aloud() -> None:
    suggestion = "A larger model may tell; to change to one, type: sensorium use openai:gpt-4o-mini"
    voice = FakeSpeaker()
    found = talk(VoiceTeam([Fake(Delta("I can't tell.", suggestion=suggestion))], speakers=[voice]), QUESTION)
    assert found.answer == "I can't tell." and found.reply.suggestion == suggestion
    assert [said for said, _ in voice.said] == ["I can't tell."]


def test_a_model_that_listens_is_given_the_sound() -> None:
    model, picture = Fake("बिल्ली।", name="listens"), Image(b"x")
    found = talk(VoiceTeam([model], speakers=[FakeSpeaker()]), QUESTION, [picture], "hi")
    assert model.asked == [Conversation.of(picture, QUESTION)]
    assert (found.heard, found.question, found.answer) == (None, "", "बिल्ली।")
    assert [done.kind for done in found.steps] == ["ask", "speak"]
    assert found.chat.messages[0].parts == (picture, QUESTION)
