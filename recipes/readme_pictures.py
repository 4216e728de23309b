"""Make the pictures of the README: the demo's pictures with answers as the offline model gives them now.

    python recipes/readme_pictures.py        writes docs/pictures; needs the extras offline, demo and dev, and Chromium

The hero shows three questions side by side, each with its evidence boxes, its answer and how sure it is; the others are
pictures of the demo, small, with the boxes that an answer rests on. recipes/tour_pictures.py makes those of the tour.
"""

from __future__ import annotations

import base64
import io
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import jinja2
import PIL.Image
import PIL.ImageDraw
from demo import encoded
from demo_questions import ASKED

from sensorium import Conversation, Image, Reply, ask, load

OUT = Path(__file__).parents[1] / "docs" / "pictures"
HERO = (
    ("receipt", "What is the total?"),
    ("coins", "How many coins are there?"),
    ("astronaut", "Who is this person?"),
)
SMALL = (("chart", ""), ("sign", ""))
SMALL_WIDTH = 320  # pixels, of the small pictures
BOX_COLOUR = "#e8590c"
PAGE = """<!doctype html><meta charset="utf-8"><style>
body { margin: 0; padding: 24px; width: 1152px; background: #f6f4ef; color: #1b1b1f;
  font: 17px/1.4 "DejaVu Sans", sans-serif; }
main { display: grid; grid-template-columns: repeat(3, 1fr); gap: 24px; }
article { background: #fff; border-radius: 16px; overflow: hidden; box-shadow: 0 2px 10px #0002; display: flex;
  flex-direction: column; }
.frame { height: 340px; background: #2b2b30; }
.frame img { width: 100%; height: 100%; object-fit: contain; }
.words { padding: 16px 20px 20px; display: flex; flex-direction: column; gap: 10px; flex: 1; }
.question { color: #4a4a55; }
.answer { font-size: 22px; font-weight: 600; flex: 1; }
.bar { height: 8px; border-radius: 4px; background: #e4e4ea; }
.bar i { display: block; height: 100%; border-radius: 4px; background: #19692c; }
.sure { font-size: 15px; color: #4a4a55; display: grid; gap: 6px; }
</style><main>{% for card in cards %}
<article><div class="frame"><img src="data:image/png;base64,{{ card.image }}"></div>
<div class="words"><div class="question">{{ card.question }}</div><div class="answer">{{ card.answer }}</div>
<div class="sure">{% if card.percent is none %}Can't know it, so it declines.{% else %}{{ card.percent }} % sure
<div class="bar"><i style="width: {{ card.percent }}%"></i></div>{% endif %}</div></div></article>
{% endfor %}</main>"""


@dataclass(frozen=True)
class Card:
    """A picture with its question and answer; `percent` is how sure the answer is, None if it was declined."""

    image: str
    question: str
    answer: str
    percent: int | None


def main() -> None:
    """Ask, draw and write."""
    OUT.mkdir(exist_ok=True)
    pictures = {picture.name: encoded(picture) for picture, _ in ASKED}
    model = load("offline")
    cards = []
    for name, question in HERO:
        reply = ask(model, Conversation.of(Image(pictures[name]), question))
        image = png(with_boxes(pictures[name], reply))
        percent = None if reply.confidence is None or reply.abstained else round(100 * reply.confidence)
        cards.append(Card(base64.b64encode(image).decode(), question, reply.text.partition("\n")[0], percent))
    screenshot(jinja2.Environment(autoescape=True).from_string(PAGE).render(cards=cards), OUT / "hero.png")
    for name, question in SMALL:
        image = PIL.Image.open(io.BytesIO(pictures[name])).convert("RGB")
        if question:
            image = with_boxes(pictures[name], ask(model, Conversation.of(Image(pictures[name]), question)))
        image.thumbnail((SMALL_WIDTH, SMALL_WIDTH), PIL.Image.Resampling.LANCZOS)
        (OUT / f"{name}.png").write_bytes(png(image.quantize(128)))


def with_boxes(data: bytes, reply: Reply) -> PIL.Image.Image:
    """Return the picture with a box drawn around each piece of evidence."""
    image = PIL.Image.open(io.BytesIO(data)).convert("RGB")
    draw = PIL.ImageDraw.Draw(image)
    width = max(3, round(max(image.size) / 180))
    for evidence in reply.evidence:
        if evidence.box is not None:
            left, top, right, bottom = evidence.box
            draw.rectangle((left - 4, top - 4, right + 4, bottom + 4), outline=BOX_COLOUR, width=width)
    return image


def png(image: PIL.Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def screenshot(html: str, path: Path) -> None:
    """Render a page in the system's Chromium and save it, 1200 pixels wide."""
    from playwright.sync_api import sync_playwright

    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 100})
        page.set_content(html)
        shot = page.screenshot(full_page=True)
        browser.close()
    path.write_bytes(png(PIL.Image.open(io.BytesIO(shot)).convert("RGB").quantize(192)))


if __name__ == "__main__":
    main()
