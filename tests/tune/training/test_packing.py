"""tune/training/packing: a row in a packed sequence is worth what it is alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")
import tiny
import torch

from sensorium import Conversation, Example, Image
from sensorium.backends.transformers.chat import model
from sensorium.checkpoint.load import Checkpoint
from sensorium.core.errors import InputError
from sensorium.tune.recipe import Recipe
from sensorium.tune.training import vision_cache
from sensorium.tune.training.collate import IGNORED, TrainRow, batch, row_of
from sensorium.tune.training.lora import train
from sensorium.tune.training.metrics_log import MetricsLog
from sensorium.tune.training.packing import check_packs, packed


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write rows of many lengths; every fourth has no picture."""
    place, rng, rows = tmp_path_factory.mktemp("packing"), np.random.default_rng(0), []
    for number in range(16):
        row: dict[str, Any] = {"question": f"What is it? {'Where? ' * (5 * (number % 3))}", "answer": "a red bus"}
        if number % 4 != 3:
            noise = rng.integers(0, 255, (40, 32 + number, 3), dtype=np.uint8)
            PIL.Image.fromarray(noise).save(place / f"{number}.png")
            row["image"] = f"{number}.png"
        rows.append(row)
    (place / "task.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return place / "task.jsonl"


def rows_of(loaded: Checkpoint, place: Path) -> list[TrainRow]:
    first, second = Image(place / "0.png"), Image(place / "1.png")
    chats = [
        Conversation.of(first, "What is this?"),
        Conversation.of("How many?"),
        Conversation.of(second, "And this?", first, "Is it a horse, or does it stand left?"),
    ]
    return [row_of(loaded, Example(chat, (answer,))) for chat, answer in zip(chats, ("red", "two", "no"), strict=True)]


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("kind", ["idefics3", "llava"])
def test_each_rows_scores_are_those_that_it_has_alone(kind: str, keep: bool, task: Path, tmp_path: Path) -> None:
    loaded = model(str(getattr(tiny, kind)(tmp_path / "base"))).checkpoint
    rows = rows_of(loaded, task.parent)
    anew = vision_cache.NoVisionCache("")
    plan = Recipe("b", "t", "o")
    encode = vision_cache.make_encoder(plan, loaded, rows, tmp_path, lambda progress: None) if keep else anew
    with torch.no_grad():
        alone = [loaded.model(**batch(loaded, [row], encode)).logits[0] for row in rows]
        together = packed(loaded, rows, encode)
        found = loaded.model(**together).logits[0]
    assert together["input_ids"].shape == (1, sum(len(each) for each in alone))
    for part, scores in zip(found.split([len(each) for each in alone]), alone, strict=True):
        assert torch.allclose(part, scores, atol=1e-4)
    labels = together["labels"][0]
    assert labels[labels != IGNORED].tolist() == [token for row in rows for token in row.answer]


@pytest.mark.parametrize("keep", [False, True])
def test_a_packed_training_is_the_padded_one(keep: bool, task: Path, tmp_path: Path) -> None:
    pictured = task.with_name("pictured.jsonl")
    pictured.write_text("".join(line + "\n" for line in task.read_text().splitlines() if "image" in line))
    base = tiny.idefics3(tmp_path / "base")
    plan = Recipe(
        str(base), str(pictured), str(tmp_path / "padded"), lora_r=4, learning_rate=5e-3, max_steps=8, batch_size=4,
        gradient_accumulation_steps=1, eval_steps=1, device="cpu", encode_once=keep,
    )  # fmt: skip
    train(plan)
    train(replace(plan, output_dir=str(tmp_path / "packed"), packing=True))
    padded, ours = (
        [line["loss"] for line in MetricsLog(tmp_path / name).lines if "loss" in line] for name in ("padded", "packed")
    )
    assert len(ours) == 8 and np.allclose(ours, padded, rtol=1e-4)


def test_rows_with_and_without_pictures_go_into_one_sequence(task: Path, tmp_path: Path) -> None:
    base = tiny.idefics3(tmp_path / "base")
    plan = Recipe(
        str(base),
        str(task),
        str(tmp_path / "packed"),
        lora_r=4,
        max_steps=4,
        batch_size=4,
        gradient_accumulation_steps=1,
        eval_steps=1,
        device="cpu",
        packing=True,
        learning_rate=5e-3,
    )
    train(plan)
    train(replace(plan, output_dir=str(tmp_path / "apart"), packing=False))  # one at a time, four before each step
    ours, apart = (
        [line["loss"] for line in MetricsLog(tmp_path / name).lines if "loss" in line] for name in ("packed", "apart")
    )
    assert np.allclose(ours, apart, rtol=1e-3)


@pytest.mark.parametrize("kind", ["mllama", "paligemma", "gemma3"])
def test_models_that_take_no_packed_rows_are_refused_before_weights_are_loaded(
    kind: str, task: Path, tmp_path: Path
) -> None:
    base = getattr(tiny, kind)(tmp_path / "base")
    (base / "model.safetensors").unlink()
    with pytest.raises(InputError, match=f"can't be packed for a model of the type '{kind}'") as caught:
        train(Recipe(str(base), str(task), str(tmp_path / "out"), packing=True, device="cpu"))
    assert caught.value.hint == "Write into the recipe: packing = false"
    assert not (tmp_path / "out").exists()


def test_words_of_another_kind_are_refused() -> None:
    from transformers import Idefics3Config, LlamaConfig, MistralConfig

    check_packs(Idefics3Config(text_config=LlamaConfig()))
    with pytest.raises(InputError, match="text of the type 'mistral'"):
        check_packs(Idefics3Config(text_config=MistralConfig()))
