"""Responses of OpenAI-compatible servers as Deltas: server-sent events, or one JSON body if a server doesn't stream."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from sensorium.core.protocols import Delta
from sensorium.core.reply import Usage
from sensorium.hosted.failures import token_usage

JsonType = TypeVar("JsonType", dict[str, Any], list[Any], str)

DONE = "[DONE]"
MAX_BODY_BYTES = 20_000_000
"""The most of a body without events that is read."""
_LINE_END = re.compile(rb"\r\n|\n|\r")
_MARK = b"\xef\xbb\xbf"
_FIELDS = ("data", "event", "id", "retry", "error", "")
_THOUGHTS = ("reasoning_content", "reasoning", "thinking", "reasoning_details")
_CALLS = ("tool_calls", "function_call")


class StreamRecord(NamedTuple):
    """A server-sent event: its type and its data."""

    type: str
    data: str


def read_chunks(pieces: Iterable[bytes]) -> Iterator[dict[str, Any] | str]:
    """Yield the chunks of a response, and `DONE` where the server says that it is complete.

    Raises:
        ValueError: when it does not follow the interface.
    """
    for event in read_events(pieces):
        if event.data.strip().startswith(DONE):
            yield DONE
            return
        chunk = _typed(dict, json.loads(event.data))
        if event.type == "body" and not {"choices", "error"} & set(chunk):
            raise ValueError(f"{event.data.strip()[:60]!r}, which holds no choices.")
        yield {"error": chunk} if event.type == "error" and "error" not in chunk else chunk
        if event.type == "body":
            yield DONE


def read_events(pieces: Iterable[bytes]) -> Iterator[StreamRecord]:
    """Yield server-sent events with data (https://html.spec.whatwg.org/multipage/server-sent-events.html).

    A body without any event is one of the type "body"; llama.cpp's "error: {...}" lines are of the type "error".

    Raises:
        ValueError: when it isn't UTF-8, or a body without events is too large.
    """
    kind, data, others, any_event = "", list[str](), bytearray(), False
    for raw in _lines(pieces):
        name, _, value = raw.partition(b":")
        field = name.decode("ascii", "replace")
        if not raw:
            if "".join(data).strip():
                yield StreamRecord(kind, "\n".join(data))
            kind, data = "", []
        elif field not in _FIELDS or (not any_event and field == "error" and raw == name):
            others += raw + b"\n"
            if len(others) > MAX_BODY_BYTES:
                raise ValueError(f"more than {MAX_BODY_BYTES / 1e6:.0f} MB without an event")
        elif field in ("data", "error"):
            any_event = True
            data.append(value.removeprefix(b" ").decode("utf-8"))
            kind = "error" if field == "error" else kind
        elif field == "event":
            kind = value.decode("utf-8", "replace").strip()
    if "".join(data).strip() and (data[-1].strip() == DONE or _is_json("\n".join(data))):
        yield StreamRecord(kind, "\n".join(data))  # the last event lacks its empty line
    elif not any_event and others.strip():
        yield StreamRecord("body", others.decode("utf-8"))


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield lines, which end in LF, CR LF or CR, without a byte order mark before the first."""
    rest, first = b"", True
    for piece in pieces:
        text, tail = rest + piece, b""
        if text.endswith(b"\r"):  # an LF may follow
            text, tail = text[:-1], b"\r"
        *lines, last = _LINE_END.split(text)
        rest = last + tail
        for line in lines:
            yield line.removeprefix(_MARK) if first else line
            first = False
    for line in _LINE_END.split(rest) if rest else ():
        yield line.removeprefix(_MARK) if first else line
        first = False


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def to_delta(chunk: object) -> tuple[Delta, str]:
    """Return the Delta of one chunk of a stream, and its finish reason ("" while it goes on).

    Raises:
        ValueError: when it does not follow the interface.
    """
    choices = _typed(list, _typed(dict, chunk).get("choices"))
    usage = _usage(_typed(dict, chunk).get("usage"))
    if not choices:
        return Delta(usage=usage), ""
    choice = _typed(dict, choices[0])
    message = _typed(dict, choice.get("delta")) or _typed(dict, choice.get("message"))
    refusal = _typed(str, message.get("refusal"))
    text, thoughts = _content(message.get("content"))
    thoughts += next((_plain(message[name]) for name in _THOUGHTS if message.get(name)), "")
    reason = _typed(str, choice.get("finish_reason"))
    called = next((name for name in _CALLS if message.get(name)), "")
    return Delta(
        refusal or text,
        abstained=bool(refusal) or None,
        usage=usage,
        cut=reason == "length" or None,
        thoughts=thoughts,
        reason=called,
    ), reason


def _content(content: object) -> tuple[str, str]:
    """Return the words and the thoughts of a content: text, or a list of parts as Mistral and others send it."""
    if not isinstance(content, list):
        return _typed(str, content), ""
    text, thoughts = "", ""
    for part in content:
        if isinstance(part, str):
            text += part
            continue
        kind = _typed(str, _typed(dict, part).get("type"))
        if kind in ("text", "output_text", ""):
            text += _plain(part.get("text"))
        elif kind in ("thinking", "reasoning", "reasoning_text"):
            thoughts += _plain(part)
        elif kind == "refusal":
            text += _plain(part.get("refusal"))
        else:
            raise ValueError(f"a part of the type {kind[:60]!r} where text belongs.")
    return text, thoughts


def _plain(value: object) -> str:
    """Return the words in a value: text, or what lies under the names that services put thoughts and texts under."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(map(_plain, value))
    if isinstance(value, Mapping):
        return next((_plain(value[name]) for name in ("text", "thinking", "summary", "content") if value.get(name)), "")
    return ""


def _usage(usage: object) -> Usage | None:
    if not isinstance(usage, Mapping):
        return None

    def detail(of: str, name: str) -> object:
        details = usage.get(of)
        return details.get(name) if isinstance(details, Mapping) else None

    return token_usage(
        usage.get("prompt_tokens"),
        usage.get("completion_tokens"),
        detail("prompt_tokens_details", "cached_tokens"),
        detail("completion_tokens_details", "reasoning_tokens"),
    )


def _typed(type: type[JsonType], value: object) -> JsonType:
    """Return a value of this type, an empty one for None; raise ValueError for others."""
    if value is None:
        return type()
    if not isinstance(value, type):
        raise ValueError(f"{str(value)[:60]!r} where a {type.__name__} belongs.")
    return value
