"""Selective risk: coverage counts declined and failed questions; answers of one confidence stay together."""

from __future__ import annotations

import pytest

from sensorium.evaluation.choosing.model_row import AnswerRow, ModelRow
from sensorium.evaluation.choosing.selective import RiskPoint, selective_risk


def row(*answers: tuple[float | None, float], declined: int = 0, failed: int = 0) -> ModelRow:
    several = [AnswerRow(place, "x", score, confidence=sure) for place, (sure, score) in enumerate(answers)]
    several += [AnswerRow(0, "can't tell", 0.0, abstained=True, confidence=0.1)] * declined
    several += [AnswerRow(0, "", 0.0, "timeout")] * failed
    return ModelRow("m", "offline", {}, tuple(several))


def test_risk_and_coverage_by_hand() -> None:
    told = selective_risk(row((0.9, 1), (0.9, 1), (0.8, 0), (0.5, 1), (0.5, 0), declined=3, failed=2))
    assert (told.n, told.answered, told.coverage) == (10, 5, 0.5)
    assert told.risk is not None and told.risk.mean == pytest.approx(0.4) and told.risk.n == 5
    assert told.points == (
        RiskPoint(0.9, 0.2, 0.0, 2),
        RiskPoint(0.8, 0.3, pytest.approx(1 / 3), 3),
        RiskPoint(0.5, 0.5, pytest.approx(0.4), 5),
    )
    assert told.area == pytest.approx((2 * 0 + 1 / 3 + 2 * 0.4) / 5)
    assert told.at(0.25) == told.points[1] and told.at(0.6) is None


def test_the_share_that_can_be_answered_within_a_risk_is_sure_and_not_lucky() -> None:
    lucky = selective_risk(row((0.9, 1), (0.9, 1), (0.1, 0)))
    assert lucky.within(0.05) is None  # two right answers show nothing
    many = selective_risk(row(*[(0.9, 1)] * 95, *[(0.9, 0)] * 2, *[(0.4, 0)] * 20))
    point = many.within(0.1)
    assert point is not None and point.answers == 97 and many.within(0.02) is None


def test_without_confidences_there_is_only_one_risk() -> None:
    told = selective_risk(row((None, 1), (0.5, 0)))
    assert told.points == () and told.area is None and told.within(0.9) is None
    assert told.risk is not None and told.risk.mean == 0.5
    silent = selective_risk(row(declined=2, failed=1))
    assert (silent.answered, silent.risk, silent.coverage) == (0, None, 0)
