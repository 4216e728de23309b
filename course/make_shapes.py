"""Make samples/shapes.zip: drawn scenes with questions, for the lessons that train and measure the starter.

`corners.jsonl` asks how many corners a shape has, which the starter was never taught; `old.jsonl` asks what it knows.
Both have a split train and a split test, which share no picture.
"""

from __future__ import annotations

import io
import json
import random
import sys
import zipfile
from collections import Counter
from pathlib import Path

import PIL.Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "recipes" / "starter"))

import questions
import scenes
from evaluate import png

CORNERS = {"circle": "0", "triangle": "3", "rectangle": "4", "star": "10", "cross": "12"}
COUNTS = {"train": (240, 12), "test": (60, 10)}
"""Split -> questions about corners, and about each family that the starter knows."""
MOST = 3
"""Questions about corners of one picture."""
Row = dict[str, str]


def shapes() -> bytes:
    """Return the archive; the same bytes each time."""
    files: dict[str, bytes] = {}
    rows: dict[str, list[Row]] = {"corners.jsonl": [], "old.jsonl": []}
    for seed, (split, (corners, each)) in enumerate(COUNTS.items(), 1):
        rows["corners.jsonl"] += _corners(files, split, corners, seed)
        rows["old.jsonl"] += _old(files, split, each, 800 + seed)
    files |= {name: "".join(json.dumps(row) + "\n" for row in kept).encode() for name, kept in rows.items()}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _corners(files: dict[str, bytes], split: str, count: int, seed: int) -> list[Row]:
    """Return questions about shapes whose colour is unique in their picture, each answer as often."""
    chance = random.Random(f"corners {split} {seed}")
    answers: Counter[str] = Counter()
    rows: list[Row] = []
    while len(rows) < count:
        scene, name, asked = scenes.shapes(chance), f"{split}-{len(files)}.png", 0
        colours = Counter(thing.colour for thing in scene.things)
        for thing in scene.things:
            answer = CORNERS[thing.shape]
            fits = colours[thing.colour] == 1 and answers[answer] <= len(rows) // 5
            if fits and asked < MOST and len(rows) < count:
                form = chance.choice(("How many corners does the {} shape have?", "How many corners has the {} shape?"))
                rows.append({"image": name, "question": form.format(thing.colour), "answer": answer, "split": split})
                answers[answer] += 1
                asked += 1
        if asked:
            files[name] = _picture(scene)
    return rows


def _old(files: dict[str, bytes], split: str, each: int, seed: int) -> list[Row]:
    """Return questions of every family that the starter knows."""
    rows = []
    for family in questions.FAMILIES:
        for scene, question in questions.balanced(family, each, seed):
            name = f"{split}-{len(files)}.png"
            files[name] = _picture(scene)
            rows.append({"image": name, "question": question.text, "answer": question.answer, "split": split})
    return rows


def _picture(scene: scenes.Scene) -> bytes:
    """Return the scene as PNG of 32 colours."""
    picture = PIL.Image.open(io.BytesIO(png(scene))).convert("RGB")
    packed = io.BytesIO()
    picture.quantize(32, dither=PIL.Image.Dither.NONE).save(packed, "PNG", optimize=True)
    return packed.getvalue()
