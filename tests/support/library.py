"""What the library itself makes of a conversation, called directly: what the backends are compared with."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import PIL.Image

from sensorium import Conversation, Image, Text
from sensorium.media.image import encode


def noise(seed: int, width: int = 40, height: int = 30) -> Image:
    """Make a picture of random pixels."""
    return encode(np.random.default_rng(seed).integers(0, 255, (height, width, 3)).astype(np.uint8))


def messages(chat: Conversation) -> list[dict[str, Any]]:
    """Return what `apply_chat_template` takes."""
    return [
        {
            "role": message.role,
            "content": [
                {"type": "text", "text": part.text}
                if isinstance(part, Text)
                else {"type": "image", "image": opened(part)}
                for part in message.parts
            ],
        }
        for message in chat.messages
    ]


def opened(part: Any) -> PIL.Image.Image:
    return PIL.Image.open(io.BytesIO(part.blob.data)).convert("RGB")


def inputs(processor: Any, chats: list[Conversation]) -> Any:
    """Tokenize conversations, in a batch."""
    return processor.apply_chat_template(
        [messages(chat) for chat in chats],
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
        processor_kwargs={"padding": True, "padding_side": "left"},
    )


def generated(
    model: Any, given: Any, tokens: int, temperature: float = 0.0, seed: int | None = None
) -> list[list[int]]:
    """Generate, and give the new token ids of each row, up to the end token."""
    import torch

    if temperature:
        torch.manual_seed(seed or 0)
        out = model.generate(**given, max_new_tokens=tokens, do_sample=True, temperature=temperature)
    else:
        out = model.generate(**given, max_new_tokens=tokens, do_sample=False)
    return _ended(model, out[:, given["input_ids"].shape[1] :])


@contextmanager
def recorded(of: Any) -> Iterator[list[list[list[int]]]]:
    """Record what each call of the model's `generate` gives while the block runs: the new token ids of each row."""
    calls: list[list[list[int]]] = []
    model = of.checkpoint.model
    generate = model.generate

    def listening(**given: Any) -> Any:
        out = generate(**given)
        calls.append(_ended(model, out[:, given["input_ids"].shape[1] :]))
        return out

    model.generate = listening
    try:
        yield calls
    finally:
        del model.generate


def _ended(model: Any, out: Any) -> list[list[int]]:
    ends = model.generation_config.eos_token_id
    ends = ends if isinstance(ends, list) else [ends]
    rows = []
    for row in out.tolist():
        last = next((number for number, token in enumerate(row) if token in ends), len(row) - 1)
        rows.append(row[: last + 1])
    return rows


def answers(
    of: Any, chats: list[Conversation], tokens: int, temperature: float = 0.0, seed: int = 0
) -> list[list[int]]:
    """Ask the library itself; PaliGemma has no chat template, and takes pictures first."""
    processor = of.checkpoint.processor
    if of.checkpoint.model_type == "paligemma":
        pictures = [[opened(part) for part in chat.parts if hasattr(part, "blob")] for chat in chats]
        texts = ["<image>" * len(p) + c.messages[0].text for c, p in zip(chats, pictures, strict=True)]
        given = processor(text=texts, images=pictures, padding=True, padding_side="left", return_tensors="pt")
        given.pop("labels")
    else:
        given = inputs(processor, chats)
    return generated(of.checkpoint.model, given, tokens, temperature, seed)


def decoded(of: Any, ids: list[int]) -> str:
    """Return the words of the ids, as the library does."""
    return str(of.checkpoint.processor.decode(ids, skip_special_tokens=True))
