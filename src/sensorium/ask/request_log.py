"""The requests of a block of code: when each was sent, and what was counted, also of those that failed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime

from sensorium.core.reply import Usage


@dataclass(frozen=True)
class RequestUsage:
    """One request to a model.

    Args:
        asked: When it was sent, in UTC: its price is the one of that moment.
        usage: What the model counted; all None if it counted nothing.
    """

    asked: datetime
    usage: Usage


_log: ContextVar[list[RequestUsage] | None] = ContextVar("request_log", default=None)


@contextmanager
def logged_requests() -> Iterator[list[RequestUsage]]:
    """Give a list that gets every request of this thread while the block runs, in their order; blocks may be nested."""
    requests: list[RequestUsage] = []
    outer = _log.get()
    token = _log.set(requests)
    try:
        yield requests
    finally:
        _log.reset(token)
        if outer is not None:
            outer += requests


def log_request(asked: datetime, usage: Usage | None) -> None:
    """Add a request to the list of `logged_requests`; nothing happens outside of it."""
    requests = _log.get()
    if requests is not None:
        requests.append(RequestUsage(asked, usage or Usage()))


def now() -> datetime:
    """Return the time, in UTC: the one clock of prices."""
    return datetime.now(UTC)
