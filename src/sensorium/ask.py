"""The one way to a model: check its limits, stream, try again, time and price the answer."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import replace

from sensorium.core.catalog import usd
from sensorium.core.errors import DeadlineError, LimitError, SensoriumError
from sensorium.core.messages import Conversation, Image, kind
from sensorium.core.reply import Evidence, Reply, Usage
from sensorium.core.roles import Delta, Limits, Model, Options

_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 20.0


def ask(model: Model, chat: Conversation, options: Options | None = None) -> Reply:
    """Ask a model and wait for its whole answer.

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
    start = time.perf_counter()
    texts: list[str] = []
    evidence: list[Evidence] = []
    last = Delta()
    first_seconds = None
    for delta in stream(model, chat, options):
        if delta.text and first_seconds is None:
            first_seconds = time.perf_counter() - start
        texts.append(delta.text)
        evidence.extend(delta.evidence)
        last = Delta(
            confidence=last.confidence if delta.confidence is None else delta.confidence,
            abstained=last.abstained if delta.abstained is None else delta.abstained,
            usage=last.usage if delta.usage is None else delta.usage,
        )
    usage = replace(last.usage or Usage(), seconds=time.perf_counter() - start, first_seconds=first_seconds)
    if usage.usd is None:
        usage = replace(usage, usd=usd(model.name, usage))
    return Reply("".join(texts), last.confidence, bool(last.abstained), tuple(evidence), usage, model.name)


def stream(model: Model, chat: Conversation, options: Options | None = None) -> Iterator[Delta]:
    """Ask a model and give its answer piece by piece; raises as `ask` does.

    A retryable error is tried again, after a growing pause, as long as nothing has been given yet.
    """
    options = options or Options()
    check(model.name, model.limits, chat)
    deadline = time.monotonic() + options.timeout_seconds
    for attempt in range(options.retries + 1):
        given = False
        try:
            for delta in model.stream(chat, options):
                if time.monotonic() > deadline:
                    raise DeadlineError(
                        f"{model.name} gave no whole answer in {options.timeout_seconds:g} s.",
                        "Ask for less, or allow more time.",
                    )
                given = True
                yield delta
            return
        except SensoriumError as error:
            pause = min(_LONGEST_WAIT_SECONDS, _FIRST_WAIT_SECONDS * 2**attempt) * random.uniform(0.5, 1.0)
            late = time.monotonic() + pause > deadline
            if not error.retryable or given or late or attempt == options.retries:
                raise
            time.sleep(pause)


def check(name: str, limits: Limits, chat: Conversation) -> None:
    """Raise LimitError where a model of these limits can't take the conversation; nothing is sent."""
    if not chat.messages or chat.messages[-1].role != "user":
        raise LimitError("The conversation does not end with a user's message.", "Add a question.")
    for part in chat.parts:
        if kind(part) not in limits.parts:
            raise LimitError(
                f"The model {name!r} takes {' and '.join(limits.parts)}, not {kind(part)}.",
                "Choose another model: sensorium models lists what each takes.",
            )
    images = sum(isinstance(part, Image) for part in chat.parts)
    if limits.most_images is not None and images > limits.most_images:
        raise LimitError(
            f"The model {name!r} takes at most {limits.most_images} picture{'s' * (limits.most_images != 1)}, "
            f"and the conversation has {images}.",
            "Leave some out, or choose another model: sensorium models lists what each takes.",
        )
