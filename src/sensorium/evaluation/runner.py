"""The engine that measures: a task asked under several conditions, one record an answer, failures counted by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sensorium.core.errors import (
    DeadlineError,
    InputError,
    LimitError,
    MediaError,
    NoWordsError,
    RateLimitError,
    RefusalError,
    SensoriumError,
    ServiceError,
    quoted,
)
from sensorium.core.protocols import Progress, no_progress
from sensorium.core.reply import Reply
from sensorium.evaluation.conditions import Condition
from sensorium.evaluation.metrics import metric
from sensorium.evaluation.run_store import Record, RunStore
from sensorium.tasks.prompt import digest
from sensorium.tasks.task import Example, Task

MAX_FAILURES_IN_A_ROW = 5
"""After so many in a row a service is taken to be gone, or the questions to be too long, and the run stops."""
BROKEN_FILE = "broken file"
_KINDS: tuple[tuple[type[SensoriumError], str], ...] = (
    (DeadlineError, "timeout"),
    (RateLimitError, "rate limit"),
    (RefusalError, "refused"),
    (NoWordsError, "empty"),
    (ServiceError, "service error"),
    (LimitError, "limit"),
    (MediaError, BROKEN_FILE),
)
_HELD_BACK = {"timeout", "rate limit", "service error", "limit"}
"""Failures that may be of all questions: they are stored once another question is answered."""


@dataclass(frozen=True)
class Run:
    """A task's examples and the records of each condition.

    Args:
        task: What was asked.
        records: Condition -> example's position -> record, in the order of the task.
    """

    task: Task
    records: Mapping[str, Mapping[int, Record]]

    def scores(self, condition: str, metric_name: str) -> tuple[float, ...]:
        """Return how right each answer of a condition is, 0 to 1; failures score 0."""
        return tuple(self.score(record, metric_name) for record in self.records[condition].values())

    def score(self, record: Record, metric_name: str) -> float:
        """Return how right an answer is, 0 to 1; a failure scores 0."""
        return 0.0 if record.failure else metric(metric_name)(record.text, self.task.examples[record.example])

    def failures(self, condition: str) -> dict[str, int]:
        """Return how many answers of a condition failed, by kind, the commonest first."""
        kinds = Counter(record.failure for record in self.records[condition].values() if record.failure)
        return dict(kinds.most_common())

    def broken_files(self) -> tuple[str, ...]:
        """Return what was wrong with the files that could not be read, a message each."""
        records = [record for records in self.records.values() for record in records.values()]
        return tuple(dict.fromkeys(record.detail for record in records if record.failure == BROKEN_FILE))


def run(
    task: Task,
    conditions: Sequence[Condition],
    metrics: Sequence[str] = (),
    store: RunStore | None = None,
    progress: Progress = no_progress,
    label: str = "Asking",
) -> Run:
    """Ask all examples of a task under each condition, one condition after another, so that prompts begin alike.

    What a store holds is not asked again. Failures of single questions are recorded; five in a row, or a condition
    under which no question was answered, raise the last one's error, and these are asked again next time.

    Args:
        task: What is asked.
        conditions: Ways to answer.
        metrics: Names of metrics that the answers will be scored by: checked before anything is asked.
        store: Keeps each answer as it comes.
        progress: Does the work; what it leaves out has no record.
        label: What the progress is called.

    Raises:
        InputError: when the task has no examples, or a metric doesn't fit them.
        SensoriumError: what must stop a run: a missing key or package, the user's mistake, a service that is gone.
    """
    _check(task, metrics)
    if len({condition.name for condition in conditions}) < len(conditions):
        raise InputError("Two conditions have the same name.", "Name them differently.")
    known = dict(store.records) if store else {}
    asker = _Asker(task, store, {name for name, _ in known})
    steps = [(condition, place) for condition in conditions for place in range(len(task))]
    left = [step for step in steps if (step[0].name, step[1]) not in known]
    for (condition, place), record in progress(left, asker, label):
        known[condition.name, place] = record
    asker.finish()
    records: dict[str, dict[int, Record]] = {condition.name: {} for condition in conditions}
    for condition, place in steps:
        if (condition.name, place) in known:
            records[condition.name][place] = known[condition.name, place]
    return Run(task, records)


def settings_of(task: Task, conditions: Sequence[Condition]) -> dict[str, Any]:
    """Return what identifies a run: its questions, and the key of each condition."""
    keys = {condition.name: dict(condition.key) for condition in conditions}
    return {"questions": digest(task.examples), "conditions": keys}


def failure_kind(error: SensoriumError) -> str:
    """Return the kind of an error that concerns one question only; "" for one that must stop a run."""
    return next((kind for wrong, kind in _KINDS if isinstance(error, wrong)), "")


class _Asker:
    """Answers one step after another and stores it; failures that may be of all questions are held back."""

    def __init__(self, task: Task, store: RunStore | None, answered: set[str]) -> None:
        self._task, self._store, self._answered = task, store, answered
        self._held_back: list[Record] = []
        self._error: SensoriumError | None = None
        self._condition = ""

    def __call__(self, step: tuple[Condition, int]) -> Record:
        condition, place = step
        if condition.name != self._condition:
            if self._unanswered or any(record.failure == "limit" for record in self._held_back):
                self.finish()
            self._condition = condition.name
        record, error = _answer(condition, place, self._task.examples[place])
        if record.failure in _HELD_BACK:
            self._held_back.append(record)
            self._error = error
            if error is not None and len(self._held_back) >= MAX_FAILURES_IN_A_ROW:
                raise error
        else:
            self._answered.add(condition.name)
            self._add(*self._held_back, record)
        return record

    def finish(self) -> None:
        """Store what was held back, or raise where a condition has nothing but such failures."""
        if self._unanswered and self._error is not None:
            raise self._error
        self._add(*self._held_back)

    @property
    def _unanswered(self) -> bool:
        return bool(self._held_back) and self._condition not in self._answered

    def _add(self, *records: Record) -> None:
        for record in records if self._store is not None else ():
            assert self._store is not None
            self._store.add(record)
        self._held_back.clear()


def _answer(condition: Condition, place: int, example: Example) -> tuple[Record, SensoriumError | None]:
    shown: tuple[int, ...] = ()
    try:
        shown = condition.demonstrations(example)
        reply: Reply = condition.answer(example)
    except SensoriumError as error:
        kind = failure_kind(error)
        if not kind:
            raise
        return Record(condition.name, place, "", failure=kind, detail=error.message, demonstrations=shown), error
    failure = "" if reply.text.strip() or reply.abstained else "empty"
    record = Record(
        condition.name, place, reply.text, reply.abstained, reply.confidence, reply.usage, failure, "", shown
    )
    return record, None


def _check(task: Task, metrics: Sequence[str]) -> None:
    if not task.examples:
        raise InputError(f"The task {quoted(task.name)} has no questions to ask.", "Give the task a split test.")
    for score in [metric(name) for name in metrics]:
        for example in task.examples:
            score("", example)
