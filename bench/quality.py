"""Picture quality on real photos degraded by known amounts: AUROC and calibration of every fault.

    python bench/quality.py [--split tune] [--n 400] [--seed 1]

Photos: ../shared/data/clothing. bench/clothes.txt fixes the splits (200 of train/ to tune on; the other 200 of train/
and 200 of catalogue/ to test on) and says, by a person's look, whether a garment is clear of the edges. A photo as it
is stands against the same photo degraded: Gaussian blur (sigma 1.5 to 4 pixels) or motion (8 to 24 pixels, any
direction), 2 to 4 stops less light with sensor noise, 1.2 to 2.5 stops more with clipping, and a crop that takes 30 to
45 % of the photo off one side, which cuts through the garment; only garments clear of the edges count there. The
photos' own faults are left in.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import PIL.Image
import PIL.ImageFilter
from colours import PHOTOS, Split, to_linear, to_srgb
from figures import Case, Figure, auroc, calibration_error, share
from numpy.typing import NDArray

from sensorium.core.messages import Image
from sensorium.eyes.photo.quality import SIDES, assess_quality, fault_probabilities
from sensorium.media.image import encode

CLOTHES = Path(__file__).with_name("clothes.txt")
Degradation = Literal["none", "blurred", "motion", "dark", "bright", "cut off"]
FAULTS: dict[str, tuple[Degradation, ...]] = {
    "blurred": ("blurred", "motion"),
    "dark": ("dark",),
    "bright": ("bright",),
    "cut off": ("cut off",),
}
QUESTIONS: dict[str, tuple[tuple[str, bool], ...]] = {
    "blurred": (
        ("Is this picture blurry?", True),
        ("Is this picture sharp?", False),
        ("Is the photo in focus?", False),
    ),
    "dark": (("Is it too dark?", True), ("Is this photo too dark to see?", True)),
    "bright": (("Is the picture overexposed?", True), ("Is it too bright?", True)),
    "cut off": (("Can you see the whole thing?", False), ("Is it cut off at the edge?", True)),
}
"""Each question, and whether "yes" means that the fault is there."""


def photos(split: Split, n: int, seed: int) -> list[tuple[Path, bool]]:
    """Return up to n photos of a split, in an order fixed by the seed, and whether each garment clears the edges."""
    rows = [line.split() for line in CLOTHES.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    chosen = [(PHOTOS / row[1], row[2] == "whole") for row in rows if row[0] == split]
    random.Random(seed).shuffle(chosen)
    if not all(path.is_file() for path, _ in chosen):
        raise SystemExit(f"No photos in {PHOTOS}, which this benchmark degrades.")
    return chosen[:n]


def degrade(path: Path, degradation: Degradation, rng: random.Random) -> tuple[Image, str]:
    """Return the photo degraded, as JPEG, and the side that was cropped, or ""."""
    with PIL.Image.open(path) as opened:
        photo = opened.convert("RGB")
    side = ""
    if degradation == "blurred":
        photo = photo.filter(PIL.ImageFilter.GaussianBlur(rng.uniform(1.5, 4)))
    elif degradation == "motion":
        photo = PIL.Image.fromarray(_motion_blur(np.asarray(photo), rng.uniform(8, 24), rng.uniform(0, np.pi)))
    elif degradation in ("dark", "bright"):
        light = to_linear(np.asarray(photo)) * 2.0 ** (
            -rng.uniform(2, 4) if degradation == "dark" else rng.uniform(1.2, 2.5)
        )
        noise = np.random.default_rng(rng.randrange(2**32)).normal(size=light.shape)
        photo = PIL.Image.fromarray(
            to_srgb(light + (noise * np.sqrt(light * 2e-4 + 1e-7) if degradation == "dark" else 0))
        )
    elif degradation == "cut off":
        side, part = rng.choice(SIDES), rng.uniform(0.30, 0.45)
        width, height = photo.size
        boxes = {
            "left": (round(part * width), 0, width, height),
            "top": (0, round(part * height), width, height),
            "right": (0, 0, round((1 - part) * width), height),
            "bottom": (0, 0, width, round((1 - part) * height)),
        }
        photo = photo.crop(boxes[side])
    return encode(photo, "jpeg", 92), side


def _motion_blur(rgb: NDArray[np.uint8], length: float, angle: float) -> NDArray[np.uint8]:
    """Return an image blurred along a line of `length` pixels: its mean over shifts of less than a pixel."""
    steps = np.linspace(-length / 2, length / 2, max(int(2 * length), 3))
    pad = int(length) + 2
    wide = np.pad(rgb, ((pad, pad), (pad, pad), (0, 0)), mode="reflect").astype(np.float64)
    height, width = rgb.shape[:2]
    total = np.zeros(rgb.shape)
    for step in steps:
        x, y = pad + step * np.cos(angle), pad + step * np.sin(angle)
        left, top = int(np.floor(x)), int(np.floor(y))
        for row, down in ((top, 1 - (y - top)), (top + 1, y - top)):
            for column, across in ((left, 1 - (x - left)), (left + 1, x - left)):
                total += down * across * wide[row : row + height, column : column + width]
    return (total / len(steps) + 0.5).astype(np.uint8)


def figures(n: int = 400, seed: int = 1, split: Split = "test") -> list[Figure]:
    """Return the figures of every fault on n photos as they are and degraded."""
    plain: list[tuple[bool, dict[str, float]]] = []
    degraded: dict[str, list[tuple[bool, float]]] = {fault: [] for fault in FAULTS}
    sides = []
    for k, (path, whole) in enumerate(photos(split, n, seed)):
        rng = random.Random(f"{seed} {path.name}")
        plain.append((whole, fault_probabilities(degrade(path, "none", rng)[0])))
        for fault, ways in FAULTS.items():
            image, side = degrade(path, ways[k % len(ways)], rng)
            degraded[fault].append((whole, fault_probabilities(image)[fault]))
            if side and whole:
                sides.append(any(f.kind == "cut off" and side in f.where for f in assess_quality(image).faults))
    out = []
    for fault, seen in degraded.items():
        counts = [whole or fault != "cut off" for whole, _ in seen]
        good = np.array([row[fault] for (_, row), use in zip(plain, counts, strict=True) if use])
        bad = np.array([value for (_, value), use in zip(seen, counts, strict=True) if use])
        out += _judged(fault, good, bad)
    return [*out, share("cut off: the side is named among those to move to", sum(sides), len(sides))]


def _judged(fault: str, good: NDArray[np.float64], bad: NDArray[np.float64]) -> list[Figure]:
    values, truth = np.concatenate([good, bad]), np.concatenate([np.zeros(len(good)), np.ones(len(bad))])
    sure = (values >= 0.8) | (values <= 0.2)
    right = int(((values >= 0.5) == (truth > 0.5))[sure].sum())
    return [
        Figure(f"{fault}: AUROC, degraded against as they are", auroc(good, bad), len(values), 0.95),
        Figure(
            f"{fault}: expected calibration error", calibration_error(values, truth), len(values), 0.08, at_most=True
        ),
        share(f"{fault}: right where sure (0.8)", right, int(sure.sum()), 0.95),
        Figure(f"{fault}: share where sure", float(sure.mean()), len(values)),
    ]


def cases(split: Split = "test", n: int = 60, seed: int = 1) -> list[Case]:
    """Return questions about photos, half of them with the fault that is asked about."""
    out = []
    names = list(FAULTS)
    chosen = [(path, whole) for path, whole in photos(split, 10_000, seed) if whole]
    for k in range(n):
        path = chosen[k % len(chosen)][0]
        rng = random.Random(f"case {split} {seed} {k}")
        fault = names[k % len(names)]
        faulty = rng.random() < 0.5
        question, yes_means = rng.choice(QUESTIONS[fault])
        image = degrade(path, rng.choice(FAULTS[fault]) if faulty else "none", rng)[0]
        out.append(Case("quality", image, question, answers(faulty == yes_means)))
    return out


def answers(yes: bool) -> Callable[[str], bool]:
    """Return a judge of replies: the first word must be "Yes" or "No", whichever is right."""

    def right(text: str) -> bool:
        first = text.strip().split(maxsplit=1)[0].strip(",.:;!").lower() if text.strip() else ""
        return first == ("yes" if yes else "no")

    return right


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=("tune", "test"), default="test")
    parser.add_argument("--n", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    for figure in figures(args.n, args.seed, args.split):
        print(figure)


if __name__ == "__main__":
    main()
