"""The checks of "LoRA and QLoRA"."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
NAMES = {"bits", "batch_size", "gradient_accumulation_steps", "eval_split"}


def numbers(numbers: int) -> str | None:
    """A has 8 × 4,096 numbers and B 1,024 × 8: 40,960 in all, 1% of the layer's 4,194,304."""
    if numbers == 4096 * 1024:
        return "That is the whole layer. LoRA learns A and B in its place."
    if numbers in (8 * 4096, 8 * 1024):
        return "That is one of the two: A takes 4,096 numbers to 8, and B takes these 8 to 1,024."
    if numbers == 8 * 4096 * 1024:
        return "That is more than the layer itself. A and B stand side by side: add them, don't multiply."
    if numbers == 2 * 8 * 4096:
        return "That would be a layer that gives 4,096 numbers; this one gives 1,024, so B has 1,024 rows."
    return None if numbers == 40_960 else "A has 8 rows of 4,096 numbers. How many has B, which gives 1,024?"


def merged(merged: Callable[[Matrix, Matrix, Matrix, float], Matrix]) -> str | None:
    """The merged layer is as large and as fast as before, and can't be taken apart any more: keep the adapter."""
    chance = np.random.default_rng(5)
    W, A, B = (chance.normal(size=shape) for shape in ((6, 5), (2, 5), (6, 2)))
    before, right = W.copy(), W + 8 / 2 * B @ A
    try:
        result = np.asarray(merged(W, A, B, 8.0))
    except ValueError as error:
        return f"The shapes don't fit: {str(error)[:50]} … B comes first: it has W's rows, and A has W's columns."
    if not np.array_equal(W, before):
        return "It changes W itself, so that the base is gone. Return a new matrix."
    if result.shape != before.shape:
        return f"The result has the shape {result.shape}; W has {before.shape}."
    if np.allclose(result, right):
        return None
    if np.allclose(result, before + B @ A):
        return "The factor alpha / r is missing; without it a larger rank would be a larger change."
    if np.allclose(result, before + 8 * B @ A):
        return "Alpha is divided by r, the number of A's rows: 8 / 2 here."
    if np.allclose(result, right - before):
        return "That is the addition alone. Add it to W."
    return "Compare it with W + (alpha / r) B A; `@` multiplies matrices."


def settings(settings: Mapping[str, Any]) -> str | None:
    """Sixteen passes of one row, then one step: as sixteen rows at once, with the activations of one."""
    if set(settings) != NAMES:
        wrong = sorted(set(settings) ^ NAMES)
        return f"The keys are {', '.join(sorted(NAMES))}, as in a recipe; look at {', '.join(wrong)}."
    if settings["bits"] != 4:
        return "In 16 bits the weights alone take 21.3 of the 24 GB."
    if settings["batch_size"] != 1:
        return "One row at a time fits; more rows at once need their activations at once."
    if settings["gradient_accumulation_steps"] != 16:
        rows = settings["batch_size"] * settings["gradient_accumulation_steps"]
        return f"A step has batch_size × gradient_accumulation_steps rows: yours has {rows}, and 16 are asked for."
    if settings["eval_split"] != "dev":
        return f"The adapter is chosen by {settings['eval_split']!r}; then its score isn't honest any more."
    return None
