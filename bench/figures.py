"""What every benchmark prints: figures with their sample sizes and targets; cases that go through the front door."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sensorium.core.messages import Image
from sensorium.evaluation.statistics import wilson_interval


@dataclass(frozen=True)
class Figure:
    """One measured number.

    Args:
        name: What was measured.
        value: The number.
        n: How many samples it rests on.
        target: What it should reach, or None.
        at_most: True if the target is an upper limit.
        of: Numerator, if the value is a share of n: gives the interval.
    """

    name: str
    value: float
    n: int
    target: float | None = None
    at_most: bool = False
    of: int | None = None

    @property
    def reached(self) -> bool | None:
        if self.target is None:
            return None
        return self.value <= self.target if self.at_most else self.value >= self.target

    def __str__(self) -> str:
        parts = [f"{self.name}: {self.value:.3f} (n={self.n}"]
        if self.of is not None:
            interval = wilson_interval(self.of, self.n)
            parts.append(f", 95 % interval {interval.low:.3f} to {interval.high:.3f}")
        parts.append(")")
        if self.target is not None:
            parts.append(f"  target {'<=' if self.at_most else '>='} {self.target}")
            parts.append("  reached" if self.reached else "  NOT REACHED")
        return "".join(parts)


def share(name: str, right: int, n: int, target: float | None = None, at_most: bool = False) -> Figure:
    """Return the Figure of a share."""
    return Figure(name, right / n if n else math.nan, n, target, at_most, right)


class Counts:
    """Counts how often things are right, by name."""

    def __init__(self) -> None:
        self._right: Counter[str] = Counter()
        self._total: Counter[str] = Counter()

    def add(self, name: str, good: bool) -> None:
        """Count one case."""
        self._total[name] += 1
        self._right[name] += good

    def figures(self) -> list[Figure]:
        """Return the share of each name, in their order."""
        return [share(name, self._right[name], self._total[name]) for name in sorted(self._total)]


def auroc(negative: np.ndarray, positive: np.ndarray) -> float:
    """Return the probability that a positive scores higher than a negative; ties count half."""
    p, n = positive[:, None], negative[None]
    return float((p > n).mean() + 0.5 * (p == n).mean())


def calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = 10) -> float:
    """Return the expected calibration error over bins of equal width (Guo et al. 2017)."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [abs(confidence[place == b].mean() - right[place == b].mean()) * (place == b).mean() for b in set(place)]
    return float(sum(gaps))


@dataclass(frozen=True)
class Case:
    """A question about a picture whose answer can be judged: for the selective risk of the offline model.

    Args:
        family: "chart", "reading", "photo", "quality" …
        image: The picture.
        question: As a person would ask it.
        right: Whether a reply's text is right.
    """

    family: str
    image: Image
    question: str
    right: Callable[[str], bool]
