"""What recipes/llama32-products.toml, docs/tuning.md and lesson 15 say of Llama 3.2 11B Vision is what is forecast."""

from __future__ import annotations

import importlib.util
import json
import re
from dataclasses import replace
from pathlib import Path

import PIL.Image
import pytest

pytest.importorskip("peft")
import tiny

from sensorium.tune.forecast import Shape, memory, shape_of
from sensorium.tune.inputs import data_of
from sensorium.tune.recipe import Recipe, load_recipe

ROOT = Path(__file__).parents[2]
WORDS = (ROOT / "recipes" / "llama32-products.toml").read_text(encoding="utf-8")
LESSON = (ROOT / "course" / "15-lora" / "lesson.py").read_text(encoding="utf-8")
WHOLE = 10_670_220_835
"""Parameters of the published checkpoint."""


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    """Return the recipe with the published configuration as its base, and three small pictures."""
    from transformers import MllamaConfig, MllamaProcessor
    from transformers.models.mllama.image_processing_pil_mllama import MllamaImageProcessorPil

    found = importlib.util.spec_from_file_location("llama_bench", ROOT / "bench" / "llama.py")
    assert found is not None and found.loader is not None
    bench = importlib.util.module_from_spec(found)
    found.loader.exec_module(bench)

    base = tmp_path_factory.mktemp("llama")
    tokenizer = tiny.tokenizer(("<|image|>", "<|python_tag|>"))
    image_processor = MllamaImageProcessorPil(size={"height": 560, "width": 560}, max_image_tiles=4)
    template = tiny.CHAT.replace("@IMAGE@", "<|image|>")
    MllamaProcessor(image_processor, tokenizer, chat_template=template).save_pretrained(base)
    MllamaConfig(
        vision_config=bench.VISION,
        text_config=bench.WORDS | tiny.ids(tokenizer),
        image_token_index=tokenizer.convert_tokens_to_ids("<|image|>"),
        architectures=["MllamaForConditionalGeneration"],
    ).save_pretrained(base)
    rows = []
    for number, split in enumerate(("train", "train", "dev")):
        PIL.Image.new("RGB", (500, 400), (number * 60, 0, 0)).save(base / f"{number}.png")
        rows.append({"image": f"{number}.png", "question": "Describe it.", "answer": "A lamp.", "split": split})
    (base / "task.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    read = load_recipe(ROOT / "recipes" / "llama32-products.toml")
    return replace(read, base=str(base), task=str(base / "task.jsonl"), device="cpu")


@pytest.fixture(scope="module")
def shape(recipe: Recipe) -> Shape:
    return shape_of(recipe, data_of(recipe))


def gigabytes(recipe: Recipe, shape: Shape, bits: int, dtype: str) -> tuple[float, float]:
    """Return the memory of the weights, and all of it; `dtype` is what a device computes in."""
    sizes = memory(replace(recipe, bits=bits, dtype=dtype), shape)
    return round(sizes["weights"] / 1e9, 1), round(sum(sizes.values()) / 1e9, 1)


def test_the_weights_take_what_the_recipe_says(recipe: Recipe, shape: Shape) -> None:
    assert shape.parameters == WHOLE
    stated = re.search(r"4 bits take about ([\d.]+) GB instead of ([\d.]+) \(([\d.]+) GB on a CPU", WORDS)
    assert stated is not None
    gpu, whole, cpu = map(float, stated.groups())
    assert gpu == gigabytes(recipe, shape, 4, "bfloat16")[0]
    assert whole == gigabytes(recipe, shape, 16, "bfloat16")[0]
    assert cpu == gigabytes(recipe, shape, 4, "float32")[0]
    assert cpu - gpu == pytest.approx(2 * (WHOLE - shape.quantised) / 1e9, abs=0.1)  # what isn't in 4 bits


def test_a_picture_takes_the_same_disk_whatever_its_size(recipe: Recipe, shape: Shape) -> None:
    (stated,) = re.findall(r"a picture takes (\d+) MB of disk", WORDS)
    assert int(stated) == round(4 * 1601 * 4096 * 2 / 1e6) == round(shape.cached_bytes_each / 1e6)
    assert shape_of(replace(recipe, max_image_side=4096), data_of(recipe)).cached_bytes_each == shape.cached_bytes_each
    guide = (ROOT / "docs" / "tuning.md").read_text(encoding="utf-8")
    assert re.findall(r"Llama 3\.2 11B Vision (\d+) MB", guide) == [stated]


def test_the_lesson_says_the_same(recipe: Recipe, shape: Shape) -> None:
    trained = recipe.lora_r * shape.widths["language"]
    assert f"{trained:,} of {WHOLE + trained:,} weights are trained" in LESSON
    assert "{} GB for the weights, {} GB in all".format(*gigabytes(recipe, shape, 4, "float32")) in LESSON
    assert "On a GPU {} and {}:".format(*gigabytes(recipe, shape, 4, "bfloat16")) in LESSON
    assert f"In 16 bits: {gigabytes(recipe, shape, 16, 'bfloat16')[0]} GB for the weights" in LESSON
