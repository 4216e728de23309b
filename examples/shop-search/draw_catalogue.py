"""Draws the catalogue of a small shop, and photos as its customers might take them.

    python draw_catalogue.py

writes catalogue/, photos/ and judgements.csv again. Put your own catalogue in the place of this one: one row a product,
with an id and a picture.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from pathlib import Path

import PIL.Image
import PIL.ImageDraw
import PIL.ImageFilter

ROOT = Path(__file__).parent
SIDE = 200
TURN = 12.0
Colour = tuple[int, int, int]
COLOURS: dict[str, Colour] = {
    "red": (196, 30, 40), "blue": (30, 70, 190), "green": (30, 130, 70), "yellow": (235, 190, 40),
    "black": (38, 38, 44), "orange": (230, 110, 30),
}  # fmt: skip
KINDS = {
    "mug": ("mug", "kitchen", 8.5, "Stoneware, 300 ml, dishwasher-proof"),
    "bowl": ("bowl", "kitchen", 12.0, "Porcelain, for cereal or soup"),
    "notebook": ("notebook", "desk", 4.2, "A5, 96 pages, squared"),
    "ball": ("ball", "toys", 6.0, "Natural rubber, 18 cm"),
    "umbrella": ("umbrella", "outdoors", 19.9, "Windproof, wooden handle"),
    "lamp": ("desk lamp", "desk", 34.0, "With a shade of metal, 40 W"),
}
Pen = PIL.ImageDraw.ImageDraw


def shade(colour: Colour, by: float) -> Colour:
    """Return a darker (below 1) or lighter colour."""
    red, green, blue = (min(255, round(each * by)) for each in colour)
    return red, green, blue


def mug(pen: Pen, colour: Colour) -> None:
    """Draw a mug."""
    pen.arc((118, 70, 172, 136), -90, 90, shade(colour, 0.75), 12)
    pen.rounded_rectangle((46, 48, 138, 160), 12, fill=colour)
    pen.ellipse((46, 38, 138, 62), fill=shade(colour, 0.6))


def bowl(pen: Pen, colour: Colour) -> None:
    """Draw a bowl."""
    pen.pieslice((28, 10, 172, 156), 0, 180, fill=colour)
    pen.ellipse((28, 66, 172, 100), fill=shade(colour, 0.65))
    pen.rectangle((78, 150, 122, 164), fill=shade(colour, 0.8))


def notebook(pen: Pen, colour: Colour) -> None:
    """Draw a notebook."""
    pen.rounded_rectangle((52, 24, 152, 176), 6, fill=colour)
    pen.rectangle((52, 24, 66, 176), fill=shade(colour, 0.6))
    pen.rectangle((84, 54, 136, 84), fill=(244, 240, 228))


def ball(pen: Pen, colour: Colour) -> None:
    """Draw a ball."""
    pen.ellipse((36, 36, 164, 164), fill=colour)
    pen.arc((20, 60, 120, 180), -80, 40, (250, 248, 240), 6)
    pen.ellipse((66, 58, 92, 80), fill=shade(colour, 1.35))


def umbrella(pen: Pen, colour: Colour) -> None:
    """Draw an umbrella."""
    pen.line((100, 60, 100, 158), (90, 60, 40), 7)
    pen.arc((100, 142, 126, 172), 0, 180, (90, 60, 40), 7)
    pen.pieslice((22, 32, 178, 176), 180, 360, fill=colour)
    for left in (22, 74, 126):
        pen.pieslice((left, 90, left + 52, 118), 180, 360, fill=(250, 249, 246))


def lamp(pen: Pen, colour: Colour) -> None:
    """Draw a desk lamp."""
    pen.ellipse((62, 158, 138, 178), fill=shade(colour, 0.6))
    pen.line((100, 166, 66, 104, 112, 60), (120, 120, 124), 7)
    pen.polygon(((96, 36), (140, 62), (160, 118), (88, 84)), fill=colour)


DRAWN: dict[str, Callable[[Pen, Colour], None]] = {
    "mug": mug, "bowl": bowl, "notebook": notebook, "ball": ball, "umbrella": umbrella, "lamp": lamp,
}  # fmt: skip


def product(kind: str, colour: Colour, seed: int, ground: Colour = (250, 249, 246)) -> PIL.Image.Image:
    """Return a product on a plain ground; no two are set down alike, as for a camera."""
    rng = random.Random(seed)
    picture = PIL.Image.new("RGB", (SIDE, SIDE), ground)
    DRAWN[kind](PIL.ImageDraw.Draw(picture), colour)
    picture = picture.rotate(rng.uniform(-TURN, TURN), PIL.Image.Resampling.BICUBIC, fillcolor=ground)
    wide, high = (round(SIDE * rng.uniform(0.78, 1.0)) for _ in range(2))
    set_down = PIL.Image.new("RGB", (SIDE, SIDE), ground)
    set_down.paste(picture.resize((wide, high)), ((SIDE - wide) // 2, (SIDE - high) // 2))
    return set_down


def photo(kind: str, colour: Colour, seed: int) -> PIL.Image.Image:
    """Return the same thing as a customer's photo: turned, from farther off, on a table, a little soft."""
    rng = random.Random(seed)
    ground = rng.choice(((214, 200, 180), (198, 206, 212), (226, 222, 214)))
    taken = product(kind, shade(colour, rng.uniform(0.85, 1.1)), rng.randrange(10**6), ground)
    table = PIL.Image.new("RGB", (260, 240), ground)
    table.paste(taken.resize((190, 190)), (rng.randint(10, 60), rng.randint(10, 40)))
    return table.filter(PIL.ImageFilter.GaussianBlur(0.8))


WORDS = (
    ("red mug", "mug-red"), ("something blue to write in", "notebook-blue"), ("green umbrella", "umbrella-green"),
    ("black desk lamp", "lamp-black"), ("yellow ball", "ball-yellow"), ("orange bowl for soup", "bowl-orange"),
)  # fmt: skip
PHOTOS = (("mug", "blue"), ("umbrella", "red"), ("notebook", "green"))
BOTH = (("mug", "blue", "in red", "mug-red"),)


def main() -> None:
    """Write the catalogue, the photos and the judged queries."""
    for folder in ("catalogue", "photos"):
        (ROOT / folder).mkdir(exist_ok=True)
    rows: list[tuple[object, ...]] = [("id", "image", "title", "category", "colour", "price", "description")]
    for kind, (words, category, price, about) in KINDS.items():
        for name, colour in COLOURS.items():
            product(kind, colour, len(rows)).quantize(24).save(ROOT / "catalogue" / f"{kind}-{name}.png", optimize=True)
            title = f"{name} {words}".capitalize()
            rows.append((f"{kind}-{name}", f"{kind}-{name}.png", title, category, name, f"{price:.2f}", about))
    _write(ROOT / "catalogue" / "catalogue.csv", rows)
    judged: list[tuple[object, ...]] = [("id", "query", "image", "relevant")]
    judged += [(f"words-{n}", words, "", right) for n, (words, right) in enumerate(WORDS, 1)]
    for n, (kind, name) in enumerate(PHOTOS, 1):
        photo(kind, COLOURS[name], n).quantize(48).save(ROOT / "photos" / f"{kind}-{name}.png", optimize=True)
        judged.append((f"photo-{n}", "", f"photos/{kind}-{name}.png", f"{kind}-{name}"))
    judged += [
        (f"both-{n}", words, f"photos/{kind}-{name}.png", right) for n, (kind, name, words, right) in enumerate(BOTH, 1)
    ]
    _write(ROOT / "judgements.csv", judged)


def _write(path: Path, rows: list[tuple[object, ...]]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


if __name__ == "__main__":
    main()
