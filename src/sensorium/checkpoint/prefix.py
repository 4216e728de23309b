"""What the last prompt's encoding saves the next one: its beginning, examples and pictures included, is kept.

The library's cache of keys and values is cut back to where two prompts part, and only what follows is encoded. Where
they part is looked for in the rendered text, at a control token's end, so that what is the same is neither opened nor
processed again; the pieces' tokens are checked to be the whole's.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sensorium.checkpoint.load import Checkpoint
from sensorium.checkpoint.prompt import Prompt, PromptImage, encode_prompts, process

REUSES = frozenset({"gemma3", "idefics3", "llava", "qwen2_5_vl", "qwen3_vl", "smolvlm"})
"""Model types where what follows a control token changes nothing before it, and needs its keys and values alone.

Not so: PaliGemma, where the prompt's tokens see each other; Mllama, where each token looks at the pictures;
LLaVA-OneVision, where a second picture changes how the first is cut.
"""
_SIDED = frozenset({"qwen2_5_vl", "qwen3_vl"})  # with positions in three dimensions
_PICTURE = 400
LEAST_TOKENS = 16
"""A common beginning of fewer, and without a picture, is not worth the trouble."""


@dataclass
class Kept:
    """The last prompt and the model's cache of it.

    Args:
        prompt: As it was rendered.
        ids: (1, tokens), on the CPU.
        types: The processor's other values, one a token, by name: "token_type_ids" …
        grids: (pictures, 3): what Qwen-VL's processor tells of each picture's sides, or None.
        cache: The library's DynamicCache, of at least these tokens.
        marks: Places in the text, in letters, and the tokens before them.
    """

    prompt: Prompt
    ids: Any
    types: dict[str, Any]
    grids: Any
    cache: Any
    marks: dict[int, int] = field(default_factory=dict)


def reusable(loaded: Checkpoint) -> bool:
    """Whether the checkpoint's prompts can be continued from a kept beginning."""
    return loaded.model_type in REUSES


def continued(loaded: Checkpoint, prompt: Prompt, kept: Kept | None) -> tuple[dict[str, Any], Kept]:
    """Return the model's inputs for a prompt, from what is kept where that begins it, and what to keep afterwards.

    Args:
        loaded: A checkpoint that is `reusable`.
        prompt: The new prompt.
        kept: What the last call gave; its cache is cut back and used. None for nothing.
    """
    found = (
        None if kept is None or not prompt.plain or prompt.videos or kept.prompt.videos else _from(loaded, prompt, kept)
    )
    if found is not None:
        return found
    from transformers import DynamicCache

    inputs = dict(encode_prompts(loaded, [prompt]))
    inputs["past_key_values"] = DynamicCache()
    grids = inputs.get("image_grid_thw")
    return inputs, Kept(prompt, inputs["input_ids"], _types(inputs), grids, inputs["past_key_values"])


def shared(loaded: Checkpoint, prompts: Sequence[Prompt]) -> float:
    """Return the share of the prompts that is the same in all of them, a picture counted as `_PICTURE` letters."""
    first = prompts[0]
    if any(prompt.videos or _placeholder(loaded, prompt) is None for prompt in prompts):
        return 0.0
    least, most = math.inf, 0
    for prompt in prompts:
        same = next(
            (n for n, (a, b) in enumerate(zip(first.images, prompt.images, strict=False)) if a.key != b.key),
            min(len(first.images), len(prompt.images)),
        )
        least = min(least, _same_letters(first.text, prompt.text) + _PICTURE * same)
        most = max(most, len(prompt.text) + _PICTURE * len(prompt.images))
    return least / most


def cut_back(cache: Any, tokens: int) -> bool:
    """Cut a cache to its first tokens; False where it holds fewer, or is not of the plain growing kind."""
    from transformers.cache_utils import DynamicLayer

    layers = cache.layers
    if not layers or any(type(each) is not DynamicLayer or each.get_seq_length() < tokens for each in layers):
        return False
    for each in layers:
        each.keys, each.values = each.keys[..., :tokens, :], each.values[..., :tokens, :]
    return True


def _from(loaded: Checkpoint, prompt: Prompt, kept: Kept) -> tuple[dict[str, Any], Kept] | None:
    import torch

    at = _parting(loaded, prompt, kept)
    if at is None or not _worthwhile(loaded, prompt, at):
        return None
    tokens = kept.marks.get(at)
    if tokens is None:
        tokens = _tokens_before(loaded, kept, at)
    if tokens is None or not _clean(loaded, prompt.text, at):
        return None
    if not cut_back(kept.cache, tokens):
        return None
    rest = dict(_rest(loaded, prompt, at))
    types = _types(rest)
    for key, value in types.items():
        rest[key] = torch.cat([kept.types.get(key, torch.zeros_like(kept.ids))[:, :tokens], value], dim=1)
    rest["input_ids"] = torch.cat([kept.ids[:, :tokens], rest["input_ids"]], dim=1)
    rest["attention_mask"] = torch.ones_like(rest["input_ids"])
    marks = {place: count for place, count in kept.marks.items() if place <= at} | {at: tokens}
    rest |= {"past_key_values": kept.cache, "kept_tokens": tokens}
    grids = _grids(loaded, prompt, kept, rest.get("image_grid_thw"), at)
    if loaded.model_type in _SIDED:
        rest["position_ids"] = _positions(loaded, rest, grids)
    return rest, Kept(prompt, rest["input_ids"], _types(rest), grids, kept.cache, marks)


def _grids(loaded: Checkpoint, prompt: Prompt, kept: Kept, new: Any, at: int) -> Any:
    import torch

    if kept.grids is None:
        return new
    before = kept.grids[: len(prompt.images) - len(_pictures_after(loaded, prompt, at))]
    return before if new is None else torch.cat([before, new])


def _positions(loaded: Checkpoint, inputs: dict[str, Any], grids: Any) -> Any:
    """Qwen-VL's positions in three dimensions, of the whole prompt; the library works them out from whole inputs only.

    Gives (4, 1, tokens): the tokens' own numbers, then time, height and width, as the library's `generate` has them.
    """
    import torch

    ids = inputs["input_ids"]
    own = torch.arange(ids.shape[1])[None, None]
    if grids is None:
        return own.expand(4, 1, -1)
    types = inputs["mm_token_type_ids"]
    adapted = getattr(loaded.model, "get_base_model", None)
    whole = loaded.model if adapted is None else adapted()
    sides, _ = whole.model.get_rope_index(ids, mm_token_type_ids=types, image_grid_thw=grids)
    return torch.cat([own, sides])


def _types(inputs: dict[str, Any]) -> dict[str, Any]:
    """What the processor gives for each token beside its id: whether it is a picture's …; (1, tokens) each."""
    shape = inputs["input_ids"].shape
    others = {key: value for key, value in inputs.items() if key not in ("input_ids", "attention_mask")}
    return {key: value for key, value in others.items() if getattr(value, "shape", None) == shape}


def _parting(loaded: Checkpoint, prompt: Prompt, kept: Kept) -> int | None:
    """The last place, in letters, that ends a control token and before which both prompts are the same."""
    common = _same_letters(prompt.text, kept.prompt.text)
    holder = _placeholder(loaded, prompt)
    if holder is None:
        return None
    same = 0
    for ours, theirs in zip(prompt.images, kept.prompt.images, strict=False):
        if ours.key != theirs.key:
            break
        same += 1
    starts = [found.start() for found in re.finditer(re.escape(holder), prompt.text[:common])]
    if len(starts) > same:
        common = starts[same]
    common = min(common, len(prompt.text) - 1)  # something must be left to encode
    controls = "|".join(map(re.escape, loaded.special_tokens))
    ends = [found.end() for found in re.finditer(controls, prompt.text[:common])] if controls else []
    return ends[-1] if ends else None


def _worthwhile(loaded: Checkpoint, prompt: Prompt, at: int) -> bool:
    """Whether a common beginning saves anything: a picture, or some words."""
    if len(_pictures_after(loaded, prompt, at)) < len(prompt.images):
        return True
    return len(loaded.processor.tokenizer(prompt.text[:at])["input_ids"]) >= LEAST_TOKENS


def _placeholder(loaded: Checkpoint, prompt: Prompt) -> str | None:
    """The text that stands for a picture in this prompt: some processors name another one for its tokens."""
    for name in ("image_token", "boi_token"):
        token = getattr(loaded.processor, name, None)
        if isinstance(token, str) and token and prompt.text.count(token) == len(prompt.images):
            return token
    return None


def _tokens_before(loaded: Checkpoint, kept: Kept, at: int) -> int | None:
    """Count the kept prompt's tokens before a place: those that processing only what follows does not give."""
    if not _clean(loaded, kept.prompt.text, at):
        return None
    after = _rest(loaded, kept.prompt, at)["input_ids"]
    tokens = int(kept.ids.shape[1] - after.shape[1])
    return tokens if tokens > 0 and bool((kept.ids[:, tokens:] == after).all()) else None


def _pictures_after(loaded: Checkpoint, prompt: Prompt, at: int) -> tuple[PromptImage, ...]:
    holder = _placeholder(loaded, prompt)
    return prompt.images[prompt.text[:at].count(holder) if holder else 0 :]


def _rest(loaded: Checkpoint, prompt: Prompt, at: int) -> Any:
    pictures = _pictures_after(loaded, prompt, at)
    options = {"return_tensors": "pt", "add_special_tokens": False}
    return process(loaded, [prompt.text[at:]], [pictures], options)


def _clean(loaded: Checkpoint, text: str, at: int) -> bool:
    """Whether the text, pictures aside, has the same tokens in two pieces as in one."""
    tokenizer = loaded.processor.tokenizer

    def ids(piece: str, start: bool) -> list[int]:
        return list(tokenizer(piece, add_special_tokens=start)["input_ids"])

    return ids(text, True) == ids(text[:at], True) + ids(text[at:], False)


def _same_letters(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
