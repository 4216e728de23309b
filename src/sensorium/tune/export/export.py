"""Writes an adapter, or the merged checkpoint, as a folder to share: with a card, without paths of this machine."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sensorium.checkpoint.checkpoint_name import CheckpointName, format_name
from sensorium.checkpoint.load import find_base
from sensorium.core.errors import InputError, quoted
from sensorium.core.files import replace_file, replace_folder
from sensorium.tune.evaluate.unseen import about, recipe_of
from sensorium.tune.export.adapter import WEIGHTS, check_base, copy_own, ignored_by_vllm, merge, require_new
from sensorium.tune.export.model_card import Shared, modelcard
from sensorium.tune.recipe import Recipe
from sensorium.tune.training.lora import ABOUT, RECIPE

CONFIG, CARD = "adapter_config.json", "README.md"
EXPORTED = {
    CONFIG, WEIGHTS, RECIPE, ABOUT, "metrics.jsonl", "config.json", "generation_config.json", "added_tokens.json",
    "chat_template.jinja", "chat_template.json", "merges.txt", "preprocessor_config.json", "processor_config.json",
    "sentencepiece.bpe.model", "special_tokens_map.json", "spiece.model", "tokenizer.json", "tokenizer.model",
    "tokenizer_config.json", "video_preprocessor_config.json", "vocab.bpe", "vocab.json", "vocab.txt",
}  # fmt: skip
"""The files of an adapter that others need; no other file of its folder is copied."""
_OWN = {"data.txt", CARD}
"""Files of a training that others don't need; they are left out without a note."""


@dataclass(frozen=True)
class Exported:
    """What was written.

    Args:
        folder: The folder.
        model: Name by which it is loaded on this machine.
        notes: What to know before it is shared.
    """

    folder: Path
    model: str
    notes: tuple[str, ...]


def export(
    adapter: str | Path,
    out: str | Path,
    base: str = "",
    licence: str = "",
    name: str = "",
    merged: bool = False,
    dtype: str = "",
) -> Exported:
    """Write an adapter as a folder that `hf upload` takes as it is.

    Its recipe names no folder of this machine; the adapter's own folder is not changed.

    Args:
        adapter: Folder that `train` wrote.
        out: New or empty folder.
        base: Name by which others load the base, e.g. "HuggingFaceTB/SmolVLM-Instruct"; "" for the recipe's.
        licence: Identifier of the licence of what is shared.
        name: Name by which others will load it, e.g. "you/teas"; "" for the folder.
        merged: Whether to write one checkpoint of base and adapter.
        dtype: Type of the merged weights; "" for the base's own.

    Raises:
        InputError: when the folder has no adapter that `train` wrote, it does not fit the base, or `out` is not empty.
    """
    recipe, place = recipe_of(adapter), Path(out)
    require_new(place)
    public_base = base.removeprefix("transformers:") or recipe.base
    local = _local_base(adapter, recipe.base)
    checked = [check_base(adapter, name) for name in dict.fromkeys((local or public_base, public_base))]
    shared = _without_paths(recipe, public_base)
    about_it = _about(adapter, public_base, licence, name or str(out), merged)
    local_base = _is_local(public_base) or (bool(local) and public_base == recipe.base)
    what = Shared(name or str(out), shared, about_it, merged, local_base, licence, ignored_by_vllm(adapter))
    with replace_folder(place) as folder:
        if merged:
            merge(adapter, folder, local or public_base, dtype, recipe.device)
        else:
            _copied(Path(adapter), folder, public_base)
        replace_file(folder / RECIPE, shared.to_toml())
        replace_file(folder / ABOUT, json.dumps(about_it, indent=1, ensure_ascii=False) + "\n")
        replace_file(folder / CARD, modelcard(what))
    notes = (*_notes(what), *_left_out(Path(adapter)))
    if not any(checked):
        notes = (*notes, f"Whether it fits {quoted(public_base)} was not checked: the hub can't be reached.")
    return Exported(place, f"transformers:{_name(recipe, public_base, str(place), merged)}", notes)


def _local_base(adapter: str | Path, base: str) -> str:
    """Return the folder of the recipe's base, from here or from the adapter's folder; "" without one."""
    try:
        found = find_base(base, adapter)
    except InputError:
        return ""
    return found if _is_local(found) else ""


def _left_out(adapter: Path) -> tuple[str, ...]:
    others = sorted(file.name for file in adapter.iterdir() if file.is_file() and file.name not in EXPORTED | _OWN)
    shown = ", ".join(quoted(name[:80]) for name in others[:5])
    return (f"Left out, as they are not files of an adapter: {shown}.",) if others else ()


def _is_local(base: str) -> bool:
    """Whether a base is a folder of this machine."""
    return Path(base).is_dir() or base.startswith((".", "/", "~"))


def _name(recipe: Recipe, base: str, folder: str, merged: bool) -> str:
    side = CheckpointName("x", side=recipe.max_image_side)
    return format_name(replace(side, base=folder) if merged else replace(side, base=base, adapter=folder))


def _copied(adapter: Path, place: Path, base: str) -> None:
    place.mkdir(parents=True, exist_ok=True)
    for file in sorted(adapter.iterdir()):
        if file.is_file() and file.name in EXPORTED:
            copy_own(adapter, file.name, place)
    config = json.loads((place / CONFIG).read_text(encoding="utf-8"))
    config["base_model_name_or_path"] = base
    replace_file(place / CONFIG, json.dumps(config, indent=2, ensure_ascii=False) + "\n")


def _without_paths(recipe: Recipe, base: str) -> Recipe:
    def bare(source: str) -> str:
        return source if source.startswith("datasets:") else Path(source).name

    return replace(
        recipe, base=base, task=bare(recipe.task), replay=bare(recipe.replay), output_dir=bare(recipe.output_dir)
    )


def _about(adapter: str | Path, base: str, licence: str, name: str, merged: bool) -> dict[str, Any]:
    load_as = f"transformers:{name}" if merged else f"transformers:{base}+{name}"
    own = {"base": base, "load_as": load_as, "licence": licence or "not stated"}
    return about(adapter) | own | {"training": _best(Path(adapter))}


def _best(adapter: Path) -> dict[str, Any] | None:
    """Return the log's line of the adapter's step: it has the held-out score's interval."""
    from sensorium.tune.training.metrics_log import MetricsLog

    step = about(adapter).get("best_step")
    return next((line for line in MetricsLog(adapter).lines if line["step"] == step and "heldout_score" in line), None)


def _notes(shared: Shared) -> tuple[str, ...]:
    notes = []
    if shared.local_base:
        notes.append(
            f"The base {quoted(shared.recipe.base)} is a folder of this machine: name it with --base ORG/NAME."
        )
    if not shared.licence:
        notes.append(
            "No licence is stated; name it with --licence. The licences of the base and the examples bind it, too."
        )
    if "evaluation" not in shared.about:
        notes.append(
            "The card has only the training's own score, which flatters. To measure it: sensorium evaluate ADAPTER"
        )
    if shared.ignored and not shared.merged:
        notes.append(f"{shared.ignored} Write the merged one with --merged.")
    return tuple(notes)
