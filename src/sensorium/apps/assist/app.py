"""`create_app(model, …)`: the page, its requests, chat completions, health and metrics as one ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from fastapi import FastAPI
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sensorium.apps.assist.endpoints import AssistEndpoints
from sensorium.apps.assist.forget import forget_when_idle
from sensorium.apps.http import uploads
from sensorium.apps.http.errors import ERROR_HANDLERS, ERROR_MODEL, error_responses
from sensorium.apps.http.metrics import Metrics
from sensorium.apps.http.security import SecurityMiddleware
from sensorium.apps.http.work_queue import WorkQueue
from sensorium.apps.openai_api.completions import Completions
from sensorium.core.protocols import Model, Options, Speaker, Transcriber, Translator

_TYPES = {
    ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}  # fmt: skip
_MAX_CHAT_BYTES = 16_000_000  # a request's JSON; a picture of 10 MB fits
STATIC, _API = (Path(__file__).parents[1] / app / "static" for app in ("assist", "openai_api"))
_DESCRIPTION = (
    "Nothing that is sent is kept. If the server has an access token, every path under /api and /v1 and /metrics needs "
    "it as Authorization: Bearer TOKEN."
)


class Health(BaseModel):
    """Whether the server would take a question now."""

    status: Literal["ok", "full"]


class MetricsResponse(PlainTextResponse):
    media_type = "text/plain; version=0.0.4"


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
    metrics = Metrics(queues)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        forgetting = asyncio.create_task(forget_when_idle(models, image_queue))
        yield
        forgetting.cancel()
        for queue in queues:
            queue.close()

    app = FastAPI(
        title="Sensorium assist",
        summary="Ask about a picture and hear the answer.",
        description=_DESCRIPTION,
        version=version("sensorium"),
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        openapi_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        exception_handlers=ERROR_HANDLERS,
        lifespan=lifespan,
    )
    AssistEndpoints(
        models, image_queue, speech_queue, transcriber, speaker, translator, options or Options(), max_bytes
    ).add_to(app.router)
    by_name = {each.name: each for each in reversed(models)}
    Completions(by_name, image_queue, min(max_bytes * 4 // 3 + 1_000_000, _MAX_CHAT_BYTES)).add_to(app.router)
    _add_service_routes(app, metrics, queues)
    app.router.routes += _files()
    routes = frozenset(route.path for route in app.routes if isinstance(route, Route))
    app.add_middleware(SecurityMiddleware, metrics=metrics, token=token, routes=routes)
    return app


def _add_service_routes(app: FastAPI, metrics: Metrics, queues: tuple[WorkQueue, ...]) -> None:
    forbidden = error_responses(403)

    @app.get("/health", responses=forbidden)
    async def health() -> Health:
        """Whether the server is alive and would take a question."""
        return Health(status="full" if uploads.full() or any(queue.full for queue in queues) else "ok")

    async def alive(request: Request) -> Response:
        return Response()

    app.add_route("/health", alive, methods=["HEAD"], include_in_schema=False)  # load balancers ask so

    @app.get("/metrics", response_class=MetricsResponse, responses=error_responses(401, 403))
    async def read_metrics() -> Response:
        """Counts and times for Prometheus."""
        return MetricsResponse(metrics.text())

    @cache
    def written() -> Response:
        """Return the document, written once: 20 ms each time would keep others waiting."""
        schema = app.openapi()
        schema["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        return JSONResponse(schema | {"security": [{}, {"token": []}]})

    @app.get("/openapi.json", responses=ERROR_MODEL)
    async def document() -> dict[str, Any]:
        """This document."""
        return written()  # type: ignore[return-value]  # a response; the annotation is what the document says of it

    @app.get("/docs", response_class=HTMLResponse, responses=forbidden)
    async def docs() -> Response:
        """This document as a page."""
        return FileResponse(_API / "api.html", media_type="text/html")


def _files() -> list[Route]:
    """Return a route for each file of the page, and no other: a path that a client makes up is never looked for."""

    def serve(path: Path) -> Callable[[Request], Awaitable[Response]]:
        async def respond(request: Request) -> Response:
            return FileResponse(path, media_type=_TYPES[path.suffix])

        return respond

    paths = sorted(path for folder in (STATIC, _API) for path in folder.iterdir() if path.suffix in _TYPES)
    return [
        Route("/", serve(STATIC / "index.html"), methods=["GET"]),
        *(Route(f"/{path.name}", serve(path), methods=["GET"]) for path in paths),
    ]
