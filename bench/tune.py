"""Teaching the starter a family of questions that it lacks: `python bench/tune.py` trains, asks and prints.

1,000 drawn examples of the family (recipes/starter), with LoRA and with QLoRA, each with as many old examples among
them (replay) and without; then `sensorium evaluate` asks what no training saw: 500 questions of the family and 600 of
what the starter could do before, of the base, the fine-tuned and the few-shot model. The settings were found with other
seeds (`--seed 1`); the figures of bench/LOG.md are those of `--seed 0`, run once.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "recipes" / "starter"))

import questions
from draw import TAUGHT, task

from sensorium.tune.recipe import Recipe

NEW, HELDOUT, ASKED, OLD = 1000, 64, 500, 600


def main() -> None:
    """Draw the data, train four times, ask, print."""
    known = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known.add_argument("--family", choices=questions.LEFT_OUT, default=questions.LEFT_OUT[0])
    known.add_argument("--out", default="build/bench-tune", help="a new folder for data, adapters and pages")
    known.add_argument("--only", default="", help="of lora+replay, lora, qlora+replay, qlora; with commas")
    known.add_argument("--shots", default="4", help="examples in the prompt of the base, with commas")
    known.add_argument("--base", default="starter", help="another checkpoint")
    known.add_argument("--seed", type=int, default=0)
    given = known.parse_args()
    out = Path(given.out) / f"{given.family}-{given.seed}"
    new = task(out, given.family, {"train": NEW, "heldout": HELDOUT, "test": ASKED}, given.seed)
    old = task(out, TAUGHT, {"train": NEW, "test": OLD}, given.seed)
    for name in given.only.split(",") if given.only else ("lora+replay", "lora", "qlora+replay", "qlora"):
        recipe = recipe_of(name, given.base, new, old, out / name, given.seed)
        file = out / f"{name}.toml"
        file.write_text(recipe.to_toml(), encoding="utf-8")
        start = time.monotonic()
        _sensorium("tune", str(file), "--quiet")
        took = time.monotonic() - start
        shots = given.shots if name == "lora+replay" else "none"
        asking = ["--split", "test", "--retain", str(old), "--most", str(OLD), "--shots", shots, "--pick", "balanced"]
        page = str(out / f"{name}.html")
        found = json.loads(_sensorium("evaluate", recipe.output_dir, *asking, "--out", page, "--json"))
        _print(name, took, found)


def recipe_of(name: str, base: str, new: Path, old: Path, out: Path, seed: int) -> Recipe:
    """The settings; the same for all but bits and replay."""
    return Recipe(
        base=base,
        task=str(new),
        output_dir=str(out),
        eval_split="heldout",
        replay=str(old) if name.endswith("+replay") else "",
        bits=4 if name.startswith("qlora") else 16,
        adapt=("language",),
        lora_r=32,
        lora_alpha=64,
        num_train_epochs=2,
        batch_size=16,
        gradient_accumulation_steps=1,
        learning_rate=1e-3,
        eval_steps=50,
        early_stopping_patience=0,
        max_new_tokens=8,
        metric="exact",
        seed=seed,
    )


def _sensorium(*words: str) -> str:
    run = subprocess.run([sys.executable, "-m", "sensorium", *words], stdout=subprocess.PIPE, text=True, check=False)
    if run.returncode:
        raise SystemExit(f"sensorium {' '.join(words)} ended with {run.returncode}.")
    return run.stdout


def _print(name: str, took: float, found: dict[str, Any]) -> None:
    """Print scores with intervals, and the old families that lost over two points."""
    print(f"{name}: trained in {took:.0f} s")
    skill, kept = found["skill"], found["retained"]
    for what, conditions in (("  the family", skill["conditions"]), ("  the others", kept["conditions"])):
        for condition, figures in conditions.items():
            score, more = figures["scores"]["exact"], figures.get("over_base", {}).get("exact")
            change = f", {more['mean']:+.3f} [{more['low']:+.3f}, {more['high']:+.3f}]" if more else ""
            print(f"{what}, {condition}: {score['mean']:.3f} [{score['low']:.3f}, {score['high']:.3f}]{change}")
    print(f"  asked: {skill['n']} of the family, {kept['n']} of the others")
    families: dict[str, list[float]] = {}
    for each in kept["answers"]:
        change = each["scores"]["fine-tuned"] - each["scores"]["base"]
        families.setdefault(each["id"].rpartition(" ")[0], []).append(change)
    lost = {family: sum(changes) / len(changes) for family, changes in families.items()}
    said = ", ".join(f"{family} {change:+.3f}" for family, change in lost.items() if change < -0.02)
    print(f"  lost over two points: {said or 'no family'}", flush=True)


if __name__ == "__main__":
    main()
