"""`create_app(model, …)`: the page, its requests, chat completions, health and metrics as one ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

from sensorium.apps.assist.endpoints import AssistEndpoints
from sensorium.apps.assist.forget import forget_when_idle
from sensorium.apps.http import service
from sensorium.apps.http.work_queue import WorkQueue
from sensorium.apps.openai_api.completions import Completions
from sensorium.core.protocols import Model, Options, Speaker, Transcriber, Translator

_MAX_CHAT_BYTES = 16_000_000  # a request's JSON; a picture of 10 MB fits
STATIC = Path(__file__).parent / "static"
_DESCRIPTION = (
    "Nothing that is sent is kept. If the server has an access token, every path under /api and /v1 and /metrics needs "
    "it as Authorization: Bearer TOKEN."
)


def create_app(
    model: Model,
    *,
    second: Model | None = None,
    transcriber: Transcriber | None = None,
    speaker: Speaker | None = None,
    translator: Translator | None = None,
    token: str = "",
    workers: int = 2,
    waiting: int = 16,
    max_bytes: int = 25_000_000,
    options: Options | None = None,
) -> FastAPI:
    """Return the assistive app: a page that takes a picture and a question and speaks the answer.

    Args:
        model: Answers.
        second: Gives second opinions, or None.
        transcriber: Transcribes spoken questions, or None: then questions are typed.
        speaker: The voice for devices that have none, or None.
        translator: Between the person's language and the model's if the model does not know it, or None.
        token: Access token that clients must send; "" only if nobody but this machine can ask.
        workers: Questions that are answered at once.
        waiting: Questions that may wait; a further one is answered 503 with Retry-After.
        max_bytes: The largest picture.
        options: How the models shall answer.
    """
    models = (model,) if second is None else (model, second)
    queues = image_queue, speech_queue = WorkQueue("seeing", workers, waiting), WorkQueue("talking", workers, waiting)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        forgetting = asyncio.create_task(forget_when_idle(models, image_queue))
        yield
        forgetting.cancel()
        for queue in queues:
            queue.close()

    app = service.new_app("Sensorium assist", "Ask about a picture and hear the answer.", _DESCRIPTION, lifespan)
    AssistEndpoints(
        models, image_queue, speech_queue, transcriber, speaker, translator, options or Options(), max_bytes
    ).add_to(app.router)
    by_name = {each.name: each for each in reversed(models)}
    Completions(by_name, image_queue, min(max_bytes * 4 // 3 + 1_000_000, _MAX_CHAT_BYTES)).add_to(app.router)
    service.finish(app, queues, token, STATIC)
    return app
