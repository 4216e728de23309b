"""Choices made by hand: rows of which it is known who answered what rightly, for what money, in what time."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sensorium.core.messages import Conversation
from sensorium.evaluation.choosing.figures import all_figures
from sensorium.evaluation.choosing.model_row import AnswerRow, ModelChoice, ModelRow, UserLimits
from sensorium.evaluation.choosing.pairs import row_pairs
from sensorium.evaluation.choosing.recommend import Recommendation, recommend
from sensorium.tasks.task import Example

RIGHT, WRONG = "red", "blue"


@dataclass(frozen=True)
class PlantedRow:
    """A row: its scores, the money of a question, the seconds of each answer in turn, and what else it is."""

    name: str
    scores: Sequence[float]
    usd: float | None = 0.0
    seconds: Sequence[float] = (0.5,)
    kind: str = "hosted"
    private: bool = False
    failures: Mapping[int, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)

    def row(self) -> ModelRow:
        answers = tuple(
            AnswerRow(
                place,
                "" if place in self.failures else RIGHT if score >= 0.5 else WRONG,
                0.0 if place in self.failures else float(score),
                self.failures.get(place, ""),
                seconds=self.seconds[place % len(self.seconds)],
                usd=self.usd,
            )
            for place, score in enumerate(self.scores)
        )
        known = {"price": "planted, read 2026-11-29", "settings": {"model": self.name, "seed": 0}}
        return ModelRow(self.name, self.kind, answers=answers, is_private=self.private, **{**known, **self.more})


def planted(
    *rows: PlantedRow,
    limits: UserLimits | None = None,
    clusters: Sequence[int] | None = None,
    examples: Sequence[Example] = (),
    **more: Any,
) -> ModelChoice:
    n = len(rows[0].scores)
    asked = tuple(examples) or tuple(
        Example(Conversation.of(f"Which colour is {place}?"), (RIGHT,), id=f"id{place}") for place in range(n)
    )
    return ModelChoice(
        "tins",
        "exact",
        asked,
        tuple(range(n) if clusters is None else clusters),
        tuple(row.row() for row in rows),
        limits or UserLimits(),
        **more,
    )


def advice(choice: ModelChoice) -> Recommendation:
    return recommend(choice, all_figures(choice), row_pairs(choice.rows, choice.clusters))


def paired_scores(both: int, only_first: int, only_second: int, neither: int) -> tuple[list[int], list[int]]:
    """Return the scores of two rows with so many questions of each outcome."""
    first = [1] * both + [1] * only_first + [0] * only_second + [0] * neither
    second = [1] * both + [0] * only_first + [1] * only_second + [0] * neither
    return first, second


def skilled(n: int, accuracy: float, seed: int) -> list[int]:
    """Return independent scores of a row that is right so often."""
    chance = random.Random(seed)
    return [int(chance.random() < accuracy) for _ in range(n)]
