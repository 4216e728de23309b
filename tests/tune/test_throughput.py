"""tune/pace: twice the work takes twice the time, and what is spared is not counted."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from sensorium.tune.recipe import Recipe
from sensorium.tune.throughput import SHARE, Work, said, seconds, speed

RECIPE = Recipe("b", "t", "o", batch=2, accumulate=4)
WORK = Work((2, 8, 16), (3, 4, 8), 10, 5, True)
WORDS = 2 * (4 * 64 + 3 * 8 * 16)
EYES = 3 * (4 * 16 + 2 * 4 * 8)


def test_it_counts_multiplications() -> None:
    """50 steps of 8 rows: each four times through the words, each of 100 pictures once through the eyes."""
    found = seconds(RECIPE, WORK, 100, 50, 1e6)
    assert found == pytest.approx((400 * 4 * 10 * WORDS + 100 * 2 * 5 * EYES) / (SHARE * 1e6))
    anew = seconds(RECIPE, replace(WORK, once=False), 100, 50, 1e6)
    assert anew - found == pytest.approx(300 * 2 * 5 * EYES / (SHARE * 1e6))
    learns = replace(RECIPE, adapt=("language", "vision"), activation_checkpointing=True)
    assert seconds(learns, replace(WORK, once=False), 100, 50, 1e6) == pytest.approx(
        400 * 6 * (10 * WORDS + 5 * EYES) / (SHARE * 1e6)
    )


def test_a_machine_twice_as_fast_takes_half_as_long() -> None:
    assert seconds(RECIPE, WORK, 100, 50, 2e9) == pytest.approx(seconds(RECIPE, WORK, 100, 50, 1e9) / 2)


def test_the_speed_of_this_machine_is_that_of_a_machine() -> None:
    assert 1e8 < speed(replace(RECIPE, device="cpu"), 4) < 1e14


@pytest.mark.parametrize(
    ("given", "words"), [(0.2, "a second"), (61, "61 seconds"), (600, "10 minutes"), (9000, "2.5 hours")]
)
def test_it_is_put_in_words(given: float, words: str) -> None:
    assert said(given) == words
