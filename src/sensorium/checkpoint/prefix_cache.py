"""The prefix cache: what one prompt shares with the last one, examples and images included, is encoded once.

The library's cache of keys and values is cropped to where two prompts part, and only what follows is encoded. The
rendered texts are compared, up to the end of a special token, so that what is the same is neither opened nor processed
again; the tokens of the two pieces are checked to be those of the whole.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sensorium.checkpoint.load import Checkpoint
from sensorium.checkpoint.prompt import Prompt, PromptImage, encode_prompts, process

SUPPORTED = frozenset({"gemma3", "idefics3", "llava", "qwen2_5_vl", "qwen3_vl", "smolvlm"})
"""Model types where what follows a special token changes nothing before it, and needs its keys and values alone.

Not so: PaliGemma, where the prompt's tokens see each other; Mllama, where each token attends to the images;
LLaVA-OneVision, where a second image changes how the first is cut.
"""
_ROPE_3D = frozenset({"qwen2_5_vl", "qwen3_vl"})  # with positions in three dimensions
_IMAGE_CHARACTERS = 400
MIN_TOKENS = 16
"""A shorter common prefix without an image is not worth the trouble."""


@dataclass
class CachedPrompt:
    """The last prompt and the model's cache of it.

    Args:
        prompt: As it was rendered.
        ids: (1, tokens), on the CPU.
        token_values: The processor's other values, one a token, by name: "token_type_ids" …
        grids: (images, 3): Qwen-VL's "image_grid_thw", or None.
        cache: The library's DynamicCache, of at least these tokens.
        token_counts: Position in the text, in characters -> tokens before it.
    """

    prompt: Prompt
    ids: Any
    token_values: dict[str, Any]
    grids: Any
    cache: Any
    token_counts: dict[int, int] = field(default_factory=dict)


def supports(checkpoint: Checkpoint) -> bool:
    """Whether the checkpoint's prompts can continue a cached prefix."""
    return checkpoint.model_type in SUPPORTED


def encode_cached(
    checkpoint: Checkpoint, prompt: Prompt, cached: CachedPrompt | None
) -> tuple[dict[str, Any], CachedPrompt]:
    """Return the model's inputs for a prompt, and what to cache after generating.

    Args:
        checkpoint: A checkpoint that this module supports.
        prompt: The new prompt.
        cached: What the last call returned; its cache is cropped and used if the prompts share a prefix. May be None.
    """
    if cached is not None and prompt.plain and not prompt.videos and not cached.prompt.videos:
        continued = _continue(checkpoint, prompt, cached)
        if continued is not None:
            return continued
    from transformers import DynamicCache

    inputs = dict(encode_prompts(checkpoint, [prompt]))
    cache = DynamicCache()
    grids = inputs.get("image_grid_thw")
    new = CachedPrompt(prompt, inputs["input_ids"], _token_values(inputs), grids, cache)
    return inputs | {"past_key_values": cache}, new


def shared_fraction(checkpoint: Checkpoint, prompts: Sequence[Prompt]) -> float:
    """Return the fraction of the prompts that all share, an image counted as `_IMAGE_CHARACTERS` characters."""
    first = prompts[0]
    if any(prompt.videos or _placeholder(checkpoint, prompt) is None for prompt in prompts):
        return 0.0
    shared, longest = math.inf, 0
    for prompt in prompts:
        images = _same_images(first, prompt)
        shared = min(shared, _same_characters(first.text, prompt.text) + _IMAGE_CHARACTERS * images)
        longest = max(longest, len(prompt.text) + _IMAGE_CHARACTERS * len(prompt.images))
    return shared / longest


def crop(cache: Any, tokens: int) -> bool:
    """Crop a cache to its first tokens; False if it has fewer, or is not of the plain growing kind."""
    from transformers.cache_utils import DynamicLayer

    layers = cache.layers
    if not layers or any(type(layer) is not DynamicLayer or layer.get_seq_length() < tokens for layer in layers):
        return False
    for layer in layers:
        layer.keys, layer.values = layer.keys[..., :tokens, :], layer.values[..., :tokens, :]
    return True


def _continue(
    checkpoint: Checkpoint, prompt: Prompt, cached: CachedPrompt
) -> tuple[dict[str, Any], CachedPrompt] | None:
    import torch

    split = _split_position(checkpoint, prompt, cached)
    if split is None or not _worthwhile(checkpoint, prompt, split):
        return None
    tokens = cached.token_counts.get(split)
    if tokens is None:
        tokens = _tokens_before(checkpoint, cached, split)
    if tokens is None or not _splits_cleanly(checkpoint, prompt.text, split) or not crop(cached.cache, tokens):
        return None
    inputs = dict(_encode_rest(checkpoint, prompt, split))
    for key, value in _token_values(inputs).items():
        before = cached.token_values.get(key, torch.zeros_like(cached.ids))
        inputs[key] = torch.cat([before[:, :tokens], value], dim=1)
    inputs["input_ids"] = torch.cat([cached.ids[:, :tokens], inputs["input_ids"]], dim=1)
    inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
    counts = {place: count for place, count in cached.token_counts.items() if place <= split} | {split: tokens}
    inputs |= {"past_key_values": cached.cache, "cached_tokens": tokens}
    grids = _grids(checkpoint, prompt, cached, inputs.get("image_grid_thw"), split)
    if checkpoint.model_type in _ROPE_3D:
        inputs["position_ids"] = _positions(checkpoint, inputs, grids)
    return inputs, CachedPrompt(prompt, inputs["input_ids"], _token_values(inputs), grids, cached.cache, counts)


def _grids(checkpoint: Checkpoint, prompt: Prompt, cached: CachedPrompt, new: Any, split: int) -> Any:
    import torch

    if cached.grids is None:
        return new
    before = cached.grids[: len(prompt.images) - len(_images_after(checkpoint, prompt, split))]
    return before if new is None else torch.cat([before, new])


def _positions(checkpoint: Checkpoint, inputs: dict[str, Any], grids: Any) -> Any:
    """Return Qwen-VL's 3D positions of the whole prompt; the library computes them from whole inputs only.

    (4, 1, tokens): the tokens' own numbers, then time, height and width, as the library's `generate` has them.
    """
    import torch

    ids = inputs["input_ids"]
    own = torch.arange(ids.shape[1])[None, None]
    if grids is None:
        return own.expand(4, 1, -1)
    get_base_model = getattr(checkpoint.model, "get_base_model", None)
    model = checkpoint.model if get_base_model is None else get_base_model()
    spatial, _ = model.model.get_rope_index(ids, mm_token_type_ids=inputs["mm_token_type_ids"], image_grid_thw=grids)
    return torch.cat([own, spatial])


def _token_values(inputs: dict[str, Any]) -> dict[str, Any]:
    """Return what the processor says of each token besides its id: whether it is an image's …; (1, tokens) each."""
    shape = inputs["input_ids"].shape
    others = {key: value for key, value in inputs.items() if key not in ("input_ids", "attention_mask")}
    return {key: value for key, value in others.items() if getattr(value, "shape", None) == shape}


def _split_position(checkpoint: Checkpoint, prompt: Prompt, cached: CachedPrompt) -> int | None:
    """Return the last position, in characters, that ends a special token and before which both prompts are the same."""
    common = _same_characters(prompt.text, cached.prompt.text)
    placeholder = _placeholder(checkpoint, prompt)
    if placeholder is None:
        return None
    same = _same_images(prompt, cached.prompt)
    starts = [match.start() for match in re.finditer(re.escape(placeholder), prompt.text[:common])]
    if len(starts) > same:
        common = starts[same]
    common = min(common, len(prompt.text) - 1)  # something must be left to encode
    special = "|".join(map(re.escape, checkpoint.special_tokens))
    ends = [match.end() for match in re.finditer(special, prompt.text[:common])] if special else []
    return ends[-1] if ends else None


def _worthwhile(checkpoint: Checkpoint, prompt: Prompt, split: int) -> bool:
    """Whether a common prefix saves anything: an image, or some words."""
    if len(_images_after(checkpoint, prompt, split)) < len(prompt.images):
        return True
    return len(checkpoint.processor.tokenizer(prompt.text[:split])["input_ids"]) >= MIN_TOKENS


def _placeholder(checkpoint: Checkpoint, prompt: Prompt) -> str | None:
    """Return the text that stands for an image in this prompt: some processors name another one for its tokens."""
    for name in ("image_token", "boi_token"):
        token = getattr(checkpoint.processor, name, None)
        if isinstance(token, str) and token and prompt.text.count(token) == len(prompt.images):
            return token
    return None


def _tokens_before(checkpoint: Checkpoint, cached: CachedPrompt, split: int) -> int | None:
    """Count the cached prompt's tokens before a position: those that processing only the rest does not give."""
    if not _splits_cleanly(checkpoint, cached.prompt.text, split):
        return None
    rest = _encode_rest(checkpoint, cached.prompt, split)["input_ids"]
    tokens = int(cached.ids.shape[1] - rest.shape[1])
    return tokens if tokens > 0 and bool((cached.ids[:, tokens:] == rest).all()) else None


def _images_after(checkpoint: Checkpoint, prompt: Prompt, split: int) -> tuple[PromptImage, ...]:
    placeholder = _placeholder(checkpoint, prompt)
    return prompt.images[prompt.text[:split].count(placeholder) if placeholder else 0 :]


def _encode_rest(checkpoint: Checkpoint, prompt: Prompt, split: int) -> Any:
    images = _images_after(checkpoint, prompt, split)
    options = {"return_tensors": "pt", "add_special_tokens": False}
    return process(checkpoint, [prompt.text[split:]], [images], options)


def _splits_cleanly(checkpoint: Checkpoint, text: str, split: int) -> bool:
    """Whether the text, images aside, has the same tokens in two pieces as in one."""
    tokenizer = checkpoint.processor.tokenizer

    def ids(piece: str, start: bool) -> list[int]:
        return list(tokenizer(piece, add_special_tokens=start)["input_ids"])

    return ids(text, True) == ids(text[:split], True) + ids(text[split:], False)


def _same_images(a: Prompt, b: Prompt) -> int:
    """Count the equal images at the start of two prompts."""
    pairs = enumerate(zip(a.images, b.images, strict=False))
    return next((n for n, (one, other) in pairs if one.key != other.key), min(len(a.images), len(b.images)))


def _same_characters(a: str, b: str) -> int:
    pairs = enumerate(zip(a, b, strict=False))
    return next((n for n, (one, other) in pairs if one != other), min(len(a), len(b)))
