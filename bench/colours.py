"""Colour, count and barcodes: drawn things of known colour and number over photographed grounds, under changed light.

    python bench/colours.py [--split tune] [--n 200]

The tune split draws on photos of clothing/train, the test split on clothing/catalogue, other shapes, other paints and
other kinds of barcode. Grounds are the corners of the photos (floors, walls, cloth), mirrored to fill the picture.
"""

from __future__ import annotations

import argparse
import io
import math
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFilter
from figures import Case, Figure, calibration_error, share
from numpy.typing import NDArray

from sensorium.core.messages import Image
from sensorium.eyes.ocr.barcode import barcodes
from sensorium.eyes.photo.colour import BASIC_TERMS, object_colours
from sensorium.eyes.photo.count import count_objects

PHOTOS = Path(__file__).resolve().parents[2] / "shared" / "data" / "clothing"
CLOTHES = Path(__file__).with_name("clothes.txt")
Split = Literal["tune", "test"]
Floats = NDArray[np.float64]

PAINTS: dict[str, str] = {
    "black": "black", "white": "white", "gray": "grey", "dimgray": "grey", "red": "red", "crimson": "red",
    "firebrick": "red", "darkred": "red", "orangered": "orange red", "orange": "orange", "darkorange": "orange",
    "gold": "yellow", "yellow": "yellow", "khaki": "yellow beige", "goldenrod": "yellow brown orange",
    "green": "green", "forestgreen": "green", "darkgreen": "green", "limegreen": "green", "olivedrab": "green",
    "seagreen": "green", "lightgreen": "green", "yellowgreen": "green", "darkolivegreen": "green",
    "teal": "turquoise green blue", "darkturquoise": "turquoise blue", "turquoise": "turquoise blue green",
    "lightseagreen": "turquoise green", "blue": "blue", "navy": "blue", "royalblue": "blue", "steelblue": "blue",
    "dodgerblue": "blue", "skyblue": "blue", "midnightblue": "blue", "cornflowerblue": "blue", "purple": "purple",
    "indigo": "purple", "darkviolet": "purple", "rebeccapurple": "purple", "mediumpurple": "purple",
    "darkorchid": "purple", "pink": "pink", "hotpink": "pink", "deeppink": "pink", "palevioletred": "pink",
    "lightpink": "pink", "saddlebrown": "brown", "sienna": "brown", "chocolate": "brown orange",
    "brown": "red brown", "wheat": "beige yellow", "bisque": "beige pink", "tan": "beige brown",
}  # fmt: skip
"""CSS colours and the basic terms that count as right for each (the author's naming; ambiguous ones have several)."""
NUMBERS = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
           "seventeen eighteen nineteen twenty").split()  # fmt: skip
FORMATS: dict[Split, tuple[str, ...]] = {"tune": ("EAN13", "QRCode"), "test": ("Code128", "UPCA", "DataMatrix", "EAN8")}
SHAPES: dict[Split, tuple[str, ...]] = {
    "tune": ("disc", "slab", "star", "triangle"),
    "test": ("capsule", "hexagon", "shirt", "drop", "bottle"),
}
PIECES: dict[Split, tuple[str, ...]] = {"tune": ("disc", "slab", "triangle"), "test": ("capsule", "hexagon", "oval")}


@dataclass(frozen=True)
class Scene:
    """A drawn picture and what is true of it."""

    image: Image
    truth: tuple[str, ...]
    mask: NDArray[np.bool_] | None = None


def outline(shape: str, rng: random.Random) -> list[tuple[float, float]]:
    """Return a shape's corners within a unit circle."""
    if shape == "star":
        return [_polar(k / 10, 1.0 if k % 2 == 0 else 0.5) for k in range(10)]
    if shape == "triangle":
        return [_polar(k / 3, 1.0) for k in range(3)]
    if shape == "hexagon":
        return [_polar(k / 6, 1.0) for k in range(6)]
    if shape == "slab":
        wide = rng.uniform(0.6, 0.8)
        high = math.sqrt(1 - wide * wide)
        return [(-wide, -high), (wide, -high), (wide, high), (-wide, high)]
    if shape == "shirt":
        return [(-0.35, -0.8), (0.35, -0.8), (0.95, -0.4), (0.75, -0.05), (0.5, -0.2), (0.5, 0.8), (-0.5, 0.8),
                (-0.5, -0.2), (-0.75, -0.05), (-0.95, -0.4)]  # fmt: skip
    if shape == "bottle":
        return [(-0.12, -1), (0.12, -1), (0.12, -0.5), (0.35, -0.2), (0.35, 0.95), (-0.35, 0.95), (-0.35, -0.2),
                (-0.12, -0.5)]  # fmt: skip
    turns = [k / 60 for k in range(60)]
    if shape == "capsule":
        return [(x * 0.45 + (0.5 if x >= 0 else -0.5), y * 0.45) for x, y in (_polar(t, 1.0) for t in turns)]
    if shape == "oval":
        return [(x, 0.65 * y) for x, y in (_polar(t, 1.0) for t in turns)]
    if shape == "drop":
        return [(0.75 * x * (1 - 0.5 * max(-y, 0) ** 2), y) for x, y in (_polar(t, 1.0) for t in turns)]
    return [_polar(t, 1.0) for t in turns]


def _polar(turn: float, radius: float) -> tuple[float, float]:
    return radius * math.sin(2 * math.pi * turn), -radius * math.cos(2 * math.pi * turn)


def _stamp(size: tuple[int, int], shape: str, at: tuple[float, float], radius: float, rng: random.Random) -> Floats:
    """Return a shape's cover, (height, width) 0 to 1, with smooth edges."""
    turn = rng.uniform(0, 2 * math.pi) if shape not in ("shirt", "bottle") else rng.uniform(-0.3, 0.3)
    cos, sin = math.cos(turn), math.sin(turn)
    points = [
        (2 * (at[0] + radius * (x * cos - y * sin)), 2 * (at[1] + radius * (x * sin + y * cos)))
        for x, y in outline(shape, rng)
    ]
    canvas = PIL.Image.new("L", (2 * size[0], 2 * size[1]))
    PIL.ImageDraw.Draw(canvas).polygon(points, fill=255)
    return np.asarray(canvas.resize(size, PIL.Image.Resampling.BOX), dtype=np.float64) / 255


def photo_ground(split: Split, size: tuple[int, int], rng: random.Random) -> Floats:
    """Return a corner of a photo, mirrored to fill `size` (width, height), in linear light."""
    folder = PHOTOS / ("train" if split == "tune" else "catalogue")
    files = sorted(folder.glob("*.jpg"))
    if not files:
        raise SystemExit(f"No photos in {folder}, from which this benchmark draws its backgrounds.")
    with PIL.Image.open(rng.choice(files)) as opened:
        photo = opened.convert("RGB")
    wide, high = photo.width // 5, photo.height // 5
    left, top = rng.choice((0, photo.width - wide)), rng.choice((0, photo.height - high))
    patch = np.asarray(photo.crop((left, top, left + wide, top + high)))
    tile = np.concatenate([patch, patch[:, ::-1]], axis=1)
    tile = np.concatenate([tile, tile[::-1]], axis=0)
    down, across = -(-size[1] // tile.shape[0]), -(-size[0] // tile.shape[1])
    return to_linear(np.tile(tile, (down, across, 1))[: size[1], : size[0]])


def to_linear(rgb: NDArray[np.uint8]) -> Floats:
    """Return linear light, 0 to 1, of sRGB 0 to 255."""
    value = rgb / 255.0
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def to_srgb(light: Floats) -> NDArray[np.uint8]:
    """Return sRGB 0 to 255 of linear light, clipped."""
    light = np.clip(light, 0, 1)
    value = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return (value * 255 + 0.5).astype(np.uint8)


def lit(light: Floats, rng: random.Random, harsh: float = 1.0) -> Image:
    """Photograph linear light: uneven, coloured, more or less of it, with noise, as JPEG."""
    height, width = light.shape[:2]
    turn = rng.uniform(0, 2 * math.pi)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    slope = 1 - harsh * rng.uniform(0, 0.25) * (1 + np.cos(turn) * x + np.sin(turn) * y) / 2
    warm = rng.uniform(-1, 1) * harsh
    gains = np.array([1 + 0.12 * warm, 1.0, 1 - 0.16 * warm]) * 2 ** rng.uniform(-1.2 * harsh, 0.2)
    shot = light * slope[:, :, None] * gains
    noise = np.random.default_rng(rng.randrange(2**32)).normal(size=shot.shape) * np.sqrt(shot * 3e-4 + 1e-6)
    buffer = io.BytesIO()
    PIL.Image.fromarray(to_srgb(shot + noise)).save(buffer, "JPEG", quality=rng.randint(80, 95))
    return Image(buffer.getvalue())


def paints(split: Split) -> list[str]:
    """Return the paints of a split: every second is for tuning, the others for testing."""
    return [name for k, name in enumerate(sorted(PAINTS)) if (k % 2 == 0) == (split == "tune")]


def thing(split: Split, rng: random.Random) -> Scene:
    """Draw one thing of a known colour, shaded and a little textured, over a photographed ground."""
    size = rng.choice(((400, 533), (533, 400), (480, 480), (640, 480)))
    light = photo_ground(split, size, rng)
    radius = min(size) * rng.uniform(0.22, 0.45)
    at = (size[0] * rng.uniform(0.42, 0.58), size[1] * rng.uniform(0.42, 0.58))
    name = rng.choice(paints(split))
    paint = to_linear(np.array([[PIL.ImageColor.getrgb(name)]], dtype=np.uint8))[0, 0] * 0.9 + 0.008
    cover = _stamp(size, rng.choice(SHAPES[split]), at, radius, rng)
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    turn = rng.uniform(0, 2 * math.pi)
    form = 1 - rng.uniform(0.05, 0.45) * (1 + ((x - at[0]) * np.cos(turn) + (y - at[1]) * np.sin(turn)) / radius) / 2
    weave = np.random.default_rng(rng.randrange(2**32)).normal(size=(size[1] // 3 + 1, size[0] // 3 + 1))
    weave = np.kron(weave, np.ones((3, 3)))[: size[1], : size[0]] * rng.uniform(0, 0.06)
    body = paint * np.clip(form + weave, 0.1, 1.2)[:, :, None]
    shadow = np.asarray(PIL.Image.fromarray((cover * 255).astype(np.uint8)).filter(PIL.ImageFilter.GaussianBlur(8)))
    light = light * (1 - 0.4 * np.roll(shadow / 255.0, (5, 5), (0, 1)))[:, :, None]
    light = light * (1 - cover[:, :, None]) + body * cover[:, :, None]
    return Scene(lit(light, rng), tuple(PAINTS[name].split()), cover > 0.5)


def pieces(split: Split, rng: random.Random) -> Scene:
    """Draw one to sixteen like pieces over a plain ground, or (three in ten) over a photographed one."""
    size = rng.choice(((533, 400), (480, 480), (640, 480)))
    plain = rng.random() > 0.3
    colour = np.array([rng.uniform(0.02, 0.9) for _ in range(3)])
    light = np.ones((size[1], size[0], 3)) * colour if plain else photo_ground(split, size, rng)
    number = rng.randint(1, 16)
    base = min(size) * rng.uniform(0.05, 0.10)
    uneven, touching = rng.choice((0.0, 0.1, 0.25)), rng.random() < 0.3
    shape = rng.choice(PIECES[split])
    paint = _paint_unlike(light.mean(axis=(0, 1)), rng)
    placed: list[tuple[float, float, float]] = []
    for _ in range(4000):
        if len(placed) == number:
            break
        radius = base * (1 + rng.uniform(-uneven, uneven))
        x, y = rng.uniform(radius + 6, size[0] - radius - 6), rng.uniform(radius + 6, size[1] - radius - 6)
        gap = 0.0 if touching and shape == "disc" else 5.0
        if all(math.hypot(x - a, y - b) > radius + r + gap for a, b, r in placed):
            placed.append((x, y, radius))
    for x, y, radius in placed:
        cover = _stamp(size, shape, (x, y), radius, rng)[:, :, None]
        light = light * (1 - cover) + np.clip(paint * rng.uniform(0.85, 1.1), 0, 1) * cover
    return Scene(lit(light, rng, 0.6), (str(len(placed)),))


def _paint_unlike(ground: Floats, rng: random.Random) -> Floats:
    while True:
        paint = np.array([rng.uniform(0.01, 0.9) for _ in range(3)])
        if np.abs(np.sqrt(paint) - np.sqrt(ground)).sum() > 0.5:
            return paint


def code(split: Split, rng: random.Random) -> Scene:
    """Print a barcode on a label, turned and a little blurred, over a photographed ground; truth is its text."""
    import zxingcpp

    kind = rng.choice(FORMATS[split])
    text = _content(kind, rng)
    barcode = zxingcpp.create_barcode(text, zxingcpp.barcode_format_from_str(kind))
    drawn = PIL.Image.fromarray(
        np.array(zxingcpp.write_barcode_to_image(barcode, scale=rng.choice((2, 3, 4))))
    ).convert("L")
    label = PIL.Image.new("RGBA", (drawn.width + 20, drawn.height + 20), "white")
    label.paste(drawn, (10, 10))
    label = label.rotate(rng.uniform(-180, 180), expand=True, resample=PIL.Image.Resampling.BICUBIC)
    size = (label.width + rng.randint(60, 300), label.height + rng.randint(60, 300))
    scene = PIL.Image.fromarray(to_srgb(photo_ground(split, size, rng))).convert("RGBA")
    scene.alpha_composite(
        label, (rng.randint(10, size[0] - label.width - 10), rng.randint(10, size[1] - label.height - 10))
    )
    blurred = scene.convert("RGB").filter(PIL.ImageFilter.GaussianBlur(rng.uniform(0, 1.2)))
    return Scene(lit(to_linear(np.asarray(blurred)), rng), (text,))


def _content(kind: str, rng: random.Random) -> str:
    if kind in ("EAN13", "UPCA", "EAN8"):
        body = "".join(str(rng.randint(0, 9)) for _ in range({"EAN13": 12, "UPCA": 11, "EAN8": 7}[kind]))
        weights = [3 if (len(body) - k) % 2 == 1 else 1 for k in range(len(body))]
        return body + str(-sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 10)
    return "".join(rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789") for _ in range(rng.randint(6, 16)))


def scenes(draw: Callable[[Split, random.Random], Scene], split: Split, n: int, seed: int) -> list[Scene]:
    """Return n scenes, fixed by the split and the seed."""
    return [draw(split, random.Random(f"{split} {seed} {draw.__name__} {k}")) for k in range(n)]


def clothes(split: Split) -> list[Scene]:
    """Return the real photos whose garment has one main colour, named by a person in bench/clothes.txt."""
    rows = [line.split() for line in CLOTHES.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    names = ("tune", "test") if split == "tune" else ("fresh",)
    return [Scene(Image(PHOTOS / row[1]), tuple(row[3:])) for row in rows if row[0] in names and len(row) > 3]


def figures(n: int = 200, seed: int = 2, split: Split = "test") -> list[Figure]:
    """Return the figures of colour, count and barcodes on n drawn scenes of each, and of colour on real photos."""
    out: list[Figure] = []
    for name, drawn in (("drawn things", scenes(thing, split, n, seed)), ("photos of clothes", clothes(split))):
        seen = [object_colours(scene.image) for scene in drawn]
        right = [bool(o.thing) and o.thing[0].basic in s.truth for o, s in zip(seen, drawn, strict=True)]
        out += _judged(f"colour of {name}", right, [o.confidence for o in seen])
    drawn = scenes(pieces, split, n, seed)
    counts = [count_objects(scene.image) for scene in drawn]
    right = [str(c.number) == s.truth[0] for c, s in zip(counts, drawn, strict=True)]
    out += _judged("count", right, [c.confidence for c in counts])
    drawn = scenes(code, split, n, seed)
    texts = [[code.text for code in barcodes(scene.image) if code.valid] for scene in drawn]
    read = [(text, scene.truth) for text, scene in zip(texts, drawn, strict=True) if text]
    out.append(share("barcodes: read", len(read), n, 0.9))
    out.append(share("barcodes: right of those read", sum(tuple(t) == truth for t, truth in read), len(read), 0.98))
    return out


def _judged(name: str, right: list[bool], confidence: list[float]) -> list[Figure]:
    sure = [ok for ok, value in zip(right, confidence, strict=True) if value >= 0.8]
    error = calibration_error(np.array(confidence), np.array(right, dtype=float))
    return [
        share(f"{name}: right", sum(right), len(right)),
        share(f"{name}: right where sure (0.8)", sum(sure), len(sure), 0.95),
        share(f"{name}: sure", len(sure), len(right)),
        Figure(f"{name}: expected calibration error", error, len(right), 0.08, at_most=True),
    ]


def cases(split: Split = "test", n: int = 60, seed: int = 1) -> list[Case]:
    """Return questions about drawn scenes: colour, count and barcode in turn."""
    out = []
    for k in range(-(-n // 3)):
        rng = random.Random(f"case {split} {seed} {k}")
        single = thing(split, rng)
        question = rng.choice(("What colour is it?", "What colour is the thing in the picture?", "which color is this"))
        out.append(Case("colour", single.image, question, names_first(single.truth)))
        many = pieces(split, rng)
        question = rng.choice(
            ("How many shapes are there?", "How many things can you count?", "count the pieces please")
        )
        out.append(Case("count", many.image, question, says_number(int(many.truth[0]))))
        printed = code(split, rng)
        question = rng.choice(("What is the barcode?", "What does the code on this say?", "Read the barcode to me."))
        out.append(Case("barcode", printed.image, question, contains(printed.truth[0])))
    return out[:n]


def names_first(truth: tuple[str, ...]) -> Callable[[str], bool]:
    """Return a judge of replies: the first basic colour term must be right; navy is blue."""

    def right(text: str) -> bool:
        words = re.findall(r"[a-z]+", text.lower().replace("navy", "blue").replace("gray", "grey"))
        return next((word for word in words if word in BASIC_TERMS), None) in truth

    return right


def says_number(number: int) -> Callable[[str], bool]:
    """Return a judge of replies: the first number, in digits or in words, must be this one."""

    def right(text: str) -> bool:
        found = re.findall(r"\d+|[a-z]+", text.lower())
        said = (int(w) if w.isdigit() else NUMBERS.index(w) for w in found if w.isdigit() or w in NUMBERS)
        return next(said, None) == number

    return right


def contains(truth: str) -> Callable[[str], bool]:
    """Return a judge of replies: the code's text must be in it."""

    def right(text: str) -> bool:
        return truth in text.replace(" ", "") or truth in text

    return right


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=("tune", "test"), default="test")
    parser.add_argument("--n", type=int, default=200)
    parser.add_argument("--seed", type=int, default=2)
    args = parser.parse_args()
    for figure in figures(args.n, args.seed, args.split):
        print(figure)


if __name__ == "__main__":
    main()
