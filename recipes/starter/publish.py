"""Publishes a trained starter in the package: its files, the digest of its weights, its card and its picture.

    python recipes/starter/publish.py build/starter/model
    python recipes/starter/evaluate.py --out recipes/starter/figures.json
    python recipes/starter/publish.py

The first copies the files and writes the digest of the weights into checkpoint/load.py, the second measures the
model in the package, and the third writes the card and docs/starter.png from these figures.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import math
import re
import shutil
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
DIGEST_FILE = ROOT / "src" / "sensorium" / "checkpoint" / "load.py"
"""Holds the digest that the weights are verified with when they are loaded."""
FIGURES = Path(__file__).parent / "figures.json"
_DIGEST = re.compile(r'^(_STARTER_SHA256 = ")\w*(")$', re.M)
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
trained by `recipes/starter` on two CPU cores. Use it to try fine-tuning, few-shot prompting, model comparison and the
tutorials with real learned weights on any machine. **It knows only the drawn scenes below: asked about a photograph,
it answers wrongly.** It never says that it can't tell.

```python
from sensorium import Conversation, Image, ask, load

print(ask(load("starter"), Conversation.of(Image("scene.png"), "What color is the star?")).text)
```

## What it can do

Measured by `python recipes/starter/evaluate.py` on questions that weren't used in training, asked through
`sensorium.load`. An answer is right if it is exactly the expected text. The expected answers are balanced within each
kind of question. "Question alone" is the accuracy of a linear model that reads only the question's words,
cross-validated on the same questions.

| family | example | accuracy | 95 % interval | n | question alone |
|---|---|---|---|---|---|
{rows}

By kind: {kinds}.

Scenes are 96 × 96 pixels: one to six shapes ({shapes}) in eight colours ({colours}), one of {words} words, a number
from 0 to 99, two to four capital letters, or a chart of two to five bars of 1 to 9 units. Other pictures are resized.
Left out of the training, to be learned by fine-tuning (`make bench-tune`): {left_out}.

Warm, on one thread: {load:.0f} ms to load, {answer:.0f} ms to answer.

## What it can't do

Photographs, other shapes and colours, lower-case letters, handwriting, other charts, other languages, longer texts,
and learning something new from examples in the prompt. It was trained on conversations of up to four pictures.

## How it was trained

First the vision tower learned to label each patch of 8 pixels (1,500 steps of 32 pictures), then the whole model
learned to answer (5,150 steps). About eight questions share a picture's tokens in one sequence and don't attend to
each other. New scenes are drawn for each step; 12 to 18 % of the pictures are the 4,000 training pictures of easy-VQA
(Victor Zhou, MIT). The words are set in DejaVu. Training took 100 minutes, 67 of them on one core and the rest on two.

It was not a single run, so one command won't reproduce these weights. After 1,000 steps the mix was changed to more
words and fewer charts. After 4,300 steps, when the learning rate had reached zero, training went on for 850 steps from
a learning rate of 0.0007, with six times as many questions "is A left of B?", which were at chance until then. The log
is `recipes/starter/log.jsonl`; its evaluation questions differ between these parts.
"""


def main() -> None:
    """Copy a model's files, or write the card."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, help="a trained model, to be published; without: the card")
    folder = parser.parse_args().folder
    if folder is not None:
        publish(folder)
    else:
        figures = json.loads(FIGURES.read_text(encoding="utf-8"))
        (PLACE / "README.md").write_text(card(figures), encoding="utf-8")
        sheet(load("starter")).save(ROOT / "docs" / "starter.png", optimize=True)


def publish(folder: Path) -> None:
    """Copy a model's files into the package, write the digest of its weights, and keep its training log.

    Raises:
        SystemExit: if the folder has no weights, or the source has no digest to replace; then nothing is copied.
    """
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise SystemExit(f"{str(folder)!r} has no model.safetensors. Pass the folder that train.py has saved.")
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    text, count = re.subn(_DIGEST, rf"\g<1>{digest}\g<2>", DIGEST_FILE.read_text(encoding="utf-8"))
    if count != 1:
        raise SystemExit(f'{DIGEST_FILE.relative_to(ROOT)} has {count} lines _STARTER_SHA256 = "…", not 1.')
    PLACE.mkdir(exist_ok=True)
    for file in folder.iterdir():
        shutil.copyfile(
            file, PLACE / file.name
        )  # without its mode: transformers saves weights readable by the owner only
    DIGEST_FILE.write_text(text, encoding="utf-8")
    print(f"{PLACE.relative_to(ROOT)} holds the model, and {DIGEST_FILE.relative_to(ROOT)} its digest {digest}.")
    log = folder.parent / "log.jsonl"
    if log.exists():
        shutil.copy2(log, Path(__file__).parent / "log.jsonl")


def card(figures: dict[str, Any]) -> str:
    """Return the model card with the figures of evaluate.py."""
    from safetensors import safe_open

    with safe_open(str(PLACE / "model.safetensors"), "np") as weights:
        count = sum(int(math.prod(weights.get_slice(name).get_shape())) for name in weights.keys())
    rows, kinds = [], []
    for family in figures["families"]:
        alone = family["question_alone"]
        baseline = f"{alone['words']:.3f}" if "words" in alone else "too many answers to guess"
        rows.append(
            f"| {family['family']} | {_EXAMPLES[family['family']]} | {family['right']:.3f} | "
            f"{family['low']:.3f} to {family['high']:.3f} | {family['n']} | {baseline} |"
        )
        if len(family["kinds"]) > 1:
            kinds += [f"{kind} {value:.3f}" for kind, value in family["kinds"].items()]
    return _CARD.format(
        millions=count / 1e6, megabytes=(PLACE / "model.safetensors").stat().st_size / 1e6, rows="\n".join(rows),
        kinds=", ".join(kinds), shapes=", ".join(scenes.SHAPES), colours=", ".join(scenes.COLOURS),
        words=len(scenes.WORDS), left_out=", ".join(questions.LEFT_OUT),
        load=figures["seconds"]["load, p50"] * 1000, answer=figures["seconds"]["answer, p50"] * 1000,
    )  # fmt: skip


def sheet(model: Any) -> PIL.Image.Image:
    """Draw the first test question of each family with the model's answer."""
    side, gap, text = 192, 12, 64
    families = [*questions.FAMILIES, *questions.LEFT_OUT]
    columns = 5
    height = -(-len(families) // columns) * (side + text + gap) + gap
    page = PIL.Image.new("RGB", (columns * (side + gap) + gap, height), "white")
    pen, font = PIL.ImageDraw.Draw(page), scenes._font(0, 13)
    for number, family in enumerate(families):
        question = evaluate.drawn(family, 1)[0]
        answer = ask(model, Conversation.of(question.image, question.text)).text
        x, y = gap + number % columns * (side + gap), gap + number // columns * (side + text + gap)
        with PIL.Image.open(io.BytesIO(question.image.blob.data)) as picture:
            page.paste(picture.resize((side, side), PIL.Image.Resampling.NEAREST), (x, y))
        words, lines = question.text.split(), [""]
        for word in words:
            if font.getlength(f"{lines[-1]} {word}") > side:
                lines.append("")
            lines[-1] = f"{lines[-1]} {word}".strip()
        verdict = answer if answer == question.answer else f"{answer} (right: {question.answer})"
        for at, line in enumerate([*lines, verdict]):
            pen.text((x, y + side + 2 + 16 * at), line, "black" if at < len(lines) else "#0b57d0", font)
    return page


if __name__ == "__main__":
    main()
