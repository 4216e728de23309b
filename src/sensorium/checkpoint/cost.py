"""How many tokens a picture costs, told before it is sent."""

from __future__ import annotations

from typing import Any

import PIL.Image

from sensorium.checkpoint.load import Loaded, quiet
from sensorium.core.messages import Image
from sensorium.media.image import pixels


def picture_tokens(loaded: Loaded, image: Image) -> int:
    """Give the tokens that one picture costs.

    They are positions of the prompt; for Llama 3.2 Vision, whose pictures stand beside the prompt, the vision tokens
    that each text token looks at.

    Raises:
        MediaError: when the picture can't be opened.
    """
    picture = pixels(image, loaded.name.side)
    height, width = picture.shape[:2]
    if loaded.kind == "mllama":
        return _tiles(loaded, picture) * _tile_tokens(loaded)
    count = getattr(loaded.processor, "_get_num_multimodal_tokens", None)
    if count is not None:
        with quiet():
            found = count(image_sizes=[(height, width)])["num_image_tokens"]
        if found:
            return int(found[0])
    token = getattr(loaded.processor, "image_token", None) or ""
    with quiet():
        seen = loaded.processor(text=[f"{token}"], images=[[PIL.Image.fromarray(picture)]], return_tensors="pt")
        bare = loaded.processor.tokenizer("")
    return int(seen["input_ids"].shape[1]) - len(bare["input_ids"])


def _tiles(loaded: Loaded, picture: Any) -> int:
    with quiet():
        out = loaded.processor.image_processor([[PIL.Image.fromarray(picture)]], return_tensors="pt")
    return int(out["num_tiles"][0][0])


def _tile_tokens(loaded: Loaded) -> int:
    vision = loaded.model.config.vision_config
    return int((vision.image_size // vision.patch_size) ** 2 + 1)
