"""What a tuned model is asked: examples that its training neither learnt nor asked, and those of other skills."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sensorium.core.errors import InputError, MediaError, quoted
from sensorium.core.messages import Text
from sensorium.tasks.task import TEST, Example, Task
from sensorium.tune.export.adapter import adapted
from sensorium.tune.inputs import data_of, task_of
from sensorium.tune.recipe import Recipe, load_recipe
from sensorium.tune.training.lora import ABOUT, RECIPE

NONE = "none"
"""As `Wish.retain`: no other skills are asked."""


@dataclass(frozen=True)
class Wish:
    """Which examples are wanted.

    Args:
        split: The split that is asked; "" for "test", or what the training left of the one that it held out.
        task: The examples, where they are not the recipe's; "" for those.
        retain: Examples of other skills: what `load_task` takes; "" for the recipe's replay, "none" for none.
        most: The most of each, drawn by chance.
        seed: Of the draw.
    """

    split: str = ""
    task: str = ""
    retain: str = ""
    most: int = 200
    seed: int = 0


@dataclass(frozen=True)
class Asked:
    """What is asked.

    Args:
        adapter: The adapter's folder.
        recipe: That it was trained by.
        name: Of what is asked: the task and its split.
        examples: To ask; the training saw none of their pictures.
        pool: What it learnt, without replay: few-shot examples are picked from it.
        retain: The name of the other skills, or "".
        retained: Their examples; empty for none.
        notes: What a reader must know of them.
    """

    adapter: Path
    recipe: Recipe
    name: str
    examples: tuple[Example, ...]
    pool: tuple[Example, ...] = ()
    retain: str = ""
    retained: tuple[Example, ...] = ()
    notes: tuple[str, ...] = ()


def recipe_of(adapter: str | Path) -> Recipe:
    """Read the recipe beside an adapter.

    Raises:
        InputError: when the folder holds no adapter, or none that `sensorium tune` made.
    """
    adapted(adapter)
    if not (Path(adapter) / RECIPE).is_file():
        raise InputError(
            f"The adapter {quoted(str(adapter))} has no {RECIPE}, which says its base and its examples.",
            "Name a folder that sensorium tune wrote.",
        )
    return load_recipe(Path(adapter) / RECIPE)


def about(adapter: str | Path) -> dict[str, Any]:
    """Read what a training told of its adapter; nothing where it did not end."""
    try:
        found = json.loads((Path(adapter) / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def asked_of(adapter: str | Path, wish: Wish | None = None) -> Asked:
    """Find what an adapter's training never saw.

    Raises:
        InputError, MediaError: when there is nothing of that kind; the hint says how to make it.
    """
    wish, recipe = wish or Wish(), recipe_of(adapter)
    try:
        seen = data_of(recipe)
    except MediaError as error:
        raise MediaError(
            f"The examples of the training can't be found: {error.message}",
            "Go to the folder that sensorium tune was typed in: the recipe's names are from there.",
        ) from None
    known = set(_keys([*seen.train, *seen.held]))
    notes = []
    if about(adapter).get("data", seen.fingerprint) != seen.fingerprint:
        notes.append("The task's file is not as it was when it was learnt: what was learnt may be among what is asked.")
    name, examples, left_out = _unseen(recipe, wish, known)
    if left_out:
        notes.append(f"Of {name}, {left_out} were left out: the training saw them, or their pictures.")
    old, retained = _retained(recipe, wish, known)
    learnt = task_of(recipe, recipe.task)
    pool = learnt.split(recipe.train) if learnt.splits != ("",) else learnt
    return Asked(Path(adapter), recipe, name, examples, pool.examples, old, retained, tuple(notes))


def _unseen(recipe: Recipe, wish: Wish, known: set[Hashable]) -> tuple[str, tuple[Example, ...], int]:
    source = wish.task or recipe.task
    whole = task_of(recipe, source)
    if wish.split == recipe.train and not wish.task:
        raise InputError(f"The split {quoted(wish.split)} is what was learnt.", "Name another with --split.")
    split = wish.split or next((each for each in (TEST, recipe.held) if each and each in whole.splits), "")
    part = whole.split(split) if split else whole
    free = Task(part.name, _without(part.examples, known))
    if not free.examples:
        others = [each for each in whole.splits if each not in ("", split, recipe.train, recipe.held)]
        ask = f"--split {others[0]}" if others else ""
        raise InputError(
            f"Every example of {quoted(source)}{f', split {quoted(split)},' if split else ''} was learnt or asked in "
            "the training, or has a picture that was: a score of them would measure no skill.",
            f"Try {ask}" if ask else
            f"Type: sensorium data split {source} --shares train=0.8,dev=0.1,test=0.1 --out divided, and train on that "
            'with held = "dev"; or ask others with --task OTHER.jsonl',
        )  # fmt: skip
    said = f"{part.name}, split {split}" if split else part.name
    return said, free.sample(wish.most, wish.seed).examples, len(part) - len(free)


def _retained(recipe: Recipe, wish: Wish, known: set[Hashable]) -> tuple[str, tuple[Example, ...]]:
    source = recipe.replay if not wish.retain else "" if wish.retain == NONE else wish.retain
    if not source:
        return "", ()
    whole = task_of(recipe, source)
    split = next((each for each in (TEST, recipe.held) if each and each in whole.splits), "")
    part = whole.split(split) if split else whole
    free = Task(part.name, _without(part.examples, known))
    if not free.examples:
        raise InputError(
            f"Every example of {quoted(source)} was learnt: they can't tell whether the skill stayed.",
            "Name others with --retain, or leave them out: --retain none",
        )
    return f"{part.name}, split {split}" if split else part.name, free.sample(wish.most, wish.seed).examples


def _without(examples: Sequence[Example], known: set[Hashable]) -> tuple[Example, ...]:
    return tuple(example for example in examples if not known & set(_keys([example])))


def _keys(examples: Iterable[Example]) -> Iterator[Hashable]:
    """Name what makes examples the same: a picture, sound or film; without any, all their words."""
    for example in examples:
        media = [part for part in example.conversation.parts if not isinstance(part, Text)]
        yield from (part.blob.digest for part in media)
        if not media:
            yield example.conversation
