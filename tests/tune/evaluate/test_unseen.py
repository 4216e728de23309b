"""What a tuned model is asked: nothing that its training learnt or asked, nor a picture of it."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

pytest.importorskip("safetensors")

from sensorium.core.errors import InputError, MediaError
from sensorium.core.messages import Image
from sensorium.tasks.task import Example
from sensorium.tune.evaluate.unseen import ExampleChoice, recipe_of, unseen
from sensorium.tune.inputs import data_of
from sensorium.tune.recipe import Recipe
from sensorium.tune.training.lora import ABOUT, RECIPE


def task(place: Path, name: str, **splits: int) -> Path:
    """Write a task with so many rows a split, each with a picture of its own."""
    chance, rows = random.Random(name), []
    for split, count in splits.items():
        for number in range(count):
            file = f"{name}-{split}-{number}.png"
            PIL.Image.new("RGB", (8, 8), tuple(chance.randrange(256) for _ in range(3))).save(place / file)
            rows.append({"image": file, "question": "Which?", "answer": "red", "split": split, "id": file})
    (place / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return place / f"{name}.jsonl"


def adapter(place: Path, source: Path, **changed: Any) -> Path:
    """Write what `train` leaves behind, as far as it is looked at."""
    from safetensors.numpy import save_file

    folder = place / "adapter"
    folder.mkdir()
    recipe = replace(Recipe("base", str(source), str(folder), max_eval_examples=5), **changed)
    save_file({"model.text_model.q_proj.lora_A.weight": np.zeros((1, 1))}, folder / "adapter_model.safetensors")
    (folder / RECIPE).write_text(recipe.to_toml())
    (folder / ABOUT).write_text(json.dumps({"data": data_of(recipe).fingerprint}))
    return folder


def digests(examples: tuple[Example, ...]) -> set[str]:
    return {part.blob.digest for each in examples for part in each.conversation.parts if isinstance(part, Image)}


def test_the_split_test_where_another_was_held(tmp_path: Path) -> None:
    where = adapter(tmp_path, task(tmp_path, "mine", train=6, dev=4, test=7), eval_split="dev")
    asked = unseen(where)
    assert {each.id for each in asked.task.examples} == {f"mine-test-{number}.png" for number in range(7)}
    assert asked.task.name == "mine, split test" and len(asked.pool) == 6
    assert asked.notes == () and asked.retained is None
    assert len(unseen(where, ExampleChoice(max_examples=3)).task.examples) == 3
    assert unseen(where, ExampleChoice(max_examples=3)).task == unseen(where, ExampleChoice(max_examples=3)).task


def test_of_the_held_split_what_was_not_asked_in_the_training(tmp_path: Path) -> None:
    where = adapter(tmp_path, task(tmp_path, "mine", train=6, test=12))
    asked = unseen(where)
    held = data_of(recipe_of(where)).heldout
    assert len(held) == 5 and len(asked.task.examples) == 7 and not digests(held) & digests(asked.task.examples)
    assert asked.task.name == "mine, split test"
    assert asked.notes == ("Of mine, split test, 5 were left out: the training saw them, or their pictures.",)


def test_a_picture_that_was_learnt_is_not_asked_under_another_name(tmp_path: Path) -> None:
    source = task(tmp_path, "mine", train=6, dev=2, test=4)
    (tmp_path / "mine-test-1.png").write_bytes((tmp_path / "mine-train-3.png").read_bytes())
    asked = unseen(adapter(tmp_path, source, eval_split="dev"))
    assert [each.id for each in asked.task.examples] == [f"mine-test-{number}.png" for number in (0, 2, 3)]


def test_words_without_pictures_are_compared_as_words(tmp_path: Path) -> None:
    rows = [("1 + 1?", "train"), ("1 + 1?", "test"), ("2 + 2?", "test")]
    lines = [json.dumps({"question": words, "answer": "2", "split": split}) for words, split in rows]
    (tmp_path / "sums.jsonl").write_text("\n".join(lines))
    asked = unseen(adapter(tmp_path, tmp_path / "sums.jsonl", eval_split=""))
    assert [each.conversation.messages[-1].text for each in asked.task.examples] == ["2 + 2?"]


def test_it_refuses_where_nothing_is_left_and_says_how_to_make_it(tmp_path: Path) -> None:
    source = task(tmp_path, "mine", train=6, test=4)
    where = adapter(tmp_path, source)
    with pytest.raises(InputError, match=r"Every example of .* split 'test', was trained on or held out") as error:
        unseen(where)
    assert "sensorium data split" in error.value.hint and 'eval_split = "dev"' in error.value.hint
    with pytest.raises(InputError, match="split 'train' was trained on"):
        unseen(where, ExampleChoice(split="train"))
    with pytest.raises(InputError, match="has no split 'tset'"):
        unseen(where, ExampleChoice(split="tset"))
    other = task(tmp_path, "other", test=3, train=2)
    assert len(unseen(where, ExampleChoice(task=str(other))).task.examples) == 3


def test_other_skills_come_from_the_replay_and_were_not_learnt_either(tmp_path: Path) -> None:
    source, old = task(tmp_path, "mine", train=6, dev=2, test=4), task(tmp_path, "old", train=20, test=9)
    where = adapter(tmp_path, source, eval_split="dev", replay=str(old))
    asked = unseen(where)
    assert asked.retained is not None
    assert (asked.retained.name, len(asked.retained)) == ("old, split test", 9)
    assert not digests(asked.retained.examples) & digests(data_of(recipe_of(where)).train)
    assert unseen(where, ExampleChoice(retain="none")).retained is None
    more = task(tmp_path, "more", **{"": 4})
    other = unseen(where, ExampleChoice(retain=str(more))).retained
    assert other is not None and (other.name, len(other)) == ("more", 4)
    with pytest.raises(InputError, match="was trained on: they can't show whether the skill stayed"):
        unseen(where, ExampleChoice(retain=str(learnt(tmp_path, source))))


def learnt(place: Path, source: Path) -> Path:
    """Write the learnt rows alone."""
    kept = [line for line in source.read_text().splitlines() if '"train"' in line]
    (place / "learnt.jsonl").write_text("\n".join(kept))
    return place / "learnt.jsonl"


def test_a_file_that_changed_since_is_told(tmp_path: Path) -> None:
    source = task(tmp_path, "mine", train=6, dev=2, test=4)
    where = adapter(tmp_path, source, eval_split="dev")
    source.write_text("\n".join(source.read_text().splitlines()[1:]))
    assert "has changed since the training" in unseen(where).notes[0]
    source.unlink()
    with pytest.raises(MediaError, match="examples of the training can't be found") as error:
        unseen(where)
    assert "Go to the folder" in error.value.hint


def test_what_is_no_adapter_of_ours(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no adapter"):
        recipe_of(tmp_path)
    where = adapter(tmp_path, task(tmp_path, "mine", train=2, test=9))
    (where / RECIPE).unlink()
    with pytest.raises(InputError, match=r"has no recipe\.toml"):
        recipe_of(where)
