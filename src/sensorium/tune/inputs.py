"""Loads what a recipe names: its examples and its checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sensorium.checkpoint.checkpoint_name import CheckpointName
from sensorium.checkpoint.load import load_config, resolve_base
from sensorium.tasks.prompt import digest
from sensorium.tasks.readers import load_task
from sensorium.tasks.rows import RowFormat
from sensorium.tasks.task import Example, Task, mix
from sensorium.tune.recipe import Recipe

_AUTO_CLASSES = {"phi4_multimodal": "AutoModelForCausalLM"}


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
        InputError, MediaError: when the task or its splits can't be used.
    """
    whole = task_of(recipe, recipe.task)
    train = whole.split(recipe.train_split) if whole.splits != ("",) else whole
    heldout: tuple[Example, ...] = ()
    if recipe.eval_split and recipe.eval_split in whole.splits:
        heldout = whole.split(recipe.eval_split).sample(recipe.max_eval_examples, recipe.seed).examples
    if recipe.replay:
        old = task_of(recipe, recipe.replay)
        old = old.split(recipe.train_split) if recipe.train_split in old.splits else old
        count = min(len(old), round(len(train) * recipe.replay_share / (1 - recipe.replay_share)))
        train = mix([(train, len(train)), (old, count)], None, recipe.seed) if count else train
    learnt = tuple(turn for example in train.examples for turn in example.turns)
    fingerprint = f"{digest(learnt)}; held out: {digest(heldout)}"
    return TrainingData(learnt, heldout, fingerprint)


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
    return _AUTO_CLASSES.get(load_config(resolve_base(name)).model_type, "AutoModelForImageTextToText")
