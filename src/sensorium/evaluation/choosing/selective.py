"""Selective risk: how often answers are wrong if only those of which a model is surest are taken.

Source: El-Yaniv and Wiener 2010, "On the Foundations of Noise-free Selective Classification"; Geifman and El-Yaniv
2017, "Selective Classification for Deep Neural Networks" (arXiv 1705.08500).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby

from sensorium.evaluation.choosing.model_row import ModelRow
from sensorium.evaluation.statistics import Interval, mean_interval, wilson_interval


@dataclass(frozen=True)
class RiskPoint:
    """What is left if answers under a confidence are not taken.

    Args:
        confidence: The lowest confidence that is taken.
        coverage: The share of all questions that are answered so.
        risk: The mean loss of those answers: 1 minus their mean score.
        answers: How many they are.
    """

    confidence: float
    coverage: float
    risk: float
    answers: int


@dataclass(frozen=True)
class SelectiveRisk:
    """What a row's own confidences are worth.

    Args:
        n: How many questions were asked.
        answered: How many were answered: neither failed nor declined.
        risk: The mean loss of those, with its interval; None if nothing was answered.
        points: One for each distinct confidence, the highest first; empty if an answer has none.
    """

    n: int
    answered: int
    risk: Interval | None
    points: tuple[RiskPoint, ...] = ()

    @property
    def coverage(self) -> float:
        """The share of all questions that were answered."""
        return self.answered / self.n

    @property
    def area(self) -> float | None:
        """The mean risk over the points, each weighted by the answers that it adds (AURC); None without confidences."""
        if not self.points:
            return None
        before = (0, *(point.answers for point in self.points))
        added = [(point.answers - count) * point.risk for count, point in zip(before, self.points, strict=False)]
        return math.fsum(added) / self.answered

    def at(self, coverage: float) -> RiskPoint | None:
        """Return the first point that answers at least this share of all questions; None if none does."""
        return next((point for point in self.points if point.coverage >= coverage - 1e-12), None)

    def within(self, risk: float) -> RiskPoint | None:
        """Return the point that answers most with a risk that is, 95 % sure, at most this; None if none is.

        The threshold is chosen on the same questions, which flatters it a little.
        """
        fitting = (point for point in reversed(self.points) if _upper_risk(point) <= risk)
        return next(fitting, None)


def selective_risk(row: ModelRow, clusters: tuple[int, ...] | None = None) -> SelectiveRisk:
    """Return what a row's confidences are worth; answers of one confidence are taken together or not at all."""
    answered = [answer for answer in row.answers if not answer.failure and not answer.abstained]
    n = len(row.answers)
    if not answered:
        return SelectiveRisk(n, 0, None)
    own = None if clusters is None else [clusters[answer.example] for answer in answered]
    risk = mean_interval([1 - answer.score for answer in answered], own)
    if any(answer.confidence is None for answer in answered):
        return SelectiveRisk(n, len(answered), risk)
    ordered = sorted(((answer.confidence or 0.0, answer.score) for answer in answered), key=lambda pair: -pair[0])
    points, count, right = [], 0, 0.0
    for confidence, group in groupby(ordered, key=lambda pair: pair[0]):
        scores = [score for _, score in group]
        count, right = count + len(scores), right + math.fsum(scores)
        points.append(RiskPoint(confidence, count / n, max(0.0, 1 - right / count), count))
    return SelectiveRisk(n, len(answered), risk, tuple(points))


def _upper_risk(point: RiskPoint) -> float:
    return wilson_interval(round(point.risk * point.answers), point.answers, 0.9).high
