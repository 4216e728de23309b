"""What a training will take, estimated before any weight is loaded: from config.json, the processor and some examples.

The model is built on PyTorch's meta device, where weights have shapes and no numbers.
"""

from __future__ import annotations

import random
import shutil
import warnings
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from sensorium.checkpoint.device import choose_device, memory_bytes
from sensorium.checkpoint.load import Checkpoint, load_config, load_processor, loading_errors, quiet, resolve_base
from sensorium.checkpoint.special_tokens import eos_token_ids, special_tokens
from sensorium.checkpoint.weights import part_of
from sensorium.core.errors import LimitError
from sensorium.core.messages import Image, Video
from sensorium.tasks.task import Example
from sensorium.tune.device import (
    USABLE,
    Workload,
    available_memory,
    format_bytes,
    format_seconds,
    measure_flops,
    training_seconds,
)  # fmt: skip
from sensorium.tune.inputs import TrainingData, auto_of, data_of, name_of
from sensorium.tune.modules import linear_layers, target_modules
from sensorium.tune.recipe import Recipe
from sensorium.tune.training import vision_cache
from sensorium.tune.training.collate import TrainRow, batch, row_of
from sensorium.tune.training.packing import check_packs

NF4_BYTES = 0.5 + 1 / 64 + 4 / (64 * 256)
"""Bytes of a weight in NF4 with double quantisation: 4 bits, 8 for each 64, 32 for each 256 of those (QLoRA)."""
_SAMPLED = 16
_HIDDEN_WIDTHS, _INTERMEDIATE_WIDTHS = 8, 4
"""Numbers that a layer saves for its gradient, a token, in widths of its hidden and of its intermediate size."""


@dataclass(frozen=True)
class Shape:
    """What decides the memory, of model and examples.

    Args:
        parameters: Parameters of the base.
        quantised: Those of them that `bits = 4` quantises.
        widths: Part -> sum of (inputs + outputs) of its linear layers: LoRA trains `lora_r` times this.
        language: (layers, hidden size, intermediate size) of the language part.
        vision: The same of the vision part.
        tokens: Tokens of the longest row in the sample.
        patches: Patches of its pictures.
        input_bytes: Bytes of its pictures as the model's input.
        cached_bytes: Bytes of its pictures in the vision cache; 0 where that isn't used.
        cached_bytes_each: The same for one picture, on average.
        pictures: Number of different pictures in all examples.
        not_cached: Why pictures are encoded in every epoch; "" where they are encoded once.
    """

    parameters: int
    quantised: int
    widths: dict[str, int]
    language: tuple[int, int, int]
    vision: tuple[int, int, int]
    tokens: int
    patches: int
    input_bytes: int
    cached_bytes: int
    cached_bytes_each: float
    pictures: int
    not_cached: str


@dataclass(frozen=True)
class Forecast:
    """What a training will take.

    Args:
        examples: Number of training examples.
        steps: Optimiser steps.
        parameters: Parameters of the base.
        trained: Parameters of the adapter.
        tokens: Tokens of the longest row in the sample.
        bytes: "weights", "adapters", "optimiser", "activations", "pictures" -> memory.
        available: Memory that the training may use.
        changes: Change of the recipe -> memory with it; the smallest change first.
        pictures: Number of different pictures.
        disk: Bytes of the vision cache on disk during the training; 0 where it isn't used.
        not_cached: Why pictures are encoded in every epoch; "" where they are encoded once.
        seconds: Time of the steps, about, without evaluations.
    """

    examples: int
    steps: int
    parameters: int
    trained: int
    tokens: int
    bytes: dict[str, int]
    available: int
    changes: dict[str, int]
    pictures: int
    disk: int
    not_cached: str
    seconds: float

    @property
    def total(self) -> int:
        """All of its memory in bytes."""
        return sum(self.bytes.values())

    @property
    def fits(self) -> bool:
        """Whether the memory suffices."""
        return self.total <= self.available

    def lines(self) -> list[str]:
        """Return it in sentences."""
        parts = ", ".join(f"{name} {format_bytes(size)}" for name, size in self.bytes.items())
        out = [
            f"{self.examples:,} examples, {self.steps:,} steps; the longest sampled row has {self.tokens:,} tokens.",
            f"It trains {self.trained:,} of {self.parameters + self.trained:,} parameters "
            f"({self.trained / self.parameters:.2%} of the base).",
            f"Memory, about: {parts}; {format_bytes(self.total)} of {format_bytes(self.available)} in all.",
            f"Time, about: {format_seconds(self.seconds)}, within a factor of three; without evaluations.",
        ]
        if self.pictures and self.not_cached:
            out.append(f"Its {self.pictures:,} pictures are encoded in each epoch: {self.not_cached}.")
        elif self.pictures:
            out.append(
                f"Its {self.pictures:,} pictures are encoded once and cached: about {format_bytes(self.disk)} of disk."
            )
        if not self.fits:
            out += [f"With {change} it takes about {format_bytes(size)}." for change, size in self.changes.items()]
        return out

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return asdict(self) | {"total": self.total, "fits": self.fits}


def forecast(recipe: Recipe, data: TrainingData | None = None) -> Forecast:
    """Forecast a training; loads no weights.

    Args:
        recipe: The recipe.
        data: Its examples, if they are loaded already.

    Raises:
        InputError: as `train` does, but for the memory.
    """
    data = data or data_of(recipe)
    shape = shape_of(recipe, data)
    available, used = available_memory(recipe), memory(recipe, shape)
    examples = len(data.train)
    steps = recipe.steps(examples)
    work = Workload(shape.language, shape.vision, shape.tokens, shape.patches, not shape.not_cached)
    return Forecast(
        examples=examples,
        steps=steps,
        parameters=shape.parameters,
        trained=_trained(recipe, shape),
        tokens=shape.tokens,
        bytes=used,
        available=available,
        changes=_changes(recipe, shape) if sum(used.values()) > available else {},
        pictures=shape.pictures,
        disk=round(shape.cached_bytes_each * shape.pictures),
        not_cached=shape.not_cached,
        seconds=round(
            training_seconds(recipe, work, examples, steps, measure_flops(recipe, _itemsize(recipe, shape))), 1
        ),
    )


def check_fits(recipe: Recipe, data: TrainingData | None = None) -> Forecast:
    """Forecast a training.

    Raises:
        LimitError: when memory or disk don't suffice; with a change of the recipe as its hint.
    """
    found = forecast(recipe, data)
    if not found.fits:
        helps = next((change for change, size in found.changes.items() if size <= found.available), "")
        raise LimitError(
            f"The training takes about {format_bytes(found.total)}; {format_bytes(found.available)} are available.",
            f"Write into the recipe: {helps}" if helps else "Choose a smaller base; the forecast shows the sizes.",
        )
    folder = Path(recipe.output_dir).absolute()
    cached = sum(file.stat().st_size for file in (folder / vision_cache.FOLDER).glob("*"))
    free = shutil.disk_usage(next(place for place in (folder, *folder.parents) if place.exists())).free + cached
    if found.disk > USABLE * free:
        raise LimitError(
            f"The cache of {found.pictures:,} pictures takes about {format_bytes(found.disk)} of disk; "
            f"{format_bytes(free)} are free.",
            "Write into the recipe: encode_once = false",
        )
    return found


def shape_of(recipe: Recipe, data: TrainingData) -> Shape:
    """Build the model without weights and encode some examples."""
    import torch
    import transformers

    name = resolve_base(name_of(recipe))
    config = load_config(name)
    with loading_errors(name.base), quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the libraries' notes to each other
        with torch.device("meta"):
            model = getattr(transformers, auto_of(name)).from_config(config)
        processor = load_processor(name.base)
        target_modules(model, recipe.adapt)
        if recipe.packing:
            check_packs(config)
        tokens = special_tokens(processor), eos_token_ids(model, processor)
        loaded = Checkpoint(name, model, processor, config.model_type, *tokens)
        rows = [row_of(loaded, example) for example in _sample(recipe, data)]
        not_cached = vision_cache.refusal(recipe, config, [row.prompt for row in rows])
        sizes = [_row_sizes(recipe, loaded, row, not_cached) for row in rows]
    widths: dict[str, int] = {}
    quantised = 0
    for layer, module in linear_layers(model):
        widths[part_of(layer)] = widths.get(part_of(layer), 0) + module.in_features + module.out_features
        quantised += module.in_features * module.out_features
    tokens, patches, input_bytes, cached_bytes = (max(column) for column in zip(*sizes, strict=True))
    return Shape(
        parameters=sum(weight.numel() for weight in model.parameters()),
        quantised=quantised,
        widths=widths,
        language=_layer_sizes(config.get_text_config()),
        vision=_layer_sizes(getattr(config, "vision_config", None)),
        tokens=tokens,
        patches=patches,
        input_bytes=input_bytes,
        cached_bytes=cached_bytes,
        cached_bytes_each=sum(size[-1] for size in sizes) / max(1, sum(len(row.prompt.images) for row in rows)),
        pictures=_count_pictures(loaded, data),
        not_cached=not_cached,
    )


def _layer_sizes(config: Any) -> tuple[int, int, int]:
    layers = _first(config, "num_hidden_layers", "depth") + _first(config, "num_global_layers")
    hidden = _first(config, "hidden_size", "embed_dim")
    return layers, hidden, _first(config, "intermediate_size") or 4 * hidden


def _first(config: Any, *names: str) -> int:
    values = (getattr(config, name, None) for name in names)
    return next((value for value in values if isinstance(value, int)), 0)


def _sample(recipe: Recipe, data: TrainingData) -> list[Example]:
    """Return the example with most characters and some random ones."""
    longest = max(data.train, key=lambda example: len(str(example.conversation)) + len(example.answer))
    return [longest, *random.Random(recipe.seed).sample(data.train, min(_SAMPLED, len(data.train)))]


def _row_sizes(recipe: Recipe, loaded: Checkpoint, row: TrainRow, not_cached: str) -> tuple[int, int, int, int]:
    """Return a row's tokens, its pictures' patches, and the bytes of these as inputs and in the cache."""
    vision = getattr(loaded.model.config, "vision_config", None)
    side = _first(vision, "patch_size") or 14
    inputs = batch(loaded, [row])
    pixels = inputs.get("pixel_values")
    count = 0 if pixels is None else pixels.numel()
    patches = count // (3 * side * side * (_first(vision, "temporal_patch_size") or 1))
    cached = 0 if not_cached else vision_cache.cached_bytes(loaded, inputs, "connector" in recipe.adapt)
    return inputs["input_ids"].shape[1], patches, count * 4, cached


def _count_pictures(loaded: Checkpoint, data: TrainingData) -> int:
    """Count the different pictures, a video as its frames."""
    parts = {part for example in (*data.train, *data.heldout) for part in example.conversation.parts}
    blobs = {part.blob for part in parts if isinstance(part, Image)}
    return len(blobs) + loaded.name.frames * sum(isinstance(part, Video) for part in parts)


def _trained(recipe: Recipe, shape: Shape) -> int:
    return recipe.lora_r * sum(shape.widths.get(part, 0) for part in recipe.adapt)


def memory(recipe: Recipe, shape: Shape) -> dict[str, int]:
    """Return the memory of each part in bytes; an estimate: kernels differ in what they save.

    Adapters and their gradients are float32, AdamW has two more numbers of each. A layer saves its activations where a
    gradient is needed: in the vision part only if that or the connector is adapted, as a checkpointed layer only its
    input. Pictures that are encoded once are so before the first step, one at a time.
    """
    itemsize = _itemsize(recipe, shape)
    small = shape.quantised if recipe.bits == 4 else 0
    trained = _trained(recipe, shape)
    language = recipe.batch_size * _activations(recipe, shape.language, shape.tokens, itemsize, True)
    vision = _activations(recipe, shape.vision, shape.patches, itemsize, "vision" in recipe.adapt)
    return {
        "weights": round((shape.parameters - small) * itemsize + small * NF4_BYTES),
        "adapters": trained * 8,
        "optimiser": trained * 8,
        "activations": language + recipe.batch_size * vision if shape.not_cached else max(language, vision),
        "pictures": recipe.batch_size * (shape.input_bytes if shape.not_cached else shape.cached_bytes // 2 * itemsize),
    }


def _activations(recipe: Recipe, sizes: tuple[int, int, int], tokens: int, itemsize: int, trained: bool) -> int:
    layers, hidden, intermediate = sizes
    layer = tokens * (_HIDDEN_WIDTHS * hidden + _INTERMEDIATE_WIDTHS * intermediate) * itemsize
    if not trained:
        return layer
    return layers * tokens * hidden * itemsize + layer if recipe.gradient_checkpointing else layers * layer


def _itemsize(recipe: Recipe, shape: Shape) -> int:
    """Return the bytes of a number of the base, as `checkpoint.load` chooses: float32 on a CPU as long as it fits."""
    if recipe.dtype:
        return 4 if recipe.dtype == "float32" else 2
    if choose_device(recipe.device) != "cpu":
        return 2
    return 4 if recipe.bits == 4 or shape.parameters * 4 < memory_bytes() / 2 else 2


def _changes(recipe: Recipe, shape: Shape) -> dict[str, int]:
    """Return the changes that help, each with those before it: what costs the least quality and time first."""
    out: dict[str, int] = {}
    applied: list[str] = []
    total = recipe.examples_per_step
    changes: list[tuple[str, dict[str, Any], bool]] = [
        (
            f"batch_size = 1, gradient_accumulation_steps = {total}",
            {"batch_size": 1, "gradient_accumulation_steps": total},
            recipe.batch_size > 1,
        ),
        ("gradient_checkpointing = true", {"gradient_checkpointing": True}, not recipe.gradient_checkpointing),
        ("bits = 4", {"bits": 4}, recipe.bits == 16),
        ('adapt = ["language"]', {"adapt": ("language",)}, "vision" in recipe.adapt and "language" in recipe.adapt),
        ("lora_r = 8", {"lora_r": 8}, recipe.lora_r > 8),
    ]
    for words, change, helps in changes:
        if helps:
            recipe = replace(recipe, **change)
            applied.append(words)
            out[", ".join(applied)] = sum(memory(recipe, shape).values())
    return out
