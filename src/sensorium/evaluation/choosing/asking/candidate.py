"""Candidate: one way to answer that is to be compared, before it is asked; and its condition for the engine."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sensorium.ask.budget import text_tokens
from sensorium.ask.ready import prepare
from sensorium.ask.request_log import RequestUsage
from sensorium.core.messages import Conversation
from sensorium.core.protocols import Model, Options
from sensorium.core.reply import Reply, Usage
from sensorium.evaluation.choosing.asking.local_process import LocalProcess, later
from sensorium.evaluation.choosing.asking.machine import EnergyCounter
from sensorium.evaluation.choosing.asking.paid import PaidAsker
from sensorium.evaluation.choosing.asking.price_list import PriceList
from sensorium.evaluation.conditions import Condition, Step, options_key
from sensorium.tasks.prompt import digest, to_conversation
from sensorium.tasks.task import Example

MAJORITY = "majority"
_FREE = "nothing: it asks no model"
_MARGIN_TOKENS = 8
"""A model says a little more than the right answer."""
_OWN_ADDRESS = re.compile(r"@https?://(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?(?:[/?]|$)")


@dataclass(frozen=True)
class Candidate:
    """One way to answer.

    Args:
        name: What reports call it; unique among those compared.
        kind: In a word: "offline", "starter", "classic", "local", "tuned", "hosted", "few-shot", "chain", "majority" …
        load: Makes the model; for one that runs here, something that pickle takes, as it is made in its own process.
        model: A hosted model, already made; None for one that runs here.
        model_name: "scheme:name".
        settings: What every score carries beside the options, as plain JSON values; answers depend on them.
        facts: What scores carry, too, but answers don't depend on, such as the tokens of a picture.
        conversation: Turns an example into what is asked, e.g. with demonstrations before it.
        demonstrations: The positions in their pool of the examples shown before a question.
        chain: What the conversation goes through before it is asked.
        options: How to answer.
        server: The address of the server that is asked, if it is known.
    """

    name: str
    kind: str
    model_name: str
    load: Callable[[], Model] | None = None
    model: Model | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    conversation: Callable[[Example], Conversation] = to_conversation
    demonstrations: Callable[[Example], tuple[int, ...]] = lambda example: ()
    chain: tuple[Step, ...] = ()
    options: Options = field(default_factory=Options)
    server: str = ""

    @property
    def is_local(self) -> bool:
        """Whether it runs on this machine, in a process of its own."""
        return self.model is None

    @property
    def is_private(self) -> bool:
        """Whether nothing leaves this machine: it runs here, or a server on this machine is asked."""
        return self.is_local or bool(_OWN_ADDRESS.search(f"@{self.server}" if self.server else self.model_name))

    @property
    def key(self) -> dict[str, Any]:
        """What its answers depend on, as plain JSON values."""
        options = options_key(self.options) | {"top_p": self.options.top_p}
        return {"model": self.model_name, **self.settings, "options": options}

    def price(self, prices: PriceList, days: Sequence[date] = ()) -> str:
        """Return its price in words, of the days on which it was asked."""
        return _FREE if self.kind == MAJORITY else prices.words(self.model_name, self.is_local, days)

    def chat(self, example: Example) -> Conversation:
        """Return what is asked of a hosted model."""
        chat = self.conversation(example)
        for step in self.chain:
            chat = step(chat)
        return chat


def majority(pool: Sequence[Example]) -> Candidate:
    """Return the control that always gives the commonest answer of a pool: what a model must beat."""
    return Candidate(MAJORITY, MAJORITY, MAJORITY, settings={"answer": common_answer(pool), "pool": digest(pool)})


def common_answer(pool: Sequence[Example]) -> str:
    """Return the commonest answer of a pool, the first one of a tie."""
    counts: dict[str, int] = {}
    for example in pool:
        counts[example.answer] = counts.get(example.answer, 0) + 1
    return max(counts, key=lambda answer: counts[answer])


def expected_tokens(candidate: Candidate, example: Example) -> int:
    """Return how long an answer is expected to be: about as long as the right one, thoughts aside."""
    return min(candidate.options.max_tokens, text_tokens(example.answer) + _MARGIN_TOKENS)


def majority_condition(candidate: Candidate) -> Condition:
    """Return the condition of the majority: it costs nothing."""
    reply = Reply(str(candidate.settings["answer"]), usage=Usage(usd=0.0))
    return Condition(candidate.name, lambda example: reply, candidate.key)


def local_condition(
    candidate: Candidate, process: LocalProcess, check_time: Callable[[], None] = lambda: None
) -> Condition:
    """Return the condition that asks in a process of its own, and measures memory and, if it can, energy.

    Args:
        candidate: Whom.
        process: Its process.
        check_time: Raises NotAskedError if no further question is to be asked.
    """
    energy = EnergyCounter()
    measured: dict[str, float] = {}

    def ready() -> None:
        check_time()
        process.start()

    def answer(example: Example) -> Reply:
        measured.clear()
        chat = candidate.conversation(example)
        before = energy.read() if energy.can_read else None
        try:
            return process.ask(chat, candidate.options)
        finally:
            joules = energy.joules_since(before)
            if joules is not None:
                measured["joules"] = joules
            if process.peak_memory_bytes is not None:
                measured["peak_memory_bytes"] = process.peak_memory_bytes

    made = Condition(candidate.name, answer, candidate.key, candidate.demonstrations)
    return replace(made, measured=lambda: dict(measured), prepare=ready)


def hosted_condition(
    candidate: Candidate, asker: PaidAsker, name_of: Callable[[Example], str], concurrency: int = 1
) -> Condition:
    """Return the condition that asks a hosted model within the limits of money and time.

    Args:
        candidate: Whom.
        asker: Pays.
        name_of: Returns the name of a question's request, the same in every run.
        concurrency: How many questions are asked at once, to be recorded.
    """
    model, prices = candidate.model, asker.prices
    assert model is not None

    def answer(example: Example) -> Reply:
        expected, start = expected_tokens(candidate, example), time.perf_counter()
        chat = candidate.chat(example)
        before = time.perf_counter() - start if candidate.chain else 0.0
        return later(asker.ask(model, chat, candidate.options, name_of(example), expected), before)

    return Condition(
        candidate.name,
        answer,
        candidate.key,
        candidate.demonstrations,
        price=lambda request: _price(prices, candidate.model_name, request),
        measured=lambda: {"concurrency": concurrency},
        prepare=lambda: prepare(model),
    )


def _price(prices: PriceList, name: str, request: RequestUsage) -> float | None:
    return prices.request_usd(name, request)
