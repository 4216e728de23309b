"""Things and people found in photos with boxes: presence, people, places; what is seen in pages and charts.

    python bench/detection.py [--pages 40]

Photos: ../shared/data/coco (38 of COCO val2017, its licence asks for nothing but measuring), the whole of them, none of
which anything was fitted on. A kind is present if a box of it covers a thousandth of the photo or more; crowds don't
count. "Sure" is a probability of .8. A place is right if the middle of the surest box lies within an annotated box of
its kind. Pages: drawn ones of recipes/photo_quality.py, asked for a television and for anybody.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from pathlib import Path

from figures import Figure, share

from sensorium import Conversation, Image, ask, load
from sensorium.eyes.detection import CLASSES, detector
from sensorium.media.image import encode

COCO = Path(__file__).resolve().parents[2] / "shared" / "data" / "coco"
SURE, FAINT = 0.8, 0.1
SMALL = 0.001


def photos() -> list[tuple[Path, dict[str, list[tuple[float, float, float, float]]]]]:
    """Return the photos and the boxes (left, top, right, bottom) of each kind in them."""
    truth = json.loads((COCO / "instances.json").read_text(encoding="utf-8"))
    names = {one["id"]: one["name"] for one in truth["categories"]}
    out = []
    for image in truth["images"]:
        boxes: dict[str, list[tuple[float, float, float, float]]] = {}
        for one in truth["annotations"]:
            left, top, width, height = one["bbox"]
            large = width * height >= SMALL * image["width"] * image["height"]
            if one["image_id"] == image["id"] and large and not one["iscrowd"]:
                boxes.setdefault(names[one["category_id"]], []).append((left, top, left + width, top + height))
        out.append((COCO / "pictures" / image["file_name"], boxes))
    return out


def figures() -> list[Figure]:
    right = named = there = placed = people = peopled = false_people = empty = denied = wrongly = exact = 0
    for path, boxes in photos():
        found = detector().detect(Image(str(path)))
        sure = {one.name for one in found if one.probability >= SURE}
        named, right, there = named + len(sure), right + len(sure & set(boxes)), there + len(boxes)
        for name in sure & set(boxes):
            box = next(one.box for one in found if one.name == name)
            x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
            placed += any(b[0] <= x <= b[2] and b[1] <= y <= b[3] for b in boxes[name])
        seen = {one.name for one in found if one.probability >= FAINT}
        absent = [name for name in CLASSES if name not in seen]
        denied, wrongly = denied + len(absent), wrongly + len(set(absent) & set(boxes))
        number = len(boxes.get("person", []))
        if number:
            peopled, people = peopled + 1, people + ("person" in sure)
            exact += sum(one.name == "person" and one.probability >= 0.5 for one in found) == number
        else:
            empty, false_people = empty + 1, false_people + ("person" in sure)
    return [
        share("presence: precision where sure", right, named, 0.92),
        share("presence: recall where sure", right, there, 0.55),
        share("people found", people, peopled, 0.93),
        share("people seen where there are none", false_people, empty, 0.05, True),
        share("people counted exactly", exact, peopled),
        share("places right, of those named rightly", placed, right, 0.9),
        share(f"absent kinds (under {FAINT}) that are there", wrongly, denied),
    ]


def pages(n: int, seed: int = 3) -> list[Figure]:
    """Return how many drawn pages have a thing said to be on them."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "recipes"))
    from photo_quality import page

    rng, model = random.Random(seed), load("offline")
    said = 0
    for _ in range(n):
        image = encode(page(rng), "jpeg", 85)
        replies = [ask(model, Conversation.of(image, q)) for q in ("Is there a tv?", "Is there anybody there?")]
        said += any(reply.text.startswith("Yes") for reply in replies)
    return [share("pages with a thing or person said to be there", said, n, 0.01, True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=40)
    chosen = parser.parse_args()
    for figure in [*figures(), *(pages(chosen.pages) if chosen.pages else [])]:
        print(figure)


if __name__ == "__main__":
    main()
