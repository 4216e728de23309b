"""Choices made by hand: rows of which it is known who answered what rightly, for what money, in what time."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sensorium.core.messages import Conversation, Image
from sensorium.evaluation.choosing.figures import all_figures
from sensorium.evaluation.choosing.model_row import AnswerRow, ModelChoice, ModelRow, UserLimits
from sensorium.evaluation.choosing.pairs import row_pairs
from sensorium.evaluation.choosing.recommend import Recommendation, recommend
from sensorium.media.image import encode
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


def drawn_examples(n: int) -> tuple[Example, ...]:
    """Return questions about drawn pictures, two on each."""
    out = []
    for place in range(n):
        pixels = np.full((90, 120, 3), (200, place // 2 * 9 % 256, 40 + place % 7), dtype=np.uint8)
        pixels[20:70, 30 : 40 + place // 2 % 60] = (30, 60, 160)
        chat = Conversation.of(Image(encode(pixels).blob), f"Which colour is the tin on shelf {place}?")
        out.append(Example(chat, (RIGHT,), id=f"id{place}"))
    return tuple(out)


def eight_rows(n: int = 200, seed: int = 5) -> ModelChoice:
    """Return a comparison as users make it: eight rows of every kind, failures, unknowns, limits, pictures."""
    chance = random.Random(seed)
    hard = [chance.random() for _ in range(n)]

    def scores(accuracy: float) -> list[int]:
        return [int(0.75 * own + 0.25 * chance.random() < accuracy) for own in hard]

    local, tuned = {"peak_memory_bytes": 420_000_000}, {"peak_memory_bytes": 1_350_000_000, "joules": 96.0}
    rows = [
        PlantedRow("commonest answer", scores(0.4), 0.0, (0.0,), "majority", True),
        PlantedRow("offline", scores(0.62), 0.0, (0.3, 0.4, 0.9), "offline", True, more=local),
        PlantedRow("starter", scores(0.55), 0.00002, (0.12, 0.14), "starter", True, more=tuned),
        PlantedRow("starter, 4 shots", scores(0.58), 0.00004, (0.3, 0.35), "few-shot", True, more=tuned),
        PlantedRow("starter + adapter tins", scores(0.8), 0.00002, (0.13, 0.15), "tuned", True, more=tuned),
        PlantedRow(
            "gemini:gemini-3.8-flash", scores(0.83), 0.0007, (0.9, 1.4, 4.1), failures={3: "timeout", 9: "refused"}
        ),
        PlantedRow("openai:gpt-6-luna, 4 shots", scores(0.82), 0.00045, (1.1, 1.2, 2.5), "few-shot"),
        PlantedRow(
            "a server of ours", scores(0.7), None, (2.0,), failures={place: "bad JSON" for place in range(0, n, 20)}
        ),
    ]
    made = planted(
        *rows,
        limits=UserLimits(usd_per_1000=0.6, accuracy=0.7),
        examples=drawn_examples(n),
        clusters=[place // 2 for place in range(n)],
        settings={"seed": "0", "questions": f"{n} examples, sha256 0123456789abcdef"},
        notes=("Two pictures could not be opened; their questions count as wrong for every row.",),
    )
    return replace(made, rows=tuple(_measured(row, chance) for row in made.rows))


def _measured(row: ModelRow, chance: random.Random) -> ModelRow:
    """Return a row with tokens, first words, confidences and declined answers where its kind has them."""
    answers = []
    for answer in row.answers:
        if row.kind in ("offline", "starter", "tuned"):
            sure = min(1.0, max(0.0, round(0.35 + 0.4 * answer.score + chance.uniform(-0.3, 0.3), 2)))
            answer = replace(answer, confidence=sure, abstained=row.kind == "offline" and sure < 0.2)
        if row.kind in ("hosted", "few-shot") and not answer.failure:
            first = None if answer.seconds is None else round(answer.seconds * 0.4, 3)
            answer = replace(answer, first_token_seconds=first, input_tokens=620, output_tokens=6, cached_tokens=210)
        answers.append(answer)
    return replace(row, answers=tuple(answers))
