"""ChoiceReport: a comparison with everything that is computed from it once: figures, pairs, fronts, recommendation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from sensorium.core.errors import InputError
from sensorium.evaluation.choosing.figures import RowFigures, all_figures
from sensorium.evaluation.choosing.model_row import ModelChoice
from sensorium.evaluation.choosing.pairs import RowPair, row_pairs
from sensorium.evaluation.choosing.pareto import FrontPlace, front_places
from sensorium.evaluation.choosing.recommend import CONTROLS, Recommendation, recommend

MONEY, TIME = "money", "time"
_ALL_PAIRS = 15


@dataclass(frozen=True)
class ChoiceReport:
    """What a page, a terminal or a file shows.

    Args:
        choice: The rows, the questions and the user's limits.

    Raises:
        InputError: without rows or questions, or if a row lacks an answer.
    """

    choice: ModelChoice

    def __post_init__(self) -> None:
        n = len(self.choice.examples)
        if not n or not self.choice.rows:
            raise InputError("A comparison needs a question and a model.", "Name models with `models`.")
        for row in self.choice.rows:
            if [answer.example for answer in row.answers] != list(range(n)):
                raise InputError(
                    f"The row '{row.name[:80]}' hasn't one answer to each of {n} questions, in their order.",
                    "Compare rows that were asked the same questions.",
                )

    @cached_property
    def figures(self) -> tuple[RowFigures, ...]:
        """The figures of each row, in the order of the rows."""
        return all_figures(self.choice)

    @cached_property
    def pairs(self) -> tuple[RowPair, ...]:
        """Every pair of rows, the better row first."""
        return row_pairs(self.choice.rows, self.choice.clusters)

    @cached_property
    def recommendation(self) -> Recommendation:
        """What to take under the user's limits."""
        return recommend(self.choice, self.figures, self.pairs)

    @cached_property
    def fronts(self) -> Mapping[str, Mapping[str, FrontPlace]]:
        """Where each model, controls left out, stands on the front of accuracy and "money" or "time" (p50)."""
        models = [own for own in self.figures if own.row.kind not in CONTROLS]
        money = {own.row.name: (own.usd_per_1000, own.accuracy.mean) for own in models}
        time = {own.row.name: (own.p50, own.accuracy.mean) for own in models}
        return {MONEY: front_places(money, self.pairs), TIME: front_places(time, self.pairs)}

    @cached_property
    def main_pairs(self) -> tuple[RowPair, ...]:
        """All pairs; of more than 15 those with the best and the recommended row."""
        own = {self.recommendation.best, self.recommendation.take} - {""}
        if len(self.pairs) <= _ALL_PAIRS or not own:
            return self.pairs
        return tuple(pair for pair in self.pairs if own & {pair.first, pair.second})

    @property
    def has_clusters(self) -> bool:
        """Whether questions share pictures."""
        return len(set(self.choice.clusters)) < len(self.choice.clusters)

    @property
    def right_or_wrong(self) -> bool:
        """Whether every score is 0 or 1."""
        return all(score in (0, 1) for row in self.choice.rows for score in row.scores)
