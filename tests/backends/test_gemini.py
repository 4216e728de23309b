"""The google-genai SDK against a server on this machine that keeps every request."""

from __future__ import annotations

import base64
import io
import json
import logging
import re
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from click.testing import CliRunner
from loopback import Answer, Asked, Loopback, serving

from sensorium import (
    Audio,
    Conversation,
    Embedder,
    Image,
    Message,
    Model,
    Options,
    Part,
    Text,
    Video,
    ask,
    load,
    stream,
)
from sensorium.backends.gemini import Gemini, GeminiEmbedder
from sensorium.core.errors import (
    AccessError,
    DeadlineError,
    InputError,
    InstallError,
    LimitError,
    MediaError,
    NoWordsError,
    RateLimitError,
    RefusalError,
    SensoriumError,
    ServiceError,
)
from sensorium.hosted import gemini_contents as contents
from sensorium.hosted.gemini_client import UploadedFile
from sensorium.hosted.gemini_contents import blobs_to_upload, to_payload

HELLO = Conversation.of("hello")
QUICK = Options(retries=0, timeout_seconds=10)
KEY = "AIzaTest0123456789"
MP4 = b"\0\0\0\x18ftypisom\0\0\2\0isomiso2"
WAV = b"RIFF\x24\0\0\0WAVEfmt "
NAME = "gemini-3.5-flash"
ASKING = f"POST /v1/models/{NAME}:streamGenerateContent?alt=sse"


@pytest.fixture(autouse=True)
def one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GOOGLE_API_KEY", "GOOGLE_GEMINI_BASE_URL", "GOOGLE_GENAI_USE_VERTEXAI", "SENSORIUM_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    monkeypatch.setattr("sensorium.hosted.keys._from_keyring", lambda variable: "")


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    taken: list[float] = []
    monkeypatch.setattr(time, "sleep", taken.append)
    return taken


def chunk(text: str = "", ended: str = "", **used: int) -> dict[str, Any]:
    first: dict[str, Any] = {"content": {"role": "model", "parts": [{"text": text}] if text else []}, "index": 0}
    return {"candidates": [first | ({"finishReason": ended} if ended else {})]} | (
        {"usageMetadata": used} if used else {}
    )


def events(*values: Any) -> list[str]:
    return [f"data: {value if isinstance(value, str) else json.dumps(value)}\r\n\r\n" for value in values]


def saying(*texts: str, ended: str = "STOP", cached: int = 0) -> list[str]:
    used = {"promptTokenCount": 100, "candidatesTokenCount": 3, "thoughtsTokenCount": 5, "totalTokenCount": 108}
    return events(*map(chunk, texts), chunk(ended=ended, **used, cachedContentTokenCount=cached))


def drawn(colour: tuple[int, int, int] = (200, 30, 30)) -> bytes:
    buffer = io.BytesIO()
    PIL.Image.new("RGB", (3, 2), colour).save(buffer, "PNG")
    return buffer.getvalue()


def plain(value: Any) -> Any:
    """Bring a request to one form: the SDK mixes the keys' spelling, and its base64 is URL-safe."""
    if isinstance(value, dict):
        made = {re.sub(r"_(\w)", lambda m: m[1].upper(), name): plain(one) for name, one in value.items()}
        if isinstance(made.get("data"), str):
            made["data"] = base64.urlsafe_b64decode(made["data"])
        return made
    return [plain(one) for one in value] if isinstance(value, list) else value


# What is sent


CHAT = Conversation(
    (
        Message("system", "Be brief."),
        Message("user", [Image(drawn()), "This is red.", Image(drawn(), at=1.5), "And this?"]),
        Message("assistant", "Red too."),
        Message("user", [Video(MP4, 1, 2.5, fps=2), Video(MP4), Audio(WAV), "What happens?"]),
    )
)


def test_the_payload_keeps_every_part_in_its_place() -> None:
    picture = {"inline_data": {"data": drawn(), "mime_type": "image/png"}}
    film = {"inline_data": {"data": MP4, "mime_type": "video/mp4"}}
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    options = Options(max_tokens=20, temperature=0.5, seed=7, stop=("\n",), schema=schema)
    assert to_payload(CHAT, options, "gemini-4", {}) == {
        "model": "gemini-4",
        "contents": [
            {
                "role": "user",
                "parts": [
                    picture, {"text": "This is red."}, {"text": "Frame at 1.5 s:"}, picture, {"text": "And this?"}
                ],
            },
            {"role": "model", "parts": [{"text": "Red too."}]},
            {
                "role": "user",
                "parts": [
                    film | {"video_metadata": {"fps": 2.0, "start_offset": "1s", "end_offset": "2.5s"}},
                    film,
                    {"inline_data": {"data": WAV, "mime_type": "audio/wav"}},
                    {"text": "What happens?"},
                ],
            },
        ],
        "config": {
            "max_output_tokens": 20,
            "temperature": 0.5,
            "seed": 7,
            "stop_sequences": ["\n"],
            "response_mime_type": "application/json",
            "response_json_schema": schema,
            "system_instruction": "Be brief.",
        },
    }  # fmt: skip


def test_a_detail_is_the_media_resolution() -> None:
    assert to_payload(CHAT, Options(detail="low"), NAME, {})["config"]["media_resolution"] == "MEDIA_RESOLUTION_LOW"
    assert "media_resolution" not in to_payload(CHAT, Options(), NAME, {})["config"]
    with pytest.raises(LimitError, match="no media resolution 'original'"):
        to_payload(CHAT, Options(detail="original"), NAME, {})


def test_the_request_that_the_sdk_makes_of_it() -> None:
    with serving([Answer(saying("A ball ", "rolls."))]) as server:
        reply = ask(Gemini(NAME, server.url), CHAT, Options(max_tokens=20, temperature=0.5, seed=7, stop=("\n",)))
    assert reply.text == "A ball rolls." and reply.model == f"gemini:{NAME}"
    (asked,) = server.asked
    assert (f"{asked.method} {asked.path}", asked.headers["x-goog-api-key"]) == (ASKING, KEY)
    picture = {"inlineData": {"data": drawn(), "mimeType": "image/png"}}
    film = {"inlineData": {"data": MP4, "mimeType": "video/mp4"}}
    assert plain(asked.body) == {
        "contents": [
            {
                "role": "user",
                "parts": [
                    picture, {"text": "This is red."}, {"text": "Frame at 1.5 s:"}, picture, {"text": "And this?"}
                ],
            },
            {"role": "model", "parts": [{"text": "Red too."}]},
            {
                "role": "user",
                "parts": [
                    film | {"videoMetadata": {"fps": 2.0, "startOffset": "1s", "endOffset": "2.5s"}},
                    film,
                    {"inlineData": {"data": WAV, "mimeType": "audio/wav"}},
                    {"text": "What happens?"},
                ],
            },
        ],
        "systemInstruction": {"role": "user", "parts": [{"text": "Be brief."}]},
        "generationConfig": {
            "maxOutputTokens": 20,
            "temperature": 0.5,
            "seed": 7,
            "stopSequences": ["\n"],
            "thinkingConfig": {"thinkingLevel": "LOW"},
        },
    }  # fmt: skip


def test_tokens_and_money() -> None:
    with serving([Answer(saying("Hi.", cached=40))]) as server:
        usage = ask(Gemini(NAME, server.url), HELLO).usage
    assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens) == (100, 8, 40)
    assert usage.usd == pytest.approx((60 * 1.5 + 40 * 0.15 + 8 * 9.0) / 1e6)
    assert usage.first_seconds is not None


def test_pieces_come_as_they_are_made_and_thoughts_do_not() -> None:
    thought = {"candidates": [{"content": {"role": "model", "parts": [{"text": "Hm.", "thought": True}]}}]}
    with serving([Answer([*events(thought), *saying("A ", "cat.")], between_seconds=0.2)]) as server:
        came = [(d.text, time.monotonic()) for d in stream(Gemini(NAME, server.url), HELLO) if d.text]
    assert [text for text, _ in came] == ["A ", "cat."] and came[1][1] - came[0][1] > 0.1


def test_a_cut_answer_says_so() -> None:
    with serving([Answer(saying("Once upon", ended="MAX_TOKENS"))]) as server:
        assert ask(Gemini(NAME, server.url), HELLO).cut


@dataclass
class Receipt:
    shop: str
    total: float


def test_a_typed_answer() -> None:
    with serving([Answer(saying('{"shop": "Bakery", ', '"total": 9}'))]) as server:
        reply = ask(Gemini(NAME, server.url), HELLO, Options(schema=Receipt))
    assert reply.data == Receipt("Bakery", 9.0) and not reply.repaired
    assert plain(server.asked[0].body)["generationConfig"]["responseMimeType"] == "application/json"


# Files


def a_file(state: str) -> dict[str, Any]:
    return {"name": "files/f1", "uri": "https://g/v1/files/f1", "mimeType": "video/mp4", "state": state}


def a_store(*states: str) -> dict[str, list[Answer]]:
    return {
        "POST /upload/v1/files": [Answer({}, headers={"X-Goog-Upload-URL": "SELF/upload-here"})],
        "POST /upload-here": [Answer({"file": a_file(states[0])}, headers={"X-Goog-Upload-Status": "final"})],
        "GET /v1/files/f1": [Answer(a_file(state)) for state in states[1:] or states],
        "DELETE /v1/files/f1": [Answer({})],
        ASKING: [Answer(saying("A ball."))],
    }


@pytest.fixture
def little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "MAX_INLINE_BYTES", 1000)


FILM = Video(MP4 + b"f" * 2000, 3, 9, fps=0.5)


def steps(server: Loopback) -> list[str]:
    return [f"{asked.method} {asked.path}" for asked in server.asked]


def test_a_large_film_is_uploaded_waited_for_and_deleted(little_room: None) -> None:
    with serving(a_store("PROCESSING", "PROCESSING", "ACTIVE")) as server:
        assert ask(Gemini(NAME, server.url), Conversation.of(FILM, Image(drawn()), "?")).text == "A ball."
    assert steps(server) == [
        "POST /upload/v1/files", "POST /upload-here", "GET /v1/files/f1", "GET /v1/files/f1", ASKING,
        "DELETE /v1/files/f1",
    ]  # fmt: skip
    start, sent, *_ = server.asked
    assert start.headers["x-goog-upload-command"] == "start" and start.headers["x-goog-upload-protocol"] == "resumable"
    assert start.headers["x-goog-upload-header-content-type"] == "video/mp4"
    assert (sent.headers["x-goog-upload-command"], sent.raw) == ("upload, finalize", FILM.blob.data)
    assert plain(server.asked[4].body)["contents"][0]["parts"] == [
        {
            "fileData": {"fileUri": "https://g/v1/files/f1", "mimeType": "video/mp4"},
            "videoMetadata": {"fps": 0.5, "startOffset": "3s", "endOffset": "9s"},
        },
        {"inlineData": {"data": drawn(), "mimeType": "image/png"}},
        {"text": "?"},
    ]


def test_a_clip_far_into_a_film_keeps_its_times(little_room: None) -> None:
    film = Video(MP4 + b"f" * 2000, 36_000.123, 1_000_000.0, fps=0.5)
    chat = Conversation.of(film, Image(drawn(), at=36_005.041_7), "When?")
    with serving(a_store("ACTIVE")) as server:
        ask(Gemini(NAME, server.url), chat, Options(detail="low"))
    (asked,) = [one for one in server.asked if f"{one.method} {one.path}" == ASKING]
    body = plain(asked.body)
    assert body["contents"][0]["parts"] == [
        {
            "fileData": {"fileUri": "https://g/v1/files/f1", "mimeType": "video/mp4"},
            "videoMetadata": {"fps": 0.5, "startOffset": "36000.123s", "endOffset": "1000000s"},
        },
        {"text": "Frame at 36005.042 s:"},
        {"inlineData": {"data": drawn(), "mimeType": "image/png"}},
        {"text": "When?"},
    ]
    assert body["generationConfig"]["mediaResolution"] == "MEDIA_RESOLUTION_LOW"


def test_a_file_is_deleted_when_the_answer_fails_too(little_room: None) -> None:
    store = a_store("ACTIVE") | {ASKING: [Answer({"error": {"code": 400, "message": "No."}}, 400)]}
    with serving(store) as server, pytest.raises(ServiceError, match="No"):
        ask(Gemini(NAME, server.url), Conversation.of(FILM, "?"))
    assert steps(server)[-1] == "DELETE /v1/files/f1"


def test_a_film_that_can_not_be_used(little_room: None) -> None:
    with serving(a_store("PROCESSING", "FAILED")) as server, pytest.raises(MediaError, match="Gemini") as caught:
        ask(Gemini(NAME, server.url), Conversation.of(FILM, "?"))
    assert caught.value.hint and steps(server)[-1] == "DELETE /v1/files/f1"
    assert ASKING not in steps(server)


def test_a_film_that_is_never_ready_meets_the_deadline(little_room: None) -> None:
    with serving(a_store("PROCESSING")) as server, pytest.raises(DeadlineError):
        ask(Gemini(NAME, server.url), Conversation.of(FILM, "?"), Options(timeout_seconds=1.5, retries=0))
    assert steps(server)[-1] == "DELETE /v1/files/f1"


def test_what_is_uploaded_is_the_largest_until_the_rest_fits() -> None:
    films = [Video(MP4 + bytes([n]) * (n * 1_000_000)) for n in (9, 1, 7, 5)]
    assert blobs_to_upload(Conversation.of(*films[:2], "?")) == []
    assert blobs_to_upload(Conversation.of(*films, "?")) == [films[0].blob]
    assert blobs_to_upload(Conversation.of(Video(MP4 + b"x" * 20_000_000), "?"))
    held = {films[0].blob.digest: UploadedFile("files/f1", "https://g/f1", "video/mp4")}
    parts = to_payload(Conversation.of(films[0], films[1]), Options(), NAME, held)["contents"][0]["parts"]
    assert [list(part) for part in parts] == [["file_data"], ["inline_data"]]


# Beginnings that are kept


EXAMPLES = (Message("system", "Name it."), *[
    message
    for n in range(5)
    for message in (Message("user", [Image(drawn((n, 0, 0))), "What?"]), Message("assistant", f"thing {n}"))
])  # fmt: skip


def questions(*words: str) -> list[Conversation]:
    return [Conversation((*EXAMPLES, Message("user", word))) for word in words]


def test_examples_that_come_again_are_kept_at_the_service() -> None:
    answers = {
        "POST /v1/cachedContents": [Answer({"name": "cachedContents/c1", "model": f"models/{NAME}"})],
        "DELETE /v1/cachedContents/c1": [Answer({})],
        ASKING: [Answer(saying("One.")), Answer(saying("Two.", cached=90)), Answer(saying("Three.", cached=90))],
    }
    with serving(answers) as server:
        model = Gemini(NAME, server.url)
        replies = [ask(model, chat) for chat in questions("a?", "b?", "c?")]
        model.close()
    assert [reply.text for reply in replies] == ["One.", "Two.", "Three."]
    assert [reply.usage.cached_tokens for reply in replies] == [0, 90, 90]
    assert steps(server) == [
        ASKING, "POST /v1/cachedContents", ASKING, ASKING, "DELETE /v1/cachedContents/c1"
    ]  # fmt: skip
    whole, kept, second, third, _ = map(lambda asked: plain(asked.body) if asked.raw else {}, server.asked)
    assert whole["contents"][:-1] == kept["contents"] and kept["ttl"] == "300s"
    assert kept["systemInstruction"] == whole["systemInstruction"] and kept["model"] == f"models/{NAME}"
    for body, word in ((second, "b?"), (third, "c?")):
        assert body["contents"] == [{"role": "user", "parts": [{"text": word}]}]
        assert body["cachedContent"] == "cachedContents/c1" and "systemInstruction" not in body


@pytest.mark.parametrize("code", [400, 404, 500])
def test_what_can_not_be_kept_is_asked_whole_and_not_tried_again(code: int) -> None:
    no = Answer({"error": {"code": code, "message": "Cached content is too small."}}, code)
    with serving({"POST /v1/cachedContents": [no], ASKING: [Answer(saying("Yes."))]}) as server:
        model = Gemini(NAME, server.url)
        assert [ask(model, chat).text for chat in questions("a?", "b?", "c?")] == ["Yes."] * 3
    assert steps(server) == [ASKING, "POST /v1/cachedContents", ASKING, ASKING]
    assert all(len(plain(asked.body)["contents"]) == 11 for asked in server.asked if "stream" in asked.path)


def test_a_beginning_that_was_forgotten_is_sent_again(naps: list[float]) -> None:
    gone = Answer({"error": {"code": 403, "message": "CachedContent not found (or permission denied)"}}, 403)
    answers = {
        "POST /v1/cachedContents": [Answer({"name": "cachedContents/c1"})],
        ASKING: [Answer(saying("One.")), gone, Answer(saying("Two."))],
    }
    with serving(answers) as server:
        model = Gemini(NAME, server.url)
        assert [ask(model, chat).text for chat in questions("a?", "b?")] == ["One.", "Two."]
    assert len(plain(server.asked[-1].body)["contents"]) == 11


def test_short_beginnings_and_other_ones_are_not_kept() -> None:
    short = [Conversation((Message("user", "Hi"), Message("assistant", "Hello"), Message("user", q))) for q in "abc"]
    other = [Conversation((Message("user", [Image(drawn((n, 9, 9)))] * 9), Message("user", "?"))) for n in range(3)]
    with serving({ASKING: [Answer(saying("Yes."))]}) as server:
        model = Gemini(NAME, server.url)
        for chat in (*short, *other):
            ask(model, chat)
        unkept = Gemini(NAME, server.url, cache=False)
        for chat in questions("a?", "b?"):
            ask(unkept, chat)
    assert steps(server) == [ASKING] * 8


# What goes wrong


def failing(server: Loopback, options: Options = QUICK) -> SensoriumError:
    with pytest.raises(SensoriumError) as caught:
        ask(Gemini(NAME, server.url), HELLO, options)
    assert caught.value.hint
    return caught.value


def error(code: int, message: str, *details: dict[str, Any], status: str = "X") -> Answer:
    return Answer({"error": {"code": code, "message": message, "status": status, "details": list(details)}}, code)


WRONG_KEY = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
WAIT = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}


@pytest.mark.parametrize(
    ("answer", "kind", "said", "retryable"),
    [
        (error(400, "API key not valid.", WRONG_KEY), AccessError, "GEMINI_API_KEY", False),
        (error(401, "Who are you?"), AccessError, "Who are you", False),
        (error(403, "Not yours."), AccessError, "Not yours", False),
        (error(404, "models/x is not found"), InputError, "models/x", False),
        (error(400, "The input token count exceeds the maximum number of tokens allowed"), LimitError, "token", False),
        (error(400, "Invalid argument"), ServiceError, "Invalid argument", False),
        (error(429, "You exceeded your current quota, please check your plan", WAIT), RateLimitError, "quota", True),
        (error(500, "oops"), ServiceError, "500", True),
        (Answer("<html>bad gateway", 502), ServiceError, "502", True),
        (error(503, "overloaded"), ServiceError, "overloaded", True),
        (error(504, "late"), DeadlineError, "504", True),
        (Answer("", 302, {"Location": "SELF/other"}), ServiceError, "redirects", False),
        (Answer("<html>Hello</html>"), ServiceError, "unexpected response", False),
        (Answer(events("nonsense")), ServiceError, "unexpected response", False),
        (Answer(events({"candidates": 5})), ServiceError, "unexpected response", False),
        (Answer(events({"candidates": [{"content": "words"}]})), ServiceError, "unexpected response", False),
        (Answer(events({"error": {"code": 500, "message": "Internal"}})), ServiceError, "Internal", True),
        (Answer(""), ServiceError, "unexpected response", False),
        (Answer(events({})), ServiceError, "ended early", True),
        (Answer(events(chunk("A"))), ServiceError, "ended early", True),
        (Answer(events(chunk("A")), broken=True), ServiceError, "ended early", True),
        (Answer(saying(ended="SAFETY")), RefusalError, "filter", False),
        (Answer(saying(ended="MAX_TOKENS")), NoWordsError, "thinking", False),
        (Answer(events({"promptFeedback": {"blockReason": "SAFETY"}})), RefusalError, "filter", False),
    ],
)
def test_each_failure_is_the_right_error(answer: Answer, kind: type, said: str, retryable: bool) -> None:
    with serving([answer]) as server:
        found = failing(server)
    assert type(found) is kind and found.retryable is retryable
    assert said in found.message
    assert len(server.asked) == 1


@pytest.mark.parametrize("first", [error(500, "oops"), error(503, "busy"), Answer(events(chunk("Half")), broken=True)])
def test_what_may_pass_is_tried_again(first: Answer, naps: list[float]) -> None:
    with serving([first, Answer(saying("Whole."))]) as server:
        assert ask(Gemini(NAME, server.url), HELLO).text == "Whole."
    assert server.asked[0].body == server.asked[1].body and len(naps) == 1


@pytest.mark.parametrize(
    "busy", [error(429, "slow", WAIT), Answer({"error": {"code": 429, "message": "slow"}}, 429, {"Retry-After": "7"})]
)
def test_a_rate_limit_is_waited_out_as_long_as_it_says(busy: Answer, naps: list[float]) -> None:
    with serving([busy, busy, Answer(saying("There."))]) as server:
        assert ask(Gemini(NAME, server.url), HELLO).text == "There."
    assert naps == [7.0, 7.0]


@pytest.mark.parametrize(
    "slow", [Answer(saying("late"), before_seconds=20), Answer(saying(*"abcdefghijklmnopqrst"), between_seconds=0.1)]
)
def test_a_slow_server_meets_the_deadline(slow: Answer) -> None:
    with serving([slow]) as server:
        start = time.monotonic()
        found = failing(server, Options(timeout_seconds=0.5, retries=0))
    assert isinstance(found, DeadlineError) and time.monotonic() - start < 3


def test_no_server_at_all() -> None:
    with serving([Answer("")]) as server:
        url = server.url
    with pytest.raises(ServiceError, match="can't be reached") as caught:
        ask(Gemini(NAME, url), HELLO, QUICK)
    assert caught.value.hint and caught.value.retryable


def test_the_code_of_the_docs_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[2] / "docs" / "backends.md").read_text(encoding="utf-8")
    (code,) = [block for block in re.findall(r"```python\n(.*?)```", page, re.S) if "gemini:" in block]
    (tmp_path / "film.mp4").write_bytes(MP4)
    (tmp_path / "page.py").write_text(code)
    with serving([Answer(saying("A key."))]) as server:
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", server.url)
        done = subprocess.run([sys.executable, "page.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("A key.\n", "")
    assert plain(server.asked[0].body)["contents"][0]["parts"][0]["videoMetadata"] == {
        "fps": 2.0, "startOffset": "30s", "endOffset": "45s"
    }  # fmt: skip


# Names, keys, limits


def test_names_and_roles(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(load(f"gemini:{NAME}"), Model) and load(f"gemini:{NAME}").name == f"gemini:{NAME}"
    assert isinstance(load("gemini", role="embedder"), Embedder)
    for name in ("gemini", "gemini-embedding", "gemini-embedding-2"):
        assert load(name, role="embedder").version == "gemini-embedding-2-768"
    with pytest.raises(InputError, match="lacks the model"):
        load("gemini:")
    monkeypatch.delenv("GEMINI_API_KEY")
    with pytest.raises(AccessError, match="GEMINI_API_KEY or GOOGLE_API_KEY") as caught:
        load(f"gemini:{NAME}")
    assert "export GEMINI_API_KEY=" in caught.value.hint
    monkeypatch.setenv("GOOGLE_API_KEY", KEY)
    assert load(f"gemini:{NAME}").name


def test_a_missing_package_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    import google

    monkeypatch.setitem(sys.modules, "google.genai", None)
    monkeypatch.delattr(google, "genai", raising=False)
    with pytest.raises(InstallError) as caught:
        ask(Gemini(NAME, "http://127.0.0.1:9"), HELLO)
    assert caught.value.hint == 'Type: pip install "sensorium[gemini]"'


def test_limits_are_checked_before_anything_is_sent() -> None:
    with serving([Answer("")]) as server:
        model = Gemini(NAME, server.url)
        for chat, said in (
            (Conversation.of(*[Image(drawn())] * 3601, "?"), "at most 3600 pictures"),
            (Conversation.of("word " * 2_000_000), "1,048,576 tokens"),
            (Conversation.of(Audio(b"no sound"), "?"), "isn't audio or video"),
        ):
            with pytest.raises(LimitError, match=said):
                ask(model, chat)
    assert server.asked == []


def test_a_key_is_never_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving([error(400, f"API key not valid: {KEY}", WRONG_KEY)]) as server:
        model = Gemini(NAME, server.url)
        with pytest.raises(AccessError) as caught:
            ask(model, HELLO)
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    shown = [str(caught.value), caught.value.hint, repr(model), repr(vars(model)), caplog.text, *told.format()]
    assert KEY not in "\n".join(shown)


def test_of_two_keys_the_one_that_names_gemini_is_taken(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "another")
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    with serving([Answer(saying("Hi."))]) as server:
        ask(Gemini(NAME, server.url), HELLO)
    assert server.asked[0].headers["x-goog-api-key"] == KEY and "GOOGLE_API_KEY" not in caplog.text


# Embeddings


def embedded(server: Loopback, asked: Asked) -> Answer:
    server.asked.append(asked)
    return Answer({"embeddings": [{"values": [3.0, 4.0 + n]} for n, _ in enumerate(asked.body["requests"])]})


def test_embeddings_are_unit_rows_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Loopback, "answer", embedded)
    with serving([]) as server:
        found = GeminiEmbedder(dims=2, url=server.url).embed([Text("a cat"), Image(drawn())])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [[0.6, 0.8], np.array([3, 5]) / np.sqrt(34)], rtol=1e-6)
    (asked,) = server.asked
    assert asked.path == "/v1/models/gemini-embedding-2:batchEmbedContents"
    assert plain(asked.body) == {
        "requests": [
            {
                "model": "models/gemini-embedding-2",
                "content": {"role": "user", "parts": [part]},
                "outputDimensionality": 2,
            }
            for part in ({"text": "a cat"}, {"inlineData": {"data": drawn(), "mimeType": "image/png"}})
        ]
    }


def test_many_are_embedded_in_several_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Loopback, "answer", embedded)
    parts: list[Part] = [*[Text("x")] * 150, *[Image(drawn())] * 8]
    with serving([]) as server:
        assert GeminiEmbedder(dims=2, url=server.url).embed(parts).shape == (158, 2)
        assert GeminiEmbedder(dims=2, url=server.url).embed([]).shape == (0, 2)
    assert [len(asked.body["requests"]) for asked in server.asked] == [100, 56, 2]


def test_embedding_failures(naps: list[float]) -> None:
    with pytest.raises(LimitError, match="text only"):
        GeminiEmbedder("gemini-embedding-001").embed([Image(drawn())])
    short = Answer({"embeddings": []})
    zero = Answer({"embeddings": [{"values": [0.0, 0.0]}]})
    good = Answer({"embeddings": [{"values": [1.0, 0.0]}]})
    with serving([short, zero, error(503, "busy"), good, error(400, "API key not valid", WRONG_KEY)]) as server:
        model = GeminiEmbedder(dims=2, url=server.url)
        for said in ("0 vectors for 1", "without a direction"):
            with pytest.raises(ServiceError, match=said):
                model.embed([Text("x")])
        assert model.embed([Text("x")]).tolist() == [[1.0, 0.0]] and len(naps) == 1
        with pytest.raises(AccessError):
            model.embed([Text("x")])


# The command line


def test_ask_and_describe_from_end_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sensorium.cli.main import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SENSORIUM_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "photo.png").write_bytes(drawn())
    (tmp_path / "film.mp4").write_bytes(MP4)
    with serving([Answer(saying("A red ", "square."))]) as server:
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", server.url)
        name = f"gemini:{NAME}"
        asked = CliRunner().invoke(main, ["ask", "-m", name, "photo.png", "film.mp4", "What?", "--max-tokens", "50"])
        described = CliRunner().invoke(main, ["describe", "-m", name, "photo.png", "--json"])
    assert (asked.exit_code, asked.stdout) == (0, "A red square.\n")
    assert "It took 100 tokens in and 8 out, about 0.00022 US dollars by the price of 2026-11-29." in asked.stderr
    assert json.loads(described.stdout)["text"] == "A red square."
    sent = plain(server.asked[0].body)
    assert sent["generationConfig"]["maxOutputTokens"] == 50
    assert [list(part) for part in sent["contents"][0]["parts"]] == [["inlineData"], ["inlineData"], ["text"]]


def test_fewshot_keeps_the_examples_at_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import coloured

    from sensorium.cli.main import main

    coloured.saved(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SENSORIUM_CONFIG", str(tmp_path / "config.toml"))
    answers = {
        "POST /v1/cachedContents": [Answer({"name": "cachedContents/c1"})],
        ASKING: [Answer(saying("red")), Answer(saying("red", cached=90))],
    }
    with serving(answers) as server:
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", server.url)
        how = ["--shots", "4", "--pick", "random", "--controls", "none", "--most", "4", "--json"]
        result = CliRunner().invoke(main, ["fewshot", "colours.jsonl", "--model", f"gemini:{NAME}", *how])
    assert result.exit_code == 0, result.stderr
    assert steps(server) == [ASKING, "POST /v1/cachedContents", ASKING, ASKING, ASKING]
    sizes = [len(plain(one.body)["contents"]) for one in server.asked if "stream" in one.path]
    assert sizes == [9, 1, 1, 1]
