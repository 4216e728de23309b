"""tune/recipe: TOML both ways, and every mistake told with what to type."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from sensorium.core.errors import InputError, MediaError
from sensorium.tune.recipe import Recipe, from_toml, load_recipe, steps_of

LEAST = 'base = "./base"\ntask = "task.jsonl"\nout = "adapter"\n'


def test_the_least_recipe_has_all_other_values() -> None:
    found = from_toml(LEAST)
    assert found == Recipe("./base", "task.jsonl", "adapter")
    assert found.bits == 16 and found.adapt == ("language",)


def test_it_comes_back_from_its_own_toml() -> None:
    odd = Recipe(
        'transformers:a"b\\c',
        "tä\tsk\x7f.jsonl",
        "o\nut",
        adapt=("vision", "connector"),
        rate=1e-5,
        closed=True,
        bits=4,
    )
    assert from_toml(odd.to_toml()) == odd
    assert len(odd.to_toml().splitlines()) == len(fields(Recipe))


def test_transformers_may_stand_before_the_base() -> None:
    assert from_toml(LEAST.replace("./base", "transformers:org/name")).base == "org/name"


def test_one_part_needs_no_brackets() -> None:
    assert from_toml(LEAST + 'adapt = "vision"\n').adapt == ("vision",)


@pytest.mark.parametrize(
    ("line", "said", "hint"),
    [
        ("rnak = 8", "no key 'rnak'", "Did you mean rank?"),
        ("learning_rate = 1e-4", "no key 'learning_rate'", "Known: base, task"),
        ("rank = 8.5", "rank is a whole number, not 8.5", "rank = 16"),
        ("rank = true", "rank is a whole number, not True", "rank = 16"),
        ("rank = 0", "rank can't be 0", "from 1 to 4096"),
        ("bits = 8", "bits can't be 8", "4, 16"),
        ("rate = nan", "rate is a number, not nan", "rank = 16"),
        ("closed = 1", "closed is true or false, not 1", "rank = 16"),
        ("adapt = []", "adapt can't be []", "language, connector, vision"),
        ('adapt = ["eyes"]', "adapt can't be ['eyes']", "language, connector, vision"),
        ("adapt = 5", "adapt is a list of texts, not 5", "rank = 16"),
        ('metric = "bleu"', "metric can't be 'bleu'", "'exact'"),
        ('schedule = "steps"', "schedule can't be 'steps'", "'cosine'"),
        ("rank 8", "is no TOML", "rank = 16"),
        ("seed = -1", "seed can't be -1", "from 0"),
    ],
)
def test_mistakes(line: str, said: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        from_toml(LEAST + line + "\n")
    assert said in caught.value.message and hint in caught.value.hint


def test_what_is_needed_is_asked_for() -> None:
    with pytest.raises(InputError, match="does not say its out"):
        from_toml(LEAST.replace("out", "#out"))
    with pytest.raises(InputError, match="task is empty"):
        from_toml(LEAST.replace("task.jsonl", " "))


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="There is no recipe"):
        load_recipe(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_bytes(b"\xff")
    with pytest.raises(InputError, match="not UTF-8"):
        load_recipe(tmp_path / "bad.toml")


def test_steps_are_those_of_the_epochs_unless_they_are_said() -> None:
    plan = Recipe("b", "t", "o", epochs=2, batch=2, accumulate=5)
    assert steps_of(plan, 100) == 20
    assert steps_of(Recipe("b", "t", "o", steps=7), 100) == 7
    assert steps_of(plan, 1) == 1
