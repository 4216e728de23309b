"""Make the lesson's questions of drawn scenes: python course/08-with-and-without-the-picture/make_data.py.

scenes.parquet has three splits: "guess", question and answer without pictures, "flyer", asked in the same way, and
"pairs", in which each question stands twice, with two pictures and two answers.
"""

from __future__ import annotations

import io
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "recipes" / "starter"))

from scenes import COLOURS, SHAPES, Scene, draw, shapes

SEED, GUESS, FLYER, PAIRS = 8, 120, 30, 24
USUAL = 0.8
"""How often the flyer's questions have their usual answer."""


def main() -> None:
    chance = random.Random(SEED)
    rows = [*_usual(chance, GUESS, "guess"), *_usual(chance, FLYER, "flyer"), *_pairs(chance)]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), HERE / "scenes.parquet", compression="zstd")


def _usual(chance: random.Random, count: int, split: str) -> Iterator[dict[str, Any]]:
    """Yield questions whose answer is mostly "yes", "2" or "red"."""
    for number in range(count):
        kind = ("there", "many", "color")[number % 3]
        question, usual = _question(chance, kind)
        wanted = usual if chance.random() < USUAL else None
        answer = wanted or chance.choice([each for each in _answers(kind) if each != usual])
        scene = _scene(chance, question, answer)
        yield _row(f"{split} {number}", question, answer, split, None if split == "guess" else scene)


def _pairs(chance: random.Random) -> Iterator[dict[str, Any]]:
    """Yield each question with two pictures, and another answer to each."""
    for number in range(PAIRS):
        kind = ("there", "many", "color")[number % 3]
        question, usual = _question(chance, kind)
        both = [usual, chance.choice([each for each in _answers(kind) if each != usual])]
        chance.shuffle(both)
        for which, answer in zip("ab", both, strict=True):
            yield _row(f"{number}{which}", question, answer, "pairs", _scene(chance, question, answer))


def _question(chance: random.Random, kind: str) -> tuple[str, str]:
    """Return a question and its usual answer."""
    if kind == "there":
        return f"Is there a {chance.choice(list(COLOURS))} {chance.choice(SHAPES)}?", "yes"
    if kind == "many":
        return "How many shapes are there?", "2"
    return f"What color is the {chance.choice(SHAPES)}?", "red"


def _answers(kind: str) -> list[str]:
    return {"there": ["yes", "no"], "many": ["1", "2", "3", "4"], "color": list(COLOURS)}[kind]


def _scene(chance: random.Random, question: str, answer: str) -> Scene:
    """Draw scenes until the answer to the question is right."""
    while True:
        scene = shapes(chance, int(answer) if question.startswith("How") else chance.randint(1, 4))
        if _truth(scene, question) == answer:
            return scene


def _truth(scene: Scene, question: str) -> str | None:
    words = question.rstrip("?").split()
    if question.startswith("How"):
        return str(len(scene.things))
    if question.startswith("Is"):
        return "yes" if " ".join(words[-2:]) in [thing.name for thing in scene.things] else "no"
    named = [thing for thing in scene.things if thing.shape == words[-1]]
    return named[0].colour if len(named) == 1 else None


def _row(name: str, question: str, answer: str, split: str, scene: Scene | None) -> dict[str, Any]:
    image = None
    if scene is not None:
        file = io.BytesIO()
        draw(scene).save(file, "PNG", optimize=True)
        image = {"bytes": file.getvalue(), "path": None}
    return {"id": name, "image": image, "question": question, "answer": answer, "split": split}


if __name__ == "__main__":
    main()
