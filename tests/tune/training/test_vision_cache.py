"""tune/training/vision_cache: it holds what would be computed, and is computed again if what it depends on changed."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")
import tiny
import tiny_torchvision
import torch
from tiny_torchvision import needed

from sensorium import Conversation, Example, Image
from sensorium.backends.transformers.chat import model
from sensorium.checkpoint.load import Checkpoint
from sensorium.checkpoint.prompt import encode_prompts
from sensorium.core.errors import SensoriumError
from sensorium.tune.recipe import Recipe
from sensorium.tune.training import heldout, vision_cache
from sensorium.tune.training.collate import IGNORED, TrainRow, batch, row_of
from sensorium.tune.training.lora import CHECKPOINTS, train
from sensorium.tune.training.metrics_log import MetricsLog, TrainingProgress
from sensorium.tune.training.tensor_store import SUFFIX

# PaliGemma's processor still makes arrays in numpy 1's way
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

KINDS = ("idefics3", "mllama", "paligemma", "gemma3", "llava", pytest.param("smolvlm", marks=needed))
Bases = Callable[[str], Path]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Bases:
    made: dict[str, Path] = {}

    def give(kind: str) -> Path:
        if kind not in made:
            place = tiny_torchvision if kind == "smolvlm" else tiny
            made[kind] = getattr(place, kind)(tmp_path_factory.mktemp(kind))
        return made[kind]

    return give


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Draw six pictures of several shapes; the last has the first one's pixels under another name."""
    place, rng = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    sizes = [(40, 40), (64, 32), (32, 70), (56, 28), (33, 40)]
    for number, (width, height) in enumerate(sizes):
        noise = rng.integers(0, 255, (height, width, 3), dtype=np.uint8)
        PIL.Image.fromarray(noise).save(place / f"{number}.png")
    shutil.copy(place / "0.png", place / "5.png")
    return [place / f"{number}.png" for number in range(6)]


@pytest.fixture(scope="module")
def task(pictures: list[Path]) -> Path:
    rows = []
    for number in range(24):
        answer = ("red", "a blue bus")[number % 2]
        question = f"What is it? {'Where is it? ' * (number % 3)}"
        split = "train" if number < 16 else "test"
        rows.append({"image": pictures[number % 6].name, "question": question, "answer": answer, "split": split})
    path = pictures[0].parent / "task.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def recipe(base: Path, task: Path, out: Path, **changed: Any) -> Recipe:
    plain = Recipe(
        base=str(base),
        task=str(task),
        output_dir=str(out),
        lora_r=4,
        learning_rate=5e-3,
        max_steps=12,
        batch_size=4,
        gradient_accumulation_steps=1,
        eval_steps=4,
        early_stopping_patience=0,
        device="cpu",
        max_new_tokens=2,
    )
    return replace(plain, **changed)


def rows_of(loaded: Checkpoint, pictures: list[Path]) -> list[TrainRow]:
    """Return rows of one, two and again one picture, and of none at the end."""
    chats = [
        Conversation.of(Image(pictures[0]), "What is this?"),
        Conversation.of(Image(pictures[1]), "And this?", Image(pictures[2]), "Is it a horse, or does it stand left?"),
        Conversation.of("Look.", Image(pictures[3]), "How many? Describe this picture."),
        Conversation.of(Image(pictures[5]), Image(pictures[0])),
        Conversation.of("What colour is a bus?"),
    ]
    if loaded.model_type == "paligemma":  # its processor takes no prompt without a picture
        chats.pop()
    return [row_of(loaded, Example(chat, (answer,))) for chat, answer in zip(chats, "abcde", strict=False)]


def groups_of(rows: list[TrainRow]) -> list[list[TrainRow]]:
    """Return batches: of one, of several, of unequal ones, of rows without pictures."""
    found = [[rows[0]], [rows[1]], [rows[0], rows[2]], [rows[1], rows[2], rows[3]]]
    return found if len(rows) == 4 else [*found, [rows[4]], [rows[4]] * 2]


def kept(loaded: Checkpoint, rows: list[TrainRow], out: Path, adapt: tuple[str, ...] = ("language",)) -> Any:
    """Encode rows once and take the tower away."""
    plan = Recipe("b", "t", str(out), adapt=adapt)
    return vision_cache.make_encoder(plan, loaded, rows, out, lambda progress: None)


@pytest.mark.parametrize("kind", KINDS)
def test_tokens_labels_and_masks_are_those_of_the_processor(
    kind: str, base: Bases, pictures: list[Path], tmp_path: Path
) -> None:
    loaded = model(str(base(kind))).checkpoint
    rows = rows_of(loaded, pictures)
    groups = groups_of(rows)
    plain = [batch(loaded, group) for group in groups]
    encode = kept(loaded, rows, tmp_path)
    for group, before in zip(groups, plain, strict=True):
        made = batch(loaded, group, encode)
        left = set(before) - {"pixel_values", "pixel_attention_mask", "aspect_ratio_mask"}
        assert set(made) - {"pixel_values"} == left >= {"input_ids", "attention_mask", "labels"}
        assert all(torch.equal(made[key], before[key]) and made[key].dtype == before[key].dtype for key in left)


@pytest.mark.parametrize("adapt", [("language",), ("language", "connector")])
@pytest.mark.parametrize("kind", KINDS)
def test_the_loss_and_the_answers_are_those_of_the_whole_model(
    kind: str, adapt: tuple[str, ...], base: Bases, pictures: list[Path], tmp_path: Path
) -> None:
    """One picture, several, unequal batches, none; the numbers differ by float16's rounding alone."""
    loaded = model(str(base(kind))).checkpoint
    if kind == "gemma3":  # new, its connector gives nothing but zeros
        torch.nn.init.normal_(loaded.model.model.multi_modal_projector.mm_input_projection_weight)
    rows = rows_of(loaded, pictures)
    groups = groups_of(rows)
    with torch.no_grad():
        whole = [loaded.model(**batch(loaded, group)).logits for group in groups]
    replies = heldout.generate_answers(loaded, rows, 4)
    encode = kept(loaded, rows, tmp_path, adapt)
    for group, logits in zip(groups, whole, strict=True):
        made = batch(loaded, group, encode)
        real = made["attention_mask"].bool()
        with torch.no_grad():
            found = loaded.model(**made).logits
        assert torch.allclose(found[real], logits[real], atol=2e-3, rtol=2e-3)
        assert not any(row.prompt.images for row in group) or not torch.equal(found[real], logits[real])
    assert heldout.generate_answers(loaded, rows, 4, encode) == replies
    assert sum(key.startswith("picture") for key in encode.store) == 4  # in six places


def test_what_was_computed_in_16_bits_is_kept_as_it_is(base: Bases, pictures: list[Path], tmp_path: Path) -> None:
    loaded = model(f"{base('idefics3')}?dtype=bfloat16").checkpoint
    rows = rows_of(loaded, pictures)
    with torch.no_grad():
        whole = loaded.model(**batch(loaded, rows[:1])).logits
    encode = kept(loaded, rows, tmp_path)
    with torch.no_grad():
        assert torch.equal(loaded.model(**batch(loaded, rows[:1], encode)).logits, whole)


def test_numbers_beyond_float16_become_bfloat16() -> None:
    small, large = torch.tensor([1.0, 65504.0]), torch.tensor([1.0, 70000.0])
    assert vision_cache.to_16_bits(small).dtype == torch.float16
    assert vision_cache.to_16_bits(large).dtype == torch.bfloat16 and bool(
        vision_cache.to_16_bits(large).isfinite().all()
    )
    assert vision_cache.to_16_bits(small.bfloat16()).dtype == torch.bfloat16


@pytest.mark.parametrize("learns", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_its_size_is_known_before(kind: str, learns: bool, base: Bases, pictures: list[Path]) -> None:
    loaded = model(str(base(kind))).checkpoint
    for row in rows_of(loaded, pictures)[::2][:2]:
        inputs = batch(loaded, [row])
        kept = vision_cache.to_16_bits(
            vision_cache.vision_features(loaded, encode_prompts(loaded, [row.prompt]), learns)
        )
        assert kept.nbytes == vision_cache.cached_bytes(loaded, inputs, learns)


@pytest.mark.parametrize("kind", ["idefics3", "mllama", "llava"])
def test_the_gradient_of_a_connector_that_learns(kind: str, base: Bases, pictures: list[Path], tmp_path: Path) -> None:
    gradients = []
    for encode_once in (False, True):
        loaded = model(str(base(kind))).checkpoint
        rows = rows_of(loaded, pictures)[:3]
        encode = kept(loaded, rows, tmp_path, ("connector",)) if encode_once else None
        made = batch(loaded, rows, encode) if encode else batch(loaded, rows)
        connector = getattr(loaded.model.model, vision_cache.MODULES[kind][1])
        connector.requires_grad_(True)
        loaded.model(**made).loss.backward()
        gradients.append(torch.cat([weight.grad.flatten() for weight in connector.parameters()]))
    plain, ours = gradients
    assert float(plain.abs().max()) > 0 and float((plain - ours).norm() / plain.norm()) < 2e-3


def about(path: Path, learns: bool = False, **asked: Any) -> str:
    query = "&".join(f"{key}={value}" for key, value in asked.items())
    return vision_cache.fingerprint(model(f"{path}?{query}" if query else str(path)).checkpoint, learns)


def test_it_is_named_by_weights_processor_and_side(base: Bases, tmp_path: Path) -> None:
    first = tiny.idefics3(tmp_path / "one")
    shutil.copytree(first, tmp_path / "same")
    plain = about(first)
    assert about(tmp_path / "same") == plain
    assert about(tiny.idefics3(tmp_path / "weights", seed=8)) != plain
    assert about(first, side=16) != plain and about(first, dtype="bfloat16") != plain
    assert about(first, learns=True) != plain
    settings = json.loads((tmp_path / "same" / "processor_config.json").read_text())
    settings["image_processor"]["image_mean"] = [0.4, 0.5, 0.5]
    (tmp_path / "same" / "processor_config.json").write_text(json.dumps(settings))
    assert about(tmp_path / "same") != plain


def test_a_change_in_what_is_not_asked_changes_no_name(tmp_path: Path) -> None:
    """The language part, and with a connector that learns the connector: what is kept does not depend on them."""
    loaded = model(str(tiny.idefics3(tmp_path))).checkpoint
    frozen, tower = vision_cache.fingerprint(loaded, False), vision_cache.fingerprint(loaded, True)
    with torch.no_grad():
        next(loaded.model.model.text_model.parameters()).add_(1)
    assert vision_cache.fingerprint(loaded, False) == frozen
    with torch.no_grad():
        next(loaded.model.model.connector.parameters()).add_(1)
    assert vision_cache.fingerprint(loaded, False) != frozen and vision_cache.fingerprint(loaded, True) == tower


def test_another_side_gives_other_numbers(base: Bases, pictures: list[Path], tmp_path: Path) -> None:
    found = []
    for side in (4096, 16):
        loaded = model(f"{base('idefics3')}?side={side}").checkpoint
        rows = rows_of(loaded, pictures)[:1]
        found.append(kept(loaded, rows, tmp_path)(loaded, [rows[0].prompt])["pixel_values"])
    assert found[0].shape == found[1].shape and not torch.equal(*found)


class Stopped(Exception):
    pass


def stopping(at: int) -> Callable[[TrainingProgress], None]:
    def stop(progress: TrainingProgress) -> None:
        if progress.step == at:
            raise Stopped

    return stop


def weights(folder: Path) -> dict[str, Any]:
    from safetensors.numpy import load_file

    return dict(load_file(folder / "adapter_model.safetensors"))


def same(one: Path, other: Path) -> bool:
    first, second = weights(one), weights(other)
    return first.keys() == second.keys() and all(np.array_equal(first[key], second[key]) for key in first)


@pytest.mark.parametrize("kind", ["idefics3", "mllama"])
def test_a_training_gives_the_loss_and_the_layers_of_one_without(
    kind: str, base: Bases, task: Path, tmp_path: Path
) -> None:
    plan = recipe(base(kind), task, tmp_path / "kept", adapt=("language", "connector"), eval_steps=2)
    train(plan)
    train(replace(plan, output_dir=str(tmp_path / "anew"), encode_once=False))
    ours, plain = (
        [line["loss"] for line in MetricsLog(tmp_path / name).lines if "loss" in line] for name in ("kept", "anew")
    )
    assert len(ours) == 6 and np.allclose(ours, plain, rtol=5e-3)
    first, second = (json.loads((tmp_path / name / "adapter_config.json").read_text()) for name in ("kept", "anew"))
    assert sorted(first.pop("target_modules")) == sorted(second.pop("target_modules"))
    assert weights(tmp_path / "kept").keys() == weights(tmp_path / "anew").keys()
    assert json.loads((tmp_path / "kept" / "sensorium.json").read_text())["pictures"] == "encoded once"
    told = json.loads((tmp_path / "anew" / "sensorium.json").read_text())["pictures"]
    assert told == "encoded each time: the recipe says encode_once = false"
    assert not (tmp_path / "kept" / vision_cache.FOLDER).exists()


def test_a_broken_off_training_opens_no_picture_again_and_gives_the_same_weights(
    base: Bases, task: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = recipe(base("idefics3"), task, tmp_path / "broken")
    with pytest.raises(Stopped):
        train(plan, stopping(6))
    opened: list[object] = []
    look = vision_cache.vision_features
    monkeypatch.setattr(vision_cache, "vision_features", lambda *given: opened.append(given) or look(*given))
    train(plan)
    assert opened == []
    train(replace(plan, output_dir=str(tmp_path / "whole")))
    assert len(opened) == 5
    assert same(tmp_path / "broken" / CHECKPOINTS / "checkpoint-12", tmp_path / "whole" / CHECKPOINTS / "checkpoint-12")
    assert MetricsLog(tmp_path / "broken").lines == MetricsLog(tmp_path / "whole").lines


def test_what_broke_off_while_encoding_is_encoded_again_alike(
    base: Bases, task: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = recipe(base("idefics3"), task, tmp_path / "broken", max_steps=4)
    look, count = vision_cache.vision_features, [0]

    def breaks(*given: Any) -> Any:
        count[0] += 1
        if count[0] == 3:
            raise Stopped
        return look(*given)

    monkeypatch.setattr(vision_cache, "vision_features", breaks)
    with pytest.raises(Stopped):
        train(plan)
    monkeypatch.setattr(vision_cache, "vision_features", look)
    (numbers,) = (tmp_path / "broken" / vision_cache.FOLDER).glob("*" + SUFFIX)
    os.truncate(numbers, numbers.stat().st_size - 40)  # and as if the last of it had been half written
    train(plan)
    train(replace(plan, output_dir=str(tmp_path / "whole")))
    assert same(tmp_path / "broken", tmp_path / "whole")


def test_how_far_the_encoding_is_is_told(
    base: Bases, task: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vision_cache, "_PROGRESS_SECONDS", -1.0)
    told: list[TrainingProgress] = []
    train(recipe(base("idefics3"), task, tmp_path / "a", max_steps=1, eval_split=""), told.append)
    encoding = [each for each in told if not each.step]
    assert [each.pictures for each in encoding][:5] == [1, 2, 3, 4, 5]
    assert {each.total_pictures for each in encoding} == {5} and told[-1].step == 1


def test_computing_activations_again_changes_nothing(base: Bases, task: Path, tmp_path: Path) -> None:
    plan = recipe(base("idefics3"), task, tmp_path / "a", max_steps=4, eval_split="", adapt=("connector", "language"))
    train(plan)
    train(replace(plan, output_dir=str(tmp_path / "b"), gradient_checkpointing=True))
    kept, again = weights(tmp_path / "a"), weights(tmp_path / "b")
    assert all(np.allclose(kept[key], again[key], atol=1e-5) for key in kept)


def test_rows_with_and_without_pictures_in_one_training(base: Bases, task: Path, tmp_path: Path) -> None:
    mixed = task.parent / "mixed.jsonl"
    lines = [json.dumps({"question": f"Is {n} a number?", "answer": "yes", "split": "train"}) for n in range(8)]
    mixed.write_text(task.read_text() + "\n".join(lines) + "\n")
    for kind in ("idefics3", "mllama"):
        losses = []
        for encode_once in (True, False):
            plan = recipe(base(kind), mixed, tmp_path / f"{kind}{encode_once}", max_steps=4, eval_steps=1)
            train(replace(plan, encode_once=encode_once, max_eval_examples=2))
            losses.append([line["loss"] for line in MetricsLog(Path(plan.output_dir)).lines if "loss" in line])
        assert len(losses[0]) == 4 and np.allclose(*losses, rtol=5e-3)


def test_why_pictures_are_encoded_each_time(base: Bases, pictures: list[Path]) -> None:
    loaded = model(str(base("idefics3"))).checkpoint
    prompts = [row.prompt for row in rows_of(loaded, pictures)]
    config, plan = loaded.model.config, Recipe("b", "t", "o")
    assert vision_cache.refusal(plan, config, prompts) == ""
    assert vision_cache.refusal(plan, config, prompts[-1:]) == "the rows have none"
    assert "encode_once" in vision_cache.refusal(replace(plan, encode_once=False), config, prompts)
    assert "vision part is trained" in vision_cache.refusal(
        replace(plan, adapt=("vision", "language")), config, prompts
    )
    from transformers import Qwen2_5_VLConfig

    assert "'qwen2_5_vl'" in vision_cache.refusal(plan, Qwen2_5_VLConfig(), prompts)


def test_a_damaged_picture_stops_the_training(base: Bases, task: Path, tmp_path: Path) -> None:
    plan = recipe(base("idefics3"), task, tmp_path / "a", max_steps=8)
    with pytest.raises(Stopped):
        train(plan, stopping(5))
    (numbers,) = (tmp_path / "a" / vision_cache.FOLDER).glob("*" + SUFFIX)
    with numbers.open("r+b") as file:
        file.seek(numbers.stat().st_size // 2)
        file.write(b"\xff" * (numbers.stat().st_size // 2))
    with pytest.raises(SensoriumError, match="damaged"):
        train(plan)


def test_labels_are_the_answers_alone(base: Bases, pictures: list[Path], tmp_path: Path) -> None:
    loaded = model(str(base("mllama"))).checkpoint
    rows = rows_of(loaded, pictures)
    made = batch(loaded, rows[:2], kept(loaded, rows, tmp_path))
    for row, labels in zip(rows, made["labels"].tolist(), strict=False):
        assert [label for label in labels if label != IGNORED] == list(row.answer)
