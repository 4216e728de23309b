"""The model card of an adapter or a merged checkpoint: README.md, with the header that the Hugging Face hub reads.

Source: https://huggingface.co/docs/hub/model-cards
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sensorium.checkpoint.checkpoint_name import CheckpointName, format_name
from sensorium.tune.recipe import Recipe

_HUB = {"exact": "exact_match", "rouge": "rouge", "chrf": "chrf", "f1": "f1"}
"""Metric -> its name on the hub; every other metric is an accuracy there."""

VLLM_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""Values of vLLM's --max-lora-rank (vllm.config.lora.MaxLoRARanks); an adapter's rank may be lower."""


@dataclass(frozen=True)
class Shared:
    """What a card is written of.

    Args:
        name: Name by which it is loaded.
        recipe: The training's recipe, without paths of this machine.
        about: Contents of sensorium.json.
        merged: Whether it is a whole checkpoint, not an adapter.
        local_base: Whether the base is a folder of this machine; then the header doesn't name it.
        licence: Identifier of the licence, or "".
        ignored: Which of the adapter's layers vLLM ignores, in a sentence, or "".
    """

    name: str
    recipe: Recipe
    about: Mapping[str, Any]
    merged: bool
    local_base: bool
    licence: str
    ignored: str


def modelcard(shared: Shared) -> str:
    """Return the card as Markdown."""
    recipe = shared.recipe
    adapts = " and ".join(recipe.adapt)
    what = f"`{recipe.base}` with a merged adapter" if shared.merged else f"An adapter for `{recipe.base}`"
    way = "LoRA" if recipe.bits == 16 else "QLoRA (trained on 4-bit weights)"
    lines = [
        "---", _header(shared), "---", "", f"# {shared.name}", "",
        f"{what}: {way} of rank {recipe.lora_r} in the {adapts} part, {shared.about.get('steps', '?')} steps on "
        f"`{recipe.task}`.", "",
        "## Scores", "", *_scores(shared), "", "## Training data", "", *_training_data(shared), "",
        "## Use", "", *_use(shared), "", "## Licence", "", *_licences(shared), "",
        "## Settings", "", *_settings(shared), "",
    ]  # fmt: skip
    return "\n".join(lines)


def _header(shared: Shared) -> str:
    from huggingface_hub import EvalResult, ModelCardData

    figures = shared.about.get("evaluation")
    results = []
    if figures is not None:
        tuned = figures["skill"]["conditions"]["fine-tuned"]["scores"]
        for metric in figures["skill"]["metrics"]:
            results.append(
                EvalResult(
                    task_type="image-text-to-text",
                    dataset_type="private",
                    dataset_name=figures["skill"]["name"],
                    metric_type=_HUB.get(metric, "accuracy"),
                    metric_name=metric,
                    metric_value=round(tuned[metric]["mean"], 4),
                )
            )
    named = [source.removeprefix("datasets:") for source in (shared.recipe.task, shared.recipe.replay)
             if source.startswith("datasets:")]  # fmt: skip
    metrics = figures["skill"]["metrics"] if figures else [shared.about.get("metric") or "exact"]
    made = ModelCardData(
        base_model=None if shared.local_base else shared.recipe.base,
        library_name="transformers" if shared.merged else "peft",
        license=shared.licence.lower() or "unknown",
        datasets=named or None,
        metrics=list(dict.fromkeys(_HUB.get(metric, "accuracy") for metric in metrics)),
        pipeline_tag="image-text-to-text",
        tags=["sensorium", "lora"],
        model_name=shared.name if results else None,
        eval_results=results or None,
    )
    if not shared.local_base:
        made["base_model_relation"] = "finetune" if shared.merged else "adapter"
    return str(made.to_yaml()).strip()


def _scores(shared: Shared) -> list[str]:
    figures = shared.about.get("evaluation")
    if figures is None:
        return _heldout_score(shared.about)
    out = _table(figures["skill"])
    if figures["retained"] is not None:
        out += ["", "Other skills:", "", *_table(figures["retained"])]
    judge = figures["judge"]
    if judge is not None:
        counts = ", ".join(f"{count} {verdict}" for verdict, count in judge["counts"].items())
        out += ["", f"{judge['judge']} compared its answers with the base model's, in both orders: {counts}."]
    unseen = "The training saw none of these examples and none of their pictures."
    notes = [*figures["advice"], *figures["notes"]]
    return [*out, "", f"Measured on {figures['date']}. {unseen}", "", *(f"- {line}" for line in notes)]


def _table(skill: Mapping[str, Any]) -> list[str]:
    out = [f"{skill['n']} examples of {skill['name']}; the brackets hold 95 % intervals."]
    for metric in skill["metrics"]:
        out += ["", f"| {metric} | score | over the base |", "|---|---|---|"]
        for condition, figures in skill["conditions"].items():
            over = figures.get("over_base")
            cells = (condition, _interval(figures["scores"][metric]), _interval(over[metric], "+") if over else "")
            out.append(f"| {' | '.join(cells)} |")
    return out


def _heldout_score(about: Mapping[str, Any]) -> list[str]:
    before, after, best = about.get("heldout_score_before"), about.get("heldout_score"), about.get("training")
    if after is None:
        return ["Not measured."]
    low, high = (best or {}).get("heldout_low"), (best or {}).get("heldout_high")
    width = f" (95 % interval {low:.3f} to {high:.3f}, n={best['heldout_n']})" if best and low is not None else ""
    return [
        f"On the examples held out in the training, by {about.get('metric')}: {before:.3f} before, "
        f"{after:.3f}{width} after.",
        "The best step was chosen by the same examples, so the figure flatters; other examples were not asked.",
    ]


def _training_data(shared: Shared) -> list[str]:
    recipe = shared.recipe
    out = [
        f"`{recipe.task}`, split `{recipe.train_split}`: {shared.about.get('data', 'no checksum')}. "
        f"Licence of the data: {recipe.licence or 'not stated'}."
    ]
    if recipe.replay:
        out.append(f"A share of {recipe.replay_share:g} is replay from `{recipe.replay}`, to keep other skills.")
    if recipe.question:
        out.append(f"Question of rows that have none: “{recipe.question}”")
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
        f"This model: {shared.licence or 'not stated; ask before you share or use it'}. "
        f"The examples: {shared.recipe.licence or 'not stated'}. "
        "The base: its makers' licence, which binds this model, too."
    ]
    if "-nc" in f"{shared.licence} {shared.recipe.licence}".lower():
        out.append("It allows no commercial use.")
    return out


def _settings(shared: Shared) -> list[str]:
    versions = ", ".join(f"{name} {version}" for name, version in shared.about.get("versions", {}).items())
    return [
        f"`recipe.toml` has every setting, `sensorium.json` these figures. Made with {versions or 'unknown versions'}."
    ]


def _interval(score: Mapping[str, float], sign: str = "") -> str:
    mean, low, high = (f"{score[key]:{sign}.3f}" for key in ("mean", "low", "high"))
    return f"{mean} ({low} to {high})"
