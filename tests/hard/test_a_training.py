"""Trainings as people start them: free text, flat zeros, splits that do not exist, rows that are too long."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"

import PIL.Image
import pytest

pytest.importorskip("trl")
import tiny
import tiny_torchvision

from sensorium import Conversation, Example
from sensorium.checkpoint.weights import part_of
from sensorium.core.errors import InputError, LimitError
from sensorium.tune.inputs import data_of
from sensorium.tune.modules import target_modules
from sensorium.tune.recipe import Recipe
from sensorium.tune.training.heldout import training_metric
from sensorium.tune.training.lora import train
from sensorium.tune.training.metrics_log import MetricsLog

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")

FLAT = [(10, 0.0, 3.0), (20, 0.0, 2.0), (30, 0.0, 2.5), (40, 0.0, 2.6), (50, 0.0, 2.7)]
EVALUATIONS: dict[str, tuple[list[tuple[int, float, float]], bool, int, bool]] = {
    # (step, score, loss) of each, whether the loss decides -> the best step, whether patience 3 has run out
    "a flat zero is judged by the loss and does not stop": (FLAT, False, 20, False),
    "a flat zero whose loss falls": ([(s, 0.0, 9.0 - s) for s in (1, 2, 3, 4, 5)], False, 5, False),
    "of equals the latest": ([(1, 0.5, 2.0), (2, 0.9, 1.0), (3, 0.9, 1.2)], False, 3, False),
    "equals do not count as better": ([(s, 0.9, 1.0) for s in (1, 2, 3, 4)], False, 4, True),
    "the score decides": ([(1, 0.2, 1.0), (2, 0.8, 1.5), (3, 0.4, 0.9)], False, 2, False),  # held
    "three without a better score": ([(1, 0.8, 1), (2, 0.1, 1), (3, 0.2, 1), (4, 0.3, 1)], False, 1, True),  # held
    "free text: the loss decides": ([(1, 0.30, 2.0), (2, 0.25, 1.0), (3, 0.35, 1.4)], True, 2, False),
    "free text: three without a lower loss": ([(1, 0.1, 1), (2, 0.2, 2), (3, 0.3, 3), (4, 0.4, 4)], True, 1, True),
    "free text with a flat zero": (FLAT, True, 20, True),
}


@pytest.mark.parametrize("name", EVALUATIONS)
def test_the_best_adapter_and_the_early_stop(name: str, tmp_path: Path) -> None:
    evaluations, by_loss, best, stops = EVALUATIONS[name]
    log = MetricsLog(tmp_path, by_loss=by_loss)
    log.add({"step": 0, "heldout_score": 0.0, "heldout_loss": 9.0})
    for step, score, loss in evaluations:
        log.add({"step": step, "heldout_score": score, "heldout_loss": loss})
    assert log.best is not None and log.best[0] == best
    assert (log.stalled(3), log.stalled(0)) == (stops, False)


def examples(*answers: str, **values: Any) -> list[Example]:
    return [Example(Conversation.of("What is it?"), (answer,), **values) for answer in answers]


SENTENCES = [f"A {colour} enamel mug with a steel rim, {number} ml." for number, colour in enumerate("abcdefgh")]
ANSWERS: dict[str, tuple[list[Example], str, str]] = {
    "words": (examples("red", "blue", "red"), "", "exact"),  # held
    "descriptions": (examples(*SENTENCES), "", "chrf"),
    "descriptions in Chinese": (
        examples(*(f"{n}这是一个红色的搪瓷杯，杯口是不锈钢的，容量三百毫升。" * 2 for n in range(4))),
        "",
        "chrf",
    ),
    "two long classes": (examples(*SENTENCES[:2] * 8), "", "exact"),
    "mostly short, one long": (examples("red", "blue", "green", SENTENCES[0]), "", "exact"),  # held
    "choices that are long": (examples(*SENTENCES, choices=tuple(SENTENCES)), "", "choice"),  # held
    "what the recipe says": (examples(*SENTENCES), "exact", "exact"),  # held
    "nothing held out": ([], "", ""),  # held
}


@pytest.mark.parametrize("name", ANSWERS)
def test_the_metric_fits_the_answers(name: str) -> None:
    held_out, metric, expected = ANSWERS[name]
    assert training_metric(Recipe("base", "task", "out", metric=metric), held_out) == expected


def rows(folder: Path, *splits: str, answer: str = "red", question: str = "What colour is it?") -> Path:
    lines = []
    for number, split in enumerate(splits):
        PIL.Image.new("RGB", (32, 32), (20 * number, 0, 0)).save(folder / f"{number}.png")
        row = {"image": f"{number}.png", "question": question, "answer": answer.replace("#", str(number))}
        lines.append(json.dumps(row | ({"split": split} if split else {})))
    (folder / "rows.jsonl").write_text("\n".join(lines))
    return folder / "rows.jsonl"


SPLITS: dict[str, tuple[tuple[str, ...], dict[str, Any], str]] = {
    "held-out split misspelled": (("train", "val"), {"eval_split": "valid"}, r"has no split 'valid', .* eval_split"),
    "the default is not there": (("train", "train"), {}, r"has no split 'test', .* eval_split"),
    "no splits at all, but one named": (("", ""), {"eval_split": "dev"}, r"has no split 'dev', .* it has none"),
    "training split misspelled": (("train", "test"), {"train_split": "trian"}, r"has no split 'trian'"),  # held
    "no splits at all, another one trained on": (("", ""), {"train_split": "learn"}, r"has no split 'learn'"),
}


@pytest.mark.parametrize("name", SPLITS)
def test_a_split_that_does_not_exist_is_refused(name: str, tmp_path: Path) -> None:
    splits, settings, sentence = SPLITS[name]
    with pytest.raises(InputError, match=sentence) as caught:
        data_of(Recipe("base", str(rows(tmp_path, *splits)), "out", **settings))
    assert caught.value.hint.startswith("Name one of them")


@pytest.mark.parametrize(
    ("splits", "settings", "sizes"),
    [
        (("train", "test", "test"), {}, (1, 2)),  # held
        (("train", "train"), {"eval_split": ""}, (2, 0)),  # held
        (("", "", ""), {}, (3, 0)),  # held
    ],
)
def test_splits_that_exist_are_taken(
    splits: tuple[str, ...], settings: dict[str, Any], sizes: tuple[int, int], tmp_path: Path
) -> None:
    data = data_of(Recipe("base", str(rows(tmp_path, *splits)), "out", **settings))
    assert (len(data.train), len(data.heldout)) == sizes


def recipe(folder: Path, task: Path, **changed: Any) -> Recipe:
    settings: dict[str, Any] = {
        "lora_r": 8, "learning_rate": 5e-3, "max_steps": 40, "batch_size": 4, "gradient_accumulation_steps": 1,
        "eval_steps": 5, "device": "cpu", "max_new_tokens": 24,
    }  # fmt: skip
    return Recipe(str(folder / "base"), str(task), str(folder / "adapter"), **settings | changed)


@pytest.mark.parametrize("long", ["question", "answer"])
@pytest.mark.parametrize("split", ["train", "test"])
def test_a_row_longer_than_the_context_is_refused(long: str, split: str, tmp_path: Path) -> None:
    tiny.idefics3(tmp_path / "base", max_position_embeddings=128)
    task = rows(tmp_path, "train", "train", "test")
    lines = [json.loads(line) for line in task.read_text().splitlines()]
    next(line for line in lines if line["split"] == split)[long] = "A red mug. " * 40
    task.write_text("\n".join(map(json.dumps, lines)))
    with pytest.raises(LimitError, match=r"An example has \d+ tokens, and .* takes 128; its answer begins") as caught:
        train(recipe(tmp_path, task))
    assert "max_image_side" in caught.value.hint


def test_pictures_count_as_well(tmp_path: Path) -> None:
    tiny.idefics3(tmp_path / "base", max_position_embeddings=64)
    with pytest.raises(LimitError, match=r"An example has \d+ tokens, and .* takes 64"):
        train(recipe(tmp_path, rows(tmp_path, "train", "test", question="What colour is it? " * 4)))


def test_a_training_on_free_text_goes_on_and_keeps_what_it_learnt(tmp_path: Path) -> None:
    tiny.idefics3(tmp_path / "base")
    task = rows(tmp_path, *["train"] * 8, *["test"] * 4, answer="A red enamel mug with a steel rim, number #, boxed.")
    found = train(recipe(tmp_path, task))
    assert found.steps == 40 and found.by_loss
    assert found.loss_before is not None and found.loss_after is not None
    assert found.loss_after < 0.7 * found.loss_before and found.best_step > 15
    about = json.loads((tmp_path / "adapter/sensorium.json").read_text())
    assert about["metric"] == "chrf" and about["heldout_loss"] == found.loss_after
    assert found.score_before is not None and about["heldout_score"] > found.score_before


PARTS: dict[str, dict[str, str]] = {
    "Video-LLaVA": {"model.video_tower.encoder.layers.0.mlp.fc1": "vision",
                    "model.image_tower.encoder.layers.0.mlp.fc1": "vision",
                    "model.multi_modal_projector.linear_1": "connector",
                    "model.language_model.layers.0.mlp.up_proj": "language"},
    "BLIP-2": {"qformer.encoder.layer.0.attention.attention.query": "connector", "language_projection": "connector",
               "vision_model.encoder.layers.0.mlp.fc1": "vision",
               "language_model.model.decoder.layers.0.fc1": "language"},
    "Fuyu": {"model.vision_embed_tokens": "connector", "model.language_model.layers.0.mlp.dense_h_to_4h": "language"},
    "Janus": {"model.aligner.fc1": "connector", "model.generation_aligner.fc1": "other",
              "model.generation_head.vision_head": "other", "model.vqmodel.encoder.mid.attn_1.q": "other",
              "model.vision_model.encoder.layers.0.mlp.fc1": "vision",
              "model.language_model.layers.0.mlp.up_proj": "language"},
    "PaddleOCR-VL": {"model.projector.linear_1": "connector",
                     "model.visual.vision_model.encoder.layers.0.mlp.fc1": "vision",
                     "model.language_model.layers.0.mlp.up_proj": "language"},
    "Kosmos-2": {"image_to_text_projection.x_attn.k_proj": "connector", "text_model.model.layers.0.ffn.fc1": "language",
                 "vision_model.model.encoder.layers.0.mlp.fc1": "vision"},
    "Llama 4": {"language_model.model.layers.0.feed_forward.router": "other", "language_model.lm_head": "other",
                "multi_modal_projector.linear_1": "connector", "vision_model.vision_adapter.mlp.fc1": "connector",
                "language_model.model.layers.0.self_attn.q_proj": "language"},
    "Qwen3-VL": {"model.visual.merger.linear_fc1": "connector", "model.visual.deepstack_merger_list.0.linear_fc1":
                 "connector", "model.visual.blocks.0.mlp.linear_fc1": "vision",
                 "model.language_model.layers.0.mlp.up_proj": "language"},
    "Donut": {"encoder.encoder.layers.0.blocks.0.attention.self.query": "vision",
              "decoder.model.decoder.layers.0.fc1": "language"},
    "Florence-2": {"model.vision_tower.blocks.0.0.spatial_block.channel_attn.proj": "vision",
                   "model.multi_modal_projector.image_projection": "connector",
                   "model.language_model.encoder.layers.0.fc1": "language"},
    "Mllama": {"model.vision_model.global_transformer.layers.0.mlp.fc1": "vision",
               "model.multi_modal_projector": "connector",
               "base_model.model.model.language_model.layers.0.mlp.up_proj.lora_A.weight": "language"},
    "Phi-4": {"model.embed_tokens_extend.image_embed.img_projection_up": "connector",
              "model.embed_tokens_extend.image_embed.img_processor.encoder.layers.0.mlp.fc1": "vision",
              "model.embed_tokens_extend.audio_embed.encoder.encoders.0.feed_forward_in.up_proj": "other",
              "model.layers.0.self_attn.qkv_proj": "language"},
    "a part that nobody knows": {"model.action_head.fc1": "other"},
}  # fmt: skip


@pytest.mark.parametrize("name", PARTS)
def test_the_language_part_is_the_language_model_alone(name: str) -> None:
    assert {weight: part_of(weight) for weight in PARTS[name]} == PARTS[name]


def test_llama_4_is_tuned_without_its_router() -> None:
    """LoRA changes attention, dense layers and shared experts; a router returns a pair, which PEFT can't add to."""
    import torch
    from peft import LoraConfig, get_peft_model

    tok = tiny_torchvision.tokenizer(tiny_torchvision.LLAMA4_TOKENS)
    names = target_modules(tiny_torchvision.llama4_model(tok), ["language"])
    layers = {name.removeprefix("language_model.model.layers.") for name in names}
    attention, mlp = ("q_proj", "k_proj", "v_proj", "o_proj"), ("gate_proj", "up_proj", "down_proj")
    assert layers == {
        *(f"{layer}.self_attn.{name}" for layer in (0, 1) for name in attention),
        *(f"0.feed_forward.{name}" for name in mlp), *(f"1.feed_forward.shared_expert.{name}" for name in mlp),
    }  # fmt: skip
    patch = tok.convert_tokens_to_ids("<|patch|>")
    ids = torch.tensor([[7, patch, patch, patch, patch, 9, 8, 11]])
    labels = torch.where(torch.arange(8) > 4, ids, -100)
    inputs = {"input_ids": ids, "pixel_values": torch.ones(1, 3, 28, 28), "labels": labels}
    base = tiny_torchvision.llama4_model(tok)
    for weight in base.language_model.parameters():
        weight.data *= tiny.SPREAD if weight.ndim > 1 else 1  # else random weights say the same whatever is added
    model = get_peft_model(base, LoraConfig(r=4, target_modules=names))
    frozen = {name: weight.clone() for name, weight in model.named_parameters() if not weight.requires_grad}
    assert any("router" in name for name in frozen) and any("experts.gate_up_proj" in name for name in frozen)
    steps = torch.optim.AdamW([weight for weight in model.parameters() if weight.requires_grad], 1e-2)
    before = model(**inputs).logits[0, 4:7].argmax(-1).tolist()
    for _ in range(40):
        model(**inputs).loss.backward()
        steps.step()
        steps.zero_grad()
    after = model(**inputs).logits[0, 4:7].argmax(-1).tolist()
    assert after == [9, 8, 11] and not set(before) & set(after)
    assert all(torch.equal(frozen[name], weight) for name, weight in model.named_parameters() if name in frozen)
    tuned = model(**inputs).logits
    assert torch.allclose(model.merge_and_unload()(**inputs).logits, tuned, atol=1e-4)
    adapted = LoraConfig(r=4, target_modules=[*names, "language_model.model.layers.1.feed_forward.router"])
    with pytest.raises(AttributeError, match="tuple"):  # so it is left out
        get_peft_model(tiny_torchvision.llama4_model(tok), adapted)(**inputs)


@pytest.mark.torchvision
@pytest.mark.skipif(tiny_torchvision.needed[1].args[0], reason="torchvision does not import beside this build of torch")
def test_a_llama_4_checkpoint_learns_and_keeps_its_router(tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    tiny_torchvision.llama4(tmp_path / "base")
    result = train(recipe(tmp_path, rows(tmp_path, *["train"] * 4, "test"), max_steps=20, eval_steps=10))
    assert result.loss_before is not None and result.loss_after is not None
    assert result.loss_after < 0.5 * result.loss_before
    adapted = load_file(tmp_path / "adapter/adapter_model.safetensors")
    assert adapted and not any("router" in name or ".experts." in name for name in adapted)


# ---- recipes that are ready --------------------------------------------------------------------------------

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.toml"))
GUIDE = (Path(__file__).parents[2] / "docs/tuning.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_file_is_ready(path: Path) -> None:
    """It parses, every value has a reason above or beside it, and what its head says to type exists."""
    from click.testing import CliRunner

    from sensorium.cli.main import main
    from sensorium.tune.recipe import load_recipe

    loaded = load_recipe(path)
    assert loaded.eval_split == "dev" and loaded.max_new_tokens > 100
    words = path.read_text(encoding="utf-8")
    assert f"recipes/{path.name}" in words and f"recipes/{path.name}" in GUIDE
    for line in words.splitlines():
        command = line.removeprefix("#").split("#")[0].split()
        if command[:1] == ["sensorium"]:
            subcommands = command[1:3] if command[1] == "data" else command[1:2]
            assert CliRunner().invoke(main, [*subcommands, "--help"]).exit_code == 0
            described = CliRunner().invoke(main, [*subcommands, "--help"]).output
            assert all(word in described for word in command if word.startswith("--"))
        if command[:1] == ["pip"]:
            assert "sensorium[" not in line  # a clone is installed by its path


def test_the_recipe_files_are_those_that_the_guide_needs() -> None:
    assert [path.name for path in RECIPES] == ["llama32-products.toml", "qwen3-vl.toml"]
