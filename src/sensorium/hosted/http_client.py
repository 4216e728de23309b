"""The HTTP client that the SDKs are given: one deadline for a whole answer, no redirects.

An HTTP library's read time-out begins anew with every byte, so that a server which sends a comment now and then may
hold a caller for ever (https://www.python-httpx.org/advanced/timeouts). Here the read time-out is the whole answer's.
Redirects are not followed: they would take the key and the pictures elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx2

CONNECT_SECONDS = 10.0
"""The longest wait for a connection."""

_THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")  # a proxy of the environment is not asked for them


def client() -> httpx2.Client:
    """Make a client; the caller closes it."""
    here: dict[str, httpx2.BaseTransport | None] = {f"all://{host}": None for host in _THIS_MACHINE}
    return _Timely(follow_redirects=False, mounts=here)


def timeout(seconds: float) -> httpx2.Timeout:
    """Return the time-outs of one request: `seconds` for the whole answer."""
    return httpx2.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))


class _Timely(httpx2.Client):
    def send(self, request: httpx2.Request, **options: object) -> httpx2.Response:
        seconds = request.extensions.get("timeout", {}).get("read")
        deadline = None if seconds is None else time.monotonic() + seconds
        options["follow_redirects"] = False  # the SDKs ask for it
        response = super().send(request, **options)  # type: ignore[arg-type]
        if deadline is not None and isinstance(response.stream, httpx2.SyncByteStream):
            response.stream = _Stream(response.stream, deadline, request)
        return response


class _Stream(httpx2.SyncByteStream):
    def __init__(self, inner: httpx2.SyncByteStream, deadline: float, request: httpx2.Request) -> None:
        self._inner = inner
        self._deadline = deadline
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        try:
            for piece in self._inner:
                if time.monotonic() > self._deadline:
                    raise httpx2.ReadTimeout("The answer took too long.", request=self._request)
                yield piece
        finally:  # also where the reader has lost interest: the connection must not stay open
            self.close()

    def close(self) -> None:
        self._inner.close()
