"""tune/training/lora: what is learnt, token by token; breaks without a trace; adapters load, merge and answer alike."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

pytest.importorskip("trl")
pytest.importorskip("peft")
import tiny
import tiny_torchvision

from sensorium import Conversation, Example, Image, Options, ask
from sensorium.backends.transformers.chat import ChatModel, model
from sensorium.checkpoint.prompt import encode_prompts, render
from sensorium.core.errors import InputError
from sensorium.tasks.prompt import to_conversation
from sensorium.tune.export.adapter import adapted, ignored_by_vllm, merge
from sensorium.tune.recipe import Recipe, from_toml
from sensorium.tune.training.collate import IGNORED, batch, row_of
from sensorium.tune.training.lora import BEST, CHECKPOINTS, COMPLETE, data_of, last_checkpoint, train
from sensorium.tune.training.metrics_log import MetricsLog, TrainingProgress

# PaliGemma's processor still makes arrays in numpy 1's way
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

NEED_TORCHVISION = ("smolvlm", "qwen2_5_vl")
KINDS = (
    *("idefics3", "mllama", "paligemma", "gemma3", "llava"),
    *(pytest.param(kind, marks=tiny_torchvision.needed) for kind in NEED_TORCHVISION),
)
TRAINED = [
    *((kind, 16) for kind in ("idefics3", "mllama", "paligemma")),
    *((f"wide {kind}", 4) for kind in ("idefics3", "mllama", "paligemma")),
    *(pytest.param(kind, 16, marks=tiny_torchvision.needed) for kind in NEED_TORCHVISION),
    *(pytest.param(f"wide {kind}", 4, marks=tiny_torchvision.needed) for kind in NEED_TORCHVISION),
]
"""Kinds and bits that are taught; the 4-bit kernels need wide layers."""


def mostly_long(*kept: tuple[str, int]) -> list[Any]:
    """Return `TRAINED`, of which `kept` is in every run of the suite, the others in that of the long tests."""
    return [
        pytest.param(*each, marks=() if each in kept else pytest.mark.long) if isinstance(each, tuple)
        and not hasattr(each, "marks") else each
        for each in TRAINED
    ]  # fmt: skip


COLOURS = {"red": (230, 0, 0), "blue": (0, 0, 230)}
IMAGE_TOKENS = ("<image>", "<|image|>", "<image_soft_token>", "<|image_pad|>")
QUESTION = "What colour is it?"
Folder = Callable[[str], Path]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    made: dict[str, Path] = {}

    def give(kind: str) -> Path:
        if kind not in made:
            place, name = tmp_path_factory.mktemp("base"), kind.removeprefix("wide ")
            make = getattr(tiny_torchvision if name in NEED_TORCHVISION else tiny, name)
            made[kind] = make(place, **({"wide": True} if name != kind else {}))
        return made[kind]

    return give


@pytest.fixture(scope="session")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write red and blue pictures: 16 to learn, 8 to be asked."""
    place = tmp_path_factory.mktemp("task")
    rows = []
    for number in range(24):
        answer = ("red", "blue")[number % 2]
        shade = tuple(min(255, value + number) for value in COLOURS[answer])
        PIL.Image.new("RGB", (32, 32), shade).save(place / f"{number}.png")
        split = "train" if number < 16 else "test"
        rows.append({"image": f"{number}.png", "question": QUESTION, "answer": answer, "split": split})
    (place / "task.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return place / "task.jsonl"


def recipe(base: Path, task: Path, out: Path, **changed: Any) -> Recipe:
    plain = Recipe(
        base=str(base),
        task=str(task),
        output_dir=str(out),
        lora_r=8,
        learning_rate=5e-3,
        max_steps=24,
        batch_size=4,
        gradient_accumulation_steps=2,
        eval_steps=8,
        early_stopping_patience=0,
        lora_dropout=0.1,
        device="cpu",
        max_new_tokens=4,
    )
    return replace(plain, **changed)


def weights(folder: Path) -> dict[str, Any]:
    from safetensors.numpy import load_file

    return dict(load_file(folder / "adapter_model.safetensors"))


def same(one: Path, other: Path) -> bool:
    first, second = weights(one), weights(other)
    return first.keys() == second.keys() and all(np.array_equal(first[key], second[key]) for key in first)


def said(made: ChatModel, task: Path) -> list[str]:
    chats = [Conversation.of(Image(task.parent / f"{number}.png"), QUESTION) for number in range(16, 24)]
    return [ask(made, chat, Options(max_tokens=6)).text for chat in chats]


def example(task: Path, answer: str = "red", **more: Any) -> Example:
    return Example(Conversation.of(Image(task.parent / "0.png"), "What is this?"), (answer,), **more)


@pytest.mark.parametrize("kind", KINDS)
def test_labels_are_the_answers_tokens_and_nothing_else(kind: str, folder: Folder, task: Path) -> None:
    loaded = model(str(folder(kind))).checkpoint
    tokenizer = loaded.processor.tokenizer
    made = batch(loaded, [row_of(loaded, example(task, "a red bus"))])
    ids, labels = made["input_ids"][0].tolist(), made["labels"][0].tolist()
    prompt = encode_prompts(loaded, [render(loaded, example(task).conversation)])["input_ids"][0].tolist()
    answer = [*tokenizer("a red bus", add_special_tokens=False)["input_ids"], tokenizer.convert_tokens_to_ids("<end>")]
    # id by id: the prompt as it is asked, none of it learnt; then the answer and the end of its turn, all of it learnt
    assert ids == prompt + answer
    assert labels == [IGNORED] * len(prompt) + answer
    assert tokenizer.decode(answer[:-1]) == "a red bus"
    images = {tokenizer.convert_tokens_to_ids(token) for token in IMAGE_TOKENS} - {None}
    assert not images & set(answer) and images & set(prompt)


@pytest.mark.parametrize("kind", KINDS)
def test_prompts_are_those_of_inference(kind: str, folder: Folder, task: Path) -> None:
    """What the model is given when it is asked is what it was given when it learnt, choices told and all."""
    made = model(str(folder(kind)))
    choice = example(task, choices=("red", "blue"))
    row = batch(made.checkpoint, [row_of(made.checkpoint, choice)])
    seen: list[dict[str, Any]] = []
    generate = made.checkpoint.model.generate
    made.cache_prefix = False
    made.checkpoint.model.generate = lambda **given: seen.append(given) or generate(**given)
    made.whole(to_conversation(choice), Options(max_tokens=1))
    length = int((row["labels"][0] == IGNORED).sum())
    assert seen[0]["input_ids"][0].tolist() == row["input_ids"][0, :length].tolist()
    assert np.array_equal(seen[0]["pixel_values"].numpy(), row["pixel_values"].numpy())


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_in_a_batch_is_worth_what_it_is_alone(kind: str, folder: Folder, task: Path) -> None:
    import torch

    loaded = model(str(folder(kind))).checkpoint
    examples = [example(task, "red"), example(task, "a blue bus with two cats", choices=("red", "blue"))]
    rows = [row_of(loaded, each) for each in examples]
    sums = []
    for several in ([rows[0]], [rows[1]], rows):
        made = batch(loaded, several)
        count = int((made["labels"] != IGNORED).sum())
        with torch.no_grad():
            sums.append(float(loaded.model(**made).loss) * count)
    assert sums[2] == pytest.approx(sums[0] + sums[1], rel=1e-3)


def test_what_the_template_puts_before_the_answer_is_learnt_with_it(tmp_path: Path, task: Path) -> None:
    """SmolVLM's and Idefics3's published templates write a space between the colon and the answer."""
    template = (
        "{{ bos_token }}{% for m in messages %}{{ m['role'] + ':' }}{% for c in m['content'] %}{% if c['type'] == "
        "'image' %}{{ '@IMAGE@' }}{% else %}{{ ' ' + c['text'] }}{% endif %}{% endfor %}{{ '<end_of_utterance>\n' }}"
        "{% endfor %}{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}"
    )
    loaded = model(str(tiny.idefics3(tmp_path / "base", template))).checkpoint
    row = row_of(loaded, example(task))
    tokenizer = loaded.processor.tokenizer
    assert tokenizer.decode(row.answer) == " red<end_of_utterance>"
    assert row.answer[-1] in loaded.eos_token_ids


def test_an_answer_that_holds_a_control_token_is_refused(folder: Folder, task: Path) -> None:
    loaded = model(str(folder("idefics3"))).checkpoint
    with pytest.raises(InputError, match="control token '<end>'"):
        row_of(loaded, example(task, "red<end>"))


@pytest.mark.parametrize(("kind", "bits"), mostly_long(("idefics3", 16), ("mllama", 16), ("wide mllama", 4)))
def test_it_learns_and_the_adapter_answers_merged_and_reloaded(
    kind: str, bits: int, folder: Folder, task: Path, tmp_path: Path
) -> None:
    base, out = folder(kind), tmp_path / "adapter"
    found = train(recipe(base, task, out, bits=bits, adapt=("language", "connector")))
    assert found.score_before == 0 and found.score_after == 1
    right = ["red", "blue"] * 4
    assert said(model(f"{base}+{out}"), task) == right
    if bits == 4:
        assert said(model(f"{base}+{out}?bits=4"), task) == right
    merged = merge(out, tmp_path / "merged")
    assert not (merged / "adapter_config.json").exists()
    assert said(model(str(merged)), task) == right
    assert same_scores(model(f"{base}+{out}"), model(str(merged)), task)
    about = json.loads((out / "sensorium.json").read_text())
    assert about["heldout_score"] == 1 and about["data"].startswith("16 examples, sha256 ")
    assert about["licence_of_data"] == "not stated"
    assert from_toml((out / "recipe.toml").read_text()) == recipe(
        base, task, out, bits=bits, adapt=("language", "connector")
    )


def same_scores(one: ChatModel, other: ChatModel, task: Path) -> bool:
    import torch

    inputs = encode_prompts(one.checkpoint, [render(one.checkpoint, example(task).conversation)])
    with torch.no_grad():
        return torch.equal(one.checkpoint.model(**inputs).logits, other.checkpoint.model(**inputs).logits)


def test_computing_activations_again_changes_nothing(folder: Folder, task: Path, tmp_path: Path) -> None:
    planned = recipe(folder("idefics3"), task, tmp_path / "a", max_steps=6, eval_split="", adapt=("vision", "language"))
    train(planned)
    train(replace(planned, output_dir=str(tmp_path / "b"), gradient_checkpointing=True))
    kept, again = weights(tmp_path / "a"), weights(tmp_path / "b")
    assert all(np.allclose(kept[key], again[key], atol=1e-5) for key in kept)


def test_as_many_examples_a_step_are_the_same_step(folder: Folder, task: Path, tmp_path: Path) -> None:
    """Gradient accumulation counts answer tokens, not batches: eight at once are worth eight times one."""
    planned = recipe(folder("idefics3"), task, tmp_path / "a", max_steps=4, eval_split="", lora_dropout=0.0)
    train(replace(planned, batch_size=8, gradient_accumulation_steps=1))
    train(replace(planned, batch_size=1, gradient_accumulation_steps=8, output_dir=str(tmp_path / "b")))
    at_once, one_by_one = weights(tmp_path / "a"), weights(tmp_path / "b")
    assert all(np.allclose(at_once[key], one_by_one[key], atol=2e-3) for key in at_once)


def test_only_the_named_parts_change(folder: Folder, task: Path, tmp_path: Path) -> None:
    train(recipe(folder("idefics3"), task, tmp_path / "a", max_steps=1, eval_split="", adapt=("language",)))
    assert set(adapted(tmp_path / "a")) == {"language"} and ignored_by_vllm(tmp_path / "a") == ""
    train(recipe(folder("idefics3"), task, tmp_path / "b", max_steps=1, eval_split="", adapt=("vision", "connector")))
    assert set(adapted(tmp_path / "b")) == {"vision", "connector"}
    assert "12 layers of the vision part" in ignored_by_vllm(tmp_path / "b")


def test_it_ends_early_and_keeps_the_best(folder: Folder, task: Path, tmp_path: Path) -> None:
    out = tmp_path / "a"
    found = train(
        recipe(
            folder("idefics3"), task, out, max_steps=400, eval_steps=6, early_stopping_patience=2, save_total_limit=2
        )
    )
    log = MetricsLog(out)
    scores = dict(log.scores)
    assert found.steps < 400 and scores[found.best_step] == max(scores.values()) == found.score_after
    first = min(step for step, score in log.scores if score == max(scores.values()))
    assert found.steps == first + 2 * 6  # two evaluations without a better one; of equals the latest is kept
    assert found.best_step == max(step for step, score in log.scores if score == max(scores.values()))
    assert same(out / BEST, out)
    assert len(list((out / CHECKPOINTS).glob("checkpoint-*"))) <= 2
    with pytest.raises(InputError, match="finished adapter"):
        train(
            recipe(
                folder("idefics3"),
                task,
                out,
                max_steps=400,
                eval_steps=6,
                early_stopping_patience=2,
                save_total_limit=2,
            )
        )


def test_tensorboards_files_are_written(folder: Folder, task: Path, tmp_path: Path) -> None:
    train(recipe(folder("idefics3"), task, tmp_path / "a", max_steps=2, eval_split="", tensorboard=True))
    assert list((tmp_path / "a" / CHECKPOINTS).rglob("events.out.tfevents.*"))


def test_old_examples_are_mixed_in(folder: Folder, task: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.jsonl"
    old.write_text("".join(json.dumps({"question": f"Is {n} a number?", "answer": "yes"}) + "\n" for n in range(30)))
    planned = recipe(
        folder("idefics3"), task, tmp_path / "a", replay=str(old), replay_share=0.2, max_steps=2, eval_split=""
    )
    data = data_of(planned)
    assert sum("number" in each.conversation.messages[-1].text for each in data.train) == 4 and len(data.train) == 20
    train(planned)  # with and without pictures in one training


PROGRAM = """
import sys
from sensorium.tune.training.lora import train
from sensorium.tune.recipe import load_recipe
train(load_recipe(sys.argv[1]), lambda p: print(p.step, flush=True))
"""


def test_a_killed_training_gives_the_same_weights(folder: Folder, task: Path, tmp_path: Path) -> None:
    planned = recipe(folder("idefics3"), task, tmp_path / "killed", max_steps=40, eval_steps=4)
    (tmp_path / "recipe.toml").write_text(planned.to_toml())
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "recipe.toml")]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as run:
        assert run.stdout is not None
        for line in run.stdout:
            if int(line) >= 13:
                run.kill()  # SIGKILL: nothing is tidied up
                break
    assert run.returncode == -9
    start = last_checkpoint(tmp_path / "killed")
    assert start is not None and start.name in ("checkpoint-8", "checkpoint-12", "checkpoint-16")
    # as if the break had come while a checkpoint was being written
    torn = tmp_path / "killed" / CHECKPOINTS / "checkpoint-99"
    torn.mkdir()
    (torn / "adapter_model.safetensors").write_bytes(b"half")
    steps: list[int] = []
    undisturbed = replace(planned, output_dir=str(tmp_path / "whole"))
    (tmp_path / "whole.toml").write_text(undisturbed.to_toml())
    subprocess.run([*command[:3], str(tmp_path / "whole.toml")], check=True, env=environment, stdout=subprocess.DEVNULL)
    again = subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE, text=True)
    steps = [int(line) for line in again.stdout.split()]
    assert steps[0] == int(start.name.rpartition("-")[2]) + 1 and steps[-1] == 40
    assert not torn.exists()
    last = Path(CHECKPOINTS) / "checkpoint-40"
    assert (tmp_path / "killed" / last / COMPLETE).exists()
    assert same(tmp_path / "killed" / last, tmp_path / "whole" / last)
    assert same(tmp_path / "killed", tmp_path / "whole")
    assert MetricsLog(tmp_path / "killed").lines == MetricsLog(tmp_path / "whole").lines


@pytest.mark.parametrize(
    ("kind", "bits"), mostly_long(("paligemma", 16), ("wide idefics3", 4))[1:]
)  # the first is killed
def test_a_broken_off_training_gives_the_same_weights(
    kind: str, bits: int, folder: Folder, task: Path, tmp_path: Path
) -> None:
    class Broken(Exception):
        pass

    def stop(progress: TrainingProgress) -> None:
        if progress.step == 6:
            raise Broken

    planned = recipe(
        folder(kind), task, tmp_path / "broken", bits=bits, max_steps=9, eval_steps=4, early_stopping_patience=9
    )
    with pytest.raises(Broken):
        train(planned, stop)
    steps: list[int] = []
    train(planned, lambda progress: steps.append(progress.step))
    assert steps == list(range(5, 10))
    train(replace(planned, output_dir=str(tmp_path / "whole")))
    last = Path(CHECKPOINTS, "checkpoint-9")
    assert same(tmp_path / "broken" / last, tmp_path / "whole" / last)
    assert MetricsLog(tmp_path / "broken").lines == MetricsLog(tmp_path / "whole").lines
    assert same(tmp_path / "broken", tmp_path / "whole")


def test_a_folder_with_another_training_is_refused(folder: Folder, task: Path, tmp_path: Path) -> None:
    planned = recipe(folder("idefics3"), task, tmp_path / "a", max_steps=8)

    class Broken(Exception):
        pass

    def stop(progress: object) -> None:
        raise Broken

    with pytest.raises(Broken):
        train(planned, stop)
    with pytest.raises(InputError, match="another training"):
        train(replace(planned, lora_r=4))
    train(replace(planned, save_total_limit=2))  # what does not change the weights may change


def test_time_left_and_scores_are_told(folder: Folder, task: Path, tmp_path: Path) -> None:
    told = []
    start = time.monotonic()
    train(recipe(folder("idefics3"), task, tmp_path / "a", max_steps=8, eval_steps=4), told.append)
    assert [each.step for each in told] == list(range(1, 9)) and told[-1].max_steps == 8
    assert told[-1].score is not None and told[-1].best_score is not None and told[-1].seconds_left == 0
    assert 0 < told[3].seconds_left < time.monotonic() - start
