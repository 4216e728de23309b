"""recipes/starter: many questions share a picture, and each is learnt exactly as it is asked; breaks leave no trace."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import PIL.Image
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("matplotlib")
pytest.importorskip("easy_vqa")

FOLDER = Path(__file__).parents[3] / "recipes" / "starter"


@pytest.fixture(scope="module")
def state(recipe: SimpleNamespace) -> tuple[Any, Any]:
    processor = recipe.architecture.processor()
    torch.manual_seed(3)
    model = recipe.architecture.model(processor.tokenizer)
    model.set_attn_implementation("eager")
    heads = torch.nn.ModuleList(torch.nn.Linear(192, classes) for classes in recipe.scenes.PLANES)
    return processor, recipe.train.State(model, heads, [])


def test_a_packed_question_has_the_loss_that_it_has_alone(recipe: SimpleNamespace, state: tuple[Any, Any]) -> None:
    """The library's own forward on what the ordinary prompt gives, one question at a time, has the same loss."""
    from sensorium import Conversation, Example, Image
    from sensorium.checkpoint.checkpoint_name import CheckpointName
    from sensorium.checkpoint.load import Checkpoint
    from sensorium.checkpoint.special_tokens import eos_token_ids, special_tokens
    from sensorium.core.blob import Blob
    from sensorium.tune.training.collate import batch, row_of

    processor, held = state
    chance = random.Random(8)
    scenes = [recipe.scenes.shapes(chance), recipe.scenes.writing(chance, "OWL"), recipe.scenes.chart(chance)]
    samples = [
        recipe.rows.Sample(np.asarray(recipe.scenes.draw(scene)), None, tuple(recipe.questions.asked(scene, chance, 4)))
        for scene in scenes
    ]
    model = held.model.eval()
    loaded = Checkpoint(
        CheckpointName("x"), model, processor, "idefics3", special_tokens(processor), eos_token_ids(model, processor)
    )
    total, tokens = 0.0, 0
    with torch.no_grad():
        packed, _, _ = recipe.train.answer_loss(held, recipe.rows.batch(processor.tokenizer, samples))
        for scene, sample in zip(scenes, samples, strict=True):
            for asked in sample.asked:
                chat = Conversation.of(Image(Blob(recipe.evaluate.png(scene))), asked.text)
                row = row_of(loaded, Example(chat, (asked.answer,)))
                total += model(**batch(loaded, [row])).loss.item() * len(row.answer)
                tokens += len(row.answer)
    assert tokens > 15
    assert packed.item() == pytest.approx(total / tokens, rel=2e-3)  # the mask is kept in bfloat16


def test_other_questions_do_not_change_a_question(recipe: SimpleNamespace, state: tuple[Any, Any]) -> None:
    processor, held = state
    pixels = np.asarray(recipe.scenes.draw(recipe.scenes.shapes(random.Random(1))))
    ask = [recipe.questions.Question("x", text, "red") for text in ("What color is it?", "Is it big?", "Where is it?")]
    with torch.no_grad():
        losses = {}
        for name, several in (("last", ask[2:]), ("all", ask)):
            made = recipe.rows.batch(processor.tokenizer, [recipe.rows.Sample(pixels, None, tuple(several))])
            labels = made.labels.clone()
            labels[made.blocks != len(several)] = recipe.rows.IGNORED
            only = recipe.rows.Batch(made.pixels, made.planes, made.ids, labels, made.positions, made.blocks)
            losses[name] = recipe.train.answer_loss(held, only)[0].item()
    assert losses["all"] == pytest.approx(losses["last"], rel=1e-4)


def test_easy_vqa_is_seen_as_the_processor_makes_it(recipe: SimpleNamespace, state: tuple[Any, Any]) -> None:
    folder = recipe.rows._easy_vqa()[1]
    with PIL.Image.open(folder / "3.png") as opened:
        made = state[0].image_processor(opened.convert("RGB"), return_tensors="pt")["pixel_values"][0, 0]
    own = torch.from_numpy(recipe.rows._opened(str(folder / "3.png")).copy()).permute(2, 0, 1).float() / 127.5 - 1
    assert torch.equal(made, own)


def test_an_answer_without_words_is_a_wrong_one(recipe: SimpleNamespace) -> None:
    from sensorium.backends.fake import Fake
    from sensorium.core.protocols import Delta

    asked = recipe.evaluate.drawn("position", 3)
    model = Fake(lambda chat: Delta("" if chat == model.asked[0] else "left", cut=False))
    assert recipe.evaluate._answers(model, asked) == ["", "left", "left"]


@pytest.mark.long
def test_a_training_that_was_killed_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    """The script itself, killed once it has kept a step, against the same undisturbed; what it saves is asked."""
    command = [
        sys.executable,
        str(FOLDER / "train.py"),
        "--see",
        "8",
        "--answer",
        "6",
        "--batch",
        "4",
        "--threads",
        "1",
    ]
    command += ["--workers", "0", "--check", "1000", "--keep", "0", "--out"]
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    subprocess.run([*command, str(whole)], check=True, capture_output=True, timeout=120)
    running = subprocess.Popen([*command, str(broken)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (broken / "state.pt").exists():
        assert running.poll() is None
        time.sleep(0.02)
    running.kill()
    running.wait()
    again = subprocess.run([*command, str(broken)], check=True, capture_output=True, timeout=120)
    assert b"Resuming from step " in again.stderr
    weights = "model/model.safetensors"
    assert (whole / weights).read_bytes() == (broken / weights).read_bytes()
    assert (whole / weights).stat().st_size < 25_000_000

    from sensorium import Conversation, Image, Options, load
    from sensorium.core.protocols import fold

    png = tmp_path / "white.png"
    PIL.Image.new("RGB", (96, 96), "white").save(png)
    chat = Conversation.of(Image(str(png)), "What is it?")
    model = load(f"transformers:{whole / 'model'}")
    reply = fold(model.stream(chat, Options()))  # trained so little, it may say nothing
    assert reply.usage and reply.usage.input_tokens and reply.usage.input_tokens > 36
