"""A real server on a real port, in a thread of this process."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from sensorium.apps.http.server import AppServer, uvicorn_config


@contextmanager
def serve(app: Any, port: int = 0) -> Iterator[str]:
    """Serve while the block runs, on a free port unless one is given; gives the address."""
    addresses: list[str] = []
    server = AppServer(uvicorn_config(app, "127.0.0.1", port, None, None), addresses.append)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not addresses:
        assert thread.is_alive() and time.monotonic() < until
        time.sleep(0.01)
    try:
        yield addresses[0]
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        assert not thread.is_alive()


def parse_events(text: str) -> list[tuple[str, Any]]:
    """Read server-sent events."""
    import json

    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if line)
        if fields:
            data = fields["data"]
            found.append((fields.get("event", ""), data if data == "[DONE]" else json.loads(data)))
    return found


def ask_server(address: str, picture: bytes, question: str, **fields: str) -> list[tuple[str, Any]]:
    """Ask as the page does; gives the events."""
    response = requests.post(
        f"{address}/api/ask", files={"picture": ("p", picture)}, data={"question": question, **fields}, timeout=60
    )
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/event-stream")
    return parse_events(response.content.decode())


def eventually(true: Any, seconds: float = 10.0) -> bool:
    """Wait until something is true."""
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def resident_bytes() -> int:
    """Return this process's resident memory (Linux)."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
