"""Serving an app with uvicorn: loopback by default, no log of what was asked, and nobody may dawdle."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from sensorium.core.errors import InputError, ServiceError

HEADER_SECONDS = 10.0
"""The longest wait for the whole head of a request."""
MOST_CONNECTIONS = 500
_MOST_HEADER_BYTES = 16_384


class Patient(H11Protocol):
    """HTTP that hangs up on who sends a request's head drop by drop ("slow loris"): uvicorn itself would wait."""

    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def _watch(self) -> None:
        """Time the head: from the connection, or from the first byte after the last request."""
        if self.conn.their_state is not h11.IDLE:
            self._forget()
        elif self._waiting is None and (self.cycle is None or self.conn.trailing_data[0]):
            self._waiting = self.loop.call_later(HEADER_SECONDS, self._hang_up)

    def _forget(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _hang_up(self) -> None:
        self._waiting = None
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self.transport.close()


def config(app: ASGIApp, host: str, port: int, certificate: str | None, key: str | None) -> uvicorn.Config:
    """Return uvicorn's settings.

    Raises:
        InputError: when a certificate's file is missing.
    """
    for name in (certificate, key):
        if name is not None and not Path(name).is_file():
            raise InputError(f"No file {name!r}.", "Give the certificate and its key as PEM files.")
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=Patient,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=3,
        h11_max_incomplete_event_size=_MOST_HEADER_BYTES,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )


class Server(uvicorn.Server):
    """Uvicorn's server that tells its address when it listens; see `run`."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[str], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started:
            for server in self.servers:
                for socket in server.sockets:
                    scheme = "https" if self.config.is_ssl else "http"
                    host = self.config.host
                    shown = f"[{host}]" if ":" in host else host
                    self._ready(f"{scheme}://{shown}:{socket.getsockname()[1]}")
                    return


def run(
    app: ASGIApp, host: str, port: int, certificate: str | None, key: str | None, ready: Callable[[str], None]
) -> None:
    """Serve until Ctrl+C; `ready` is called with the address once it listens.

    Raises:
        InputError: when a certificate's file is missing.
        ServiceError: when the address can't be listened on.
    """
    server = Server(config(app, host, port, certificate, key), ready)
    try:
        server.run()
    except SystemExit:
        raise ServiceError(f"Nothing can listen on {host}:{port}.", "Is it in use? Try --port 0") from None
