"""An adapter after its training: what it adapts, and one checkpoint of base and adapter."""

from __future__ import annotations

import shutil
from pathlib import Path

from sensorium.checkpoint.checkpoint_name import CheckpointName
from sensorium.checkpoint.load import load, resolve_base
from sensorium.core.errors import InputError, quoted
from sensorium.tune.export.round_trip import save
from sensorium.tune.inputs import auto_of
from sensorium.tune.modules import part_of
from sensorium.tune.training.lora import ABOUT, RECIPE

WEIGHTS = "adapter_model.safetensors"


def adapted(adapter: str | Path) -> dict[str, int]:
    """Return part of the model -> how many of its layers an adapter changes.

    Raises:
        InputError: when the folder holds no adapter.
    """
    file = Path(adapter) / WEIGHTS
    if not file.is_file():
        raise InputError(
            f"The folder {quoted(str(adapter))} holds no adapter: it has no {WEIGHTS}.",
            "Name the folder that the training wrote.",
        )
    from safetensors import safe_open

    found: dict[str, int] = {}
    with safe_open(str(file), "np") as held:
        for name in held.keys():
            if "lora_A" in name:
                found[part_of(name)] = found.get(part_of(name), 0) + 1
    return found


def ignored_by_vllm(adapter: str | Path) -> str:
    """Say what vLLM leaves out of an adapter, "" where it takes all: its LoRA layers are the language part's.

    Source: vLLM's documentation, "LoRA adapters": support for towers and connectors is experimental and off by default.
    """
    others = {part: count for part, count in adapted(adapter).items() if part != "language"}
    if not others:
        return ""
    said = " and ".join(f"{count} layers of the {part} part" for part, count in others.items())
    return f"vLLM ignores this adapter's {said}: merge it, and serve the merged checkpoint."


def merge(adapter: str | Path, out: str | Path, base: str = "", dtype: str = "", device: str = "") -> Path:
    """Save base and adapter as one checkpoint, which needs no PEFT to be loaded; gives its folder.

    An adapter that was trained on 4-bit weights is merged into the whole ones: its answers may differ a little then.

    Args:
        adapter: The adapter's folder.
        out: A folder that is new or empty.
        base: The checkpoint under it; "" for the one that the adapter names.
        dtype: Of the merged weights: "bfloat16", "float16", "float32"; "" for what suits the device.
        device: Where they are added; "" for the best there is.

    Raises:
        InputError: when the folder holds no adapter, or `out` is not empty.
    """
    adapted(adapter)
    place = Path(out)
    if place.exists() and any(place.iterdir()):
        raise InputError(f"The folder {quoted(str(out))} is not empty.", "Choose another with --out.")
    name = resolve_base(CheckpointName(base, str(adapter), dtype=dtype, device=device))
    loaded = load(name, auto_of(name))
    save(loaded, place)
    for file in (RECIPE, ABOUT):
        if (Path(adapter) / file).exists():
            shutil.copy2(Path(adapter) / file, place / file)
    return place
