"""JSON and CSV of a comparison."""

from __future__ import annotations

import csv
import io
import json

import pytest
from planted_choices import eight_rows

from sensorium.evaluation.choosing.report.findings import ChoiceReport
from sensorium.evaluation.choosing.report.forms import to_csv, to_json


@pytest.fixture(scope="module")
def report() -> ChoiceReport:
    return ChoiceReport(eight_rows(60))


def test_json_holds_everything_once(report: ChoiceReport) -> None:
    values = json.loads(json.dumps(to_json(report)))
    assert (
        values["n"] == 60 and values["clusters"] == 30 and len(values["pairs"]) == 28 and len(values["answers"]) == 60
    )
    assert values["limits"] == {"usd_per_1000": 0.6, "p95_seconds": None, "accuracy": 0.7, "private": False}
    assert values["recommendation"]["take"] == report.recommendation.take
    assert values["rows"][5]["failures"] == {"timeout": 1, "refused": 1} and values["rows"][7]["usd_per_1000"] is None
    assert values["answers"][3]["rows"]["gemini:gemini-3.8-flash"]["failure"] == "timeout"
    unsettled = [pair for pair in values["pairs"] if not pair["settled"]]
    assert unsettled and all(pair["p"] >= 0.05 for pair in unsettled)


def test_csv_has_a_line_for_each_row_and_leaves_out_what_is_unknown(report: ChoiceReport) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(report))))
    assert [row["name"] for row in rows] == [row.name for row in report.choice.rows]
    assert rows[6]["name"] == "openai:gpt-6-luna, 4 shots" and float(rows[6]["usd_per_1000"]) == pytest.approx(0.45)
    assert rows[7]["usd_per_1000"] == "" and rows[5]["failures"] == "1 timeout; 1 refused" and rows[5]["failed"] == "2"
