"""The HTTP client that the SDKs are given: one deadline for a whole response, no redirects.

An HTTP library's read timeout begins anew with every byte, so that a server which sends a comment now and then may hold
a caller for ever (https://www.python-httpx.org/advanced/timeouts). Here the read timeout is the whole response's.
Redirects are not followed: they would take the key and the images elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any

CONNECT_SECONDS = 10.0
"""The longest wait for a connection."""
_LOCALHOST = ("localhost", "127.0.0.1", "[::1]")  # never through a proxy of the environment


def client(library: ModuleType) -> Any:
    """Return a `Client` of `library`, httpx or httpx2, whichever the SDK is built on; the caller closes it."""
    stream_type = type("_SyncStream", (_DeadlineStream, library.SyncByteStream), {})

    def start(request: Any) -> None:
        timeout = request.extensions.get("timeout", {})
        seconds = timeout.get("read")
        if seconds is not None:
            request.extensions["deadline"] = time.monotonic() + seconds
            request.extensions["timeout"] = timeout | {"connect": min(CONNECT_SECONDS, seconds)}

    def limit(response: Any) -> None:
        response.headers.pop("Location", None)  # without it no redirect is followed, although the SDKs ask for it
        deadline = response.request.extensions.get("deadline")
        if deadline is not None:
            late = library.ReadTimeout("The response took too long.", request=response.request)
            response.stream = stream_type(response.stream, deadline, late)

    mounts = {f"all://{host}": None for host in _LOCALHOST}
    return library.Client(mounts=mounts, event_hooks={"request": [start], "response": [limit]})


class _DeadlineStream:
    def __init__(self, inner: Any, deadline: float, late: Exception) -> None:
        self._inner = inner
        self._deadline = deadline
        self._late = late

    def __iter__(self) -> Iterator[bytes]:
        try:
            for piece in self._inner:
                if time.monotonic() > self._deadline:
                    raise self._late
                yield piece
        finally:  # also when the reader stops early: the connection must not stay open
            self.close()

    def close(self) -> None:
        self._inner.close()
