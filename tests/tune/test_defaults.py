"""Settings that a recipe leaves at 0: from the base's width and the right answers, the same when asked again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("trl")
import tiny

from sensorium import Conversation, Example
from sensorium.tune.defaults import fitting_answer_tokens, fitting_learning_rate, with_defaults
from sensorium.tune.inputs import TrainingData
from sensorium.tune.recipe import Recipe


@pytest.mark.parametrize(
    ("width", "rate"),
    [(256, 2.5e-3), (576, 1.3e-3), (2000, 5e-4), (2048, 4.9e-4), (4096, 2.9e-4), (8192, 1.7e-4), (0, 2e-4)],
)
def test_narrow_models_learn_at_a_higher_rate(width: int, rate: float) -> None:
    assert fitting_learning_rate(width) == rate


@pytest.mark.parametrize(("longest", "most"), [(0, 32), (3, 32), (40, 50), (400, 500), (4000, 512)])
def test_an_answer_may_be_a_quarter_longer_than_the_longest_right_one(longest: int, most: int) -> None:
    assert fitting_answer_tokens(longest) == most


def data(*answers: str) -> TrainingData:
    return TrainingData(tuple(Example(Conversation.of("What?"), (answer,)) for answer in answers[:-1]),
                        (Example(Conversation.of("What?"), (answers[-1],)),), "")  # fmt: skip


def test_what_is_left_open_is_filled_in_from_the_base_and_the_answers(tmp_path: Path) -> None:
    base = tiny.idefics3(tmp_path / "base")
    recipe = Recipe(str(base), "task", "out")
    short = with_defaults(recipe, data("red", "blue"))
    width = tiny.WORDS["hidden_size"]
    assert (short.learning_rate, short.max_new_tokens) == (fitting_learning_rate(width), 32)
    assert short == with_defaults(short, data("red", "a much longer answer " * 40))  # and stays as it is
    assert replace(short, learning_rate=0.0, max_new_tokens=0) == recipe
    for answers in (("red", "a much longer answer " * 40), ("a much longer answer " * 40, "red")):
        assert 100 < with_defaults(recipe, data(*answers)).max_new_tokens <= 512  # held-out answers count, too


def test_what_the_recipe_says_is_kept(tmp_path: Path) -> None:
    recipe = Recipe(str(tiny.idefics3(tmp_path / "base")), "task", "out", learning_rate=1e-5, max_new_tokens=7)
    assert with_defaults(recipe, data("a much longer answer " * 40, "red")) == recipe
