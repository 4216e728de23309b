"""Condition: one way to answer examples, and what identifies it in a store of answers."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sensorium.ask import ask
from sensorium.ask.ready import prepare
from sensorium.ask.request_log import RequestUsage
from sensorium.core.messages import Conversation
from sensorium.core.protocols import Model, Options
from sensorium.core.reply import Reply
from sensorium.tasks.prompt import to_conversation
from sensorium.tasks.task import Example

Step = Callable[[Conversation], Conversation]
"""One link of a chain."""


@dataclass(frozen=True)
class Condition:
    """One way to answer examples: a model with or without demonstrations, a control, an adapter, a chain.

    Args:
        name: What reports call it.
        answer: Answers one example.
        key: Plain JSON values that answers depend on: model, prompt, shots, seed, options, adapter digest. Stored
            answers are used again only under an equal key.
        demonstrations: The positions in their pool of the examples shown before a question, to be recorded.
        price: What one of its requests cost in US dollars, None if that is unknown; the records then hold the sum of
            all requests, failed ones included. Without it they hold what the reply says.
        measured: What else was measured of the answer just given, name -> number, to be recorded.
        prepare: Loads and imports what every answer needs; called before each question's clock starts.
    """

    name: str
    answer: Callable[[Example], Reply]
    key: Mapping[str, Any] = field(default_factory=dict)
    demonstrations: Callable[[Example], tuple[int, ...]] = lambda example: ()
    price: Callable[[RequestUsage], float | None] | None = None
    measured: Callable[[], Mapping[str, float]] = dict
    prepare: Callable[[], None] = lambda: None


def model_condition(
    name: str,
    model: Callable[[], Model],
    key: Mapping[str, Any],
    conversation: Callable[[Example], Conversation] = to_conversation,
    options: Options | None = None,
    chain: Sequence[Step] = (),
) -> Condition:
    """Return the condition that asks a model.

    Args:
        name: What reports call it.
        model: Returns the model; called for each question, so that it may be loaded late (see `ModelSlot`).
        key: What answers depend on beside the options, which are added.
        conversation: Turns an example into what is asked, e.g. with demonstrations before it.
        options: How to answer.
        chain: What the conversation goes through before it is asked.
    """

    def answer(example: Example) -> Reply:
        chat = conversation(example)
        for step in chain:
            chat = step(chat)
        return ask(model(), chat, options)

    return Condition(name, answer, {**key, "options": options_key(options)}, prepare=lambda: prepare(model()))


def options_key(options: Options | None) -> dict[str, Any]:
    """Return what answers depend on of the options: neither the time limit nor the retries."""
    values = asdict(options or Options())
    rules = (options or Options()).rules
    detail = {} if values["detail"] == "auto" else {"detail": values["detail"]}
    return {name: values[name] for name in ("max_tokens", "temperature", "seed", "stop")} | {"schema": rules} | detail


class ModelSlot:
    """Room for one loaded model: another one is loaded only after the first has left the memory."""

    def __init__(self) -> None:
        self._load: Callable[[], Model] | None = None
        self._model: Model | None = None

    def lazy(self, load: Callable[[], Model]) -> Callable[[], Model]:
        """Return a function that returns the loaded model, and loads it first if another one is in the slot."""

        def model() -> Model:
            if self._model is None or self._load is not load:
                self._model = None
                _free_memory()
                self._load, self._model = load, load()
            return self._model

        return model


def _free_memory() -> None:
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
