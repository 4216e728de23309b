"""Teach the starter to go by examples, and draw things: python course/07-few-shot/make_adapter.py build/few-shot.

Draws 900 things on a light ground, writes conversations in which each is called by its colour, shape, size or place,
the same in every turn, and trains an adapter on them (recipe.toml; 20 minutes on a busy core). Then the adapter, in
half precision, and things.parquet with 60 other things are put into this folder. --only-things leaves the adapter.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "recipes" / "starter"))

from scenes import PLACES, Thing, draw, shapes

QUESTIONS = ("What is this?", "Which one?", "Name it.", "Sort it.", "What do you call it?", "Label this.", "And this?")
WAYS = ("colour", "shape", "size", "place")
RECIPE = """base = "starter"
task = "task.jsonl"
output_dir = "adapter"
eval_split = "heldout"
adapt = ["language"]
lora_r = 8
lora_alpha = 16
num_train_epochs = 2
batch_size = 16
gradient_accumulation_steps = 1
learning_rate = 1e-3
max_new_tokens = 4
metric = "exact"
early_stopping_patience = 0
eval_steps = 50
"""
Drawn = tuple[str, Thing]


def called(thing: Thing, way: str) -> str:
    """Return what a thing is called in one of the four ways."""
    size = "big" if thing.big else "small"
    return {"colour": thing.colour, "shape": thing.shape, "size": size, "place": PLACES[thing.cell]}[way]


def write_task(folder: Path) -> None:
    """Write the pictures and task.jsonl: 1,600 conversations to train on, 64 to evaluate on, 200 to test on."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(5)
    drawn: list[Drawn] = []
    for number in range(900):
        scene = shapes(chance, 1)
        draw(scene).save(folder / f"p{number}.png")
        drawn.append((f"p{number}.png", scene.things[0]))
    rows = [_row(chance, drawn[:600], "train", number, chance.choice((1, 1, 2, 3))) for number in range(1600)]
    for split, count in (("heldout", 64), ("test", 200)):
        rows += [_row(chance, drawn[600:], split, number, 1) for number in range(count)]
    (folder / "task.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def _row(chance: random.Random, drawn: list[Drawn], split: str, number: int, examples: int) -> dict[str, Any]:
    way, shown = chance.choice(WAYS), chance.sample(drawn, examples + 1)
    words = chance.choice(QUESTIONS if split == "train" else QUESTIONS[:1])
    asked = {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": words}]}
    turns = [turn for _, thing in shown for turn in (asked, {"role": "assistant", "content": called(thing, way)})]
    return {
        "id": f"{way} {examples} {number}", "images": [file for file, _ in shown], "messages": turns, "split": split
    }  # fmt: skip


def write_things(file: Path) -> None:
    """Write 60 things with their four names: 20 to be examples, 40 to be asked about."""
    import pyarrow
    import pyarrow.parquet

    chance, rows = random.Random(99), []
    for number in range(60):
        scene, packed = shapes(chance, 1), io.BytesIO()
        draw(scene).save(packed, "PNG", optimize=True)
        names = {way: called(scene.things[0], way) for way in WAYS}
        image = {"bytes": packed.getvalue(), "path": None}
        rows.append({"image": image, "split": "train" if number < 20 else "test", **names})
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), file, compression="zstd")


def put_adapter(trained: Path, folder: Path) -> None:
    """Put a trained adapter into a folder in half precision."""
    import torch
    from safetensors.torch import load_file, save_file

    folder.mkdir(exist_ok=True)
    weights = {
        name: weight.to(torch.float16) for name, weight in load_file(trained / "adapter_model.safetensors").items()
    }
    save_file(weights, folder / "adapter_model.safetensors", {"format": "pt"})
    (folder / "adapter_config.json").write_bytes((trained / "adapter_config.json").read_bytes())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the data and the training's checkpoints lie")
    parser.add_argument("--only-things", action="store_true", help="draw the lesson's things and train nothing")
    given = parser.parse_args()
    write_things(HERE / "things.parquet")
    if not given.only_things:
        write_task(given.folder)
        (given.folder / "recipe.toml").write_text(RECIPE, encoding="utf-8")
        subprocess.run([sys.executable, "-m", "sensorium", "tune", "recipe.toml"], cwd=given.folder, check=True)
        put_adapter(given.folder / "adapter", HERE / "adapter")


if __name__ == "__main__":
    main()
