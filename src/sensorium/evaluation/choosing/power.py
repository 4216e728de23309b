"""Power: how often so many questions would show a difference between two models, and how many would settle it.

Right and wrong answers to independent questions: the exact power of McNemar's exact test, summed over how many
questions the two answer differently (Connor 1987, "Sample Size for Testing Differences in Proportions for the Paired-
Sample Design"). Questions that share pictures, or scores between 0 and 1: the paired test's normal approximation, its
variance multiplied by the design effect (Kish 1965, "Survey Sampling") and its critical value that of Student's t.
`bench/power.py` checks both by simulation.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist, fmean

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import InputError
from sensorium.evaluation.statistics import t_quantile, variance_of_mean

LEVEL = 0.05
POWER = 0.8
"""Four measurements out of five would show the difference: the field's usual demand (Cohen 1988)."""
MAX_QUESTIONS = 1_000_000
_MAX_EXACT = 20_000  # questions; above, the normal approximation is within .002
_NORMAL = NormalDist()


@dataclass(frozen=True)
class PairSpread:
    """How the paired differences of two models vary, which decides how many questions tell them apart.

    Args:
        difference: The mean difference of their scores, -1 to 1.
        discordant: The mean square of the differences; of right and wrong answers: the share of questions that only
            one of them answers rightly.
        design_effect: How many times larger the variance is because questions share pictures; 1 for independent ones.
        questions_per_cluster: Mean number of questions that share a picture.
        right_or_wrong: Whether all scores are 0 or 1.
    """

    difference: float
    discordant: float
    design_effect: float = 1.0
    questions_per_cluster: float = 1.0
    right_or_wrong: bool = True

    def __post_init__(self) -> None:
        if not abs(self.difference) <= 1 or not 0 <= self.discordant <= 1:
            raise InputError(
                f"A difference of {self.difference:g} with {self.discordant:g} discordant can't be.", "Both are shares."
            )
        if self.right_or_wrong and abs(self.difference) > self.discordant + 1e-12:
            raise InputError(
                f"A difference of {self.difference:g} is larger than the share that differs, {self.discordant:g}.",
                "Try `discordant=0.2`.",
            )

    @classmethod
    def of(cls, differences: Sequence[float], clusters: Sequence[Hashable] | None = None) -> PairSpread:
        """Return the spread of observed differences; a design effect under 1 is taken for noise and counts as 1."""
        count = len(differences) if clusters is None else len(set(clusters))
        alone = variance_of_mean(differences, None)
        effect = variance_of_mean(differences, clusters) / alone if count < len(differences) and alone > 1e-18 else 1.0
        return cls(
            fmean(differences),
            fmean(value * value for value in differences),
            max(1.0, effect),
            len(differences) / count,
            all(value in (-1, 0, 1) for value in differences),
        )

    @property
    def is_independent(self) -> bool:
        """Whether no two questions share a picture."""
        return self.questions_per_cluster == 1


def forecast_power(spread: PairSpread, n: int, level: float = LEVEL) -> float:
    """Return how often n questions would show the difference, 0 to 1.

    Args:
        spread: The true difference and how the answers vary.
        n: How many questions are asked, with as many on a picture as `spread` says.
        level: The p-value that counts as shown; of several comparisons, what Holm's method leaves for this one.
    """
    if n < 1:
        raise InputError(f"A forecast needs at least 1 question, not {n}.", "Try `n=200`.")
    if spread.difference == 0 or spread.discordant == 0:
        return 0.0
    if spread.right_or_wrong and spread.is_independent and n <= _MAX_EXACT:
        return _exact_power(abs(spread.difference), spread.discordant, n, level)
    null = spread.discordant
    variance = (null - spread.difference**2) * spread.design_effect
    null = variance + spread.difference**2 * spread.questions_per_cluster  # what changing signs by cluster sees
    clusters = n / spread.questions_per_cluster
    if clusters <= 2:
        return 0.0
    critical = t_quantile(1 - level / 2, clusters - 1)
    if variance <= 0:
        return float(abs(spread.difference) * math.sqrt(n) > critical * math.sqrt(null))
    return _NORMAL.cdf((abs(spread.difference) * math.sqrt(n) - critical * math.sqrt(null)) / math.sqrt(variance))


def questions_to_settle(spread: PairSpread, power: float = POWER, level: float = LEVEL) -> int | None:
    """Return about how many questions would show the difference in `power` of such measurements.

    None if more than a million would be needed, as for a difference of 0.
    """
    if not spread.difference or forecast_power(spread, MAX_QUESTIONS, level) < power:
        return None
    low, high = 0, 64
    while forecast_power(spread, high, level) < power:
        low, high = high, min(MAX_QUESTIONS, 2 * high)
    while high - low > max(1, low // 200):  # half a per cent: the difference itself is an estimate
        middle = (low + high) // 2
        low, high = (middle, high) if forecast_power(spread, middle, level) < power else (low, middle)
    return high


@lru_cache(maxsize=4096)
def _exact_power(difference: float, discordant: float, n: int, level: float) -> float:
    """Return the power of McNemar's exact two-sided test."""
    better = min(1.0, (discordant + difference) / (2 * discordant))
    middle, spread = n * discordant, 7 * math.sqrt(n * discordant * (1 - discordant)) + 1
    counts = range(max(1, math.floor(middle - spread)), min(n, math.ceil(middle + spread)) + 1)
    chances = _binomial(n, discordant)
    logs = _log_factorials(n)
    total = 0.0
    for count in counts:
        heads = np.arange(count + 1)
        choose = logs[count] - logs[heads] - logs[count - heads]
        fair = np.cumsum(np.exp(choose[: count // 2 + 1] - count * math.log(2)))
        critical = int(np.searchsorted(fair, level / 2, side="right"))  # so few of the rarer kind, or fewer, reject
        if critical:
            tails = _powers(choose, better, heads)
            total += chances[count] * float(tails[:critical].sum() + tails[count - critical + 1 :].sum())
    return min(1.0, total)


def _powers(choose: NDArray[np.float64], better: float, heads: NDArray[np.int_]) -> NDArray[np.float64]:
    if better >= 1:
        certain = np.zeros(len(heads))
        certain[-1] = 1.0
        return certain
    count = len(heads) - 1
    logs: NDArray[np.float64] = choose + heads * math.log(better) + (count - heads) * math.log1p(-better)
    return np.exp(logs)


def _binomial(n: int, share: float) -> NDArray[np.float64]:
    if share >= 1:
        certain = np.zeros(n + 1)
        certain[n] = 1.0
        return certain
    heads, logs = np.arange(n + 1), _log_factorials(n)
    return _powers(logs[n] - logs[heads] - logs[n - heads], share, heads)


@lru_cache(maxsize=8)
def _log_factorials(n: int) -> NDArray[np.float64]:
    return np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))])
