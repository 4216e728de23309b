"""A training on free text with default settings: `python bench/freetext.py` trains, asks and prints.

300 descriptions of drawn scenes (recipes/starter/scenes.py); the starter learns them with a recipe that names nothing
but base, task and folders. `--kind scenes` has sentences of one pattern, `--kind catalogue` two sentences of several
patterns in words that the starter never learnt. Held-out loss and chrF of every evaluation are printed, and those of 64
scenes that the training never saw, before and after, with 95 % intervals and some of the answers.
`--learning-rate 2e-4` is the default of earlier versions.
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
from sensorium.evaluation.metrics import metric
from sensorium.evaluation.statistics import bootstrap_interval
from sensorium.tasks.readers import load_task
from sensorium.tune import Recipe, load_recipe, train
from sensorium.tune.inputs import auto_of, name_of
from sensorium.tune.training.collate import row_of
from sensorium.tune.training.heldout import generate_answers, heldout_loss
from sensorium.tune.training.metrics_log import MetricsLog

TRAIN, HELDOUT, TEST, SHOWN = 300, 64, 64, 3
QUESTION = "Describe the picture for a shop."
ROWS, COLUMNS = ("top", "middle", "bottom"), ("left", "centre", "right")
OPENINGS = ("This print carries", "Our poster presents", "A cheerful card with")
COLOURS = {
    "red": "scarlet", "green": "lime", "blue": "cobalt", "black": "jet black", "gray": "silver", "teal": "petrol",
    "brown": "chestnut", "yellow": "lemon",
}  # fmt: skip
SHAPES = {"circle": "disc", "rectangle": "panel", "triangle": "wedge", "star": "starlet", "cross": "plus sign"}
NUMBERS = ("no", "one single figure", "a pair of figures", "a trio of figures")


def main() -> None:
    """Draw, train, ask, print."""
    known = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known.add_argument("--out", default="build/bench-freetext", help="a new folder for data and adapter")
    known.add_argument("--base", default="starter")
    known.add_argument("--kind", choices=("scenes", "catalogue"), default="scenes")
    known.add_argument("--learning-rate", type=float, default=0.0, help="another than the default")
    known.add_argument("--seed", type=int, default=0)
    options = known.parse_args()
    out = Path(options.out) / f"{options.kind}-{options.seed}"
    task = draw(out, options.seed, options.kind)
    recipe = Recipe(
        options.base, str(task), str(out / "adapter"), eval_split="heldout", learning_rate=options.learning_rate
    )
    start = time.monotonic()
    result = train(recipe)
    recipe = load_recipe(result.adapter / "recipe.toml")
    print(f"learning rate {recipe.learning_rate:g}, answers of at most {recipe.max_new_tokens} tokens")
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
        answers = generate_answers(loaded, rows, recipe.max_new_tokens)
        scores = [metric("chrf")(text, example) for text, example in zip(answers, examples, strict=True)]
        loss = heldout_loss(loaded, rows, 8)
        who = "tuned" if adapter else "base"
        print(f"{who}: loss {loss:.3f}, chrF {bootstrap_interval(scores)}, n={len(examples)} never seen")
        for text, example in list(zip(answers, examples, strict=True))[:SHOWN]:
            print(f"  {text!r} for {example.answer!r}")


def draw(out: Path, seed: int, kind: str = "scenes") -> Path:
    """Write the task with its pictures and return its file."""
    out.mkdir(parents=True)
    chance, lines = random.Random(f"freetext {seed}"), []
    for split, count in (("train", TRAIN), ("heldout", HELDOUT), ("test", TEST)):
        for number in range(count):
            scene = scenes.shapes(chance, chance.randint(1, 3))
            file = f"{split}-{number}.png"
            scenes.draw(scene).save(out / file)
            answer = description(scene) if kind == "scenes" else catalogue_text(scene, chance)
            lines.append(json.dumps({"image": file, "question": QUESTION, "answer": answer, "split": split}))
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


def catalogue_text(scene: scenes.Scene, chance: random.Random) -> str:
    """Return two sentences: how many figures there are, and each in words that a shop would choose."""
    names = [
        f"{'a bold' if thing.big else 'a dainty'} {COLOURS[thing.colour]} {SHAPES[thing.shape]} in the "
        f"{('upper', 'middle', 'lower')[thing.cell // 3]} {COLUMNS[thing.cell % 3]}"
        for thing in scene.things
    ]
    first = f"{chance.choice(OPENINGS)} {NUMBERS[len(scene.things)]}."
    return f"{first} {chance.choice(('You see', 'Look for'))} {', then '.join(names)}."


if __name__ == "__main__":
    main()
