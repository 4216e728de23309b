"""A few-shot measurement: every question with k demonstrations and under the controls, by the evaluation's runner."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from sensorium.ask import check
from sensorium.core.errors import InputError, MediaError, quoted
from sensorium.core.messages import Conversation
from sensorium.core.protocols import Embedder, Limits, Model, Options, Progress, no_progress
from sensorium.core.reply import Reply
from sensorium.evaluation.conditions import Condition, model_condition
from sensorium.evaluation.metrics import fitting_metric, metric
from sensorium.evaluation.run_store import RunStore
from sensorium.evaluation.runner import Run, settings_of
from sensorium.evaluation.runner import run as run_task
from sensorium.fewshot.layout import default_layout, place, without_media
from sensorium.fewshot.report import CONTROLS, EXAMPLES, Report, condition_name, report
from sensorium.fewshot.selection import NEED_EMBEDDER, Demonstration, Picker, picker, vote
from sensorium.tasks.prompt import digest
from sensorium.tasks.task import Example, Task


@dataclass(frozen=True)
class Plan:
    """What is measured.

    Args:
        shots: How many examples go before each question; several numbers are measured one after another.
        pick: Which ones: "random", "balanced", "nearest", "contrastive".
        place: Their layout: "interleave", "collage", "text"; "" for what fits the model.
        metric: A name in `evaluation.METRICS`; "" for what fits the examples.
        controls: Any of "vote" (the majority answer of the picked examples: costs nothing), "images" (the examples
            without their pictures), "order" (the same examples shuffled), "answers" (their answers shuffled).
        seed: Random seed.
    """

    shots: tuple[int, ...] = (0, 1, 4, 8)
    pick: str = "nearest"
    place: str = ""
    metric: str = ""
    controls: tuple[str, ...] = ("vote", "images", "order")
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.shots or min(self.shots) < 0:
            raise InputError(f"The shots {list(self.shots)} must be numbers from 0 up.", "Try `shots=(0, 1, 4, 8)`.")
        object.__setattr__(self, "shots", tuple(dict.fromkeys(self.shots)))
        for control in self.controls:
            if control not in CONTROLS:
                raise InputError(f"Unknown control {quoted(control)}.", f"Use any of: {', '.join(CONTROLS)}.")

    def conditions(self, shots: int) -> tuple[str, ...]:
        """Return what is measured with so many shots: "examples" and the controls that would change something."""
        if shots == 0:
            return (EXAMPLES,)
        idle = {"order", "answers"} if shots == 1 else set()
        idle |= {"images"} if self.place == "text" else set()
        return (EXAMPLES, *(c for c in CONTROLS if c in self.controls and c not in idle))


def run(
    model: Model,
    pool: Sequence[Example],
    questions: Sequence[Example],
    plan: Plan | None = None,
    embedder: Embedder | None = None,
    options: Options | None = None,
    folder: Path | None = None,
    progress: Progress = no_progress,
) -> Report:
    """Measure a model on questions with examples of a pool before them.

    Args:
        model: Any Model.
        pool: The examples to pick from; none of them is ever picked for a question that shares its picture.
        questions: What is asked and scored.
        plan: What is measured.
        embedder: For the picks "nearest" and "contrastive".
        options: How the model is to answer.
        folder: Where each answer is stored as it comes; called again with the same, it goes on from there.
        progress: Does the work, and may show how far it is.

    Raises:
        InputError: when the plan does not fit, or the folder holds another run.
        LimitError: before anything is sent, when the model does not take what the longest conversation holds.
        SensoriumError: what stops a run (see `evaluation.run`); what was answered before is stored in the folder.
    """
    plan = settled(plan or Plan(), model.limits, questions)
    answers = measure(model, pool, questions, plan, embedder, options, folder, progress)
    return report(model.name, plan, answers)


def measure(
    model: Model,
    pool: Sequence[Example],
    questions: Sequence[Example],
    plan: Plan,
    embedder: Embedder | None = None,
    options: Options | None = None,
    folder: Path | None = None,
    progress: Progress = no_progress,
) -> Run:
    """Return the answers of a measurement; see `run`. `condition_name` names its conditions."""
    plan = settled(plan, model.limits, questions)
    pick = picker(plan.pick, pool, embedder, plan.seed)
    _check(model, questions, plan, pick, options)
    task, conditions = Task("questions", tuple(questions)), _conditions(model, pool, questions, plan, pick, options)
    if embedder is not None and plan.pick in NEED_EMBEDDER:
        conditions = [replace(c, key={**c.key, "embedder": embedder.name}) for c in conditions]
    with RunStore(folder, settings_of(task, conditions)) if folder else nullcontext() as store:
        return run_task(task, conditions, (plan.metric,), store, progress)


def settled(plan: Plan, limits: Limits, questions: Sequence[Example]) -> Plan:
    """Return the plan with its open settings filled in: the layout that fits the model, the metric that fits."""
    if not questions:
        raise InputError("The task has no questions to ask.", "Give the task a split test.")
    plan = replace(plan, place=plan.place or default_layout(limits)[0])
    plan = replace(plan, metric=plan.metric or fitting_metric(questions))
    metric(plan.metric)
    return plan


def changed(demonstrations: Sequence[Demonstration], control: str, seed: str) -> tuple[Demonstration, ...]:
    """Return demonstrations as a control shows them: without pictures, in another order, or with shuffled answers."""
    chance = random.Random(seed)
    if control == "images":
        return without_media(demonstrations)
    if control == "order":
        order = list(range(len(demonstrations)))
        while len(order) > 1 and order == sorted(order):
            chance.shuffle(order)
        return tuple(demonstrations[i] for i in order)
    if control == "answers":
        answers = [shown.example.answer for shown in demonstrations]
        chance.shuffle(answers)
        return tuple(
            replace(shown, example=replace(shown.example, answers=(answer,)), contrast="")
            for shown, answer in zip(demonstrations, answers, strict=True)
        )
    return tuple(demonstrations)


def _conditions(
    model: Model,
    pool: Sequence[Example],
    questions: Sequence[Example],
    plan: Plan,
    pick: Picker,
    options: Options | None,
) -> list[Condition]:
    in_pool = {id(example): position for position, example in enumerate(pool)}
    in_questions = {id(example): position for position, example in enumerate(questions)}
    pool_digest = digest(pool)

    def condition(shots: int, control: str) -> Condition:
        def chat(example: Example) -> Conversation:
            seed = f"{plan.seed} {in_questions[id(example)]}"
            return place(changed(pick(example.conversation, shots), control, seed), example, plan.place)

        def positions(example: Example) -> tuple[int, ...]:
            return tuple(in_pool[id(shown.example)] for shown in pick(example.conversation, shots))

        name, key = condition_name(shots, control), {"shots": shots, "pick": plan.pick, "seed": plan.seed}
        if control == "vote":
            made = Condition(name, lambda example: Reply(vote(pick(example.conversation, shots))), key)
        else:
            made = model_condition(name, lambda: model, key | {"model": model.name, "place": plan.place}, chat, options)
        return replace(made, key={**made.key, "pool": pool_digest}, demonstrations=positions)

    return [condition(shots, control) for shots in plan.shots for control in plan.conditions(shots)]


def _check(model: Model, questions: Sequence[Example], plan: Plan, pick: Picker, options: Options | None) -> None:
    """Raise if the model does not take the longest or the shortest of what it would be asked."""
    for number, question in enumerate(questions, 1):
        try:
            for shots in {max(plan.shots), min(plan.shots)}:
                chat = place(pick(question.conversation, shots), question, plan.place)
                check(model.name, model.limits, chat, options)
            return
        except MediaError:  # a broken picture fails by itself later: another question shows the same
            if number == len(questions):
                raise
