"""tune/recipe: TOML both ways, and every mistake told with what to type."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from sensorium.core.errors import InputError, MediaError
from sensorium.tune.recipe import RENAMED, Recipe, from_toml, load_recipe

MINIMAL = 'base = "./base"\ntask = "task.jsonl"\noutput_dir = "adapter"\n'


def test_the_least_recipe_has_all_other_values() -> None:
    found = from_toml(MINIMAL)
    assert found == Recipe("./base", "task.jsonl", "adapter")
    assert found.bits == 16 and found.adapt == ("language",)


def test_it_comes_back_from_its_own_toml() -> None:
    odd = Recipe(
        'transformers:a"b\\c',
        "tä\tsk\x7f.jsonl",
        "o\nut",
        adapt=("vision", "connector"),
        learning_rate=1e-5,
        closed=True,
        bits=4,
    )
    assert from_toml(odd.to_toml()) == odd
    assert len(odd.to_toml().splitlines()) == len(fields(Recipe))


def test_transformers_may_stand_before_the_base() -> None:
    assert from_toml(MINIMAL.replace("./base", "transformers:org/name")).base == "org/name"


def test_one_part_needs_no_brackets() -> None:
    assert from_toml(MINIMAL + 'adapt = "vision"\n').adapt == ("vision",)


@pytest.mark.parametrize(
    ("line", "said", "hint"),
    [
        ("lora_rr = 8", "no key 'lora_rr'", "Did you mean lora_r?"),
        ("learning = 1e-4", "no key 'learning'", "Did you mean learning_rate?"),
        ("lora_r = 8.5", "lora_r is a whole number, not 8.5", "lora_r = 16"),
        ("lora_r = true", "lora_r is a whole number, not True", "lora_r = 16"),
        ("lora_r = 0", "lora_r can't be 0", "from 1 to 4096"),
        ("bits = 8", "bits can't be 8", "4, 16"),
        ("learning_rate = nan", "learning_rate is a number, not nan", "lora_r = 16"),
        ("closed = 1", "closed is true or false, not 1", "lora_r = 16"),
        ("adapt = []", "adapt can't be []", "language, connector, vision"),
        ('adapt = ["eyes"]', "adapt can't be ['eyes']", "language, connector, vision"),
        ("adapt = 5", "adapt is a list of texts, not 5", "lora_r = 16"),
        ('metric = "bleu"', "metric can't be 'bleu'", "'exact'"),
        ('lr_scheduler_type = "steps"', "lr_scheduler_type can't be 'steps'", "'cosine'"),
        ("lora_r 8", "isn't TOML", "lora_r = 16"),
        ("seed = -1", "seed can't be -1", "from 0"),
    ],
)
def test_mistakes(line: str, said: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        from_toml(MINIMAL + line + "\n")
    assert said in caught.value.message and hint in caught.value.hint


def test_what_is_needed_is_asked_for() -> None:
    with pytest.raises(InputError, match="lacks the key output_dir"):
        from_toml(MINIMAL.replace("output_dir", "#output_dir"))
    with pytest.raises(InputError, match="task is empty"):
        from_toml(MINIMAL.replace("task.jsonl", " "))


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="does not exist"):
        load_recipe(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_bytes(b"\xff")
    with pytest.raises(InputError, match="not UTF-8"):
        load_recipe(tmp_path / "bad.toml")


def test_steps_are_those_of_the_epochs_unless_they_are_said() -> None:
    plan = Recipe("b", "t", "o", num_train_epochs=2, batch_size=2, gradient_accumulation_steps=5)
    assert plan.steps(100) == 20
    assert Recipe("b", "t", "o", max_steps=7).steps(100) == 7
    assert plan.steps(1) == 1


@pytest.mark.parametrize("old", RENAMED)
def test_a_key_of_an_earlier_version_is_refused_with_its_new_name(old: str) -> None:
    new = RENAMED[old].split()[0]
    assert new in {field.name for field in fields(Recipe)}
    with pytest.raises(InputError, match=f"has keys of an earlier version: '{old}'") as caught:
        from_toml(f"{MINIMAL}{old} = 1\n")
    assert caught.value.hint.startswith(f"Rename in it: {old} -> {new}")


def test_an_earlier_versions_file_is_refused_with_all_that_is_to_be_renamed(tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text('base = "b"\ntask = "t"\nout = "o"\nrate = 0.001\nheld = "dev"\nbits = 4\n')
    with pytest.raises(
        InputError, match=r"recipe\.toml' has keys of an earlier version: 'out', 'rate', 'held'\."
    ) as caught:
        load_recipe(tmp_path / "recipe.toml")
    assert caught.value.hint == "Rename in it: out -> output_dir, rate -> learning_rate, held -> eval_split."
