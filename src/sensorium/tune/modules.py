"""Which of a model's layers are its language, its connector and its vision part."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from sensorium.core.errors import InputError

# Names that the library's classes give; the connector is looked for first: Qwen's is inside its vision part.
_PLACES = (
    ("connector", re.compile(r"(^|\.)(connector|multi_modal_projector|modality_projection|merger\w*|deepstack\w*|"
                             r"mlp1|aligner|embed_vision|resampler|img_projection)(\.|$)")),
    ("vision", re.compile(r"(^|\.)(vision_model|vision_tower|visual|vision_encoder|image_embed|vpm)(\.|$)")),
    ("other", re.compile(r"(^|\.)(audio_tower|audio_embed|embed_audio|lm_head|score)(\.|$)")),
)  # fmt: skip


def part_of(name: str) -> str:
    """Name the part that a module or weight belongs to: "language", "connector", "vision" or "other"."""
    return next((part for part, pattern in _PLACES if pattern.search(name)), "language")


def linears(model: Any) -> Iterator[tuple[str, Any]]:
    """Return the linear layers with their names, without the one that makes the words' scores."""
    import torch

    last = model.get_output_embeddings()
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Linear) and module is not last:
            yield name, module


def targets(model: Any, adapt: Sequence[str]) -> list[str]:
    """Name the linear layers of these parts.

    Raises:
        InputError: when a part has none.
    """
    found = [(part_of(name), name) for name, _ in linears(model)]
    for part in adapt:
        if not any(part == each for each, _ in found):
            have = sorted({each for each, _ in found} - {"other"})
            raise InputError(
                f"The model has no linear layers in its part {part!r}.", f"Use of: {', '.join(have)} in adapt."
            )
    return [name for part, name in found if part in adapt]
