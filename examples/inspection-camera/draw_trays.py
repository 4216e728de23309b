"""Draws what an inspection camera sees: a tray of parts, the tag with its lot number, a display with its pressure.

    python draw_trays.py

writes the pictures of samples/ and the rows of task.csv again.
"""

from __future__ import annotations

import csv
import math
import random
from dataclasses import dataclass
from pathlib import Path

import PIL.Image
import PIL.ImageDraw
import PIL.ImageFilter
import PIL.ImageFont

ROOT = Path(__file__).parent
SIZE = (900, 640)
TRAY, STEEL, DARK, TAG, INK = (212, 214, 210), (92, 98, 108), (66, 70, 78), (250, 249, 244), (22, 24, 28)
HARMS = ("none", "touching", "blur", "noise", "glare", "cut")


@dataclass(frozen=True)
class Tray:
    """What is on a tray, and what is printed beside it."""

    parts: int
    lot: str
    pressure: str


def tray(seed: int) -> Tray:
    """Return a tray put together by chance; most have twelve parts and a pressure within bounds."""
    rng = random.Random(seed)
    parts = 12 if rng.random() < 0.6 else rng.choice((9, 10, 11, 13, 14))
    pressure = rng.uniform(4.0, 4.6) if rng.random() < 0.7 else rng.choice((rng.uniform(2, 3.9), rng.uniform(4.7, 7)))
    lot = f"{rng.choice('ABCHKM')}{rng.randint(1000, 9999)}-{rng.randint(1, 30):02d}"
    return Tray(parts, lot, f"{pressure:.2f}")


def draw(seen: Tray, harm: str = "none", seed: int = 0) -> PIL.Image.Image:
    """Return the picture of a tray."""
    rng = random.Random(seed)
    picture = PIL.Image.new("RGB", SIZE, TRAY)
    pen = PIL.ImageDraw.Draw(picture)
    for number, (x, y) in enumerate(_places(seen.parts, harm == "touching", rng)):
        _part(pen, x, y, rng.uniform(0, 60), number % 2 == 0)
    pen.rectangle((0, 500, SIZE[0], SIZE[1]), fill=TAG)
    pen.text((34, 544), f"LOT {seen.lot}", INK, PIL.ImageFont.load_default(40))
    pen.text((500, 544), f"Pressure: {seen.pressure} bar", INK, PIL.ImageFont.load_default(40))
    return _harmed(picture, harm, rng)


def _places(count: int, touching: bool, rng: random.Random) -> list[tuple[float, float]]:
    cells = [(90 + 144 * (i % 6), 92 + 158 * (i // 6)) for i in range(18)]
    found = [(x + rng.uniform(-20, 20), y + rng.uniform(-22, 22)) for x, y in sorted(rng.sample(cells, count))]
    if touching:
        x, y = found[0]
        found[1] = (x + rng.uniform(30, 52), y + rng.uniform(-14, 14))
    return found


def _part(pen: PIL.ImageDraw.ImageDraw, x: float, y: float, turn: float, is_nut: bool) -> None:
    if is_nut:
        corners = [(x + 44 * math.cos(math.radians(turn + 60 * i)), y + 44 * math.sin(math.radians(turn + 60 * i)))
                   for i in range(6)]  # fmt: skip
        pen.polygon(corners, fill=STEEL)
    else:
        pen.ellipse((x - 42, y - 42, x + 42, y + 42), fill=DARK)
    pen.ellipse((x - 17, y - 17, x + 17, y + 17), fill=TRAY)


def _harmed(picture: PIL.Image.Image, harm: str, rng: random.Random) -> PIL.Image.Image:
    if harm == "blur":
        return picture.filter(PIL.ImageFilter.GaussianBlur(rng.uniform(2.0, 6.0)))
    if harm == "noise":
        import numpy as np

        pixels = np.asarray(picture, dtype=np.float32)
        noise = np.random.default_rng(rng.randrange(1 << 30)).normal(0, rng.uniform(10, 40), pixels.shape)
        return PIL.Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))
    if harm == "glare":
        spot = PIL.Image.new("L", picture.size, 0)
        x, y = rng.randint(80, 820), rng.choice((rng.randint(60, 440), 566))
        PIL.ImageDraw.Draw(spot).ellipse((x - 70, y - 50, x + 70, y + 50), fill=255)
        white = PIL.Image.new("RGB", picture.size, (255, 255, 255))
        return PIL.Image.composite(white, picture, spot.filter(PIL.ImageFilter.GaussianBlur(14)))
    if harm == "cut":  # the tray was pushed aside: its parts and its tag run off the picture
        aside = rng.choice((-1, 1)) * rng.randint(60, 150)
        how = PIL.Image.Transform.AFFINE
        return picture.transform(picture.size, how, (1, 0, aside, 0, 1, 0), fillcolor=TRAY)
    return picture


SAMPLES = (
    ("good", Tray(12, "A4471-07", "4.21"), "none"), ("missing", Tray(11, "A4471-08", "4.35"), "none"),
    ("pressure", Tray(12, "A4471-09", "5.02"), "none"), ("blurred", Tray(12, "A4471-10", "4.18"), "blur"),
)  # fmt: skip
QUESTIONS = (
    ("train", "good", "parts", "12"), ("test", "good", "lot", "A4471-07"), ("test", "good", "pressure", "4.21"),
    ("test", "missing", "parts", "11"), ("test", "missing", "lot", "A4471-08"), ("test", "missing", "pressure", "4.35"),
    ("test", "pressure", "parts", "12"), ("test", "pressure", "lot", "A4471-09"),
    ("test", "pressure", "pressure", "5.02"), ("test", "blurred", "lot", "can't tell"),
)  # fmt: skip
ASKED = {"parts": "How many parts are there?", "lot": "What is the lot number?", "pressure": "What is the pressure?"}


def main() -> None:
    """Write the samples and their task."""
    (ROOT / "samples").mkdir(exist_ok=True)
    for seed, (name, seen, harm) in enumerate(SAMPLES):
        draw(seen, harm, seed).quantize(24).save(ROOT / "samples" / f"{name}.png", optimize=True)
    rows = [("split", "image", "question", "answer")]
    rows += [(split, f"samples/{name}.png", ASKED[asked], answer) for split, name, asked, answer in QUESTIONS]
    with open(ROOT / "task.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


if __name__ == "__main__":
    main()
