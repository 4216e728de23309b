"""Labels whose text runs off the picture: is the right side reported, and are whole labels left alone?

    python bench/cut_labels.py [--seed 1] [--n 120] [--whole 60] [--browser]

A label is drawn large (medicine boxes, receipts, jars, signs; five fonts, dark on light and light on dark, plain,
noisy or wooden ground), turned by 0, 2 or 8 degrees either way and cropped so that one edge goes through its text: at
the left and right through a word or the space between two words of a line, at the top and bottom through the height
of a line, of which 15 to 85 % of the ink are lost. The other edges stay 0.8 to 4 line heights from the text, as all
four do of a whole one. Then slight blur, noise and JPEG. Reported is what `sensorium.eyes` (the offline model's view)
and the page's check say. With `--between` the top or bottom edge goes between two lines, where only a missing margin
could tell.

With `--browser` each picture is chosen in the page of `sensorium serve assist`, in Chromium (cut_labels_browser.py);
`--keep` writes the pictures that went wrong into a folder.
"""

from __future__ import annotations

import argparse
import io
import random
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFilter
import PIL.ImageFont
from figures import Figure, share
from numpy.typing import NDArray

from sensorium.core.messages import Image

SIDES = ("left", "top", "right", "bottom")
ANGLES = (0, 2, 8)
_PLACES = {"left": "on the left", "top": "at the top", "right": "on the right", "bottom": "at the bottom"}
_LABELS = (
    ("PARACETAMOL 500 mg", "32 film-coated tablets", "Take 2 tablets every 6 hours", "Do not take more than 8 in 24 h",
     "LOT 7K2231", "EXP 03/2027"),
    ("GREEN DOOR GROCERY", "14 Mill Lane, Leeds", "Oat bread            3.20", "Milk 2 l            1.85",
     "Apples 1.2 kg         4.10", "SUBTOTAL           9.15", "VAT 20 %           1.83", "TOTAL            10.98"),
    ("Strawberry jam", "Ingredients: strawberries, sugar,", "lemon juice, pectin", "Best before 11/2027",
     "Net weight 340 g", "May contain nuts"),
    ("AMOXICILLIN 250 mg/5 ml", "Shake well before use", "One spoonful three times a day", "Keep in the fridge",
     "Mrs. R. Okafor", "Use by 14 Dec 2026"),
    ("PLATFORM 7", "Leeds  10:42", "Calling at York and Durham", "Coach B seat 41"),
    ("Electricity bill", "Customer number 48820117", "Amount due 83.47 EUR", "Pay by 21/01/2027",
     "Phone 0113 496 0821"),
    ("Lemon soap", "250 ml  Made in Spain", "Avoid contact with eyes", "www.lemonsoap.example"),
)  # fmt: skip
_FONTS = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSerif", "LiberationSans-Regular", "DejaVuSansMono")


@dataclass(frozen=True)
class Label:
    """One drawn picture.

    Args:
        image: As JPEG.
        cut: The side that the text runs out at, or "".
        degrees: How far it is turned.
    """

    image: Image
    cut: str
    degrees: float


def draw(rng: random.Random, cut: str, degrees: float, between: bool = False) -> Label | None:
    """Return a label cut at a side ("" for a whole one); None if its lines can't be cut there as wished."""
    noise = np.random.default_rng(rng.randrange(2**32))
    size = rng.choice((24, 28, 34, 42))
    font = PIL.ImageFont.truetype(f"{rng.choice(_FONTS)}.ttf", size)
    lines = rng.choice(_LABELS)
    pitch = size * rng.uniform(1.25, 1.8)
    width, height = max(font.getlength(line) for line in lines), pitch * len(lines)
    room = 5 * size + 0.15 * max(width, height)
    canvas = (round(width + 2 * room), round(height + 2 * room))
    dark = rng.random() < 0.2
    paper = tuple(rng.randint(*((15, 70) if dark else (205, 250))) for _ in range(3))
    ink = tuple(rng.randint(*((215, 250) if dark else (10, 60))) for _ in range(3))
    picture = PIL.Image.fromarray(_ground(rng, noise, canvas))
    mask = PIL.Image.new("L", canvas, 0)
    page, text = PIL.ImageDraw.Draw(picture), PIL.ImageDraw.Draw(mask)
    margins = [size * rng.uniform(0.6, 5) for _ in range(4)]
    page.rectangle((room - margins[0], room - margins[1], room + width + margins[2], room + height + margins[3]), paper)
    centred = rng.random() < 0.3
    for number, line in enumerate(lines):
        x = room + (width - font.getlength(line)) / 2 * centred
        page.text((x, room + pitch * number), line, font=font, fill=ink)
        text.text((x, room + pitch * number), line, font=font, fill=min(250, 20 + 25 * number))
    angle = degrees * rng.choice((-1, 1))
    picture = picture.rotate(angle, PIL.Image.Resampling.BICUBIC, fillcolor=(120, 110, 100))
    mask = mask.rotate(angle, PIL.Image.Resampling.NEAREST)
    box = _crop(np.asarray(mask), rng, size, cut, between)
    if box is None:
        return None
    picture = picture.crop(box).filter(PIL.ImageFilter.GaussianBlur(rng.uniform(0, 1.1)))
    pixels = np.asarray(picture, np.float32) * np.linspace(rng.uniform(0.75, 1), 1, picture.width)[None, :, None]
    pixels += noise.normal(0, rng.uniform(0, 6), pixels.shape)
    out = io.BytesIO()
    PIL.Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(out, "JPEG", quality=rng.randint(70, 95))
    return Label(Image(out.getvalue()), cut, angle)


def _ground(rng: random.Random, noise: np.random.Generator, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return the table that the label lies on: plain, noisy or wooden."""
    colour = np.array([rng.randint(40, 230) for _ in range(3)], dtype=np.float32)
    out = np.broadcast_to(colour, (size[1], size[0], 3)).copy()
    kind = rng.choice(("plain", "noisy", "wooden"))
    if kind == "noisy":
        out += noise.normal(0, 18, out.shape[:2])[..., None]
    elif kind == "wooden":
        rows = np.cumsum(noise.normal(0, 3, size[1]))
        out += (12 * np.sin(np.arange(size[1]) / rng.uniform(3, 11)) + np.clip(rows, -30, 30))[:, None, None]
    return np.clip(out, 0, 255).astype(np.uint8)


def _crop(
    mask: NDArray[np.uint8], rng: random.Random, size: int, cut: str, between: bool
) -> tuple[int, int, int, int] | None:
    """Return left, top, right, bottom of a crop whose one edge goes through the text."""
    ys, xs = np.nonzero(mask)
    margin = [round(size * rng.uniform(0.8, 4)) for _ in SIDES]
    box = [xs.min() - margin[0], ys.min() - margin[1], xs.max() + 1 + margin[2], ys.max() + 1 + margin[3]]
    if not cut:
        return tuple(int(side) for side in box)  # type: ignore[return-value]
    k = SIDES.index(cut)
    flipped = {"left": mask.T, "top": mask, "right": mask.T[::-1], "bottom": mask[::-1]}[cut]
    values = [value for value in np.unique(mask) if value]
    rows = np.array([(flipped == value).sum(axis=1) for value in values])  # ink of each line by row of the mask
    first = int(np.nonzero(rows.any(axis=0))[0][0])
    inside = _gap if between else _through_word if cut in ("left", "right") else _through_height
    depths = [depth for depth in range(first + 2, first + 6 * size) if inside(rows, depth, size)]
    if not depths:
        return None
    depth = rng.choice(depths)
    box[k] = depth if k < 2 else (mask.shape[1] if cut == "right" else mask.shape[0]) - depth
    return tuple(int(side) for side in box)  # type: ignore[return-value]


def _through_word(rows: NDArray[np.int64], depth: int, size: int) -> bool:
    """Whether an edge here, what comes before being lost, goes through a word of a line or a space between two."""
    near = round(0.35 * size)
    lost, kept = rows[:, :depth], rows[:, depth:]
    through = lost[:, -near:].any(axis=1) & kept[:, :near].any(axis=1) & (lost.sum(axis=1) > 0.05 * size**2)
    return bool(through.any())


def _through_height(rows: NDArray[np.int64], depth: int, size: int) -> bool:
    """Whether an edge here goes through the height of a line: 15 to 85 % of its ink are lost, and another stays."""
    share = rows[:, :depth].sum(axis=1) / np.maximum(rows.sum(axis=1), 1)
    return bool(((share >= 0.15) & (share <= 0.85) & (rows[:, depth] > 0)).any() and (share == 0).any())


def _gap(rows: NDArray[np.int64], depth: int, size: int) -> bool:
    return not rows[:, depth - 2 : depth + 2].any() and bool(rows[:, :depth].any() and rows[:, depth:].any())


def pictures(seed: int, cut: int, whole: int, between: int = 0) -> list[Label]:
    """Return so many labels, cut at each side and angle in turn, and whole ones."""
    rng = random.Random(seed)
    plan = [(SIDES[i % 4], ANGLES[i // 4 % 3], False) for i in range(cut)]
    plan += [("", ANGLES[i % 3], False) for i in range(whole)] + [
        (SIDES[1 + 2 * (i % 2)], 0, True) for i in range(between)
    ]
    out = []
    for side, degrees, gap in plan:
        label = None
        while label is None:
            label = draw(rng, side, degrees, gap)
        out.append(label)
    return out


def reported(image: Image) -> tuple[str, ...]:
    """Return the sides that the eyes say the text runs out at."""
    from sensorium.eyes.answers import ImageView

    return ImageView(image).text_cut


def checked(image: Image) -> str:
    """Return what the page says of a picture at once."""
    from sensorium.apps.assist.photo_check import check_photo

    return check_photo(image).message


def named(message: str) -> tuple[str, ...]:
    """Return the sides that a message says the text runs out at."""
    found = re.search(r"The text runs out (.*?):", message)
    return tuple(side for side in SIDES if found and _PLACES[side] in found[1])


def figures(seed: int, cut: int, whole: int, between: int) -> list[Figure]:
    """Return the shares of cut labels with exactly the right side, in the eyes and on the page, and of whole ones."""
    out = []
    labels = pictures(seed, cut, whole, between)
    eyes = [reported(label.image) for label in labels]
    page = [checked(label.image) for label in labels]
    sides_said = [named(message) for message in page]
    called = [bool(sides) or "cut off" in message for sides, message in zip(sides_said, page, strict=True)]
    for name, sides in (("eyes", eyes), ("page", sides_said)):
        right = [sides[i] == (labels[i].cut,) for i in range(cut)]
        out.append(share(f"{name}: the right side, and no other", sum(right), cut, 0.95))
        out.append(
            share(f"{name}: the right side among others", sum(labels[i].cut in sides[i] for i in range(cut)), cut)
        )
        for degrees in ANGLES:
            at = [right[i] for i in range(cut) if abs(labels[i].degrees) == degrees]
            out.append(share(f"{name}: right at {degrees} degrees", sum(at), len(at)))
        out += [
            share(f"{name}: right at the {side}", sum(right[i] for i in range(cut) if labels[i].cut == side),
                  sum(label.cut == side for label in labels[:cut]))
            for side in SIDES
        ]  # fmt: skip
    kept = range(cut, cut + whole)
    out.append(share("eyes: whole, called cut", sum(bool(eyes[i]) for i in kept), whole, 0.03, at_most=True))
    out.append(share("page: whole, called cut in any words", sum(called[i] for i in kept), whole, 0.03, at_most=True))
    if between:
        rest = range(cut + whole, len(labels))
        out.append(
            share("page: cut between two lines, right side", sum(labels[i].cut in sides_said[i] for i in rest), between)
        )
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--n", type=int, default=120)
    parser.add_argument("--whole", type=int, default=60)
    parser.add_argument("--between", type=int, default=0)
    parser.add_argument("--browser", action="store_true", help="through the page, in Chromium")
    parser.add_argument("--keep", type=Path, help="with --browser, where to write the pictures that went wrong")
    options = parser.parse_args()
    if options.browser:
        from cut_labels_browser import browser_figures

        results = browser_figures(pictures(options.seed, options.n, options.whole), options.keep)
    else:
        results = figures(options.seed, options.n, options.whole, options.between)
    for figure in results:
        print(figure, flush=True)


if __name__ == "__main__":
    main()
