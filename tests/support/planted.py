"""A clean data set of real pictures, and ways to plant a fault in it: what the tests of data share."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from skimage import data as skimage_data
from sklearn.datasets import load_sample_images

Rows = list[dict[str, Any]]
_SIDE = 128


@cache
def crops() -> tuple[PIL.Image.Image, ...]:
    """Cut real photographs into 60 squares that do not overlap."""
    photos = [skimage_data.astronaut(), skimage_data.chelsea(), skimage_data.coffee(), *load_sample_images().images]
    squares = [
        photo[top : top + _SIDE, left : left + _SIDE]
        for photo in photos
        for top in range(0, photo.shape[0] - _SIDE + 1, _SIDE)
        for left in range(0, photo.shape[1] - _SIDE + 1, _SIDE)
    ]
    busy = [square for square in squares if square.std() > 20]  # plain sky looks like plain sky
    assert len(busy) >= 60
    return tuple(PIL.Image.fromarray(np.ascontiguousarray(square)) for square in busy[:60])


def clean(folder: Path) -> Rows:
    """Save 60 pictures and ask two questions of each; which answers are right is drawn, so words do not tell."""
    chance = random.Random(5)
    rows: Rows = []
    for number, picture in enumerate(crops()):
        picture.save(folder / f"{number}.png")
        split = "test" if number % 5 == 0 else "train"
        colour = ("red", "green", "blue")[number % 3]
        yes = chance.choice(("yes", "no"))
        about = chance.choice(("pole", "leaf", "hand", "cup"))
        rows.append({"image": f"{number}.png", "question": "Which colour is it?", "answer": colour, "split": split})
        rows.append({"image": f"{number}.png", "question": f"Is there a {about}?", "answer": yes, "split": split})
    return rows


def written(folder: Path, rows: Sequence[dict[str, Any]], name: str = "mine") -> Path:
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def ten_faults(folder: Path) -> tuple[Path, dict[str, set[int]]]:
    """Plant ten faults in the clean data set; give its file and fault -> the rows that must be named."""
    rows = clean(folder)
    pictures = crops()

    def add(image: str, question: str = "Which colour is it?", answer: str = "red", split: str = "train") -> int:
        rows.append({"image": image, "question": question, "answer": answer, "split": split})
        return len(rows)

    planted: dict[str, set[int]] = {}
    (folder / "broken.png").write_bytes((folder / "1.png").read_bytes()[:900])
    planted["broken-picture"] = {add("broken.png")}
    (folder / "copy.png").write_bytes((folder / "2.png").read_bytes())  # 2 is of train: not across splits
    planted["duplicate-picture"] = {add("copy.png", "What is its tone?", "blue"), 5, 6}
    pictures[3].resize((90, 90)).save(folder / "near.jpg", quality=70)
    planted["near-duplicate-picture"] = {add("near.jpg", "What is its tone?", "green"), 7, 8}
    pictures[4].resize((200, 200)).save(folder / "leak.jpg", quality=80)
    planted["picture-across-splits"] = {add("leak.jpg", "What is its tone?", "green", "test"), 9, 10}
    exif = PIL.Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    exif.get_ifd(0x8769)[0xA431] = "SN-1234"
    pictures[6].save(folder / "6.jpg", exif=exif)
    rows[12]["image"] = rows[13]["image"] = "6.jpg"
    planted["personal-data"] = {13, 14}
    planted["conflicting-answers"] = {17, add("8.png", answer="red" if rows[16]["answer"] != "red" else "green")}
    pictures[9].resize((20, 24)).crop((0, 0, 20, 12)).save(folder / "tiny.png")
    planted["tiny-picture"] = {add("tiny.png")}
    pictures[11].crop((0, 0, 128, 40)).resize((500, 60)).crop((0, 0, 500, 60)).save(folder / "long.png")
    planted["extreme-aspect"] = {add("long.png")}
    planted["near-empty-split"] = {add("13.png", "What is its tone?", "red", "dev")}
    rows[-1]["image"] = "dev.png"
    pictures[13].transpose(PIL.Image.Transpose.ROTATE_90).save(folder / "dev.png")
    for row in rows:
        row["seller"] = ""
    planted["empty-column"] = set()
    return written(folder, rows), planted
