"""Serving an app with uvicorn: loopback by default, no log of requests, deadlines for reading and for writing."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from sensorium.apps.http.pace import PIECE_BYTES, paces_of
from sensorium.apps.http.turns import turns_of
from sensorium.core.errors import InputError, ServiceError, quoted

HEADER_SECONDS = 10.0
"""The longest wait for the whole head of a request."""
WRITE_SECONDS = 20.0
"""How long a client may read less than `MIN_BYTES_PER_SECOND` of what waits for it."""
MIN_BYTES_PER_SECOND = 1_000
LINGER_SECONDS, LINGER_BYTES = 2.0, 32_000_000
"""How long, and how much of a body that was refused, is still received so that the client can read the refusal."""
LEAVE_SECONDS = 0.5
"""How long the threads of a server that has ended may take to end."""
MAX_CONNECTIONS = 500
SPARE_CONNECTIONS = 100
"""Of them: with fewer left, a new connection takes the place of the one that has waited longest for a request."""
ACCEPTED_AT_ONCE = 4
"""Connections that one round of the event loop takes: each costs a millisecond with TLS, and 400 may come at once."""
SEND_BUFFER_BYTES = 262_144
"""What the system keeps of answers that a client has not read; by itself it would take megabytes for each."""
_BACKLOG = 2048  # connections that the system keeps until they are taken
_SWITCH_SECONDS = 0.001  # how long a thread that works may keep the event loop's waiting (5 ms by default)
_MAX_FILES = 4096  # open sockets, if the system's soft limit is lower
_MAX_HEADER_BYTES = 16_384
_LINGER = "hh" if sys.platform == "win32" else "ii"  # struct linger: on or off, seconds


class LingeringTransport:
    """A transport that counts what is written and closes in two steps.

    A client that is still sending when its answer is complete would get a reset instead of the answer. So its data are
    dropped for a moment first, but only for `LINGER_SECONDS` and `LINGER_BYTES`.
    """

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._closing = False
        self._reads = True  # what is asked for; while it is held, nothing is read all the same
        self._held: asyncio.TimerHandle | None = None
        self.written = 0
        self.client_sends = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    @property
    def sent(self) -> int:
        """Bytes that the system has taken: the rest waits for the client to read."""
        return self.written - int(self._transport.get_write_buffer_size())

    def write(self, data: bytes) -> None:
        self.written += len(data)
        self._transport.write(data)

    def pause_reading(self) -> None:
        self._reads = False
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._reads = True
        if self._held is None:
            self._transport.resume_reading()

    def received(self, count: int) -> None:
        """Count what has come; read no more until it would have come at the pace of all clients together."""
        loop = asyncio.get_running_loop()
        paces = paces_of(loop)
        wait = (paces.dropping if self._closing else paces.reading).wait(count, loop.time())
        if wait > 0:
            if self._held is not None:
                self._held.cancel()
            self._transport.pause_reading()
            self._held = loop.call_later(wait, self._release)

    def _release(self) -> None:
        self._held = None
        if self._reads and not self._transport.is_closing():
            self._transport.resume_reading()

    def is_closing(self) -> bool:
        return self._closing or bool(self._transport.is_closing())

    def close(self) -> None:
        if self._closing or not self.client_sends or self._transport.is_closing():
            self._transport.close()
            return
        self._closing = True
        with suppress(OSError):  # the client may have left
            if self._transport.can_write_eof():
                self._transport.write_eof()
        self.resume_reading()
        asyncio.get_running_loop().call_later(LINGER_SECONDS, self._transport.close)


class DeadlineProtocol(H11Protocol):
    """HTTP that hangs up on clients that send a head byte by byte, send on after a refusal, or never read.

    The first request of a connection is answered at once; those that a client sends before it has the answer take turns
    with the ones of all other clients, since thousands fit into one packet.
    """

    _timer: asyncio.TimerHandle | None = None
    _answered = _waits = False
    _watch: asyncio.TimerHandle | None = None
    _dropped = 0
    _idle_since = 0.0

    def connection_made(self, transport: Any) -> None:
        if (own := transport.get_extra_info("socket")) is not None:
            with suppress(OSError):
                own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        if hasattr(transport, "max_size"):  # asyncio's, of one read
            transport.max_size = PIECE_BYTES
        self._lingering = LingeringTransport(transport)
        super().connection_made(self._lingering)  # type: ignore[arg-type]
        self._since, self._sent = self.loop.time(), 0
        self._idle_since = self._since
        self._make_room()
        self._start_timer()
        self._check_writing()

    def data_received(self, data: bytes) -> None:
        self._lingering.received(len(data))
        if self._lingering.is_closing():
            self._dropped += len(data)
            if self._dropped > LINGER_BYTES:
                self._lingering.abort()
            return
        super().data_received(data)
        self._lingering.client_sends = self.conn.their_state is h11.SEND_BODY
        self._start_timer()

    def eof_received(self) -> None:
        self._lingering.client_sends = False
        super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    @property
    def is_idle(self) -> bool:
        """Whether no request has arrived whole, or every one is answered."""
        return self.conn.their_state is h11.IDLE and (self.cycle is None or self.cycle.response_complete)

    def on_response_complete(self) -> None:
        self._idle_since = self.loop.time()
        self._answered = True
        super().on_response_complete()
        self._answered = False

    def handle_events(self) -> None:
        if self._answered and not self._waits and self.conn.trailing_data[0]:
            self._waits = True
            turns_of(self.loop).take(self._take_turn)
        if self._waits:
            self.flow.pause_reading()
        else:
            super().handle_events()

    def _take_turn(self) -> None:
        self._waits = False
        if not self.transport.is_closing():
            self._unset_keepalive_if_required()
            self.flow.resume_reading()
            self.handle_events()
            self._start_timer()

    def _make_room(self) -> None:
        """Hang up on the client that has waited longest for nothing, so that idle ones can't shut others out."""
        if len(self.connections) > MAX_CONNECTIONS - SPARE_CONNECTIONS:
            idle = [one for one in self.connections if isinstance(one, DeadlineProtocol) and one.is_idle]
            if idle and (oldest := min(idle, key=lambda one: one._idle_since)) is not self:
                oldest.transport.abort()
                self.connections.discard(oldest)  # now: many connections may come before its end is noticed

    def _check_writing(self) -> None:
        """Abort if the client has read less than the least rate for a while, although there is something to read."""
        now, sent = self.loop.time(), self._lingering.sent
        if sent == self._lingering.written or sent - self._sent > (now - self._since) * MIN_BYTES_PER_SECOND:
            self._since, self._sent = now, sent
        elif now - self._since > WRITE_SECONDS:
            self._reset()
            return
        self._watch = self.loop.call_later(WRITE_SECONDS / 4, self._check_writing)

    def _reset(self) -> None:
        """Abort by a reset: else the system keeps megabytes for a client that doesn't read."""
        if (own := self.transport.get_extra_info("socket")) is not None:
            with suppress(OSError):
                own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(_LINGER, 1, 0))
        self._lingering.abort()

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
    if key is not None and certificate is None:
        raise InputError(f"The key {key!r} has no certificate.", "Pass both: `certificate=cert.pem`")
    for name in (certificate, key):
        if name is not None and not Path(name).is_file():
            raise InputError(f"No file {quoted(name)}.", "Pass the certificate and its key as PEM files.")
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=DeadlineProtocol,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=3,
        backlog=ACCEPTED_AT_ONCE,  # asyncio accepts so many in a row; `AppServer` lets the system keep more
        loop="asyncio",
        h11_max_incomplete_event_size=_MAX_HEADER_BYTES,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )


class AppServer(uvicorn.Server):
    """Uvicorn's server that calls `ready` with its address once it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[str], None]) -> None:
        super().__init__(config)
        self._ready = ready
        self.interrupted = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.interrupted |= sig == signal.SIGINT
        super().handle_exit(sig, frame)

    async def startup(self, sockets: Any = None) -> None:
        loop: Any = asyncio.get_running_loop()
        if self.config.is_ssl:  # uvicorn has no setting for these: a handshake may stall for a minute
            limits = {"ssl_handshake_timeout": HEADER_SECONDS, "ssl_shutdown_timeout": LINGER_SECONDS}
            loop.create_server = partial(loop.create_server, **limits)
        await super().startup(sockets)
        for listener in [listener for one in self.servers for listener in one.sockets] if self.started else []:
            with suppress(OSError), listener.dup() as own:
                own.listen(_BACKLOG)
        if self.started:
            scheme = "https" if self.config.is_ssl else "http"
            host = f"[{self.config.host}]" if ":" in self.config.host else self.config.host
            self._ready(f"{scheme}://{host}:{self.servers[0].sockets[0].getsockname()[1]}")


def leave(code: int = 130) -> None:
    """End the process now if a thread still works for somebody; else return, for an orderly end.

    Python would wait at its end for every such thread, however long a model takes to answer.
    """
    until = time.monotonic() + LEAVE_SECONDS
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join(max(0.0, until - time.monotonic()))
            if thread.is_alive():
                for stream in (sys.stdout, sys.stderr):
                    with suppress(OSError, ValueError, AttributeError):
                        stream.flush()
                os._exit(code)


def _allow_files() -> None:
    """Raise the soft limit of open files: one of 256, as on macOS, is met before `MAX_CONNECTIONS`."""
    if sys.platform != "win32":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = _MAX_FILES if hard == resource.RLIM_INFINITY else min(_MAX_FILES, hard)
        if soft != resource.RLIM_INFINITY and soft < most:
            with suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a line of uvicorn's log tells something: that requests are cancelled when the server ends does not."""
    cancelled = record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError)
    return not cancelled and "timeout graceful shutdown exceeded" not in record.getMessage()


def run(
    app: ASGIApp, host: str, port: int, certificate: str | None, key: str | None, ready: Callable[[str], None]
) -> None:
    """Serve until Ctrl+C; `ready` is called with the address once it listens.

    Raises:
        KeyboardInterrupt: after Ctrl+C, also in a process that ignored it before, as one that a shell started with &.
        InputError: if a certificate's file is missing.
        ServiceError: if the server can't listen on the address.
    """
    server = AppServer(uvicorn_config(app, host, port, certificate, key), ready)
    sys.setswitchinterval(_SWITCH_SECONDS)
    _allow_files()
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    try:
        server.run()
    except ssl.SSLError as error:
        raise InputError(
            f"The certificate {certificate!r} and its key can't be used: {error.reason or error}.",
            "Pass a certificate and the key that belongs to it, as PEM files without a password.",
        ) from None
    except SystemExit:
        raise ServiceError(
            f"The server can't listen on {host}:{port}.", "Is the port in use? Port 0 takes a free one."
        ) from None
    if server.interrupted:  # uvicorn sends itself the signal again, which does nothing where it was ignored before
        raise KeyboardInterrupt
