"""The engine that measures: a task asked under several conditions, one record an answer, failures counted by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sensorium.core.errors import InputError, SensoriumError, quoted
from sensorium.core.protocols import Progress, no_progress
from sensorium.evaluation.conditions import Condition
from sensorium.evaluation.metrics import metric
from sensorium.evaluation.run_store import AnswerStore, Record
from sensorium.evaluation.step_runner import BROKEN_FILE, StepRunner
from sensorium.tasks.prompt import digest
from sensorium.tasks.task import Task


@dataclass(frozen=True)
class Run:
    """A task's examples and the records of each condition.

    Args:
        task: What was asked.
        records: Condition -> example's position -> record, in the order of the task.
        not_asked: Why the rest was not asked: a limit of money or time was reached; "" if all was.
    """

    task: Task
    records: Mapping[str, Mapping[int, Record]]
    not_asked: str = ""

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


@dataclass(frozen=True)
class Schedule:
    """In what order questions are asked.

    Args:
        most: Only the first so many questions of the task; None for all.
        by_question: Each question is asked under all conditions before the next one, so that a run that stops early
            has asked all of them the same. Otherwise one condition after another, so that prompts begin alike.
        workers: How many questions are asked at once.
    """

    most: int | None = None
    by_question: bool = False
    workers: int = 1

    def steps(self, conditions: Sequence[Condition], size: int) -> list[tuple[Condition, int]]:
        """Return the steps of a task of that size, in their order."""
        places = range(size if self.most is None else min(self.most, size))
        if self.by_question:
            return [(condition, place) for place in places for condition in conditions]
        return [(condition, place) for condition in conditions for place in places]


def run(
    task: Task,
    conditions: Sequence[Condition],
    metrics: Sequence[str] = (),
    store: AnswerStore | None = None,
    progress: Progress = no_progress,
    label: str = "Asking",
    schedule: Schedule | None = None,
    left_out: Callable[[str, SensoriumError], None] | None = None,
) -> Run:
    """Ask the examples of a task under each condition.

    What a store holds is not asked again. Failures of single questions are recorded; five in a row, or a condition
    under which no question was answered, raise the last one's error, and these are asked again next time.

    Args:
        task: What is asked.
        conditions: Ways to answer.
        metrics: Names of metrics that the answers will be scored by: checked before anything is asked.
        store: Keeps each answer as it comes.
        progress: Does the work; what it leaves out has no record.
        label: What the progress is called.
        schedule: In what order; by default one condition after another, one question at a time.
        left_out: Called with the name and the error of a condition that can't go on; the others go on. By default
            the error is raised.

    Raises:
        InputError: when the task has no examples, or a metric doesn't fit them.
        SensoriumError: what must stop a run: a missing key or package, the user's mistake, a service that is gone.
    """
    _check(task, metrics)
    if len({condition.name for condition in conditions}) < len(conditions):
        raise InputError("Two conditions have the same name.", "Name them differently.")
    schedule = schedule or Schedule()
    known = dict(store.records) if store else {}
    steps = schedule.steps(conditions, len(task))
    left = [step for step in steps if (step[0].name, step[1]) not in known]
    with StepRunner(task, store, {name for name, _ in known}, schedule.workers, left_out) as runner:
        for (condition, place), record in progress(left, runner.started(left), label):
            if record is not None:
                known[condition.name, place] = record
        runner.finish()
    records: dict[str, dict[int, Record]] = {condition.name: {} for condition in conditions}
    for condition, place in sorted(steps, key=lambda step: step[1]):
        if (condition.name, place) in known:
            records[condition.name][place] = known[condition.name, place]
    return Run(task, records, runner.not_asked)


def settings_of(task: Task, conditions: Sequence[Condition]) -> dict[str, Any]:
    """Return what identifies a run: its questions, and the key of each condition."""
    keys = {condition.name: dict(condition.key) for condition in conditions}
    return {"questions": digest(task.examples), "conditions": keys}


def _check(task: Task, metrics: Sequence[str]) -> None:
    if not task.examples:
        raise InputError(f"The task {quoted(task.name)} has no questions to ask.", "Give the task a split test.")
    for score in [metric(name) for name in metrics]:
        for example in task.examples:
            score("", example)
