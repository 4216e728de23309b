"""Pictures encoded once: what the frozen part of a model makes of each is kept on disk, and every epoch reads it there.

The cut is before the first layer that learns: behind the connector, or before it where the connector is adapted. What
a training reads is always what lies on the disk, in the first epoch too, so that a break changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sensorium.checkpoint.load import Checkpoint
from sensorium.checkpoint.prompt import Prompt, PromptImage, encode_prompts, process
from sensorium.tune.recipe import Recipe
from sensorium.tune.training.collate import Row
from sensorium.tune.training.distributed import ALONE, Team
from sensorium.tune.training.metrics_log import Progress
from sensorium.tune.training.tensor_store import Store

FOLDER = "features"
PLACES = {
    "gemma3": ("vision_tower", "multi_modal_projector"),
    "idefics3": ("vision_model", "connector"),
    "llava": ("vision_tower", "multi_modal_projector"),
    "mllama": ("vision_model", "multi_modal_projector"),
    "paligemma": ("vision_tower", "multi_modal_projector"),
    "smolvlm": ("vision_model", "connector"),
}
"""Model type -> the names of its tower and of its connector: those where a picture is encoded alone and as a whole.

Not so: Qwen-VL, whose connector is inside its tower and whose later layers are fed, too; LLaVA-OneVision, where a
second picture changes how the first is cut.
"""
_TOWERS = ("clip_vision_model", "siglip_vision_model")  # of LLaVA: others give pictures of many sizes as one
_PIXELS = ("pixel_values", "pixel_attention_mask", "aspect_ratio_mask")
_BLANK = "no picture"
"""What Mllama sees in the place of a picture that a row has fewer than another of its batch."""
_TELL_SECONDS = 10.0


def refusal(recipe: Recipe, config: Any, prompts: Sequence[Prompt]) -> str:
    """Say why a training encodes its pictures anew each time; "" where it does so once."""
    tower = getattr(getattr(config, "vision_config", None), "model_type", "")
    if not recipe.encode_once:
        return "the recipe says encode_once = false"
    if "vision" in recipe.adapt:
        return "the vision part learns"
    if config.model_type not in PLACES:
        return f"it is not known where to cut a model of the type {config.model_type!r}"
    if config.model_type == "llava" and tower not in _TOWERS:
        return f"it is not known how to keep what a tower of the type {tower!r} gives"
    if any(prompt.videos for prompt in prompts):
        return "a film is encoded as a whole"
    return "" if any(prompt.images for prompt in prompts) else "there are none"


def encoder(
    recipe: Recipe,
    loaded: Checkpoint,
    rows: Sequence[Row],
    out: Path,
    tell: Callable[[Progress], None],
    team: Team = ALONE,
) -> Anew | Features:
    """Encode all pictures of the rows that are not kept yet, and give what encodes prompts from what is kept.

    The model's tower is taken away: nothing asks it again, and its memory is free. Where pictures can't be encoded
    once (`refusal`), the model stays as it is, and prompts are encoded as always.

    Args:
        recipe: What is adapted.
        loaded: With its new adapter: PEFT looks at all layers when it names those that it adapts.
        rows: All that will be learnt or asked.
        out: The adapter's folder; what is kept lies in `out/features`.
        tell: Called now and then while pictures are encoded, in the first process.
        team: The processes; the first encodes for all.

    Raises:
        LimitError: when the disk is full.
        MediaError: when a picture can't be opened.
    """
    reason = refusal(recipe, loaded.model.config, [row.prompt for row in rows])
    if reason:
        return Anew(f"encoded each time: {reason}")
    learns = "connector" in recipe.adapt
    told = about(loaded, learns)
    store = Store(out / FOLDER, told)

    def beat(done: int, of: int) -> None:
        team.told(False)  # those that wait wait no longer than this for a word
        tell(Progress(0, 0, pictures=done, of_pictures=of))

    if team.first:
        try:
            _fill(store, loaded, rows, learns, beat)
        finally:
            store.close()  # what a break leaves is whole, too
        team.told(True)
    else:
        while not team.told(False):
            pass
        store = Store(out / FOLDER, told)
    cut(loaded, learns)
    return Features(store)


def about(loaded: Checkpoint, connector_learns: bool) -> str:
    """Digest what a kept picture depends on beside itself: frozen weights, processor, sides, the library's version."""
    import transformers

    processor, model = loaded.processor, loaded.model
    inner = _inner(loaded)
    config = {key: value for key, value in model.config.to_dict().items() if key != "_name_or_path"}
    looks = type(getattr(processor, "image_processor", None)).__name__
    said = [
        config, processor.to_dict(), looks, loaded.name.side, loaded.name.frames, loaded.name.bits, str(model.dtype),
        connector_learns, transformers.__version__,
    ]  # fmt: skip
    sha = hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode())
    sha.update(json.dumps(sorted(processor.tokenizer.get_vocab().items())).encode())
    tower, connector = PLACES[loaded.model_type]
    for place in (tower,) if connector_learns else (tower, connector):
        for name, weight in sorted(getattr(inner, place).state_dict().items()):
            sha.update(f"{name} {weight.dtype} {tuple(weight.shape)}".encode())
            sha.update(_bytes(weight))
    return sha.hexdigest()


def _inner(loaded: Checkpoint) -> Any:
    """Return what holds tower and connector, under an adapter or not."""
    adapted = getattr(loaded.model, "get_base_model", None)
    return (loaded.model if adapted is None else adapted()).model


def _bytes(weight: Any) -> Any:
    import torch

    return weight.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()


def row_key(prompt: Prompt) -> str:
    """Name a prompt by all that its tokens depend on."""
    told = [prompt.text, prompt.messages, prompt.plain, [picture.key for picture in prompt.images]]
    return "row " + hashlib.sha256(json.dumps(told).encode()).hexdigest()


def picture_key(picture: PromptImage) -> str:
    """Name a picture by its pixels."""
    return "picture " + picture.key


def _fill(
    store: Store, loaded: Checkpoint, rows: Sequence[Row], learns: bool, tell: Callable[[int, int], None]
) -> None:
    """Keep what is missing: of each row its tokens and masks, of each picture what the frozen part makes of it.

    One picture at a time: then what is kept does not depend on where a break came.
    """
    wanted = {picture_key(picture) for row in rows for picture in row.prompt.images}
    done, told = sum(key in store for key in wanted), time.monotonic()
    for prompt in (row.prompt for row in rows):
        missing = {picture_key(each): each for each in prompt.images if picture_key(each) not in store}
        if not missing and row_key(prompt) in store:
            continue
        inputs = encode_prompts(loaded, [prompt])
        if row_key(prompt) not in store:
            store.add(row_key(prompt), {key: value for key, value in inputs.items() if key not in _PIXELS})
        for key, picture in missing.items():
            alone = inputs if len(prompt.images) == 1 else _alone(loaded, picture)
            store.add(key, {"seen": narrowed(seen(loaded, alone, learns))})
        if loaded.model_type == "mllama" and prompt.images and _BLANK not in store:
            store.add(_BLANK, {"seen": narrowed(seen(loaded, _blank(inputs), learns))})
        done += len(missing)
        if time.monotonic() - told > _TELL_SECONDS:
            told = time.monotonic()
            tell(done, len(wanted))


def _alone(loaded: Checkpoint, picture: PromptImage) -> Any:
    """Return the processor's tensors for one picture of several."""
    token = getattr(loaded.processor, "boi_token", None) or loaded.processor.image_token
    return process(loaded, [token], [[picture]], {"return_tensors": "pt"})


def _blank(inputs: Any) -> dict[str, Any]:
    """Return what Mllama's processor puts where a row has no further picture."""
    pixels, mask = inputs["pixel_values"][:, :1], inputs["aspect_ratio_mask"][:, :1].clone().zero_()
    mask[:, :, 0] = 1
    return {
        "pixel_values": pixels * 0,
        "aspect_ratio_mask": mask,
        "aspect_ratio_ids": inputs["aspect_ratio_ids"][:, :1] * 0,
    }


def seen(loaded: Checkpoint, inputs: Any, connector_learns: bool) -> Any:
    """Return what the frozen part makes of one picture, (tiles, tokens, width): the connector's input, or its output.

    Args:
        loaded: With the whole model.
        inputs: The processor's, of one picture.
        connector_learns: True to cut before the connector.
    """
    import torch

    inner = _inner(loaded)
    tower, connector = (getattr(inner, name) for name in PLACES[loaded.model_type])
    given = {key: inputs[key].to(loaded.model.device) for key in (*_PIXELS, "aspect_ratio_ids") if key in inputs}
    given["pixel_values"] = given["pixel_values"].to(loaded.model.dtype)
    with torch.no_grad():
        if loaded.model_type == "mllama":
            # tiles that are padding, too: words before a picture look at them all
            states = tower(**given).last_hidden_state[0, 0]
            return states if connector_learns else connector(states)
        caught: list[Any] = []
        hook = connector.register_forward_hook(
            lambda module, given, made: caught.append(given[0] if connector_learns else made)
        )
        try:
            inner.get_image_features(**given)
        finally:
            hook.remove()
    return caught[0]


def narrowed(states: Any) -> Any:
    """Return numbers in 16 bits.

    What was computed in 16 bits stays as it is. Float32 becomes float16, which keeps 11 bits of each number, and only
    where a picture has one beyond float16's 65,504 bfloat16, which keeps 8.
    """
    import torch

    if states.dtype.itemsize <= 2:
        return states
    fits = float(states.abs().max()) <= torch.finfo(torch.float16).max
    return states.to(torch.float16 if fits else torch.bfloat16)


def kept_bytes(loaded: Checkpoint, inputs: Any, connector_learns: bool) -> int:
    """Return how many bytes `seen` of a row's pictures takes in 16 bits; the model may be without weights."""
    config, pixels = loaded.model.config, inputs.get("pixel_values")
    if pixels is None:
        return 0
    vision = config.vision_config
    if loaded.model_type == "mllama":
        tokens = pixels.shape[1] * pixels.shape[2] * ((vision.image_size // vision.patch_size) ** 2 + 1)
        width = vision.vision_output_dim
    else:
        tokens, width = pixels.numel() // (3 * vision.patch_size**2), vision.hidden_size
    if not connector_learns:
        width = config.get_text_config().hidden_size
        if loaded.model_type != "mllama":
            tokens = int((inputs["input_ids"] == config.image_token_id).sum())
    return int(tokens * width * 2)


def cut(loaded: Checkpoint, connector_learns: bool) -> None:
    """Take a model's tower away: from now on its `pixel_values` are what `Features` gives."""
    import torch
    from transformers.modeling_outputs import BaseModelOutputWithPooling

    inner, dtype = _inner(loaded), loaded.model.dtype
    tower, connector = PLACES[loaded.model_type]
    if loaded.model_type == "mllama":
        setattr(inner, tower, _given(getattr(inner, tower).num_patches, dtype))
        if not connector_learns:
            setattr(inner, connector, torch.nn.Identity())
        return

    # `generate` calls it with the arguments that it names, and passes over one that is named kwargs
    def get_image_features(pixel_values: Any, *_: Any, **kwargs: Any) -> Any:
        place = getattr(inner, connector)  # looked up now: by now it may have an adapter
        states = pixel_values.to(dtype)
        made = place(states) if connector_learns else states
        return BaseModelOutputWithPooling(pooler_output=list(made) if loaded.model_type == "llava" else made)

    setattr(inner, tower, torch.nn.Identity())
    if not connector_learns:
        setattr(inner, connector, torch.nn.Identity())
    inner.get_image_features = get_image_features


def _given(num_patches: int, dtype: Any) -> Any:
    """Make what stands in for Mllama's tower: it gives what it is given."""
    import torch
    from transformers.modeling_outputs import BaseModelOutput

    class Given(torch.nn.Module):  # type: ignore[misc]  # the library is not typed
        def __init__(self) -> None:
            super().__init__()
            self.num_patches = num_patches

        def forward(self, pixel_values: Any, **_: Any) -> Any:
            return BaseModelOutput(last_hidden_state=pixel_values.to(dtype))

    return Given()


@dataclass(frozen=True)
class Anew:
    """Encodes prompts as always.

    Args:
        said: Why.
    """

    said: str

    def __call__(self, loaded: Checkpoint, prompts: Sequence[Prompt]) -> Any:
        return encode_prompts(loaded, prompts)


class Features:
    """Encodes prompts from what is kept, to the same tokens and masks as the processor; opens no picture.

    Args:
        store: That holds them all.
    """

    said = "encoded once"

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, loaded: Checkpoint, prompts: Sequence[Prompt]) -> dict[str, Any]:
        rows = [self._store.get(row_key(prompt)) for prompt in prompts]
        inputs = together(rows, loaded.processor.tokenizer.pad_token_id or 0)
        if any(prompt.images for prompt in prompts):
            inputs["pixel_values"] = self._seen(loaded, prompts, inputs)
        return inputs

    def _seen(self, loaded: Checkpoint, prompts: Sequence[Prompt], inputs: dict[str, Any]) -> Any:
        import torch

        kept = [[self._store.get(picture_key(each))["seen"] for each in prompt.images] for prompt in prompts]
        if loaded.model_type != "mllama":
            return torch.cat([states for row in kept for states in row])
        most = inputs["cross_attention_mask"].shape[2]
        if any(len(row) < most for row in kept):
            blank = self._store.get(_BLANK)["seen"]
            kept = [[*row, *[blank] * (most - len(row))] for row in kept]
        return torch.stack([torch.stack(row) for row in kept])


def together(rows: Sequence[dict[str, Any]], pad: int) -> dict[str, Any]:
    """Make a batch of rows that the processor encoded one by one, shorter ones padded at their left."""
    import torch

    longest = max(row["input_ids"].shape[1] for row in rows)
    made = {}
    for key in rows[0]:
        values = [row[key] for row in rows]
        most = [max(sizes) for sizes in zip(*(value.shape for value in values), strict=True)]
        by_token = key != "aspect_ratio_ids"
        padded = []
        for value in values:
            around: list[int] = []
            for size, full in zip(reversed(value.shape[2:]), reversed(most[2:]), strict=True):
                around += [0, full - size]
            missing = (longest if by_token else most[1]) - value.shape[1]
            around += [missing, 0] if by_token else [0, missing]
            padded.append(torch.nn.functional.pad(value, around, value=pad if key == "input_ids" else 0))
        made[key] = torch.cat(padded)
    return made
