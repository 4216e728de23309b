"""What every app has: its health, metrics and document, and the files of its page, each by its own route."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from fastapi import FastAPI
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sensorium.apps.http import uploads
from sensorium.apps.http.errors import ERROR_HANDLERS, ERROR_MODEL, error_responses
from sensorium.apps.http.metrics import Metrics
from sensorium.apps.http.security import SecurityMiddleware
from sensorium.apps.http.work_queue import WorkQueue

SHARED = Path(__file__).parent / "static"
"""What several pages use, and the page that shows an app's document; the app's own page.css styles it."""
_TYPES: Mapping[str, str] = {
    ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}  # fmt: skip


class Health(BaseModel):
    """Whether the server would take a question now."""

    status: Literal["ok", "full"]


class MetricsResponse(PlainTextResponse):
    media_type = "text/plain; version=0.0.4"


def new_app(title: str, summary: str, description: str, lifespan: Callable[[FastAPI], Any]) -> FastAPI:
    """Return an app without routes, whose errors have the one form of `errors`."""
    return FastAPI(
        title=title,
        summary=summary,
        description=description,
        version=version("sensorium"),
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        openapi_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        exception_handlers=ERROR_HANDLERS,
        lifespan=lifespan,
    )


def finish(app: FastAPI, queues: tuple[WorkQueue, ...], token: str, folder: Path) -> None:
    """Add /health, /metrics, the document, the page's files and, before all of them, the security checks.

    Args:
        app: With all its own routes.
        queues: What is waited for; one of them full makes the server full.
        token: Access token that clients must send, or "".
        folder: Of the page's files, with index.html; they are served flat, beside those of `SHARED`.
    """
    metrics = Metrics(queues)
    _add_service_routes(app, metrics, queues)
    app.router.routes += _file_routes(folder)
    routes = frozenset(route.path for route in app.routes if isinstance(route, Route))
    app.add_middleware(SecurityMiddleware, metrics=metrics, token=token, routes=routes)


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
        return FileResponse(SHARED / "api.html", media_type="text/html")


def _file_routes(folder: Path) -> list[Route]:
    """Return a route for each file of the page, and no other: a path that a client makes up is never looked for."""

    def serve(path: Path) -> Callable[[Request], Awaitable[Response]]:
        async def respond(request: Request) -> Response:
            return FileResponse(path, media_type=_TYPES[path.suffix])

        return respond

    paths = sorted(path for each in (folder, SHARED) for path in each.iterdir() if path.suffix in _TYPES)
    return [
        Route("/", serve(folder / "index.html"), methods=["GET"]),
        *(Route(f"/{path.name}", serve(path), methods=["GET"]) for path in paths),
    ]
