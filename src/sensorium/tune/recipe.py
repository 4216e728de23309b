"""Recipe: everything that decides what a training gives, in one dataclass and one TOML file."""

from __future__ import annotations

import difflib
import json
import math
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from sensorium.core.errors import InputError, MediaError, quoted
from sensorium.evaluation.metrics import METRICS

PARTS = ("language", "connector", "vision")
"""What of a model can be adapted."""


@dataclass(frozen=True)
class Recipe:
    """What is trained on what, and how.

    Args:
        base: The checkpoint: a hub name or a folder, with or without "transformers:" before it.
        task: The examples: what `load_task` takes.
        out: The folder for the adapter.
        train: The split that is learnt.
        held: The split that is asked while training; "" for none: then nothing is scored and nothing stops early.
        question: The question of rows that have none.
        closed: True to tell the model which answers there are.
        licence: Of the examples; it is kept beside the adapter.
        replay: Examples of what the model can do already and shall not forget: what `load_task` takes; "" for none.
        replay_share: Of all examples, how many are such ones.
        bits: 16 for LoRA, 4 for QLoRA (NF4, double quantisation).
        adapt: Of "language", "connector", "vision".
        rank: Of the adapter's matrices.
        alpha: The adapter counts alpha / rank.
        dropout: Of the adapter's input, while training.
        epochs: How often each example is seen.
        steps: The most optimiser steps; 0 for what the epochs give.
        batch: Examples at a time.
        accumulate: How many times so many before each step.
        rate: The highest learning rate.
        warmup: The share of the steps in which the rate rises.
        schedule: How the rate falls: "cosine", "linear" or "constant".
        decay: AdamW's weight decay.
        clip: The longest gradient.
        side: The longest side of a picture in pixels. The adapter is to be used with the same.
        check_steps: After so many steps the held-out examples are asked and a checkpoint is written.
        held_most: The most held-out examples that are asked, drawn by chance.
        metric: As for `sensorium fewshot`; "" for what fits.
        answer_tokens: The most tokens of an answer to a held-out example.
        patience: After so many checks without a better score the training ends; 0 for never.
        keep: How many checkpoints stay.
        encode_once: True to encode each picture once where the vision part does not learn, and to keep that on disk.
        packing: True to put the rows of a batch behind each other in one sequence instead of padding them.
        activation_checkpointing: True to compute activations again instead of keeping them: less memory, more time.
        dtype: "bfloat16", "float16" or "float32" of the base; "" for what suits the device.
        device: "cuda", "cuda:1", "mps", "cpu"; "" for the best there is.
        memory_gb: What the training may take; 0 for what the device has.
        tensorboard: True to write its files, too.
        seed: Of everything that is drawn by chance.
    """

    base: str
    task: str
    out: str
    train: str = "train"
    held: str = "test"
    question: str = ""
    closed: bool = False
    licence: str = ""
    replay: str = ""
    replay_share: float = 0.5
    bits: int = 16
    adapt: tuple[str, ...] = ("language",)
    rank: int = 16
    alpha: int = 32
    dropout: float = 0.0
    epochs: float = 3.0
    steps: int = 0
    batch: int = 1
    accumulate: int = 8
    rate: float = 2e-4
    warmup: float = 0.03
    schedule: str = "cosine"
    decay: float = 0.0
    clip: float = 1.0
    side: int = 4096
    check_steps: int = 50
    held_most: int = 64
    metric: str = ""
    answer_tokens: int = 32
    patience: int = 3
    keep: int = 2
    encode_once: bool = True
    packing: bool = False
    activation_checkpointing: bool = False
    dtype: str = ""
    device: str = ""
    memory_gb: float = 0.0
    tensorboard: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "adapt", _texts(self.adapt))
        object.__setattr__(self, "base", str(self.base).removeprefix("transformers:"))
        for each in fields(self):
            _check_type(each.name, str(each.type), getattr(self, each.name))
        for name in ("base", "task", "out"):
            if not getattr(self, name).strip():
                raise InputError(f"The recipe's {name} is empty.", f'Write: {name} = "…"')
        _check_words(self)
        _check_numbers(self)

    def to_toml(self) -> str:
        """Return it as TOML, every value written out; `from_toml` of it is equal."""
        return "".join(f"{each.name} = {_written(getattr(self, each.name))}\n" for each in fields(self))


def from_toml(text: str, source: str = "the recipe") -> Recipe:
    """Make a recipe of TOML.

    Raises:
        InputError: when it is no TOML, lacks a key that is needed, has an unknown one, or a value can't be used.
    """
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{source} is no TOML: {error}.", 'A line is like: rank = 16, or base = "./folder"') from None
    known = [each.name for each in fields(Recipe)]
    for key in found:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            meant = f"Did you mean {close[0]}? " if close else ""
            raise InputError(f"A recipe has no key {quoted(key)}.", f"{meant}Known: {', '.join(known)}.")
    for key in ("base", "task", "out"):
        if key not in found:
            raise InputError(f"{source} does not say its {key}.", f'Write: {key} = "…"')
    return Recipe(**found)


def steps_of(recipe: Recipe, examples: int) -> int:
    """Return the optimiser steps that a recipe makes of so many examples."""
    return recipe.steps or max(1, round(examples * recipe.epochs / (recipe.batch * recipe.accumulate)))


def load_recipe(path: str | Path) -> Recipe:
    """Read a recipe's file; raises as `from_toml`, and MediaError where there is no such file."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{quoted(str(path))} is not UTF-8.", "Save it as UTF-8.") from None
    except OSError:
        raise MediaError(f"There is no recipe {quoted(str(path))}.", "Check the spelling: ls lists them.") from None
    return from_toml(text, quoted(str(path)))


def _texts(given: object) -> object:
    return (given,) if isinstance(given, str) else tuple(given) if isinstance(given, list) else given


def _written(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_written(each) for each in value)}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _check_type(name: str, kind: str, value: Any) -> None:
    kinds: dict[str, tuple[type, ...]] = {
        "str": (str,), "bool": (bool,), "int": (int,), "float": (float, int), "tuple[str, ...]": (tuple,)
    }  # fmt: skip
    words = {"str": "a text", "bool": "true or false", "int": "a whole number", "float": "a number"}
    fits = isinstance(value, kinds[kind]) and (kind == "bool" or not isinstance(value, bool))
    if not fits or (isinstance(value, float) and not math.isfinite(value)):
        raise InputError(f"The recipe's {name} is {words.get(kind, 'a list of texts')}, not {value!r}.", _EXAMPLE)


_EXAMPLE = 'A line is like: rank = 16, base = "./folder" or adapt = ["language"]'
_ALLOWED: dict[str, tuple[Any, ...]] = {
    "bits": (4, 16),
    "schedule": ("cosine", "linear", "constant"),
    "metric": ("", *METRICS),
    "dtype": ("", "bfloat16", "float16", "float32"),
}
# Name -> the least and the most, both allowed.
_RANGES: dict[str, tuple[float, float]] = {
    "replay_share": (0.01, 0.99), "rank": (1, 4096), "alpha": (1, 65536), "dropout": (0, 0.9), "epochs": (0.001, 1e6),
    "steps": (0, 1e9), "batch": (1, 4096), "accumulate": (1, 65536), "rate": (1e-9, 10), "warmup": (0, 1),
    "decay": (0, 10), "clip": (1e-6, 1e6), "side": (1, 100_000), "check_steps": (1, 1e9), "held_most": (1, 1e9),
    "answer_tokens": (1, 65536), "patience": (0, 1e6), "keep": (1, 1000), "memory_gb": (0, 1e6), "seed": (0, 2**32 - 1),
}  # fmt: skip


def _check_words(recipe: Recipe) -> None:
    for name, allowed in _ALLOWED.items():
        value = getattr(recipe, name)
        if value not in allowed:
            known = ", ".join(repr(each) for each in allowed)
            raise InputError(f"The recipe's {name} can't be {value!r}.", f"Use one of: {known}.")
    wrong = [each for each in recipe.adapt if each not in PARTS]
    if wrong or not recipe.adapt:
        raise InputError(f"The recipe's adapt can't be {list(recipe.adapt)!r}.", f"Use of: {', '.join(PARTS)}.")


def _check_numbers(recipe: Recipe) -> None:
    for name, (least, most) in _RANGES.items():
        value = getattr(recipe, name)
        if not least <= value <= most:
            raise InputError(f"The recipe's {name} can't be {value!r}.", f"It is from {least:g} to {most:g}.")
