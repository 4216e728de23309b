"""An adapter after its training: what it adapts, and one checkpoint of base and adapter."""

from __future__ import annotations

import shutil
import warnings
from dataclasses import replace
from pathlib import Path

from sensorium.checkpoint.checkpoint_name import CheckpointName
from sensorium.checkpoint.load import load, load_config, loading_errors, quiet, resolve_base
from sensorium.checkpoint.untrusted.patterns import check_patterns
from sensorium.checkpoint.untrusted.pickles import check_pickles
from sensorium.checkpoint.weights import check_files, check_numbers, part_of
from sensorium.core.errors import InputError, ServiceError, quoted
from sensorium.core.files import replace_folder, require_output
from sensorium.tune.export.round_trip import save
from sensorium.tune.inputs import auto_of
from sensorium.tune.training.lora import ABOUT, RECIPE

WEIGHTS = "adapter_model.safetensors"


def copy_own(folder: Path, name: str, place: Path) -> None:
    """Copy a file of an adapter's folder into `place`.

    Raises:
        InputError: if it is a link out of the folder, which would publish another file of this machine.
    """
    file = folder / name
    if not file.resolve().is_relative_to(folder.resolve()):
        raise InputError(
            f"{quoted(str(file))} is a link to {quoted(str(file.resolve()))}, outside of the adapter's folder.",
            "Remove the link, or put the file itself there.",
        )
    shutil.copy2(file, place / name)


def adapted(adapter: str | Path) -> dict[str, int]:
    """Return part of the model -> how many of its layers an adapter changes.

    Raises:
        InputError: when the folder holds no adapter.
    """
    file = Path(adapter) / WEIGHTS
    if not file.is_file():
        check_pickles(Path(adapter), safetensors_only=True)
        raise InputError(
            f"The folder {quoted(str(adapter))} holds no adapter: it has no {WEIGHTS}.",
            "Name the folder that the training wrote.",
        )
    check_files(adapter)
    from safetensors import safe_open

    found: dict[str, int] = {}
    with loading_errors(str(file)), safe_open(str(file), "np") as held:
        for name in held.keys():
            if "lora_A" in name:
                found[part_of(name)] = found.get(part_of(name), 0) + 1
    return found


def stored_dtype(name: CheckpointName) -> str:
    """Return the type of a base's weights, as its configuration says: "bfloat16" …; "" if it does not."""
    dtype = str(getattr(load_config(name), "dtype", None) or "").removeprefix("torch.")
    return dtype if dtype in ("bfloat16", "float16", "float32") else ""


def check_base(adapter: str | Path, base: str) -> bool:
    """Check that an adapter fits a base by names and shapes, from the base's configuration alone.

    Returns:
        False if the configuration is not on this machine and the hub can't be reached.

    Raises:
        InputError: when its weights are not exactly those that its configuration adds to the base.
        AccessError: when the hub has no such model, or it may not be read.
    """
    import torch
    import transformers
    from peft import PeftConfig, get_peft_model, get_peft_model_state_dict
    from safetensors.torch import load_file

    name = resolve_base(CheckpointName(base))
    try:
        config, auto = load_config(name), auto_of(name)
    except ServiceError:
        return False
    shown, of_base = quoted(str(adapter)), quoted(base)
    with loading_errors(base), quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with torch.device("meta"):
            model = getattr(transformers, auto).from_config(config)
        settings = PeftConfig.from_pretrained(str(adapter))
        check_patterns(str(adapter), settings, (module for module, _ in model.named_modules()))
        try:
            made = get_peft_model(model, settings, low_cpu_mem_usage=True)
        except ValueError:
            raise InputError(
                f"The adapter {shown} does not fit the base {of_base}: it changes layers that this has not.",
                "Name the base that it was trained on.",
            ) from None
        expected = {key: tuple(value.shape) for key, value in get_peft_model_state_dict(made).items()}
    weights = load_file(str(Path(adapter) / WEIGHTS))
    stored = {key: tuple(value.shape) for key, value in weights.items()}
    wrong = sorted(key for key in expected.keys() | stored.keys() if expected.get(key) != stored.get(key))
    if wrong:
        raise InputError(
            f"The adapter {shown} does not fit the base {of_base}: {len(wrong):,} of its {len(stored):,} weights are "
            f"missing, of another shape or without a place, e.g. …{quoted(wrong[0][-70:])}.",
            "Name the base that it was trained on.",
        )
    check_numbers(f"The adapter {shown}", weights.items())
    return True


def ignored_by_vllm(adapter: str | Path) -> str:
    """Say what vLLM leaves out of an adapter, "" where it takes all: its LoRA layers are the language part's.

    Source: vLLM's documentation, "LoRA adapters": support for towers and connectors is experimental and off by default.
    """
    others = {part: count for part, count in adapted(adapter).items() if part != "language"}
    if not others:
        return ""
    said = " and ".join(f"{count} layers of the {part} part" for part, count in others.items())
    return f"vLLM ignores this adapter's {said}: merge it, and serve the merged checkpoint."


def require_new(place: Path) -> None:
    """Raise InputError, before anything is loaded, unless a folder can be written and is new or empty."""
    require_output(place, is_folder=True)
    if place.exists() and any(place.iterdir()):
        raise InputError(f"The folder {quoted(str(place))} is not empty.", "Choose another with --out.")


def merge(adapter: str | Path, out: str | Path, base: str = "", dtype: str = "", device: str = "") -> Path:
    """Save base and adapter as one checkpoint, which needs no PEFT to be loaded; gives its folder.

    An adapter that was trained on 4-bit weights is merged into the whole ones: its answers may differ a little then.

    Args:
        adapter: The adapter's folder.
        out: A folder that is new or empty.
        base: The checkpoint under it; "" for the one that the adapter names.
        dtype: Of the merged weights: "bfloat16", "float16", "float32"; "" for the base's own.
        device: Where they are added; "" for the best there is.

    Raises:
        InputError: when the folder holds no adapter, its weights don't fit the base, or `out` is not empty, or the
            disk is full; then nothing is left of it.
    """
    place = Path(out)
    require_new(place)
    adapted(adapter)
    name = resolve_base(CheckpointName(base, str(adapter), dtype=dtype, device=device))
    loaded = load(name if dtype else replace(name, dtype=stored_dtype(name)), auto_of(name))
    with replace_folder(place) as folder:
        save(loaded, folder)
        for file in (RECIPE, ABOUT):
            if (Path(adapter) / file).exists():
                copy_own(Path(adapter), file, folder)
    return place
