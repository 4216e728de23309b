"""OpenAI's chat completions for any Sensorium model (https://platform.openai.com/docs/api-reference/chat)."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import asdict, dataclass
from typing import Any, Literal

from fastapi import APIRouter
from starlette.requests import Request

from sensorium.apps.http.errors import BODY_STATUSES, RequestError, error_responses, streamed_error
from sensorium.apps.http.sse import EVENT_RESPONSES, EventStream, encode_event, while_connected
from sensorium.apps.http.uploads import limited_route
from sensorium.apps.http.work_queue import Slot, WorkQueue
from sensorium.apps.openai_api.schemas import (
    AnswerMessage,
    Completion,
    CompletionChoice,
    CompletionRequest,
    Findings,
    ModelEntry,
    ModelList,
    TokenUsage,
)
from sensorium.ask import check, stream
from sensorium.core.messages import Audio
from sensorium.core.protocols import Delta, Model, fold
from sensorium.core.reply import Usage
from sensorium.media.audio import bounded

MAX_AUDIO_SECONDS = 120.0
"""The longest recording in a question; what unpacks to more is refused before a model gets it."""


@dataclass
class Completions:
    """The endpoints.

    Args:
        models: The models that can be asked, by name.
        queue: The queue before them.
        max_bytes: The largest body.
    """

    models: Mapping[str, Model]
    queue: WorkQueue
    max_bytes: int = 35_000_000

    def add_to(self, router: APIRouter) -> None:
        """Add the routes of /v1."""
        router.add_api_route("/v1/models", self.list_models, responses=error_responses(401, 403))
        router.add_api_route(
            "/v1/chat/completions", self.complete, methods=["POST"], response_model=Completion,
            responses=EVENT_RESPONSES | error_responses(404, *BODY_STATUSES),
            route_class_override=limited_route(self.max_bytes, self.queue.check),
        )  # fmt: skip

    async def list_models(self) -> ModelList:
        """The models, as OpenAI lists them."""
        return ModelList(data=[ModelEntry(id=name) for name in self.models])

    async def complete(self, body: CompletionRequest, request: Request) -> Any:
        """OpenAI's chat completions for any model here; files as data URIs only."""
        model = self.models.get(body.model or "")
        if model is None:
            hint = f"Use one of: {', '.join(self.models)}."
            raise RequestError(404, f"The model {str(body.model)[:80]!r} does not exist here.", hint)
        chat, options = await asyncio.to_thread(body.to_conversation), body.to_options()
        check(model.name, model.limits, chat, options)
        head: dict[str, Any] = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": model.name}

        def work() -> Iterator[Delta]:
            for part in chat.parts:
                if isinstance(part, Audio):
                    bounded(part, MAX_AUDIO_SECONDS)
            return stream(model, chat, options)

        if body.stream:
            slot = self.queue.reserve()
            with_usage = body.stream_options is not None and bool(body.stream_options.include_usage)
            return EventStream(_chunks(slot, work, head | {"object": "chat.completion.chunk"}, with_usage), slot)
        deltas = await while_connected(request.receive, self.queue.collect(work))
        answer = fold(deltas)
        choice = CompletionChoice(message=AnswerMessage(content=answer.text), finish_reason=_finish_reason(answer))
        return Completion(**head, choices=[choice], usage=_usage(answer), sensorium=_findings(answer))


async def _chunks(
    slot: Slot, work: Callable[[], Iterator[Delta]], head: dict[str, Any], with_usage: bool
) -> AsyncGenerator[bytes]:
    deltas: list[Delta] = []
    try:
        yield encode_event("", head | {"choices": [_choice({"role": "assistant", "content": ""})]})
        async with aclosing(slot.stream(work)) as items:
            async for delta in items:
                deltas.append(delta)
                if delta.text:
                    yield encode_event("", head | {"choices": [_choice({"content": delta.text})]})
        answer = fold(deltas)
        last = {"choices": [_choice({}, _finish_reason(answer))], "sensorium": _findings(answer).model_dump()}
        yield encode_event("", head | last)
        if with_usage:
            yield encode_event("", head | {"choices": [], "usage": _usage(answer).model_dump()})
        yield b"data: [DONE]\n\n"
    except Exception as error:
        yield encode_event("", streamed_error(error))


def _choice(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}


def _finish_reason(answer: Delta) -> Literal["stop", "length"]:
    return "length" if answer.cut else "stop"


def _usage(answer: Delta) -> TokenUsage:
    usage = answer.usage or Usage()
    asked, answered = usage.input_tokens or 0, usage.output_tokens or 0
    return TokenUsage(prompt_tokens=asked, completion_tokens=answered, total_tokens=asked + answered)


def _findings(answer: Delta) -> Findings:
    evidence = [asdict(observation) for observation in answer.evidence]
    return Findings(confidence=answer.confidence, abstained=bool(answer.abstained), evidence=evidence)
