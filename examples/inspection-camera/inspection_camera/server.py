"""The page and its requests, over Sensorium's HTTP server: limits, a queue, security headers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Literal

from fastapi import FastAPI, File, UploadFile
from pydantic import BaseModel
from sensorium import Image, Model
from sensorium.apps.http import service
from sensorium.apps.http.errors import BODY_STATUSES, error_responses
from sensorium.apps.http.sse import while_connected
from sensorium.apps.http.uploads import limited_route, read_image
from sensorium.apps.http.work_queue import WorkQueue
from sensorium.core.errors import DeadlineError, InputError, quoted
from sensorium.media.image import encode, pixels
from starlette.requests import Request
from starlette.responses import Response

from inspection_camera import TITLE
from inspection_camera.app import SECONDS, inspect, load_model
from inspection_camera.checks import load_checks
from inspection_camera.log import Log

PAGE = Path(__file__).parent / "page"
MAX_BYTES = 25_000_000
SHOWN = 50
"""Inspections that the page shows."""
SIDE = 640
"""Pixels of the longest side of a picture that the page shows."""


class FindingBody(BaseModel):
    """What came of a check."""

    name: str
    state: Literal["ok", "out of bounds", "unsure"]
    value: str
    confidence: float
    why: str


class InspectionBody(BaseModel):
    """A picture's checks, and what a person said of them: "right", "wrong" or ""."""

    id: str
    time: str
    picture: str
    flagged: bool
    findings: list[FindingBody]
    verdict: Literal["", "right", "wrong"] = ""


class LogBody(BaseModel):
    """The newest inspections, how many there are, and how many wait for a person."""

    inspections: list[InspectionBody]
    count: int
    waiting: int


class ReviewBody(BaseModel):
    """What a person says of an inspection."""

    id: str
    verdict: Literal["right", "wrong"]


def create_app(model: Model | None = None, log: Log | None = None) -> FastAPI:
    """Return the page; the model is loaded if none is given."""
    eye = model or load_model()
    book = log or Log(Path("inspection-log"))
    checks = load_checks()
    queue = WorkQueue("inspecting", workers=1, waiting=16)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        queue.close()

    async def look(request: Request, file: Annotated[UploadFile, File()]) -> InspectionBody:
        """Inspect a picture and write it down."""
        name = Path(file.filename or "camera").name[:80]
        picture = Image(await read_image(file))

        def work() -> InspectionBody:
            return InspectionBody(**book.add(picture, name, inspect(eye, picture, checks)))

        try:
            async with asyncio.timeout(SECONDS * len(checks)):
                return await while_connected(request.receive, queue.run(work))
        except TimeoutError:
            raise DeadlineError("There was no result in time.", "Check less, or allow more SECONDS.") from None

    async def entries() -> LogBody:
        """The newest inspections."""
        lines = book.lines()
        waiting = sum(line["flagged"] and not line["verdict"] for line in lines)
        return LogBody(
            inspections=[InspectionBody(**each) for each in lines[:SHOWN]], count=len(lines), waiting=waiting
        )

    async def review(body: ReviewBody) -> LogBody:
        """Write down what a person says of an inspection."""
        book.review(body.id, body.verdict)
        return await entries()

    async def kept(identity: str) -> Response:
        """The picture of an inspection that calls a person."""
        path = book.folder / "pictures" / identity
        if not identity.isalnum() or not path.is_file():
            raise InputError(f"There is no picture {quoted(identity)}.", "Take an id of the log that is flagged.")
        return Response(encode(pixels(Image(path.read_bytes()), SIDE)).blob.data, media_type="image/png")

    app = service.new_app(
        TITLE,
        "Counts, reads, logs, and calls a person where it is out of bounds or unsure.",
        "Everything stays on this machine. Pictures that call a person are kept beside the log.",
        lifespan,
    )
    routes = app.router
    problems = error_responses(*BODY_STATUSES)
    routes.add_api_route(
        "/api/look", look, methods=["POST"], responses=problems,
        route_class_override=limited_route(MAX_BYTES, queue.check),
    )  # fmt: skip
    routes.add_api_route("/api/log", entries, methods=["GET"])
    routes.add_api_route(
        "/api/review",
        review,
        methods=["POST"],
        responses=problems,
        route_class_override=limited_route(1000, queue.check),
    )
    routes.add_api_route("/api/pictures/{identity}", kept, methods=["GET"], responses=problems)
    service.finish(app, (queue,), "", PAGE)
    return app
