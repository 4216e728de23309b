"""OpenAI's chat completions for any Sensorium model (https://platform.openai.com/docs/api-reference/chat).

Pictures, sounds and films come as data URIs only: an address is never fetched, so nobody can make this server ask
others in its name.
"""

from __future__ import annotations

import base64
import binascii
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import asdict, dataclass
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sensorium.apps.http import errors, uploads
from sensorium.apps.http.errors import Refused
from sensorium.apps.http.sse import Events, event, while_there
from sensorium.apps.http.work_queue import Place, Queue
from sensorium.ask import check, stream
from sensorium.core.messages import Audio, Conversation, Image, Message, Part, Role, Text, Video
from sensorium.core.protocols import Delta, Model, Options
from sensorium.core.reply import Usage

_MOST_MESSAGES = 200
_KNOWN = frozenset(
    "model messages stream stream_options max_tokens max_completion_tokens temperature seed stop n user metadata store "
    "top_p frequency_penalty presence_penalty logprobs response_format".split()
)
_NEUTRAL: dict[str, tuple[Any, ...]] = {
    "n": (None, 1), "top_p": (None, 1), "frequency_penalty": (None, 0), "presence_penalty": (None, 0),
    "logprobs": (None, False), "response_format": (None, {"type": "text"}), "store": (None, False),
}  # fmt: skip
"""What clients send without meaning anything by it; any other value of these is refused, not ignored."""


@dataclass(frozen=True)
class Wanted:
    """A request that was understood."""

    model: Model
    chat: Conversation
    options: Options
    streamed: bool = False
    with_usage: bool = False


@dataclass
class Completions:
    """The endpoint.

    Args:
        models: Who can be asked, by name.
        queue: The queue before them.
        most_bytes: The largest body.
    """

    models: Mapping[str, Model]
    queue: Queue
    most_bytes: int = 35_000_000

    async def listed(self, request: Request) -> JSONResponse:
        """GET /v1/models."""
        data = [{"id": name, "object": "model", "created": 0, "owned_by": "sensorium"} for name in self.models]
        return JSONResponse({"object": "list", "data": data})

    async def complete(self, request: Request) -> Response:
        """POST /v1/chat/completions."""
        self.queue.refuse_if_full()
        wanted = understood(await uploads.json_body(request, self.most_bytes), self.models)
        check(wanted.model.name, wanted.model.limits, wanted.chat, wanted.options)
        about = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": wanted.model.name}
        if wanted.streamed:
            place = self.queue.enter()
            return Events(_chunks(wanted, place, about), place)
        work = self.queue.all(lambda: stream(wanted.model, wanted.chat, wanted.options))
        deltas = await while_there(request.receive, work)
        message = {"role": "assistant", "content": "".join(delta.text for delta in deltas)}
        choice = {"index": 0, "message": message, "finish_reason": _reason(deltas), "logprobs": None}
        whole = {**about, "object": "chat.completion", "choices": [choice], "usage": _usage(deltas)}
        return JSONResponse({**whole, "sensorium": _known(deltas)})


def understood(body: Mapping[str, Any], models: Mapping[str, Model]) -> Wanted:
    """Turn the JSON of a request into a conversation; Refused where something in it can't be kept to."""
    unknown = sorted(set(body) - _KNOWN)
    if unknown:
        raise Refused(400, f"{unknown[0][:60]!r} is not known here.", "Leave it out.")
    for option, allowed in _NEUTRAL.items():
        if body.get(option) not in allowed:
            raise Refused(400, f"{option!r} can't be kept to here.", "Leave it out.")
    name = body.get("model")
    if not isinstance(name, str) or name not in models:
        raise Refused(404, f"There is no model {str(name)[:80]!r} here.", f"Use one of: {', '.join(models)}.")
    messages = body.get("messages")
    if not isinstance(messages, list) or not 0 < len(messages) <= _MOST_MESSAGES:
        raise Refused(400, f"'messages' is a list of 1 to {_MOST_MESSAGES} messages.", "Send at least a question.")
    chat = Conversation(tuple(_message(one) for one in messages))
    streamed, more = body.get("stream") or False, body.get("stream_options") or {}
    if not isinstance(streamed, bool) or not isinstance(more, dict):
        raise Refused(400, "'stream' is true or false, 'stream_options' an object.", "Leave them out.")
    return Wanted(models[name], chat, _options(body), streamed, bool(more.get("include_usage")))


def _options(body: Mapping[str, Any]) -> Options:
    tokens = body.get("max_completion_tokens", body.get("max_tokens"))
    temperature, seed, stop = body.get("temperature"), body.get("seed"), body.get("stop")
    stops = [] if stop is None else [stop] if isinstance(stop, str) else stop
    if tokens is not None and (not isinstance(tokens, int) or isinstance(tokens, bool) or not 0 < tokens <= 100_000):
        raise Refused(400, "'max_tokens' is a whole number from 1 to 100000.", "Leave it out.")
    if temperature is not None and (
        isinstance(temperature, bool) or not isinstance(temperature, int | float) or not 0 <= temperature <= 2
    ):
        raise Refused(400, "'temperature' is a number from 0 to 2.", "Leave it out.")
    if seed is not None and (not isinstance(seed, int) or isinstance(seed, bool) or abs(seed) >= 2**63):
        raise Refused(400, "'seed' is a whole number.", "Leave it out.")
    if not isinstance(stops, list) or len(stops) > 4 or not all(isinstance(one, str) and one for one in stops):
        raise Refused(400, "'stop' is a text, or up to four.", "Leave it out.")
    return Options(
        max_tokens=512 if tokens is None else tokens,
        temperature=0.0 if temperature is None else float(temperature),
        seed=seed,
        stop=tuple(stops),
    )


def _message(one: object) -> Message:
    if not isinstance(one, dict):
        raise Refused(400, "A message is an object.", 'Send {"role": "user", "content": "…"}.')
    role = {"developer": "system"}.get(str(one.get("role")), one.get("role"))
    if role not in ("system", "user", "assistant"):
        raise Refused(400, f"There is no role {str(role)[:40]!r} here.", "Use system, user or assistant.")
    content = one.get("content")
    if isinstance(content, str):
        return Message(cast(Role, role), [content])
    if not isinstance(content, list) or not content:
        raise Refused(400, "'content' is a text or a list of parts.", 'Send "content": "…".')
    return Message(cast(Role, role), [_part(each) for each in content])


def _part(one: object) -> Part:
    if isinstance(one, dict):
        kind = one.get("type")
        value = one.get(kind) if isinstance(kind, str) else None
        if kind == "text" and isinstance(value, str):
            return Text(value)
        if kind == "image_url":
            return Image(_data(value))
        if kind == "video_url":
            return Video(_data(value))
        if kind == "input_audio" and isinstance(value, dict):
            return Audio(_decoded(value.get("data")))
    raise Refused(400, "A part of a message is not known.", "Send text, image_url, input_audio or video_url.")


def _data(value: object) -> bytes:
    address = value.get("url") if isinstance(value, dict) else None
    if not isinstance(address, str) or not address[:5].lower() == "data:":
        raise Refused(400, "Addresses are not fetched here.", "Send the file itself: data:image/png;base64,…")
    head, comma, data = address.partition(",")
    if not comma or not head.lower().endswith(";base64"):
        raise Refused(400, "The data URI is not in base64.", "Send data:image/png;base64,…")
    return _decoded(data)


def _decoded(data: object) -> bytes:
    try:
        if isinstance(data, str) and data:
            return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        pass
    raise Refused(400, "The data is no base64.", "Encode the file in base64.")


async def _chunks(wanted: Wanted, place: Place, about: dict[str, Any]) -> AsyncIterator[bytes]:
    head = {**about, "object": "chat.completion.chunk"}
    deltas: list[Delta] = []
    try:
        yield event("", {**head, "choices": [_choice({"role": "assistant", "content": ""})]})
        work = place.pieces(lambda: stream(wanted.model, wanted.chat, wanted.options))
        async with aclosing(work) as pieces:
            async for delta in pieces:
                deltas.append(delta)
                if delta.text:
                    yield event("", {**head, "choices": [_choice({"content": delta.text})]})
        last = {**head, "choices": [_choice({}, _reason(deltas))], "sensorium": _known(deltas)}
        yield event("", last)
        if wanted.with_usage:
            yield event("", {**head, "choices": [], "usage": _usage(deltas)})
        yield b"data: [DONE]\n\n"
    except Exception as error:
        yield event("", errors.told(error))


def _choice(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}


def _reason(deltas: list[Delta]) -> str:
    return "length" if any(delta.cut for delta in deltas) else "stop"


def _usage(deltas: list[Delta]) -> dict[str, int]:
    found = next((delta.usage for delta in reversed(deltas) if delta.usage is not None), Usage())
    asked, answered = found.input_tokens or 0, found.output_tokens or 0
    return {"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered}


def _known(deltas: list[Delta]) -> dict[str, Any]:
    """Return what OpenAI's form has no place for: how sure, and what was seen where."""
    confidences = [delta.confidence for delta in deltas if delta.confidence is not None]
    return {
        "confidence": confidences[-1] if confidences else None,
        "abstained": any(delta.abstained for delta in deltas),
        "evidence": [asdict(seen) for delta in deltas for seen in delta.evidence],
    }
