"""A ViLT of the transformers library's own classes, small enough to be taught in seconds, and the pictures for it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import PIL.Image
import PIL.ImageDraw

COLOURS = {
    "red": (214, 40, 40), "green": (46, 150, 70), "blue": (40, 90, 200), "yellow": (235, 200, 40),
    "purple": (130, 40, 170), "orange": (240, 130, 20), "pink": (240, 130, 180), "brown": (120, 75, 40),
}  # fmt: skip
SHAPES = ("circle", "cross", "triangle")
QUESTIONS = {"colour": "What colour is it?", "shape": "What shape is it?"}
_WORDS = "what colour shape is it are they red how many does cost where made of who the a ?".split()
_SIDE, _PATCH, _WIDTH = 48, 16, 48

Example = tuple[PIL.Image.Image, str, set[str]]
"""A picture, a question, and all answers that are right."""


def piece(*things: tuple[str, str], ground: tuple[int, int, int] = (240, 238, 232), seed: int = 0) -> PIL.Image.Image:
    """Draw one or two things, each a (colour, shape), on a ground; or the ground alone. 48 x 48 pixels."""
    chance = random.Random(seed)
    picture = PIL.Image.new("RGB", (2 * _SIDE, 2 * _SIDE), _near(ground, chance))
    draw = PIL.ImageDraw.Draw(picture)
    for number, (colour, shape) in enumerate(things):
        room = 2 * _SIDE / len(things)
        radius = chance.uniform(0.34, 0.46) * room if len(things) > 1 else chance.uniform(20, 32)
        x = (number + 0.5) * room + chance.uniform(-3, 3)
        y = _SIDE + chance.uniform(-3, 3)
        fill = _near(COLOURS[colour], chance)
        if shape == "circle":
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill)
        elif shape == "cross":
            arm = 0.3 * radius
            draw.rectangle((x - radius, y - arm, x + radius, y + arm), fill)
            draw.rectangle((x - arm, y - radius, x + arm, y + radius), fill)
        else:
            low = y + 0.8 * radius
            draw.polygon([(x, y - radius), (x - radius, low), (x + radius, low)], fill)
    return picture.reduce(2)


def examples(count: int, seed: int, colours: Sequence[str] = ("red", "green", "blue", "yellow")) -> list[Example]:
    """Draw pictures of one thing, or in half of them of two, with a question and its right answers."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        things = [(chance.choice(colours), chance.choice(SHAPES)) for _ in range(1 + (chance.random() < 0.5))]
        kind = chance.choice(("colour", "shape"))
        right = {thing[kind == "shape"] for thing in things}
        made.append((piece(*things, seed=seed * 100_000 + number), QUESTIONS[kind], right))
    return made


def teach(
    folder: Path, answers: Sequence[str], shown: Sequence[Example], steps: int = 230, start: Path | None = None
) -> int:
    """Teach a model to choose from `answers`, write it into a folder, and return how many weights it has.

    Each answer has an output and is a yes-or-no question of its own (binary cross-entropy), as in the original.

    Args:
        folder: Where it is written.
        answers: All that it can ever say.
        shown: What it learns from.
        steps: How often it is corrected, each time after 32 examples.
        start: A model whose weights it begins with; its answers are the first of `answers`. None: random ones.
    """
    import torch
    from transformers import ViltConfig, ViltForQuestionAnswering

    torch.manual_seed(0)
    processor = _processor(folder)
    config = ViltConfig(
        hidden_size=_WIDTH, intermediate_size=2 * _WIDTH, num_hidden_layers=1, num_attention_heads=4,
        hidden_dropout_prob=0, attention_probs_dropout_prob=0, initializer_range=0.15,
        vocab_size=len(processor.tokenizer), image_size=_SIDE, patch_size=_PATCH, max_position_embeddings=20,
        id2label=dict(enumerate(answers)), label2id={name: number for number, name in enumerate(answers)},
    )  # fmt: skip
    model = ViltForQuestionAnswering(config)
    if start is not None:
        _begin_with(model, ViltForQuestionAnswering.from_pretrained(start))
    given = processor([each[0] for each in shown], [each[1] for each in shown], padding=True, return_tensors="pt")
    right = torch.tensor([[float(answer in each[2]) for answer in answers] for each in shown])
    _fit(model, given, right, steps)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return sum(weight.numel() for weight in model.parameters())


def _begin_with(model: Any, known: Any) -> None:
    """Copy the weights of a model that knows fewer answers; the rows of the new answers stay as they are."""
    import torch

    with torch.no_grad():
        for mine, given in zip(model.parameters(), known.parameters(), strict=True):
            mine[tuple(slice(0, size) for size in given.shape)] = given


def _fit(model: Any, given: Any, right: Any, steps: int, batch: int = 32, rate: float = 4e-3) -> None:
    import torch

    optimizer = torch.optim.AdamW(model.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps, pct_start=0.1)
    looks = model.vilt.embeddings
    mask = torch.ones(batch, 1 + (_SIDE // _PATCH) ** 2, dtype=torch.long)
    for _ in range(steps):
        rows = torch.randint(0, len(right), (batch,))
        # all pictures have one size, so the patches are embedded here at once instead of one picture at a time
        patches = looks.patch_embeddings(given["pixel_values"][rows]).flatten(2).transpose(1, 2)
        patches = torch.cat((looks.cls_token.expand(batch, -1, -1), patches), 1) + looks.position_embeddings
        words = {name: given[name][rows] for name in ("input_ids", "attention_mask")}
        scores = model(**words, image_embeds=patches, pixel_mask=mask).logits
        torch.nn.functional.binary_cross_entropy_with_logits(scores, right[rows]).backward()
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()


def _processor(folder: Path) -> Any:
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertTokenizerFast, ViltProcessor
    from transformers.models.vilt.image_processing_pil_vilt import ViltImageProcessorPil
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    folder.mkdir(parents=True, exist_ok=True)
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *_WORDS]
    BertWordPieceTokenizer({name: number for number, name in enumerate(names)}).save(str(folder / "words.json"))
    looks = ViltImageProcessorPil(size={"shortest_edge": _SIDE}, size_divisor=_PATCH)
    return ViltProcessor(looks, BertTokenizerFast(tokenizer_file=str(folder / "words.json")))


def _near(colour: tuple[int, int, int], chance: random.Random) -> tuple[int, ...]:
    return tuple(min(255, max(0, part + chance.randint(-15, 15))) for part in colour)
