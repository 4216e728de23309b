"""Where and in which precision a checkpoint runs: device, dtype, memory."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from sensorium.checkpoint.checkpoint_name import CheckpointName
from sensorium.checkpoint.weights import stored_bytes
from sensorium.core.errors import InputError, quoted

_MAX_FLOAT32_SHARE = 0.5  # of the memory: what the weights may take as float32 on a CPU


def choose_device(device: str = "") -> str:
    """Return a device's name as it is, or with "" the best device of this machine.

    Raises:
        InputError: when the machine does not have it.
    """
    import torch

    if not device:
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError):
        raise InputError(
            f"This machine has no device {quoted(device)}.", "Leave the device out: the best one is taken."
        ) from None
    return device


def to_device(model: Any, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return a model's inputs on its device, floating-point ones in its dtype."""
    return {
        key: value.to(model.device, dtype=model.dtype if value.is_floating_point() else None)
        if hasattr(value, "is_floating_point")
        else value
        for key, value in inputs.items()
    }


def choose_dtype(name: CheckpointName, config: Any, device: str) -> Any:
    """Return bfloat16 on a GPU that has it, float32 on a CPU if it fits: few CPUs are fast in bfloat16."""
    import torch

    if name.dtype:
        return getattr(torch, name.dtype)
    if device.startswith("cuda"):
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    if device == "mps":
        return torch.float16
    width = config.dtype.itemsize if isinstance(config.dtype, torch.dtype) else 4
    fits = stored_bytes(name.base) * 4 / width < _MAX_FLOAT32_SHARE * memory_bytes()
    return torch.float32 if fits or name.bits is not None else torch.bfloat16


def memory_bytes() -> int:
    """Return the bytes of memory that this machine has."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # this system does not say
        return 16 * 2**30
