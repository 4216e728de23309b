"""A training on free text with default settings: `python bench/freetext.py` trains, asks and prints.

300 descriptions of drawn scenes (recipes/starter/scenes.py) of one sentence each; the starter learns them with a recipe
that names nothing but base, task and folders. Held-out loss and chrF of every evaluation are printed, and those of 64
scenes that the training never saw, before and after, with 95 % intervals.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "recipes" / "starter"))

import scenes

from sensorium.checkpoint.load import load
from sensorium.tasks.readers import load_task
from sensorium.tune import Recipe, train
from sensorium.tune.inputs import auto_of, name_of
from sensorium.tune.training.collate import row_of
from sensorium.tune.training.heldout import heldout_loss, heldout_score
from sensorium.tune.training.metrics_log import MetricsLog

TRAIN, HELDOUT, TEST = 300, 64, 64
QUESTION = "Describe the picture for a shop."
ROWS, COLUMNS = ("top", "middle", "bottom"), ("left", "centre", "right")


def main() -> None:
    """Draw, train, ask, print."""
    known = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known.add_argument("--out", default="build/bench-freetext", help="a new folder for data and adapter")
    known.add_argument("--base", default="starter")
    known.add_argument("--seed", type=int, default=0)
    options = known.parse_args()
    out = Path(options.out) / str(options.seed)
    recipe = Recipe(options.base, str(draw(out, options.seed)), str(out / "adapter"), eval_split="heldout")
    start = time.monotonic()
    result = train(recipe)
    print(f"{result.steps} steps in {time.monotonic() - start:.0f} s; the adapter is of step {result.best_step}")
    for line in MetricsLog(result.adapter).lines:
        if "heldout_loss" in line:
            low, high = line["heldout_low"], line["heldout_high"]
            score = f"chrF {line['heldout_score']:.3f} [{low:.3f}, {high:.3f}]"
            print(f"step {line['step']}: held-out loss {line['heldout_loss']:.3f}, {score}, n={line['heldout_n']}")
    name = name_of(recipe)
    examples = load_task(recipe.task).split("test").examples
    for adapter in ("", str(result.adapter)):
        loaded = load(type(name)(options.base, adapter), auto_of(name))
        rows = [row_of(loaded, example) for example in examples]
        loss = heldout_loss(loaded, rows, 8)
        score = heldout_score(loaded, examples, rows, "chrf", recipe.max_new_tokens)
        print(f"{'tuned' if adapter else 'base'}: loss {loss:.3f}, chrF {score}, n={len(examples)} never seen")


def draw(out: Path, seed: int) -> Path:
    """Write the task with its pictures and return its file."""
    out.mkdir(parents=True)
    chance, lines = random.Random(f"freetext {seed}"), []
    for split, count in (("train", TRAIN), ("heldout", HELDOUT), ("test", TEST)):
        for number in range(count):
            scene = scenes.shapes(chance, chance.randint(1, 3))
            file = f"{split}-{number}.png"
            scenes.draw(scene).save(out / file)
            row = {"image": file, "question": QUESTION, "answer": description(scene), "split": split}
            lines.append(json.dumps(row))
    (out / "descriptions.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return out / "descriptions.jsonl"


def description(scene: scenes.Scene) -> str:
    """Return a sentence that names every shape with its size, colour and place."""
    names = [
        f"a {'large' if thing.big else 'small'} {thing.colour} {thing.shape} at the "
        f"{ROWS[thing.cell // 3]} {COLUMNS[thing.cell % 3]}"
        for thing in scene.things
    ]
    return f"This print shows {' and '.join(names)}."


if __name__ == "__main__":
    main()
