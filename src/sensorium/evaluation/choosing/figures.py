"""Every figure of a row: accuracy with its interval, failures, seconds, tokens, money, memory, energy."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sensorium.evaluation.choosing.model_row import ModelChoice, ModelRow
from sensorium.evaluation.choosing.selective import SelectiveRisk, selective_risk
from sensorium.evaluation.statistics import Interval, mean_interval

TOKENS = ("input_tokens", "cached_tokens", "output_tokens", "thinking_tokens")


@dataclass(frozen=True)
class RowFigures:
    """A row's figures; None where unknown.

    Args:
        row: The row.
        accuracy: The mean score over all questions, failures included, with its 95 % interval.
        abstained: How many answers were that it can't be told.
        failures: How many questions failed, by kind.
        p50, p95: Seconds until the last word, of the first run in which an answer was kept.
        first_p50, first_p95: Seconds until the first word.
        tokens: Mean number a question, of each kind that the model counts.
        usd_per_1000: Money for 1,000 such questions.
        joules: Energy a question.
        selective: What the row's own confidences are worth.
    """

    row: ModelRow
    accuracy: Interval
    abstained: int
    failures: dict[str, int]
    p50: float | None
    p95: float | None
    first_p50: float | None
    first_p95: float | None
    tokens: dict[str, float]
    usd_per_1000: float | None
    joules: float | None
    selective: SelectiveRisk

    @property
    def failed(self) -> int:
        """How many questions failed."""
        return sum(self.failures.values())

    def to_json(self) -> dict[str, Any]:
        """Return the figures as plain JSON values, the settings beside them."""
        row, selective = self.row, self.selective
        return {
            "name": row.name,
            "kind": row.kind,
            "is_private": row.is_private,
            "settings": dict(row.settings),
            "n": len(row.answers),
            "accuracy": asdict(self.accuracy),
            "abstained": self.abstained,
            "failures": self.failures,
            "seconds": {
                "p50": self.p50,
                "p95": self.p95,
                "first_token_p50": self.first_p50,
                "first_token_p95": self.first_p95,
            },
            "concurrency": row.concurrency,
            "tokens": self.tokens,
            "usd": row.usd,
            "usd_per_1000": self.usd_per_1000,
            "price": row.price,
            "peak_memory_bytes": row.peak_memory_bytes,
            "joules": row.joules,
            "selective": {
                "answered": selective.answered,
                "risk": selective.risk and asdict(selective.risk),
                "area": selective.area,
                "points": [asdict(point) for point in selective.points],
            },
        }


def row_figures(row: ModelRow, clusters: tuple[int, ...]) -> RowFigures:
    """Return a row's figures."""
    n = len(row.answers)
    sums = {name: row.tokens(name) for name in TOKENS}
    return RowFigures(
        row,
        mean_interval(row.scores, clusters),
        sum(answer.abstained for answer in row.answers),
        row.failures,
        row.latency(0.5),
        row.latency(0.95),
        row.latency(0.5, "first_token_seconds"),
        row.latency(0.95, "first_token_seconds"),
        {name: total / n for name, total in sums.items() if total is not None},
        row.usd_per_1000,
        None if row.joules is None else row.joules / n,
        selective_risk(row, clusters),
    )


def all_figures(choice: ModelChoice) -> tuple[RowFigures, ...]:
    """Return the figures of each row, in the order of the rows."""
    return tuple(row_figures(row, choice.clusters) for row in choice.rows)
