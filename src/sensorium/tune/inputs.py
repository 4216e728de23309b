"""Loads what a recipe names: its examples and its checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sensorium.checkpoint.checkpoint_name import CheckpointName
from sensorium.checkpoint.load import auto_class, resolve_base
from sensorium.core.errors import InputError, quoted
from sensorium.tasks.prompt import digest
from sensorium.tasks.readers import load_task
from sensorium.tasks.rows import RowFormat
from sensorium.tasks.task import TEST, TRAIN, Example, Task, mix
from sensorium.tune.recipe import Recipe


@dataclass(frozen=True)
class TrainingData:
    """The examples of a training.

    Args:
        train: Training examples, replay among them, in the order of the file; of a row of several turns, one for each
            turn of the assistant.
        heldout: Examples that are scored during the training; may be empty.
        fingerprint: Number and checksum of both.
    """

    train: tuple[Example, ...]
    heldout: tuple[Example, ...]
    fingerprint: str


def data_of(recipe: Recipe) -> TrainingData:
    """Load the examples of a recipe.

    Raises:
        InputError, MediaError: when the task can't be used, or has no split of a name in the recipe.
    """
    whole = task_of(recipe, recipe.task)
    train = _split(recipe, whole, "train_split")
    heldout: tuple[Example, ...] = ()
    if recipe.eval_split and not (whole.splits == ("",) and recipe.eval_split == TEST):
        heldout = _split(recipe, whole, "eval_split").sample(recipe.max_eval_examples, recipe.seed).examples
    if recipe.replay:
        old = task_of(recipe, recipe.replay)
        old = _split(recipe, old, "train_split")
        count = min(len(old), round(len(train) * recipe.replay_share / (1 - recipe.replay_share)))
        train = mix([(train, len(train)), (old, count)], None, recipe.seed) if count else train
    learnt = tuple(turn for example in train.examples for turn in example.turns)
    fingerprint = f"{digest(learnt)}; held out: {digest(heldout)}"
    return TrainingData(learnt, heldout, fingerprint)


def _split(recipe: Recipe, task: Task, key: str) -> Task:
    """Return the split that a key of the recipe names; a task without splits is all for training."""
    name = getattr(recipe, key)
    if task.splits == ("",) and name == TRAIN:
        return task
    if name not in task.splits:
        have = ", ".join(quoted(split) for split in task.splits if split) or "none"
        other = 'Name one of them, or write eval_split = "": then nothing is held out.'
        raise InputError(
            f"The task {quoted(task.name)} has no split {quoted(name)}, which the recipe's {key} names; it has {have}.",
            other if key == "eval_split" else "Name one of them in the recipe.",
        )
    return task.split(name)


def task_of(recipe: Recipe, source: str) -> Task:
    """Load a task as the recipe says that rows are read, closed if it says so."""
    task = load_task(source, row_format_of(recipe, source))
    return task.closed() if recipe.closed else task


def row_format_of(recipe: Recipe, source: str) -> RowFormat:
    """Return how the recipe says that the rows of a task are read; its media folder is that of its own task."""
    media = Path(recipe.media) if recipe.media and source == recipe.task else None
    return RowFormat(media, dict(pair.split("=", 1) for pair in recipe.columns), recipe.question, recipe.ignore)


def name_of(recipe: Recipe) -> CheckpointName:
    """Return the checkpoint of a recipe as it is loaded."""
    bits = 4 if recipe.bits == 4 else None
    return CheckpointName(recipe.base, bits=bits, dtype=recipe.dtype, device=recipe.device, side=recipe.max_image_side)


def auto_of(name: CheckpointName) -> str:
    """Return the name of the transformers class that loads a vision-language checkpoint."""
    return auto_class(resolve_base(name))
