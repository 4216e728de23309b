"""Draws a data set of the starter's scenes: `python recipes/starter/draw.py outermost --out scenes`.

The task, scenes/outermost.jsonl, has the splits train, heldout and test, which share no scene. `taught` stands for all
families that the starter was trained on, with equally many questions of each.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import questions
from evaluate import png

_SEEDS = {"train": 11, "heldout": 12, "test": 13}  # apart from those of the starter's own training and test
TAUGHT = "taught"


def task(out: Path, family: str, counts: Mapping[str, int], seed: int = 0) -> Path:
    """Draw a family, or all that the starter was trained on, write the task and return its file.

    Args:
        out: The folder.
        family: One of questions.FAMILIES or questions.LEFT_OUT, or "taught".
        counts: Split -> number of questions; for "taught" the least number of all families together.
        seed: Random seed.
    """
    families = questions.FAMILIES if family == TAUGHT else (family,)
    rows = [
        row
        for split, count in counts.items()
        for each in families
        for row in _rows(out, split, each, -(-count // len(families)), seed)
    ]
    file = out / f"{family}.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def _rows(out: Path, split: str, family: str, count: int, seed: int) -> Iterator[dict[str, str]]:
    folder = out / split
    folder.mkdir(parents=True, exist_ok=True)
    for number, (scene, question) in enumerate(questions.balanced(family, count, 1000 * (1 + seed) + _SEEDS[split])):
        file = folder / f"{family}-{number}.png"
        file.write_bytes(png(scene))
        yield {
            "id": f"{family} {number}", "image": str(file.relative_to(out)), "question": question.text,
            "answer": question.answer, "split": split,
        }  # fmt: skip


def main() -> None:
    """Draw the data set that the command line names, and print its file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "family", choices=(*questions.FAMILIES, *questions.LEFT_OUT, TAUGHT), help="family of questions"
    )
    parser.add_argument("--train", type=int, default=1000, help="questions to train on")
    parser.add_argument("--heldout", type=int, default=64, help="questions to evaluate on during training")
    parser.add_argument("--test", type=int, default=500, help="questions to test on")
    parser.add_argument("--out", default="scenes", help="folder of the data set")
    parser.add_argument("--seed", type=int, default=0, help="random seed")
    options = parser.parse_args()
    print(task(Path(options.out), options.family, {name: getattr(options, name) for name in _SEEDS}, options.seed))


if __name__ == "__main__":
    main()
