"""Fit what sensorium.eyes.photo.quality calls blurred, too bright and glaring: logistic regressions over its features.

    python recipes/photo_quality.py

Negatives and positives, all in equal parts: the clothes of bench/quality.py's tune split as they are and degraded; the
same garments and the drawn things of bench/colours.py's tune split cut out onto plain white, well lit and 1.2 to 2.5
stops too light; drawn pages (four fonts, dark on light and light on dark, plain, resized and as JPEG), blurred
(sigma 1.3 to 3, motion of 5 to 16 pixels) and with a soft spot of glare. Every fifth photo, thing and page is held out
from the fit and reported. Needs scikit-learn beside the offline extra, and ../shared/data/clothing. Seed 0.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFilter
import PIL.ImageFont
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "bench"))
from colours import scenes, thing, to_linear, to_srgb  # noqa: E402
from figures import auroc  # noqa: E402
from quality import _motion_blur, degrade, photos  # noqa: E402

from sensorium.core.messages import Image  # noqa: E402
from sensorium.eyes.ocr import read  # noqa: E402
from sensorium.eyes.photo.background import cutout, cutout_confidence  # noqa: E402
from sensorium.eyes.photo.quality import measure  # noqa: E402
from sensorium.media.image import encode, pixels  # noqa: E402

FONTS = [f"DejaVu{name}.ttf" for name in ("Sans", "Serif", "SansMono", "Sans-Bold")]
WORDS = """total milk bread report open Monday closed from page table due account electricity 200 °C price 13.80 call
Street 7 Oslo wheat egg serves minutes best before Aug 2027 office mobile road ticket platform gate 14:05""".split()
N = 120  # photos, things and pages each
PRIOR = {("white", True): 0.3}  # a picture of a thing on white is seldom too light, and looks much the same


@dataclass(frozen=True)
class Sample:
    """The features of one picture: of blur, of the thing's exposure, of glare, and what is true of it."""

    sort: str
    faults: frozenset[str]
    blur: NDArray[np.float64]
    thing: NDArray[np.float64]
    glare: NDArray[np.float64]
    heldout: bool


def sample(image: Image, sort: str, fault: str, number: int) -> Sample:
    lines = read(image) if sort == "page" else None
    measured = measure(image, lines)
    return Sample(sort, frozenset({fault} - {""}), measured.blur, measured.thing, measured.glare, number % 5 == 0)


def clothes() -> list[Sample]:
    out = []
    for number, (path, _) in enumerate(photos("tune", N, 1)):
        rng = random.Random(f"quality {path.name}")
        for way, fault in (("none", ""), ("blurred", "blurred"), ("motion", "blurred"), ("bright", "bright")):
            out.append(sample(degrade(path, way, rng)[0], "photo", fault, number))
    return out


def on_white() -> list[Sample]:
    """Return garments and drawn things on plain white, as product pictures are, well lit and too light."""
    rng = random.Random(0)
    images = [degrade(path, "none", rng)[0] for path, _ in photos("tune", N, 1)]
    masks = [cutout(image).mask if cutout_confidence(cutout(image)) > 0.7 else None for image in images]
    drawn = scenes(thing, "tune", N, 3)
    out = []
    for number, (image, mask) in enumerate([*zip(images, masks, strict=True), *((s.image, s.mask) for s in drawn)]):
        if mask is None:
            continue
        rgb = pixels(image)
        soft = PIL.Image.fromarray((mask * 255).astype(np.uint8)).resize((rgb.shape[1], rgb.shape[0]))
        cover = np.asarray(soft.filter(PIL.ImageFilter.GaussianBlur(1.0)), dtype=float)[:, :, None] / 255
        for stops, fault in ((rng.uniform(-0.3, 0.3), ""), (rng.uniform(1.2, 2.5), "bright")):
            lit = to_srgb(to_linear(rgb) * 2.0**stops)
            placed = lit * cover + rng.randint(250, 255) * (1 - cover)
            out.append(sample(encode(PIL.Image.fromarray(placed.astype(np.uint8)), "jpeg", 90), "white", fault, number))
    return out


def page(rng: random.Random) -> PIL.Image.Image:
    """Draw a page, a label or a screen: three to fifteen lines, perhaps a table."""
    size = (rng.randint(420, 900), rng.randint(360, 860))
    light = rng.random() < 0.8
    paper = tuple(rng.randint(225, 255) if light else rng.randint(10, 60) for _ in range(3))
    if light and rng.random() < 0.4:
        paper = (255, 255, 255)
    ink = tuple(rng.randint(0, 70) if light else rng.randint(210, 255) for _ in range(3))
    canvas = PIL.Image.new("RGB", size, paper)
    pen, height = PIL.ImageDraw.Draw(canvas), rng.randint(14, 30)
    face = rng.choice(FONTS)
    y, x = rng.randint(20, 60), rng.randint(20, 60)
    while y < size[1] * rng.choice((0.5, 0.95)) - 40:
        big = rng.random() < 0.15
        font = PIL.ImageFont.truetype(face, round(height * (1.7 if big else 1.0)))
        room = size[0] - 2 * x
        line = ""
        while len(line.split()) < rng.randint(1, 9) and pen.textlength(f"{line} {WORDS[0]}mm", font) < room:
            line = f"{line} {rng.choice(WORDS)}".strip()
        grey = tuple(round(i + (p - i) * 0.45) for i, p in zip(ink, paper, strict=True)) if rng.random() < 0.1 else ink
        pen.text((x, y), line, grey, font)
        if rng.random() < 0.3:
            pen.text((size[0] - x - 90, y), f"{rng.uniform(1, 99):.2f}", ink, font)
        y += round(height * rng.uniform(1.4, 2.2) * (1.6 if big else 1))
    if rng.random() < 0.3:
        pen.rectangle((0, 0, size[0], rng.randint(10, 20)), fill=(30, 80, 160))
    return canvas


def spoil(canvas: PIL.Image.Image, fault: str, rng: random.Random) -> PIL.Image.Image:
    if fault == "blurred":
        return canvas.filter(PIL.ImageFilter.GaussianBlur(rng.uniform(1.3, 3)))
    if fault == "motion":
        rgb = np.asarray(canvas)
        angle = 0.0 if rng.random() < 0.5 else rng.uniform(0, np.pi)
        return PIL.Image.fromarray(_motion_blur(rgb, rng.uniform(5, 16), angle))
    if fault == "glare":
        width, height = canvas.size
        y, x = np.mgrid[0:height, 0:width]
        top = rng.uniform(0.15, 0.6) * height  # where the lines are
        across, down = rng.uniform(0.08, 0.25) * width, rng.uniform(0.08, 0.25) * height
        bump = np.exp(-(((x - rng.uniform(0.2, 0.7) * width) / across) ** 2 + ((y - top) / down) ** 2))
        add = np.clip(bump * rng.uniform(1.1, 1.8), 0, 1)[:, :, None]
        return PIL.Image.fromarray((np.asarray(canvas) * (1 - add) + 255 * add).astype(np.uint8))
    return canvas


def pages() -> list[Sample]:
    rng = random.Random(1)
    out = []
    for number in range(N):
        drawn = page(rng)
        for fault in ("", "", "blurred", "motion", "glare"):
            canvas = spoil(drawn, fault, rng)
            if rng.random() < 0.3:  # resized, as screens and scans are
                scale = rng.uniform(0.75, 1.4)
                canvas = canvas.resize((round(canvas.width * scale), round(canvas.height * scale)))
            buffer = io.BytesIO()
            canvas.save(buffer, "JPEG", quality=rng.randint(60, 95))
            out.append(sample(Image(buffer.getvalue()), "page", "blurred" if fault == "motion" else fault, number))
    return out


def fit(samples: list[Sample], feature: str, fault: str, others: tuple[str, ...]) -> tuple[list[float], float]:
    """Fit a fault against pictures without it; those with a fault of `others` are left out."""
    used = [s for s in samples if not s.faults & set(others) and np.isfinite(getattr(s, feature)).all()]
    x = np.array([getattr(s, feature) for s in used])
    y = np.array([fault in s.faults for s in used])
    groups = [(s.sort, fault in s.faults) for s in used]
    weight = np.array([PRIOR.get(g, 1.0) / groups.count(g) for g in groups]) * len(used) / len(set(groups))
    train = np.array([not s.heldout for s in used])
    mean, spread = x[train].mean(axis=0), x[train].std(axis=0) + 1e-9
    model = LogisticRegression(C=1.0, max_iter=2000).fit((x[train] - mean) / spread, y[train], weight[train])
    weights = model.coef_[0] / spread
    bias = float(model.intercept_[0] - weights @ mean)
    chance = 1 / (1 + np.exp(-(x @ weights + bias)))
    for sort in ("photo", "white", "page"):
        of = np.array([s.sort == sort and s.heldout for s in used])
        if y[of].any() and not y[of].all():
            sure = of & (np.abs(chance - 0.5) >= 0.3)
            print(
                f"  {fault}, {sort}: held out n={of.sum()}, AUROC {auroc(chance[of & ~y], chance[of & y]):.3f}, "
                f"right {((chance >= 0.5) == y)[of].mean():.3f}, sure {sure.sum()}, of them right "
                f"{((chance >= 0.5) == y)[sure].mean():.3f}; said at 0.8 of {(chance[of & ~y] >= 0.8).sum()} "
                f"of {(of & ~y).sum()} without it"
            )
        elif of.any():
            print(f"  {fault}, {sort}: held out n={of.sum()}, none has it, said of {(chance[of] >= 0.5).sum()}")
    return [round(float(w), 4) for w in weights], round(bias, 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    samples = [*clothes(), *on_white(), *pages()]
    print("_BLURRED =", fit(samples, "blur", "blurred", ("bright", "glare")))
    print("_BRIGHT =", fit([s for s in samples if s.sort != "page"], "thing", "bright", ("blurred", "glare")))
    print("_GLARE =", fit(samples, "glare", "glare", ("blurred", "bright")))


if __name__ == "__main__":
    main()
