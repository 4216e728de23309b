"""The report of a few-shot measurement: a row for each number of examples and control, with intervals and costs."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sensorium.core.files import replace_file
from sensorium.evaluation.comparison import ConditionResult, failures_in_words
from sensorium.evaluation.runner import Run
from sensorium.evaluation.statistics import Interval

if TYPE_CHECKING:
    from sensorium.fewshot.run import Plan

EXAMPLES = "examples"
CONTROLS = {
    "vote": "majority vote",
    "images": "without pictures",
    "order": "shuffled order",
    "answers": "shuffled answers",
}
"""A control's name in a plan -> what reports call it."""


@dataclass(frozen=True)
class ReportRow:
    """One number of examples under one condition.

    Args:
        shots: How many examples.
        condition: "examples", or a control: "majority vote", "without pictures", "shuffled order", "shuffled answers".
        score: The mean score with its interval; failures score 0.
        abstained: How often the model said that it can't tell.
        input_tokens, output_tokens: Mean a question, or None if the model doesn't count.
        seconds: Median a question, or None for the vote.
        usd: Money for all of its questions, or None if unknown.
        failures: How many questions failed, by kind.
    """

    shots: int
    condition: str
    score: Interval
    abstained: int
    input_tokens: float | None
    output_tokens: float | None
    seconds: float | None
    usd: float | None
    failures: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """What was measured: the model, how examples were picked and placed, and the rows."""

    model: str
    pick: str
    place: str
    metric: str
    seed: int
    questions: int
    rows: tuple[ReportRow, ...]

    def row(self, shots: int, condition: str = EXAMPLES) -> ReportRow:
        """Return the row of a number of shots; KeyError if it is missing."""
        for row in self.rows:
            if (row.shots, row.condition) == (shots, condition):
                return row
        raise KeyError((shots, condition))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    def lines(self) -> list[str]:
        """Return the table as sentences: a line for each number of examples, its controls below it."""
        return [_line(row) for row in self.rows]

    def csv(self) -> str:
        """Return the table as CSV, a header and a line for each row."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        names = ("input_tokens", "output_tokens", "seconds", "usd")
        writer.writerow(["shots", "condition", "score", "low", "high", "questions", "abstained", *names])
        for row in self.rows:
            score = row.score
            figures = [f"{value:.4f}" for value in (score.mean, score.low, score.high)]
            costs = ["" if (v := getattr(row, name)) is None else f"{v:.6f}" for name in names]
            writer.writerow([row.shots, row.condition, *figures, score.n, row.abstained, *costs])
        return out.getvalue()

    def save(self, folder: Path) -> tuple[Path, Path]:
        """Write report.json and table.csv into a folder and return their paths."""
        folder.mkdir(parents=True, exist_ok=True)
        report, table = folder / "report.json", folder / "table.csv"
        replace_file(report, json.dumps(self.to_json(), indent=1, ensure_ascii=False) + "\n")
        replace_file(table, self.csv())
        return report, table


def condition_name(shots: int, control: str = EXAMPLES) -> str:
    """Return the name of a condition among all: "4 examples", "4 examples, majority vote" …"""
    count = "1 example" if shots == 1 else f"{shots} examples"
    return count if control == EXAMPLES else f"{count}, {CONTROLS[control]}"


def report(model: str, plan: Plan, answers: Run) -> Report:
    """Return the report of a run; a condition without any answer has no row."""
    rows = []
    for shots in plan.shots:
        for control in plan.conditions(shots):
            name = condition_name(shots, control)
            if answers.records.get(name):
                rows.append(_row(shots, control, ConditionResult.of(answers, name, (plan.metric,)), plan))
    return Report(model, plan.pick, plan.place, plan.metric, plan.seed, len(answers.task), tuple(rows))


def _row(shots: int, control: str, result: ConditionResult, plan: Plan) -> ReportRow:
    return ReportRow(
        shots,
        CONTROLS.get(control, EXAMPLES),
        result.score(plan.metric, plan.seed),
        result.abstained,
        result.input_tokens,
        result.output_tokens,
        result.seconds,
        result.usd,
        dict(result.failures),
    )


def _line(row: ReportRow) -> str:
    score = f"{row.score.mean:.3f} ({row.score.low:.3f} to {row.score.high:.3f}, n={row.score.n})"
    failed = f"; {failures_in_words(row.failures, row.score.n)}" if row.failures else ""
    if row.condition != EXAMPLES:
        return f"  {row.condition}: {score}{failed}"
    costs = []
    if row.input_tokens is not None and row.output_tokens is not None:
        costs.append(f"{row.input_tokens:.0f} tokens in and {row.output_tokens:.0f} out a question")
    costs.append("cost unknown" if row.usd is None else f"{row.usd:.4f} US dollars")
    if row.seconds is not None:
        costs.append(f"{row.seconds:.2f} s a question")
    if row.abstained:
        costs.append(f"can't tell {row.abstained} times")
    examples = {0: "No examples", 1: "1 example"}.get(row.shots, f"{row.shots} examples")
    return f"{examples}: {score}; {', '.join(costs)}{failed}"
