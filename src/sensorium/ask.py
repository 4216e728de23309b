"""The one way to a model: check its limits, stream, try again, time and price the answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sensorium.core.catalog import usd
from sensorium.core.errors import DeadlineError, InputError, InstallError, LimitError, ServiceError
from sensorium.core.messages import Conversation, Image, Message, Text, kind
from sensorium.core.protocols import Delta, Limits, Model, Options
from sensorium.core.reply import Evidence, Reply, Usage
from sensorium.core.retry import retrying, retrying_stream, seconds_left
from sensorium.core.schema import Schema, parsed

_LONGEST_MISTAKE = 200
_LEAST_LETTERS = 8
"""No text of some length has so many letters a token; English has about 4 (https://platform.openai.com/tokenizer)."""


def ask(model: Model, chat: Conversation, options: Options | None = None) -> Reply:
    """Ask a model and wait for its whole answer.

    With `options.schema` the answer must fit it: `Reply.data` holds the JSON values, or the dataclass's object. An
    answer that does not fit is sent back once, with what is wrong; `Reply.repaired` tells of it.

    Args:
        model: Any Model, e.g. from `sensorium.load("offline")`.
        chat: The conversation; its last message is the question.
        options: How to answer.

    Raises:
        LimitError: before anything is sent, when the model does not take such parts or so many pictures.
        DeadlineError: when the answer takes longer than `options.timeout_seconds`.
        SensoriumError: whatever the model raises that trying again did not mend.

    Example:
        >>> from sensorium.backends.fake import Fake
        >>> ask(Fake("A cat."), Conversation.of("What is this?")).text
        'A cat.'
    """
    options = options or Options()
    if options.schema is None:
        return _whole(model, chat, options)
    schema = Schema.of(options.schema)
    mistake_in = _judge(schema)
    check(model.name, model.limits, chat, options)
    start = time.monotonic()
    asked = chat if model.limits.schema == "enforced" else schema.told(chat)
    first = _whole(model, asked, options)
    mistake, data = mistake_in(first)
    if not mistake:
        return replace(first, data=data)
    again = Conversation((*asked.messages, Message("assistant", first.text), Message("user", _repair(schema, mistake))))
    left = max(0.001, options.timeout_seconds - (time.monotonic() - start))
    second = _whole(model, again, replace(options, timeout_seconds=left))
    mistake, data = mistake_in(second)
    if mistake:
        raise ServiceError(
            f"The answer of {model.name} does not fit the schema, not even when asked again: {mistake}",
            "Make the schema simpler, or choose another model: sensorium models",
        )
    return replace(second, data=data, usage=_sum(first.usage, second.usage), repaired=True)


def stream(model: Model, chat: Conversation, options: Options | None = None) -> Iterator[Delta]:
    """Ask a model and give its answer piece by piece; raises as `ask` does.

    A retryable error is tried again, after a growing pause, as long as nothing has been given yet. With a schema the
    pieces are given as they come, and are not checked.
    """
    options = options or Options()
    check(model.name, model.limits, chat, options)
    deadline = time.monotonic() + options.timeout_seconds
    yield from retrying_stream(
        lambda: _attempt(model, chat, options, deadline), options.retries, deadline, lambda delta: bool(delta.text)
    )


def check(name: str, limits: Limits, chat: Conversation, options: Options | None = None) -> None:
    """Raise LimitError where a model of these limits can't take the conversation; nothing is sent."""
    other = "choose another model: sensorium models lists what each takes."
    if not chat.messages or chat.messages[-1].role != "user":
        raise LimitError("The conversation does not end with a user's message.", "Add a question.")
    for part in chat.parts:
        if kind(part) not in limits.parts:
            raise LimitError(
                f"The model {name!r} takes {' and '.join(limits.parts)}, not {kind(part)}.", other.capitalize()
            )
    images = sum(isinstance(part, Image) for part in chat.parts)
    if limits.most_images is not None and images > limits.most_images:
        raise LimitError(
            f"The model {name!r} takes at most {limits.most_images} picture{'s' * (limits.most_images != 1)}, "
            f"and the conversation has {images}.",
            f"Leave some out, or {other}",
        )
    tokens = images * limits.image_tokens + sum(
        len(part.text) // _LEAST_LETTERS for part in chat.parts if isinstance(part, Text)
    )
    if limits.context_tokens is not None and tokens > limits.context_tokens:
        raise LimitError(
            f"The model {name!r} takes at most {limits.context_tokens:,} tokens, "
            f"and the conversation has at least {tokens:,}.",
            f"Leave some out, or {other}",
        )
    if options is not None and options.schema is not None and limits.schema == "none":
        raise LimitError(f"The model {name!r} does not answer by a schema.", f"Leave it out, or {other}")


def _whole(model: Model, chat: Conversation, options: Options) -> Reply:
    """Ask for a whole answer; one that broke off is asked for again, since nobody has seen it."""
    check(model.name, model.limits, chat, options)
    start = time.perf_counter()
    deadline = time.monotonic() + options.timeout_seconds
    return retrying(lambda: _reply(model, _at_once(model, chat, options, deadline), start), options.retries, deadline)


def _reply(model: Model, deltas: Iterator[Delta], start: float) -> Reply:
    texts: list[str] = []
    evidence: list[Evidence] = []
    last = Delta()
    first_seconds = None
    for delta in deltas:
        if delta.text and first_seconds is None:
            first_seconds = time.perf_counter() - start
        texts.append(delta.text)
        evidence.extend(delta.evidence)
        last = Delta(
            confidence=last.confidence if delta.confidence is None else delta.confidence,
            abstained=last.abstained if delta.abstained is None else delta.abstained,
            usage=last.usage if delta.usage is None else delta.usage,
            cut=last.cut if delta.cut is None else delta.cut,
            suggestion=last.suggestion if delta.suggestion is None else delta.suggestion,
        )
    usage = last.usage or Usage()
    if usage.first_seconds is not None:
        first_seconds = usage.first_seconds  # of an answer that came at once, the model itself knows
    usage = replace(usage, seconds=time.perf_counter() - start, first_seconds=first_seconds)
    if usage.usd is None:
        usage = replace(usage, usd=usd(model.name, usage))
    text = "".join(texts)
    return Reply(
        text,
        last.confidence,
        bool(last.abstained),
        tuple(evidence),
        usage,
        model.name,
        bool(last.cut),
        suggestion=last.suggestion or "",
    )


def _at_once(model: Model, chat: Conversation, options: Options, deadline: float) -> Iterator[Delta]:
    """Ask a model that has `whole(chat, options) -> Delta` for its whole answer: nobody waits for the pieces."""
    whole: Callable[[Conversation, Options], Delta] | None = getattr(model, "whole", None)
    if whole is None:
        yield from _attempt(model, chat, options, deadline)
    else:
        yield whole(chat, replace(options, timeout_seconds=seconds_left(deadline)))


def _attempt(model: Model, chat: Conversation, options: Options, deadline: float) -> Iterator[Delta]:
    left = replace(options, timeout_seconds=seconds_left(deadline))
    for delta in model.stream(chat, left):
        if time.monotonic() > deadline:
            raise DeadlineError(
                f"{model.name} gave no whole answer in {options.timeout_seconds:g} s.",
                "Ask for less, or allow more: --timeout 300",
            )
        yield delta


def _judge(schema: Schema) -> Callable[[Reply], tuple[str, Any]]:
    """Return a function that tells what is wrong with an answer ("" where nothing is), and its typed data.

    It checks with jsonschema (https://python-jsonschema.readthedocs.io); addresses in a schema are not fetched.
    """
    try:
        import jsonschema
        import referencing
    except ImportError:
        raise InstallError("Answers by a schema need the package jsonschema.", "Type: pip install jsonschema") from None
    kind_of = jsonschema.validators.validator_for(schema.rules, default=jsonschema.Draft202012Validator)
    try:
        kind_of.check_schema(schema.rules)
    except jsonschema.SchemaError as error:
        raise InputError(
            f"The schema is none: {_short(error.message)}", "See https://json-schema.org/understanding-json-schema"
        ) from None
    validator = kind_of(schema.rules, registry=referencing.Registry())

    def judge(reply: Reply) -> tuple[str, Any]:
        if reply.abstained:
            return "", None
        if reply.cut:
            raise ServiceError(
                f"The answer of {reply.model} was cut before its JSON was whole.", "Allow more: --max-tokens 2048"
            )
        try:
            value = parsed(reply.text)
            wrong = jsonschema.exceptions.best_match(validator.iter_errors(value))
            return (f"{_short(wrong.message)} at {wrong.json_path}.", None) if wrong else ("", schema.typed(value))
        except referencing.exceptions.Unresolvable as error:
            raise InputError(f"The schema refers to {error.ref!r}, which is not in it.", "Put it in $defs.") from None
        except (ValueError, RecursionError) as error:
            return f"it is no JSON ({_short(str(error))}).", None

    return judge


def _repair(schema: Schema, mistake: str) -> str:
    return (
        f"That does not fit: {mistake} "
        f"Answer again with JSON only, no other words, that fits this JSON Schema:\n{schema.text}"
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_MISTAKE else f"{line[:_LONGEST_MISTAKE]}…"


def _sum(first: Usage, second: Usage) -> Usage:
    def added(a: Any, b: Any) -> Any:
        return None if a is None or b is None else a + b

    return Usage(
        added(first.input_tokens, second.input_tokens),
        added(first.output_tokens, second.output_tokens),
        added(first.seconds, second.seconds),
        first.first_seconds,
        added(first.usd, second.usd),
        added(first.cached_tokens, second.cached_tokens),
    )


def ask_all(model: Model, chats: Sequence[Conversation], options: Options | None = None) -> list[Reply]:
    """Ask several questions; at once where the model takes batches, else one after another.

    `Usage.seconds` of an answer out of a batch is the whole batch's time.

    Args:
        model: Any Model; one with `batch(chats, options) -> list[Delta]` is asked all at once.
        chats: The conversations.
        options: How to answer; with a schema each is asked by itself.

    Raises:
        SensoriumError: as `ask`; then no answer is given.
    """
    options = options or Options()
    batch: Callable[[Sequence[Conversation], Options], list[Delta]] | None = getattr(model, "batch", None)
    if batch is None or options.schema is not None or len(chats) < 2:
        return [ask(model, chat, options) for chat in chats]
    for chat in chats:
        check(model.name, model.limits, chat, options)
    start = time.perf_counter()
    deltas = batch(chats, options)
    replies = [_reply(model, iter((delta,)), start) for delta in deltas]
    return [replace(reply, usage=replace(reply.usage, first_seconds=None)) for reply in replies]
