"""Thousands of requests one behind the other, and hundreds of connections at once: everybody else is served between."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from served import serve

from sensorium.apps.assist.app import create_app
from sensorium.apps.http import server, turns
from sensorium.apps.http.server import ACCEPTED_AT_ONCE, DeadlineProtocol
from sensorium.backends.fake import Fake

REQUEST = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
PAUSE = b"GET /pause HTTP/1.1\r\nHost: localhost\r\n\r\n"


def connection(address: str) -> socket.socket:
    where = urlsplit(address)
    return socket.create_connection((where.hostname or "", where.port or 0), timeout=15)


def answers(to: socket.socket, count: int) -> float:
    """Read so many answers; gives the seconds until the last."""
    start, data = time.monotonic(), b""
    while data.count(b"HTTP/1.1 200") < count or not data.endswith(b"}"):
        piece = to.recv(65_536)
        assert piece, f"hung up on after {data.count(b'HTTP/1.1')} answers"
        data += piece
    assert data.count(b"HTTP/1.1") == count
    return time.monotonic() - start


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serve(create_app(Fake("seen"))) as where:
        yield where


@pytest.mark.parametrize("connections", [1, 5], ids=["one connection", "five connections share the turns"])
def test_requests_behind_one_another_are_all_answered_but_take_turns(address: str, connections: int) -> None:
    """Before: as fast as the machine could; 20 connections of them made others wait for 0.9 s."""
    crowd, each = [connection(address) for _ in range(connections)], 50 // connections
    start = time.monotonic()
    for to in crowd:
        to.sendall(REQUEST * each)
    for to in crowd:
        answers(to, each)
        to.close()
    assert time.monotonic() - start >= (each - 1) * connections * turns.TURN_SECONDS * 0.95


def test_another_is_answered_between_them(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "TURN_SECONDS", 1.0)
    with connection(address) as crowd, connection(address) as other:
        crowd.sendall(REQUEST * 4)
        time.sleep(0.3)
        other.sendall(REQUEST)
        assert answers(other, 1) < 1.0
        other.sendall(REQUEST)  # after its answer: no turn
        assert answers(other, 1) < 1.0


def test_a_head_byte_by_byte_behind_others_is_hung_up_on(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEADER_SECONDS", 0.5)
    with connection(address) as to:
        to.sendall(REQUEST * 3 + b"GET / HT")
        answers(to, 3)
        start = time.monotonic()
        assert to.recv(1) == b"" and time.monotonic() - start < 10


def test_a_client_that_leaves_before_its_turn_harms_nobody(address: str) -> None:
    for _ in range(20):
        with connection(address) as to:
            to.sendall(REQUEST * 50)
    with connection(address) as other:
        other.sendall(REQUEST)
        answers(other, 1)


def test_the_system_keeps_little_for_a_client_that_never_reads(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before: up to 4 MB for each, which also delayed its end."""
    made: list[DeadlineProtocol] = []
    original = DeadlineProtocol.connection_made

    def connection_made(self: DeadlineProtocol, transport: Any) -> None:
        original(self, transport)
        made.append(self)

    monkeypatch.setattr(DeadlineProtocol, "connection_made", connection_made)
    monkeypatch.setattr(server, "WRITE_SECONDS", 1.0)
    with connection(address) as to:
        to.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        to.sendall(REQUEST.replace(b"/health", b"/openapi.json") * 200)
        until = time.monotonic() + 20
        while not (made and made[0].transport.is_closing()) and time.monotonic() < until:
            time.sleep(0.05)
        assert made[0].transport.is_closing()
        assert made[0]._lingering.written < 3_000_000  # of 200 answers that are over 10 MB


def test_connections_are_taken_a_few_a_round_and_none_waits_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before: all in one round, 0.5 s for 400 that begin TLS."""
    rounds, at, over = 0, Counter[int](), threading.Event()
    made = DeadlineProtocol.connection_made

    def connection_made(self: Any, transport: Any) -> None:
        at[rounds] += 1
        made(self, transport)

    async def pause(scope: Any, receive: Any, send: Any) -> None:
        """Hold the event loop up, then count its rounds."""
        if scope["type"] != "http":
            await create_app(Fake("seen"))(scope, receive, send)
            return
        time.sleep(1.5)  # on purpose

        def tick() -> None:
            nonlocal rounds
            rounds += 1
            if not over.is_set():
                asyncio.get_running_loop().call_soon(tick)

        tick()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    monkeypatch.setattr(DeadlineProtocol, "connection_made", connection_made)
    with serve(pause) as where:
        with connection(where) as first:
            first.sendall(PAUSE)
            time.sleep(0.3)
            start = time.monotonic()
            crowd = [connection(where) for _ in range(60)]
            assert time.monotonic() - start < 0.9, "the system kept fewer than 60 for the server"
            until = time.monotonic() + 15
            while sum(at.values()) < 61 and time.monotonic() < until:
                time.sleep(0.01)
            over.set()
        for to in crowd:
            to.close()
    assert sum(at.values()) == 61
    assert max(at.values()) <= ACCEPTED_AT_ONCE
