"""Retries: how often, how long, and when no more."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from sensorium.core import retry
from sensorium.core.errors import ServiceError
from sensorium.core.retry import retrying, retrying_stream, seconds_left


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr(retry.time, "sleep", slept.append)
    return slept


def failing(times: int, retryable: bool = True, wait: float | None = None) -> tuple[list[int], ServiceError]:
    return [times], ServiceError("busy", retryable=retryable, wait_seconds=wait)


def call(left: list[int], error: ServiceError) -> str:
    left[0] -= 1
    if left[0] >= 0:
        raise error
    return "done"


def test_a_retryable_error_is_tried_again_after_growing_pauses(pauses: list[float]) -> None:
    left, error = failing(2)
    assert retrying(lambda: call(left, error), 2, time.monotonic() + 60) == "done"
    assert 0.25 <= pauses[0] <= 0.5 and 0.5 <= pauses[1] <= 1.0


def test_the_last_error_is_raised(pauses: list[float]) -> None:
    left, error = failing(3)
    with pytest.raises(ServiceError, match="busy"):
        retrying(lambda: call(left, error), 2, time.monotonic() + 60)
    assert len(pauses) == 2


def test_no_pause_goes_beyond_the_deadline_and_the_service_says_how_long(pauses: list[float]) -> None:
    left, error = failing(1, wait=30.0)
    with pytest.raises(ServiceError):
        retrying(lambda: call(left, error), 2, time.monotonic() + 10)
    left, error = failing(1, wait=30.0)
    assert retrying(lambda: call(left, error), 2, time.monotonic() + 60) == "done"
    assert pauses == [30.0]


def test_a_stream_is_tried_again_until_something_was_yielded(pauses: list[float]) -> None:
    left, error = failing(1)

    def start() -> Iterator[str]:
        yield ""
        call(left, error)
        yield "a"
        call(left, error)

    def is_text(item: str) -> bool:
        return bool(item)

    assert list(retrying_stream(start, 2, time.monotonic() + 60, is_text)) == ["", "", "a"]
    left[0] = 3

    def late() -> Iterator[str]:
        yield "a"
        raise error

    stream = retrying_stream(late, 2, time.monotonic() + 60, is_text)
    assert next(stream) == "a"
    with pytest.raises(ServiceError):
        next(stream)
    assert len(pauses) == 1


def test_seconds_left_is_never_zero() -> None:
    assert seconds_left(time.monotonic() - 5) == 0.001
    assert 9 < seconds_left(time.monotonic() + 10) <= 10
