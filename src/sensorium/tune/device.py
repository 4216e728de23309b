"""The device of a training: the memory there, how fast it multiplies, and so how long the training takes (a guess)."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sensorium.checkpoint.device import choose_device, memory_bytes
from sensorium.tune.recipe import Recipe

USABLE = 0.9
"""Share of the memory, and of a disk, that a training may use: the rest is the library's and the system's."""
UTILISATION = 0.25
"""Share of the speed of bare matrices that a training reaches: a guess, checked on one training (docs/tuning.md)."""
_MATRIX_SIDE, _SECONDS = 1024, 0.15


def available_memory(recipe: Recipe) -> int:
    """Return the bytes that a training may use: the recipe's, or most of what the device has."""
    if recipe.memory_gb:
        return round(recipe.memory_gb * 1e9)
    device = choose_device(recipe.device)
    if device.startswith("cuda"):
        import torch

        return int(USABLE * torch.cuda.get_device_properties(device).total_memory)
    return round(USABLE * memory_bytes())


@dataclass(frozen=True)
class Workload:
    """What decides the time of an example.

    Args:
        language: (layers, hidden size, intermediate size) of the language part.
        vision: The same of the vision part.
        tokens: Tokens of a row.
        patches: Patches of its pictures.
        cached: Whether its pictures are encoded once.
    """

    language: tuple[int, int, int]
    vision: tuple[int, int, int]
    tokens: int
    patches: int
    cached: bool


def training_seconds(recipe: Recipe, work: Workload, examples: int, steps: int, flops: float) -> float:
    """Return the seconds of a training, without loading and without evaluations.

    A frozen layer costs two multiplications a weight and token forward and two backward, and two more where
    activations are recomputed; the vision part's only the first two, unless it is trained.

    Args:
        recipe: The recipe.
        work: Cost of an example.
        examples: Number of training examples.
        steps: Optimiser steps.
        flops: Floating-point operations a second, as `measure_flops` gives them.
    """
    passes = steps * recipe.examples_per_step
    trained = 6 if recipe.gradient_checkpointing else 4
    language = trained * work.tokens * _weights(work.language, 3)
    vision = (trained if "vision" in recipe.adapt else 2) * work.patches * _weights(work.vision, 2)
    return (passes * language + (min(passes, examples) if work.cached else passes) * vision) / (UTILISATION * flops)


def _weights(sizes: tuple[int, int, int], matrices: int) -> int:
    layers, hidden, intermediate = sizes
    return layers * (4 * hidden * hidden + matrices * hidden * intermediate)


def measure_flops(recipe: Recipe, itemsize: int) -> float:
    """Return the floating-point operations a second of the device in bare matrices, measured in a sixth of a second.

    Args:
        recipe: Names the device.
        itemsize: Bytes of a number.
    """
    import torch

    device = choose_device(recipe.device)
    dtype = torch.float32 if itemsize == 4 else torch.float16 if device == "mps" else torch.bfloat16
    matrix = torch.ones(_MATRIX_SIDE, _MATRIX_SIDE, device=device, dtype=dtype)
    (matrix @ matrix).sum().item()  # the first one warms up
    times, start = 0, time.perf_counter()
    while (seconds := time.perf_counter() - start) < _SECONDS:
        (matrix @ matrix)[0, 0].item()  # waits for a GPU, too
        times += 1
    return 2 * _MATRIX_SIDE**3 * times / seconds


def format_seconds(seconds: float) -> str:
    """Return a duration in words."""
    if seconds < 90:
        return f"{seconds:.0f} seconds" if seconds >= 1.5 else "a second"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


def format_bytes(size: float) -> str:
    """Return a size in words, in powers of 1,000."""
    if size < 1e5:
        return f"{size / 1e3:,.1f} kB"
    return f"{size / 1e9:,.1f} GB" if size >= 1e8 else f"{size / 1e6:,.1f} MB"
