"""The pace of bodies: alone at once, all together no faster than the rate, whoever they come from."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
import requests
from served import serve

from sensorium.apps.assist.app import create_app
from sensorium.apps.http import pace, server
from sensorium.apps.http.pace import Pace
from sensorium.apps.http.server import LingeringTransport
from sensorium.backends.fake import Fake
from sensorium.core.messages import Audio
from sensorium.media.audio import wav

FORM = "multipart/form-data; boundary=b"
PART = b'--b\r\nContent-Disposition: form-data; name="picture"; filename="p"\r\n\r\n'


class Voice:
    """Speaks 5 MB of silence."""

    name, languages = "voice", frozenset({"en"})

    def speak(self, text: str, language: str) -> Audio:
        return wav(np.zeros(2_500_000, np.float32))


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(pace, "BYTES_PER_SECOND", 4_000_000)
    monkeypatch.setattr(pace, "BURST_BYTES", 1_000_000)
    with serve(create_app(Fake("seen"), speaker=Voice())) as where:
        yield where


def upload(address: str, size: int) -> float:
    """Send a form of so many bytes that is no picture; gives the seconds."""
    start = time.monotonic()
    answer = requests.post(f"{address}/api/check", files={"picture": b"\0" * size}, timeout=60)
    assert answer.status_code == 422, answer.text
    return time.monotonic() - start


def test_a_burst_is_free_and_the_rest_is_paid_in_time() -> None:
    bucket = Pace(1000, 500)
    assert bucket.wait(500, 0.0) == 0
    assert bucket.wait(1000, 0.0) == pytest.approx(1.0)
    assert bucket.wait(1000, 1.0) == pytest.approx(1.0)  # two at once wait for one another
    assert bucket.wait(1000, 1.0) == pytest.approx(2.0)
    assert bucket.wait(500, 100.0) == 0  # no more than a burst is saved up


def test_a_photo_alone_is_taken_at_once_and_a_large_one_at_the_rate(address: str) -> None:
    assert upload(address, 900_000) < 3
    time.sleep(0.5)
    assert upload(address, 9_000_000) >= 0.95 * (9_000_000 - 1_000_000 - 2 * pace.PIECE_BYTES) / 4_000_000


def test_all_clients_share_the_rate_and_health_is_answered_meanwhile(address: str) -> None:
    start, over, slowest = time.monotonic(), threading.Event(), 0.0
    crowd = [threading.Thread(target=upload, args=(address, 3_000_000)) for _ in range(4)]
    for one in crowd:
        one.start()
    threading.Thread(target=lambda: ([one.join() for one in crowd], over.set()), daemon=True).start()
    while not over.is_set():
        asked = time.monotonic()
        assert requests.get(f"{address}/health", timeout=10).json()["status"] in ("ok", "full")
        slowest = max(slowest, time.monotonic() - asked)
    assert time.monotonic() - start >= 0.95 * (12_000_000 - 1_000_000 - 5 * pace.PIECE_BYTES) / 4_000_000
    assert slowest < 2.0  # they would be held up for the whole of it


def test_what_is_refused_is_dropped_slowly(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before: 32 MB of each refused body were received as fast as they came."""
    monkeypatch.setattr(server, "LINGER_SECONDS", 1.0)
    where = urlsplit(address)
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=15) as to:
        head = (
            f"POST /api/check HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM}\r\nContent-Length: 30000000\r\n\r\n"
        )
        to.sendall(head.encode() + PART)
        sent, start = 0, time.monotonic()
        to.settimeout(0.2)
        try:
            while time.monotonic() - start < 10:
                try:
                    sent += to.send(bytes(65_536))
                except TimeoutError:
                    continue
        except OSError:
            pass
    system = 8_000_000  # what buffers of this machine may hold
    assert time.monotonic() - start < 10 and sent < 2_000_000 * 1.0 + 200_000 + system


def test_a_client_that_never_reads_speech_costs_a_piece(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before: the whole WAV stood in the server's memory, copied for each such client."""
    made: list[LingeringTransport] = []
    original = LingeringTransport.__init__

    def init(self: LingeringTransport, transport: Any) -> None:
        original(self, transport)
        made.append(self)

    monkeypatch.setattr(LingeringTransport, "__init__", init)
    body = b'{"text": "x", "language": "en"}'
    where = urlsplit(address)
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=15) as to:
        to.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        head = "POST /api/speak HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        to.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        until = time.monotonic() + 10
        while not (made and made[-1].written) and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(1)
        assert 0 < made[-1].written < 2_000_000
        assert made[-1].get_write_buffer_size() < 300_000


def test_speech_comes_whole(address: str) -> None:
    answer = requests.post(f"{address}/api/speak", json={"text": "x", "language": "en"}, timeout=60)
    assert answer.status_code == 200 and answer.headers["content-type"] == "audio/wav"
    assert answer.content == Voice().speak("x", "en").blob.data
    assert answer.headers["content-length"] == str(len(answer.content))
