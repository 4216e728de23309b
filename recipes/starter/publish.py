"""Puts a trained starter into the package: its files, the digest of its weights, its card, its picture.

`python recipes/starter/publish.py build/starter/model` copies the files and writes the digest into
checkpoint/starter.py; then `python recipes/starter/evaluate.py --out recipes/starter/figures.json` measures what is
now in the package, and `python recipes/starter/publish.py` writes the card and docs/starter.png from these figures.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import evaluate
import PIL.Image
import PIL.ImageDraw
import questions
import scenes

from sensorium import Conversation, ask, load

ROOT = Path(__file__).parents[2]
PLACE = ROOT / "src" / "sensorium" / "starter"
FIGURES = Path(__file__).parent / "figures.json"
_EXAMPLES = {
    "colour": "What color is the star? teal", "shape": "What shape is the red one? cross",
    "count": "How many red shapes are there? 2", "position": "Where is the blue circle? top left",
    "relation": "Is the red star left of the blue circle? yes",
    "size": "Which is bigger, the red star or the gray cross? gray cross",
    "presence": "Is there a teal triangle? no",
    "word": "What does it say? EXIT", "letters": "What letters are written? QVB",
    "number": "What number is written? 73",
    "chart": "How high is the blue bar? 6", "easy-VQA": "Is no red shape present? no",
    "corners": "How many corners does the red shape have? 10",
    "order": "What color is the bar left of the red bar? teal",
    "outermost": "Which shape is the highest? red star", "striped": "Is the red star striped or plain? plain",
}  # fmt: skip
_CARD = """---
license: apache-2.0
language: en
library_name: transformers
pipeline_tag: image-text-to-text
tags: [idefics3, synthetic]
---

# Sensorium's starter

A vision-language model of {millions:.1f} million weights ({megabytes:.1f} MB, bfloat16) in Idefics3's architecture,
trained by `recipes/starter` on two CPU cores. It is there so that tuning, few-shot, comparing and lessons have a real
checkpoint with real learned weights on any machine. **It knows the drawn scenes below and nothing of the world: of a
photograph it says something wrong.** It never says that it can't tell.

```python
from sensorium import Conversation, Image, ask, load

print(ask(load("starter"), Conversation.of(Image("scene.png"), "What color is the star?")).text)
```

## What it can do

Measured by `python recipes/starter/evaluate.py` on questions that no training saw, asked through `sensorium.load`; an
answer is right when it is the same text. Answers are spread evenly within each kind of question; "question alone" is
a linear model of the question's words, cross-validated on the same questions.

| family | for example | right | 95 % interval | n | question alone |
|---|---|---|---|---|---|
{rows}

By kind: {kinds}.

Scenes are 96 pixels a side: one to six shapes ({shapes}) in eight colours ({colours}), a word of {words} or a number
from 0 to 99 or two to four letters in capitals, a chart of two to five bars of 1 to 9 units. A picture of another
size is made that size. Never taught: {left_out}; they are there to be learnt (`make bench-tune`).

Warm, on one thread: {load:.0f} ms to load, {answer:.0f} ms to answer.

## What it can't do

Photographs, other shapes and colours, small letters, handwriting, other charts, other languages, longer texts,
examples in the prompt that would teach it something new. Conversations of up to four pictures were in its training,
longer ones not.

## How it was trained

First the vision tower learnt to say of each patch of 8 pixels what stands there (1,500 steps of 32 pictures), then the
whole learnt to answer (5,150 steps): about eight questions share a picture's tokens in one sequence, and none sees
another. Scenes are drawn anew for each step; 12 to 18 % of the pictures are the 4,000 training pictures of easy-VQA
(Victor Zhou, MIT). The words are set in DejaVu. It took 100 minutes, the first 67 on one core and the rest on two.

It was not one undisturbed run, and whoever repeats it with one command gets another model. After 1,000 steps there were
more written words and fewer charts, and after 4,300, when the rate had fallen to nothing, 850 more with a rate of
0.0007 falling again, in which "is A left of B?", until then at chance, came six times as often. The log is
`recipes/starter/log.jsonl`; from one part to the next its checks are not of the same questions.
"""


def main() -> None:
    """Copy a model's files, or write the card."""
    if len(sys.argv) > 1:
        _copied(Path(sys.argv[1]))
    else:
        found = json.loads(FIGURES.read_text(encoding="utf-8"))
        (PLACE / "README.md").write_text(card(found), encoding="utf-8")
        sheet(load("starter")).save(ROOT / "docs" / "starter.png", optimize=True)


def _copied(folder: Path) -> None:
    PLACE.mkdir(exist_ok=True)
    for file in folder.iterdir():
        shutil.copyfile(file, PLACE / file.name)  # not its rights: the library lets its owner alone read the weights
    digest = hashlib.sha256((PLACE / "model.safetensors").read_bytes()).hexdigest()
    module = ROOT / "src" / "sensorium" / "checkpoint" / "starter.py"
    text = re.sub(r'_SHA256 = "\w*"', f'_SHA256 = "{digest}"', module.read_text(encoding="utf-8"))
    module.write_text(text, encoding="utf-8")
    log = folder.parent / "log.jsonl"
    if log.exists():
        shutil.copy2(log, Path(__file__).parent / "log.jsonl")


def card(found: dict[str, Any]) -> str:
    """Write the card of what was measured."""
    from safetensors import safe_open

    with safe_open(str(PLACE / "model.safetensors"), "np") as held:
        count = sum(int(math.prod(held.get_slice(name).get_shape())) for name in held.keys())
    rows, kinds = [], []
    for each in found["families"]:
        alone = each["question_alone"]
        told = f"{alone['words']:.3f}" if "words" in alone else "answers too many to guess"
        rows.append(
            f"| {each['family']} | {_EXAMPLES[each['family']]} | {each['right']:.3f} | "
            f"{each['low']:.3f} to {each['high']:.3f} | {each['n']} | {told} |"
        )
        if len(each["kinds"]) > 1:
            kinds += [f"{kind} {value:.3f}" for kind, value in each["kinds"].items()]
    return _CARD.format(
        millions=count / 1e6, megabytes=(PLACE / "model.safetensors").stat().st_size / 1e6, rows="\n".join(rows),
        kinds=", ".join(kinds), shapes=", ".join(scenes.SHAPES), colours=", ".join(scenes.COLOURS),
        words=f"{len(scenes.WORDS)} that it knows", left_out=", ".join(questions.LEFT_OUT),
        load=found["seconds"]["load, p50"] * 1000, answer=found["seconds"]["answer, p50"] * 1000,
    )  # fmt: skip


def sheet(model: Any) -> PIL.Image.Image:
    """Show the first test question of each family with what the model says."""
    side, gap, text = 192, 12, 64
    families = [*questions.FAMILIES, *questions.LEFT_OUT]
    columns = 5
    height = -(-len(families) // columns) * (side + text + gap) + gap
    page = PIL.Image.new("RGB", (columns * (side + gap) + gap, height), "white")
    pen, font = PIL.ImageDraw.Draw(page), scenes._font(0, 13)
    for number, family in enumerate(families):
        asked = evaluate.drawn(family, 1)[0]
        said = ask(model, Conversation.of(asked.image, asked.text)).text
        x, y = gap + number % columns * (side + gap), gap + number // columns * (side + text + gap)
        with PIL.Image.open(io.BytesIO(asked.image.blob.data)) as picture:
            page.paste(picture.resize((side, side), PIL.Image.Resampling.NEAREST), (x, y))
        words, lines = asked.text.split(), [""]
        for word in words:
            if font.getlength(f"{lines[-1]} {word}") > side:
                lines.append("")
            lines[-1] = f"{lines[-1]} {word}".strip()
        verdict = said if said == asked.answer else f"{said} (right: {asked.answer})"
        for at, line in enumerate([*lines, verdict]):
            pen.text((x, y + side + 2 + 16 * at), line, "black" if at < len(lines) else "#0b57d0", font)
    return page


if __name__ == "__main__":
    main()
