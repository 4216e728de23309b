"""`app(model, …)`: the page, its requests, chat completions, health and metrics as one ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from sensorium.apps.assist.assist import Assist
from sensorium.apps.assist.forget import forget_when_idle
from sensorium.apps.http import errors
from sensorium.apps.http.errors import Refused
from sensorium.apps.http.metrics import Metrics
from sensorium.apps.http.security import Guard
from sensorium.apps.http.work_queue import Full, Queue
from sensorium.apps.openai_api.completions import Completions
from sensorium.apps.openai_api.openapi import document
from sensorium.core.errors import SensoriumError
from sensorium.core.protocols import Model, Options, Speaker, Transcriber, Translator

_TYPES = {
    ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}  # fmt: skip
STATIC, _API = (Path(__file__).parents[1] / app / "static" for app in ("assist", "openai_api"))


def app(
    model: Model,
    *,
    second: Model | None = None,
    transcriber: Transcriber | None = None,
    speaker: Speaker | None = None,
    translator: Translator | None = None,
    token: str = "",
    workers: int = 2,
    waiting: int = 16,
    most_bytes: int = 25_000_000,
    options: Options | None = None,
) -> Starlette:
    """Make the assistive app: a page that takes a picture and a question and tells the answer.

    Args:
        model: Who answers.
        second: Who gives second opinions, or None.
        transcriber: What hears spoken questions, or None: then questions are typed.
        speaker: The voice where a device has none of its own, or None.
        translator: Between the person's language and the model's where it does not know it, or None.
        token: What everybody must know who asks; "" only where nobody but this machine can ask.
        workers: Questions that are worked on at once.
        waiting: Questions that may wait; a further one is answered 503 with Retry-After.
        most_bytes: The largest picture.
        options: How the models shall answer.
    """
    models = (model,) if second is None else (model, second)
    seeing, talking = Queue("seeing", workers, waiting), Queue("talking", workers, waiting)
    assist = Assist(models, seeing, talking, transcriber, speaker, translator, options or Options(), most_bytes)
    completions = Completions({each.name: each for each in reversed(models)}, seeing, most_bytes * 4 // 3 + 1_000_000)
    metrics = Metrics((seeing, talking))
    routes = _routes(assist, completions, metrics, (seeing, talking))
    known = frozenset(route.path for route in routes if isinstance(route, Route))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        forgetting = asyncio.create_task(forget_when_idle(models, seeing))
        yield
        forgetting.cancel()
        for queue in (seeing, talking):
            queue.close()

    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, metrics=metrics, token=token, routes=known)],
        exception_handlers={
            Refused: _refused,
            Full: _refused,
            SensoriumError: _refused,
            HTTPException: _http,
            Exception: _refused,
        },
        lifespan=lifespan,
    )


def _routes(assist: Assist, completions: Completions, metrics: Metrics, queues: Sequence[Queue]) -> Sequence[BaseRoute]:
    async def health(request: Request) -> JSONResponse:
        """Alive, and whether a question would be taken now."""
        return JSONResponse({"status": "full" if any(queue.full for queue in queues) else "ok"})

    async def numbers(request: Request) -> Response:
        return PlainTextResponse(metrics.text(), media_type="text/plain; version=0.0.4")

    async def described(request: Request) -> JSONResponse:
        return JSONResponse(document())

    async def described_page(request: Request) -> FileResponse:
        return FileResponse(_API / "api.html", media_type="text/html")

    return [
        Route("/api/abilities", assist.abilities, methods=["GET"]),
        Route("/api/look", assist.look, methods=["POST"]),
        Route("/api/ask", assist.ask, methods=["POST"]),
        Route("/api/forget", assist.forget, methods=["POST"]),
        Route("/api/transcribe", assist.transcribe, methods=["POST"]),
        Route("/api/speak", assist.speak, methods=["POST"]),
        Route("/v1/models", completions.listed, methods=["GET"]),
        Route("/v1/chat/completions", completions.complete, methods=["POST"]),
        Route("/health", health, methods=["GET"]),
        Route("/metrics", numbers, methods=["GET"]),
        Route("/openapi.json", described, methods=["GET"]),
        Route("/docs", described_page, methods=["GET"]),
        *_files(),
    ]


def _files() -> list[BaseRoute]:
    """Return a route for each file of the page, and no other: no path that somebody makes up is ever looked for."""

    def giving(path: Path) -> Callable[[Request], Awaitable[Response]]:
        async def give(request: Request) -> Response:
            return FileResponse(path, media_type=_TYPES[path.suffix])

        return give

    names = sorted(path for folder in (STATIC, _API) for path in folder.iterdir() if path.suffix in _TYPES)
    return [
        Route("/", giving(STATIC / "index.html"), methods=["GET"]),
        *(Route(f"/{path.name}", giving(path), methods=["GET"]) for path in names),
    ]


async def _refused(request: Request, error: Exception) -> Response:
    return errors.response(errors.refusal(error))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return errors.response(Refused(error.status_code, f"{error.detail}.", "See /docs.", dict(error.headers or {})))
