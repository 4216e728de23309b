"""The requests of a block: failed ones too, nested blocks, and none of another thread."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from sensorium import ask
from sensorium.ask.request_log import RequestUsage, log_request, logged_requests, now
from sensorium.backends.fake import Fake
from sensorium.core.errors import ServiceError
from sensorium.core.reply import Usage

MOMENT = datetime(2026, 11, 29, 23, 59, tzinfo=UTC)


def test_a_nested_block_gives_its_requests_to_the_outer_one_also_when_it_fails() -> None:
    with logged_requests() as outer:
        log_request(MOMENT, Usage(1))
        with pytest.raises(ValueError), logged_requests() as inner:
            log_request(MOMENT, Usage(2))
            raise ValueError
        log_request(MOMENT, None)
    assert inner == [RequestUsage(MOMENT, Usage(2))]
    assert [each.usage.input_tokens for each in outer] == [1, 2, None]


def test_outside_of_a_block_and_in_another_thread_nothing_is_kept() -> None:
    log_request(MOMENT, Usage(1))
    with logged_requests() as requests:
        other = threading.Thread(target=log_request, args=(MOMENT, Usage(2)))
        other.start()
        other.join()
        assert requests == []
    log_request(MOMENT, Usage(3))
    assert requests == []


def test_every_try_of_a_question_is_a_request_with_its_moment() -> None:
    before = now()
    with logged_requests() as requests:
        ask(Fake([ServiceError("busy", "", retryable=True, wait_seconds=0), "a red bus"]), "What is it?")
    assert [each.usage.output_tokens for each in requests] == [None, 3]
    assert before <= requests[0].asked <= requests[1].asked <= now() and now().tzinfo is UTC
