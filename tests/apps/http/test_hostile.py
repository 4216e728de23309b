"""What nobody should send: after each of it the server still answers."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from pictures import plain
from served import eventually, parse_events, resident_bytes, serve
from strange import BROKEN, OPEN, Row

from sensorium.apps.assist.app import create_app
from sensorium.apps.http import server, uploads
from sensorium.backends.fake import Fake

ON_DISK = ("missing.jpg", "folder.jpg", "pipe.jpg", "socket.jpg", "device.jpg", "null.jpg", "loop.jpg", "dangling.jpg")
MOST = 5_000_000


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serve(create_app(Fake("seen"), max_bytes=MOST)) as where:
        yield where
        assert requests.get(f"{where}/health", timeout=5).json() == {"status": "ok"}


def connection(address: str, timeout: float = 15) -> socket.socket:
    where = urlsplit(address)
    return socket.create_connection((where.hostname or "", where.port or 0), timeout=timeout)


def alive(address: str) -> None:
    """The server answers others, promptly, and its queue is empty."""
    start = time.monotonic()
    response = requests.post(
        f"{address}/api/ask", files={"picture": plain()}, data={"question": "What is it?"}, timeout=20
    )
    assert parse_events(response.text)[0][1]["text"] == "seen"
    assert time.monotonic() - start < 10


def name_of(row: Row) -> str:
    return ascii(row.name)


@pytest.mark.parametrize("row", [row for row in BROKEN if row.name not in ON_DISK], ids=name_of)
def test_a_broken_file_gives_a_message_and_a_hint(row: Row, address: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    row.make(path)
    if path.stat().st_size > MOST:
        with path.open("rb") as file:
            response = posted(f"{address}/api/check", {"picture": (row.name, file)})
        assert response is None or response.status_code == 413
        return alive(address)
    for where in ("check", "ask"):
        response = requests.post(
            f"{address}/api/{where}",
            files={"picture": (ascii(row.name), path.read_bytes())},
            data={"question": "?"},
            timeout=30,
        )
        error = parse_events(response.text)[0][1] if response.status_code == 200 else response.json()["error"]
        assert error["code"] == 422 and error["message"] and error["hint"], error
        assert "Traceback" not in response.text and str(tmp_path) not in response.text
    return None


def posted(url: str, files: dict[str, Any]) -> requests.Response | None:
    """Post; None where the server hung up while it was being sent to, as it may."""
    try:
        return requests.post(url, files=files, timeout=30)
    except requests.ConnectionError:
        return None


@pytest.mark.parametrize("row", OPEN, ids=name_of)
def test_a_strange_picture_that_opens_is_answered(row: Row, address: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    row.make(path)
    data = path.read_bytes()
    if len(data) > MOST:
        return
    response = requests.post(
        f"{address}/api/ask", files={"picture": (ascii(row.name), data)}, data={"question": "?"}, timeout=30
    )
    assert parse_events(response.text)[0][1]["text"] == "seen", response.text


@pytest.mark.parametrize(
    "name",
    ["../../../etc/passwd", "/etc/passwd", "..\\..\\x", "a\0b", "con", "", ".", "x" * 3000, "é\u202e.png", "%2e%2e"],
)
def test_a_files_name_means_nothing(address: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    body = b'--b\r\nContent-Disposition: form-data; name="picture"; filename="' + name.encode() + b'"\r\n\r\n'
    body += plain() + b'\r\n--b\r\nContent-Disposition: form-data; name="question"\r\n\r\n?\r\n--b--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    response = requests.post(f"{address}/api/ask", data=body, headers=headers, timeout=10)
    assert (response.status_code == 200 and "seen" in response.text) or response.status_code == 400
    assert list(tmp_path.iterdir()) == []


PART = b'--b\r\nContent-Disposition: form-data; name="picture"; filename="p"\r\n\r\n'


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "multipart/form-data; boundary=b", 400),
        (b"no form", "multipart/form-data; boundary=b", 400),
        (PART + plain(), "multipart/form-data; boundary=b", 400),
        (PART + plain() + b"\r\n--b--\r\n", "multipart/form-data; boundary=other", 400),
        (PART + plain() + b"\r\n--b--\r\n", "multipart/form-data", 415),
        (PART + plain() + b"\r\n--b--\r\n", "text/plain", 415),
        (PART + plain() + b"\r\n--b--\r\n", "image/png", 415),
        (plain(), "application/octet-stream", 415),
        (b'{"picture": 1}', "application/json", 415),
        (b"--b\r\n\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=b", 400),
        (PART.replace(b"form-data", b"attachment") + b"x\r\n--b--\r\n", "multipart/form-data; boundary=b", 400),
        (PART * 50 + b"--b--\r\n", "multipart/form-data; boundary=b", 400),
        (b"--b\r\nX: " + b"y" * 100_000 + b"\r\n\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=b", 400),
        (b"--b\r\n" + b"X: y\r\n" * 5_000 + b"\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=b", 400),
        (
            b'--b\r\nContent-Disposition: form-data; name="question"\r\n\r\n' + b"\xff\xfe\r\n--b--\r\n",
            "multipart/form-data; boundary=b", 400,
        ),
        (
            b'--b\r\nContent-Disposition: form-data; name="question"\r\n\r\n' + b"y" * 200_000 + b"\r\n--b--\r\n",
            "multipart/form-data; boundary=b", 400,
        ),
        (PART + b"x" * (MOST + 300_000) + b"\r\n--b--\r\n", "multipart/form-data; boundary=b", 413),
    ],
)  # fmt: skip
def test_forms_that_are_none(address: str, body: bytes, kind: str, status: int) -> None:
    response = requests.post(f"{address}/api/check", data=body, headers={"Content-Type": kind}, timeout=20)
    assert response.status_code == status, response.text
    assert response.json()["error"]["message"]


def test_a_body_of_two_gigabytes_is_refused_at_its_head(address: str) -> None:
    with connection(address) as to:
        to.sendall(
            b"POST /api/check HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
            b"Content-Length: 2147483648\r\n\r\n"
        )
        assert to.recv(64).startswith(b"HTTP/1.1 413 ")
    alive(address)


def test_a_body_of_two_gigabytes_in_chunks_is_cut_off(address: str) -> None:
    """No length is told: what comes is counted, and little of it is ever held."""
    before = resident_bytes()
    sent = 0
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with connection(address) as to:
        to.sendall(
            b"POST /api/check HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n" + b"%x\r\n" % len(PART) + PART + b"\r\n"
        )
        try:
            while sent < 2**31:
                to.sendall(chunk)
                sent += len(chunk)
        except OSError:
            pass  # hung up on, as it should be
    assert MOST < sent < 20 * MOST
    assert resident_bytes() - before < 60_000_000
    alive(address)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server whose patience is short, so that the test's may be too."""
    monkeypatch.setattr(server, "HEADER_SECONDS", 0.5)
    monkeypatch.setattr(uploads, "CHUNK_SECONDS", 0.5)
    monkeypatch.setattr(uploads, "BODY_SECONDS", 2.0)
    with serve(create_app(Fake("seen"), max_bytes=MOST)) as where:
        yield where


def closed_within(to: socket.socket, seconds: float, drip: Callable[[], None] = lambda: None) -> bytes:
    """Wait for the server to hang up, sending drops; gives what it said."""
    to.settimeout(0.1)
    said = b""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            drip()
            piece = to.recv(4096)
        except TimeoutError:
            continue
        except OSError:
            return said
        if not piece:
            return said
        said += piece
    raise AssertionError("the server goes on waiting")


def answered_or_closed(to: socket.socket) -> bytes:
    try:
        return to.recv(4096)
    except ConnectionError:
        return b""


def test_slow_heads_are_hung_up_on(hasty: str) -> None:
    crowd = [connection(hasty) for _ in range(60)]
    for number, to in enumerate(crowd):
        to.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n"[: number % 30])
    alive(hasty)
    first = crowd.pop()
    closed_within(first, 5, lambda: first.sendall(b"X"))  # a drop now and then buys no time
    for to in [first, *crowd]:
        to.close()
    alive(hasty)


def test_a_slow_head_on_a_used_connection_is_hung_up_on_too(hasty: str) -> None:
    with connection(hasty) as to:
        to.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert to.recv(4096).startswith(b"HTTP/1.1 200")
        to.sendall(b"GET /health HT")
        closed_within(to, 5)


def test_a_slow_body_is_told_and_hung_up_on(hasty: str) -> None:
    head = (
        b"POST /api/check HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        b"Content-Length: 4000000\r\n\r\n" + PART
    )
    with connection(hasty) as to:
        to.sendall(head)
        assert closed_within(to, 5).startswith(b"HTTP/1.1 408 ")
    with connection(hasty) as to:
        to.sendall(head)
        assert closed_within(to, 8, lambda: to.sendall(b"x")).startswith(b"HTTP/1.1 408 ")
    alive(hasty)


def test_more_bodies_than_are_read_at_once_are_sent_away(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_CONCURRENT_BODIES", 3)
    head = (
        b"POST /api/check HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        b"Content-Length: 4000000\r\n\r\n" + PART
    )
    crowd = [connection(address) for _ in range(3)]
    for to in crowd:
        to.sendall(head)
    time.sleep(0.3)
    response = requests.post(f"{address}/api/check", files={"picture": plain()}, timeout=10)
    assert response.status_code == 503 and response.headers["Retry-After"] == "5"
    for to in crowd:
        to.close()
    time.sleep(0.3)
    alive(address)


@pytest.mark.parametrize(
    "raw",
    [
        b"\r\n\r\n\r\n", b"GARBAGE\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n",
        bytes(range(256)) * 20,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
        b"POST /api/check HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/check HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST /api/check HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /api/check HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n",
    ],
    ids=range(13),
)  # fmt: skip
def test_what_is_no_request_is_answered_or_hung_up_on(hasty: str, raw: bytes) -> None:
    with connection(hasty) as to:
        try:
            to.sendall(raw)
        except OSError:
            pass
        said = answered_or_closed(to)
    assert not said or said.startswith((b"HTTP/1.1 4", b"HTTP/1.1 2")), said[:60]
    assert b"Traceback" not in said


def test_who_leaves_in_the_middle_leaves_nothing_behind(address: str) -> None:
    head = (
        b"POST /api/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        b"Content-Length: 100000\r\n\r\n" + PART
    )
    for _ in range(40):
        with connection(address) as to:
            to.sendall(head)
    url, files = f"{address}/api/check", {"picture": plain()}
    assert eventually(lambda: requests.post(url, files=files, timeout=10).status_code == 200)
    assert eventually(lambda: uploads._reading == 0)
    alive(address)
    assert requests.get(f"{address}/health", timeout=5).json() == {"status": "ok"}
