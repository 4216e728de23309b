"""As `client`, for SDKs that are built on httpx: one deadline for a whole answer, no redirects."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import cast

import httpx

CONNECT_SECONDS = 10.0
"""The longest wait for a connection."""


def client() -> httpx.Client:
    """Make a client; the caller closes it. A request's read time-out becomes the whole answer's."""
    return httpx.Client(transport=_Timely(), follow_redirects=False)


class _Timely(httpx.HTTPTransport):
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        timeout = request.extensions.get("timeout", {})
        seconds = timeout.get("read")
        if seconds is None:
            return super().handle_request(request)
        deadline = time.monotonic() + seconds
        request.extensions["timeout"] = timeout | {"connect": min(CONNECT_SECONDS, seconds)}
        response = super().handle_request(request)
        response.stream = _Stream(cast(httpx.SyncByteStream, response.stream), deadline, request)
        return response


class _Stream(httpx.SyncByteStream):
    def __init__(self, inner: httpx.SyncByteStream, deadline: float, request: httpx.Request) -> None:
        self._inner = inner
        self._deadline = deadline
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._inner:
            if time.monotonic() > self._deadline:
                raise httpx.ReadTimeout("The answer took too long.", request=self._request)
            yield piece

    def close(self) -> None:
        self._inner.close()
