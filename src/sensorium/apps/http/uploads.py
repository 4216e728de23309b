"""Request bodies: counted, timed, kept in memory only, and recognised by their content."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from typing import Any

from fastapi.routing import APIRoute
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from sensorium.apps.http.errors import RequestError
from sensorium.media.sniff import UNFIT, media_type

CHUNK_SECONDS = 15.0
"""The longest wait for the next chunk of a body."""
BODY_SECONDS = 120.0
"""The longest time for a whole body."""
MAX_CONCURRENT_BODIES = 32
"""How many bodies are read at the same time; a further one is asked to come again."""
MAX_BODIES_PER_ADDRESS = 12
"""How many of them may come from one address, so that one client can't shut all others out."""
MIN_BYTES_PER_SECOND = 2_000
"""The least mean rate of a body once `CHUNK_SECONDS` have passed."""
MAX_JSON_VALUES = 20_000
"""The most brackets, braces, commas and colons of a JSON body, counted while it arrives."""
MAX_JSON_ESCAPES = 500_000
"""The most backslashes of a JSON body: each takes the parser longer than a hundred plain characters."""
_VALUES = b"[{,:"
_MAX_FILES, _MAX_FIELDS = 4, 16
_MAX_FIELD_BYTES = 100_000
_MAX_HEADER_BYTES = 4_000
_FORM_BYTES = _MAX_FIELD_BYTES + (_MAX_FILES + _MAX_FIELDS) * _MAX_HEADER_BYTES
"""What a form may have beside its file."""
_CLOSE = {"Connection": "close"}

_parsing = threading.Lock()  # a parser holds the interpreter: several at once would keep it from the event loop
_reading = 0
_reading_from: Counter[str] = Counter()


def full() -> bool:
    """Whether a further body would be asked to come again."""
    return _reading >= MAX_CONCURRENT_BODIES


def limited_route(max_bytes: int, check: Callable[[], None]) -> type[APIRoute]:
    """Return the class of routes whose bodies are limited; `check` may refuse before anything of a body is read."""

    class LimitedRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handler = super().get_route_handler()

            async def limited(request: Request) -> Response:
                check()
                return await handler(LimitedRequest(request, max_bytes))

            return limited

    return LimitedRoute


class LimitedRequest(Request):
    """A request whose body can't be too large (413), too slow (408) or one too many (503)."""

    def __init__(self, request: Request, max_bytes: int) -> None:
        super().__init__(request.scope, request.receive)
        self._max_bytes = max_bytes
        self._limit = max_bytes

    async def stream(self) -> AsyncGenerator[bytes, None]:
        global _reading
        slow = False
        length = self.headers.get("content-length", "")
        if length.isdecimal() and int(length) > self._limit:
            raise self._too_large()
        address = self.client.host if self.client is not None else ""
        if full() or _reading_from[address] >= MAX_BODIES_PER_ADDRESS:
            headers = {"Retry-After": "5", **_CLOSE}
            raise RequestError(503, "Too many files are arriving at the moment.", "Try again soon.", headers)
        _reading += 1
        _reading_from[address] += 1
        count, start = 0, time.monotonic()
        try:
            async with asyncio.timeout(BODY_SECONDS) as whole, aclosing(super().stream()) as chunks:
                while True:
                    try:
                        async with asyncio.timeout(CHUNK_SECONDS):
                            chunk = await anext(chunks)
                    except StopAsyncIteration:
                        return
                    count += len(chunk)
                    if count > self._limit:
                        raise self._too_large()
                    seconds = time.monotonic() - start
                    if seconds > CHUNK_SECONDS and count < seconds * MIN_BYTES_PER_SECOND:
                        slow = True
                        raise TimeoutError
                    yield chunk
        except TimeoutError:
            reason = "took too long" if whole.expired() or slow else "stopped arriving"
            raise RequestError(408, f"The file {reason}.", "Check the connection, and send it again.", _CLOSE) from None
        except ClientDisconnect:
            raise RequestError(400, "The connection was closed.") from None
        finally:
            _reading -= 1
            _reading_from[address] -= 1
            if not _reading_from[address]:
                del _reading_from[address]

    async def body(self) -> bytes:
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise RequestError(415, f"The body is {kind[:80] or 'untyped'!r}, not JSON.", "Send application/json.")
        if not hasattr(self, "_body"):
            self._body = await self._counted()
        return self._body

    async def json(self) -> Any:
        return await asyncio.to_thread(_parse_json, await self.body())  # on the event loop everybody would wait for it

    async def _counted(self) -> bytes:
        """Return a JSON body; refuse it while it arrives if a few MB of it would be gigabytes of values."""
        pieces, values, escapes = [], 0, 0
        async with aclosing(self.stream()) as chunks:
            async for chunk in chunks:
                values += len(chunk) - len(chunk.translate(None, _VALUES))
                escapes += chunk.count(b"\\")
                for count, most, name in ((values, MAX_JSON_VALUES, "values"), (escapes, MAX_JSON_ESCAPES, "escapes")):
                    if count > most:
                        raise RequestError(400, f"The JSON has more than {most:,} {name}.", "Send less.", _CLOSE)
                pieces.append(chunk)
        return b"".join(pieces)

    async def _get_form(self, **_: Any) -> FormData:
        kind, options = parse_options_header(self.headers.get("content-type", ""))
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise RequestError(415, "The body isn't a multipart form.", "Send multipart/form-data, as the page does.")
        self._limit = self._max_bytes + _FORM_BYTES
        try:
            async with aclosing(self.stream()) as chunks:
                self._form = await _MemoryParser(self.headers, chunks, self._limit).parse()
        except MultiPartException as error:
            raise RequestError(400, f"The form is broken: {error.message}", "Send it again.", _CLOSE) from None
        except ValueError:
            raise RequestError(400, "The form is broken.", "Send it again.", _CLOSE) from None
        return self._form

    def _too_large(self) -> RequestError:
        message = f"The file is larger than {self._max_bytes / 1e6:.0f} MB."
        return RequestError(413, message, "Make it smaller first.", _CLOSE)


def _parse_json(data: bytes) -> Any:
    """Return the value of a JSON body."""
    try:
        with _parsing:
            return json.loads(data)
    except (ValueError, RecursionError):
        raise RequestError(400, "The body isn't valid JSON.", "Send one JSON object.") from None


class _MemoryParser(MultiPartParser):
    """Starlette's parser of forms, which writes nothing to a disk and refuses what is incomplete or not UTF-8."""

    def __init__(self, headers: Any, chunks: AsyncGenerator[bytes, None], max_bytes: int) -> None:
        super().__init__(headers, chunks, max_files=_MAX_FILES, max_fields=_MAX_FIELDS, max_part_size=_MAX_FIELD_BYTES)
        self.spool_max_size = max_bytes  # larger than any part can be: files stay in memory
        self._complete = False

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        super().on_header_value(data, start, end)
        if len(self._current_partial_header_value) > _MAX_HEADER_BYTES:
            raise MultiPartException("A part's header is too long.")

    def on_headers_finished(self) -> None:
        super().on_headers_finished()
        if not (self._current_part.content_disposition or b"").startswith(b"form-data"):
            raise MultiPartException("A part isn't form data.")

    def on_part_end(self) -> None:
        if self._current_part.file is None:
            self._current_part.data.decode("utf-8")
        super().on_part_end()

    def on_end(self) -> None:
        self._complete = True

    async def parse(self) -> FormData:
        form = await super().parse()
        if not self._complete:
            for file in self._files_to_close_on_error:
                file.close()
            raise MultiPartException("It ends too early.")
        return form


async def read_image(file: UploadFile) -> bytes:
    """Return the bytes of an uploaded picture, recognised by its first bytes; raises RequestError for other files."""
    data = await _read(file, "picture")
    kind = media_type(data)
    if kind in UNFIT:
        raise RequestError(422, f"The file {UNFIT[kind][0]}.", UNFIT[kind][1])
    if kind.startswith(("audio/", "video/")):
        raise RequestError(422, f"The file is {kind}, not a picture.", "Take or choose a picture.")
    return data


async def read_audio(file: UploadFile) -> bytes:
    """Return the bytes of an uploaded recording, recognised by its first bytes; raises RequestError for other files."""
    data = await _read(file, "recording")
    kind = media_type(data)
    if not kind.startswith(("audio/", "video/")):
        raise RequestError(422, f"The file isn't audio{f' but {kind}' if kind else ''}.", "Record the question again.")
    return data


async def _read(file: UploadFile, name: str) -> bytes:
    data = await file.read()
    if not data:
        raise RequestError(422, f"The {name} is empty.", "Take it again.")
    return data
