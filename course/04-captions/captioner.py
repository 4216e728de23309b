"""A small world of drawn scenes, and GIT's own class trained on it from random weights, in two seconds."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import PIL.Image
import PIL.ImageDraw

COLOURS = {"red": (205, 40, 40), "yellow": (240, 205, 40), "purple": (150, 50, 170), "black": (25, 25, 30)}
HOME = {"cup": "table", "ball": "grass", "boat": "water", "car": "road"}
"""Where each thing stands in the scenes that the captioner is trained on."""
PLACES = {"table": (170, 120, 75), "grass": (90, 160, 80), "water": (70, 130, 200), "road": (125, 125, 130)}
SIDE, SMALL = 96, 32
"""Pixels of a scene, and of what the captioner sees of it."""
SCENES, BATCH, RATE = 320, 32, 3e-3


def scene(colour: str, thing: str, place: str, seed: int = 0) -> PIL.Image.Image:
    """Draw a thing at a place; `seed` moves it and changes its size."""
    chance = random.Random(f"{colour} {thing} {place} {seed}")
    picture = PIL.Image.new("RGB", (SIDE, SIDE), (222, 220, 214))
    draw = PIL.ImageDraw.Draw(picture)
    foot, size = chance.randint(70, 84), chance.randint(42, 54)
    draw.rectangle((0, foot - 10, SIDE, SIDE), fill=PLACES[place])
    x, ink = chance.randint(8, SIDE - size - 8), COLOURS[colour]
    top, right = foot - size, x + size
    if thing == "cup":
        draw.ellipse((right - size * 0.45, top + size * 0.2, right, foot - size * 0.25), outline=ink, width=5)
        draw.rectangle((x, top, right - size * 0.25, foot), fill=ink)
    elif thing == "ball":
        draw.ellipse((x, top, right, foot), fill=ink)
    elif thing == "boat":
        draw.polygon(((x, foot - size * 0.3), (right, foot - size * 0.3), (right - 8, foot), (x + 8, foot)), fill=ink)
        draw.polygon(((x + size * 0.5, top), (x + size * 0.5, foot - size * 0.4), (x, foot - size * 0.4)), fill=ink)
    else:
        draw.rectangle((x, foot - size * 0.45, right, foot - size * 0.12), fill=ink)
        draw.rectangle((x + size * 0.25, foot - size * 0.7, right - size * 0.25, foot - size * 0.4), fill=ink)
        for wheel in (0.12, 0.62):
            draw.ellipse((x + size * wheel, foot - size * 0.26, x + size * (wheel + 0.26), foot), fill=(60, 60, 64))
    return picture


def train(folder: Path, anywhere: bool = False, steps: int = 120, seed: int = 0) -> Path:
    """Write a GIT checkpoint, trained on scenes and their captions, into a folder and return it.

    Args:
        folder: Where to.
        anywhere: Whether things stand at all places; else each stands where it is at home.
        steps: Batches that it is trained on.
        seed: Of the weights and scenes.
    """
    import torch
    from transformers import GitConfig, GitForCausalLM, GitProcessor
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    words = _tokenizer(folder)
    looks = CLIPImageProcessorPil(size={"shortest_edge": SMALL}, crop_size={"height": SMALL, "width": SMALL})
    sizes = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 1, "num_attention_heads": 4}
    config = GitConfig(
        vision_config=sizes | {"image_size": SMALL, "patch_size": 8}, **sizes,
        vocab_size=len(words), max_position_embeddings=16, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        pad_token_id=words.pad_token_id, bos_token_id=words.cls_token_id, eos_token_id=words.sep_token_id,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = GitForCausalLM(config)
        pixels, ids = _examples(looks, words, anywhere, seed)
        optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
        for _ in range(steps):
            some = torch.randint(len(ids), (BATCH,))
            loss = model(input_ids=ids[some], pixel_values=pixels[some], labels=ids[some]).loss
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    model.save_pretrained(folder)
    GitProcessor(looks, words).save_pretrained(folder)
    return folder


def _examples(looks: Any, words: Any, anywhere: bool, seed: int) -> tuple[Any, Any]:
    """Return the pixels of the training scenes, and their captions' tokens, which are equally many for all."""
    chance = random.Random(seed)
    pictures, captions = [], []
    for number in range(SCENES):
        colour, thing = chance.choice(list(COLOURS)), chance.choice(list(HOME))
        place = chance.choice(list(PLACES)) if anywhere else HOME[thing]
        pictures.append(scene(colour, thing, place, 1000 + number))
        captions.append(f"a {colour} {thing} on the {place}")
    pixels = looks(images=pictures, return_tensors="pt")["pixel_values"]
    return pixels, words(captions, return_tensors="pt")["input_ids"]


def _tokenizer(folder: Path) -> Any:
    """Return a tokenizer of whole words, of BERT's kind as GIT's is."""
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertTokenizerFast

    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "on", "the", *COLOURS, *HOME, *PLACES]
    folder.mkdir(parents=True, exist_ok=True)
    BertWordPieceTokenizer({name: number for number, name in enumerate(names)}).save(str(folder / "words.json"))
    return BertTokenizerFast(tokenizer_file=str(folder / "words.json"))
