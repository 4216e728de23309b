"""Figures of a row: failures in every denominator, seconds by percentile, tokens a question, JSON."""

from __future__ import annotations

import json

import pytest
from planted_choices import PlantedRow, paired_scores, planted

from sensorium.evaluation.choosing.figures import all_figures, row_figures
from sensorium.evaluation.choosing.model_row import AnswerRow, ModelRow

FIRST, _ = paired_scores(70, 10, 5, 15)


def test_failures_stay_in_the_denominator() -> None:
    (told,) = all_figures(planted(PlantedRow("a", FIRST, failures={0: "timeout", 1: "timeout", 2: "refused"})))
    assert told.accuracy.mean == pytest.approx(0.77) and told.accuracy.n == 100
    assert told.failures == {"timeout": 2, "refused": 1} and told.failed == 3
    assert told.selective.answered == 97


def test_seconds_tokens_money_and_energy() -> None:
    answers = tuple(
        AnswerRow(
            place,
            "x",
            1.0,
            seconds=place / 100,
            first_token_seconds=place / 200,
            input_tokens=10 * (place % 2 + 1),
            usd=0.01,
        )
        for place in range(101)
    )
    told = row_figures(ModelRow("m", "hosted", {}, answers, joules=202.0), tuple(range(101)))
    assert (told.p50, told.p95, told.first_p50, told.first_p95) == pytest.approx((0.5, 0.95, 0.25, 0.475))
    assert told.tokens == {"input_tokens": pytest.approx(1510 / 101)}
    assert told.usd_per_1000 == pytest.approx(10) and told.joules == pytest.approx(2)
    assert 0.96 < told.accuracy.low < told.accuracy.high == 1.0  # Wilson's, though all answers are alike


def test_questions_that_share_a_picture_widen_the_interval() -> None:
    row = PlantedRow("a", [1] * 60 + [0] * 40).row()
    alone, shared = row_figures(row, tuple(range(100))), row_figures(row, tuple(place // 10 for place in range(100)))
    assert shared.accuracy.high - shared.accuracy.low > 2 * (alone.accuracy.high - alone.accuracy.low)


def test_json_is_plain() -> None:
    (told,) = all_figures(planted(PlantedRow("a", FIRST)))
    values = json.loads(json.dumps(told.to_json()))
    assert values["accuracy"]["mean"] == 0.8 and values["settings"] == {"model": "a", "seed": 0}
    assert values["seconds"]["first_token_p95"] is None and values["usd_per_1000"] == 0
