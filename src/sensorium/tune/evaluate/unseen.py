"""The examples that an evaluation asks: none that the training saw, and examples of other skills."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sensorium.core.errors import InputError, MediaError, quoted
from sensorium.core.messages import Text
from sensorium.tasks.task import TEST, Example, Task
from sensorium.tune.dataset.data import command_line
from sensorium.tune.export.adapter import adapted
from sensorium.tune.inputs import data_of, row_format_of, task_of
from sensorium.tune.recipe import Recipe, load_recipe
from sensorium.tune.training.lora import ABOUT, RECIPE

NONE = "none"
"""As `ExampleChoice.retain`: no other skills are asked."""


@dataclass(frozen=True)
class ExampleChoice:
    """Which examples are asked.

    Args:
        split: The split; "" for "test", or what the training left of the one that it held out.
        task: Other examples than the recipe's; "" for those.
        retain: Examples of other skills: what `load_task` takes; "" for the recipe's replay, "none" for none.
        max_examples: The most of each, drawn by chance.
        seed: Random seed of the draw.
    """

    split: str = ""
    task: str = ""
    retain: str = ""
    max_examples: int = 200
    seed: int = 0


@dataclass(frozen=True)
class Unseen:
    """Examples that a training has not seen, nor any of their pictures.

    Args:
        adapter: The adapter's folder.
        recipe: The recipe of its training.
        task: The examples, named by task and split.
        pool: The training examples, without replay: demonstrations are picked from it.
        retained: Examples of other skills, or None.
        notes: What a reader must know of them.
    """

    adapter: Path
    recipe: Recipe
    task: Task
    pool: tuple[Example, ...] = ()
    retained: Task | None = None
    notes: tuple[str, ...] = ()


def recipe_of(adapter: str | Path) -> Recipe:
    """Load the recipe beside an adapter.

    Raises:
        InputError: when the folder holds no adapter, or none that `sensorium tune` made.
    """
    adapted(adapter)
    if not (Path(adapter) / RECIPE).is_file():
        raise InputError(
            f"The adapter {quoted(str(adapter))} has no {RECIPE}, which names its base and its examples.",
            "Name a folder that sensorium tune wrote.",
        )
    return load_recipe(Path(adapter) / RECIPE)


def about(adapter: str | Path) -> dict[str, Any]:
    """Return what a training wrote of its adapter; nothing if it did not end."""
    try:
        values = json.loads((Path(adapter) / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


def unseen(adapter: str | Path, choice: ExampleChoice | None = None) -> Unseen:
    """Return examples that an adapter's training never saw.

    Raises:
        InputError, MediaError: when none are left; the hint says how to make them.
    """
    choice, recipe = choice or ExampleChoice(), recipe_of(adapter)
    try:
        training = data_of(recipe)
    except MediaError as error:
        raise MediaError(
            f"The examples of the training can't be found: {error.message}",
            "Go to the folder that sensorium tune was typed in: the recipe's names are relative to it.",
        ) from None
    known = set(_keys([*training.train, *training.heldout]))
    notes = []
    if about(adapter).get("data", training.fingerprint) != training.fingerprint:
        notes.append("The task's file has changed since the training: what was trained on may be among what is asked.")
    task, left_out = _heldout(recipe, choice, known)
    if left_out:
        notes.append(f"Of {task.name}, {left_out} were left out: the training saw them, or their pictures.")
    retained = _retained(recipe, choice, known)
    whole = task_of(recipe, recipe.task)
    pool = whole.split(recipe.train_split) if whole.splits != ("",) else whole
    return Unseen(Path(adapter), recipe, task, pool.examples, retained, tuple(notes))


def _heldout(recipe: Recipe, choice: ExampleChoice, known: set[Hashable]) -> tuple[Task, int]:
    source = choice.task or recipe.task
    whole = task_of(recipe, source)
    if choice.split == recipe.train_split and not choice.task:
        raise InputError(f"The split {quoted(choice.split)} was trained on.", "Name another `split`.")
    split = choice.split or _test_split(whole, recipe)
    free, left_out = _without(whole, split, known)
    if not free.examples:
        others = [other for other in whole.splits if other not in ("", split, recipe.train_split, recipe.eval_split)]
        raise InputError(
            f"Every example of {quoted(source)}{f', split {quoted(split)},' if split else ''} was trained on or held "
            "out in the training, or has a picture that was: a score of them would measure no skill.",
            f"Try `split={others[0]}`" if others else
            'Train on another split, with eval_split = "dev"; or ask others with `task=OTHER.jsonl`. Type: '
            + command_line("split", source, row_format_of(recipe, source), "--shares", "train=0.8,dev=0.1,test=0.1",
                           "--out", "divided"),
        )  # fmt: skip
    return free.sample(choice.max_examples, choice.seed), left_out


def _retained(recipe: Recipe, choice: ExampleChoice, known: set[Hashable]) -> Task | None:
    source = recipe.replay if not choice.retain else "" if choice.retain == NONE else choice.retain
    if not source:
        return None
    whole = task_of(recipe, source)
    free, _ = _without(whole, _test_split(whole, recipe), known)
    if not free.examples:
        raise InputError(
            f"Every example of {quoted(source)} was trained on: they can't show whether the skill stayed.",
            "Name others with `retain=OLD.jsonl`, or leave them out: `retain=none`",
        )
    return free.sample(choice.max_examples, choice.seed)


def _test_split(whole: Task, recipe: Recipe) -> str:
    return next((split for split in (TEST, recipe.eval_split) if split and split in whole.splits), "")


def _without(whole: Task, split: str, known: set[Hashable]) -> tuple[Task, int]:
    """Return the examples of a split that share nothing with what is known, and how many do."""
    part = whole.split(split) if split else whole
    free = tuple(example for example in part.examples if not known & set(_keys([example])))
    return Task(f"{part.name}, split {split}" if split else part.name, free), len(part) - len(free)


def _keys(examples: Iterable[Example]) -> Iterator[Hashable]:
    """Yield what makes examples the same: a picture, audio or video; without any, all their words."""
    for example in examples:
        media = [part for part in example.conversation.parts if not isinstance(part, Text)]
        yield from (part.blob.digest for part in media)
        if not media:
            yield example.conversation
