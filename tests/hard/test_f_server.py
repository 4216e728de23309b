"""A server under attack: who stalls, who sends JSON or a text without end, and who may ask."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from click.testing import CliRunner
from pictures import plain
from served import eventually, serve

from sensorium import Image, ask, load
from sensorium.apps.assist.app import create_app
from sensorium.apps.http import server
from sensorium.apps.http.phone import make_certificate
from sensorium.apps.http.server import AppServer, uvicorn_config
from sensorium.apps.openai_api.schemas import MAX_TEXT_CHARACTERS
from sensorium.backends.fake import Fake
from sensorium.backends.offline import MAX_CHARACTERS
from sensorium.cli.main import main
from sensorium.core.errors import LimitError

JSON = {"Content-Type": "application/json"}
TOKEN = "0123456789abcdef"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serve(create_app(Fake("seen"))) as where:
        yield where


def connection(address: str) -> socket.socket:
    where = urlsplit(address)
    return socket.create_connection((where.hostname or "", where.port or 0), timeout=15)


def chat(content: Any) -> str:
    return json.dumps({"model": "fake", "messages": [{"role": "user", "content": content}]})


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ('"' + "\\n" * 600_000 + '"', 400, "The JSON has more than 500,000 escapes."),
        (chat("x" * (MAX_TEXT_CHARACTERS + 1)), 400, "it has 1,048,577 characters; the most is 1,048,576"),
        (chat([{"type": "text", "text": "x" * (MAX_TEXT_CHARACTERS + 1)}]), 400, "it has 1,048,577 characters"),
        (chat("x" * MAX_TEXT_CHARACTERS), 200, "seen"),
        (chat([{"type": "image_url", "image_url": {"url": "data:image/png;base64," + "%41" * 9}}]), 400, "base64"),
        (chat([{"type": "image_url", "image_url": {"url": "data:image/png;base64,QU=FQ"}}]), 400, "base64"),
        (chat([{"type": "image_url", "image_url": {"url": "data:image/png;base64,QUFé"}}]), 400, "base64"),
        (chat([{"type": "image_url", "image_url": {"url": "data:image/png;base64," + "QUFB" * 700_000}}]), 200, "seen"),
        (chat([{"type": "image_url", "image_url": {"url": "data:image/png;base64,QU-_%2B%2f%0AQQ%3D%3d"}}]), 200, "se"),
    ],
    ids=["escapes", "a long text", "a long part", "a text of a million", "percent", "padding within", "not ASCII",
         "in pieces", "percent for + / = and breaks"],
)  # fmt: skip
def test_what_a_chat_may_hold(address: str, body: str, status: int, said: str) -> None:
    response = requests.post(f"{address}/v1/chat/completions", data=body.encode(), headers=JSON, timeout=60)
    assert response.status_code == status, response.text
    assert said in response.text


def test_base64_in_pieces_is_that_of_the_whole() -> None:
    import base64
    import os

    from sensorium.apps.openai_api.schemas import _decode

    for size in (1, 2, 3, 786_431, 786_432, 786_433, 2_000_000):
        data = os.urandom(size)
        assert _decode(base64.b64encode(data).decode()) == data
        assert _decode(base64.urlsafe_b64encode(data).decode().rstrip("=")) == data
        assert _decode(base64.encodebytes(data).decode()) == data


def test_json_is_refused_while_it_arrives(address: str) -> None:
    """Of 10 MB of brackets only the first pieces are read."""
    with connection(address) as to:
        head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        to.sendall(head + b"Content-Length: 10000000\r\n\r\n" + b"[]," * 20_000)
        answer = b""
        while b"more than 20,000 values" not in answer:  # the head may come before the body
            piece = to.recv(65_536)
            assert piece, answer
            answer += piece


def test_the_offline_model_takes_no_endless_question() -> None:
    with pytest.raises(LimitError, match="The question has 10,001 characters; the most that offline takes is 10,000"):
        ask(load("offline"), Image(plain()), "x" * (MAX_CHARACTERS + 1))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "phone.example:8765"}, 200),
        ({"Host": "[fe80::1]:8765"}, 200),
        ({"Host": "evil.example@phone.example"}, 403),
        ({"Host": "phone.example/evil"}, 403),
        ({"Host": "phone.example:99999"}, 403),
        ({"Host": "phone.example:"}, 403),
        ({"Host": ""}, 403),
        ({"Host": "a b"}, 403),
        ({"Host": "phone.example", "Origin": "https://phone.example"}, 200),
        ({"Host": "phone.example", "Origin": "https://phone.example."}, 403),
    ],
    ids=lambda value: value if isinstance(value, int) else " ".join(value.values()),
)
def test_host_and_origin_are_strict_with_a_token_too(headers: dict[str, str], status: int) -> None:
    with serve(create_app(Fake("seen"), token=TOKEN)) as where:
        assert requests.get(f"{where}/health", headers=headers, timeout=5).status_code == status


def test_two_origins_are_none(address: str) -> None:
    with connection(address) as to:
        to.sendall(
            b"GET /health HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nOrigin: http://evil\r\n\r\n"
        )
        assert to.recv(4096).startswith(b"HTTP/1.1 403")


@pytest.mark.parametrize("token", ["0123456789 abcdef0", "0123456789éabcdef0", "0123456789\tabcdef0"])
def test_a_token_that_no_header_carries_is_refused_on_this_machine_too(token: str) -> None:
    words = ["serve", "assist", "-m", "fake:x", "--hear", "none", "--voice", "none", "--port", "0", "--token", token]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2 and "The token has a space, or characters that are not ASCII." in result.output


def test_idle_connections_shut_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 30)
    monkeypatch.setattr(server, "SPARE_CONNECTIONS", 10)
    with serve(create_app(Fake("seen"))) as where:
        crowd = [connection(where) for _ in range(60)]
        assert requests.get(f"{where}/health", timeout=10).status_code == 200
        crowd[0].settimeout(5)
        with suppress(ConnectionError):
            assert crowd[0].recv(1) == b""  # the one that has waited longest is hung up on
        for to in crowd:
            to.close()


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server with a certificate of its own, whose handshakes may take a second."""
    monkeypatch.setattr(server, "HEADER_SECONDS", 1.0)
    certificate, key = map(str, make_certificate("127.0.0.1", tmp_path))
    addresses: list[str] = []
    app = AppServer(uvicorn_config(create_app(Fake("seen")), "127.0.0.1", 0, certificate, key), addresses.append)
    thread = threading.Thread(target=app.run, daemon=True)
    thread.start()
    assert eventually(lambda: addresses, 20)
    yield addresses[0]
    app.should_exit = True
    thread.join(timeout=20)


@pytest.mark.parametrize("sent", [lambda hello: b"", lambda hello: hello[:40], lambda hello: hello],
                         ids=["nothing", "half a hello", "a hello"])  # fmt: skip
def test_a_stalled_handshake_is_hung_up_on(sent: Callable[[bytes], bytes], secure: str) -> None:
    outgoing = ssl.MemoryBIO()
    client = ssl._create_unverified_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
    with suppress(ssl.SSLWantReadError):
        client.do_handshake()
    with connection(secure) as to:
        to.sendall(sent(outgoing.read()))
        start = time.monotonic()
        with suppress(ConnectionError):
            while to.recv(65_536):
                pass
        assert time.monotonic() - start < 10
