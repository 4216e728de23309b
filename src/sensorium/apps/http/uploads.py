"""Request bodies: streamed, counted, timed, kept in memory only, and told by their content."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from sensorium.apps.http.errors import Refused
from sensorium.media.sniff import UNFIT, media_type

PIECE_SECONDS = 15.0
"""The longest wait for more of a body."""
BODY_SECONDS = 120.0
"""The longest time for a whole body."""
AT_ONCE = 32
"""Bodies that are read at the same time; a further one is told to come again."""
_FILES = ("picture", "audio")
_MOST_PARTS = 20
_MOST_FIELD_BYTES = 100_000
_MOST_HEADER_BYTES = 4_000
_CLOSE = {"Connection": "close"}


@dataclass
class Form:
    """A multipart form: the texts and the files, by name. A file's own name is not even looked at."""

    texts: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)


_reading = 0


async def body(request: Request, most_bytes: int) -> AsyncIterator[bytes]:
    """Return a body piece by piece; Refused where it is too large (413), too slow (408) or one too many (503)."""
    global _reading
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > most_bytes:
        raise _too_large(most_bytes)
    if _reading >= AT_ONCE:
        raise Refused(503, "Too many files are coming in just now.", "Try again soon.", {"Retry-After": "5", **_CLOSE})
    _reading += 1
    count = 0
    try:
        async with asyncio.timeout(BODY_SECONDS) as whole:
            pieces = request.stream()
            while True:
                try:
                    async with asyncio.timeout(PIECE_SECONDS):
                        piece = await anext(pieces)
                except StopAsyncIteration:
                    return
                count += len(piece)
                if count > most_bytes:
                    raise _too_large(most_bytes)
                yield piece
    except TimeoutError:
        late = "took too long" if whole.expired() else "stopped coming"
        raise Refused(408, f"The file {late}.", "Look at the connection, and send it again.", _CLOSE) from None
    except ClientDisconnect:
        raise Refused(400, "The connection was closed.") from None
    finally:
        _reading -= 1


async def json_body(request: Request, most_bytes: int) -> dict[str, Any]:
    """Read a JSON object."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(415, f"The body is {kind[:80] or 'of no type'!r}, not JSON.", "Send application/json.")
    data = b"".join([piece async for piece in body(request, most_bytes)])
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise Refused(400, "The body is no JSON.", "Send one JSON object.") from None
    if not isinstance(value, dict):
        raise Refused(400, "The body is no JSON object.", "Send one JSON object.")
    return value


async def form(request: Request, most_bytes: int) -> Form:
    """Read a multipart form into memory."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise Refused(415, "The body is no multipart form.", "Send multipart/form-data, as the page does.")
    reader = _Reader()
    try:
        parser = MultipartParser(boundary, reader.callbacks())
        async for piece in body(request, most_bytes + _MOST_PARTS * _MOST_FIELD_BYTES):
            parser.write(piece)
            reader.check(most_bytes)
        parser.finalize()
    except (FormParserError, UnicodeDecodeError, ValueError) as error:
        raise Refused(400, f"The form is broken: {str(error)[:120]}.", "Send it again.", _CLOSE) from None
    if not reader.complete:
        raise Refused(400, "The form ends too early.", "Send it again.", _CLOSE)
    return reader.form


def picture(given: Form, name: str = "picture") -> bytes:
    """Return the picture of a form, told by its first bytes; Refused where there is none."""
    data = _file(given, name, "picture")
    found = media_type(data)
    if found in UNFIT:
        raise Refused(422, f"The file {UNFIT[found][0]}.", UNFIT[found][1])
    if found.startswith(("audio/", "video/")):
        raise Refused(422, f"The file is {found}, not a picture.", "Take or choose a picture.")
    return data


def sound(given: Form, name: str = "audio") -> bytes:
    """Return the sound of a form, told by its first bytes; Refused where there is none."""
    data = _file(given, name, "recording")
    found = media_type(data)
    if not found.startswith(("audio/", "video/")):
        raise Refused(422, f"The file is no sound{f' but {found}' if found else ''}.", "Record the question again.")
    return data


def _file(given: Form, name: str, what: str) -> bytes:
    data = given.files.get(name)
    if data is None:
        raise Refused(422, f"There is no {what}.", f"Send it as the file {name!r}.")
    if not data:
        raise Refused(422, f"The {what} is empty.", "Take it again.")
    return data


def _too_large(most_bytes: int) -> Refused:
    return Refused(413, f"The file is larger than {most_bytes / 1e6:.0f} MB.", "Make it smaller first.", _CLOSE)


class _Reader:
    """What the parser of python-multipart calls; it keeps the parts in memory and nothing on a disk."""

    def __init__(self) -> None:
        self.form = Form()
        self.complete = False
        self._parts = 0
        self._headers: dict[str, bytes] = {}
        self._name = self._value = b""
        self._data = bytearray()
        self._kept = 0

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_part_data": self._more,
            "on_part_end": self._end,
            "on_end": self._over,
        }

    def check(self, most_bytes: int) -> None:
        if self._kept > most_bytes + _MOST_FIELD_BYTES:
            raise _too_large(most_bytes)

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise ValueError("it has too many parts")
        self._headers = {}
        self._name = self._value = b""
        self._data = bytearray()

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        if len(self._value) > _MOST_HEADER_BYTES:
            raise ValueError("a part's header is too long")

    def _header_end(self) -> None:
        self._headers[self._name.decode("latin-1").lower()] = self._value
        self._name = self._value = b""

    def _more(self, data: bytes, start: int, end: int) -> None:
        self._data += data[start:end]
        self._kept += end - start

    def _end(self) -> None:
        kind, options = parse_options_header(self._headers.get("content-disposition", b""))
        name = options.get(b"name", b"").decode("utf-8")
        if kind != b"form-data" or not name:
            raise ValueError("a part has no name")
        if b"filename" in options or name in _FILES:
            self.form.files[name] = bytes(self._data)
        elif len(self._data) > _MOST_FIELD_BYTES:
            raise ValueError(f"the text {name[:40]!r} is too long")
        else:
            self.form.texts[name] = self._data.decode("utf-8")
        self._data = bytearray()

    def _over(self) -> None:
        self.complete = True
