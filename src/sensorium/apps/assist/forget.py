"""Forgetting: the eyes keep the last few pictures in memory to see faster; nobody's picture shall stay there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from sensorium.apps.http.work_queue import Queue
from sensorium.core.protocols import Model
from sensorium.media import image

AFTER_SECONDS = 120.0
"""How long after the last question everything that was seen is thrown away."""
_LOOK_SECONDS = 5.0


def forget(models: Sequence[Model]) -> None:
    """Throw away what the decoder, the eyes and the models keep of pictures."""
    image.forget()
    for model in models:
        own = getattr(model, "forget", None)
        if callable(own):
            own()


async def forget_when_idle(models: Sequence[Model], queue: Queue) -> None:
    """Forget whenever nobody has asked for a while; runs until it is cancelled."""
    done, since, forgotten = -1, 0.0, True
    while True:
        await asyncio.sleep(min(_LOOK_SECONDS, AFTER_SECONDS))
        if queue.inside or queue.done != done:
            done, since, forgotten = queue.done, time.monotonic(), False
        elif not forgotten and time.monotonic() - since >= AFTER_SECONDS:
            await asyncio.to_thread(forget, models)
            forgotten = True
