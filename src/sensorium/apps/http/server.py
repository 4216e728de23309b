"""Serving an app with uvicorn: loopback by default, no log of requests, and a deadline for each request's head."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from sensorium.core.errors import InputError, ServiceError, quoted

HEADER_SECONDS = 10.0
"""The longest wait for the whole head of a request."""
MAX_CONNECTIONS = 500
_MAX_HEADER_BYTES = 16_384


class HeaderDeadlineProtocol(H11Protocol):
    """HTTP that hangs up on clients that send a request's head byte by byte ("slow loris"); uvicorn would wait."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._start_timer()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def _start_timer(self) -> None:
        """Time the head: from the connection, or from the first byte after the last request."""
        if self.conn.their_state is not h11.IDLE:
            self._stop_timer()
        elif self._timer is None and (self.cycle is None or self.conn.trailing_data[0]):
            self._timer = self.loop.call_later(HEADER_SECONDS, self._hang_up)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _hang_up(self) -> None:
        self._timer = None
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self.transport.close()


def uvicorn_config(app: ASGIApp, host: str, port: int, certificate: str | None, key: str | None) -> uvicorn.Config:
    """Return uvicorn's settings.

    Raises:
        InputError: if a certificate's file is missing.
    """
    for name in (certificate, key):
        if name is not None and not Path(name).is_file():
            raise InputError(f"No file {quoted(name)}.", "Pass the certificate and its key as PEM files.")
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=HeaderDeadlineProtocol,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=3,
        h11_max_incomplete_event_size=_MAX_HEADER_BYTES,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )


class AppServer(uvicorn.Server):
    """Uvicorn's server that calls `ready` with its address once it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[str], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started:
            scheme = "https" if self.config.is_ssl else "http"
            host = f"[{self.config.host}]" if ":" in self.config.host else self.config.host
            self._ready(f"{scheme}://{host}:{self.servers[0].sockets[0].getsockname()[1]}")


def run(
    app: ASGIApp, host: str, port: int, certificate: str | None, key: str | None, ready: Callable[[str], None]
) -> None:
    """Serve until Ctrl+C; `ready` is called with the address once it listens.

    Raises:
        InputError: if a certificate's file is missing.
        ServiceError: if the server can't listen on the address.
    """
    server = AppServer(uvicorn_config(app, host, port, certificate, key), ready)
    try:
        server.run()
    except SystemExit:
        raise ServiceError(
            f"The server can't listen on {host}:{port}.", "Is the port in use? Port 0 takes a free one."
        ) from None
