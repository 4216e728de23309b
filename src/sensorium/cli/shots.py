"""Examples for a question or a measurement: which file, which splits, how they are picked and placed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from sensorium.cli import output as show
from sensorium.core.errors import InputError
from sensorium.core.messages import Conversation
from sensorium.core.protocols import Embedder, Model
from sensorium.fewshot import Plan, default_place, place
from sensorium.fewshot.selection import BY_LOOK, picker
from sensorium.registry import chosen, load
from sensorium.tasks.readers import load_task
from sensorium.tasks.rows import RowFormat
from sensorium.tasks.task import TEST, TRAIN, Example, Task

BY_EXAMPLES = "offline:prototypes"
_SHOTS = 4
_HALVES = {TRAIN: 0.5, TEST: 0.5}


def numbers(given: str) -> tuple[int, ...]:
    """Read "0,1,4,8"."""
    try:
        return tuple(int(each) for each in given.split(","))
    except ValueError:
        raise InputError(f"The shots {given!r} are no whole numbers with commas.", "Try --shots 0,1,4,8") from None


def reading(media: str | None, columns: Sequence[str], question: str) -> RowFormat:
    """Read --media, --column and --question."""
    pairs = dict(each.split("=", 1) for each in columns if "=" in each)
    if len(pairs) != len(columns):
        raise InputError(f"A column is given as ours=theirs, not {list(columns)}.", "Try --column answer=label")
    return RowFormat(Path(media) if media else None, pairs, question)


def model_name(given: str | None, shots: int, quiet: bool) -> str:
    """Name the model; the offline one, which answers one question at a time, gives way to the one with examples."""
    name = given or chosen()
    if name != "offline" or shots == 0:
        return name
    if not quiet:
        show.aside(f"The offline model does not learn from examples; {BY_EXAMPLES} answers by them.")
    return BY_EXAMPLES


def divided(task: Task, train: str, test: str, seed: int, quiet: bool) -> tuple[Task, Task]:
    """Return what is picked from and what is asked; a task without splits is halved."""
    if task.splits == ("",):
        if not quiet:
            show.aside(f"The task has no splits: half of it is picked from, half is asked (seed {seed}).")
        task = task.divided(_HALVES, seed)
        train, test = TRAIN, TEST
    return task.split(train), task.split(test)


def embedding(how: str, name: str) -> Embedder | None:
    """Load the embedder where the way to pick needs one."""
    return load(name, role="embedder") if how in BY_LOOK else None


def before(
    file: str, shots: int | None, how: str, placing: str | None, embedder_name: str, quiet: bool
) -> Callable[[Model, Conversation], Conversation]:
    """Return a function that puts examples of a file before a question, as fits the model.

    Where `shots` is None, four: that is what larger models are measured with, and each picture costs. The offline one
    gets all: it knows nothing but them.
    """
    task = load_task(file)
    pool = tuple(example for example in task.examples if example.split != TEST) or task.examples
    find = picker(how, pool, embedding(how, embedder_name))

    def put(model: Model, chat: Conversation) -> Conversation:
        fitting, why = default_place(model.limits)
        if why and placing is None and not quiet:
            show.aside(f"{model.name}: {why}")
        k = shots if shots is not None or model.name.startswith("offline:") else _SHOTS
        return place(find(chat, k), chat, placing or fitting)

    return put


def told(model: Model, plan: Plan, questions: Sequence[Example]) -> list[str]:
    """Say before a measurement what will be asked."""
    placing, why = default_place(model.limits)
    lines = [f"{model.name}: {why}"] if why and not plan.place else []
    asked = sum(len(questions) for k in plan.shots for name in plan.conditions(k) if name != "vote")
    return [*lines, f"{asked} questions to ask: {len(questions)} under each condition, {plan.place or placing}."]
