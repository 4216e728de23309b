"""A few-shot measurement: every question with k examples and with the controls, scored; what is answered is kept."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sensorium.ask import ask, check
from sensorium.core.errors import InputError, MediaError
from sensorium.core.protocols import Embedder, Limits, Model, Options
from sensorium.core.reply import Reply
from sensorium.evaluation.metrics import fitting_metric, metric
from sensorium.fewshot.layout import default_place, place, without_media
from sensorium.fewshot.report import Report, report
from sensorium.fewshot.run_store import Kept, Record, Step, settings
from sensorium.fewshot.selection import Picker, Shot, picker, vote
from sensorium.tasks.task import Example

CONTROLS = ("vote", "images", "order", "answers")
EXAMPLES = "examples"


@dataclass(frozen=True)
class Plan:
    """What is measured.

    Args:
        shots: How many examples go before each question.
        pick: How they are picked: "random", "balanced", "nearest", "contrastive".
        place: How they are placed: "interleave", "collage", "text"; "" for what fits the model.
        metric: "exact", "vqa", "relaxed", "f1", "choice"; "" for what fits the examples.
        controls: Of "vote" (the commonest answer of the picked examples: costs nothing), "images" (the examples
            without their pictures), "order" (the same examples shuffled), "answers" (their answers shuffled).
        seed: Of everything that is drawn by chance.
    """

    shots: tuple[int, ...] = (0, 1, 4, 8)
    pick: str = "nearest"
    place: str = ""
    metric: str = ""
    controls: tuple[str, ...] = ("vote", "images", "order")
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.shots or min(self.shots) < 0:
            raise InputError(f"The shots {list(self.shots)} are no numbers from 0 up.", "Try --shots 0,1,4,8")
        object.__setattr__(self, "shots", tuple(dict.fromkeys(self.shots)))
        for control in self.controls:
            if control not in CONTROLS:
                raise InputError(f"There is no control {control!r}.", f"Use of: {', '.join(CONTROLS)}.")

    def conditions(self, shots: int) -> tuple[str, ...]:
        """Name what is measured with so many shots: a control that would change nothing is left out."""
        if shots == 0:
            return (EXAMPLES,)
        idle = {"order", "answers"} if shots == 1 else set()
        idle |= {"images"} if self.place == "text" else set()
        return (EXAMPLES, *(control for control in CONTROLS if control in self.controls and control not in idle))


def run(
    model: Model,
    pool: Sequence[Example],
    questions: Sequence[Example],
    plan: Plan | None = None,
    embedder: Embedder | None = None,
    options: Options | None = None,
    folder: Path | None = None,
    each: Callable[[Sequence[Step], Callable[[Step], Record]], Iterable[Record]] | None = None,
) -> Report:
    """Measure a model on questions with examples of a pool before them.

    Args:
        model: Any Model.
        pool: The examples to pick from; none of them is ever picked for a question that shares its picture.
        questions: What is asked and scored.
        plan: What is measured.
        embedder: For the picks "nearest" and "contrastive".
        options: How the model is to answer.
        folder: Where each answer is kept as it comes; called again with the same, it goes on from there.
        each: Does the steps, e.g. with progress; one after another where it is None.

    Raises:
        InputError: when the plan can't be done, or the folder holds another measurement.
        LimitError: before anything is sent, when the model does not take what the longest conversation holds.
        SensoriumError: what a model raises; what was answered before is kept in the folder.
    """
    plan = settled(plan or Plan(), model.limits, questions)
    pick = picker(plan.pick, pool, embedder, plan.seed)
    todo = steps(plan, len(questions))
    _check(model, questions, plan, pick, options)
    kept = Kept(folder, settings(model.name, pool, questions, plan, embedder, options)) if folder else None
    done = {record.step: record for record in (kept.records() if kept else ())}
    left = [step for step in todo if step not in done]

    def one(step: Step) -> Record:
        record = _answer(step, model, pool, questions, plan, pick, options)
        if kept:
            kept.add(record)
        return record

    for record in map(one, left) if each is None else each(left, one):
        done[record.step] = record
    return report(model.name, plan, [done[step] for step in todo if step in done], len(questions))


def settled(plan: Plan, limits: Limits, questions: Sequence[Example]) -> Plan:
    """Fill in what the plan leaves open: the way to place that fits the model, the metric that fits the questions."""
    if not questions:
        raise InputError("There are no questions to ask.", "Give the task a split test.")
    plan = replace(plan, place=plan.place or default_place(limits)[0])
    plan = replace(plan, metric=plan.metric or fitting_metric(questions))
    metric(plan.metric)
    return plan


def steps(plan: Plan, questions: int) -> list[Step]:
    """List what is to be asked, in order: all questions under one condition after another, so prefixes stay alike."""
    return [Step(k, c, i) for k in plan.shots for c in plan.conditions(k) for i in range(questions)]


def _check(model: Model, questions: Sequence[Example], plan: Plan, pick: Picker, options: Options | None) -> None:
    """Raise where the model does not take the longest and the shortest of what it would be asked."""
    for number, question in enumerate(questions, 1):
        try:
            for shots in {max(plan.shots), min(plan.shots)}:
                chat = place(pick(question.conversation, shots), question, plan.place)
                check(model.name, model.limits, chat, options)
            return
        except MediaError:  # a broken picture is for its own step to say: another question shows the same
            if number == len(questions):
                raise


def _answer(
    step: Step,
    model: Model,
    pool: Sequence[Example],
    questions: Sequence[Example],
    plan: Plan,
    pick: Picker,
    options: Options | None,
) -> Record:
    question = questions[step.index]
    shots = pick(question.conversation, step.shots)
    number = {id(example): place for place, example in enumerate(pool)}
    picked = tuple(number[id(shot.example)] for shot in shots)
    if step.condition == "vote":
        reply = Reply(vote(shots))
    else:
        shots = changed(shots, step.condition, f"{plan.seed} {step.index}")
        reply = ask(model, place(shots, question, plan.place), options)
    score = metric(plan.metric)(reply.text, question)
    return Record(step, reply.text, score, picked, reply.abstained, reply.confidence, reply.usage)


def changed(shots: Sequence[Shot], condition: str, seed: str) -> tuple[Shot, ...]:
    """Return shots as a control wants them: without pictures, in another order, or with answers that are shuffled."""
    chance = random.Random(seed)
    if condition == "images":
        return without_media(shots)
    if condition == "order":
        order = list(range(len(shots)))
        while len(order) > 1 and order == sorted(order):
            chance.shuffle(order)
        return tuple(shots[i] for i in order)
    if condition == "answers":
        answers = [shot.example.answer for shot in shots]
        chance.shuffle(answers)
        return tuple(
            replace(shot, example=replace(shot.example, answers=(answer,)), unlike="")
            for shot, answer in zip(shots, answers, strict=True)
        )
    return tuple(shots)
