"""One deadline for a whole response; no redirects; the same for httpx and httpx2."""

from __future__ import annotations

import time
from types import ModuleType

import httpx
import httpx2
import pytest
from loopback import Answer, serving

from sensorium.hosted.http_client import client

both = pytest.mark.parametrize("library", [httpx, httpx2])


@both
def test_a_server_that_keeps_talking_does_not_outlast_the_deadline(library: ModuleType) -> None:
    with serving([Answer(["."] * 100, between_seconds=0.05)]) as server, client(library) as http:
        start = time.monotonic()
        with pytest.raises(library.ReadTimeout), http.stream("GET", server.url, timeout=0.4) as answer:
            for _ in answer.iter_bytes():
                pass
        assert 0.3 < time.monotonic() - start < 2


@both
def test_a_response_that_is_not_streamed_meets_the_deadline_too(library: ModuleType) -> None:
    with serving([Answer(["."] * 100, between_seconds=0.05)]) as server, client(library) as http:
        start = time.monotonic()
        with pytest.raises(library.ReadTimeout):
            http.get(server.url, timeout=0.4)
        assert 0.3 < time.monotonic() - start < 2


@both
def test_an_answer_in_time_comes_whole(library: ModuleType) -> None:
    with serving([Answer(["a", "b", "c"])]) as server, client(library) as http:
        with http.stream("GET", server.url, timeout=5) as answer:
            assert b"".join(answer.iter_bytes()) == b"abc"


@both
def test_a_key_is_not_carried_elsewhere(library: ModuleType) -> None:
    with serving([Answer("", 302, {"Location": "SELF/elsewhere"})]) as server, client(library) as http:
        assert http.get(server.url, headers={"x-goog-api-key": "hush"}, follow_redirects=True).status_code == 302
    assert len(server.asked) == 1


@both
def test_a_reader_that_leaves_closes_the_connection(library: ModuleType) -> None:
    with serving([Answer(["."] * 100, between_seconds=0.02)]) as server, client(library) as http:
        request = http.build_request("GET", server.url, timeout=5)
        answer = http.send(request, stream=True)
        pieces = answer.iter_bytes()
        next(pieces)
        assert not server.left.is_set()
        del pieces
        assert server.left.wait(3)
