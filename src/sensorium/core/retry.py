"""Retries within a deadline, and work that nobody waits for any more: when to go on, and when to stop."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from sensorium.core.errors import DeadlineError, SensoriumError

T = TypeVar("T")

FIRST_WAIT_SECONDS = 0.5
MAX_WAIT_SECONDS = 20.0


_is_abandoned: ContextVar[Callable[[], bool]] = ContextVar("is_abandoned", default=lambda: False)


_idempotency_key: ContextVar[str] = ContextVar("idempotency_key", default="")


@contextmanager
def abandonable(is_abandoned: Callable[[], bool]) -> Iterator[None]:
    """While the block runs, `stop_if_abandoned` in this thread asks `is_abandoned` whether somebody still waits."""
    token = _is_abandoned.set(is_abandoned)
    try:
        yield
    finally:
        _is_abandoned.reset(token)


def stop_if_abandoned() -> None:
    """Raise DeadlineError if nobody waits for this thread's work any more; long work calls it between its steps."""
    if _is_abandoned.get()():
        raise DeadlineError("Nobody waits for this any more.", "Ask again.")


@contextmanager
def idempotent(key: str) -> Iterator[None]:
    """While the block runs, requests of this thread carry a key, so that a service may charge a repeated one once."""
    token = _idempotency_key.set(key)
    try:
        yield
    finally:
        _idempotency_key.reset(token)


def idempotency_key() -> str:
    """Return the key of `idempotent`, or "" outside of it."""
    return _idempotency_key.get()


def retrying(call: Callable[[], T], retries: int, deadline: float) -> T:
    """Return what `call` returns; after a retryable error it is called again, up to `retries` times.

    The deadline is by `time.monotonic`; no pause between two calls goes beyond it. Raises the last call's error.
    """

    def once() -> Iterator[T]:
        yield call()

    return next(retrying_stream(once, retries, deadline, lambda item: False))


def retrying_stream(
    start: Callable[[], Iterator[T]], retries: int, deadline: float, has_content: Callable[[T], bool]
) -> Iterator[T]:
    """Yield what `start()` yields; tried again as by `retrying` until an item with content has been yielded."""
    attempt = 0
    while True:
        started = False
        try:
            for item in start():
                started = started or has_content(item)
                yield item
            return
        except SensoriumError as error:
            if started:
                raise
            stop_if_abandoned()
            _pause(error, attempt, retries, deadline)
        attempt += 1


def _pause(error: SensoriumError, attempt: int, retries: int, deadline: float) -> None:
    """Sleep as long as the service said, else a growing while with jitter; raise the error if it is the last."""
    seconds = min(MAX_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2**attempt) * random.uniform(0.5, 1.0)
    if error.wait_seconds is not None:
        seconds = error.wait_seconds
    if not error.retryable or attempt >= retries or time.monotonic() + seconds > deadline:
        raise error
    time.sleep(seconds)


def seconds_left(deadline: float) -> float:
    """Return the seconds until a deadline by `time.monotonic`; never 0, which some clients take as "no limit"."""
    return max(0.001, deadline - time.monotonic())
