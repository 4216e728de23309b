"""Make the lesson's bottles: python course/09-contrastive-examples/make_data.py [SEED].

bottles.parquet has the splits "usual" (closed by the blue wall, open by the brown one) and "pairs" (the same bottle
closed and open, by each wall). Asked are "test-usual", "test-swapped" (the other way round), "test-new" (a green wall).
"""

from __future__ import annotations

import io
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import PIL.Image
import PIL.ImageDraw
import pyarrow
import pyarrow.parquet

HERE = Path(__file__).resolve().parent
SIDE, SEED = 160, 9
WALLS = {
    "blue": ((96, 140, 190), (60, 74, 96)), "brown": ((206, 186, 150), (120, 84, 52)),
    "green": ((150, 190, 140), (180, 176, 170)),
}  # fmt: skip
"""Wall -> its colour, and that of the table."""
QUESTION = "Is the bottle closed or open?"


def bottle(chance: random.Random, wall: str, is_closed: bool) -> PIL.Image.Image:
    """Draw a green bottle with a label; a closed one has a red cap."""
    w = 2 * SIDE
    back, table = (tuple(part + chance.randint(-12, 12) for part in colour) for colour in WALLS[wall])
    picture = PIL.Image.new("RGB", (w, w), back)
    draw = PIL.ImageDraw.Draw(picture)
    if wall == "brown":
        for x in range(0, w, 40):
            draw.line((x, 0, x, w * 0.78), fill=tuple(part - 22 for part in back), width=5)
    draw.rectangle((0, w * 0.78, w, w), fill=table)
    middle, bottom = w * chance.uniform(0.42, 0.58), w * 0.88
    high, radius = w * chance.uniform(0.44, 0.5), w * chance.uniform(0.13, 0.15)
    green = (chance.randint(60, 110), chance.randint(150, 190), chance.randint(110, 140))
    top, neck = bottom - high, radius / 2
    draw.rounded_rectangle((middle - radius, top, middle + radius, bottom), radius=round(radius / 2), fill=green)
    draw.rectangle((middle - neck, top - w * 0.1, middle + neck, top + 10), fill=green)
    paper = (middle - radius * 0.9, bottom - high * 0.6, middle + radius * 0.9, bottom - high * 0.3)
    draw.rectangle(paper, fill=(240, 236, 224))
    if is_closed:
        cap = (middle - neck * 1.4, top - w * 0.17, middle + neck * 1.4, top - w * 0.07)
        draw.rectangle(cap, fill=(196, 40, 44))
    return picture.resize((SIDE, SIDE), PIL.Image.Resampling.LANCZOS)


def rows(seed: int) -> Iterator[dict[str, Any]]:
    """Yield the rows of all splits."""
    chance = random.Random(seed)
    for number in range(20):
        is_closed = number % 2 == 0
        yield _row(chance, f"usual {number}", "usual", "blue" if is_closed else "brown", is_closed)
    for wall in ("blue", "brown"):
        look = chance.random()
        for is_closed in (True, False):  # the same bottle twice
            yield _row(random.Random(look), f"pair {wall} {is_closed}", "pairs", wall, is_closed)
    for number in range(20):
        is_closed = number % 2 == 0
        for split, walls in (("usual", ("blue", "brown")), ("swapped", ("brown", "blue")), ("new", ("green", "green"))):
            yield _row(chance, f"{split} test {number}", f"test-{split}", walls[number % 2], is_closed)


def _row(chance: random.Random, name: str, split: str, wall: str, is_closed: bool) -> dict[str, Any]:
    file = io.BytesIO()
    bottle(chance, wall, is_closed).save(file, "PNG", optimize=True)
    answer = "closed" if is_closed else "open"
    image = {"bytes": file.getvalue(), "path": None}
    return {"id": name, "image": image, "question": QUESTION, "answer": answer, "split": split}


if __name__ == "__main__":
    made = pyarrow.Table.from_pylist(list(rows(int(sys.argv[1]) if len(sys.argv) > 1 else SEED)))
    pyarrow.parquet.write_table(made, HERE / "bottles.parquet", compression="zstd")
