"""ModelRow: denominators, money, percentiles."""

from __future__ import annotations

import numpy as np
import pytest

from sensorium.evaluation.choosing.model_row import AnswerRow, ModelRow, percentile


def row(*answers: AnswerRow) -> ModelRow:
    return ModelRow("a", "hosted", {}, answers)


def test_failures_stay_in_the_denominator_and_cost_what_they_cost() -> None:
    answers = (
        AnswerRow(0, "red", 1.0, seconds=1.0, usd=0.002, input_tokens=10),
        AnswerRow(1, "", 0.0, "refused", seconds=0.1, usd=0.001),
        AnswerRow(2, "", 0.0, "timeout", seconds=9.0, usd=0.0),
    )
    table = row(*answers)
    assert table.accuracy == pytest.approx(1 / 3)
    assert table.failures == {"refused": 1, "timeout": 1}
    assert table.usd_per_1000 == pytest.approx(1.0)
    assert table.latency(1.0) == 9.0  # a time-out took its time
    assert table.latency(0.0) == 1.0  # a refusal doesn't make a model quick
    assert table.tokens("input_tokens") == 10
    assert table.tokens("thinking_tokens") is None


def test_money_that_is_unknown_of_one_question_is_unknown() -> None:
    assert row(AnswerRow(0, "red", 1.0, usd=1.0), AnswerRow(1, "red", 1.0)).usd_per_1000 is None


@pytest.mark.parametrize("size", [1, 2, 19, 20, 101])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.95, 1.0])
def test_percentiles_are_numpy_s(size: int, share: float) -> None:
    values = np.random.default_rng(size).exponential(size=size)
    assert percentile(values.tolist(), share) == pytest.approx(float(np.quantile(values, share)))


def test_a_percentile_of_nothing_is_none() -> None:
    assert percentile([], 0.5) is None
