"""Which layers of a model belong to its language, its connector and its vision part."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from sensorium.core.errors import InputError

# Names in the library's classes; the connector is looked for first because Qwen's is inside its vision part.
_PATTERNS = (
    ("connector", re.compile(r"(^|\.)(connector|multi_modal_projector|modality_projection|merger\w*|deepstack\w*|"
                             r"mlp1|aligner|embed_vision|resampler|img_projection)(\.|$)")),
    ("vision", re.compile(r"(^|\.)(vision_model|vision_tower|visual|vision_encoder|image_embed|vpm)(\.|$)")),
    ("other", re.compile(r"(^|\.)(audio_tower|audio_embed|embed_audio|lm_head|score)(\.|$)")),
)  # fmt: skip


def part_of(name: str) -> str:
    """Return the part of a module or weight by its name: "language", "connector", "vision" or "other"."""
    return next((part for part, pattern in _PATTERNS if pattern.search(name)), "language")


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
                f"Use of: {', '.join(sorted(parts - {'other'}))} in adapt.",
            )
    return [name for part, name in layers if part in adapt]
