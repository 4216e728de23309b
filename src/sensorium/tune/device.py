"""What a training may take: its device, and the memory there."""

from __future__ import annotations

from sensorium.checkpoint.device import choose_device, memory_bytes
from sensorium.tune.recipe import Recipe

ALLOWED = 0.9
"""Of the memory, and of a disk: the rest is the library's and the system's."""


def available(recipe: Recipe) -> int:
    """Return the bytes that a training may take: the recipe's, or most of what the device has."""
    if recipe.memory_gb:
        return round(recipe.memory_gb * 1e9)
    device = choose_device(recipe.device)
    if device.startswith("cuda"):
        import torch

        return int(ALLOWED * torch.cuda.get_device_properties(device).total_memory)
    return round(ALLOWED * memory_bytes())
