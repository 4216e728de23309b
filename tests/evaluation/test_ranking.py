"""Ranking metrics against scikit-learn's nDCG, and against ranx's on lists whose figures are written here."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from sensorium.core.messages import Conversation
from sensorium.evaluation.metrics import metric
from sensorium.evaluation.ranking import RANKING_METRICS, ndcg, precision, recall, reciprocal_rank
from sensorium.tasks.task import Example

# ranx 0.3.21, evaluate(qrels, run, ["ndcg@10", "mrr@10", "recall@10", "precision@10", "recall@1"])
JUDGED = {"a": 3, "b": 1, "c": 2, "d": 1}
RANKED = ["x", "c", "a", "y", "z", "b", "p", "q", "r", "s", "d"]
RANX = {"nDCG@10": 0.6004901372, "MRR@10": 0.5, "recall@10": 0.75, "precision@10": 0.3, "recall@1": 0.0}


@pytest.mark.parametrize("seed", range(50))
def test_ndcg_is_that_of_scikit_learn(seed: int) -> None:
    chance = random.Random(seed)
    names = [f"id{place}" for place in range(30)]
    grades = {name: chance.choice((0, 0, 0, 1, 2, 3)) for name in names}
    ranking = chance.sample(names, 30)
    relevance = np.array([[grades[name] for name in ranking]])
    expected = ndcg_score(relevance, np.arange(30, 0, -1)[None], k=10) if relevance.any() else 0
    assert ndcg(ranking, grades, 10) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", RANX)
def test_every_metric_is_that_of_ranx(name: str) -> None:
    example = Example(Conversation.of("?"), tuple(Counter(JUDGED).elements()))
    assert metric(name)("\n".join(RANKED), example) == pytest.approx(RANX[name], abs=1e-4)


def test_an_id_twice_counts_once() -> None:
    assert ndcg(["a", "a"], {"a": 1, "b": 1}, 10) == ndcg(["a"], {"a": 1, "b": 1}, 10) < 1
    assert recall(["a", "a"], {"a": 1, "b": 1}, 2) == 0.5


def test_nothing_found_and_nothing_right_are_zero() -> None:
    assert ndcg([], {"a": 1}, 10) == reciprocal_rank([], {"a": 1}, 10) == recall([], {"a": 1}, 10) == 0
    assert ndcg(["a"], {}, 10) == recall(["a"], {}, 10) == precision(["a"], {}, 10) == 0


def test_what_stands_after_k_does_not_count() -> None:
    assert reciprocal_rank(["x"] * 1 + [f"y{n}" for n in range(9)] + ["a"], {"a": 1}, 10) == 0
    assert set(RANKING_METRICS) >= {"nDCG@10", "MRR@10", "recall@1", "recall@10", "recall@50", "precision@10"}
