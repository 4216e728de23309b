"""What status codes and headers mean; the whole table is tested through the backends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from sensorium.core.errors import AccessError
from sensorium.hosted.failures import quote, status_error, wait_seconds
from sensorium.hosted.keys import Key


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"Retry-After": "-3"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": ""}, None),
        ({}, None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert wait_seconds(headers) == seconds


def test_a_date_to_wait_for() -> None:
    until = datetime.now(UTC) + timedelta(seconds=30)
    found = wait_seconds({"Retry-After": format_datetime(until, usegmt=True)})
    assert found is not None and 28 < found <= 30


def test_what_a_service_said_is_one_sentence_without_the_key() -> None:
    key = Key("sk-1234567890", "SOME_KEY")
    assert quote("Wrong\n key  sk-1234567890", key) == ": Wrong key …"
    assert quote("", None) == "."
    assert len(quote("x" * 5000, None)) < 310


def test_no_quota_is_not_a_rate_limit() -> None:
    for status, said in ((402, "Pay."), (429, "You exceeded your quota. (insufficient_quota)")):
        error = status_error("m", status, said, {}, None)
        assert isinstance(error, AccessError) and not error.retryable
