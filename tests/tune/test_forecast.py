"""tune/forecast: what it says beforehand is what a training then has, and what can't fit is refused."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import PIL.Image
import pytest

pytest.importorskip("peft")
import tiny

from sensorium.checkpoint.load import load
from sensorium.core.errors import InputError, LimitError
from sensorium.tune.forecast import NF4_BYTES, check_fits, forecast, memory, shape_of
from sensorium.tune.inputs import auto_of, data_of, name_of
from sensorium.tune.modules import target_modules
from sensorium.tune.recipe import Recipe
from sensorium.tune.training.collate import batch, row_of
from sensorium.tune.training.lora import train

# PEFT asks the library by an old name
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    place = tmp_path_factory.mktemp("forecast")
    base = tiny.idefics3(place / "base")
    rows = []
    for number in range(12):
        PIL.Image.new("RGB", (40, 40), (number * 20, 0, 0)).save(place / f"{number}.png")
        rows.append({"image": f"{number}.png", "question": "How many? " * (number + 1), "answer": "two"})
    (place / "task.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return Recipe(str(base), str(place / "task.jsonl"), str(place / "out"), lora_r=4, batch_size=3, device="cpu")


@pytest.mark.parametrize("kind", ["idefics3", "mllama", "paligemma", "llava"])
@pytest.mark.parametrize("adapt", [("language",), ("connector",), ("vision", "connector", "language")])
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_the_parameters_are_those_of_the_training(
    kind: str, adapt: tuple[str, ...], plain: Recipe, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from peft import LoraConfig, get_peft_model

    place = tmp_path_factory.getbasetemp() / f"forecast-{kind}"
    base = place if place.exists() else getattr(tiny, kind)(place)
    recipe = replace(plain, base=str(base), adapt=adapt)
    found = forecast(recipe)
    loaded = load(name_of(recipe), auto_of(name_of(recipe)))
    assert found.parameters == sum(weight.numel() for weight in loaded.model.parameters())
    adapted = get_peft_model(
        loaded.model, LoraConfig(r=recipe.lora_r, target_modules=target_modules(loaded.model, adapt))
    )
    assert found.trained == sum(weight.numel() for weight in adapted.parameters() if weight.requires_grad)


@pytest.mark.parametrize("adapt", [("language",), ("vision", "language")])
def test_the_activations_are_about_those_that_are_kept(adapt: tuple[str, ...], plain: Recipe) -> None:
    """Within a factor of two of what PyTorch keeps for the gradient, weights aside."""
    import torch
    from peft import LoraConfig, get_peft_model

    recipe = replace(plain, adapt=adapt)
    data = data_of(recipe)
    loaded = load(name_of(recipe), auto_of(name_of(recipe)))
    model = get_peft_model(loaded.model, LoraConfig(r=4, target_modules=target_modules(loaded.model, adapt)))
    own = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    kept = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = (storage.nbytes(), tensor)
        return tensor

    rows = [row_of(loaded, each) for each in data.train[-recipe.batch_size :]]  # the longest
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = model(**batch(loaded, rows)).loss
    measured = sum(size for size, _ in kept.values())
    assert loss.requires_grad and measured / 2 < forecast(recipe).bytes["activations"] < measured * 2


def test_the_longest_row_and_the_steps(plain: Recipe) -> None:
    found = forecast(plain)
    data = data_of(plain)
    loaded = load(name_of(plain), auto_of(name_of(plain)))
    longest = max(batch(loaded, [row_of(loaded, each)])["input_ids"].shape[1] for each in data.train)
    assert found.tokens == longest and found.examples == 12 and found.steps == 2  # 12 x 3 in steps of 24, rounded


def test_four_bits_make_the_linear_layers_small(plain: Recipe) -> None:
    shape = shape_of(plain, data_of(plain))
    whole, small = memory(plain, shape)["weights"], memory(replace(plain, bits=4), shape)["weights"]
    assert whole == shape.parameters * 4
    assert whole - small == round(shape.quantised * (4 - NF4_BYTES))
    assert 4.1 < NF4_BYTES * 8 < 4.2  # bits a weight


def test_what_can_not_fit_is_refused_before_anything_is_loaded(plain: Recipe, tmp_path: Path) -> None:
    needed = forecast(plain).total
    assert forecast(replace(plain, memory_gb=needed * 1.01 / 1e9)).fits
    little = replace(plain, memory_gb=needed * 0.6 / 1e9, output_dir=str(tmp_path / "out"))
    found = forecast(little)
    assert not found.fits and next(iter(found.changes)) == "batch_size = 1, gradient_accumulation_steps = 24"
    assert list(found.changes.values()) == sorted(found.changes.values(), reverse=True)
    (Path(plain.base) / "model.safetensors").rename(tmp_path / "aside")  # so that loading would be seen
    try:
        with pytest.raises(LimitError, match="The training takes about") as caught:
            train(little)
    finally:
        (tmp_path / "aside").rename(Path(plain.base) / "model.safetensors")
    assert caught.value.hint == "Write into the recipe: batch_size = 1, gradient_accumulation_steps = 24"
    assert not (tmp_path / "out").exists()
    changed = replace(little, batch_size=1, gradient_accumulation_steps=24)
    assert check_fits(changed).fits


def test_what_no_change_helps_is_said(plain: Recipe) -> None:
    with pytest.raises(LimitError) as caught:
        check_fits(replace(plain, memory_gb=1e-6))
    assert "smaller base" in caught.value.hint


def test_a_base_that_is_none(plain: Recipe, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        forecast(replace(plain, base=str(tmp_path / "none")))


def test_a_part_without_layers_to_adapt(plain: Recipe, tmp_path: Path) -> None:
    """Gemma 3's connector is one matrix and no layer."""
    recipe = replace(plain, base=str(tiny.gemma3(tmp_path)), adapt=("connector",))
    with pytest.raises(InputError, match="no linear layers in its part 'connector'") as caught:
        forecast(recipe)
    assert caught.value.hint == "Use of: language, vision in adapt."


def test_pictures_that_are_encoded_once_take_disk_instead_of_memory(plain: Recipe) -> None:
    once, anew = forecast(plain), forecast(replace(plain, encode_once=False))
    assert once.pictures == anew.pictures == 12 and once.not_cached == ""
    assert once.disk == 12 * 20 * 32 * 2 and anew.disk == 0
    assert once.bytes["pictures"] < anew.bytes["pictures"] and once.bytes["activations"] < anew.bytes["activations"]
    assert "encoded in each epoch: the recipe says encode_once = false." in anew.lines()[4]
    learns = forecast(replace(plain, adapt=("vision", "language")))
    assert learns.not_cached == "the vision part is trained" and learns.to_json()["disk"] == 0


def test_what_has_no_room_on_the_disk_is_refused(plain: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda place: SimpleNamespace(free=10_000))
    with pytest.raises(LimitError, match=r"12 pictures takes about 15\.4 kB of disk; 10\.0 kB are") as caught:
        check_fits(plain)
    assert caught.value.hint == "Write into the recipe: encode_once = false"
    assert check_fits(replace(plain, encode_once=False)).fits
    there = Path(plain.output_dir) / "vision_cache"
    there.mkdir(parents=True)
    (there / "00000.safetensors").write_bytes(bytes(10_000))  # of the same training, broken off
    try:
        assert check_fits(plain).fits
    finally:
        shutil.rmtree(plain.output_dir)


def test_llama_3_2_11b_vision_by_its_configuration_alone(plain: Recipe, tmp_path: Path) -> None:
    """The published architecture is the library's default; its card says 10.6 billion parameters."""
    from transformers import MllamaConfig

    base = tiny.mllama(tmp_path)
    (base / "model.safetensors").unlink()
    MllamaConfig().save_pretrained(base)
    lora = replace(plain, base=str(base), lora_r=8, batch_size=1, dtype="bfloat16", memory_gb=16)
    found = forecast(lora)
    assert round(found.parameters / 1e9, 1) == 10.6 and not found.fits
    # r = 8 on the language part's 40 layers: 32 with q k v o and 8 that look at the picture, each with gate, up, down
    attention = 8 * (4096 + 4096 + 4096 + 1024 + 4096 + 1024 + 4096 + 4096)
    assert found.trained == 40 * (attention + 3 * 8 * (4096 + 14336))
    qlora = forecast(replace(lora, bits=4))
    assert qlora.fits and 5e9 < qlora.bytes["weights"] < 8e9
    assert list(found.changes)[-1].endswith("bits = 4")


def test_it_says_what_it_found(plain: Recipe) -> None:
    lines = forecast(replace(plain, memory_gb=1e-6)).lines()
    assert lines[0].startswith("12 examples, 2 steps;") and "in all" in lines[2]
    assert lines[3].startswith("Time, about: ")
    # 16 tokens of 4 tiles and 4 of the whole picture, 32 wide, in 16 bits
    assert lines[4] == f"Its 12 pictures are encoded once and cached: about {12 * 20 * 32 * 2 / 1e3:.1f} kB of disk."
    assert lines[5].startswith("With batch_size = 1, gradient_accumulation_steps = 24 it takes about ")
    assert forecast(plain).to_json()["fits"] is True
