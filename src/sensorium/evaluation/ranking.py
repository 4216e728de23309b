"""Ranking metrics: how well a ranked list of ids answers a query whose right ids are known.

An example's answers are the right ids; an id of grade 3 stands there three times. A reply's text is the ranked ids,
one a line. Checked against ranx's and scikit-learn's by tests/evaluation/test_ranking.py.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence

from sensorium.tasks.task import Example

RANKING_METRICS: dict[str, Callable[[str, Example], float]] = {
    "nDCG@10": lambda text, example: ndcg(text.splitlines(), Counter(example.answers), 10),
    "MRR@10": lambda text, example: reciprocal_rank(text.splitlines(), Counter(example.answers), 10),
    "recall@1": lambda text, example: recall(text.splitlines(), Counter(example.answers), 1),
    "recall@10": lambda text, example: recall(text.splitlines(), Counter(example.answers), 10),
    "recall@50": lambda text, example: recall(text.splitlines(), Counter(example.answers), 50),
    "precision@10": lambda text, example: precision(text.splitlines(), Counter(example.answers), 10),
}
"""Name -> metric; the first decides."""


def ndcg(ranking: Sequence[str], grades: Counter[str] | dict[str, int], k: int) -> float:
    """Return the normalised discounted cumulative gain of the first k, linear in the grades.

    Source: Järvelin and Kekäläinen 2002, "Cumulated Gain-Based Evaluation of IR Techniques".
    """
    gained = _dcg([grades.get(name, 0) for name in _unique(ranking)[:k]])
    ideal = _dcg(sorted(grades.values(), reverse=True)[:k])
    return gained / ideal if ideal else 0.0


def reciprocal_rank(ranking: Sequence[str], grades: Counter[str] | dict[str, int], k: int) -> float:
    """Return 1 / the rank of the first right id; 0 if the first k hold none."""
    return next((1 / rank for rank, name in enumerate(_unique(ranking)[:k], 1) if grades.get(name, 0) > 0), 0.0)


def recall(ranking: Sequence[str], grades: Counter[str] | dict[str, int], k: int) -> float:
    """Return what share of the right ids are among the first k."""
    right = {name for name, grade in grades.items() if grade > 0}
    return len(right & set(_unique(ranking)[:k])) / len(right) if right else 0.0


def precision(ranking: Sequence[str], grades: Counter[str] | dict[str, int], k: int) -> float:
    """Return what share of the first k places hold a right id; missing places hold none."""
    return sum(grades.get(name, 0) > 0 for name in _unique(ranking)[:k]) / k


def _dcg(gains: Sequence[float]) -> float:
    return math.fsum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))


def _unique(ranking: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(ranking))
