"""Signs: the confidence falls with each thing that speaks against a table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sensorium.eyes.charts.bars.confidence import Signs, confidence, odd, strange

GOOD = Signs(
    label=0.999, unread=0.0, held=1.0, ticks=6, off=0.2, zero=0.5, agree=1.0, noted=0.0, uneven=0.0, slack=5.0,
    odd=False, bars=5, letter=20.0,
)  # fmt: skip


def test_nothing_against_it() -> None:
    assert 0.9 < confidence(GOOD) < 1.0


@pytest.mark.parametrize(
    "worse",
    [
        {"label": 0.8}, {"unread": 0.2}, {"held": 0.6}, {"ticks": 3}, {"off": 1.4}, {"zero": 6.0},
        {"agree": 0.5, "noted": 1.0}, {"uneven": 0.1}, {"slack": 0.4}, {"odd": True}, {"faint": True}, {"doubted": 2},
        {"strange": 1}, {"bars": 14}, {"letter": 8.0},
    ],
)  # fmt: skip
def test_each_sign_lowers_the_confidence(worse: dict[str, Any]) -> None:
    assert confidence(replace(GOOD, **worse)) < confidence(GOOD)


def test_an_unknown_word_counts_only_where_it_was_not_read_surely() -> None:
    unsure = replace(GOOD, label=0.97)
    assert confidence(replace(unsure, unknown=2)) < confidence(unsure)
    assert confidence(replace(GOOD, unknown=2)) == confidence(GOOD)


def test_strange_labels() -> None:
    assert strange(["Tuesday", "Guinea pig", "Q1 2021", "10-19", "80+", "Wood & waste"]) == 0
    assert strange(["」", "A"]) == 1
    assert strange(['Guinea pig "', "Dog"]) == 1


def test_lone_letters_follow_each_other() -> None:
    assert not odd(["C", "D", "E"])
    assert not odd(["E", "D", "C"])
    assert odd(["C", "D", "V"])
