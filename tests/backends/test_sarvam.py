"""Sarvam: the real SDK against a server on this machine that keeps every request."""

from __future__ import annotations

import base64
import email.parser
import email.policy
import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from loopback import Answer, Asked, serving

from sensorium import Audio, Image, load
from sensorium.backends.sarvam import speak_payload, transcribe_payload, translate_payload
from sensorium.core.errors import (
    AccessError,
    DeadlineError,
    InputError,
    LimitError,
    MediaError,
    RateLimitError,
    ServiceError,
)
from sensorium.media.audio import RATE, samples, seconds, wav
from sensorium.voice import VoiceTeam, talk

KEY = "sk-not-a-real-key-1234"
HEARD = {"request_id": "r1", "transcript": "यह क्या है?", "language_code": "hi-IN"}


def tone(length: float) -> np.ndarray:
    return (0.3 * np.sin(np.arange(round(length * RATE)) / 7)).astype(np.float32)


def speak(length: float = 0.5, rate: int = 22_050) -> str:
    return base64.b64encode(wav(tone(length * rate / RATE), rate).blob.data).decode()


def saying(text: str, source: str = "en-IN") -> Answer:
    return Answer({"request_id": "r", "translated_text": text, "source_language_code": source})


def form(asked: Asked) -> dict[str, Any]:
    """Read a multipart form: field -> text, or (file name, type, bytes)."""
    head = f"Content-Type: {asked.headers['content-type']}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + asked.raw)
    found: dict[str, Any] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        data = part.get_payload(decode=True)
        assert isinstance(data, bytes)
        file = part.get_filename()
        found[str(name)] = data.decode() if file is None else (file, part.get_content_type(), data)
    return found


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SARVAM_API_KEY", KEY)
    monkeypatch.setattr("sensorium.core.retry.FIRST_WAIT_SECONDS", 0.01)


# What is sent


def test_payloads() -> None:
    assert transcribe_payload(b"RIFF", "saaras:v3", "codemix", "or") == {
        "file": ("speech.wav", b"RIFF", "audio/wav"), "model": "saaras:v3", "mode": "codemix",
        "language_code": "od-IN", "with_timestamps": True,
    }  # fmt: skip
    assert transcribe_payload(b"", "saaras:v3", "transcribe", None)["language_code"] == "unknown"
    assert speak_payload("नमस्ते", "bulbul:v3", "ritu", "hi") == {
        "text": "नमस्ते", "language_code": "hi-IN", "model": "bulbul:v3", "output_audio_codec": "wav", "speaker": "ritu",
    }  # fmt: skip
    assert "speaker" not in speak_payload("x", "bulbul:v3", "", "hi")
    assert translate_payload("Hello [[1]]", "mayura:v1", "en", "ta") == {
        "input": "Hello [[1]]", "source_language_code": "en-IN", "target_language_code": "ta-IN", "model": "mayura:v1",
        "mode": "formal", "numerals_format": "international",
    }  # fmt: skip


def test_hearing() -> None:
    with serving([Answer(HEARD)]) as server:
        heard = load(f"sarvam:@{server.url}", "transcriber").transcribe(wav(tone(1.0)), "hi-IN")
    assert (heard.text, heard.language, heard.seconds, heard.by) == ("यह क्या है?", "hi", 1.0, "sarvam:saaras:v3")
    assert heard.language_confidence is None
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", "/speech-to-text")
    assert asked.headers["api-subscription-key"] == KEY
    fields = form(asked)
    name, kind, data = fields.pop("file")
    assert (name, kind) == ("speech.wav", "audio/wav") and samples(Audio(data)).size == RATE
    assert fields == {
        "model": "saaras:v3", "mode": "transcribe", "language_code": "hi-IN", "with_timestamps": "true",
        "keyterms": "null",  # the SDK's own
    }  # fmt: skip


@pytest.mark.parametrize("mode", ["translate", "verbatim", "translit", "codemix"])
def test_every_mode_of_hearing(mode: str) -> None:
    with serving([Answer(HEARD)]) as server:
        who = load(f"sarvam:saaras:v3/{mode}@{server.url}", "transcriber")
        heard = who.transcribe(wav(tone(1.0)), "hi")
    assert form(server.asked[0])["mode"] == mode and who.name == f"sarvam:saaras:v3/{mode}"
    assert heard.language == ("en" if mode == "translate" else "hi")


def test_a_language_that_is_not_told_is_told_by_the_service() -> None:
    with serving([Answer(HEARD | {"language_code": "od-IN", "language_probability": 0.8})]) as server:
        heard = load(f"sarvam:@{server.url}", "transcriber").transcribe(wav(tone(1.0)), None)
    assert form(server.asked[0])["language_code"] == "unknown"
    assert (heard.language, heard.language_confidence) == ("or", 0.8)


def test_what_is_long_is_sent_in_pieces_cut_at_silences() -> None:
    sound = np.concatenate([tone(9.0), np.zeros(RATE, np.float32)] * 7)  # 70 s
    answers = [Answer(HEARD | {"transcript": f"भाग {i}"}) for i in range(1, 6)]
    with serving(answers) as server:
        heard = load(f"sarvam:@{server.url}", "transcriber").transcribe(wav(sound), "hi")
    sent = [samples(Audio(form(asked)["file"][2])) for asked in server.asked]
    assert len(sent) in (3, 4) and all(piece.size < 30 * RATE for piece in sent)
    assert sum(piece.size for piece in sent) == sound.size
    for piece in sent[:-1]:
        assert np.abs(piece[-1000:]).max() == 0.0  # cut in the middle of a pause
    assert heard.text == " ".join(f"भाग {i}" for i in range(1, len(sent) + 1))
    assert heard.spans[1].start == heard.spans[0].end > 10


def test_when_each_sentence_was_said() -> None:
    stamps = {"words": ["यह क्या है?", "बताइए।"], "start_time_seconds": [0.1, 1.2], "end_time_seconds": [0.9, 1.8]}
    whole = HEARD | {"transcript": "यह क्या है? बताइए।", "timestamps": stamps}
    with serving([Answer(whole)]) as server:
        heard = load(f"sarvam:@{server.url}", "transcriber").transcribe(wav(tone(2.0)), "hi")
    assert [(span.text, span.start, span.end) for span in heard.spans] == [
        ("यह क्या है?", 0.1, 0.9), ("बताइए।", 1.2, 1.8)
    ]  # fmt: skip
    assert heard.text == whole["transcript"]


def test_silence_is_not_sent() -> None:
    with serving([Answer(HEARD)]) as server:
        heard = load(f"sarvam:@{server.url}", "transcriber").transcribe(wav(np.zeros(RATE)), "hi")
    assert heard.text == "" and server.asked == []


def test_speaking() -> None:
    with serving([Answer({"request_id": "r", "audios": [speak()]})]) as server:
        sound = load(f"sarvam:bulbul:v3/ritu@{server.url}", "speaker").speak("नमस्ते", "hi-IN")
    assert seconds(sound) == pytest.approx(0.5, abs=0.01)
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", "/text-to-speech") and asked.headers["api-subscription-key"] == KEY
    assert asked.body == speak_payload("नमस्ते", "bulbul:v3", "ritu", "hi")


def test_a_text_over_the_limit_is_said_in_pieces_of_whole_sentences() -> None:
    text = " ".join(f"यह वाक्य संख्या {i} है।" for i in range(300))
    with serving([Answer({"request_id": "r", "audios": [speak(0.2)]})]) as server:
        sound = load(f"sarvam:@{server.url}", "speaker").speak(text, "hi")
    sent = [asked.body["text"] for asked in server.asked]
    assert len(sent) > 1 and all(len(one) <= 2500 and one.endswith("।") for one in sent) and " ".join(sent) == text
    assert seconds(sound) == pytest.approx(0.2 * len(sent), abs=0.02)


def test_translating_and_what_mayura_lacks() -> None:
    with serving([saying("नमस्ते"), saying("जोहार")]) as server:
        who = load(f"sarvam:@{server.url}", "translator")
        assert who.translate("Hello", "en", "hi") == "नमस्ते"
        assert who.translate("Hello", "en", "sat") == "जोहार"
    assert [asked.path for asked in server.asked] == ["/translate"] * 2
    assert server.asked[0].body == translate_payload("Hello", "mayura:v1", "en", "hi")
    assert server.asked[1].body == translate_payload("Hello", "sarvam-translate:v1", "en", "sat")


def test_a_long_text_is_translated_in_pieces() -> None:
    text = " ".join(f"This is sentence number {i}." for i in range(60))
    with serving([saying("क"), saying("ख"), saying("ग")]) as server:
        assert load(f"sarvam:@{server.url}", "translator").translate(text, "en", "hi") == "क ख"
    assert all(len(asked.body["input"]) <= 1000 for asked in server.asked)


# What is refused


def refusal(status: int, message: str, code: str) -> Answer:
    return Answer({"error": {"message": message, "code": code, "request_id": "r"}}, status)


@pytest.mark.parametrize(
    ("answer", "error", "said", "requests"),
    [
        (refusal(403, f"bad {KEY}", "invalid_api_key_error"), AccessError, "does not allow", 1),
        (refusal(401, "no", "invalid_api_key_error"), AccessError, "does not accept", 1),
        (refusal(429, "slow down", "rate_limit_exceeded_error"), RateLimitError, "too many", 3),
        (refusal(429, "no credits", "insufficient_quota_error"), AccessError, "no quota", 1),
        (refusal(500, "oops", "internal_server_error"), ServiceError, "failed .status 500.: oops", 3),
        (Answer("<html>bad gateway</html>", 502), ServiceError, "status 502", 3),
        (Answer({"detail": "unprocessable"}, 422), ServiceError, "rejects", 1),
        (Answer("", 302, {"Location": "http://127.0.0.1:9/"}), ServiceError, "redirects", 1),
        (Answer("not json"), ServiceError, "unexpected response", 1),
        (Answer({"request_id": "r"}), ServiceError, "unexpected response", 1),
        (Answer({"translated_text": "x"}, broken=True), ServiceError, "ended early", 3),
    ],
)  # fmt: skip
def test_refusals_are_errors_that_a_person_can_mend(
    answer: Answer, error: type[Exception], said: str, requests: int
) -> None:
    with serving([answer]) as server:
        who = load(f"sarvam:@{server.url}", "translator")
        with pytest.raises(error, match=said) as raised:
            who.translate("Hello", "en", "hi")
    assert type(raised.value) is error and KEY not in str(raised.value)
    assert len(server.asked) == requests


def test_a_429_waits_as_the_service_says_and_tries_again() -> None:
    busy = Answer({"error": {"message": "slow down"}}, 429, {"Retry-After": "0"})
    with serving([busy, busy, saying("नमस्ते")]) as server:
        assert load(f"sarvam:@{server.url}", "translator").translate("Hello", "en", "hi") == "नमस्ते"
    assert len(server.asked) == 3


def test_the_form_is_whole_when_it_is_sent_again() -> None:
    """The SDK's own second try leaves out the form's fields; ours must not."""
    with serving([Answer({"error": {"message": "busy"}}, 503), Answer(HEARD)]) as server:
        load(f"sarvam:@{server.url}", "transcriber").transcribe(wav(tone(1.0)), "hi")
    first, second = (form(asked) for asked in server.asked)
    assert first == second and second["mode"] == "transcribe"


@pytest.mark.parametrize("answer", [Answer({}, before_seconds=5), Answer(["a"] * 50, between_seconds=0.1)])
def test_a_service_that_is_too_slow_is_not_waited_for(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensorium.hosted.sarvam_client.TIMEOUT_SECONDS", 0.3)
    with serving([answer]) as server:
        with pytest.raises(DeadlineError, match=r"no complete answer in 0\.3 s"):
            load(f"sarvam:@{server.url}", "translator").translate("Hello", "en", "hi")


def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(ServiceError, match=r"can't be reached at http://127\.0\.0\.1:9"):
        load("sarvam:@http://127.0.0.1:9", "translator").translate("Hello", "en", "hi")


def test_what_is_no_sound_is_told() -> None:
    for audios in (["bm8gc291bmQ="], ["***"], []):
        with serving([Answer({"request_id": "r", "audios": audios})]) as server:
            with pytest.raises(ServiceError, match="unexpected response"):
                load(f"sarvam:@{server.url}", "speaker").speak("x", "hi")


def test_limits_are_told_before_anything_is_sent() -> None:
    with serving([Answer({})]) as server:
        with pytest.raises(LimitError, match="does not speak Santali"):
            load(f"sarvam:@{server.url}", "speaker").speak("x", "sat")
        with pytest.raises(LimitError, match="does not transcribe French"):
            load(f"sarvam:@{server.url}", "transcriber").transcribe(wav(tone(1)), "fr")
        with pytest.raises(LimitError, match="does not translate French"):
            load(f"sarvam:@{server.url}", "translator").translate("x", "en", "fr")
        with pytest.raises(MediaError):
            load(f"sarvam:@{server.url}", "transcriber").transcribe(Audio(b"x"), "hi")
    assert server.asked == []


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("sarvam:bulbul:v3", "transcriber"), ("sarvam:mayura:v1", "speaker"), ("sarvam:saaras:v3/shout", "transcriber"),
        ("sarvam:@localhost", "speaker"), ("sarvam", "model"),
    ],
)  # fmt: skip
def test_names_that_do_not_fit_are_told(name: str, role: str) -> None:
    with pytest.raises(InputError):
        load(name, role)


def test_without_a_key_it_says_where_to_put_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SARVAM_API_KEY")
    monkeypatch.setattr("sensorium.hosted.keys._from_keyring", lambda variable: "")
    with pytest.raises(AccessError, match="SARVAM_API_KEY") as error:
        load("sarvam", "speaker")
    assert "export SARVAM_API_KEY=" in error.value.hint


def test_the_payloads_are_what_the_sdk_takes() -> None:
    import inspect

    from sarvamai.speech_to_text.client import SpeechToTextClient
    from sarvamai.text.client import TextClient
    from sarvamai.text_to_speech.client import TextToSpeechClient

    for taken, payload in (
        (SpeechToTextClient.transcribe, transcribe_payload(b"", "m", "transcribe", "hi")),
        (TextToSpeechClient.convert, speak_payload("x", "m", "v", "hi")),
        (TextClient.translate, translate_payload("x", "m", "en", "hi")),
    ):
        assert set(payload) <= set(inspect.signature(taken).parameters)


# The whole way: Hindi in, Hindi out


@pytest.fixture
def cat() -> Iterator[Image]:
    from pathlib import Path

    import skimage

    yield Image(Path(skimage.__file__).parent / "data" / "chelsea.png")


def test_a_hindi_question_about_a_real_picture_gets_a_hindi_answer(cat: Image) -> None:
    """Saaras hears, Mayura translates, the offline model looks, Mayura translates back, Bulbul speaks."""
    answers = {
        "POST /speech-to-text": [Answer(HEARD)],
        "POST /translate": [saying("What is this?", "hi-IN"), saying("यह एक बिल्ली है।")],
        "POST /text-to-speech": [Answer({"request_id": "r", "audios": [speak(1.2)]})],
    }
    question = load("espeak", "speaker").speak("यह क्या है?", "hi")
    with serving(answers) as server:
        one = f"sarvam:@{server.url}"
        team = VoiceTeam(
            [load("offline")], [load(one, "transcriber")], [load(one, "translator")], [load(one, "speaker")]
        )  # fmt: skip
        found = talk(team, question, [cat], "hi")
    assert found.question == "यह क्या है?" and re.search(r"\bcat\b", found.reply.text)
    assert (found.answer, found.language, found.notices) == ("यह एक बिल्ली है।", "hi", ())
    assert found.speech is not None and seconds(found.speech) == pytest.approx(1.2, abs=0.01)
    heard, there, back, said = server.asked
    assert form(heard)["language_code"] == "hi-IN" and form(heard)["mode"] == "transcribe"
    assert samples(Audio(form(heard)["file"][2])).size == samples(question).size
    assert there.body == translate_payload("यह क्या है?", "mayura:v1", "hi", "en")
    assert back.body == translate_payload(found.reply.text, "mayura:v1", "en", "hi")
    assert said.body == speak_payload("यह एक बिल्ली है।", "bulbul:v3", "", "hi")
    assert all(asked.headers["api-subscription-key"] == KEY for asked in server.asked)
    steps = {done.kind: done for done in found.steps}
    assert set(steps) == {"hear", "translate question", "ask", "translate answer", "speak"}
    assert all(done.usd is not None and done.usd >= 0 for done in found.steps)
    assert steps["hear"].usd == pytest.approx(0.3273 * seconds(question) / 3600)
    assert found.usd is not None and 0 < found.usd < 0.01
    assert json.loads(json.dumps(found.to_json()))["answer"] == "यह एक बिल्ली है।"
