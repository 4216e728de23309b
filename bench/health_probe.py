"""Asks a server's /health every 50 ms until its standard input ends, and prints the seconds of each request.

    python bench/health_probe.py ADDRESS

In a process of its own, so that nothing else that a benchmark computes is in its seconds. Each request has a connection
of its own. One that fails, or takes longer than 30 s, counts as 30 s.
"""

from __future__ import annotations

import http.client
import ssl
import sys
import threading
import time
from urllib.parse import urlsplit

EVERY_SECONDS, LONGEST_SECONDS = 0.05, 30.0


def asked(host: str, port: int, context: ssl.SSLContext | None) -> float:
    """Return the seconds of one request."""
    start = time.perf_counter()
    options = {"context": context} if context is not None else {}
    kind = http.client.HTTPConnection if context is None else http.client.HTTPSConnection
    connection = kind(host, port, timeout=LONGEST_SECONDS, **options)  # type: ignore[arg-type]
    try:
        connection.request("GET", "/health")
        answer = connection.getresponse()
        answer.read()
        return time.perf_counter() - start if answer.status == 200 else LONGEST_SECONDS
    except (OSError, http.client.HTTPException):
        return LONGEST_SECONDS
    finally:
        connection.close()


def main() -> None:
    """Probe until standard input ends."""
    where = urlsplit(sys.argv[1])
    context = ssl._create_unverified_context() if where.scheme == "https" else None
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    while not over.is_set():
        print(f"{asked(where.hostname or '', where.port or 0, context):.6f}", flush=True)
        over.wait(EVERY_SECONDS)


if __name__ == "__main__":
    main()
