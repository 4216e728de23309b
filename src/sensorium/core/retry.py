"""Patience: how long to wait before something that failed is tried again."""

from __future__ import annotations

import random
import time

from sensorium.core.errors import SensoriumError

FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 20.0


def pause(error: SensoriumError, attempt: int, retries: int, deadline: float) -> None:
    """Wait before the next attempt: as long as the service said, or a growing while; raise where there is none.

    Args:
        error: What went wrong; raised where it is not retryable.
        attempt: Which attempt it was, from 0.
        retries: How many may follow the first.
        deadline: When it must be over, by `time.monotonic`; no wait goes beyond it.
    """
    seconds = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2**attempt) * random.uniform(0.5, 1.0)
    if error.wait_seconds is not None:
        seconds = error.wait_seconds
    if not error.retryable or attempt >= retries or time.monotonic() + seconds > deadline:
        raise error
    time.sleep(seconds)
