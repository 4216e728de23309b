"""The server over HTTP: the page's requests, refusals, headers, the token, what a full queue and a leaver do."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from pictures import blurred, danger, plain, receipt
from served import ask_server, eventually, parse_events, serve

from sensorium import Conversation, Delta, Limits, Options, load
from sensorium.apps.assist.app import STATIC, create_app
from sensorium.apps.http.service import SHARED
from sensorium.backends.fake import Fake
from sensorium.core.errors import RateLimitError, ServiceError


@pytest.fixture(scope="module")
def offline() -> Iterator[str]:
    with serve(create_app(load("offline"), second=Fake("The total is 14.25."))) as address:
        yield address


@pytest.fixture(scope="module")
def fake() -> Iterator[str]:
    with serve(create_app(Fake("A cup. It is blue."))) as address:
        yield address


class Endless:
    """A model that goes on until it is closed."""

    name = "endless"
    limits = Limits()

    def __init__(self) -> None:
        self.closed = threading.Event()
        self.started = threading.Event()

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        self.started.set()
        try:
            while True:
                time.sleep(0.01)
                yield Delta("Word. ")
        finally:
            self.closed.set()


def look(address: str, data: bytes) -> dict[str, Any]:
    response = requests.post(f"{address}/api/check", files={"picture": ("p", data)}, timeout=60)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def test_a_good_picture_is_called_good(offline: str) -> None:
    found = look(offline, receipt())
    assert found["usable"] is True and found["lines"] == 4
    assert found["message"].startswith("The picture is good") and found["warnings"] == []


def test_a_blurred_picture_is_refused_with_what_to_do(offline: str) -> None:
    found = look(offline, blurred())
    assert found["usable"] is False and "blurred" in found["faults"]
    assert "not good enough: it is blurred" in found["message"] and "Hold the phone still" in found["message"]


def test_a_warning_in_the_picture_is_said_first(offline: str) -> None:
    found = look(offline, danger())
    assert found["message"].startswith('Warning: it says "DANGER", at ')
    assert len(found["warnings"]) == 2


def test_the_answer_comes_as_events(offline: str) -> None:
    found = ask_server(offline, receipt(), "What is the total?")
    kinds = [values["kind"] for name, values in found if name == "sentence"]
    assert kinds == ["text", "confidence", "source"]
    name, answer = found[-1]
    assert name == "answer" and "14.25" in answer["text"] and answer["places"]


def test_warnings_lead_an_answer(offline: str) -> None:
    found = ask_server(offline, danger(), "What does it say?")
    assert found[0][1]["kind"] == "warning"


def test_a_second_opinion_and_whether_they_agree(offline: str) -> None:
    found = ask_server(offline, receipt(), "What is the total?", opinion="second", first="Total: 14.25")
    assert found[-1][1]["model"] == "fake" and found[-1][1]["agreement"] == "agree"


def test_a_second_opinion_where_there_is_no_second_model(fake: str) -> None:
    response = requests.post(
        f"{fake}/api/ask", files={"picture": plain()}, data={"question": "?", "opinion": "second"}, timeout=10
    )
    assert response.status_code == 422 and "no second model" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("fields", "status", "message"),
    [
        ({}, 422, "'question' is missing."),
        ({"question": " "}, 422, "'question' is invalid: String should have at least 1 character"),
        ({"question": "x" * 2001}, 422, "'question' is invalid: String should have at most 2000 characters"),
        ({"question": "?", "language": "no language"}, 422, "isn't a language code"),
        ({"question": "?", "opinion": "third"}, 422, "'opinion' is invalid: Input should be 'first' or 'second'"),
        (
            {"question": "?", "first_abstained": "maybe"},
            422,
            "'first_abstained' is invalid: Input should be 'false' or 'true'",
        ),
        ({"question": "?", "history": "{"}, 422, "The history has the wrong form."),
        ({"question": "?", "history": '[{"question": 1, "answer": 2}]'}, 422, "The history has the wrong form."),
    ],
)
def test_what_is_wrong_is_said(fake: str, fields: dict[str, str], status: int, message: str) -> None:
    response = requests.post(f"{fake}/api/ask", files={"picture": plain()}, data=fields, timeout=10)
    assert response.status_code == status
    assert message in response.json()["error"]["message"] and response.json()["error"]["hint"]


def test_errors_of_a_model_are_told_as_events_and_faults_tell_nothing_of_the_inside() -> None:
    class Broken(Fake):
        def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
            raise ZeroDivisionError("secret")

    with serve(create_app(Fake(ServiceError("The service is down.", "Wait.")), second=Broken("x"))) as address:
        assert ask_server(address, plain(), "?") == [
            ("error", {"message": "The service is down.", "hint": "Wait.", "type": "server_error", "code": 502})
        ]
        ((name, told),) = ask_server(address, plain(), "?", opinion="second")
        assert name == "error" and told["code"] == 500 and "secret" not in str(told)
        assert requests.get(f"{address}/health", timeout=10).json() == {"status": "ok"}


def test_who_hangs_up_stops_the_model() -> None:
    model = Endless()
    with serve(create_app(model, workers=1, waiting=0)) as address:
        response = requests.post(
            f"{address}/api/ask", files={"picture": plain()}, data={"question": "?"}, stream=True, timeout=10
        )
        lines = response.iter_lines()
        assert next(lines)
        full = requests.post(f"{address}/api/ask", files={"picture": plain()}, data={"question": "?"}, timeout=10)
        assert full.status_code == 503 and int(full.headers["Retry-After"]) >= 1
        assert "Too many people" in full.json()["error"]["message"]
        assert requests.get(f"{address}/health", timeout=10).json() == {"status": "full"}
        assert not model.closed.is_set()
        response.close()
        assert model.closed.wait(5)
        assert eventually(lambda: requests.get(f"{address}/health", timeout=10).json() == {"status": "ok"})
        numbers = requests.get(f"{address}/metrics", timeout=10).text
    assert 'sensorium_queue_cancelled_total{queue="seeing"} 1' in numbers
    assert 'sensorium_queue_refused_total{queue="seeing"} 1' in numbers


def test_who_hangs_up_while_waiting_is_forgotten() -> None:
    model = Endless()
    with serve(create_app(model, workers=1, waiting=1)) as address:

        def ask() -> requests.Response:
            files, data = {"picture": plain()}, {"question": "?"}
            return requests.post(f"{address}/api/ask", files=files, data=data, stream=True, timeout=10)

        first = ask()
        assert model.started.wait(5)
        second = ask()
        lines = second.iter_lines()
        assert next(lines) == b"event: waiting"
        assert requests.get(f"{address}/health", timeout=10).json() == {"status": "full"}
        second.close()
        assert eventually(lambda: requests.get(f"{address}/health", timeout=10).json() == {"status": "ok"})
        first.close()


def test_a_service_that_asks_to_wait_is_passed_on() -> None:
    error = RateLimitError("Too many.", "Wait.", wait_seconds=7, retryable=False)
    body = {"model": "fake", "messages": [{"role": "user", "content": "?"}]}
    with serve(create_app(Fake(error), options=Options(retries=0))) as address:
        response = requests.post(f"{address}/v1/chat/completions", json=body, timeout=10)
    assert response.status_code == 503 and response.headers["Retry-After"] == "7"


# ---- the browser's side ----------------------------------------------------------------------------------------------


def test_every_answer_binds_the_browser(fake: str) -> None:
    for path in ("/", "/page.js", "/health", "/docs", "/nothing", "/api/capabilities"):
        headers = requests.get(fake + path, timeout=10).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "no-referrer"
        assert "camera=(self), microphone=(self)" in headers["Permissions-Policy"]
        assert "server" not in headers
    assert requests.get(f"{fake}/api/capabilities", timeout=10).headers["Cache-Control"] == "no-store"


def test_the_page_names_no_other_site_and_writes_no_markup() -> None:
    for path in (*STATIC.iterdir(), *SHARED.iterdir(), *(STATIC.parents[1] / "store" / "static").iterdir()):
        if path.suffix in (".html", ".css", ".js", ".webmanifest"):
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"(?:https?:)?//[a-z]+\.[a-z]", text), path.name
            markup = r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b| style=|(?<!\.)onclick"
            assert not re.search(markup, text), path.name


def test_the_worker_keeps_every_file_of_the_page() -> None:
    worker = (STATIC / "worker.js").read_text(encoding="utf-8")
    kept = set(re.findall(r'"/([\w.-]*)"', worker))
    shared = {path.name for path in SHARED.iterdir()} - {"api.html", "document.js"}
    whole = shared | {path.name for path in STATIC.iterdir()} - {"worker.js", "index.html"}
    assert kept == whole | {""}


def test_files_have_their_types(fake: str) -> None:
    for path, kind in (
        ("/", "text/html; charset=utf-8"), ("/page.js", "text/javascript; charset=utf-8"),
        ("/page.css", "text/css; charset=utf-8"), ("/icon.svg", "image/svg+xml"), ("/icon-192.png", "image/png"),
        ("/manifest.webmanifest", "application/manifest+json"),
    ):  # fmt: skip
        response = requests.get(fake + path, timeout=10)
        assert (response.status_code, response.headers["Content-Type"]) == (200, kind)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404), ("GET", "/api/ask", 405), ("POST", "/", 405), ("DELETE", "/health", 405),
        ("GET", "/../server.py", 404), ("GET", "/%2e%2e/server.py", 404), ("GET", "/static/page.js", 404),
        ("GET", "/..%2f..%2f..%2f..%2fetc/passwd", 404), ("GET", "//etc/passwd", 404), ("GET", "/page.js%00", 404),
    ],
)  # fmt: skip
def test_there_is_nothing_else(fake: str, method: str, path: str, status: int) -> None:
    where = urlsplit(fake)
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=10) as to:
        to.sendall(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while piece := to.recv(65536):
            answer += piece
    assert answer.startswith(f"HTTP/1.1 {status} ".encode()), answer[:80]
    assert b'{"error"' in answer


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "[::2]", "", "a b"])
def test_without_a_token_only_this_machines_names_are_answered(fake: str, host: str) -> None:
    assert requests.get(f"{fake}/health", headers={"Host": host}, timeout=10).status_code in (400, 403)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:80", "[::1]:9"])
def test_this_machines_names(fake: str, host: str) -> None:
    assert requests.get(f"{fake}/health", headers={"Host": host}, timeout=10).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://["])
def test_another_sites_page_may_not_ask(fake: str, origin: str) -> None:
    response = requests.post(
        f"{fake}/api/ask",
        files={"picture": plain()},
        data={"question": "?"},
        headers={"Origin": origin},
        timeout=10,
    )
    assert response.status_code == 403 and "Another site's page" in response.json()["error"]["message"]


def test_a_token_guards_what_answers_and_nothing_else() -> None:
    with serve(create_app(Fake("Hello."), token="s3cret")) as address:
        for path in ("/api/capabilities", "/v1/models", "/metrics"):
            assert requests.get(address + path, timeout=10).status_code == 401
            for wrong in ("Bearer wrong", "Bearer s3cre", "Basic s3cret", "Bearer \xe9"):
                given = {"Authorization": wrong.encode("latin-1")}
                assert requests.get(address + path, headers=given, timeout=10).status_code == 401
            good = requests.get(address + path, headers={"Authorization": "Bearer s3cret"}, timeout=10)
            assert good.status_code == 200
        assert requests.get(f"{address}/", headers={"Host": "phone.example"}, timeout=10).status_code == 200
        assert requests.get(f"{address}/health", timeout=10).status_code == 200
        assert requests.head(f"{address}/health", timeout=10).status_code == 200


def test_metrics_are_prometheus_text_and_hold_no_typed_path(fake: str) -> None:
    requests.get(f"{fake}/typed-by-somebody", timeout=10)
    ask_server(fake, plain(), "my secret question")
    response = requests.get(f"{fake}/metrics", timeout=10)
    assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = response.text.splitlines()
    assert all(re.fullmatch(r'# (?:HELP|TYPE) \S+ .+|[a-z_]+(?:\{(?:\w+="[^"]*",?)+\})? [\d.e+-]+', ln) for ln in lines)
    assert "typed" not in response.text and "secret" not in response.text
    (count,) = [ln for ln in lines if ln.startswith('sensorium_requests_total{route="/api/ask",status="200"}')]
    assert float(count.split()[1]) >= 1
    bucket = re.compile(r'sensorium_request_seconds_bucket\{le="[^"]+",route="/api/ask"\} (\S+)')
    buckets = [float(match[1]) for ln in lines if (match := bucket.fullmatch(ln))]
    assert buckets == sorted(buckets) and len(buckets) == 11


def test_nothing_of_a_request_is_written_anywhere(offline: str, tmp_path: Any, capfd: Any) -> None:
    ask_server(offline, receipt(), "What is the total, zebra?")
    out, err = capfd.readouterr()
    assert "zebra" not in out + err
    assert parse_events("") == []
