"""tune/device: twice the work takes twice the time, and what is spared is not counted."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from sensorium.tune.device import UTILISATION, Workload, format_seconds, measure_flops, training_seconds
from sensorium.tune.recipe import Recipe

RECIPE = Recipe("b", "t", "o", batch_size=2, gradient_accumulation_steps=4)
WORK = Workload((2, 8, 16), (3, 4, 8), 10, 5, True)
LANGUAGE = 2 * (4 * 64 + 3 * 8 * 16)
VISION = 3 * (4 * 16 + 2 * 4 * 8)


def test_it_counts_multiplications() -> None:
    """50 steps of 8 rows: each four times through the words, each of 100 pictures once through the eyes."""
    found = training_seconds(RECIPE, WORK, 100, 50, 1e6)
    assert found == pytest.approx((400 * 4 * 10 * LANGUAGE + 100 * 2 * 5 * VISION) / (UTILISATION * 1e6))
    anew = training_seconds(RECIPE, replace(WORK, cached=False), 100, 50, 1e6)
    assert anew - found == pytest.approx(300 * 2 * 5 * VISION / (UTILISATION * 1e6))
    learns = replace(RECIPE, adapt=("language", "vision"), gradient_checkpointing=True)
    assert training_seconds(learns, replace(WORK, cached=False), 100, 50, 1e6) == pytest.approx(
        400 * 6 * (10 * LANGUAGE + 5 * VISION) / (UTILISATION * 1e6)
    )


def test_a_machine_twice_as_fast_takes_half_as_long() -> None:
    assert training_seconds(RECIPE, WORK, 100, 50, 2e9) == pytest.approx(
        training_seconds(RECIPE, WORK, 100, 50, 1e9) / 2
    )


def test_the_speed_of_this_machine_is_that_of_a_machine() -> None:
    assert 1e8 < measure_flops(replace(RECIPE, device="cpu"), 4) < 1e14


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "a second"), (61, "61 seconds"), (600, "10 minutes"), (9000, "2.5 hours")]
)
def test_it_is_put_in_words(seconds: float, words: str) -> None:
    assert format_seconds(seconds) == words
