"""Server-sent events whose work stops when the client leaves (https://html.spec.whatwg.org/#server-sent-events)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Coroutine
from typing import Any, TypeVar

from pydantic import BaseModel
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from sensorium.apps.http.errors import RequestError
from sensorium.apps.http.work_queue import Slot
from sensorium.core.files import encode_text

T = TypeVar("T")


class ServerEvent(BaseModel):
    """One server-sent event; its data are JSON."""

    event: str = ""
    data: str


EVENT_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": ServerEvent.model_json_schema()}}}
}
"""How the OpenAPI document describes a stream of events."""


def encode_event(name: str, value: dict[str, Any]) -> bytes:
    """Return the bytes of one event; an empty name makes it a plain message."""
    head = f"event: {name}\n" if name else ""
    return encode_text(f"{head}data: {json.dumps(value, ensure_ascii=False)}\n\n")


class EventStream(StreamingResponse):
    """A stream of events that holds a slot in a queue; when the response ends, however it ends, both are closed."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncGenerator[bytes], slot: Slot) -> None:
        super().__init__(events, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._events = events
        self._slot = slot

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._events.aclose()
            self._slot.release()


async def while_connected(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """Return the result of work; if the client leaves before, cancel it and raise RequestError."""
    working = asyncio.ensure_future(work)
    watching = asyncio.ensure_future(_disconnected(receive))
    try:
        await asyncio.wait((working, watching), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise RequestError(499, "The connection was closed.")
    finally:
        for task in (working, watching):
            task.cancel()
        await asyncio.gather(working, watching, return_exceptions=True)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
