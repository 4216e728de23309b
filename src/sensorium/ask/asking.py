"""Ask a model: check its limits, stream, retry, time and price the answer, and refuse one without words."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, overload

from sensorium.ask.ready import prepare
from sensorium.ask.request_log import log_request, now
from sensorium.ask.thoughts import ThoughtSplitter, may_think_first, split_thoughts
from sensorium.core.catalog import image_tokens, usd
from sensorium.core.errors import (
    CutOffError,
    DeadlineError,
    InputError,
    InstallError,
    LimitError,
    MisfitError,
    NoWordsError,
    ServiceError,
    quoted,
)
from sensorium.core.messages import Conversation, Image, Part, Picture, Text, kind
from sensorium.core.protocols import Delta, Limits, Model, Options, fold
from sensorium.core.reply import Reply, Usage
from sensorium.core.retry import retrying, retrying_stream, seconds_left, stop_if_abandoned
from sensorium.core.schema import Schema, json_values

_LONGEST_MISTAKE = 200
_FILE = re.compile(r"\S+\.(jpe?g|png|gif|webp|bmp|tiff?|hei[cf]|avif|pdf|wav|mp3|m4a|flac|ogg|mp4|mov|mkv|webm)", re.I)
_MAX_CHARACTERS_A_TOKEN = 8
"""No longer text has as many characters a token; English has about 4 (https://platform.openai.com/tokenizer)."""
_END = Delta()
_thought_aloud: set[str] = set()
"""Names of models that have marked only the end of their thoughts: their next answers are kept back until then."""


@overload
def ask(model: Model, chat: Conversation, options: Options | None = None, /) -> Reply: ...
@overload
def ask(model: Model, *question: Conversation | Part | str | Picture, options: Options | None = None) -> Reply: ...
def ask(model: Model, *question: Any, options: Options | None = None) -> Reply:
    """Ask a model and wait for its whole answer.

    With `options.schema` the answer must fit it: `Reply.data` holds the JSON values, or the dataclass's object. An
    answer that does not fit is sent back once, with the mistake; then `Reply.repaired` is true.

    Args:
        model: Any Model, e.g. from `sensorium.load("offline")`.
        question: A conversation, whose last message is the question; or the parts of one question in order: words as
            str, `Image(…)`, `Audio(…)`, `Video(…)`, PIL images, uint8 arrays.
        options: How to answer; after a conversation it may also stand as the third argument.

    Raises:
        InputError: if it isn't a question, or a file's name stands where the file should.
        LimitError: before anything is sent, if the model does not take such parts or so many images.
        MisfitError: if the answer does not fit `options.schema`, even when asked again.
        DeadlineError: if the answer takes longer than `options.timeout_seconds`.
        SensoriumError: whatever the model raises after its retries.

    Example:
        >>> from sensorium.backends.fake import Fake
        >>> ask(Fake("A cat."), "What is this?").text
        'A cat.'
    """
    chat, options = _question(question, options)
    if options.schema is None:
        return _whole(model, chat, options)
    schema = Schema.of(options.schema)
    mistake_in = _judge(schema)
    check(model.name, model.limits, chat, options)
    prepare(model)
    start = time.monotonic()
    prompt = chat if model.limits.schema == "enforced" else schema.in_prompt(chat)
    first = _whole(model, prompt, options)
    mistake, data = mistake_in(first)
    if not mistake:
        return replace(first, data=data)
    again = prompt.then("assistant", first.text).then("user", _repair(schema, mistake))
    left = seconds_left(start + options.timeout_seconds)
    second = _whole(model, again, replace(options, timeout_seconds=left))
    mistake, data = mistake_in(second)
    if mistake:
        raise MisfitError(
            f"The answer of {model.name} does not fit the schema, even when asked again: {mistake} "
            f"It is {quoted(second.text)}.",
            "Make the schema simpler, or choose another model: sensorium models",
        )
    return replace(second, data=data, usage=_sum(first.usage, second.usage), repaired=True)


@overload
def stream(model: Model, chat: Conversation, options: Options | None = None, /) -> Iterator[Delta]: ...
@overload
def stream(
    model: Model, *question: Conversation | Part | str | Picture, options: Options | None = None
) -> Iterator[Delta]: ...
def stream(model: Model, *question: Any, options: Options | None = None) -> Iterator[Delta]:
    """Ask a model and yield its answer piece by piece; takes and raises what `ask` does.

    A retryable error is tried again until some text has been yielded. With a schema the pieces come unchecked.
    Thoughts come in `Delta.thoughts`, never in the text.
    """
    chat, options = _question(question, options)
    check(model.name, model.limits, chat, options)
    prepare(model)
    deadline = time.monotonic() + options.timeout_seconds
    yield from retrying_stream(
        lambda: _words(model, _attempt(model, chat, options, deadline), options),
        options.retries,
        deadline,
        lambda delta: bool(delta.text),
    )


def _question(question: tuple[Any, ...], options: Options | None) -> tuple[Conversation, Options]:
    """Return the conversation and the options among the arguments of `ask`."""
    if len(question) > 1 and isinstance(question[-1], Options | None):
        if options is not None:
            raise InputError("The options were given twice.", "Leave one out.")
        *question, options = question  # type: ignore[assignment]
    if not question:
        raise InputError("The question is missing.", 'Try ask(model, Image("photo.jpg"), "What is this?").')
    if isinstance(question[0], Conversation) and len(question) == 1:
        return question[0], options or Options()
    for part in question:
        if isinstance(part, Conversation):
            raise InputError("A conversation is asked by itself.", 'Add to it: chat.then("user", "What is this?")')
        if isinstance(part, str) and _FILE.fullmatch(part):
            raise InputError(f"{quoted(part)} would be asked as words.", f"Give the file: Image({part!r})")
    return Conversation.of(*question), options or Options()


def check(name: str, limits: Limits, chat: Conversation, options: Options | None = None) -> None:
    """Raise LimitError if a model of these limits can't take the conversation; nothing is sent."""
    other = "choose another model: sensorium models lists what each takes."
    if not chat.messages or chat.messages[-1].role != "user":
        raise LimitError("The conversation does not end with a user's message.", "Add a question.")
    for part in chat.parts:
        if kind(part) not in limits.parts:
            raise LimitError(
                f"The model {quoted(name)} takes {' and '.join(limits.parts)}, not {kind(part)}.", other.capitalize()
            )
    images = sum(isinstance(part, Image) for part in chat.parts)
    if limits.max_images is not None and images > limits.max_images:
        raise LimitError(
            f"The model {quoted(name)} takes at most {limits.max_images} picture{'s' * (limits.max_images != 1)}, "
            f"and the conversation has {images}.",
            f"Leave some out, or {other}",
        )
    tokens = 0 if limits.context_tokens is None else _least_tokens(name, limits, chat)
    if limits.context_tokens is not None and tokens > limits.context_tokens:
        raise LimitError(
            f"The model {quoted(name)} takes at most {limits.context_tokens:,} tokens, "
            f"and the conversation has at least {tokens:,}.",
            f"Leave some out, or {other}",
        )
    if options is not None and options.schema is not None and limits.schema == "none":
        raise LimitError(f"The model {quoted(name)} does not answer by a schema.", f"Leave it out, or {other}")


def _least_tokens(name: str, limits: Limits, chat: Conversation) -> int:
    """Return the fewest tokens that a conversation can have; a service's images are counted by their size as sent."""
    text = sum(len(part.text) // _MAX_CHARACTERS_A_TOKEN for part in chat.parts if isinstance(part, Text))
    images = [part for part in chat.parts if isinstance(part, Image)]
    if limits.max_side is None or image_tokens(name, 1, 1) is None:
        return text + len(images) * limits.image_tokens
    from sensorium.media.image import size  # late: numpy and Pillow would slow every --help

    costs = [image_tokens(name, *size(image, limits.max_side)) for image in images]
    return text + sum(limits.image_tokens if cost is None else cost.least for cost in costs)


def _whole(model: Model, chat: Conversation, options: Options) -> Reply:
    """Ask for a whole answer; one that ended early is asked for again, since nobody has read it."""
    check(model.name, model.limits, chat, options)
    prepare(model)
    start = time.perf_counter()
    deadline = time.monotonic() + options.timeout_seconds
    return retrying(
        lambda: _reply(model, _at_once(model, chat, options, deadline), options, start), options.retries, deadline
    )


def _reply(model: Model, deltas: Iterator[Delta], options: Options, start: float) -> Reply:
    pieces: list[Delta] = []
    first_seconds, asked = None, now()
    try:
        for delta in deltas:
            if delta.text and first_seconds is None:
                first_seconds = time.perf_counter() - start
            pieces.append(delta)
    finally:
        whole = fold(pieces)
        log_request(asked, whole.usage)
    text, thoughts = split_thoughts(whole.text) if model.limits.may_think else (whole.text, "")
    whole = replace(whole, text=text, thoughts=f"{whole.thoughts}{thoughts}")
    if not has_words(text):
        raise _no_words(model.name, whole, options)
    usage = whole.usage or Usage()
    if usage.first_seconds is not None:
        first_seconds = usage.first_seconds  # of an answer that came at once, the model itself knows
    usage = replace(usage, seconds=time.perf_counter() - start, first_seconds=first_seconds)
    if usage.usd is None:
        usage = replace(usage, usd=usd(model.name, usage, asked.date()))
    return Reply(
        whole.text,
        whole.confidence,
        bool(whole.abstained),
        whole.evidence,
        usage,
        model.name,
        bool(whole.cut),
        suggestion=whole.suggestion or "",
        thoughts=whole.thoughts,
    )


def has_words(text: str) -> bool:
    """Whether a text holds anything but white space and invisible characters."""
    return any(unicodedata.category(character)[0] not in "CZ" for character in text)


def _no_words(name: str, whole: Delta, options: Options) -> NoWordsError:
    """Return the error of an answer without words, with the reason: one for every model."""
    runs_here = whole.cut is not None and not whole.reason  # a service says why the answer ended
    if whole.cut:
        used = (whole.usage and whole.usage.output_tokens) or options.max_tokens
        problem = f"{name} gave no words in its {used} token{'s' * (used != 1)}."
        if whole.thoughts or may_think_first(name):
            problem = f"{name} used all of {options.max_tokens} tokens for thinking, and none for an answer."
        elif not runs_here:  # a service may hide that it thinks
            problem = f"{problem[:-1]}; they may have gone into thinking."
        return NoWordsError(problem, f"Allow more: max_tokens={options.max_tokens * 8}")
    what = "thoughts, but no answer" if whole.thoughts else "no words"
    if runs_here:
        is_sampled = options.temperature > 0 and options.seed is None  # else it would say the same again
        return NoWordsError(f"{name} gave {what}.", "Ask differently, or ask another model.", retryable=is_sampled)
    reason = " ".join(whole.reason.split())[:80] or "it gave no reason"
    return NoWordsError(f"{name} gave {what} ({reason}).", "Ask again, or ask another model.", retryable=True)


def _words(model: Model, deltas: Iterator[Delta], options: Options) -> Iterator[Delta]:
    """Yield a stream's deltas with the thoughts taken out of the text; raise if no words come."""
    hold = may_think_first(model.name) or model.name in _thought_aloud
    splitter = ThoughtSplitter(hold, once=True)
    whole, blank, any_words = Delta(), "", False
    for delta in chain(deltas, (_END,)):
        text, thoughts = delta.text, ""
        if model.limits.may_think:
            text, thoughts = splitter.finish() if delta is _END else splitter.feed(delta.text)
        if splitter.thought_aloud:
            _thought_aloud.add(model.name)
            problem = f"What {model.name} said so far were its thoughts, not the answer."
            raise ServiceError(problem, "Ask again; from now on they are told from the answer.")
        if not any_words:
            blank += text
            any_words = has_words(blank)
            text, blank = (blank, "") if any_words else ("", blank)
            if any_words and splitter.any_marks:
                text = text.lstrip()
        delta = replace(delta, text=text, thoughts=delta.thoughts + thoughts)
        whole = fold((whole, replace(delta, text="")))
        if delta != _END:
            yield delta
    if not any_words:
        raise _no_words(model.name, whole, options)


def _at_once(model: Model, chat: Conversation, options: Options, deadline: float) -> Iterator[Delta]:
    """Yield one delta of a model with `whole(chat, options) -> Delta`, else the stream."""
    whole: Callable[[Conversation, Options], Delta] | None = getattr(model, "whole", None)
    if whole is None:
        yield from _attempt(model, chat, options, deadline)
    else:
        yield whole(chat, replace(options, timeout_seconds=seconds_left(deadline)))


def _attempt(model: Model, chat: Conversation, options: Options, deadline: float) -> Iterator[Delta]:
    left = replace(options, timeout_seconds=seconds_left(deadline))
    for delta in model.stream(chat, left):
        stop_if_abandoned()  # here, since a delta without words may not reach the caller
        if time.monotonic() > deadline:
            raise DeadlineError(
                f"{model.name} gave no whole answer in {options.timeout_seconds:g} s.",
                "Ask for less, or allow more: `timeout_seconds=300`",
            )
        yield delta


def _judge(schema: Schema) -> Callable[[Reply], tuple[str, Any]]:
    """Return a function reply -> (its mistake or "", its typed data).

    It checks with jsonschema (https://python-jsonschema.readthedocs.io); addresses in a schema are not fetched.
    """
    try:
        import jsonschema
        import referencing
    except ImportError:
        raise InstallError("Answers by a schema need the package jsonschema.", "Type: pip install jsonschema") from None
    validator_class = jsonschema.validators.validator_for(schema.rules, default=jsonschema.Draft202012Validator)
    try:
        validator_class.check_schema(schema.rules)
    except jsonschema.SchemaError as error:
        raise InputError(
            f"Invalid JSON Schema: {_short(error.message)}", "See https://json-schema.org/understanding-json-schema"
        ) from None
    validator = validator_class(schema.rules, registry=referencing.Registry())

    def judge(reply: Reply) -> tuple[str, Any]:
        if reply.abstained:
            return "", None
        if reply.cut:
            raise CutOffError(
                f"The answer of {reply.model} was cut before its JSON was whole.", "Allow more: `max_tokens=2048`"
            )
        try:
            values = json_values(reply.text)
            mistakes = [jsonschema.exceptions.best_match(validator.iter_errors(value)) for value in values]
            fitting = [value for value, wrong in zip(values, mistakes, strict=True) if wrong is None]
            if not fitting:
                return f"{_short(mistakes[0].message)} at {mistakes[0].json_path}.", None
            if any(value != fitting[0] for value in fitting):
                return f"it holds {len(fitting)} different values that fit, where one belongs.", None
            return "", schema.typed(fitting[0])
        except referencing.exceptions.Unresolvable as error:
            raise InputError(
                f"The schema refers to {quoted(error.ref)}, which is not in it.", "Put it in $defs."
            ) from None
        except (ValueError, RecursionError) as error:
            return f"it isn't JSON ({_short(str(error))}).", None

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
    """Return the usage of two questions together; unknown if it is for one of them."""
    added = {
        field: None if None in (values := (getattr(first, field), getattr(second, field))) else sum(values)
        for field in ("input_tokens", "output_tokens", "seconds", "usd", "cached_tokens", "thinking_tokens")
    }
    return Usage(**added, first_seconds=first.first_seconds)


def ask_all(
    model: Model, chats: Sequence[Conversation | str | Sequence[Part | str | Picture]], options: Options | None = None
) -> list[Reply]:
    """Ask several questions, at once if the model takes batches, else one after another.

    `Usage.seconds` of an answer from a batch is the batch's time.

    Args:
        model: Any Model; one with `batch(chats, options) -> list[Delta]` is asked all at once.
        chats: The conversations, or the parts of each question, as `ask` takes them.
        options: How to answer; with a schema, questions are asked one by one.

    Raises:
        SensoriumError: as `ask`; then nothing is returned.
    """
    options = options or Options()
    asked = [_question(tuple(chat) if isinstance(chat, list | tuple) else (chat,), None)[0] for chat in chats]
    batch: Callable[[Sequence[Conversation], Options], list[Delta]] | None = getattr(model, "batch", None)
    if batch is None or options.schema is not None or len(asked) < 2:
        return [ask(model, chat, options) for chat in asked]
    for chat in asked:
        check(model.name, model.limits, chat, options)
    prepare(model)
    start = time.perf_counter()
    deltas = batch(asked, options)
    replies = []
    for chat, delta in zip(asked, deltas, strict=True):
        try:
            replies.append(_reply(model, iter((delta,)), options, start))
        except ServiceError as error:
            if not error.retryable:
                raise
            replies.append(ask(model, chat, options))
    return [replace(reply, usage=replace(reply.usage, first_seconds=None)) for reply in replies]
