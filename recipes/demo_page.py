"""The demo's page: plain HTML that reads well aloud, and the pictures with the evidence marked on them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import jinja2
import PIL.Image
import PIL.ImageDraw
from demo_pictures import Picture, font
from demo_questions import Answer

from sensorium import Box

TEMPLATES = Path(__file__).parent / "templates"
STYLE = (TEMPLATES / "demo.css").read_text(encoding="utf-8")
INKS = ("#0b57a4", "#a3290f", "#19692c", "#6d28a8", "#7a4b00", "#00606b")  # each over 5:1 on white
FEW = 5  # more observations than this are folded away: nobody wants to listen to 24 coins in a row


Shown = tuple[Picture, bytes, Sequence[Answer]]


def write(folder: Path, model: str, summary: str, shown: Sequence[Shown]) -> Path:
    """Write index.html, pictures/ as they were asked about, and marked/ with boxes; return the page's path."""
    sections = []
    for picture, data, answers in shown:
        path = folder / "pictures" / f"{picture.name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        upright = PIL.Image.open(io.BytesIO(data)).convert("RGB")
        marks = marked(answers)
        if marks:
            path = folder / "marked" / path.name
            path.parent.mkdir(exist_ok=True)
            overlay(upright, marks).save(path)
        address = path.relative_to(folder).as_posix()
        sections.append((picture, address, upright.size, answers, marks))
    loader = jinja2.FileSystemLoader(TEMPLATES)
    environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined)
    page = folder / "index.html"
    template = environment.get_template("demo.html")
    page.write_text(template.render(style=STYLE, model=model, summary=summary, sections=sections, few=FEW), "utf-8")
    return page


def marked(answers: Sequence[Answer]) -> dict[Box, int]:
    """Return the boxes of the answers' evidence, numbered from 1 in order; the same box has one number."""
    boxes = (item.box for answer in answers for item in answer.reply.evidence)
    return {box: number for number, box in enumerate(dict.fromkeys(box for box in boxes if box is not None), 1)}


def overlay(picture: PIL.Image.Image, marks: dict[Box, int]) -> PIL.Image.Image:
    """Draw the numbered boxes on a copy of the picture, edged in white so that they show on any ground."""
    out = picture.copy()
    draw = PIL.ImageDraw.Draw(out)
    thick = max(2, round(max(out.size) / 260))
    label_font = font(max(14, round(max(out.size) / 36)), "DejaVuSans-Bold")
    for box, number in marks.items():
        ink = INKS[(number - 1) % len(INKS)]
        left, top, right, bottom = (round(side) for side in box)
        draw.rectangle((left - 1, top - 1, right, bottom), outline="white", width=thick + 2)
        draw.rectangle((left, top, right - 1, bottom - 1), outline=ink, width=thick)
        size = draw.textbbox((0, 0), str(number), font=label_font)
        wide, tall = size[2] + 2 * thick, size[3] + 2 * thick
        x, y = min(max(0, left), out.width - wide), max(0, top - tall)
        draw.rectangle((x, y, x + wide, y + tall), fill=ink, outline="white")
        draw.text((x + thick, y + thick), str(number), font=label_font, fill="white")
    return out
