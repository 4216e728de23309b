"""Asker: asks each step once, within the budget and the server's limit, and keeps its answer; many side by side."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeVar

from sensorium.ask import ask
from sensorium.ask.budget import Prices, Spending, request_cost, usage_usd
from sensorium.core.errors import DeadlineError, InputError, NoWordsError, RateLimitError, SensoriumError, ServiceError
from sensorium.core.messages import Conversation
from sensorium.core.protocols import Model, Options
from sensorium.core.reply import Usage
from sensorium.core.retry import FIRST_WAIT_SECONDS, MAX_WAIT_SECONDS, abandonable, idempotent
from sensorium.video.watch.steps import StepStore, step_key

Job = TypeVar("Job")
Result = TypeVar("Result")

WORKERS = 4
"""How many questions are asked at once of a service."""
ATTEMPTS = 2
"""A step that failed so often is left out, and that is noted."""
MAX_RATE_LIMITS = 8
"""So often a step waits because the service has too many requests."""
GRACE_SECONDS = 20.0
"""So long answers that are on their way, and paid for, are waited for after Ctrl-C; a second Ctrl-C ends it at once."""


@dataclass(frozen=True)
class StepAnswer:
    """The answer of one step.

    Args:
        text: The words.
        data: With a schema, its JSON values.
        usage: What it cost in this run; nothing if it was stored.
        confidence: The model's, or None.
        abstained: Whether the model can't tell.
        is_stored: Whether it came from an earlier run.
    """

    text: str
    data: Any = None
    usage: Usage = field(default_factory=Usage)
    confidence: float | None = None
    abstained: bool = False
    is_stored: bool = False


class Gate:
    """Lets so many requests through at once; fewer after a service has said that they are too many.

    Args:
        most: How many.
    """

    def __init__(self, most: int) -> None:
        if most < 1:
            raise InputError(f"At least one question is asked at a time, not {most}.", "Try `workers=4`.")
        self.limit, self._most, self._inside, self._since = most, most, 0, 0
        self._until = 0.0
        self._change = threading.Condition()

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Wait for a place, and hold it while the block runs."""
        with self._change:
            while self._inside >= self.limit or time.monotonic() < self._until:
                pause = self._until - time.monotonic()
                self._change.wait(pause if pause > 0 else None)
            self._inside += 1
        try:
            yield
        finally:
            with self._change:
                self._inside -= 1
                self._since += 1
                if self._since > 4 * self.limit and self.limit < self._most:
                    self.limit, self._since = self.limit + 1, 0
                self._change.notify_all()

    def slow_down(self, seconds: float) -> None:
        """Halve how many are let through, and let none through for so long."""
        with self._change:
            self.limit, self._since = max(1, self.limit // 2), 0
            self._until = max(self._until, time.monotonic() + seconds)


class Asker:
    """Asks the steps of a question; safe to be used by several threads.

    Args:
        store: Where answers are kept, and taken from.
        spending: The budget.
        prices: Of models that the catalogue has no price of.
        workers: How many questions are asked at once.
        may_repeat: Whether a question is asked again if an earlier run ended before its answer came: it may have been
            charged. It carries the same `Idempotency-Key`.
    """

    def __init__(
        self, store: StepStore, spending: Spending | None = None, prices: Prices | None = None, workers: int = WORKERS,
        may_repeat: bool = True,
    ) -> None:  # fmt: skip
        self.store, self.spending, self.prices = store, spending or Spending(), prices or {}
        self.workers, self.gate, self._may_repeat = workers, Gate(workers), may_repeat
        self.asked = self.from_store = self.repeated = 0
        self.usages: list[Usage] = []
        self.stopped, self._abandoned = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._busy: dict[str, threading.Lock] = {}

    def ask(
        self, key: Mapping[str, Any], model: Model, chat: Callable[[], Conversation], options: Options, expected: int
    ) -> StepAnswer:
        """Return a step's answer: the stored one, else the model's, which is stored.

        Args:
            key: Plain JSON values that the answer depends on beside the model and the options.
            model: Whom to ask.
            chat: Makes the question; called only if it is asked.
            options: How to answer; `retries` is not used.
            expected: How many tokens the answer is expected to have.

        Raises:
            OverBudgetError: if it may cost more than is left; nothing is sent.
            ServiceError: if it failed `ATTEMPTS` times.
            SensoriumError: what concerns every question, such as a missing key.
        """
        name = step_key({**key, "model": model.name, "options": _options_key(options)})
        with self._lock:
            busy = self._busy.setdefault(name, threading.Lock())
        with busy:
            stored = self.store.get(name)
            if stored is None:
                return self._asked(name, model, chat(), options, expected)
        with self._lock:
            self.from_store += 1
        return StepAnswer(
            stored["text"], stored["data"], Usage(0, 0, 0.0, None, 0.0, 0), stored["confidence"],
            stored["abstained"], True,
        )  # fmt: skip

    def is_stored(self, key: Mapping[str, Any], model: Model, options: Options) -> bool:
        """Whether a step needs no request."""
        return self.store.get(step_key({**key, "model": model.name, "options": _options_key(options)})) is not None

    def stored(self, key: Mapping[str, Any], model: Model, options: Options) -> str | None:
        """Return the stored text of a step, or None."""
        value = self.store.get(step_key({**key, "model": model.name, "options": _options_key(options)}))
        return None if value is None else str(value["text"])

    def keep(self, key: Mapping[str, Any], make: Callable[[], dict[str, Any]], dollars: float = 0.0) -> dict[str, Any]:
        """Return what is stored under a key, or what `make` returns, which costs so much and is stored.

        Raises:
            OverBudgetError: if it costs more than is left; it is not made.
        """
        name = step_key(key)
        stored = self.store.get(name)
        if stored is not None:
            return stored
        hold = self.spending.reserve(0, dollars)
        try:
            value = make()
        except BaseException:
            self.spending.settle(hold, 0, None)
            raise
        self.spending.settle(hold, 0, dollars)
        self.store.add(name, value)
        return value

    def usage(self) -> Usage:
        """Return what all requests of this run cost together; a field is None if it is unknown of one of them."""
        with self._lock:
            usages = list(self.usages)

        def total(name: str) -> Any:
            values = [getattr(usage, name) for usage in usages]
            return None if None in values else sum(values)

        return Usage(total("input_tokens"), total("output_tokens"), total("seconds"), None, total("usd"),
                     total("cached_tokens"))  # fmt: skip

    def _asked(self, name: str, model: Model, chat: Conversation, options: Options, expected: int) -> StepAnswer:
        cost = request_cost(model, chat, options, expected)
        failures = limited = 0
        if self.store.was_sent(name):
            if not self._may_repeat:
                raise ServiceError(
                    "An earlier run ended before its answer came; it is not asked again.",
                    "Allow it to be asked again; a service may charge it twice.",
                )
            with self._lock:
                self.repeated += 1
        while True:
            if self.stopped.is_set():
                raise DeadlineError("Stopped before it was asked.", "Ask again.")
            hold = self.spending.reserve(cost.most_tokens, cost.most_usd(model.name, self.prices))
            try:
                reply = self._sent(name, model, chat, options)
            except RateLimitError as error:
                self.spending.release(hold)
                self.store.failed(name)
                limited += 1
                if limited >= MAX_RATE_LIMITS:
                    raise
                wait = min(MAX_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2**limited)
                self.gate.slow_down(wait if error.wait_seconds is None else error.wait_seconds)
            except ServiceError as error:
                self.spending.settle(hold, None, None)  # it may have been charged
                if not isinstance(error, DeadlineError):
                    self.store.failed(name)
                failures += 1
                if failures >= ATTEMPTS or not (error.retryable or isinstance(error, NoWordsError)):
                    raise
            except BaseException:
                self.spending.release(hold)
                self.store.failed(name)
                raise
            else:
                return self._kept(name, model, reply, hold)

    def _sent(self, name: str, model: Model, chat: Conversation, options: Options) -> Any:
        with self.gate.slot(), abandonable(self._abandoned.is_set):
            self.store.sent(name)
            with idempotent(self.store.request_key(name)):
                return ask(model, chat, replace(options, retries=0))

    def _kept(self, name: str, model: Model, reply: Any, hold: Any) -> StepAnswer:
        usage = reply.usage
        dollars = usage.usd if usage.usd is not None else usage_usd(model.name, usage, self.prices)
        usage = replace(usage, usd=dollars)
        known = usage.input_tokens is not None and usage.output_tokens is not None
        tokens = usage.input_tokens + usage.output_tokens if known else None
        self.spending.settle(hold, tokens, dollars)
        data = reply.to_json()["data"]
        value = {"text": reply.text, "data": data, "confidence": reply.confidence, "abstained": reply.abstained}
        self.store.add(name, value | {"usage": asdict(usage), "by": model.name})
        with self._lock:
            self.asked += 1
            self.usages.append(usage)
        return StepAnswer(reply.text, data, usage, reply.confidence, reply.abstained)

    def side_by_side(
        self, jobs: Iterable[Job], work: Callable[[Job], Result]
    ) -> Iterator[tuple[Job, Result | SensoriumError]]:
        """Yield each job with its result, or with the error that it raised, as they end; jobs are taken as needed.

        After Ctrl-C no further question is asked; those on their way are waited for, as their answers are paid for.
        """
        jobs_left, done = queue.Queue[Any](), queue.Queue[Any]()
        threads = [
            threading.Thread(target=_work_off, args=(jobs_left, done, work), daemon=True) for _ in range(self.workers)
        ]
        for thread in threads:
            thread.start()
        open_jobs = 0
        try:
            for job in jobs:
                while open_jobs > self.workers or not done.empty():
                    open_jobs -= 1
                    yield _result(done.get())
                jobs_left.put(job)
                open_jobs += 1
            while open_jobs:
                open_jobs -= 1
                yield _result(done.get())
        except BaseException:
            self.stopped.set()
            _end(threads, jobs_left)
            self._wait_for(threads)
            raise
        _end(threads, jobs_left)

    def _wait_for(self, threads: list[threading.Thread]) -> None:
        """Wait for the answers on their way, but not for ever."""
        until = time.monotonic() + GRACE_SECONDS
        try:
            for thread in threads:
                thread.join(max(0.0, until - time.monotonic()))
        finally:
            self._abandoned.set()


def _end(threads: list[threading.Thread], jobs: queue.Queue[Any]) -> None:
    """Let threads end after what they are working on."""
    while not jobs.empty():
        with suppress(queue.Empty):
            jobs.get_nowait()
    for _ in threads:
        jobs.put(None)


def _work_off(jobs: queue.Queue[Any], done: queue.Queue[Any], work: Callable[[Any], Any]) -> None:
    while (job := jobs.get()) is not None:
        try:
            done.put((job, work(job)))
        except BaseException as error:
            done.put((job, error))


def _result(pair: tuple[Any, Any]) -> tuple[Any, Any]:
    """Return a job and its result; raise what isn't about this job."""
    job, result = pair
    if isinstance(result, BaseException) and not isinstance(result, SensoriumError):
        raise result
    return job, result


def _options_key(options: Options) -> dict[str, Any]:
    values = asdict(replace(options, schema=None))
    kept = ("max_tokens", "temperature", "seed", "stop", "top_p", "detail")
    return {name: values[name] for name in kept} | {"schema": options.rules}
