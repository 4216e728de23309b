"""Checkpoints and adapters as people hand them in: what isn't whole or doesn't fit is refused, never answered from."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"

import pytest
import tiny
from library import noise

from sensorium import Conversation, Options, ask
from sensorium.backends.transformers.chat import model
from sensorium.core.errors import InputError

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")

CHAT = Conversation.of(noise(1), "What is this?")
OPTIONS = Options(max_tokens=8)
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:00ff\nsize 99\n"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.idefics3(tmp_path_factory.mktemp("base"))


def weights(change: Callable[[dict[str, Any]], dict[str, Any]], name: str = "model") -> Callable[[Path], None]:
    """Return what rewrites the weights of a folder."""

    def rewrite(folder: Path) -> None:
        from safetensors.torch import load_file, save_file

        file = folder / f"{name}.safetensors"
        changed = change(load_file(file))
        save_file({key: value.contiguous() for key, value in changed.items()}, file, {"format": "pt"})

    return rewrite


def without(part: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda stored: {key: value for key, value in stored.items() if part not in key}


def filled(part: str, value: float) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def change(stored: dict[str, Any]) -> dict[str, Any]:
        key = next(key for key in stored if part in key)
        stored[key].view(-1)[0] = value
        return stored

    return change


def config(change: Callable[[dict[str, Any]], object], name: str = "config.json") -> Callable[[Path], None]:
    def rewrite(folder: Path) -> None:
        values = json.loads((folder / name).read_text())
        change(values)
        (folder / name).write_text(json.dumps(values))

    return rewrite


def text(name: str, words: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_text(words) and None  # type: ignore[func-returns-value]


def sharded(metadata: dict[str, Any] | None) -> Callable[[Path], None]:
    def rewrite(folder: Path) -> None:
        from safetensors import safe_open

        with safe_open(folder / "model.safetensors", "np") as stored:
            keys = list(stored.keys())
        (folder / "model.safetensors").rename(folder / "model-00001-of-00001.safetensors")
        index = {"weight_map": dict.fromkeys(keys, "model-00001-of-00001.safetensors")}
        if metadata is not None:
            index["metadata"] = metadata  # type: ignore[assignment]
        (folder / "model.safetensors.index.json").write_text(json.dumps(index))

    return rewrite


def changed(base: Path, folder: Path, change: Callable[[Path], None]) -> Path:
    shutil.copytree(base, folder)
    change(folder)
    return folder


REFUSED: dict[str, tuple[Callable[[Path], None], str]] = {
    "no vision part": (weights(without("vision_model")), r"lacks \d+ of the \d+ weights .* its vision part \(\d+\)"),
    "no connector": (weights(without("connector")), r"lacks 1 of the \d+ weights .* its connector part \(1\)"),
    "one weight of the language part": (weights(without("layers.1.mlp.up")), r"lacks 1 of .* its language part \(1\)"),
    "every key under another prefix": (
        weights(lambda stored: {f"net.{key}": value for key, value in stored.items()}),
        r"lacks \d+ of the \d+ weights .* it holds \d+ others, e\.g\. 'net\.",
    ),
    "half of the keys renamed": (
        weights(lambda stored: {key.replace("q_proj", "query"): value for key, value in stored.items()}),
        r"lacks \d+ of .* it holds \d+ others",
    ),
    "more layers stored than described": (
        config(lambda values: values["text_config"].update(num_hidden_layers=1)),
        r"holds \d+ weights of layers that its configuration does not have, those of its language part",
    ),
    "fewer layers stored than described": (
        config(lambda values: values["vision_config"].update(num_hidden_layers=3)),
        r"lacks \d+ of the \d+ weights .* its vision part",
    ),
    "weights of another width": (
        config(lambda values: values["text_config"].update(intermediate_size=48)),
        r"(another shape|can't be loaded: .*size)",  # held
    ),
    "NaN in the vision part": (
        weights(filled("vision_model.encoder", float("nan"))),
        r"holds 1 weight with values that aren't numbers .* its vision part",
    ),
    "infinity in the language part": (
        weights(filled("text_model.layers", float("inf"))),
        r"values that aren't numbers .* its language part",
    ),
    "weights that are a pointer": (text("model.safetensors", POINTER), "cloned without its large files"),
    "a tokenizer that is a pointer": (text("tokenizer.json", POINTER), "'tokenizer.json' is a pointer"),
    "an index without metadata": (sharded(None), "has no 'metadata'"),
    "image tokens and features that differ": (
        config(lambda values: values.update(image_seq_len=9), "processor_config.json"),
        "has 45 image tokens, and its vision part makes 20 features: its processor and its weights are not of one",
    ),
    "a processor that cuts pictures of another size": (
        config(lambda v: v["image_processor"].update(max_image_size={"longest_edge": 48}), "processor_config.json"),
        r"(failed while it answered: \w+: '|has \d+ image tokens, and its vision part makes \d+ features)",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_checkpoint_that_is_not_whole_is_refused(name: str, base: Path, tmp_path: Path) -> None:
    change, sentence = REFUSED[name]
    with pytest.raises(InputError, match=sentence) as caught:
        ask(model(str(changed(base, tmp_path / "copy", change))), CHAT, OPTIONS)
    assert caught.value.hint
    if "pointer" in name:
        assert caught.value.hint == f"Type: git -C {tmp_path / 'copy'} lfs pull"


LOADS: dict[str, Callable[[Path], None]] = {
    "an index without total_size": sharded({}),
    "an index with total_size": sharded({"total_size": 1000}),  # held
    "tied weights stored once": weights(lambda stored: stored),  # held
    "a weight that no part needs": weights(
        lambda stored: stored | {"rotary.inv_freq": stored[next(iter(stored))][:1].clone()}
    ),
}


@pytest.mark.parametrize("name", LOADS)
def test_a_whole_checkpoint_answers_as_before(name: str, base: Path, tmp_path: Path) -> None:
    folder = changed(base, tmp_path / "copy", LOADS[name])
    assert ask(model(str(folder)), CHAT, OPTIONS).text == ask(model(str(base)), CHAT, OPTIONS).text


# ---- adapters ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def adapter(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an adapter as a training leaves it: random weights, and its recipe."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForImageTextToText

    folder = base.parent / "adapter"
    settings = LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    tuned = tiny.seeded(lambda: get_peft_model(AutoModelForImageTextToText.from_pretrained(base), settings))
    tuned.save_pretrained(folder)
    (folder / "recipe.toml").write_text(f'base = "{base}"\ntask = "rows.jsonl"\noutput_dir = "adapter"\nlora_r = 4\n')
    return folder


FIRST_HALF = "layers.0."
adapter_weights = "adapter_model"
MISFITS: dict[str, tuple[Callable[[Path], None], str]] = {
    "every key under another prefix": (
        weights(lambda s: {key.replace("base_model.model.", "net."): v for key, v in s.items()}, adapter_weights),
        r"lacks (\d+) of \1 weights",
    ),
    "keys of another module": (
        weights(lambda s: {key.replace("self_attn", "attention"): v for key, v in s.items()}, adapter_weights),
        r"holds \d+ weights without a place in the base",
    ),
    "half of the keys": (
        weights(without(FIRST_HALF), adapter_weights),
        r"lacks \d+ of \d+ weights, e\.g\. .*layers\.0",
    ),
    "one key too many": (
        weights(
            lambda s: s | {"base_model.model.lm_head.lora_A.weight": next(iter(s.values())).clone()}, adapter_weights
        ),
        r"holds 1 weight without a place in the base",
    ),
    "a configuration of other layers": (
        config(lambda values: values.update(target_modules=["q_proj"]), "adapter_config.json"),
        r"without a place in the base",
    ),
    "a configuration of another rank": (
        config(lambda values: values.update(r=8), "adapter_config.json"),
        r"can't be loaded: .*size mismatch",
    ),
    "layers that the base has not": (
        config(lambda values: values.update(target_modules=["wq"]), "adapter_config.json"),
        r"can't be loaded: .*wq",
    ),
}
"""What is wrong with an adapter, and the sentence of loading and merging; an export compares names and shapes only."""


def uses(use: str, adapter: Path, base: Path) -> None:
    from sensorium.tune.export.adapter import merge
    from sensorium.tune.export.export import export

    if use == "load":
        ask(model(f"{base}+{adapter}"), CHAT, OPTIONS)
    elif use == "merge":
        merge(adapter, adapter.parent / "merged", str(base))
    else:
        export(adapter, adapter.parent / "shared")


@pytest.mark.parametrize("use", ["load", "merge", "export"])
@pytest.mark.parametrize("name", MISFITS)
def test_an_adapter_that_does_not_fit_is_refused(
    name: str, use: str, base: Path, adapter: Path, tmp_path: Path
) -> None:
    change, sentence = MISFITS[name]
    copy = changed(adapter, tmp_path / "copy", change)
    with pytest.raises(InputError, match="does not fit the base" if use == "export" else sentence) as caught:
        uses(use, copy, base)
    assert caught.value.hint and not (tmp_path / "merged").exists() and not (tmp_path / "shared").exists()


@pytest.mark.parametrize("use", ["load", "merge", "export"])
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (weights(filled("lora_A", float("nan")), adapter_weights), "values that aren't numbers"),
        (text("adapter_model.safetensors", POINTER), "cloned without its large files"),
    ],
    ids=["NaN", "pointer"],
)
def test_an_adapter_without_numbers_is_refused(
    use: str, change: Callable[[Path], None], sentence: str, base: Path, adapter: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=sentence):
        uses(use, changed(adapter, tmp_path / "copy", change), base)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
def test_merging_keeps_the_dtype_of_the_base(dtype: str, base: Path, adapter: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    from sensorium.tune.export.adapter import merge

    def convert(folder: Path) -> None:
        weights(lambda stored: {key: value.to(getattr(torch, dtype)) for key, value in stored.items()})(folder)
        config(lambda values: values.update(dtype=dtype))(folder)

    small = changed(base, tmp_path / "small", convert)
    merged = merge(adapter, tmp_path / "merged", str(small))
    assert {str(value.dtype) for value in load_file(merged / "model.safetensors").values()} == {f"torch.{dtype}"}
    assert json.loads((merged / "config.json").read_text())["dtype"] == dtype
    sizes = [(folder / "model.safetensors").stat().st_size for folder in (small, merged)]
    assert abs(sizes[0] - sizes[1]) < 4096


@pytest.mark.parametrize("named", ["base", "./base", "../place/base"])
def test_a_relative_base_is_found_from_any_folder(
    named: str, base: Path, adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, elsewhere = tmp_path / "place", tmp_path / "elsewhere"
    shutil.copytree(base, place / "base")
    shutil.copytree(adapter, place / "runs" / "adapter")
    config(lambda v: v.update(base_model_name_or_path=named), "adapter_config.json")(place / "runs" / "adapter")
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    said = ask(model(str(place / "runs" / "adapter")), CHAT, OPTIONS).text
    assert said == ask(model(f"{base}+{adapter}"), CHAT, OPTIONS).text
    shutil.rmtree(place / "base")
    with pytest.raises(InputError, match=r"belongs to the folder .*, which is neither here nor beside it") as caught:
        model(str(place / "runs" / "adapter"))
    assert "transformers:FOLDER+" in caught.value.hint


def test_the_base_of_an_export_is_checked(base: Path, adapter: Path, tmp_path: Path) -> None:
    from sensorium.tune.export.export import export

    other = tiny.idefics3(tmp_path / "other", num_hidden_layers=1)
    with pytest.raises(InputError, match=r"does not fit the base .*other'"):
        export(adapter, tmp_path / "shared", str(other))
    assert not (tmp_path / "shared").exists()
    export(adapter, tmp_path / "shared", str(base))


@pytest.mark.parametrize(
    ("rank", "line"),
    [(1, " 1 "), (4, " 8 "), (8, " 8 "), (12, " 16 "), (100, " 128 "), (257, " 320 "), (400, " 512 "), (600, "")],
)
def test_the_cards_rank_is_one_that_vllm_takes(rank: int, line: str) -> None:
    from sensorium.tune.export.model_card import Shared, modelcard
    from sensorium.tune.recipe import Recipe

    recipe = Recipe("org/base", "rows.jsonl", "adapter", lora_r=rank)
    card = modelcard(Shared("you/it", recipe, {}, False, False, "", ""))
    expected = f"--max-lora-rank{line}--lora-modules" if line else "vLLM takes ranks up to 512: merge it"
    assert expected in card


# ---- kinds of models ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("blip-2", "its processor puts places for pictures into the text itself"),
        ("instructblip", "its processor puts places for pictures into the text itself"),
        ("florence2", "it takes the task words of its makers"),
        ("kosmos-2", "it takes the task words of its makers"),
        ("vision-encoder-decoder", "it takes the task words of its makers"),
        ("pix2struct", "it takes its question drawn into the picture"),
    ],
)
@pytest.mark.parametrize("use", ["ask", "tune"])
def test_a_model_without_conversations_is_refused(kind: str, reason: str, use: str, tmp_path: Path) -> None:
    from sensorium.checkpoint.checkpoint_name import CheckpointName
    from sensorium.tune.inputs import auto_of

    values: dict[str, Any] = {"model_type": kind}
    if kind == "vision-encoder-decoder":
        values |= {"encoder": {"model_type": "donut-swin"}, "decoder": {"model_type": "mbart"}}
    (tmp_path / "config.json").write_text(json.dumps(values))
    with pytest.raises(InputError, match=f"{kind!r} model: {reason}") as caught:
        model(str(tmp_path)) if use == "ask" else auto_of(CheckpointName(str(tmp_path)))
    assert caught.value.hint


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("idefics3", "AutoModelForMultimodalLM"),
        ("mllama", "AutoModelForMultimodalLM"),
        ("phi4_multimodal", "AutoModelForMultimodalLM"),
        ("qwen2_5_omni", "AutoModelForMultimodalLM"),
        ("qwen2_audio", ""),
        ("llama", ""),  # held
    ],
)
def test_the_class_for_models_of_several_kinds_is_tried_first(kind: str, expected: str, tmp_path: Path) -> None:
    from sensorium.checkpoint.checkpoint_name import CheckpointName
    from sensorium.checkpoint.load import auto_class

    (tmp_path / "config.json").write_text(json.dumps({"model_type": kind}))
    name = CheckpointName(str(tmp_path))
    if expected:
        assert auto_class(name) == expected
    else:
        with pytest.raises(InputError, match="isn't a vision-language model"):
            auto_class(name)
