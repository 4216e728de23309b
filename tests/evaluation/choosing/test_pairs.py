"""Pairs: all rows with one another, Holm over all of them, counts, intervals, what would settle it."""

from __future__ import annotations

import pytest
from planted_choices import PlantedRow, paired_scores, skilled

from sensorium.evaluation.choosing.model_row import ModelRow
from sensorium.evaluation.choosing.pairs import by_accuracy, pair_of, row_pairs
from sensorium.evaluation.statistics import holm, mcnemar

CLOSE, CLOSER = paired_scores(155, 13, 7, 25)


def rows() -> list[ModelRow]:
    return [PlantedRow("b", CLOSER).row(), PlantedRow("a", CLOSE).row(), PlantedRow("c", skilled(200, 0.5, 4)).row()]


def test_every_pair_the_better_row_first_adjusted_for_all() -> None:
    pairs = row_pairs(rows(), range(200))
    assert [(pair.first, pair.second) for pair in pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    alone = [mcnemar(pair.scores, pair.baseline) for pair in pairs]
    assert [pair.p for pair in pairs] == pytest.approx(holm(alone))
    assert [pair.is_settled for pair in pairs] == [False, True, True]
    assert {pair.level for pair in pairs} == {0.05}  # two of three are settled: the last needs no more
    assert pair_of(pairs, "c", "a") is pairs[1]


def test_counts_difference_and_what_would_settle_it() -> None:
    (pair,) = row_pairs(rows()[:2], range(200))
    assert (pair.only_first, pair.only_second, pair.test) == (13, 7, "exact McNemar test")
    assert pair.difference.mean == pytest.approx(0.03) and pair.difference.low < 0 < pair.difference.high
    assert pair.detectable == pytest.approx(0.062, abs=0.002)
    needed, for_two_points = pair.needed(), pair.needed(0.02)
    assert needed is not None and for_two_points is not None and 900 <= needed <= 940 < for_two_points
    (alike,) = row_pairs([PlantedRow("a", CLOSE).row(), PlantedRow("b", CLOSE).row()], range(200))
    assert (alike.p, alike.needed(), alike.detectable, alike.is_settled) == (1.0, None, None, False)


def test_many_rows_of_one_picture_each_can_still_be_told_apart() -> None:
    several = [PlantedRow(str(place), skilled(120, 0.9 if place == 0 else 0.3, place)).row() for place in range(12)]
    pairs = row_pairs(several, [place // 2 for place in range(120)])
    assert len(pairs) == 66 and {pair.test for pair in pairs} == {"paired permutation test by picture"}
    assert all(pair.is_settled for pair in pairs if "0" in (pair.first, pair.second))
    assert not any(pair.is_settled for pair in pairs if "0" not in (pair.first, pair.second))


def test_of_equally_accurate_rows_the_cheaper_comes_first() -> None:
    several = [PlantedRow(name, CLOSE, usd).row() for name, usd in (("x", None), ("y", 0.2), ("z", 0.1))]
    assert [row.name for row in by_accuracy(several)] == ["z", "y", "x"]
