"""How many tokens an image costs, counted before it is sent."""

from __future__ import annotations

from typing import Any

import PIL.Image

from sensorium.checkpoint.load import Checkpoint, quiet
from sensorium.core.errors import InputError
from sensorium.core.messages import Image
from sensorium.media.image import pixels


def count_image_tokens(checkpoint: Checkpoint, image: Image) -> int:
    """Return the tokens that one image costs.

    They are positions of a prompt with this image alone: LLaVA-OneVision takes several in less detail. For Llama 3.2
    Vision, whose images are not in the prompt, they are the vision tokens that cross-attention reads.

    Raises:
        MediaError: when the image can't be opened.
    """
    opened = PIL.Image.fromarray(pixels(image, checkpoint.name.side))
    if checkpoint.model_type == "mllama":
        return _tiles(checkpoint, opened) * _tokens_per_tile(checkpoint)
    token = getattr(checkpoint.processor, "image_token", None)
    if not isinstance(token, str) or not token:
        raise InputError(
            f"{checkpoint.name.shown} does not say how its images are counted.", "Ask, and read the usage."
        )
    if checkpoint.model_type == "paligemma":
        return int(checkpoint.processor.image_seq_length)  # its processor adds more to a prompt than the image
    with quiet():  # the x on both sides keeps other tokens from merging with the image's
        inputs = checkpoint.processor(text=[f"x{token}x"], images=[[opened]], return_tensors="pt")
    return int(inputs["input_ids"].shape[1]) - len(checkpoint.processor.tokenizer("xx")["input_ids"])


def _tiles(checkpoint: Checkpoint, opened: PIL.Image.Image) -> int:
    with quiet():
        out = checkpoint.processor.image_processor([[opened]], return_tensors="pt")
    return int(out["num_tiles"][0][0])


def _tokens_per_tile(checkpoint: Checkpoint) -> int:
    config: Any = checkpoint.model.config.vision_config
    return int((config.image_size // config.patch_size) ** 2 + 1)
