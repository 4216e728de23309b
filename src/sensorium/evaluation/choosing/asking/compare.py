"""Compare: every candidate asked the same questions by the engine, stored as it answers, returned as rows."""

from __future__ import annotations

import hashlib
import json
import math
import random
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sensorium.ask.ready import prepare
from sensorium.core.errors import InputError, NotAskedError, SensoriumError
from sensorium.core.protocols import Progress, no_progress
from sensorium.core.reply import Reply
from sensorium.evaluation.choosing.asking.candidate import (
    MAJORITY,
    Candidate,
    hosted_condition,
    local_condition,
    majority_condition,
)
from sensorium.evaluation.choosing.asking.forecast import require_prices
from sensorium.evaluation.choosing.asking.local_process import LocalProcess
from sensorium.evaluation.choosing.asking.paid import Ledger, PaidAsker
from sensorium.evaluation.choosing.asking.price_list import PriceList
from sensorium.evaluation.choosing.model_row import AnswerRow, ModelChoice, ModelRow, UserLimits
from sensorium.evaluation.conditions import Condition
from sensorium.evaluation.metrics import fitting_metric, metric
from sensorium.evaluation.run_store import RECORDS, Record, RunStore
from sensorium.evaluation.runner import Run, Schedule, run, settings_of
from sensorium.evaluation.statistics import clusters_of
from sensorium.tasks.prompt import digest
from sensorium.tasks.task import Example, Task

CUT_OFF = "cut off"
_SLUG = re.compile(r"[^A-Za-z0-9.-]+")


@dataclass(frozen=True)
class ComparePlan:
    """How candidates are compared.

    Args:
        folder: Where answers are stored as they come; the same call goes on from there.
        metric: A name in `evaluation.METRICS`; "" for what fits the questions.
        most: The most questions, in a random order that doesn't depend on it: a later call with more goes on.
        seed: Of that order.
        max_usd: US dollars that all calls with this folder may cost together, or None.
        max_seconds: How long is asked; what runs on this machine shares the time, or None.
        workers: How many questions are asked at once of hosted models.
        prices: What models cost.
        limits: What the user allows, for the recommendation.
    """

    folder: Path
    metric: str = ""
    most: int | None = None
    seed: int = 0
    max_usd: float | None = None
    max_seconds: float | None = None
    workers: int = 1
    prices: PriceList = field(default_factory=PriceList)
    limits: UserLimits = field(default_factory=UserLimits)

    def __post_init__(self) -> None:
        for name in ("max_usd", "max_seconds"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise InputError(f"A limit is over 0, not {value}.", f"Try `{name}=1`.")


def compare(
    task: Task, candidates: Sequence[Candidate], plan: ComparePlan, progress: Progress = no_progress
) -> ModelChoice:
    """Ask the questions of a task of every candidate, and return what each did with them.

    What runs on this machine goes first, each in a process of its own, one question at a time; then each question goes
    to all hosted models before the next one, so that a budget that ends leaves all of them with the same questions.
    Answers of earlier calls are used again.

    Args:
        task: What is asked.
        candidates: Whom.
        plan: How.
        progress: Does the work, and may show how far it is.

    Raises:
        InputError: if the task has no questions, the metric doesn't fit them, two candidates have the same name, or a
            budget is given that can't be kept as a price is unknown.
    """
    if not task.examples:
        raise InputError(f"The task {task.name!r} has no questions to ask.", "Give the task a split test.")
    shuffled = in_order(task, plan.seed)
    score = plan.metric or fitting_metric(task.examples)
    metric(score)
    if plan.max_usd is not None:
        require_prices(candidates, plan.prices, shuffled)
    if plan.max_seconds is not None:
        _import_sdks(candidates)
    asking = _Comparison(shuffled, score, plan, progress)
    with ExitStack() as stack:
        stores = asking.opened(candidates, stack)
        local, hosted = ([row for row in candidates if row.is_local is here] for here in (True, False))
        asking.ask_local(local, stores, len(hosted))
        if hosted:
            asking.ask_hosted(hosted, stores, stack.enter_context(Ledger(plan.folder, plan.max_usd)))
    return asking.choice(candidates)


def _import_sdks(candidates: Sequence[Candidate]) -> None:
    """Make hosted models ready before a limit of time begins; one that can't be is left out later, with the reason."""
    for each in candidates:
        with suppress(SensoriumError):
            if each.model is not None:
                prepare(each.model)


def in_order(task: Task, seed: int) -> Task:
    """Return a task with its questions in the order in which they are asked."""
    return Task(task.name, tuple(random.Random(seed).sample(task.examples, len(task))))


def left_to_ask(task: Task, candidate: Candidate, plan: ComparePlan) -> tuple[int, ...]:
    """Return the positions of the questions that a call would ask of a candidate, in an ordered task."""
    places = range(min(len(task), plan.most or len(task)))
    folder = row_folder(plan.folder, task, candidate)
    if not (folder / RECORDS).exists():
        return tuple(places)
    with RunStore(folder, settings_of(task, [_named(candidate)])) as store:
        return tuple(place for place in places if (candidate.name, place) not in store.records)


class RowStores:
    """The stores of several conditions as one, each a folder of its own.

    Args:
        stores: Condition -> its store.
    """

    def __init__(self, stores: Mapping[str, RunStore]) -> None:
        self._stores = stores

    @property
    def records(self) -> Mapping[tuple[str, int], Record]:
        """(condition, example) -> the record."""
        return {key: record for store in self._stores.values() for key, record in store.records.items()}

    def add(self, record: Record) -> None:
        """Append one answer to its condition's store."""
        self._stores[record.condition].add(record)

    def only(self, names: Sequence[str]) -> RowStores:
        """Return the stores of these conditions."""
        return RowStores({name: self._stores[name] for name in names})


def row_folder(folder: Path, task: Task, candidate: Candidate) -> Path:
    """Return where a candidate's answers are stored: another one whenever something that they depend on changes."""
    identity = json.dumps([digest(task.examples), candidate.name, candidate.key], sort_keys=True, ensure_ascii=True)
    slug = _SLUG.sub("-", candidate.name).strip("-")[:60]
    return folder / "rows" / f"{slug}-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"


class _Comparison:
    """Asks candidates and gathers their records, what was left out, and what was not asked."""

    def __init__(self, task: Task, score: str, plan: ComparePlan, progress: Progress) -> None:
        self.task, self.score, self.plan, self.progress = task, score, plan, progress
        self.records: dict[str, Mapping[int, Record]] = {}
        self.left_out: dict[str, SensoriumError] = {}
        self.reasons: dict[str, str] = {}
        self.asked = min(len(task), plan.most or len(task))
        self.end = math.inf if plan.max_seconds is None else time.monotonic() + plan.max_seconds
        self.places = {id(example): place for place, example in enumerate(task.examples)}

    def opened(self, candidates: Sequence[Candidate], stack: ExitStack) -> RowStores:
        """Open the store of each candidate."""
        stores = {}
        for each in candidates:
            if each.name in stores:
                raise InputError(f"Two rows have the name {each.name!r}.", "Name them differently.")
            folder = row_folder(self.plan.folder, self.task, each)
            stores[each.name] = stack.enter_context(RunStore(folder, settings_of(self.task, [_named(each)])))
        return RowStores(stores)

    def ask_local(self, candidates: Sequence[Candidate], stores: RowStores, hosted: int) -> None:
        """Ask what runs on this machine, one after another, each for its share of the time; hosted rows come later."""
        for number, candidate in enumerate(candidates):
            left = len(candidates) - number + (hosted > 0)
            label = f"Row {number + 1} of {len(candidates) + hosted}, {candidate.name}: question"
            until = self.end if self.end == math.inf else time.monotonic() + (self.end - time.monotonic()) / left

            def check(until: float = until) -> None:
                if time.monotonic() > until:
                    raise NotAskedError(f"The time of {self.plan.max_seconds:g} s was over.", "Allow more.")

            if candidate.kind == MAJORITY:
                self._run([majority_condition(candidate)], stores, label)
                continue
            assert candidate.load is not None
            with LocalProcess(candidate.model_name, candidate.load, candidate.chain) as process:
                self._run([local_condition(candidate, process, check)], stores, label)

    def ask_hosted(self, candidates: Sequence[Candidate], stores: RowStores, ledger: Ledger) -> None:
        """Ask the hosted models, question by question."""
        limit = "" if self.plan.max_seconds is None else f"{self.plan.max_seconds:g} s"
        asker = PaidAsker(ledger, self.plan.prices, self.end, limit)

        def condition(candidate: Candidate) -> Any:
            folder = row_folder(self.plan.folder, self.task, candidate).name
            name_of = lambda example: f"{folder}-{self.places[id(example)]}"  # noqa: E731
            return hosted_condition(candidate, asker, name_of, self.plan.workers)

        count = len(candidates)
        several = f"The {count} hosted rows: answer" if count > 1 else f"The last row, {candidates[0].name}: question"
        self._run([condition(each) for each in candidates], stores, several)

    def _run(self, conditions: Sequence[Any], stores: RowStores, label: str) -> None:
        names = [condition.name for condition in conditions]
        workers = self.plan.workers if len(conditions) > 1 or conditions[0].price is not None else 1
        schedule = Schedule(self.asked, by_question=True, workers=workers)
        answers = run(
            self.task, conditions, (self.score,), stores.only(names), self.progress, label,
            schedule, self.left_out.__setitem__,
        )  # fmt: skip
        for name in names:
            self.records[name] = answers.records[name]
            if answers.not_asked and len(answers.records[name]) < self.asked:
                self.reasons[name] = answers.not_asked

    def choice(self, candidates: Sequence[Candidate]) -> ModelChoice:
        """Return the rows, on the questions that all of them were asked."""
        kept = [each for each in candidates if each.name not in self.left_out and self.records[each.name]]
        common = [place for place in range(self.asked) if all(place in self.records[each.name] for each in kept)]
        if not kept or not common:
            raise self._nothing()
        shared = Run(self.task, {each.name: {p: self.records[each.name][p] for p in common} for each in kept})
        examples = tuple(self.task.examples[place] for place in common)
        rows = tuple(self._row(each, shared) for each in kept)
        return ModelChoice(
            self.task.name, self.score, examples, clusters_of(examples), rows, self.plan.limits,
            self._notes(kept, len(common)), self._settings(),
        )  # fmt: skip

    def _nothing(self) -> SensoriumError:
        """Return the error of a comparison in which no question was asked of all."""
        if self.left_out and len(self.left_out) == len(self.records):
            return next(iter(self.left_out.values()))
        reason = next(iter(self.reasons.values()), "No question could be asked of every row.")
        return NotAskedError(f"Nothing can be compared. {reason}", "Allow more: `max_usd`, `max_seconds`")

    def _row(self, candidate: Candidate, answers: Run) -> ModelRow:
        records = list(answers.records[candidate.name].values())
        rows = tuple(self._answer(candidate, place, record, answers) for place, record in enumerate(records))
        days = sorted({date.fromisoformat(record.asked[:10]) for record in records if record.asked})
        measured = [record.measured for record in records]
        peaks = [int(each["peak_memory_bytes"]) for each in measured if "peak_memory_bytes" in each]
        joules = [each["joules"] for each in measured if "joules" in each]
        settings = dict(candidate.key)
        settings |= settings.pop("options")
        settings |= {**candidate.facts, "thinking": _thinking(records), "metric": self.score}
        return ModelRow(
            candidate.name, candidate.kind, settings, rows, candidate.price(self.plan.prices, days),
            max(peaks, default=None),
            math.fsum(joules) if joules and len(joules) == len(records) else None,
            int(max(each.get("concurrency", 1) for each in measured)),
            candidate.is_private,
        )  # fmt: skip

    def _answer(self, candidate: Candidate, place: int, record: Record, answers: Run) -> AnswerRow:
        usage, score = record.usage, answers.score(record, self.score)
        usd = usage.usd
        if candidate.kind == MAJORITY:
            usd = 0.0
        elif candidate.is_local:
            usd = self.plan.prices.machine_usd(usage.seconds or 0.0)
        elif usd is None and record.failure and usage.input_tokens is None:
            usd = 0.0  # nothing was counted; see the note
        failure = record.failure or (CUT_OFF if record.cut and score == 0 else "")
        return AnswerRow(
            place, record.text, score, failure, record.abstained, record.confidence, usage.seconds,
            usage.first_seconds, usage.input_tokens, usage.cached_tokens, usage.output_tokens, usage.thinking_tokens,
            usd, record.asked,
        )  # fmt: skip

    def _notes(self, kept: Sequence[Candidate], common: int) -> tuple[str, ...]:
        notes = [f"{name} was left out: {error.message} {error.hint}".strip() for name, error in self.left_out.items()]
        if common < self.asked:
            notes.append(f"{common} of {self.asked} questions were asked of every row; only these are compared.")
        for name, reason in self.reasons.items():
            answered = len(self.records[name])
            what = (
                f"{answered} of {self.asked} questions were asked"
                if answered
                else "no question was asked, so it has no row"
            )
            notes.append(f"{name}: {what}. {reason}")
        for each in kept:
            uncounted = [
                record for record in self.records[each.name].values()
                if record.failure and not each.is_local and record.usage.input_tokens is None
            ]  # fmt: skip
            if uncounted:
                kinds = ", ".join(sorted({record.failure for record in uncounted}))
                many = f"{len(uncounted)} failed request{'s' * (len(uncounted) != 1)} ({kinds})"
                notes.append(f"{each.name}: the service counted no tokens of {many}; the money leaves these out.")
        if any(each.is_local for each in kept) and not any(
            "joules" in record.measured for each in kept for record in self.records[each.name].values()
        ):
            notes.append("Energy was not measured: this system doesn't let the counters be read.")
        return tuple(notes)

    def _settings(self) -> dict[str, str]:
        plan = self.plan
        settings = {
            "Questions": digest(self.task.examples),
            "Order": f"random, seed {plan.seed}",
            "Seconds": "from the first run in which an answer was kept; loading a model is not part of them",
            "Money": "by the price at the time of each request",
        }
        if plan.max_usd is not None:
            settings["Most money"] = f"${plan.max_usd:g}"
        if plan.max_seconds is not None:
            settings["Most time"] = f"{plan.max_seconds:g} s"
        return settings


def _thinking(records: Sequence[Record]) -> str:
    """Return how much was thought, in words: no option of ours changes it."""
    counts = [record.usage.thinking_tokens for record in records if record.usage.thinking_tokens is not None]
    if not counts:
        return "as the model does by itself; not counted"
    return f"as the model does by itself: {math.fsum(counts) / len(counts):.0f} tokens a question"


def _named(candidate: Candidate) -> Condition:
    """Return a condition that only names a candidate, for the settings of its store."""

    def answer(example: Example) -> Reply:
        raise AssertionError(example)

    return Condition(candidate.name, answer, candidate.key)
