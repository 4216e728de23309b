"""Samples: what a new project is tried on, drawn here, and its task file with ten rows to fill."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

from sensorium.scaffold.answers import Answers

ROWS = 10
"""Rows of the task file that are to be filled."""
TO_FILL = "?"
"""The answer of a row that isn't filled yet."""
SAMPLE = "samples/sample.png"
SIGN = ("Platform 7", "Mind the step")
PRODUCTS = (
    ("mug-red", "Red mug", "kitchen", "8.50", (196, 30, 40)),
    ("mug-blue", "Blue mug", "kitchen", "8.50", (30, 70, 190)),
    ("bowl-green", "Green bowl", "kitchen", "12.00", (30, 130, 70)),
    ("bowl-white", "White bowl", "kitchen", "11.00", (225, 222, 214)),
    ("book-red", "Red notebook", "desk", "4.20", (180, 40, 50)),
    ("book-black", "Black notebook", "desk", "4.20", (35, 35, 40)),
    ("ball-yellow", "Yellow ball", "toys", "6.00", (235, 190, 40)),
    ("ball-orange", "Orange ball", "toys", "6.00", (230, 110, 30)),
)
"""Id, title, category, price and colour of the sample catalogue."""


def sample_files(answers: Answers) -> dict[str, bytes]:
    """Return the samples and the task file that fit the answers, path -> contents."""
    if answers.gives == "hits":
        files = {f"samples/{name}.png": product(name, colour) for name, _, _, _, colour in PRODUCTS}
        rows = [(name, f"{name}.png", title, kind, price) for name, title, kind, price, _ in PRODUCTS]
        files["samples/catalogue.csv"] = table(("id", "image", "title", "category", "price"), rows)
        judged = [("red mug", "mug-red"), *[("", TO_FILL)] * ROWS]
        return files | {
            "judgements.csv": table(("query", "relevant"), [(q or f"query {n}", r) for n, (q, r) in enumerate(judged)])
        }
    found = {}
    if "picture" in answers.takes and answers.gives != "moments":
        found[SAMPLE] = card([f"{label.capitalize()}: {value}" for label, value in sample_values(answers)] or SIGN)
    return found | {"task.csv": _task(answers)}


def sample_values(answers: Answers) -> list[tuple[str, str]]:
    """Return the fields' words with what the sample shows beside them."""
    return [(label, sample_value(label, number)) for number, label in enumerate(answers.fields)]


def sample_value(label: str, number: int) -> str:
    """Return a likely value of a field."""
    words = label.casefold()
    if any(word in words for word in ("date", "expiry", "until", "day")):
        return f"2027-03-{10 + number:02d}"
    if any(word in words for word in ("total", "price", "amount", "sum", "cost")):
        return f"{14 + number}.25"
    return f"Sample {1 + number}"


def _task(answers: Answers) -> bytes:
    """Return a CSV of `sensorium.load_task`: the sample's row, if there is one, and ten to be filled."""
    media = [
        name
        for part, name in (("picture", "image"), ("video", "video"), ("speech", "audio"))
        if part in answers.takes and not (answers.gives == "moments" and part != "video")
    ]
    header = ("split", *media, "question", "answer")
    rows: list[tuple[str, ...]] = []
    if "image" in media:
        others = [""] * (len(media) - 1)
        question, answer = ("What does it say?", " ".join(SIGN))
        if answers.gives == "fields":
            label, answer = sample_values(answers)[0]
            question = f"What is the {label}?"
        rows.append(("train", SAMPLE, *others, question, answer))
    for number in range(ROWS):
        question = "When is it seen?" if answers.gives == "moments" else "What is it?"
        if answers.gives == "fields":
            question = f"What is the {answers.fields[number % len(answers.fields)]}?"
        rows.append(("train" if number % 2 else "test", *[""] * len(media), question, TO_FILL))
    return table(header, rows)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """Return a CSV file."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue().encode()


def card(lines: Sequence[str]) -> bytes:
    """Return a PNG of lines of text on a light card."""
    font = PIL.ImageFont.load_default(44)
    width = max(700, 140 + max(round(font.getlength(line)) for line in lines))
    picture = PIL.Image.new("RGB", (width, 120 + 84 * len(lines)), (112, 84, 58))
    draw = PIL.ImageDraw.Draw(picture)
    draw.rectangle((30, 30, picture.width - 30, picture.height - 30), fill=(236, 233, 224))
    for number, line in enumerate(lines):
        draw.text((70, 66 + 84 * number), line, font=font, fill=(25, 25, 30))
    return _png(picture)


def product(name: str, colour: tuple[int, int, int]) -> bytes:
    """Return a PNG of a drawn product of the sample catalogue."""
    picture = PIL.Image.new("RGB", (320, 320), (246, 245, 241))
    draw = PIL.ImageDraw.Draw(picture)
    shape = name.partition("-")[0]
    if shape == "mug":
        draw.ellipse((190, 110, 270, 210), outline=colour, width=18)
        draw.rounded_rectangle((80, 80, 220, 250), 24, fill=colour)
    elif shape == "bowl":
        draw.pieslice((50, 10, 270, 260), 0, 180, fill=colour, outline=(120, 118, 110), width=3)
    elif shape == "book":
        draw.rounded_rectangle((90, 60, 230, 260), 10, fill=colour)
        draw.rectangle((106, 60, 114, 260), fill=(245, 245, 240))
    else:
        draw.ellipse((70, 70, 250, 250), fill=colour)
    return _png(picture)


def _png(picture: PIL.Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
