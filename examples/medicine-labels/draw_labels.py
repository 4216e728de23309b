"""Draws labels as they are printed on boxes and bottles, and the harm that photos do to them.

    python draw_labels.py

writes the pictures of samples/ and the rows of task.csv again. No label is a real product's: the names are those of
substances, the rest is put together by chance.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import PIL.Image
import PIL.ImageDraw
import PIL.ImageEnhance
import PIL.ImageFilter
import PIL.ImageFont

ROOT = Path(__file__).parent
SIZE = (1000, 720)
INK, PAPER, BENCH = (24, 28, 34), (250, 249, 245), (96, 82, 70)
BRANDS = ((20, 92, 140), (150, 30, 44), (22, 110, 84), (92, 60, 130))
NAMES = (
    "Paracetamol", "Ibuprofen", "Amoxicillin", "Metformin", "Loratadine", "Omeprazole", "Atorvastatin", "Cetirizine",
    "Amlodipine", "Sertraline", "Naproxen", "Furosemide", "Ramipril", "Levothyroxine", "Prednisolone", "Warfarin",
)  # fmt: skip
FORMS = ("tablets", "capsules", "film-coated tablets", "oral suspension")
SOLID = ("5 mg", "10 mg", "25 mg", "50 mg", "75 mg", "100 mg", "200 mg", "250 mg", "500 mg", "2.5 mg", "0.5 mg",
         "12.5 mg", "1 g", "1.5 mg", "100 micrograms", "62.5 micrograms")  # fmt: skip
LIQUID = ("250 mg/5 ml", "120 mg/5 ml", "2.5 mg/5 ml", "1 mg/ml", "15 mg/5 ml")
TAKE_SOLID = (
    "Take ONE tablet twice a day.", "Take one or two tablets every 4 to 6 hours.", "Take 1 capsule each morning.",
    "Swallow whole with a glass of water.", "Take TWO tablets at night with food.", "Take one three times a day.",
)  # fmt: skip
TAKE_LIQUID = (
    "Take one 5 ml spoonful four times a day.", "Take 10 ml twice a day.", "Give 2.5 ml every six hours.",
    "Shake the bottle before use.",
)  # fmt: skip
WARNINGS = (
    "Keep out of the sight and reach of children.", "Do not take more than 8 in 24 hours.",
    "Do not take with any other product containing paracetamol.", "May cause drowsiness.",
    "Warning: Do not stop taking this medicine unless your doctor tells you to.", "Avoid alcohol.",
    "Do not exceed the stated dose.", "Contains lactose.",
)  # fmt: skip
DATES = ("EXP {m:02d}/{y}", "EXP {m:02d} {y}", "Exp. date: {m:02d}/{y}", "Expiry {y}-{m:02d}", "Use before: {M} {y}")
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
HARMS = ("none", "tilt", "small", "soft", "dark", "noise", "glare", "blur", "cut", "shadow")
FONTS = {  # the first that is here; Pillow's own always is
    "plain": (), "sans": ("DejaVuSans.ttf",), "bold": ("DejaVuSans-Bold.ttf",), "serif": ("DejaVuSerif.ttf",),
    "mono": ("DejaVuSansMono.ttf",), "narrow": ("LiberationSansNarrow-Regular.ttf",),
}  # fmt: skip


@dataclass(frozen=True)
class Printed:
    """What stands on a label, as it is printed; "" and () for what doesn't."""

    name: str
    strength: str
    form: str
    how_to_take: tuple[str, ...]
    warnings: tuple[str, ...]
    expiry: str
    lot: str = "LOT B4471"
    also: tuple[str, ...] = field(default=("30 tablets",))


def printed(seed: int) -> Printed:
    """Return what stands on a label that is put together by chance."""
    rng = random.Random(seed)
    form = rng.choice(FORMS)
    is_liquid = form == "oral suspension"
    month, year = rng.randint(1, 12), rng.randint(2025, 2031)
    expiry = rng.choice(DATES).format(m=month, y=year, M=MONTHS[month - 1])
    return Printed(
        rng.choice(NAMES),
        rng.choice(LIQUID if is_liquid else SOLID),
        form,
        tuple(rng.sample(TAKE_LIQUID if is_liquid else TAKE_SOLID, rng.choice((1, 1, 2)))),
        tuple(rng.sample(WARNINGS, rng.choice((1, 2, 2, 3)))),
        "" if rng.random() < 0.1 else expiry,
        f"LOT {rng.choice('ABCHK')}{rng.randint(1000, 9999)}",
        ("100 ml bottle" if is_liquid else f"{rng.choice((16, 28, 30, 56, 100))} {form}",),
    )


def font(size: int, kind: str = "plain") -> PIL.ImageFont.FreeTypeFont | PIL.ImageFont.ImageFont:
    """Return a font; Pillow's own where the system has none of that kind."""
    for name in FONTS[kind]:
        try:
            return PIL.ImageFont.truetype(name, size)
        except OSError:
            continue
    return PIL.ImageFont.load_default(size)


def draw(label: Printed, kind: str = "plain", seed: int = 0) -> PIL.Image.Image:
    """Return a label drawn on a bench."""
    rng = random.Random(seed)
    picture = PIL.Image.new("RGB", SIZE, BENCH)
    pen = PIL.ImageDraw.Draw(picture)
    pen.rounded_rectangle((40, 30, SIZE[0] - 40, SIZE[1] - 30), 14, fill=PAPER)
    brand = rng.choice(BRANDS)
    band = rng.random() < 0.5
    if band:
        pen.rectangle((40, 44, SIZE[0] - 40, 150), fill=brand)
    title = f"{label.name} {label.strength}"
    size = 62
    while pen.textlength(title, font(size, kind)) > SIZE[0] - 160:
        size -= 2
    pen.text((76, 60), title, PAPER if band else brand, font(size, kind))
    y = _text(pen, (76, 166), label.form.capitalize(), font(34, kind), INK) + 8
    for sentence in (*label.how_to_take, *label.warnings):
        y = _text(pen, (76, y), sentence, font(28, kind), INK) + 6
    y = max(y, SIZE[1] - 150)
    for words in label.also:
        y = _text(pen, (76, y), words, font(24, kind), INK)
    pen.text((76, SIZE[1] - 84), label.expiry, INK, font(30, kind))
    pen.text((560, SIZE[1] - 84), label.lot, INK, font(30, kind))
    return picture


def _text(
    pen: PIL.ImageDraw.ImageDraw,
    at: tuple[int, int],
    words: str,
    letters: PIL.ImageFont.FreeTypeFont | PIL.ImageFont.ImageFont,
    ink: tuple[int, int, int],
) -> int:
    """Write words in as many lines as they need; return where the next line begins."""
    x, y = at
    line = ""
    step = round(letters.getbbox("Ag")[3] * 1.22)
    for word in words.split():
        longer = f"{line} {word}".strip()
        if line and pen.textlength(longer, letters) > SIZE[0] - 80 - x:
            pen.text((x, y), line, ink, letters)
            y, line = y + step, word
        else:
            line = longer
    pen.text((x, y), line, ink, letters)
    return y + step


def harmed(picture: PIL.Image.Image, harm: str, seed: int = 0) -> PIL.Image.Image:
    """Return the picture as a hand that can't see might take it."""
    rng = random.Random(seed)
    if harm == "tilt":
        degrees = rng.uniform(4, 11) * rng.choice((-1, 1))
        return picture.rotate(degrees, PIL.Image.Resampling.BICUBIC, expand=True, fillcolor=BENCH)
    if harm == "small":
        scale = rng.uniform(0.32, 0.6)
        return picture.resize((round(picture.width * scale), round(picture.height * scale)))
    if harm in ("soft", "blur"):
        low, high = (1.0, 2.4) if harm == "soft" else (3.5, 7.0)
        return picture.filter(PIL.ImageFilter.GaussianBlur(rng.uniform(low, high)))
    if harm == "dark":
        faded = PIL.ImageEnhance.Contrast(picture).enhance(rng.uniform(0.25, 0.6))
        return _noisy(PIL.ImageEnhance.Brightness(faded).enhance(rng.uniform(0.15, 0.5)), 4, rng)
    if harm == "noise":
        return _noisy(picture, rng.uniform(18, 60), rng)
    if harm in ("glare", "shadow"):
        spot = PIL.Image.new("L", picture.size, 0)
        x, y = rng.randint(100, 800), rng.randint(60, 600)
        PIL.ImageDraw.Draw(spot).ellipse((x - 150, y - 90, x + 150, y + 90), fill=255)
        spot = spot.filter(PIL.ImageFilter.GaussianBlur(36))
        over = PIL.Image.new("RGB", picture.size, (255, 255, 255) if harm == "glare" else (12, 12, 14))
        return PIL.Image.composite(over, picture, spot)
    if harm == "cut":
        share = rng.uniform(0.12, 0.35)
        left, right = (round(picture.width * share), picture.width) if rng.random() < 0.5 else (
            0, round(picture.width * (1 - share)))  # fmt: skip
        return picture.crop((left, 0, right, picture.height))
    return picture


def _noisy(picture: PIL.Image.Image, sigma: float, rng: random.Random) -> PIL.Image.Image:
    import numpy as np

    pixels = np.asarray(picture, dtype=np.float32)
    noise = np.random.default_rng(rng.randrange(1 << 30)).normal(0, sigma, pixels.shape)
    return PIL.Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))


CAN_NOT_TELL = "can't tell"
NOT_SEEN = "not seen"
SAMPLES: Sequence[tuple[str, Printed, str]] = (
    ("paracetamol", Printed(
        "Paracetamol", "500 mg", "tablets", ("Take one or two tablets every 4 to 6 hours.",),
        ("Do not take more than 8 in 24 hours.", "Keep out of the sight and reach of children."),
        "EXP 08/2027", "LOT B4471", ("16 tablets",)), "none"),
    ("levothyroxine", Printed(
        "Levothyroxine", "62.5 micrograms", "tablets", ("Take 1 tablet each morning.",), ("Contains lactose.",),
        "Use before: MAR 2028", "LOT H2093", ("28 tablets",)), "tilt"),
    ("amoxicillin", Printed(
        "Amoxicillin", "250 mg/5 ml", "oral suspension",
        ("Shake the bottle before use.", "Take one 5 ml spoonful three times a day."),
        ("Avoid alcohol.",), "", "LOT K7716", ("100 ml bottle",)), "none"),
    ("blurred", Printed(
        "Ibuprofen", "200 mg", "tablets", ("Take one three times a day.",), ("Do not exceed the stated dose.",),
        "EXP 11/2026", "LOT C5120", ("30 tablets",)), "blur"),
)  # fmt: skip
QUESTIONS = {
    "paracetamol": (
        ("train", "What is the name?", "Paracetamol"), ("test", "What is the strength?", "500 mg"),
        ("test", "What is the expiry date?", "08/2027"),
        ("test", "How do I take it?", "Take one or two tablets every 4 to 6 hours."),
        ("test", "May I take this with alcohol?", CAN_NOT_TELL),
    ),
    "levothyroxine": (
        ("test", "What is the strength?", "62.5 micrograms"), ("test", "What is the expiry date?", "MAR 2028"),
    ),
    "amoxicillin": (("test", "What is the strength?", "250 mg/5 ml"), ("test", "What is the expiry date?", NOT_SEEN)),
    "blurred": (("test", "What is the strength?", CAN_NOT_TELL),),
}  # fmt: skip


def main() -> None:
    """Write the samples and their task."""
    rows = [("split", "image", "question", "answer")]
    for number, (name, label, harm) in enumerate(SAMPLES):
        picture = harmed(draw(label, seed=number), harm, seed=number)
        path = ROOT / "samples" / f"{name}.png"
        path.parent.mkdir(exist_ok=True)
        picture.quantize(32).save(path, optimize=True)
        rows += [(split, f"samples/{path.name}", question, answer) for split, question, answer in QUESTIONS[name]]
    with open(ROOT / "task.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


if __name__ == "__main__":
    main()
