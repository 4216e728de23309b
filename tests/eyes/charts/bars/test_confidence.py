"""The confidence falls with each feature that speaks against a table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sensorium.eyes.charts.bars.confidence import TableFeatures, confidence, count_odd, is_out_of_order

GOOD = TableFeatures(
    min_score=0.999, unlabelled=0.0, inliers=1.0, n_inliers=6, rmse=0.2, zero_offset=0.5, agreement=1.0, numbered=0.0,
    unevenness=0.0, margin=5.0, out_of_order=False, n_bars=5, text_height=20.0,
)  # fmt: skip


def test_a_table_without_faults() -> None:
    assert 0.9 < confidence(GOOD) < 1.0


@pytest.mark.parametrize(
    "worse",
    [
        {"min_score": 0.8}, {"unlabelled": 0.2}, {"inliers": 0.6}, {"n_inliers": 3}, {"rmse": 1.4},
        {"zero_offset": 6.0}, {"agreement": 0.5, "numbered": 1.0}, {"unevenness": 0.1}, {"margin": 0.4},
        {"out_of_order": True}, {"has_faint": True}, {"disagreements": 2}, {"odd_labels": 1}, {"n_bars": 14},
        {"text_height": 8.0},
    ],
)  # fmt: skip
def test_each_fault_lowers_the_confidence(worse: dict[str, Any]) -> None:
    assert confidence(replace(GOOD, **worse)) < confidence(GOOD)


def test_an_unknown_word_counts_only_where_it_was_not_read_surely() -> None:
    unsure = replace(GOOD, min_score=0.97)
    assert confidence(replace(unsure, unknown_words=2)) < confidence(unsure)
    assert confidence(replace(GOOD, unknown_words=2)) == confidence(GOOD)


def test_odd_labels() -> None:
    assert count_odd(["Tuesday", "Guinea pig", "Q1 2021", "10-19", "80+", "Wood & waste"]) == 0
    assert count_odd(["」", "A"]) == 1
    assert count_odd(['Guinea pig "', "Dog"]) == 1


def test_single_letters_follow_each_other() -> None:
    assert not is_out_of_order(["C", "D", "E"])
    assert not is_out_of_order(["E", "D", "C"])
    assert is_out_of_order(["C", "D", "V"])
