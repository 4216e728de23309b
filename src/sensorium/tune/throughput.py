"""How long a training will take: its multiplications, by how fast this device multiplies; an estimate, no promise."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sensorium.checkpoint.device import choose_device
from sensorium.tune.recipe import Recipe

SHARE = 0.25
"""Of the speed of bare matrices, what a training reaches: a guess, checked on one training (see docs/tuning.md)."""
_SIDE, _SECONDS = 1024, 0.15


@dataclass(frozen=True)
class Work:
    """What decides the time of an example.

    Args:
        language: (layers, hidden size, intermediate size) of the language part.
        vision: The same of the vision part.
        tokens: Of a row.
        patches: Of its pictures.
        once: Whether its pictures are encoded once.
    """

    language: tuple[int, int, int]
    vision: tuple[int, int, int]
    tokens: int
    patches: int
    once: bool


def seconds(recipe: Recipe, work: Work, examples: int, steps: int, rate: float) -> float:
    """Return the seconds of a training, without loading and without what is asked of it meanwhile.

    A frozen layer costs two multiplications a weight and token forward and two backward, and two more where
    activations are computed again; the vision part's only the first two, unless it learns.

    Args:
        recipe: How it is trained.
        work: What an example costs.
        examples: That are learnt.
        steps: Optimiser steps.
        rate: Floating-point operations a second, as `speed` gives them.
    """
    seen = steps * recipe.batch * recipe.accumulate
    back = 6 if recipe.activation_checkpointing else 4
    words = back * work.tokens * _weights(work.language, 3)
    eyes = (back if "vision" in recipe.adapt else 2) * work.patches * _weights(work.vision, 2)
    return (seen * words + (min(seen, examples) if work.once else seen) * eyes) / (SHARE * rate)


def _weights(sizes: tuple[int, int, int], matrices: int) -> int:
    layers, hidden, inner = sizes
    return layers * (4 * hidden * hidden + matrices * hidden * inner)


def speed(recipe: Recipe, wide: int) -> float:
    """Measure how many floating-point operations a second the device makes in bare matrices, in a sixth of a second.

    Args:
        recipe: Names the device.
        wide: Bytes of a number.
    """
    import torch

    device = choose_device(recipe.device)
    dtype = torch.float32 if wide == 4 else torch.float16 if device == "mps" else torch.bfloat16
    matrix = torch.ones(_SIDE, _SIDE, device=device, dtype=dtype)
    (matrix @ matrix).sum().item()  # the first one warms up
    times, start = 0, time.perf_counter()
    while (took := time.perf_counter() - start) < _SECONDS:
        (matrix @ matrix)[0, 0].item()  # waits for a GPU, too
        times += 1
    return 2 * _SIDE**3 * times / took


def said(found: float) -> str:
    """Put seconds in words."""
    if found < 90:
        return f"{found:.0f} seconds" if found >= 1.5 else "a second"
    return f"{found / 60:.0f} minutes" if found < 5400 else f"{found / 3600:.1f} hours"
