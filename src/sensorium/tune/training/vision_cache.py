"""The vision cache: the output of a model's frozen vision part for each picture, on disk, for every epoch.

The cut is before the first trained layer: after the connector, or before it if the connector is adapted. A training
always reads what lies on the disk, in the first epoch too, so that a break changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sensorium.checkpoint.device import to_device
from sensorium.checkpoint.load import Checkpoint
from sensorium.checkpoint.prompt import Prompt, PromptImage, encode_prompts, process
from sensorium.tune.recipe import Recipe
from sensorium.tune.training.collate import TrainRow
from sensorium.tune.training.distributed import SINGLE_PROCESS, Distributed
from sensorium.tune.training.metrics_log import TrainingProgress
from sensorium.tune.training.tensor_store import TensorStore

FOLDER = "vision_cache"
MODULES = {
    "gemma3": ("vision_tower", "multi_modal_projector"),
    "idefics3": ("vision_model", "connector"),
    "llava": ("vision_tower", "multi_modal_projector"),
    "mllama": ("vision_model", "multi_modal_projector"),
    "paligemma": ("vision_tower", "multi_modal_projector"),
    "smolvlm": ("vision_model", "connector"),
}
"""Model type -> names of its tower and its connector, for models that encode each picture alone and as a whole.

Not Qwen-VL, whose connector is inside its tower and whose later layers get features too, nor LLaVA-OneVision, where a
second picture changes how the first is cut.
"""
_TOWERS = ("clip_vision_model", "siglip_vision_model")  # of LLaVA: others return pictures of several sizes as one
_PIXELS = ("pixel_values", "pixel_attention_mask", "aspect_ratio_mask")
_BLANK = "blank picture"
"""Mllama's input for a picture that a row has fewer than another of its batch."""
_PROGRESS_SECONDS = 10.0


def refusal(recipe: Recipe, config: Any, prompts: Sequence[Prompt]) -> str:
    """Return why a training encodes its pictures in every epoch; "" if it does so once."""
    tower = getattr(getattr(config, "vision_config", None), "model_type", "")
    if not recipe.encode_once:
        return "the recipe says encode_once = false"
    if "vision" in recipe.adapt:
        return "the vision part is trained"
    if config.model_type not in MODULES:
        return f"the place to cut a model of the type {config.model_type!r} is not known"
    if config.model_type == "llava" and tower not in _TOWERS:
        return f"the output of a tower of the type {tower!r} is not known"
    if any(prompt.videos for prompt in prompts):
        return "a video is encoded as a whole"
    return "" if any(prompt.images for prompt in prompts) else "the rows have none"


def make_encoder(
    recipe: Recipe,
    loaded: Checkpoint,
    rows: Sequence[TrainRow],
    out: Path,
    on_progress: Callable[[TrainingProgress], None],
    distributed: Distributed = SINGLE_PROCESS,
) -> NoVisionCache | VisionCache:
    """Encode all pictures of the rows that are not cached yet, and return what encodes prompts from the cache.

    The model's tower is removed: nothing uses it any more, and its memory is freed. If pictures can't be encoded once
    (`refusal`), the model stays as it is, and prompts are encoded as always.

    Args:
        recipe: The recipe.
        loaded: With its new adapter: PEFT looks at all layers when it names those that it adapts.
        rows: All rows of the training, held-out ones too.
        out: The adapter's folder; the cache is inside it.
        on_progress: Called now and then while pictures are encoded, in the main process.
        distributed: The processes; the main one encodes for all.

    Raises:
        LimitError: when the disk is full.
        MediaError: when a picture can't be opened.
    """
    reason = refusal(recipe, loaded.model.config, [row.prompt for row in rows])
    if reason:
        return NoVisionCache(f"encoded each time: {reason}")
    train_connector = "connector" in recipe.adapt
    about = fingerprint(loaded, train_connector)
    store = TensorStore(out / FOLDER, about)

    def progress(done: int, total: int) -> None:
        distributed.broadcast(False)  # those that wait hear at least this often, or they would time out
        on_progress(TrainingProgress(0, 0, pictures=done, total_pictures=total))

    if distributed.is_main_process:
        try:
            _fill(store, loaded, rows, train_connector, progress)
        finally:
            store.flush()  # a break keeps what was encoded
        distributed.broadcast(True)
    else:
        while not distributed.broadcast(False):
            pass
        store = TensorStore(out / FOLDER, about)
    remove_tower(loaded, train_connector)
    return VisionCache(store)


def fingerprint(loaded: Checkpoint, train_connector: bool) -> str:
    """Return a digest of all that a cached picture depends on: frozen weights, processor, sides, library version."""
    import transformers

    processor, model = loaded.processor, loaded.model
    inner = _inner_model(loaded)
    config = {key: value for key, value in model.config.to_dict().items() if key != "_name_or_path"}
    image_processor = type(getattr(processor, "image_processor", None)).__name__
    values = [
        config, processor.to_dict(), image_processor, loaded.name.side, loaded.name.frames, loaded.name.bits,
        str(model.dtype), train_connector, transformers.__version__,
    ]  # fmt: skip
    sha = hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode())
    sha.update(json.dumps(sorted(processor.tokenizer.get_vocab().items())).encode())
    tower, connector = MODULES[loaded.model_type]
    for module in (tower,) if train_connector else (tower, connector):
        for name, weight in sorted(getattr(inner, module).state_dict().items()):
            sha.update(f"{name} {weight.dtype} {tuple(weight.shape)}".encode())
            sha.update(_bytes(weight))
    return sha.hexdigest()


def _inner_model(loaded: Checkpoint) -> Any:
    """Return the module with tower and connector, under an adapter or not."""
    adapted = getattr(loaded.model, "get_base_model", None)
    return (loaded.model if adapted is None else adapted()).model


def _bytes(weight: Any) -> Any:
    import torch

    return weight.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()


def row_key(prompt: Prompt) -> str:
    """Return a key of a prompt: a digest of all that its tokens depend on."""
    values = [prompt.text, prompt.messages, prompt.plain, [picture.key for picture in prompt.images]]
    return "row " + hashlib.sha256(json.dumps(values).encode()).hexdigest()


def picture_key(picture: PromptImage) -> str:
    """Return a key of a picture's pixels."""
    return "picture " + picture.key


def _fill(
    store: TensorStore,
    loaded: Checkpoint,
    rows: Sequence[TrainRow],
    train_connector: bool,
    progress: Callable[[int, int], None],
) -> None:
    """Add what is missing: each row's tokens and masks, each picture's features.

    One picture at a time: then the numbers do not depend on where a break came.
    """
    keys = {picture_key(picture) for row in rows for picture in row.prompt.images}
    done, reported = sum(key in store for key in keys), time.monotonic()

    def add_features(key: str, inputs: Any) -> None:
        store.add(key, {"features": to_16_bits(vision_features(loaded, inputs, train_connector))})

    for prompt in (row.prompt for row in rows):
        missing = {picture_key(picture): picture for picture in prompt.images if picture_key(picture) not in store}
        if not missing and row_key(prompt) in store:
            continue
        inputs = encode_prompts(loaded, [prompt])
        if row_key(prompt) not in store:
            store.add(row_key(prompt), {key: value for key, value in inputs.items() if key not in _PIXELS})
        for key, picture in missing.items():
            add_features(key, inputs if len(prompt.images) == 1 else _process_alone(loaded, picture))
        if loaded.model_type == "mllama" and prompt.images and _BLANK not in store:
            add_features(_BLANK, _blank(inputs))
        done += len(missing)
        if time.monotonic() - reported > _PROGRESS_SECONDS:
            reported = time.monotonic()
            progress(done, len(keys))


def _process_alone(loaded: Checkpoint, picture: PromptImage) -> Any:
    """Return the processor's tensors for one picture of several."""
    token = getattr(loaded.processor, "boi_token", None) or loaded.processor.image_token
    return process(loaded, [token], [[picture]], {"return_tensors": "pt"})


def _blank(inputs: Any) -> dict[str, Any]:
    """Return the tensors of Mllama's processor where a row has fewer pictures than others."""
    pixels, mask = inputs["pixel_values"][:, :1], inputs["aspect_ratio_mask"][:, :1].clone().zero_()
    mask[:, :, 0] = 1
    return {
        "pixel_values": pixels * 0,
        "aspect_ratio_mask": mask,
        "aspect_ratio_ids": inputs["aspect_ratio_ids"][:, :1] * 0,
    }


def vision_features(loaded: Checkpoint, inputs: Any, train_connector: bool) -> Any:
    """Return the connector's output for one picture, or its input if it is trained: (tiles, tokens, width).

    Args:
        loaded: With the whole model.
        inputs: The processor's, of one picture.
        train_connector: Whether to cut before the connector.
    """
    import torch

    inner = _inner_model(loaded)
    tower, connector = (getattr(inner, name) for name in MODULES[loaded.model_type])
    pixels = to_device(loaded.model, {key: inputs[key] for key in (*_PIXELS, "aspect_ratio_ids") if key in inputs})
    with torch.no_grad():
        if loaded.model_type == "mllama":
            # padding tiles, too: tokens before a picture attend to them all
            states = tower(**pixels).last_hidden_state[0, 0]
            return states if train_connector else connector(states)
        caught: list[Any] = []
        hook = connector.register_forward_hook(
            lambda module, args, output: caught.append(args[0] if train_connector else output)
        )
        try:
            inner.get_image_features(**pixels)
        finally:
            hook.remove()
    return caught[0]


def to_16_bits(states: Any) -> Any:
    """Return numbers in 16 bits.

    Numbers of 16 bits stay as they are. Float32 becomes float16, which keeps 11 bits of each number, and bfloat16,
    which keeps 8, only if a picture has a number beyond float16's 65,504.
    """
    import torch

    if states.dtype.itemsize <= 2:
        return states
    fits = float(states.abs().max()) <= torch.finfo(torch.float16).max
    return states.to(torch.float16 if fits else torch.bfloat16)


def cached_bytes(loaded: Checkpoint, inputs: Any, train_connector: bool) -> int:
    """Return the bytes of the features of a row's pictures in 16 bits; the model may be without weights."""
    config, pixels = loaded.model.config, inputs.get("pixel_values")
    if pixels is None:
        return 0
    vision = config.vision_config
    if loaded.model_type == "mllama":
        tokens = pixels.shape[1] * pixels.shape[2] * ((vision.image_size // vision.patch_size) ** 2 + 1)
        width = vision.vision_output_dim
    else:
        tokens, width = pixels.numel() // (3 * vision.patch_size**2), vision.hidden_size
    if not train_connector:
        width = config.get_text_config().hidden_size
        if loaded.model_type != "mllama":
            tokens = int((inputs["input_ids"] == config.image_token_id).sum())
    return int(tokens * width * 2)


def remove_tower(loaded: Checkpoint, train_connector: bool) -> None:
    """Remove a model's tower: from now on its `pixel_values` are the features of `VisionCache`."""
    import torch
    from transformers.modeling_outputs import BaseModelOutputWithPooling

    inner, dtype = _inner_model(loaded), loaded.model.dtype
    tower, connector = MODULES[loaded.model_type]
    if loaded.model_type == "mllama":
        setattr(inner, tower, _passthrough(getattr(inner, tower).num_patches, dtype))
        if not train_connector:
            setattr(inner, connector, torch.nn.Identity())
        return

    # `generate` calls it with the arguments that it names, and ignores one that is named kwargs
    def get_image_features(pixel_values: Any, *_: Any, **kwargs: Any) -> Any:
        states = pixel_values.to(dtype)
        # looked up now: by now the connector may have an adapter
        features = getattr(inner, connector)(states) if train_connector else states
        return BaseModelOutputWithPooling(pooler_output=list(features) if loaded.model_type == "llava" else features)

    setattr(inner, tower, torch.nn.Identity())
    if not train_connector:
        setattr(inner, connector, torch.nn.Identity())
    inner.get_image_features = get_image_features


def _passthrough(num_patches: int, dtype: Any) -> Any:
    """Return a module in place of Mllama's tower that returns its input."""
    import torch
    from transformers.modeling_outputs import BaseModelOutput

    class Passthrough(torch.nn.Module):  # type: ignore[misc]  # the library is not typed
        def __init__(self) -> None:
            super().__init__()
            self.num_patches = num_patches

        def forward(self, pixel_values: Any, **_: Any) -> Any:
            return BaseModelOutput(last_hidden_state=pixel_values.to(dtype))

    return Passthrough()


@dataclass(frozen=True)
class NoVisionCache:
    """Encodes prompts as at inference.

    Args:
        note: Why, for sensorium.json.
    """

    note: str

    def __call__(self, loaded: Checkpoint, prompts: Sequence[Prompt]) -> Any:
        return encode_prompts(loaded, prompts)


@dataclass(frozen=True)
class VisionCache:
    """Encodes prompts from the cache, to the same tokens and masks as the processor; opens no picture.

    Args:
        store: With all of them.
    """

    store: TensorStore
    note = "encoded once"

    def __call__(self, loaded: Checkpoint, prompts: Sequence[Prompt]) -> dict[str, Any]:
        rows = [self.store.get(row_key(prompt)) for prompt in prompts]
        inputs = pad_together(rows, loaded.processor.tokenizer.pad_token_id or 0)
        if any(prompt.images for prompt in prompts):
            inputs["pixel_values"] = self._features(loaded, prompts, inputs)
        return inputs

    def _features(self, loaded: Checkpoint, prompts: Sequence[Prompt], inputs: dict[str, Any]) -> Any:
        import torch

        rows = [[self.store.get(picture_key(picture))["features"] for picture in p.images] for p in prompts]
        if loaded.model_type != "mllama":
            return torch.cat([states for row in rows for states in row])
        pictures = inputs["cross_attention_mask"].shape[2]
        if any(len(row) < pictures for row in rows):
            blank = self.store.get(_BLANK)["features"]
            rows = [[*row, *[blank] * (pictures - len(row))] for row in rows]
        return torch.stack([torch.stack(row) for row in rows])


def pad_together(rows: Sequence[dict[str, Any]], pad_token_id: int) -> dict[str, Any]:
    """Return a batch of rows that the processor encoded one by one, padded on the left."""
    import torch

    longest = max(row["input_ids"].shape[1] for row in rows)
    batch = {}
    for key in rows[0]:
        values = [row[key] for row in rows]
        sizes = [max(column) for column in zip(*(value.shape for value in values), strict=True)]
        by_token = key != "aspect_ratio_ids"
        padded = []
        for value in values:
            padding: list[int] = []
            for size, full in zip(reversed(value.shape[2:]), reversed(sizes[2:]), strict=True):
                padding += [0, full - size]
            missing = (longest if by_token else sizes[1]) - value.shape[1]
            padding += [missing, 0] if by_token else [0, missing]
            fill = pad_token_id if key == "input_ids" else 0
            padded.append(torch.nn.functional.pad(value, padding, value=fill))
        batch[key] = torch.cat(padded)
    return batch
