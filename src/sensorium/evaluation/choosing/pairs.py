"""Paired comparisons of all rows with one another: how much better, how sure, how many questions would settle it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from sensorium.evaluation.choosing.model_row import ModelRow
from sensorium.evaluation.choosing.power import LEVEL, PairSpread, questions_to_settle
from sensorium.evaluation.statistics import (
    Interval,
    holm,
    paired_difference,
    paired_test,
    smallest_detectable_difference,
)

_FLIPS = 400
"""Sign flips for each comparison of a family: the smallest p-value is then 20 times under what Holm's method needs."""


@dataclass(frozen=True)
class RowPair:
    """Two rows, question by question.

    Args:
        first, second: Their names; the first has the higher mean score, or came first.
        scores, baseline: Their scores, in the order of the questions.
        clusters: A number for each question; those that share a picture have the same one.
        p: The p-value of the difference, adjusted by Holm's method for all comparisons of the family.
        test: The name of the test.
        level: The p-value that a next comparison of the family would need, by Holm's method.
    """

    first: str
    second: str
    scores: tuple[float, ...]
    baseline: tuple[float, ...]
    clusters: tuple[Hashable, ...]
    p: float
    test: str
    level: float = LEVEL

    @property
    def is_settled(self) -> bool:
        """Whether the first was shown to be better, every comparison of the family counted."""
        return self.p < LEVEL and sum(self.scores) > sum(self.baseline)

    @cached_property
    def differences(self) -> tuple[float, ...]:
        """How much better the first's answer is to each question."""
        return tuple(a - b for a, b in zip(self.scores, self.baseline, strict=True))

    @property
    def only_first(self) -> int:
        """How many questions the first answered better; of right and wrong answers: only the first rightly."""
        return sum(value > 0 for value in self.differences)

    @property
    def only_second(self) -> int:
        """How many questions the second answered better."""
        return sum(value < 0 for value in self.differences)

    @cached_property
    def difference(self) -> Interval:
        """The mean difference with the 95 % interval of this comparison alone, bootstrapped by picture."""
        return paired_difference(self.scores, self.baseline, self.clusters)

    @property
    def detectable(self) -> float | None:
        """The smallest true difference that so many questions would show four times out of five; None if unknown."""
        return smallest_detectable_difference(self.differences, self.clusters, self.level)

    @cached_property
    def spread(self) -> PairSpread:
        """How the differences vary."""
        return PairSpread.of(self.differences, self.clusters)

    def needed(self, difference: float | None = None) -> int | None:
        """Return about how many questions would settle it; None if over a million, or if the answers are alike.

        Args:
            difference: The true difference; None for the observed one.
        """
        spread = self.spread
        if difference is not None:
            spread = PairSpread(
                difference,
                max(spread.discordant, abs(difference)),
                spread.design_effect,
                spread.questions_per_cluster,
                spread.right_or_wrong,
            )
        return questions_to_settle(spread, level=self.level) if spread.discordant else None


def row_pairs(rows: Sequence[ModelRow], clusters: Sequence[Hashable]) -> tuple[RowPair, ...]:
    """Return every pair of rows, the better row first; p-values are adjusted for all of them, by Holm's method.

    All pairs are one family, because which row is best is only known from the same answers: a family of "the best
    against each" would call noise a winner more often than 5 %.
    """
    ordered = by_accuracy(rows)
    pairs = list(combinations(ordered, 2))
    flips = max(2000, _FLIPS * len(pairs))
    tests = [paired_test(first.scores, second.scores, clusters, flips) for first, second in pairs]
    adjusted = holm([p for p, _ in tests])
    level = LEVEL / max(1, sum(p >= LEVEL for p in adjusted))
    return tuple(
        RowPair(first.name, second.name, first.scores, second.scores, tuple(clusters), p, test, level)
        for (first, second), p, (_, test) in zip(pairs, adjusted, tests, strict=True)
    )


def by_accuracy(rows: Sequence[ModelRow]) -> list[ModelRow]:
    """Return rows, the most accurate first; of equal ones the cheaper first, then in their own order."""

    def key(row: ModelRow) -> tuple[float, float]:
        return -round(row.accuracy, 12), float("inf") if row.usd_per_1000 is None else row.usd_per_1000

    return sorted(rows, key=key)


def pair_of(pairs: Sequence[RowPair], first: str, second: str) -> RowPair:
    """Return the pair of two rows, in whatever order."""
    return next(pair for pair in pairs if {pair.first, pair.second} == {first, second})
