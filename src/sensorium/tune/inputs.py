"""What a recipe names: its examples and its checkpoint."""

from __future__ import annotations

from dataclasses import dataclass

from sensorium.checkpoint.checkpoint_name import CheckpointName
from sensorium.checkpoint.load import load_config, resolve_base
from sensorium.tasks.prompt import digest
from sensorium.tasks.readers import load_task
from sensorium.tasks.rows import RowFormat
from sensorium.tasks.task import Example, Task, mix
from sensorium.tune.recipe import Recipe

_AUTO = {"phi4_multimodal": "AutoModelForCausalLM"}


@dataclass(frozen=True)
class Data:
    """What a training sees.

    Args:
        train: What is learnt, old examples among it, in the file's order.
        held: What is asked while training; may be empty.
        fingerprint: How many examples, and their checksum.
    """

    train: tuple[Example, ...]
    held: tuple[Example, ...]
    fingerprint: str


def data_of(recipe: Recipe) -> Data:
    """Load what a recipe names.

    Raises:
        InputError, MediaError: when the task or its splits can't be used.
    """
    whole = task_of(recipe, recipe.task)
    train = whole.split(recipe.train) if whole.splits != ("",) else whole
    kept: tuple[Example, ...] = ()
    if recipe.held and recipe.held in whole.splits:
        kept = whole.split(recipe.held).sample(recipe.held_most, recipe.seed).examples
    if recipe.replay:
        old = task_of(recipe, recipe.replay)
        old = old.split(recipe.train) if recipe.train in old.splits else old
        wanted = min(len(old), round(len(train) * recipe.replay_share / (1 - recipe.replay_share)))
        train = mix([(train, len(train)), (old, wanted)], None, recipe.seed) if wanted else train
    fingerprint = f"{digest(train.examples)}; held out: {digest(kept)}"
    return Data(train.examples, kept, fingerprint)


def task_of(recipe: Recipe, source: str) -> Task:
    """Load a task as a recipe has it read: with its question, closed where it says so."""
    task = load_task(source, RowFormat(question=recipe.question))
    return task.closed() if recipe.closed else task


def name_of(recipe: Recipe) -> CheckpointName:
    """Return the checkpoint of a recipe as it is loaded."""
    bits = 4 if recipe.bits == 4 else None
    return CheckpointName(recipe.base, bits=bits, dtype=recipe.dtype, device=recipe.device, side=recipe.side)


def auto_of(name: CheckpointName) -> str:
    """Name the library's class that loads a vision-language checkpoint."""
    return _AUTO.get(load_config(resolve_base(name)).model_type, "AutoModelForImageTextToText")
