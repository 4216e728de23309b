"""What a training will take, told before any weight is loaded: from config.json, the processor and some examples.

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
from sensorium.checkpoint.load import Checkpoint, load_config, loading_errors, quiet, resolve_base
from sensorium.checkpoint.special_tokens import eos_token_ids, special_tokens
from sensorium.core.errors import LimitError
from sensorium.core.messages import Image, Video
from sensorium.tasks.task import Example
from sensorium.tune import throughput as pace
from sensorium.tune.device import ALLOWED, available
from sensorium.tune.inputs import Data, auto_of, data_of, name_of
from sensorium.tune.modules import linears, part_of, targets
from sensorium.tune.recipe import Recipe, steps_of
from sensorium.tune.training import vision_cache as features
from sensorium.tune.training.collate import Row, batch, row_of
from sensorium.tune.training.packing import check_packs

GIB = 2**30
NF4_BYTES = 0.5 + 1 / 64 + 4 / (64 * 256)
"""Of a weight in NF4 with double quantisation: 4 bits, 8 for each 64 of them, 32 for each 256 of those (QLoRA)."""
_LOOKED_AT = 16
_WIDTH_H, _WIDTH_I = 8, 4
"""Numbers that a layer keeps for its gradient, a token, in widths of its hidden and of its intermediate size."""


@dataclass(frozen=True)
class Shape:
    """What of model and examples decides the memory.

    Args:
        parameters: Of the base.
        quantised: Of these, how many `bits = 4` makes small.
        widths: Part -> the sum of (inputs + outputs) of its linear layers: rank times this is what LoRA trains.
        language: (layers, hidden size, intermediate size) of the language part.
        vision: The same of the vision part.
        tokens: Of the longest row that was looked at.
        patches: Of its pictures.
        picture_bytes: That its pictures take as the model is given them.
        kept_bytes: That what is kept of its pictures takes on the disk; 0 where they are encoded anew each time.
        kept_each: The same of one picture, on average.
        pictures: Different ones, of all examples.
        anew: Why pictures are encoded anew each time; "" where once.
    """

    parameters: int
    quantised: int
    widths: dict[str, int]
    language: tuple[int, int, int]
    vision: tuple[int, int, int]
    tokens: int
    patches: int
    picture_bytes: int
    kept_bytes: int
    kept_each: float
    pictures: int
    anew: str


@dataclass(frozen=True)
class Forecast:
    """What a training will take.

    Args:
        examples: That are learnt.
        steps: Optimiser steps.
        parameters: Of the base.
        trained: Of the adapter.
        tokens: Of the longest row that was looked at.
        bytes: "weights", "adapters", "optimiser", "activations", "pictures" -> memory.
        available: Memory that the training may take.
        changes: What to write into the recipe -> the memory that it would take then; the least that helps first.
        pictures: Different ones.
        disk: Bytes of the disk for what is kept of them while it trains; 0 where nothing is.
        anew: Why pictures are encoded anew each time; "" where once.
        seconds: Of its steps, about; what is asked of it meanwhile is not in it.
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
    anew: str
    seconds: float

    @property
    def total(self) -> int:
        """All of its memory in bytes."""
        return sum(self.bytes.values())

    @property
    def fits(self) -> bool:
        """Whether it may begin."""
        return self.total <= self.available

    def lines(self) -> list[str]:
        """Say it in sentences."""
        share = self.trained / self.parameters
        said = [
            f"{self.examples:,} examples, {self.steps:,} steps; the longest row looked at has {self.tokens:,} tokens.",
            f"It trains {self.trained:,} numbers beside {self.parameters:,} ({share:.2%}).",
            f"Memory, about: {', '.join(f'{name} {_said(size)}' for name, size in self.bytes.items())}; "
            f"{_said(self.total)} of {_said(self.available)} in all.",
        ]
        said.append(f"Time, about: {pace.said(self.seconds)}, give or take a factor of three; without held-out checks.")
        if self.pictures and self.anew:
            said.append(f"Its {self.pictures:,} pictures are encoded in each epoch: {self.anew}.")
        elif self.pictures:
            said.append(f"Its {self.pictures:,} pictures are encoded once and kept: about {_said(self.disk)} of disk.")
        if not self.fits:
            said += [f"With {change} it takes about {_said(size)}." for change, size in self.changes.items()]
        return said

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return asdict(self) | {"total": self.total, "fits": self.fits}


def forecast(recipe: Recipe, data: Data | None = None) -> Forecast:
    """Forecast a training; loads no weights.

    Args:
        recipe: What is to be trained.
        data: What the recipe names, where it is loaded already.

    Raises:
        InputError: as `train` does, but for the memory.
    """
    data = data or data_of(recipe)
    shape = shape_of(recipe, data)
    room = available(recipe)
    taken = memory(recipe, shape)
    changes: dict[str, int] = {}
    if sum(taken.values()) > room:
        changes = _changes(recipe, shape)
    count = len(data.train)
    trained = _trained(recipe, shape)
    disk = round(shape.kept_each * shape.pictures)
    steps = steps_of(recipe, count)
    work = pace.Work(shape.language, shape.vision, shape.tokens, shape.patches, not shape.anew)
    seconds = pace.seconds(recipe, work, count, steps, pace.speed(recipe, _bytes_wide(recipe, shape)))
    return Forecast(
        count, steps, shape.parameters, trained, shape.tokens, taken, room, changes,
        shape.pictures, disk, shape.anew, round(seconds, 1),
    )  # fmt: skip


def check_fits(recipe: Recipe, data: Data | None = None) -> Forecast:
    """Forecast a training; LimitError, with what to change, where it can't fit."""
    found = forecast(recipe, data)
    if found.fits:
        return _with_room(recipe, found)
    helps = next((change for change, size in found.changes.items() if size <= found.available), "")
    raise LimitError(
        f"The training takes about {_said(found.total)}, and there are {_said(found.available)}.",
        f"Write into the recipe: {helps}" if helps else "Choose a smaller base; sensorium tune --forecast says more.",
    )


def _with_room(recipe: Recipe, found: Forecast) -> Forecast:
    """See that what is kept of the pictures has room on the disk, with what is there of it already."""
    place = Path(recipe.out).absolute()
    there = sum(file.stat().st_size for file in (place / features.FOLDER).glob("*"))
    free = shutil.disk_usage(next(each for each in (place, *place.parents) if each.exists())).free + there
    if found.disk <= ALLOWED * free:
        return found
    raise LimitError(
        f"What is kept of {found.pictures:,} pictures takes about {_said(found.disk)} of disk; {_said(free)} are free.",
        "Write into the recipe: encode_once = false",
    )


def shape_of(recipe: Recipe, data: Data) -> Shape:
    """Build the model without weights and look at some examples."""
    import torch
    import transformers
    from transformers import AutoProcessor

    name = resolve_base(name_of(recipe))
    config = load_config(name)
    with loading_errors(name.base), quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the libraries' notes to each other
        with torch.device("meta"):
            model = getattr(transformers, auto_of(name)).from_config(config)
        processor = AutoProcessor.from_pretrained(name.base, trust_remote_code=False)
        if getattr(processor, "chat_template", None) is None:
            processor.chat_template = getattr(getattr(processor, "tokenizer", None), "chat_template", None)
        targets(model, recipe.adapt)
        if recipe.packing:
            check_packs(config)
        loaded = Checkpoint(
            name, model, processor, config.model_type, special_tokens(processor), eos_token_ids(model, processor)
        )
        rows = [row_of(loaded, each) for each in _some(recipe, data)]
        anew = features.refusal(recipe, config, [row.prompt for row in rows])
        sizes = [_sizes_of(recipe, loaded, row, anew) for row in rows]
    widths: dict[str, int] = {}
    quantised = 0
    for layer, module in linears(model):
        widths[part_of(layer)] = widths.get(part_of(layer), 0) + module.in_features + module.out_features
        quantised += module.in_features * module.out_features
    parameters = sum(weight.numel() for weight in model.parameters())
    text, vision = config.get_text_config(), getattr(config, "vision_config", None)
    tokens, patches, pixels, kept = (max(column) for column in zip(*sizes, strict=True))
    each = sum(size[-1] for size in sizes) / max(1, sum(len(row.prompt.images) for row in rows))
    pictures = _pictures(loaded, data)
    return Shape(
        parameters, quantised, widths, _sizes(text), _sizes(vision), tokens, patches, pixels, kept, each, pictures, anew
    )


def _sizes(config: Any) -> tuple[int, int, int]:
    layers = _first(config, "num_hidden_layers", "depth") + _first(config, "num_global_layers")
    hidden = _first(config, "hidden_size", "embed_dim")
    return layers, hidden, _first(config, "intermediate_size") or 4 * hidden


def _first(config: Any, *names: str) -> int:
    found = (getattr(config, name, None) for name in names)
    return next((value for value in found if isinstance(value, int)), 0)


def _some(recipe: Recipe, data: Data) -> list[Example]:
    """Return some examples by chance, and the one with most letters."""
    chance = random.Random(recipe.seed)
    longest = max(data.train, key=lambda each: len(str(each.conversation)) + len(each.answer))
    return [longest, *chance.sample(data.train, min(_LOOKED_AT, len(data.train)))]


def _sizes_of(recipe: Recipe, loaded: Checkpoint, row: Row, anew: str) -> tuple[int, int, int, int]:
    """Return a row's tokens, its pictures' patches, the bytes of these and of what is kept of them."""
    vision = getattr(loaded.model.config, "vision_config", None)
    side = _first(vision, "patch_size") or 14
    made = batch(loaded, [row])
    pixels = made.get("pixel_values")
    count = 0 if pixels is None else pixels.numel()
    patches = count // (3 * side * side * (_first(vision, "temporal_patch_size") or 1))
    kept = 0 if anew else features.kept_bytes(loaded, made, "connector" in recipe.adapt)
    return made["input_ids"].shape[1], patches, count * 4, kept


def _pictures(loaded: Checkpoint, data: Data) -> int:
    """Count the different pictures, a film as its frames."""
    parts = {part for example in (*data.train, *data.held) for part in example.conversation.parts}
    blobs = {part.blob for part in parts if isinstance(part, Image)}
    return len(blobs) + loaded.name.frames * sum(isinstance(part, Video) for part in parts)


def _trained(recipe: Recipe, shape: Shape) -> int:
    return recipe.rank * sum(shape.widths.get(part, 0) for part in recipe.adapt)


def memory(recipe: Recipe, shape: Shape) -> dict[str, int]:
    """Return the memory of each part in bytes; an estimate: kernels differ in what they keep.

    Adapters and their gradients are float32, AdamW keeps two more numbers of each. A layer keeps what flows through it
    where a gradient is wanted there: in the vision part only if that or the connector is adapted, as a checkpointed
    layer only what goes in. Pictures that are encoded once are so before the first step, one at a time.
    """
    wide = _bytes_wide(recipe, shape)
    small = shape.quantised if recipe.bits == 4 else 0
    trained = _trained(recipe, shape)
    words = recipe.batch * _kept(recipe, shape.language, shape.tokens, wide, True)
    eyes = _kept(recipe, shape.vision, shape.patches, wide, "vision" in recipe.adapt)
    return {
        "weights": round((shape.parameters - small) * wide + small * NF4_BYTES),
        "adapters": trained * 8,
        "optimiser": trained * 8,
        "activations": words + recipe.batch * eyes if shape.anew else max(words, eyes),
        "pictures": recipe.batch * (shape.picture_bytes if shape.anew else shape.kept_bytes // 2 * wide),
    }


def _kept(recipe: Recipe, sizes: tuple[int, int, int], tokens: int, wide: int, learns: bool) -> int:
    layers, hidden, inner = sizes
    whole = tokens * (_WIDTH_H * hidden + _WIDTH_I * inner) * wide
    if not learns:
        return whole
    return layers * tokens * hidden * wide + whole if recipe.activation_checkpointing else layers * whole


def _bytes_wide(recipe: Recipe, shape: Shape) -> int:
    """Bytes of a number of the base, as `checkpoint.load` chooses: float32 on a CPU as long as it fits."""
    if recipe.dtype:
        return 4 if recipe.dtype == "float32" else 2
    if choose_device(recipe.device) != "cpu":
        return 2
    return 4 if recipe.bits == 4 or shape.parameters * 4 < memory_bytes() / 2 else 2


def _changes(recipe: Recipe, shape: Shape) -> dict[str, int]:
    """Return what would help, each with those before it: what costs the least quality and time first."""
    found: dict[str, int] = {}
    said: list[str] = []
    ways: list[tuple[str, dict[str, Any], bool]] = [
        ("batch = 1", {"batch": 1, "accumulate": recipe.batch * recipe.accumulate}, recipe.batch > 1),
        ("activation_checkpointing = true", {"activation_checkpointing": True}, not recipe.activation_checkpointing),
        ("bits = 4", {"bits": 4}, recipe.bits == 16),
        ('adapt = ["language"]', {"adapt": ("language",)}, "vision" in recipe.adapt and "language" in recipe.adapt),
        ("rank = 8", {"rank": 8}, recipe.rank > 8),
    ]
    for words, change, helps in ways:
        if helps:
            recipe = replace(recipe, **change)
            said.append(f"{words}, accumulate = {recipe.accumulate}" if words == "batch = 1" else words)
            found[", ".join(said)] = sum(memory(recipe, shape).values())
    return found


def _said(size: int) -> str:
    if size < 1e5:
        return f"{size / 1e3:,.1f} kB"
    return f"{size / 1e9:,.1f} GB" if size >= 1e8 else f"{size / 1e6:,.1f} MB"
