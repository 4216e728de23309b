"""A tiny Idefics3 that was taught two colours by the real training: base, task, other skills, adapter."""

from __future__ import annotations

import json
from pathlib import Path

import PIL.Image
import tiny

from sensorium.tune.recipe import Recipe
from sensorium.tune.training.lora import train

QUESTION = "What colour is it?"


def taught(place: Path, **changed: object) -> Path:
    """Train in a folder, with names relative to it, which must be the present one; gives the adapter."""
    tiny.idefics3(Path("base"))
    rows, old = [], []
    for number in range(60):
        answer, shade = (("red", (230, number, 0)), ("blue", (number, 0, 230)))[number % 2]
        PIL.Image.new("RGB", (32, 32), shade).save(place / f"{number}.png")
        split = "train" if number < 16 else "dev" if number < 20 else "test"
        rows.append({"image": f"{number}.png", "question": QUESTION, "answer": answer, "split": split})
        PIL.Image.new("RGB", (32, 32), (number, 200, number)).save(place / f"old{number}.png")
        old.append(
            {"image": f"old{number}.png", "question": "Yes?", "answer": "yes", "split": ("train", "test")[number % 2]}
        )
    for name, several in (("task", rows), ("old", old)):
        (place / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in several))
    settings = {
        "lora_r": 8,
        "learning_rate": 5e-3,
        "max_steps": 24,
        "batch_size": 4,
        "gradient_accumulation_steps": 2,
        "eval_steps": 12,
        "early_stopping_patience": 0,
        "device": "cpu",
        "max_new_tokens": 4,
        "eval_split": "dev",
        "licence": "cc0-1.0",
    } | changed
    recipe = Recipe("base", "task.jsonl", "adapter", **settings)  # type: ignore[arg-type]
    (place / "recipe.toml").write_text(recipe.to_toml())
    return train(recipe).adapter
