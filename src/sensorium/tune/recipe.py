"""Recipe: every setting of a training, in one dataclass and one TOML file.

Its keys are the words of transformers' TrainingArguments, TRL's SFTConfig and PEFT's LoraConfig wherever they have one.
"""

from __future__ import annotations

import difflib
import json
import math
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from sensorium.core.errors import InputError, MediaError, quoted
from sensorium.core.files import read_text
from sensorium.evaluation.metrics import METRICS

PARTS = ("language", "connector", "vision")
"""Parts of a model that can be adapted."""
RENAMED = {
    "out": "output_dir", "train": "train_split", "held": "eval_split", "held_most": "max_eval_examples",
    "check_steps": "eval_steps", "answer_tokens": "max_new_tokens", "patience": "early_stopping_patience",
    "rank": "lora_r", "alpha": "lora_alpha", "dropout": "lora_dropout", "epochs": "num_train_epochs",
    "steps": "max_steps", "batch": "batch_size", "accumulate": "gradient_accumulation_steps", "rate": "learning_rate",
    "warmup": "warmup_ratio", "schedule": "lr_scheduler_type", "decay": "weight_decay", "clip": "max_grad_norm",
    "side": "max_image_side", "keep": "save_total_limit (one more: it counts the newest)",
    "activation_checkpointing": "gradient_checkpointing",
}  # fmt: skip
"""Keys of earlier versions and their present names; they are refused with these as their hint."""


@dataclass(frozen=True)
class Recipe:
    """The settings of a training.

    Args:
        base: Checkpoint to adapt: a hub name or a folder, with or without "transformers:" before it.
        task: Training examples: what `load_task` takes.
        output_dir: Folder for the adapter.
        train_split: Split to train on.
        eval_split: Split of held-out examples, scored during the training; "" for none: then nothing stops early.
        columns: Columns of the rows, as `sensorium data --column` takes them: ["answer=label"], or {answer = "label"}.
        ignore: Columns of the rows that are left out; ["*"] for all that aren't known.
        media: Folder that the task's file names are relative to; "" for the task's own.
        question: Question of rows that have none.
        closed: Whether the prompt lists the possible answers.
        licence: Licence of the examples; it is kept beside the adapter.
        replay: Examples of skills that the model has and should not forget: what `load_task` takes; "" for none.
        replay_share: Share of replay examples among all examples.
        bits: 16 for LoRA, 4 for QLoRA (NF4, double quantisation).
        adapt: Parts to adapt: "language", "connector", "vision".
        lora_r: Rank of the adapter's matrices.
        lora_alpha: The adapter is scaled by lora_alpha / lora_r.
        lora_dropout: Dropout of the adapter's input during training.
        num_train_epochs: Passes over the training examples.
        max_steps: Number of optimiser steps; 0 for what `num_train_epochs` gives.
        batch_size: Examples of one forward pass, of all processes together: where several processes train, each takes
            a part, so transformers' per_device_train_batch_size is this divided by them.
        gradient_accumulation_steps: Forward passes per optimiser step, of all processes together.
        learning_rate: Highest learning rate; 0 for what suits the width of the base (`tune.defaults`).
        warmup_ratio: Share of the steps in which the learning rate rises.
        lr_scheduler_type: How the learning rate falls: "cosine", "linear" or "constant".
        weight_decay: AdamW's weight decay.
        max_grad_norm: Gradients are clipped to this norm.
        max_image_side: Longest side of a picture in pixels. Use the adapter with the same.
        eval_steps: Steps between evaluations on the held-out examples; a checkpoint is written at each.
        max_eval_examples: Maximum number of held-out examples, drawn at random.
        metric: As for `sensorium fewshot`; "" for the one that fits.
        max_new_tokens: Maximum tokens of an answer to a held-out example; 0 for what the right answers take.
        early_stopping_patience: Evaluations without a better score before the training ends; 0 for no early stop.
        save_total_limit: Number of checkpoints on disk, the newest included.
        encode_once: Whether each picture is encoded once and kept on disk, if the vision part is frozen.
        packing: Whether the rows of a batch are packed into one sequence instead of padded.
        gradient_checkpointing: Whether activations are recomputed in the backward pass: less memory, more time.
        dtype: "bfloat16", "float16" or "float32" of the base; "" for what suits the device.
        device: "cuda", "cuda:1", "mps", "cpu"; "" for the best one.
        memory_gb: Memory that the training may use; 0 for what the device has.
        tensorboard: Whether to write TensorBoard files as well.
        seed: Random seed.
    """

    base: str
    task: str
    output_dir: str
    train_split: str = "train"
    eval_split: str = "test"
    columns: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    media: str = ""
    question: str = ""
    closed: bool = False
    licence: str = ""
    replay: str = ""
    replay_share: float = 0.5
    bits: int = 16
    adapt: tuple[str, ...] = ("language",)
    lora_r: int = 16
    lora_alpha: int = 32
    lora_dropout: float = 0.0
    num_train_epochs: float = 3.0
    max_steps: int = 0
    batch_size: int = 1
    gradient_accumulation_steps: int = 8
    learning_rate: float = 0.0
    warmup_ratio: float = 0.03
    lr_scheduler_type: str = "cosine"
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0
    max_image_side: int = 4096
    eval_steps: int = 50
    max_eval_examples: int = 64
    metric: str = ""
    max_new_tokens: int = 0
    early_stopping_patience: int = 3
    save_total_limit: int = 3
    encode_once: bool = True
    packing: bool = False
    gradient_checkpointing: bool = False
    dtype: str = ""
    device: str = ""
    memory_gb: float = 0.0
    tensorboard: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("adapt", "columns", "ignore"):
            object.__setattr__(self, name, _several(getattr(self, name)))
        object.__setattr__(self, "base", str(self.base).removeprefix("transformers:"))
        for field in fields(self):
            _check_type(field.name, str(field.type), getattr(self, field.name))
        for name in _REQUIRED:
            if not getattr(self, name).strip():
                raise InputError(f"The recipe's {name} is empty.", f'Write: {name} = "…"')
        _check_values(self)

    @property
    def examples_per_step(self) -> int:
        """Examples of one optimiser step, of all processes together."""
        return self.batch_size * self.gradient_accumulation_steps

    def steps(self, examples: int) -> int:
        """Return the number of optimiser steps for a number of training examples."""
        return self.max_steps or max(1, round(examples * self.num_train_epochs / self.examples_per_step))

    def to_toml(self) -> str:
        """Return the recipe as TOML with every value written out; `from_toml` of it is equal."""
        return "".join(f"{field.name} = {_to_toml(getattr(self, field.name))}\n" for field in fields(self))


def from_toml(text: str, source: str = "The recipe") -> Recipe:
    """Return the recipe in a TOML text.

    Raises:
        InputError: when the text isn't TOML, lacks a required key, has an unknown or an old one, or a value is wrong.
    """
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: also of numbers of thousands of digits
        raise InputError(f"{source} isn't TOML: {str(error)[:160].rstrip('.')}.", _EXAMPLE) from None
    known = [field.name for field in fields(Recipe)]
    old = [key for key in values if key in RENAMED]
    if old:
        renames = ", ".join(f"{key} -> {RENAMED[key]}" for key in old)
        raise InputError(
            f"{source} has keys of an earlier version: {', '.join(map(quoted, old))}.", f"Rename in it: {renames}."
        )
    for key in values:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            suggestion = f"Did you mean {close[0]}? " if close else ""
            raise InputError(f"A recipe has no key {quoted(key)}.", f"{suggestion}Known: {', '.join(known)}.")
    for key in _REQUIRED:
        if key not in values:
            raise InputError(f"{source} lacks the key {key}.", f'Write: {key} = "…"')
    return Recipe(**values)


def load_recipe(path: str | Path) -> Recipe:
    """Return the recipe in a file; raises as `from_toml`, and MediaError when the file does not exist."""
    if not Path(path).exists():
        raise MediaError(f"The recipe {quoted(str(path))} does not exist.", "Check its spelling.")
    return from_toml(read_text(Path(path)), quoted(str(path)))


_REQUIRED = ("base", "task", "output_dir")
_EXAMPLE = 'A line is like: lora_r = 16, base = "./folder" or adapt = ["language"]'
_ALLOWED: dict[str, tuple[Any, ...]] = {
    "bits": (4, 16),
    "lr_scheduler_type": ("cosine", "linear", "constant"),
    "metric": ("", *METRICS),
    "dtype": ("", "bfloat16", "float16", "float32"),
}
_RANGES: dict[str, tuple[float, float]] = {  # both ends allowed
    "replay_share": (0.01, 0.99), "lora_r": (1, 4096), "lora_alpha": (1, 65536), "lora_dropout": (0, 0.9),
    "num_train_epochs": (0.001, 1e6), "max_steps": (0, 1e9), "batch_size": (1, 4096),
    "gradient_accumulation_steps": (1, 65536), "learning_rate": (0, 10), "warmup_ratio": (0, 1),
    "weight_decay": (0, 10), "max_grad_norm": (1e-6, 1e6), "max_image_side": (1, 100_000), "eval_steps": (1, 1e9),
    "max_eval_examples": (1, 1e9), "max_new_tokens": (0, 65536), "early_stopping_patience": (0, 1e6),
    "save_total_limit": (2, 1000), "memory_gb": (0, 1e6), "seed": (0, 2**32 - 1),
}  # fmt: skip
_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "str": ((str,), "a text"),
    "bool": ((bool,), "true or false"),
    "int": ((int,), "a whole number"),
    "float": ((float, int), "a number"),
    "tuple[str, ...]": ((tuple,), "a list of texts"),
}


def _several(value: object) -> object:
    """Return a text or a list as a tuple, and a table {answer = "label"} as ("answer=label",)."""
    if isinstance(value, dict) and all(isinstance(theirs, str) for theirs in value.values()):
        return tuple(f"{ours}={theirs}" for ours, theirs in value.items())
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


def _to_toml(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_to_toml, value))}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _check_type(name: str, annotation: str, value: Any) -> None:
    types, words = _TYPES[annotation]
    fits = isinstance(value, types) and (annotation == "bool" or not isinstance(value, bool))
    fits = fits and not (isinstance(value, tuple) and not all(isinstance(member, str) for member in value))
    if not fits or (isinstance(value, float) and not math.isfinite(value)):
        raise InputError(f"The recipe's {name} is {words}, not {quoted(value)}.", _EXAMPLE)


def _check_values(recipe: Recipe) -> None:
    for name, allowed in _ALLOWED.items():
        value = getattr(recipe, name)
        if value not in allowed:
            known = ", ".join(map(repr, allowed))
            raise InputError(f"The recipe's {name} can't be {quoted(value)}.", f"Use one of: {known}.")
    wrong = [pair for pair in recipe.columns if "=" not in pair]
    if wrong:
        raise InputError(f"The recipe's columns can't be {quoted(wrong[0])}.", 'Write: columns = ["answer=label"]')
    if not recipe.adapt or not set(recipe.adapt) <= set(PARTS):
        raise InputError(f"The recipe's adapt can't be {quoted(list(recipe.adapt))}.", f"Use of: {', '.join(PARTS)}.")
    for name, (low, high) in _RANGES.items():
        value = getattr(recipe, name)
        if not low <= value <= high:
            raise InputError(f"The recipe's {name} can't be {quoted(value)}.", f"It is from {low:g} to {high:g}.")
