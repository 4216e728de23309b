"""Forgetting: models cache the last few pictures in memory to answer faster; nobody's picture shall stay there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from sensorium.apps.http.work_queue import WorkQueue
from sensorium.core.blob import forget_media
from sensorium.core.protocols import Model

IDLE_SECONDS = 120.0
"""How long after the last question the caches are emptied."""
_POLL_SECONDS = 5.0


def forget(models: Sequence[Model]) -> None:
    """Empty every cache of pictures, audio and video, and what the models keep themselves."""
    forget_media()
    for model in models:
        forget_pictures = getattr(model, "forget", None)
        if callable(forget_pictures):
            forget_pictures()


async def forget_when_idle(models: Sequence[Model], queue: WorkQueue) -> None:
    """Forget whenever nobody has asked for a while; run until cancelled."""
    done, since, forgotten = -1, 0.0, True
    while True:
        await asyncio.sleep(min(_POLL_SECONDS, IDLE_SECONDS))
        if queue.size or queue.done != done:
            done, since, forgotten = queue.done, time.monotonic(), False
        elif not forgotten and time.monotonic() - since >= IDLE_SECONDS:
            await asyncio.to_thread(forget, models)
            forgotten = True
