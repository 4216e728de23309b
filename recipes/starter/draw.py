"""Draws a data set of the starter's scenes: `python recipes/starter/draw.py outermost --out scenes`.

The task, scenes/outermost.jsonl, has the splits train, heldout and test; no scene is in two. `taught` stands for all
families that the starter knows, as many questions of each.
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
    """Draw a family, or all that the starter knows, and write the task; gives its file.

    Args:
        out: The folder.
        family: One of questions.FAMILIES or questions.LEFT_OUT, or "taught".
        counts: Split -> how many questions; of "taught" that many altogether, at the least.
        seed: Of the draw.
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
    """Draw what was asked for."""
    known = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known.add_argument("family", choices=(*questions.FAMILIES, *questions.LEFT_OUT, TAUGHT))
    known.add_argument("--train", type=int, default=1000)
    known.add_argument("--heldout", type=int, default=64)
    known.add_argument("--test", type=int, default=500)
    known.add_argument("--out", default="scenes", help="a folder")
    known.add_argument("--seed", type=int, default=0)
    given = known.parse_args()
    print(task(Path(given.out), given.family, {name: getattr(given, name) for name in _SEEDS}, given.seed))


if __name__ == "__main__":
    main()
