"""The demo's page: plain HTML that reads well aloud, and the pictures with what was seen marked on them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from html import escape
from pathlib import Path

import PIL.Image
import PIL.ImageDraw
from demo_pictures import Picture, font
from demo_questions import Answer

from sensorium import Box, Evidence

STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1f; --paper: #fff; --soft: #55555f; --line: #d0d0d8; --link: #0b57a4; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #f1f1f4; --paper: #17171b; --soft: #b9b9c4; --line: #44444f; --link: #8fc1ff; }
}
body { margin: 0 auto; max-width: 46rem; padding: 1rem; background: var(--paper); color: var(--ink);
  font: 1.125rem/1.55 system-ui, sans-serif; }
a { color: var(--link); }
a.skip { position: absolute; left: -99rem; }
a.skip:focus { left: 1rem; background: var(--paper); padding: .5rem; }
h1, h2, h3 { line-height: 1.25; }
section { border-top: 1px solid var(--line); margin-top: 2.5rem; }
figure { margin: 1rem 0; }
img { max-width: 100%; height: auto; display: block; }
figcaption, .how { color: var(--soft); font-size: 1rem; }
blockquote { margin: .5rem 0; padding-left: 1rem; border-left: .3rem solid var(--link); font-size: 1.25rem;
  white-space: pre-line; }
"""
INKS = ("#0b57a4", "#a3290f", "#19692c", "#6d28a8", "#7a4b00", "#00606b")  # each over 5:1 on white
FEW = 5  # more observations than these are folded away: nobody wants to hear of 24 coins one by one


Shown = tuple[Picture, bytes, Sequence[Answer]]


def write(folder: Path, model: str, summary: str, shown: Sequence[Shown]) -> Path:
    """Write index.html, pictures/ as they were asked about, and marked/ with boxes; gives the page's path."""
    sections = []
    for picture, data, answers in shown:
        plain = folder / "pictures" / f"{picture.name}.png"
        plain.parent.mkdir(parents=True, exist_ok=True)
        plain.write_bytes(data)
        marks = marked(answers)
        image = folder / "marked" / plain.name if marks else plain
        upright = PIL.Image.open(io.BytesIO(data)).convert("RGB")
        if marks:
            image.parent.mkdir(exist_ok=True)
            overlay(upright, marks).save(image)
        sections.append(_section(picture, image.relative_to(folder).as_posix(), upright.size, answers, marks))
    page = folder / "index.html"
    page.write_text(_page(model, summary, shown, sections), encoding="utf-8")
    return page


def marked(answers: Sequence[Answer]) -> dict[Box, int]:
    """Number the places that the answers rest on, from 1, in order; the same place has one number."""
    boxes = (seen.box for answer in answers for seen in answer.reply.evidence)
    return {box: number for number, box in enumerate(dict.fromkeys(box for box in boxes if box is not None), 1)}


def overlay(picture: PIL.Image.Image, marks: dict[Box, int]) -> PIL.Image.Image:
    """Draw the numbered boxes on a copy of the picture, edged in white so that they show on any ground."""
    out = picture.copy()
    draw = PIL.ImageDraw.Draw(out)
    thick = max(2, round(max(out.size) / 260))
    letters = font(max(14, round(max(out.size) / 36)), "DejaVuSans-Bold")
    for box, number in marks.items():
        ink = INKS[(number - 1) % len(INKS)]
        left, top, right, bottom = (round(side) for side in box)
        draw.rectangle((left - 1, top - 1, right, bottom), outline="white", width=thick + 2)
        draw.rectangle((left, top, right - 1, bottom - 1), outline=ink, width=thick)
        size = draw.textbbox((0, 0), str(number), font=letters)
        wide, tall = size[2] + 2 * thick, size[3] + 2 * thick
        x, y = min(max(0, left), out.width - wide), max(0, top - tall)
        draw.rectangle((x, y, x + wide, y + tall), fill=ink, outline="white")
        draw.text((x + thick, y + thick), str(number), font=letters, fill="white")
    return out


def _page(model: str, summary: str, shown: Sequence[Shown], sections: Sequence[str]) -> str:
    links = "".join(f'<li><a href="#{picture.name}">{escape(_title(picture))}</a></li>\n' for picture, _, _ in shown)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sensorium: what it sees, and how sure it is</title>
<style>{STYLE}</style>
</head>
<body>
<a class="skip" href="#answers">Skip to the answers</a>
<header>
<h1>What Sensorium sees, and how sure it is</h1>
<p>The model that answered: <strong>{escape(model)}</strong>. {escape(summary)}</p>
</header>
<nav aria-label="Pictures">
<ul>
{links}</ul>
</nav>
<main id="answers">
{"".join(sections)}</main>
<footer>
<p>Confidence is the model's own estimate of how likely its answer is right. Make this page again: make demo.</p>
</footer>
</body>
</html>
"""


def _section(
    picture: Picture, address: str, size: tuple[int, int], answers: Sequence[Answer], marks: dict[Box, int]
) -> str:
    numbered = f" {len(marks)} numbered boxes mark what was seen." if len(marks) > 1 else " A box marks what was seen."
    alt = escape(picture.alt + (numbered if marks else ""), quote=True)
    told = "".join(_article(answer, marks) for answer in answers)
    return f"""<section id="{picture.name}" aria-labelledby="{picture.name}-title">
<h2 id="{picture.name}-title">{escape(_title(picture))}</h2>
<figure>
<img src="{address}" alt="{alt}" width="{size[0]}" height="{size[1]}">
<figcaption>{escape(picture.source)}</figcaption>
</figure>
{told}</section>
"""


def _article(answer: Answer, marks: dict[Box, int]) -> str:
    reply = answer.reply
    sure = "" if reply.confidence is None else f" It gives this a confidence of {reply.confidence:.0%}."
    outcome = ("It declined" if reply.abstained else "It answered") + (", rightly," if answer.right else ", wrongly,")
    seen = "".join(f"<li>{_seen(evidence, marks)}</li>\n" for evidence in reply.evidence)
    number = len(reply.evidence)
    rests = ""
    if number > FEW:
        rests = f"<details>\n<summary>It rests on {number} observations</summary>\n<ul>\n{seen}</ul>\n</details>\n"
    elif number:
        rests = f"<p>It rests on:</p>\n<ul>\n{seen}</ul>\n"
    return f"""<h3>{escape(answer.question.text)}</h3>
<blockquote>{escape(reply.text)}</blockquote>
<p class="how">{outcome} in {answer.seconds:.2f} seconds.{sure}</p>
{rests}"""


def _seen(evidence: Evidence, marks: dict[Box, int]) -> str:
    score = "" if evidence.score is None else f", score {evidence.score:.2f}"
    where = "" if evidence.box is None else f", box {marks[evidence.box]}"
    return f"{escape(evidence.kind)}: {escape(evidence.text)}{score}{where}"


def _title(picture: Picture) -> str:
    return picture.name.capitalize()
