"""A service on this machine that keeps every request and answers what it was told to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answer:
    """What the server says to one request.

    Args:
        body: Bytes, text, or a value to send as JSON; a list of texts is sent piece by piece.
        status: The HTTP status.
        headers: Further headers.
        before_seconds: How long to wait before anything is said.
        between_seconds: How long to wait between pieces.
        broken: True to close the connection where more was promised.
    """

    body: Any = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    before_seconds: float = 0.0
    between_seconds: float = 0.0
    broken: bool = False


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


class Loopback:
    """The server; `answers` are given in turn, the last one again and again, or per "METHOD path" prefix in a dict."""

    def __init__(self, answers: Sequence[Answer] | dict[str, list[Answer]]) -> None:
        self.answers = answers
        self.asked: list[Asked] = []
        self.over = threading.Event()
        self.left = threading.Event()  # set when a client hung up before the answer's end
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: self.left.set()  # type: ignore[method-assign]
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        if not isinstance(self.answers, dict):
            return self.answers[min(len(self.asked), len(self.answers)) - 1]
        for start, given in self.answers.items():
            if f"{asked.method} {asked.path}".startswith(start):
                return given.pop(0) if len(given) > 1 else given[0]
        return Answer({"error": {"message": f"no answer for {asked.method} {asked.path}"}}, 404)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def handle_any(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                raw = self.rfile.read(length)
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.tell(self, outer.answer(Asked(self.command, self.path, headers, raw)))

            do_GET = do_POST = do_DELETE = do_PATCH = handle_any

        return Handler

    def tell(self, to: BaseHTTPRequestHandler, answer: Answer) -> None:
        self.over.wait(answer.before_seconds)
        pieces = answer.body if isinstance(answer.body, list) else None
        stream = pieces is not None and all(isinstance(one, str) for one in pieces)
        to.send_response(answer.status)
        for name, value in answer.headers.items():
            to.send_header(name, value.replace("SELF", self.url))
        if not stream:
            whole = answer.body
            data = (
                whole if isinstance(whole, bytes) else (whole if isinstance(whole, str) else json.dumps(whole)).encode()
            )
            if "Content-Type" not in answer.headers:
                to.send_header("Content-Type", "application/json")
            to.send_header("Content-Length", str(len(data) + 100 * answer.broken))
            to.end_headers()
            to.wfile.write(data)
        else:
            to.send_header("Content-Type", "text/event-stream")
            to.send_header("Transfer-Encoding", "chunked")
            to.end_headers()
            for piece in pieces or ():
                data = piece.encode()
                to.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
                to.wfile.flush()
                if self.over.wait(answer.between_seconds):
                    return
            if not answer.broken:
                to.wfile.write(b"0\r\n\r\n")
        to.close_connection = answer.broken or to.close_connection


@contextmanager
def serving(answers: Sequence[Answer] | dict[str, list[Answer]], make: type[Loopback] = Loopback) -> Iterator[Loopback]:
    """Run a server while the block runs."""
    made = make(answers)
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.over.set()  # wakes those that still wait
        made.server.shutdown()
        made.server.server_close()
        thread.join()


def events(*values: Any, end: str = "data: [DONE]\n\n") -> list[str]:
    """Write values as server-sent events, as OpenAI's interface does."""
    return [f"data: {one if isinstance(one, str) else json.dumps(one)}\n\n" for one in values] + ([end] if end else [])


def soon(seconds: float) -> float:
    """Return the time by which something must have happened."""
    return time.monotonic() + seconds
