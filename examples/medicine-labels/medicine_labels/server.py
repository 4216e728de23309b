"""The page and its request, over Sensorium's HTTP server: limits, a queue, security headers."""

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
from sensorium.core.errors import DeadlineError
from starlette.requests import Request

from medicine_labels import TITLE
from medicine_labels.app import SECONDS, load_model, read_label
from medicine_labels.schema import VALUES, WORDS
from medicine_labels.spoken import CHECK, sentence

PAGE = Path(__file__).parent / "page"
MAX_BYTES = 25_000_000


class ValueBody(BaseModel):
    """One value: what it is called, whether it was read, as it is printed, and as it is said."""

    name: str
    state: Literal["read", "can't tell", "not seen"]
    text: str
    why: str
    spoken: str


class LabelBody(BaseModel):
    """A label: its values, what else is printed, what is wrong with the picture, a word of caution."""

    values: list[ValueBody]
    also: list[str]
    notes: list[str]
    caution: str


def create_app(model: Model | None = None, token: str = "") -> FastAPI:
    """Return the page; the reader is loaded if no model is given."""
    reader = model or load_model()
    queue = WorkQueue("reading", workers=1, waiting=16)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        queue.close()

    async def read(request: Request, file: Annotated[UploadFile, File()]) -> LabelBody:
        """Read a label from a picture."""
        picture = Image(await read_image(file))
        try:
            async with asyncio.timeout(SECONDS):
                label = await while_connected(request.receive, queue.run(lambda: read_label(reader, picture)))
        except TimeoutError:
            hint = "Take a picture of one label, from nearer."
            raise DeadlineError(f"There was no result in {SECONDS} s.", hint) from None
        found = {name: getattr(label, name) for name in VALUES}
        values = [
            ValueBody(
                name=WORDS[name],
                state=value.state,
                text=value.text,
                why=value.why,
                spoken=sentence(name, value),
            )
            for name, value in found.items()
        ]
        was_read = any(value.state == "read" for value in found.values())
        return LabelBody(
            values=values,
            also=list(label.also),
            notes=list(label.notes),
            caution=CHECK if was_read else "",
        )

    app = service.new_app(
        TITLE,
        "Reads aloud what is printed on a medicine label.",
        "Everything stays on this machine, and what you send is not kept.",
        lifespan,
    )
    app.router.add_api_route(
        "/api/read",
        read,
        methods=["POST"],
        responses=error_responses(*BODY_STATUSES),
        route_class_override=limited_route(MAX_BYTES, queue.check),
    )
    service.finish(app, (queue,), token, PAGE)
    return app
