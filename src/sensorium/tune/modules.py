"""Which linear layers of a model an adapter changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sensorium.checkpoint.weights import OTHER, part_of
from sensorium.core.errors import InputError


def linear_layers(model: Any) -> Iterator[tuple[str, Any]]:
    """Yield the linear layers with their names, without the output embeddings."""
    import torch

    output = model.get_output_embeddings()
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Linear) and module is not output:
            yield name, module


def target_modules(model: Any, adapt: Sequence[str]) -> list[str]:
    """Return the names of the linear layers of these parts: LoraConfig's target_modules.

    Raises:
        InputError: when a part has none.
    """
    layers = [(part_of(name), name) for name, _ in linear_layers(model)]
    parts = {part for part, _ in layers}
    for part in adapt:
        if part not in parts:
            raise InputError(
                f"The model has no linear layers in its part {part!r}.",
                f"Use of: {', '.join(sorted(parts - {OTHER}))} in adapt.",
            )
    return [name for part, name in layers if part in adapt]
