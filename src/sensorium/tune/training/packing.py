"""Packs the rows of a batch into one sequence: nothing is padded, and no row attends to another.

Each row has its own positions, from 0; where they restart, the library's causal mask ends (the mask is block-diagonal
if the model gets positions, no attention mask and no cache). So a row has the same loss as alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sensorium.checkpoint.load import Checkpoint
from sensorium.checkpoint.prompt import encode_prompts
from sensorium.core.errors import InputError
from sensorium.tune.training.collate import Encode, TrainRow, batch

PACKS = frozenset({"idefics3", "llava", "smolvlm"})
"""Model types that take such a sequence, with a Llama as their language part.

Not Mllama, whose cross-attention has a mask a row, PaliGemma, whose prompt's tokens attend to each other, nor Gemma 3,
whose pictures' tokens do.
"""


def check_packs(config: Any) -> None:
    """Check that a model takes packed rows.

    Raises:
        InputError: when it does not, or it is not known.
    """
    text = config.get_text_config().model_type
    if config.model_type in PACKS and text == "llama":
        return
    raise InputError(
        f"Rows can't be packed for a model of the type {config.model_type!r} with text of the type {text!r}.",
        "Write into the recipe: packing = false",
    )


def packed(loaded: Checkpoint, rows: Sequence[TrainRow], encode: Encode = encode_prompts) -> dict[str, Any]:
    """Return the model's inputs with labels for rows of any kind, as one sequence.

    Args:
        loaded: A checkpoint that `check_packs` accepts.
        rows: In their order.
        encode: Encodes their prompts.
    """
    import torch

    parts = [batch(loaded, [row], encode) for row in rows]
    inputs: dict[str, Any] = {key: torch.cat([part[key] for part in parts], 1) for key in ("input_ids", "labels")}
    inputs["position_ids"] = torch.cat([torch.arange(part["input_ids"].shape[1]) for part in parts])[None]
    by_row = any("pixel_attention_mask" in part for part in parts)  # (1, tiles, …), else tile after tile
    for key in ("pixel_values", "pixel_attention_mask"):
        values = [part[key] for part in parts if key in part]
        if values:
            inputs[key] = torch.cat(values, 1 if by_row else 0)
    return inputs | {"use_cache": False}
