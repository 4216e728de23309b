"""The rows of a batch behind each other in one sequence: nothing is padded, and no row sees another.

Each row keeps its own positions, from 0; where they begin anew, the library's causal mask ends (its mask is block by
block where it is given positions, no attention mask and no cache). So a row is worth what it is alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sensorium.checkpoint.load import Checkpoint
from sensorium.checkpoint.prompt import encode_prompts
from sensorium.core.errors import InputError
from sensorium.tune.training.collate import Encode, Row, batch

PACKS = frozenset({"idefics3", "llava", "smolvlm"})
"""Model types that take such a sequence, with a Llama as their language part.

Not so: Mllama, whose words look at their pictures over a mask a row; PaliGemma, whose prompt's tokens see each other;
Gemma 3, whose pictures' tokens do.
"""


def check_packs(config: Any) -> None:
    """See that a model takes rows in one sequence.

    Raises:
        InputError: where it does not, or it is not known.
    """
    words = config.get_text_config().model_type
    if config.model_type in PACKS and words == "llama":
        return
    raise InputError(
        f"Rows can't be packed for a model of the type {config.model_type!r} with words of the type {words!r}.",
        "Write into the recipe: packing = false",
    )


def packed(loaded: Checkpoint, rows: Sequence[Row], encode: Encode = encode_prompts) -> dict[str, Any]:
    """Encode rows, of any kind, as one sequence with labels.

    Args:
        loaded: A checkpoint that `check_packs` lets pass.
        rows: In their order.
        encode: Encodes their prompts.
    """
    import torch

    each = [batch(loaded, [row], encode) for row in rows]
    made: dict[str, Any] = {key: torch.cat([one[key] for one in each], 1) for key in ("input_ids", "labels")}
    made["position_ids"] = torch.cat([torch.arange(one["input_ids"].shape[1]) for one in each])[None]
    by_row = any("pixel_attention_mask" in one for one in each)  # (1, tiles, …), else a tile after the other
    for key in ("pixel_values", "pixel_attention_mask"):
        values = [one[key] for one in each if key in one]
        if values:
            made[key] = torch.cat(values, 1 if by_row else 0)
    return made | {"use_cache": False}
