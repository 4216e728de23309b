"""How many tokens a picture costs, told before it is sent."""

from __future__ import annotations

from typing import Any

import PIL.Image

from sensorium.checkpoint.load import Checkpoint, quiet
from sensorium.core.errors import InputError
from sensorium.core.messages import Image
from sensorium.media.image import pixels


def count_image_tokens(loaded: Checkpoint, image: Image) -> int:
    """Return the tokens that one picture costs.

    They are positions of a prompt that has this picture alone: LLaVA-OneVision looks at several in less detail. For
    Llama 3.2 Vision, whose pictures stand beside the prompt, they are the vision tokens that the words look at.

    Raises:
        MediaError: when the picture can't be opened.
    """
    picture = PIL.Image.fromarray(pixels(image, loaded.name.side))
    if loaded.model_type == "mllama":
        return _tiles(loaded, picture) * _tile_tokens(loaded)
    token = getattr(loaded.processor, "image_token", None)
    if not isinstance(token, str) or not token:
        raise InputError(f"{loaded.name.shown} does not say how its pictures are counted.", "Ask, and see the usage.")

    if loaded.model_type == "paligemma":
        return int(loaded.processor.image_seq_length)  # its processor puts more around the prompt than the picture
    # the letters keep what stands around the picture from melting into other tokens
    with quiet():
        seen = loaded.processor(text=[f"x{token}x"], images=[[picture]], return_tensors="pt")
    return int(seen["input_ids"].shape[1]) - len(loaded.processor.tokenizer("xx")["input_ids"])


def _tiles(loaded: Checkpoint, picture: Any) -> int:
    with quiet():
        out = loaded.processor.image_processor([[picture]], return_tensors="pt")
    return int(out["num_tiles"][0][0])


def _tile_tokens(loaded: Checkpoint) -> int:
    vision = loaded.model.config.vision_config
    return int((vision.image_size // vision.patch_size) ** 2 + 1)
