"""StepRunner: asks one question after another, or several at once; failures are counted by kind, and some held back."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock
from types import TracebackType

from sensorium.ask.request_log import RequestUsage, logged_requests, now
from sensorium.core.errors import (
    CutOffError,
    DeadlineError,
    LimitError,
    MediaError,
    MisfitError,
    NotAskedError,
    NoWordsError,
    RateLimitError,
    RefusalError,
    SensoriumError,
    ServiceError,
)
from sensorium.core.reply import Reply, Usage
from sensorium.evaluation.conditions import Condition
from sensorium.evaluation.run_store import AnswerStore, Record
from sensorium.tasks.task import Example, Task

MAX_FAILURES_IN_A_ROW = 5
"""After so many in a row a service is taken to be gone, or the questions to be too long, and the run stops."""
BROKEN_FILE = "broken file"
_KINDS: tuple[tuple[type[SensoriumError], str], ...] = (
    (DeadlineError, "timeout"),
    (RateLimitError, "rate limit"),
    (RefusalError, "refused"),
    (NoWordsError, "empty"),
    (MisfitError, "bad JSON"),
    (CutOffError, "cut off"),
    (ServiceError, "service error"),
    (LimitError, "limit"),
    (MediaError, BROKEN_FILE),
)
_HELD_BACK = {"timeout", "rate limit", "service error", "limit"}
"""Failures that may be of all questions: they are stored once another question is answered."""
_COUNTS = ("input_tokens", "output_tokens", "cached_tokens", "thinking_tokens")


def failure_kind(error: SensoriumError) -> str:
    """Return the kind of an error that concerns one question only; "" for one that must stop a run."""
    return next((kind for wrong, kind in _KINDS if isinstance(error, wrong)), "")


@dataclass
class _Lane:
    """What is held back of a condition, or of several that are asked one after another."""

    condition: str = ""
    held_back: list[Record] = field(default_factory=list)
    error: SensoriumError | None = None
    is_closed: bool = False


class StepRunner:
    """Answers steps and stores them as they come; failures that may be of all questions are held back.

    Use it in a `with` block: at its end, answers that are on their way are waited for and stored.

    Args:
        task: What is asked.
        store: Where answers are kept, or None.
        answered: The conditions under which a question was answered before.
        workers: How many questions are asked at once.
        left_out: See `evaluation.run`.
    """

    def __init__(
        self, task: Task, store: AnswerStore | None, answered: set[str], workers: int = 1,
        left_out: Callable[[str, SensoriumError], None] | None = None,
    ) -> None:  # fmt: skip
        self._task, self._store, self._answered, self._left_out = task, store, answered, left_out
        self.not_asked = ""
        self._lanes: dict[str, _Lane] = {}
        self._lock = Lock()
        self._workers = workers
        self._pool = ThreadPoolExecutor(workers) if workers > 1 else None
        self._steps: list[tuple[Condition, int]] = []
        self._ahead: dict[tuple[str, int], Future[Record | None]] = {}

    def __enter__(self) -> StepRunner:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def started(self, steps: Sequence[tuple[Condition, int]]) -> Callable[[tuple[Condition, int]], Record | None]:
        """Return what answers each of these steps, in their order; None for one that is not asked."""
        self._steps = list(reversed(steps))
        return self._step if self._pool is None else self._result

    def finish(self) -> None:
        """Store what was held back, or raise where a condition has nothing but such failures."""
        for lane in self._lanes.values():
            self._close(lane)

    def _result(self, step: tuple[Condition, int]) -> Record | None:
        """Return the record of a step that was started, and start the next ones."""
        assert self._pool is not None
        while self._steps and len(self._ahead) < self._workers:
            condition, place = self._steps.pop()
            self._ahead[condition.name, place] = self._pool.submit(self._step, (condition, place))
        future = self._ahead.get((step[0].name, step[1]))
        try:
            return None if future is None else future.result()
        finally:
            self._ahead.pop((step[0].name, step[1]), None)

    def _step(self, step: tuple[Condition, int]) -> Record | None:
        condition, place = step
        with self._lock:
            lane = self._lane(condition)
            if self.not_asked or lane.is_closed:
                return None
        try:
            record, error = answer_record(condition, place, self._task.examples[place])
        except NotAskedError as reason:
            self.not_asked = self.not_asked or reason.message
            return None
        except SensoriumError as reason:
            with self._lock:
                self._fail(lane, condition.name, reason)
            return None
        with self._lock:
            return self._kept(lane, record, error)

    def _lane(self, condition: Condition) -> _Lane:
        """Return the lane of a condition; without `left_out` all share one, which the next condition takes over."""
        lane = self._lanes.setdefault(condition.name if self._left_out else "", _Lane(condition.name))
        if lane.condition != condition.name:
            if self._is_unanswered(lane) or any(record.failure == "limit" for record in lane.held_back):
                self._close(lane)
            lane.condition = condition.name
        return lane

    def _kept(self, lane: _Lane, record: Record, error: SensoriumError | None) -> Record | None:
        if record.failure in _HELD_BACK:
            lane.held_back.append(record)
            lane.error = error
            if error is not None and len(lane.held_back) >= MAX_FAILURES_IN_A_ROW:
                self._fail(lane, record.condition, error)
                return None
        else:
            self._answered.add(record.condition)
            self._add(lane, record)
        return record

    def _fail(self, lane: _Lane, condition: str, error: SensoriumError) -> None:
        """Leave a condition out, or raise its error."""
        if self._left_out is None:
            raise error
        if not lane.is_closed:
            lane.is_closed = True
            lane.held_back.clear()
            self._left_out(condition, error)

    def _close(self, lane: _Lane) -> None:
        if self._is_unanswered(lane) and lane.error is not None:
            self._fail(lane, lane.condition, lane.error)
        self._add(lane)

    def _is_unanswered(self, lane: _Lane) -> bool:
        return bool(lane.held_back) and lane.condition not in self._answered

    def _add(self, lane: _Lane, *records: Record) -> None:
        for record in (*lane.held_back, *records) if self._store is not None else ():
            assert self._store is not None
            self._store.add(record)
        lane.held_back.clear()


def answer_record(condition: Condition, place: int, example: Example) -> tuple[Record, SensoriumError | None]:
    """Return the record of one question, and the error if it failed.

    Raises:
        SensoriumError: what concerns more than this question.
    """
    shown: tuple[int, ...] = ()
    asked, start = now(), math.nan
    with logged_requests() as requests:
        try:
            condition.prepare()
            asked, start = now(), time.perf_counter()
            shown = condition.demonstrations(example)
            reply: Reply = condition.answer(example)
        except SensoriumError as error:
            kind = failure_kind(error)
            if not kind:
                raise
            usage = _charged(condition, requests, Usage(seconds=_seconds_since(start)))
            record = Record(condition.name, place, "", False, None, usage, kind, error.message, shown)
            return replace(record, asked=_moment(asked, requests), measured=dict(condition.measured())), error
    failure = "" if reply.text.strip() or reply.abstained else "empty"
    usage = _charged(condition, requests, reply.usage)
    record = Record(condition.name, place, reply.text, reply.abstained, reply.confidence, usage, failure, "", shown)
    measured = dict(condition.measured())
    return replace(record, cut=reply.cut, asked=_moment(asked, requests), measured=measured), None


def _seconds_since(start: float) -> float | None:
    """Return how long ago that was; None if nothing was asked yet."""
    return None if math.isnan(start) else time.perf_counter() - start


def _charged(condition: Condition, requests: Sequence[RequestUsage], usage: Usage) -> Usage:
    """Return a usage with the tokens and the money of all requests, if the condition has a price."""
    if condition.price is None or not requests:
        return usage

    def total(values: Sequence[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return math.fsum(known) if known else None

    counted = [request for request in requests if request.usage.input_tokens is not None]
    sums = {name: total([getattr(request.usage, name) for request in counted]) for name in _COUNTS}
    whole = {name: None if value is None else int(value) for name, value in sums.items()}
    money = [condition.price(request) for request in counted]
    dollars = None if None in money else math.fsum(value for value in money if value is not None)
    return replace(usage, **whole, usd=dollars)


def _moment(asked: datetime, requests: Sequence[RequestUsage]) -> str:
    """Return when the first request was sent, else when the question was asked."""
    moment = requests[0].asked if requests else asked
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
