"""The card of an adapter or merged checkpoint, README.md, with the header that the Hugging Face hub reads.

Source: https://huggingface.co/docs/hub/model-cards
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sensorium.checkpoint.checkpoint_name import CheckpointName, format_name
from sensorium.tune.recipe import Recipe

_HUB = {"exact": "exact_match", "rouge": "rouge", "chrf": "chrf", "f1": "f1"}
"""The hub's names of metrics; the others are accuracies of a kind."""

VLLM_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""Values of vLLM's --max-lora-rank (vllm.config.lora.MaxLoRARanks); an adapter's rank may be lower."""


@dataclass(frozen=True)
class Shared:
    """What is shared.

    Args:
        name: What it is loaded by.
        recipe: Without places of this machine.
        told: What sensorium.json holds.
        merged: Whether the weights are whole.
        local_base: Whether the base is a folder of this machine: then the hub is not told of it.
        licence: Its identifier, or "".
        ignored: What vLLM leaves out of the adapter, or "".
    """

    name: str
    recipe: Recipe
    told: Mapping[str, Any]
    merged: bool
    local_base: bool
    licence: str
    ignored: str


def modelcard(shared: Shared) -> str:
    """Write the card."""
    recipe = shared.recipe
    adapts = " and ".join(recipe.adapt)
    what = f"`{recipe.base}` with an adapter added" if shared.merged else f"An adapter for `{recipe.base}`"
    way = "LoRA" if recipe.bits == 16 else "QLoRA (trained beside 4-bit weights)"
    lines = [
        "---", _header(shared), "---", "", f"# {shared.name}", "",
        f"{what}: {way} of rank {recipe.lora_r} in the {adapts} part, {shared.told.get('steps', '?')} steps on "
        f"`{recipe.task}`.", "",
        "## Scores", "", *_scores(shared), "", "## What it learnt from", "", *_learnt(shared), "",
        "## Use", "", *_use(shared), "", "## Licence", "", *_licences(shared), "",
        "## Made by", "", *_made(shared), "",
    ]  # fmt: skip
    return "\n".join(lines)


def _header(shared: Shared) -> str:
    from huggingface_hub import EvalResult, ModelCardData

    figures = shared.told.get("evaluation")
    results = []
    if figures is not None:
        tuned = figures["skill"]["conditions"]["fine-tuned"]["scores"]
        for by in figures["skill"]["metrics"]:
            results.append(
                EvalResult(
                    task_type="image-text-to-text",
                    dataset_type="private",
                    dataset_name=figures["skill"]["name"],
                    metric_type=_HUB.get(by, "accuracy"),
                    metric_name=by,
                    metric_value=round(tuned[by]["mean"], 4),
                )
            )
    named = [each.removeprefix("datasets:") for each in (shared.recipe.task, shared.recipe.replay)
             if each.startswith("datasets:")]  # fmt: skip
    metrics = figures["skill"]["metrics"] if figures else [shared.told.get("metric") or "exact"]
    made = ModelCardData(
        base_model=None if shared.local_base else shared.recipe.base,
        library_name="transformers" if shared.merged else "peft",
        license=shared.licence.lower() or "unknown",
        datasets=named or None,
        metrics=list(dict.fromkeys(_HUB.get(by, "accuracy") for by in metrics)),
        pipeline_tag="image-text-to-text",
        tags=["sensorium", "lora"],
        model_name=shared.name if results else None,
        eval_results=results or None,
    )
    if not shared.local_base:
        made["base_model_relation"] = "finetune" if shared.merged else "adapter"
    return str(made.to_yaml()).strip()


def _scores(shared: Shared) -> list[str]:
    figures = shared.told.get("evaluation")
    if figures is None:
        return _held(shared.told)
    out = _table(figures["skill"])
    if figures["retained"] is not None:
        out += ["", "Other skills:", "", *_table(figures["retained"])]
    judge = figures["judge"]
    if judge is not None:
        counts = ", ".join(f"{count} {verdict}" for verdict, count in judge["counts"].items())
        out += ["", f"Judged by {judge['judge']} against the base model, the order swapped: {counts}."]
    asked = "None of these examples, nor their pictures, was learnt or held out in the training."
    said = [*figures["advice"], *figures["notes"]]
    return [*out, "", f"Asked on {figures['date']}. {asked}", "", *(f"- {line}" for line in said)]


def _table(skill: Mapping[str, Any]) -> list[str]:
    out = [f"{skill['n']} examples of {skill['name']}, with 95 % intervals."]
    for by in skill["metrics"]:
        out += ["", f"| {by} | score | over the base |", "|---|---|---|"]
        for side, found in skill["conditions"].items():
            over = found.get("over_base")
            cells = (side, _interval(found["scores"][by]), _interval(over[by], "+") if over else "")
            out.append(f"| {' | '.join(cells)} |")
    return out


def _held(told: Mapping[str, Any]) -> list[str]:
    before, after, best = told.get("heldout_score_before"), told.get("heldout_score"), told.get("training")
    if after is None:
        return ["Not measured."]
    low, high = (best or {}).get("heldout_low"), (best or {}).get("heldout_high")
    width = f" (95 % interval {low:.3f} to {high:.3f}, n={best['heldout_n']})" if best and low is not None else ""
    return [
        f"On the examples held out in the training, by {told.get('metric')}: {before:.3f} before, "
        f"{after:.3f}{width} after.",
        "The best step was picked by these examples: the figure flatters. Others were not asked.",
    ]


def _learnt(shared: Shared) -> list[str]:
    recipe = shared.recipe
    out = [
        f"`{recipe.task}`, split `{recipe.train_split}`: {shared.told.get('data', 'no checksum')}. "
        f"Its licence: {recipe.licence or 'not stated'}."
    ]
    if recipe.replay:
        out.append(
            f"Among them old examples of `{recipe.replay}`, a share of {recipe.replay_share:g}, to keep other skills."
        )
    if recipe.question:
        out.append(f"Where a row had no question: “{recipe.question}”")
    return out


def _use(shared: Shared) -> list[str]:
    recipe, where = shared.recipe, CheckpointName(shared.recipe.base, shared.name, side=shared.recipe.max_image_side)
    if shared.merged:
        where = CheckpointName(shared.name, side=recipe.max_image_side)
    out = ["```sh", f'sensorium ask photo.jpg "What is this?" --model "transformers:{format_name(where)}"', "```", ""]
    out += ["```python", *_python(shared), "```", ""]
    if shared.merged:
        return [*out, "```sh", f"vllm serve {shared.name}", "```"]
    if shared.ignored:
        return [*out, f"{shared.ignored}"]
    rank = next((rank for rank in VLLM_RANKS if rank >= recipe.lora_r), None)
    if rank is None:
        return [*out, f"vLLM takes ranks up to {VLLM_RANKS[-1]}: merge it, and serve the merged checkpoint."]
    serve = f"vllm serve {recipe.base} --enable-lora --max-lora-rank {rank} --lora-modules tuned={shared.name}"
    return [*out, "```sh", serve, "```"]


def _python(shared: Shared) -> list[str]:
    load = "AutoModelForImageTextToText.from_pretrained"
    lines = ["from transformers import AutoModelForImageTextToText, AutoProcessor", ""]
    if shared.merged:
        lines.append(f'model = {load}("{shared.name}")')
    else:
        lines = ["from peft import PeftModel", *lines]
        lines.append(f'model = PeftModel.from_pretrained({load}("{shared.recipe.base}"), "{shared.name}")')
    return [*lines, f'processor = AutoProcessor.from_pretrained("{shared.name}")']


def _licences(shared: Shared) -> list[str]:
    out = [
        f"This: {shared.licence or 'not stated; ask before you share or use it'}. "
        f"The examples: {shared.recipe.licence or 'not stated'}. "
        "The base: as its makers say; what is made of it is used under that, too."
    ]
    if "-nc" in f"{shared.licence} {shared.recipe.licence}".lower():
        out.append("It allows no commercial use.")
    return out


def _made(shared: Shared) -> list[str]:
    versions = ", ".join(f"{name} {version}" for name, version in shared.told.get("versions", {}).items())
    return [f"`recipe.toml` holds every setting, `sensorium.json` these figures; {versions or 'versions not known'}."]


def _interval(found: Mapping[str, float], sign: str = "") -> str:
    mean, low, high = (f"{found[key]:{sign}.3f}" for key in ("mean", "low", "high"))
    return f"{mean} ({low} to {high})"
