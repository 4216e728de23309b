"""Risk against coverage as a drawing: where the line lies, what it leaves out, what a screen reader is told."""

from __future__ import annotations

import re

import pytest
from planted_choices import PlantedRow, planted

from sensorium.evaluation.choosing.model_row import ModelRow
from sensorium.evaluation.choosing.report import risk_plot as plots
from sensorium.evaluation.choosing.report.findings import ChoiceReport
from sensorium.evaluation.choosing.report.page import page
from sensorium.evaluation.choosing.selective import selective_risk


def sure_row(n: int = 100, wrong: int = 20) -> ModelRow:
    """Return a row that is wrong exactly in its least sure answers."""
    from dataclasses import replace

    row = PlantedRow("sure", [1] * (n - wrong) + [0] * wrong).row()
    answers = tuple(replace(answer, confidence=1 - answer.example / n) for answer in row.answers)
    return replace(row, answers=answers)


def coordinates(path: str) -> list[tuple[float, float]]:
    numbers = [float(number) for number in re.findall(r"-?\d+\.\d+", path)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def test_the_line_rises_where_the_answers_are_wrong() -> None:
    told = selective_risk(sure_row())
    drawn = plots.risk_plot(told, "sure", "risk-1", 0.4, 0.05)
    line = coordinates(drawn["line"])
    assert len(line) == 96 and line[0][1] == drawn["bottom"] and line[0][0] < line[-1][0] == drawn["right"]
    place = next(i for i, (_, y) in enumerate(line) if y < drawn["bottom"])
    assert place == 81 - plots.MIN_ANSWERS  # the 81st answer is the first wrong one
    assert line[-1][1] == pytest.approx((drawn["top"] + drawn["bottom"]) / 2, abs=0.1)  # 20 % of 40 %
    assert drawn["safe"] is not None and drawn["safe"][0] < line[-1][0]
    band = coordinates(drawn["band"])
    assert len(band) == 2 * len(line)
    for (x, y), upper, lower in zip(line, band, reversed(band[len(line) :]), strict=False):
        assert upper[0] == lower[0] == x and upper[1] <= y <= lower[1]


def test_words_say_the_same() -> None:
    words = plots.risk_words(selective_risk(sure_row()), 0.05)
    assert words.startswith("Answering 10.0 % of the questions, 0.0 % wrong; ")
    assert "answering all that it can, 100.0 %, 20.0 % wrong; surely at most 5.0 % wrong up to 8" in words
    assert plots.risk_words(selective_risk(sure_row(8, 8)), 0.05).endswith("nowhere surely at most 5.0 % wrong.")


def test_many_answers_are_thinned_and_few_are_one_point() -> None:
    many = selective_risk(sure_row(3000, 300))
    drawn = plots.drawn_points(many)
    assert len(drawn) <= 120 and drawn[-1] == many.points[-1] and drawn[0].answers < 40
    few = selective_risk(sure_row(3, 1))
    assert plots.drawn_points(few) == few.points[-1:]
    assert 0 < plots.top_risk([few]) <= 1 and plots.top_risk([]) == 0.2
    assert plots.risk_plot(few, "few", "r", 1.0, 0.05)["line"].count("L") == 0


def test_the_page_has_a_drawing_for_each_row_with_confidences() -> None:
    choice = planted(PlantedRow("a", [1] * 60 + [0] * 40), PlantedRow("b", [0] * 100))
    from dataclasses import replace

    text = page(ChoiceReport(replace(choice, rows=(sure_row(), choice.rows[0]))))
    assert text.count("Risk against coverage: ") == 1 and "Risk against coverage: sure" in text
    assert "Risk against coverage: " not in page(ChoiceReport(choice))
