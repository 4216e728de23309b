"""Chat completions: OpenAI's own SDK against the server, and what is refused."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterator
from typing import Any

import openai
import pytest
import requests
from pictures import plain, receipt
from served import eventually, parse_events, serve

from sensorium import Conversation, Delta, Image, Limits, Options, Usage, ask, load
from sensorium.apps.assist.app import create_app
from sensorium.backends.fake import Fake

URI = "data:image/png;base64," + base64.b64encode(plain()).decode()


@pytest.fixture(scope="module")
def model() -> Fake:
    return Fake("A cup. It is blue.", limits=Limits(parts=("text", "image", "audio"), max_images=2))


@pytest.fixture(scope="module")
def address(model: Fake) -> Iterator[str]:
    with serve(create_app(model, second=load("offline"), max_bytes=1_000_000)) as where:
        yield where


@pytest.fixture
def client(address: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key="none", base_url=f"{address}/v1", max_retries=0) as made:
        yield made


def parts(data: bytes, question: str) -> Any:
    uri = "data:image/png;base64," + base64.b64encode(data).decode()
    return [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": uri}},
                                         {"type": "text", "text": question}]}]  # fmt: skip


def test_openais_own_sdk_lists_the_models(client: openai.OpenAI) -> None:
    assert [one.id for one in client.models.list()] == ["offline", "fake"]


def test_openais_own_sdk_asks_about_a_picture(client: openai.OpenAI) -> None:
    found = client.chat.completions.create(model="offline", messages=parts(receipt(), "What is the total?"))
    assert "14.25" in (found.choices[0].message.content or "")
    assert found.choices[0].finish_reason == "stop"
    about = found.model_dump()["sensorium"]
    assert about["abstained"] is False and 0.5 < about["confidence"] <= 1 and about["evidence"][0]["kind"] == "read"


def test_openais_own_sdk_streams(client: openai.OpenAI) -> None:
    chunks = list(
        client.chat.completions.create(
            model="fake", messages=[{"role": "user", "content": "What?"}], stream=True,
            stream_options={"include_usage": True},
        )
    )  # fmt: skip
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == "A cup. It is blue."
    assert chunks[-1].usage is not None and chunks[-1].usage.completion_tokens == 5
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"


def test_our_own_backend_asks_our_own_server(address: str) -> None:
    answering = load(f"openai:offline@{address}/v1")
    reply = ask(answering, Conversation.of(Image(receipt()), "What is the total?"))
    assert "14.25" in reply.text


def test_the_conversation_arrives_in_its_order(model: Fake, client: openai.OpenAI) -> None:
    client.chat.completions.create(
        model="fake", temperature=0.5, max_tokens=7, seed=3, stop=["x"],
        messages=[
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "First"},
                                         {"type": "image_url", "image_url": {"url": URI}},
                                         {"type": "text", "text": "last"}]},
            {"role": "assistant", "content": "Yes."},
            {"role": "user", "content": "And?"},
        ],
    )  # fmt: skip
    chat = model.asked[-1]
    assert [message.role for message in chat.messages] == ["system", "user", "assistant", "user"]
    assert [type(part).__name__ for part in chat.messages[1].parts] == ["Text", "Image", "Text"]
    assert chat.messages[1].parts[1] == Image(plain())


QUESTION = [{"role": "user", "content": "?"}]


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"messages": QUESTION}, 404, "The model 'None' does not exist here"),
        ({"model": "gpt-4o", "messages": QUESTION}, 404, "The model 'gpt-4o' does not exist here"),
        ({"model": "fake"}, 400, "'messages'"),
        ({"model": "fake", "messages": []}, 400, "'messages'"),
        ({"model": "fake", "messages": ["?"]}, 400, "'messages.0' is invalid"),
        ({"model": "fake", "messages": [{"role": "critic", "content": "?"}]}, 400, "'messages.0.role' is invalid"),
        ({"model": "fake", "messages": [{"role": "user"}]}, 400, "'messages.0.content' is missing"),
        (
            {"model": "fake", "messages": [{"role": "user", "content": [{"type": "file"}]}]},
            400,
            "'messages.0.content.0' is invalid: Input tag 'file'",
        ),
        ({"model": "fake", "messages": QUESTION, "best_of": 2}, 400, "'best_of' is not supported here"),
        ({"model": "fake", "messages": QUESTION, "n": 2}, 400, "'n' is invalid"),
        (
            {"model": "fake", "messages": QUESTION, "response_format": {"type": "json_object"}},
            400,
            "'response_format.type'",
        ),
        ({"model": "fake", "messages": QUESTION, "max_tokens": 0}, 400, "'max_tokens'"),
        ({"model": "fake", "messages": QUESTION, "temperature": "hot"}, 400, "'temperature'"),
        ({"model": "fake", "messages": QUESTION, "seed": 1.5}, 400, "'seed'"),
        ({"model": "fake", "messages": QUESTION, "stop": [1]}, 400, "'stop.0' is invalid"),
        ({"model": "fake", "messages": QUESTION, "stream": "yes"}, 400, "'stream'"),
        ({"model": "fake", "messages": [{"role": "assistant", "content": "?"}]}, 422, "does not end with a user's"),
    ],
)
def test_what_can_not_be_kept_to_is_refused(address: str, body: dict[str, Any], status: int, message: str) -> None:
    response = requests.post(f"{address}/v1/chat/completions", json=body, timeout=10)
    assert response.status_code == status, response.text
    assert message in response.json()["error"]["message"]


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data", "https://example.com/a.png", "file:///etc/passwd", "ftp://x/y",
        "//example.com/a.png", "/etc/passwd", "", "data:image/png,plain", "data:image/png;base64,%%%",
        "data:image/png;base64,", 7, None,
    ],
)  # fmt: skip
def test_addresses_are_never_fetched(address: str, url: object) -> None:
    content = [{"type": "image_url", "image_url": {"url": url}}]
    body = {"model": "fake", "messages": [{"role": "user", "content": content}]}
    response = requests.post(f"{address}/v1/chat/completions", json=body, timeout=10)
    assert response.status_code == 400


def test_limits_are_checked_before_anything_is_asked(address: str, model: Fake) -> None:
    before = len(model.asked)
    picture = {"type": "image_url", "image_url": {"url": URI}}
    for streamed in (False, True):
        body = {"model": "fake", "stream": streamed, "messages": [{"role": "user", "content": [picture] * 3}]}
        response = requests.post(f"{address}/v1/chat/completions", json=body, timeout=10)
        assert response.status_code == 422 and "at most 2 pictures" in response.json()["error"]["message"]
    assert len(model.asked) == before


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b"{", "application/json", 400), (b"[]", "application/json", 400), (b"", "application/json", 400),
        (b"\xff", "application/json", 400), (b"[" * 100_000, "application/json", 400),
        (b'{"model": "fake"}', "text/plain", 415), (b'{"model": "fake"}', None, 415),
        (b" " * 3_000_000, "application/json", 413),
    ],
)  # fmt: skip
def test_bodies_that_are_none(address: str, data: bytes, kind: str | None, status: int) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    response = requests.post(f"{address}/v1/chat/completions", data=data, headers=headers, timeout=10)
    assert response.status_code == status


class Slow:
    """Return a word each hundredth of a second, until it is closed."""

    name = "slow"
    limits = Limits()

    def __init__(self) -> None:
        self.closed = threading.Event()

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        try:
            for _ in range(options.max_tokens):
                time.sleep(0.01)
                yield Delta("word ")
            yield Delta(usage=Usage(input_tokens=1, output_tokens=options.max_tokens), cut=True)
        finally:
            self.closed.set()


@pytest.mark.parametrize("streamed", [False, True])
def test_who_hangs_up_stops_the_model(streamed: bool) -> None:
    model = Slow()
    body = {"model": "slow", "messages": QUESTION, "stream": streamed, "max_tokens": 3000}
    with serve(create_app(model, workers=1)) as address:
        if streamed:
            response = requests.post(f"{address}/v1/chat/completions", json=body, timeout=10, stream=True)
            lines = response.iter_lines()
            assert next(lines)
            response.close()
        else:
            with pytest.raises(requests.Timeout):
                requests.post(f"{address}/v1/chat/completions", json=body, timeout=0.5)
        assert model.closed.wait(5)
        text = 'cancelled_total{queue="seeing"} 1'
        assert eventually(lambda: text in requests.get(f"{address}/metrics", timeout=10).text)


def test_a_cut_answer_says_so() -> None:
    body = {"model": "slow", "messages": QUESTION, "max_tokens": 3}
    with serve(create_app(Slow())) as address:
        whole = requests.post(f"{address}/v1/chat/completions", json=body, timeout=10).json()
        streamed = requests.post(f"{address}/v1/chat/completions", json=body | {"stream": True}, timeout=10).text
    assert whole["choices"][0]["finish_reason"] == "length" and whole["usage"]["total_tokens"] == 4
    found = parse_events(streamed)
    assert found[-1] == ("", "[DONE]") and found[-2][1]["choices"][0]["finish_reason"] == "length"
