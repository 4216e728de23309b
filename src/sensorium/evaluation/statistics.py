"""How sure a score or a difference is: intervals, paired tests, and the smallest difference that a sample can show.

Sources: Wilson 1927; Efron 1979, "Bootstrap Methods"; McNemar 1947; Holm 1979; Miller 2024, "Adding Error Bars to
Evals" (arXiv 2411.00640), for paired differences and for questions that share a picture; Hesterberg 2015, "What
Teachers Should Know about the Bootstrap", for few clusters.
"""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean

import numpy as np

from sensorium.core.errors import InputError
from sensorium.core.messages import Text
from sensorium.tasks.task import Example

_NORMAL = NormalDist()
_FLIPPED_AT_ONCE = 1_000_000  # signs, a byte each
_POWER = 7.85
"""(1.96 + 0.84) squared: at the 5 % level, detected four times out of five (Cohen 1988, for a paired mean)."""


@dataclass(frozen=True)
class Interval:
    """A mean of n scores, and between what it would lie, with the probability `level`, on other such examples."""

    mean: float
    low: float
    high: float
    n: int
    level: float = 0.95

    def __str__(self) -> str:
        return f"{self.mean:.3f} ({self.low:.3f} to {self.high:.3f})"


def wilson_interval(successes: int, n: int, level: float = 0.95) -> Interval:
    """Return a proportion with its Wilson score interval; of no trials it is 0 to 1."""
    if n == 0:
        return Interval(math.nan, 0.0, 1.0, 0, level)
    z = _NORMAL.inv_cdf((1 + level) / 2)
    share, shrink = successes / n, 1 + z * z / n
    middle = (share + z * z / (2 * n)) / shrink
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / shrink
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half), n, level)


def bootstrap_interval(scores: Sequence[float], seed: int = 0, draws: int = 1000, level: float = 0.95) -> Interval:
    """Return the mean of scores with its bootstrap percentile interval; the same seed gives the same interval.

    From 40 scores on it covers what it claims; with fewer it is too narrow, and where all scores are alike it has no
    width: look at n.

    Raises:
        InputError: when scores is empty.
    """
    if not scores:
        raise InputError("A mean needs at least one score.", "Give the task examples.")
    chance = random.Random(seed)
    n = len(scores)
    means = sorted(sum(chance.choices(scores, k=n)) / n for _ in range(draws))
    return _percentiles(means, sum(scores) / n, n, (1 - level) / 2, level)


def paired_difference(
    scores: Sequence[float],
    baseline: Sequence[float],
    clusters: Sequence[Hashable] | None = None,
    seed: int = 0,
    draws: int = 1000,
    level: float = 0.95,
) -> Interval:
    """Return how much better scores are than a baseline's on the same examples, with its interval.

    Examples of one cluster (a shared picture) are drawn together. With few clusters the plain percentiles are too
    narrow; they are widened to those of Student's t with one degree of freedom less than there are clusters.

    Args:
        scores, baseline: A score each example, in the same order.
        clusters: What each example belongs to; None, or all different, for independent examples.
    """
    differences = [score - other for score, other in zip(scores, baseline, strict=True)]
    if clusters is None or len(set(clusters)) == len(differences):
        return bootstrap_interval(differences, seed, draws, level)
    groups = _groups(differences, clusters)
    totals = [(sum(group), len(group)) for group in groups]
    mean, count = fmean(differences), len(groups)
    if count == 1:
        return Interval(mean, -1.0, 1.0, len(differences), level)
    chance = random.Random(seed)
    means = []
    for _ in range(draws):
        drawn = chance.choices(totals, k=count)
        means.append(sum(total for total, _ in drawn) / sum(size for _, size in drawn))
    widened = t_quantile((1 - level) / 2, count - 1) * math.sqrt(count / (count - 1))
    return _percentiles(sorted(means), mean, len(differences), _NORMAL.cdf(widened), level)


def mcnemar(scores: Sequence[float], baseline: Sequence[float]) -> float:
    """Return the p-value of McNemar's exact two-sided test of right (1) and wrong (0) answers to the same examples."""
    pairs = Counter(zip(scores, baseline, strict=True))
    better, worse = pairs[1, 0], pairs[0, 1]
    tail = sum(math.comb(better + worse, k) for k in range(min(better, worse) + 1))
    return min(1.0, 2 * tail / (1 << better + worse))


def sign_flip_test(
    differences: Sequence[float], clusters: Sequence[Hashable] | None = None, seed: int = 0, flips: int = 2000
) -> float:
    """Return the two-sided p-value of the paired permutation test: the differences of a cluster change sign together.

    Source: Fisher 1935, "The Design of Experiments", with the observed signs counted among the flips.
    """
    groups = _groups(differences, range(len(differences)) if clusters is None else clusters)
    totals = np.array([total for group in groups if (total := math.fsum(group))] or [0.0])
    observed, chance = abs(totals.sum()) - 1e-9, np.random.default_rng(seed)
    extreme, left = 1, flips
    while left:
        rows = min(left, max(1, _FLIPPED_AT_ONCE // len(totals)))
        signs = chance.integers(0, 2, (rows, len(totals)), dtype=np.int8) * 2 - 1
        extreme += int((np.abs(signs @ totals) >= observed).sum())
        left -= rows
    return extreme / (flips + 1)


def paired_test(
    scores: Sequence[float],
    baseline: Sequence[float],
    clusters: Sequence[Hashable] | None = None,
    flips: int = 2000,
) -> tuple[float, str]:
    """Return the p-value of a paired difference and the name of the test that fits.

    McNemar's exact test needs independent examples and scores of 0 and 1; else the signs are flipped, by cluster.
    Holm's method over m comparisons needs p-values as small as 0.05 / m: give `flips` a few hundred times m.
    """
    independent = clusters is None or len(set(clusters)) == len(scores)
    if independent and {*scores, *baseline} <= {0, 1}:
        return mcnemar(scores, baseline), "exact McNemar test"
    differences = [score - other for score, other in zip(scores, baseline, strict=True)]
    name = "paired permutation test" if independent else "paired permutation test by picture"
    return sign_flip_test(differences, clusters, flips=flips), name


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return the p-values of several comparisons, adjusted by Holm's method, in the given order."""
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda index: p_values[index])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return tuple(adjusted)


def smallest_detectable_difference(
    differences: Sequence[float], clusters: Sequence[Hashable] | None = None, level: float = 0.05
) -> float | None:
    """Return the true difference that so many examples would show four times out of five, at the level of 5 %.

    None where all differences are alike: then the sample doesn't tell how much they vary.
    """
    variance = variance_of_mean(differences, clusters)
    needed = _POWER if level == 0.05 else (_NORMAL.inv_cdf(1 - level / 2) + _NORMAL.inv_cdf(0.8)) ** 2
    return math.sqrt(needed * variance) if variance > 1e-18 else None


def questions_needed(
    differences: Sequence[float], clusters: Sequence[Hashable] | None = None, minimum: float = 0.05
) -> int | None:
    """Return about how many examples would settle the observed mean difference, or `minimum` if it is 0.

    With so many, four of five such measurements' intervals leave 0 out; None where all differences are alike.
    """
    variance = variance_of_mean(differences, clusters) * len(differences)
    target = abs(fmean(differences)) or minimum
    return math.ceil(_POWER * variance / target**2) if variance > 1e-18 else None


def mean_interval(scores: Sequence[float], clusters: Sequence[Hashable] | None = None) -> Interval:
    """Return the mean of scores with the interval that fits: Wilson's, or a bootstrap, by picture if they share one.

    Scores that are all alike have no spread to draw from: then Wilson's, of as many trials as there are clusters.
    """
    count = len(scores) if clusters is None else len(set(clusters))
    share = fmean(scores)
    if len(set(scores)) == 1 or (count == len(scores) and set(scores) <= {0, 1}):
        interval = wilson_interval(round(share * count), count)
        return Interval(share, min(interval.low, share), max(interval.high, share), len(scores))
    interval = paired_difference(scores, [0.0] * len(scores), clusters)
    return Interval(share, max(0.0, interval.low), min(1.0, interval.high), len(scores))


def clusters_of(examples: Iterable[Example]) -> tuple[int, ...]:
    """Return a cluster number for each example: those that share a picture, audio or video have the same one."""
    parents: list[int] = []
    owner: dict[str, int] = {}

    def root(number: int) -> int:
        while parents[number] != number:
            number = parents[number]
        return number

    for number, example in enumerate(examples):
        parents.append(number)
        for part in example.conversation.parts:
            if not isinstance(part, Text):
                parents[root(number)] = root(owner.setdefault(part.blob.digest, number))
    return tuple(root(number) for number in range(len(parents)))


def _percentiles(means: Sequence[float], mean: float, n: int, tail: float, level: float) -> Interval:
    draws = len(means)
    return Interval(mean, means[int(tail * draws)], means[min(draws - 1, int((1 - tail) * draws))], n, level)


def _groups(values: Sequence[float], clusters: Sequence[Hashable]) -> list[list[float]]:
    groups: defaultdict[Hashable, list[float]] = defaultdict(list)
    for value, cluster in zip(values, clusters, strict=True):
        groups[cluster].append(value)
    return list(groups.values())


def variance_of_mean(differences: Sequence[float], clusters: Sequence[Hashable] | None) -> float:
    """Return the squared standard error of a mean whose terms are correlated within clusters (Miller 2024, eq. 4)."""
    mean = fmean(differences)
    groups = _groups(differences, range(len(differences)) if clusters is None else clusters)
    squares: float = math.fsum(math.fsum(value - mean for value in group) ** 2 for group in groups)
    return squares / len(differences) ** 2


def t_quantile(probability: float, freedom: float) -> float:
    """Return a quantile of Student's t by the Cornish-Fisher expansion (Abramowitz and Stegun 26.7.5)."""
    z = _NORMAL.inv_cdf(probability)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    quantile: float = z + sum(term / freedom**power for power, term in enumerate(terms, 1))
    return quantile
