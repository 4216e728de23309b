"""ChoiceReport and its lines."""

from __future__ import annotations

from dataclasses import replace

import pytest
from planted_choices import PlantedRow, eight_rows, paired_scores, planted

from sensorium.core.errors import InputError
from sensorium.evaluation.choosing.pareto import BEATEN, ON_FRONT
from sensorium.evaluation.choosing.report.findings import MONEY, TIME, ChoiceReport
from sensorium.evaluation.choosing.report.lines import lines


def test_controls_stand_on_no_front() -> None:
    report = ChoiceReport(eight_rows())
    assert "commonest answer" not in report.fronts[MONEY]
    assert report.fronts[MONEY]["offline"].place == ON_FRONT and report.fronts[TIME]["offline"].place == BEATEN
    assert 0 < len(report.main_pairs) < len(report.pairs) == 28


def test_a_row_that_lacks_an_answer_is_refused() -> None:
    made = planted(PlantedRow("a", [1, 0]), PlantedRow("b", [1, 0]))
    short = replace(made.rows[1], answers=made.rows[1].answers[:1])
    with pytest.raises(InputError, match="'b' hasn't one answer to each of 2 questions"):
        ChoiceReport(replace(made, rows=(made.rows[0], short)))
    with pytest.raises(InputError, match="needs a question and a model"):
        ChoiceReport(replace(made, rows=()))


def test_lines_begin_with_the_recommendation() -> None:
    first, second = paired_scores(155, 13, 7, 25)
    rows = (PlantedRow("a", first, 0.004, failures={199: "timeout"}), PlantedRow("b", second, 0.001))
    told = lines(ChoiceReport(planted(*rows, notes=("A note.",))))
    assert told[0] == "tins: 200 questions, scored by exact."
    assert told[1] == "No winner with 200 questions. Take b: the cheapest that can't be told from the best, a."
    (row,) = [line for line in told if line.startswith("  a: ")]
    assert "$4.00 for 1,000 questions (planted, read 2026-11-29); 0.500 s (p95 0.500 s); failed 1 (1 timeout)" in row
    assert told[-2].startswith("  a against b: +3.0 points (") and "or about 920 questions" in told[-2]
    assert told[-1] == "A note."
