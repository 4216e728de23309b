"""The openai SDK against a server on this machine that keeps every request."""

from __future__ import annotations

import base64
import io
import json
import logging
import pickle
import re
import struct
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import PIL.Image
import pytest
from click.testing import CliRunner
from loopback import Answer, Loopback, events, serving

from sensorium import Audio, Conversation, Image, Message, Options, Video, ask, load, stream
from sensorium.backends.openai import OpenAI, key_variables, to_delta, to_payload
from sensorium.core.errors import (
    AccessError,
    DeadlineError,
    InputError,
    InstallError,
    LimitError,
    NoWordsError,
    RateLimitError,
    SensoriumError,
    ServiceError,
)
from sensorium.core.retry import idempotent

HELLO = Conversation.of("hello")
QUICK = Options(retries=0, timeout_seconds=10)
KEY = "sk-test-0123456789abcdef"


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "VLLM_API_KEY", "SENSORIUM_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sensorium.hosted.keys._from_keyring", lambda variable: "")


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    taken: list[float] = []
    monkeypatch.setattr(time, "sleep", taken.append)
    return taken


def chunk(text: str | None = None, ended: str | None = None) -> dict[str, Any]:
    said = {} if text is None else {"role": "assistant", "content": text}
    return {
        "id": "c1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "delta": said, "finish_reason": ended}],
    }


def saying(*texts: str, ended: str = "stop", cached: int = 4) -> list[str]:
    used = {"prompt_tokens": 10, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": cached}}
    return events(*(chunk(text) for text in texts), chunk(ended=ended), chunk() | {"choices": [], "usage": used})


def drawn(form: str = "PNG", size: tuple[int, int] = (3, 2), **saved: Any) -> bytes:
    buffer = io.BytesIO()
    PIL.Image.new("RGB", size, (200, 30, 30)).save(buffer, form, **saved)
    return buffer.getvalue()


def uri(data: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def opened(address: str) -> PIL.Image.Image:
    return PIL.Image.open(io.BytesIO(base64.b64decode(address.partition("base64,")[2])))


WAV = (
    b"RIFF"
    + struct.pack("<I", 36)
    + b"WAVEfmt "
    + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
    + b"data\0\0\0\0"
)
MP4 = b"\0\0\0\x18ftypisom\0\0\2\0isomiso2"


# What is sent


def test_the_payload_keeps_every_part_in_its_place() -> None:
    png = drawn()
    chat = Conversation(
        (
            Message("system", "Be brief."),
            Message("user", [Image(png), "This is a bus.", Image(png, at=1.5), "And this?"]),
            Message("assistant", "A bus too."),
            Message("user", [Audio(WAV), Video(MP4), "What do you hear?"]),
        )
    )
    options = Options(max_tokens=20, temperature=0.5, seed=7, stop=("\n", "END"))
    assert to_payload(chat, options, "some/model") == {
        "model": "some/model",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": {"url": uri(png)}},
                    {"type": "text", "text": "This is a bus."},
                    {"type": "text", "text": "Frame at 1.5 s:"},
                    {"type": "image_url", "image_url": {"url": uri(png)}},
                    {"type": "text", "text": "And this?"},
                ],
            },
            {"role": "assistant", "content": "A bus too."},
            {
                "role": "user",
                "content": [
                    {"type": "input_audio", "input_audio": {"data": base64.b64encode(WAV).decode(), "format": "wav"}},
                    {"type": "video_url", "video_url": {"url": uri(MP4, "video/mp4")}},
                    {"type": "text", "text": "What do you hear?"},
                ],
            },
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 20,
        "temperature": 0.5,
        "seed": 7,
        "stop": ["\n", "END"],
    }


def test_openai_itself_calls_two_things_otherwise() -> None:
    payload = to_payload(HELLO, Options(max_tokens=9), "gpt-4o-mini", official=True)
    assert payload == {
        "model": "gpt-4o-mini",
        "messages": [{"role": "user", "content": "hello"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_completion_tokens": 9,
        "temperature": 0.0,
    }
    for thinks in ("o3", "o4-mini", "gpt-5-mini", "gpt-5.1"):
        assert "temperature" not in to_payload(HELLO, Options(), thinks, official=True)
    assert "temperature" in to_payload(HELLO, Options(), "gpt-5-chat-latest", official=True)
    assert "temperature" in to_payload(HELLO, Options(), "o3", official=False)


def test_a_detail_is_said_of_every_picture() -> None:
    chat = Conversation.of(Image(drawn(), at=2.0), Image(drawn()), "?")
    content = to_payload(chat, Options(detail="low"), "m")["messages"][0]["content"]
    assert [part["image_url"]["detail"] for part in content if part["type"] == "image_url"] == ["low", "low"]
    with pytest.raises(LimitError, match="has no detail 'medium'"):
        to_payload(chat, Options(detail="medium"), "m")


def test_requests_under_a_key_say_so_and_equal_ones_equally() -> None:
    with serving([Answer(saying("yes"))]) as server:
        model = OpenAI("m", f"{server.url}/v1")
        ask(model, HELLO, QUICK)
        for key, words in (("a", "hello"), ("a", "hello"), ("a", "goodbye"), ("b", "hello")):
            with idempotent(key):
                ask(model, Conversation.of(words), QUICK)
    keys = [asked.headers.get("idempotency-key", "") for asked in server.asked]
    assert keys[0] == "" and keys[1] == keys[2] and len({*keys}) == 4


def test_pictures_are_upright_and_small_and_say_nothing_of_where_they_were_made() -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010E] = "my street"
    sent = [
        opened(part["image_url"]["url"])
        for part in to_payload(
            Conversation.of(Image(drawn("JPEG", (30, 20), exif=exif)), Image(drawn("PNG", (4000, 10))), "?"),
            Options(),
            "m",
        )["messages"][0]["content"][:2]
    ]
    assert [(one.format, one.size) for one in sent] == [("JPEG", (20, 30)), ("PNG", (2048, 5))]
    assert not sent[0].getexif() and b"street" not in sent[0].tobytes()


def test_a_plain_picture_is_sent_as_it_is() -> None:
    for form, kind in (("PNG", "image/png"), ("JPEG", "image/jpeg")):
        data = drawn(form)
        content = to_payload(Conversation.of(Image(data), "?"), Options(), "m")["messages"][0]["content"]
        assert content[0]["image_url"]["url"] == uri(data, kind)


def test_what_can_not_be_said_in_this_interface() -> None:
    with pytest.raises(LimitError, match="assistant's") as caught:
        to_payload(Conversation((Message("assistant", Image(drawn())), Message("user", "?"))), Options(), "m")
    assert caught.value.hint
    with pytest.raises(LimitError, match="not a clip of one") as caught:
        to_payload(Conversation.of(Video(MP4, 2, 5), "?"), Options(), "m")
    assert "ffmpeg -ss 2 -to 5 " in caught.value.hint
    with pytest.raises(LimitError, match="WAV and MP3"):
        to_payload(Conversation.of(Audio(b"fLaC\0\0"), "?"), Options(), "gpt-4o-audio-preview", official=True)


def test_a_schema_is_strict_where_it_can_be() -> None:
    closed = {
        "type": "object",
        "properties": {"n": {"type": "integer"}},
        "required": ["n"],
        "additionalProperties": False,
    }
    loose = {"type": "object", "properties": {"n": {"type": "integer"}}}
    for rules, strict in ((closed, True), (loose, False)):
        assert to_payload(HELLO, Options(schema=rules), "m")["response_format"] == {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": rules, "strict": strict},
        }


def test_conversations_that_begin_alike_have_bodies_that_begin_alike() -> None:
    before = (Message("user", [Image(drawn()), "?"]), Message("assistant", "red"))
    one, two = (to_payload(Conversation((*before, Message("user", q))), Options(), "m") for q in ("a", "b"))
    assert json.dumps(one["messages"][:2]) == json.dumps(two["messages"][:2])


# What is answered


def test_an_answer_with_its_tokens_and_the_exact_request() -> None:
    with serving([Answer(saying("A ", "red ", "bus."))]) as server:
        model = OpenAI("tiny", f"{server.url}/v1")
        chat = Conversation.of(Image(drawn()), "What is this?")
        reply = ask(model, chat, Options(max_tokens=7, seed=3))
    assert (reply.text, reply.cut, reply.abstained, reply.confidence) == ("A red bus.", False, False, None)
    assert (reply.usage.input_tokens, reply.usage.output_tokens, reply.usage.cached_tokens) == (10, 3, 4)
    assert reply.usage.first_seconds is not None and reply.usage.usd is None
    assert reply.model == f"openai:tiny@{server.url}/v1"
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", "/v1/chat/completions")
    assert asked.body == to_payload(chat, Options(max_tokens=7, seed=3), "tiny")


def test_pieces_come_as_they_are_made() -> None:
    with serving([Answer(saying("A ", "cat."), between_seconds=0.2)]) as server:
        came = []
        for delta in stream(OpenAI("m", f"{server.url}/v1"), HELLO):
            if delta.text:
                came.append((delta.text, time.monotonic()))
    assert [text for text, _ in came] == ["A ", "cat."] and came[1][1] - came[0][1] > 0.1


def test_a_cut_answer_says_so_and_a_refusal_is_an_abstention() -> None:
    no = chunk() | {"choices": [{"index": 0, "delta": {"refusal": "I can't."}, "finish_reason": None}]}
    answers = [Answer(saying("Once upon", ended="length")), Answer(events(no, chunk(ended="stop")))]
    with serving(answers) as server:
        model = OpenAI("m", f"{server.url}/v1")
        assert ask(model, HELLO).cut
        reply = ask(model, HELLO)
    assert (reply.text, reply.abstained) == ("I can't.", True)


@pytest.mark.parametrize(("reason", "said"), [("length", "thinking"), ("content_filter", "filter")])
def test_an_answer_that_never_came(reason: str, said: str) -> None:
    with serving([Answer(saying(ended=reason))]) as server, pytest.raises(ServiceError, match=said) as caught:
        ask(OpenAI("m", f"{server.url}/v1"), HELLO, Options(max_tokens=100))
    assert caught.value.hint and len(server.asked) == 1


@dataclass
class Receipt:
    shop: str
    total: float


def test_a_typed_answer_repaired_once() -> None:
    answers = [Answer(saying('{"shop": "Bakery", "total": "nine"}')), Answer(saying('{"shop": "Bakery", "total": 9}'))]
    with serving(answers) as server:
        reply = ask(OpenAI("m", f"{server.url}/v1"), HELLO, Options(schema=Receipt))
    assert reply.data == Receipt("Bakery", 9.0) and reply.repaired
    assert reply.usage.input_tokens == 20
    first, second = (asked.body for asked in server.asked)
    assert first["response_format"]["json_schema"]["strict"] is True
    assert second["messages"][:2] == [
        {"role": "user", "content": "hello"}, {"role": "assistant", "content": '{"shop": "Bakery", "total": "nine"}'}
    ]  # fmt: skip
    assert "'nine' is not of type 'number' at $.total" in second["messages"][2]["content"]


# What goes wrong


def failing(server: Loopback, options: Options = QUICK) -> SensoriumError:
    with pytest.raises(SensoriumError) as caught:
        ask(OpenAI("m", f"{server.url}/v1"), HELLO, options)
    assert caught.value.hint
    return caught.value


def body(message: str, code: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": "x", "param": None, "code": code}}


@pytest.mark.parametrize(
    ("answer", "kind", "said", "retryable"),
    [
        (Answer(body("Incorrect API key provided.", "invalid_api_key"), 401), AccessError, "Incorrect API key", False),
        (Answer(body("Not yours."), 403), AccessError, "Not yours", False),
        (Answer(body("The model `m` does not exist"), 404), InputError, "`m` does not exist", False),
        (Answer({"detail": "Not Found"}, 404), InputError, "Not Found", False),
        (Answer(body("maximum context length is 4096 tokens"), 400), LimitError, "4096", False),
        (Answer(body("At most 1 image(s) may be provided in one prompt."), 400), LimitError, "At most 1", False),
        (Answer(body("Invalid 'stop'"), 400), ServiceError, "Invalid 'stop'", False),
        (Answer("<html>too big", 413), LimitError, "too big", False),
        (Answer(body("slow down"), 429), RateLimitError, "slow down", True),
        (Answer(body("no money", "insufficient_quota"), 429), AccessError, "quota", False),
        (Answer(body("oops"), 500), ServiceError, "500", True),
        (Answer("", 502), ServiceError, "502", True),
        (Answer(body("busy"), 503), ServiceError, "busy", True),
        (Answer("", 504), DeadlineError, "504", True),
        (Answer("", 302, {"Location": "SELF/other"}), ServiceError, "redirects", False),
        (Answer("<html>Hello</html>"), ServiceError, "unexpected response", False),
        (Answer({"answer": "of another interface"}), ServiceError, "unexpected response", False),
        (Answer(events("nonsense")), ServiceError, "unexpected response", False),
        (Answer(events([1])), ServiceError, "list|dict", False),
        (Answer(events({"choices": 5})), ServiceError, "'5'", False),
        (Answer(events(chunk() | {"choices": [{"delta": {"content": 7}}]})), ServiceError, "'7'", False),
        (Answer(events(chunk(ended="stop") | {"usage": {"prompt_tokens": "9"}})), NoWordsError, "no words", True),
        (Answer(["data: \xff\n\n".encode("latin-1").decode("latin-1")]), ServiceError, "unexpected response", False),
        (Answer(events({"error": {"message": "CUDA out of memory", "code": 500}})), ServiceError, "CUDA", True),
        (Answer(events(end="")), ServiceError, "unexpected response", False),
        (Answer(events(chunk("A"), end=""), broken=True), ServiceError, "ended early", True),
        (Answer(events(chunk("A"), end="")), ServiceError, "ended early", True),
        (Answer(body("x"), 200, broken=True), ServiceError, "ended early", True),
    ],
)
def test_each_failure_is_the_right_error(answer: Answer, kind: type, said: str, retryable: bool) -> None:
    with serving([answer]) as server:
        error = failing(server)
    assert type(error) is kind and error.retryable is retryable
    assert re.search(said, error.message), error.message
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "first", [Answer("", 500), Answer("", 503), Answer(events(chunk("Half"), end=""), broken=True)]
)
def test_what_may_pass_is_tried_again(first: Answer, naps: list[float]) -> None:
    with serving([first, Answer(saying("Whole."))]) as server:
        assert ask(OpenAI("m", f"{server.url}/v1"), HELLO).text == "Whole."
    assert len(server.asked) == 2 and server.asked[0].body == server.asked[1].body
    assert len(naps) == 1


def test_a_rate_limit_is_waited_out_as_long_as_it_says(naps: list[float]) -> None:
    busy = Answer(body("slow down"), 429, {"Retry-After": "7"})
    with serving([busy, busy, Answer(saying("There."))]) as server:
        assert ask(OpenAI("m", f"{server.url}/v1"), HELLO).text == "There."
    assert naps == [7.0, 7.0]


def test_a_wait_beyond_the_deadline_is_not_begun(naps: list[float]) -> None:
    with serving([Answer(body("slow down"), 429, {"Retry-After": "600"})]) as server:
        error = failing(server, Options(timeout_seconds=5))
    assert isinstance(error, RateLimitError) and error.wait_seconds == 600 and naps == []


@pytest.mark.parametrize(
    "slow",
    [
        Answer(saying("late"), before_seconds=20),
        Answer(saying(*"abcdefghijklmnopqrstuvwxyz"), between_seconds=0.1),
        Answer([": still here\n\n"] * 100, between_seconds=0.1),
    ],
)
def test_a_slow_server_meets_the_deadline(slow: Answer) -> None:
    with serving([slow]) as server:
        start = time.monotonic()
        error = failing(server, Options(timeout_seconds=0.5, retries=0))
    assert isinstance(error, DeadlineError) and time.monotonic() - start < 3


def test_a_proxy_is_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    with serving([Answer(saying("Hi."))]) as server:
        assert ask(OpenAI("m", f"{server.url}/v1"), HELLO, QUICK).text == "Hi."
        assert ask(OpenAI("m", f"{server.url}/v1".replace("127.0.0.1", "localhost")), HELLO, QUICK).text == "Hi."


def test_no_server_at_all() -> None:
    with serving([Answer("")]) as server:
        url = server.url
    with pytest.raises(ServiceError, match="can't be reached") as caught:
        ask(OpenAI("m", f"{url}/v1"), HELLO, QUICK)
    assert caught.value.hint == f"Is it running? Try: curl {url}/v1/models" and caught.value.retryable


# Names and keys


def test_names_and_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert load("openai:gpt-4o-mini").name == "openai:gpt-4o-mini"
    assert load("openai:org/m@https://x.example/v1/").name == "openai:org/m@https://x.example/v1"
    assert load("ollama:llava:7b").name == "openai:llava:7b@http://localhost:11434/v1"
    assert load("vllm:a/b").name == "openai:a/b@http://localhost:8000/v1"
    assert load("vllm:a/b@http://gpu:8000/v1").name == "openai:a/b@http://gpu:8000/v1"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:1234/v1")
    assert load("openai:m").name == "openai:m@http://localhost:1234/v1"


@pytest.mark.parametrize(
    "name", ["openai:", "openai:@http://x/v1", "openai:m@http://", "openai:m@http://u:hush@x/v1", "ollama:",
             "openai:m@http://x/v1?key=hush", "openai:m@http://[/v1"]
)  # fmt: skip
def test_names_that_are_none(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with pytest.raises(InputError) as caught:
        load(name)
    assert caught.value.hint and "hush" not in str(caught.value)


def test_a_missing_key_says_what_to_type() -> None:
    with pytest.raises(AccessError, match="OPENAI_API_KEY") as caught:
        load("openai:gpt-4o-mini")
    assert "export OPENAI_API_KEY=" in caught.value.hint


def test_a_missing_package_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(InstallError) as caught:
        ask(OpenAI("m", "http://127.0.0.1:9/v1"), HELLO)
    assert caught.value.hint == 'Type: pip install "sensorium[openai]"'


def test_limits_are_checked_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    model = load("openai:gpt-4o-mini")
    for chat, said in (
        (Conversation.of(Audio(WAV), "?"), "not audio"),
        (Conversation.of(*[Image(drawn())] * 501, "?"), "at most 500 pictures"),
        (Conversation.of("word " * 400_000), "128,000 tokens"),
    ):
        with pytest.raises(LimitError, match=said):
            ask(model, chat)


def test_what_is_known_of_models_on_other_servers() -> None:
    assert load("ollama:llama3.2-vision").limits.advised_images == 1
    assert load("vllm:meta-llama/Llama-3.2-11B-Vision-Instruct").limits.advised_images == 1
    assert load("ollama:llama3.2-vision").limits.languages == ("en",)  # so `talk` translates for it
    assert load("vllm:Qwen/Qwen3-VL-4B").limits.advised_images is None


def test_a_request_that_openai_would_not_take_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensorium.backends.openai.MAX_REQUEST_BYTES", 300)
    with pytest.raises(LimitError, match="OpenAI takes"):
        to_payload(Conversation.of(*[Image(drawn())] * 4, "?"), Options(), "gpt-4o", official=True)
    assert to_payload(Conversation.of(*[Image(drawn())] * 4, "?"), Options(), "other")


def test_money_from_the_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with serving([Answer(saying("A cat.", cached=4))]) as server:
        model = OpenAI("gpt-4o-mini")
        model._client.base_url = f"{server.url}/v1"
        reply = ask(model, HELLO)
    assert reply.usage.usd == pytest.approx((6 * 0.15 + 4 * 0.075 + 3 * 0.60) / 1e6)
    assert server.asked[0].body["max_completion_tokens"] == 512


def test_each_server_gets_its_own_key_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-hush")
    with serving([Answer(saying("Hi."))]) as server:
        ask(OpenAI("m", f"{server.url}/v1"), HELLO)
        monkeypatch.setenv("VLLM_API_KEY", "local-key")
        ask(OpenAI("m", f"{server.url}/v1"), HELLO)
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        ask(OpenAI("m"), HELLO)
    sent = [asked.headers["authorization"] for asked in server.asked]
    assert sent == ["Bearer none", "Bearer local-key", f"Bearer {KEY}"]
    assert "org-hush" not in str([asked.headers for asked in server.asked])


@pytest.mark.parametrize(
    ("url", "names"),
    [
        ("https://openrouter.ai/api/v1", ("OPENROUTER_API_KEY",)),
        ("https://api.mistral.ai/v1", ("MISTRAL_API_KEY",)),
        ("https://router.huggingface.co/v1", ("HUGGINGFACE_API_KEY", "HF_TOKEN")),
        ("http://localhost:8000/v1", ("VLLM_API_KEY",)),
        ("http://192.168.0.7:8000/v1", ("VLLM_API_KEY",)),
        ("http://[::1]:8000/v1", ("VLLM_API_KEY",)),
    ],
)
def test_where_a_servers_key_is_looked_for(url: str, names: tuple[str, ...]) -> None:
    assert key_variables(url) == names


def test_a_key_is_never_shown(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    caplog.set_level(logging.DEBUG)
    with serving([Answer(body(f"Incorrect API key provided: {KEY}"), 401)]) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        model = OpenAI("m")
        with pytest.raises(AccessError) as caught:
            ask(model, HELLO)
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    shown = [str(caught.value), caught.value.hint, repr(model), repr(vars(model)), caplog.text, *told.format()]
    assert KEY not in "\n".join(shown) and "OPENAI_API_KEY" in caught.value.message
    assert caplog.text
    with pytest.raises(TypeError):
        pickle.dumps(model._key)


def test_a_key_with_a_line_break_is_refused_before_a_library_quotes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-one\nsk-two")
    with pytest.raises(AccessError) as caught:
        load("openai:gpt-4o-mini")
    assert "sk-one" not in str(caught.value)


# The command line


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SENSORIUM_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "photo.jpg").write_bytes(drawn("JPEG"))
    yield tmp_path


def run(*arguments: str) -> Any:
    from sensorium.cli.main import main

    return CliRunner().invoke(main, arguments)


def test_ask_and_describe_from_end_to_end(here: Path) -> None:
    with serving([Answer(saying("A red ", "square."))]) as server:
        name = f"openai:m@{server.url}/v1"
        asked = run("ask", "--model", name, "photo.jpg", "What is this?", "--max-tokens", "9", "--temperature", "0.7",
                    "--seed", "5")  # fmt: skip
        described = run("describe", "--model", name, "photo.jpg", "--json")
    assert (asked.exit_code, asked.stdout) == (0, "A red square.\n")
    assert json.loads(described.stdout)["text"] == "A red square."
    sent = server.asked[0].body
    assert (sent["max_tokens"], sent["temperature"], sent["seed"]) == (9, 0.7, 5)
    picture, question = sent["messages"][0]["content"]
    assert picture["image_url"]["url"] == uri(drawn("JPEG"), "image/jpeg") and question["text"] == "What is this?"


def test_ask_with_a_schema_file(here: Path) -> None:
    rules = {"type": "object", "properties": {"colour": {"type": "string"}}, "required": ["colour"]}
    (here / "colour.json").write_text(json.dumps(rules))
    with serving([Answer(saying("Red.")), Answer(saying('{"colour": "red"}'))]) as server:
        result = run("ask", "--model", f"openai:m@{server.url}/v1", "photo.jpg", "?", "--schema", "colour.json")
    assert (result.exit_code, result.stdout) == (0, '{"colour": "red"}\n')
    assert "did not fit the schema" in result.stderr
    assert server.asked[0].body["response_format"]["json_schema"]["schema"] == rules


def test_errors_on_the_command_line(here: Path) -> None:
    with serving([Answer(body("Wrong key."), 401)]) as server:
        refused = run("ask", "--model", f"openai:m@{server.url}/v1", "Hi?")
    missing = run("ask", "--model", "openai:gpt-4o-mini", "Hi?")
    assert refused.exit_code == 1 and refused.stderr.endswith("Wrong key.\nType: export VLLM_API_KEY=YOUR_KEY\n")
    assert missing.exit_code == 1 and "export OPENAI_API_KEY=" in missing.stderr


def test_fewshot_from_end_to_end(here: Path) -> None:
    import coloured

    coloured.saved(here)
    with serving([Answer(saying("red"))]) as server:
        how = ("--shots", "0,2", "--pick", "random", "--controls", "none", "--most", "4", "--json")
        result = run("fewshot", "colours.jsonl", "--model", f"openai:m@{server.url}/v1", *how)
    assert result.exit_code == 0, result.stderr
    asked = [one.body["messages"] for one in server.asked]
    assert [len(messages) for messages in asked] == [1] * 4 + [5] * 4
    assert all(messages[:4] == asked[4][:4] for messages in asked[4:])
    assert [message["role"] for message in asked[4]] == ["user", "assistant", "user", "assistant", "user"]
    assert json.loads(result.stdout)["model"] == f"openai:m@{server.url}/v1"


def test_the_code_of_the_docs_runs(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[2] / "docs" / "backends.md").read_text(encoding="utf-8")
    (code,) = [block for block in re.findall(r"```python\n(.*?)```", page, re.S) if "openai:" in block]
    (here / "receipt.jpg").write_bytes(drawn("JPEG"))
    (here / "page.py").write_text(code)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with serving([Answer(saying('{"shop": "Bakery", "total": 9.5}'))]) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        done = subprocess.run([sys.executable, "page.py"], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("9.5\n", "")


def test_reading_one_object_of_a_stream() -> None:
    assert to_delta({"choices": [], "usage": None})[1] == ""
    with pytest.raises(ValueError, match="where a dict belongs"):
        to_delta("words")
