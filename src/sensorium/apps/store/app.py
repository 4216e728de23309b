"""`create_app(shop, …)`: the shop's page and its requests as one ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

from sensorium.apps.http import service
from sensorium.apps.http.work_queue import WorkQueue
from sensorium.apps.store.endpoints import StoreEndpoints
from sensorium.apps.store.shop import Shop
from sensorium.core.protocols import Transcriber

STATIC = Path(__file__).parent / "static"
_DESCRIPTION = (
    "Photos and words that are sent are not kept. If the server has an access token, every path under /api and "
    "/metrics needs it as Authorization: Bearer TOKEN."
)


def create_app(
    shop: Shop,
    *,
    transcriber: Transcriber | None = None,
    token: str = "",
    workers: int = 2,
    waiting: int = 32,
    max_bytes: int = 25_000_000,
) -> FastAPI:
    """Return the shop: a page that finds products by words, by a photo or by voice.

    Args:
        shop: What is searched.
        transcriber: Transcribes spoken queries, or None: then they are typed.
        token: Access token that clients must send; "" only if nobody but this machine can ask.
        workers: Searches that run at once.
        waiting: Searches that may wait; a further one is answered 503 with Retry-After.
        max_bytes: The largest photo.
    """
    shop.stock()  # what is wrong with the index is told before anything is served
    queues = WorkQueue("searching", workers, waiting), WorkQueue("pictures", workers, 8 * waiting)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        warming = asyncio.create_task(queues[0].run(shop.warm))
        yield
        warming.cancel()
        for queue in queues:
            queue.close()

    app = service.new_app("Sensorium store", "Find products by words, by a photo, or by both.", _DESCRIPTION, lifespan)
    StoreEndpoints(shop, *queues, transcriber, max_bytes).add_to(app.router)
    service.finish(app, queues, token, STATIC)
    return app
