"""What a measurement found: a table with intervals, tokens and money, and a picture of it."""

from __future__ import annotations

import csv
import io
import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sensorium.evaluation.metrics import Interval, interval

if TYPE_CHECKING:
    from sensorium.fewshot.run import Plan
    from sensorium.fewshot.run_store import Record

NAMES = {
    "examples": "with the examples",
    "vote": "their majority vote",
    "images": "without their pictures",
    "order": "in another order",
    "answers": "with shuffled answers",
}


@dataclass(frozen=True)
class Row:
    """One number of examples under one condition.

    Args:
        shots: How many examples.
        condition: "examples", or a control: "vote", "images", "order", "answers".
        score: The mean score with its interval.
        abstained: How often the model said that it can't tell.
        input_tokens, output_tokens: Mean a question, or None where the model does not count.
        seconds: Median a question, or None for the vote.
        usd: Money for all of its questions, or None where not known.
    """

    shots: int
    condition: str
    score: Interval
    abstained: int
    input_tokens: float | None
    output_tokens: float | None
    seconds: float | None
    usd: float | None


@dataclass(frozen=True)
class Report:
    """A measurement: which model, how examples were picked and placed, and a row a number of them and condition."""

    model: str
    pick: str
    place: str
    metric: str
    seed: int
    questions: int
    rows: tuple[Row, ...]

    def row(self, shots: int, condition: str = "examples") -> Row:
        """Return the row of a number of shots; KeyError where there is none."""
        for row in self.rows:
            if (row.shots, row.condition) == (shots, condition):
                return row
        raise KeyError((shots, condition))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    def lines(self) -> list[str]:
        """Put the table in sentences, one a number of examples, and the controls below it."""
        return [_line(row) for row in self.rows]

    def csv(self) -> str:
        """Write the table as CSV, a header and one line a row."""
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
        """Write report.json and table.csv into a folder; gives their paths."""
        folder.mkdir(parents=True, exist_ok=True)
        report, table = folder / "report.json", folder / "table.csv"
        report.write_text(json.dumps(self.to_json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        table.write_text(self.csv(), encoding="utf-8")
        return report, table


def report(model: str, plan: Plan, records: Sequence[Record], questions: int) -> Report:
    """Make the report of what was answered; a condition without any answer has no row."""
    rows = []
    for shots in plan.shots:
        for condition in plan.conditions(shots):
            own = [r for r in records if (r.step.shots, r.step.condition) == (shots, condition)]
            if own:
                rows.append(_row(shots, condition, own, plan.seed))
    return Report(model, plan.pick, plan.place, plan.metric, plan.seed, questions, tuple(rows))


def _row(shots: int, condition: str, records: Sequence[Record], seed: int) -> Row:
    def known(name: str) -> list[float]:
        return [value for record in records if (value := getattr(record.usage, name)) is not None]

    tokens_in, tokens_out, seconds, usd = (known(n) for n in ("input_tokens", "output_tokens", "seconds", "usd"))
    return Row(
        shots,
        condition,
        interval([record.score for record in records], seed),
        sum(record.abstained for record in records),
        statistics.fmean(tokens_in) if tokens_in else None,
        statistics.fmean(tokens_out) if tokens_out else None,
        statistics.median(seconds) if seconds else None,
        sum(usd) if usd else None,
    )


def _line(row: Row) -> str:
    score = f"{row.score.mean:.3f} ({row.score.low:.3f} to {row.score.high:.3f}, n={row.score.n})"
    if row.condition != "examples":
        return f"  {NAMES[row.condition]}: {score}"
    costs = []
    if row.input_tokens is not None and row.output_tokens is not None:
        costs.append(f"{row.input_tokens:.0f} tokens in and {row.output_tokens:.0f} out a question")
    costs.append("money not known" if row.usd is None else f"{row.usd:.4f} US dollars")
    if row.seconds is not None:
        costs.append(f"{row.seconds:.2f} s a question")
    if row.abstained:
        costs.append(f"can't tell {row.abstained} times")
    examples = {0: "No examples", 1: "1 example"}.get(row.shots, f"{row.shots} examples")
    return f"{examples}: {score}; {', '.join(costs)}"
