"""How many tokens a picture costs, told before it is sent."""

from __future__ import annotations

from typing import Any

import PIL.Image

from sensorium.checkpoint.load import Loaded, quiet
from sensorium.core.errors import InputError
from sensorium.core.messages import Image
from sensorium.media.image import pixels


def picture_tokens(loaded: Loaded, image: Image) -> int:
    """Give the tokens that one picture costs.

    They are positions of the prompt; for Llama 3.2 Vision, whose pictures stand beside the prompt, the vision tokens
    that each text token looks at.

    Raises:
        MediaError: when the picture can't be opened.
    """
    picture = PIL.Image.fromarray(pixels(image, loaded.name.side))
    if loaded.kind == "mllama":
        return _tiles(loaded, picture) * _tile_tokens(loaded)
    token = getattr(loaded.processor, "image_token", None)
    if not isinstance(token, str) or not token:
        raise InputError(f"{loaded.name.shown} does not say how its pictures are counted.", "Ask, and see the usage.")

    def count(pictures: int) -> int:
        text = "x" + f"{token}x" * pictures  # the letters keep what stands around two pictures from melting together
        with quiet():
            found = loaded.processor(text=[text], images=[[picture] * pictures], return_tensors="pt")
        return int(found["input_ids"].shape[1])

    letter = len(loaded.processor.tokenizer("x", add_special_tokens=False)["input_ids"])
    return count(2) - count(1) - letter


def _tiles(loaded: Loaded, picture: Any) -> int:
    with quiet():
        out = loaded.processor.image_processor([[picture]], return_tensors="pt")
    return int(out["num_tiles"][0][0])


def _tile_tokens(loaded: Loaded) -> int:
    vision = loaded.model.config.vision_config
    return int((vision.image_size // vision.patch_size) ** 2 + 1)
