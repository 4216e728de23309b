"""Statistics against scipy and statsmodels, and by simulation: intervals that cover what they claim."""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
import pytest
from compared import examples

from sensorium.core.errors import InputError
from sensorium.core.messages import Conversation, Image
from sensorium.evaluation import statistics
from sensorium.evaluation.statistics import (
    bootstrap_interval,
    clusters_of,
    holm,
    mcnemar,
    paired_difference,
    paired_test,
    questions_needed,
    sign_flip_test,
    smallest_detectable_difference,
    wilson_interval,
)
from sensorium.tasks.task import Example


def test_wilson_against_statsmodels() -> None:
    proportion_confint = pytest.importorskip("statsmodels.stats.proportion").proportion_confint
    for successes, n in ((0, 5), (3, 7), (50, 100), (999, 1000), (7, 7)):
        interval = wilson_interval(successes, n)
        assert (interval.low, interval.high) == pytest.approx(
            proportion_confint(successes, n, method="wilson"), abs=1e-9
        )
    assert (wilson_interval(0, 0).low, wilson_interval(0, 0).high) == (0, 1)


def test_mcnemar_against_statsmodels() -> None:
    tables = pytest.importorskip("statsmodels.stats.contingency_tables")
    chance = random.Random(3)
    for n in (1, 9, 60, 400):
        first = [float(chance.random() < 0.7) for _ in range(n)]
        second = [float(chance.random() < 0.6) for _ in range(n)]
        pairs = list(zip(first, second, strict=True))
        table = [[pairs.count((1, 1)), pairs.count((1, 0))], [pairs.count((0, 1)), pairs.count((0, 0))]]
        assert mcnemar(first, second) == pytest.approx(min(1.0, tables.mcnemar(table, exact=True).pvalue))
    assert mcnemar([1.0, 0.0], [1.0, 0.0]) == 1.0


def test_holm_against_statsmodels() -> None:
    multipletests = pytest.importorskip("statsmodels.stats.multitest").multipletests
    for p_values in ((0.01, 0.04, 0.03, 0.5), (0.9, 0.8), (0.02,), (0.2, 0.2, 0.001)):
        assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])
    assert holm(()) == ()


def test_the_bootstrap_against_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    chance = random.Random(1)
    scores = [chance.choice((0.0, 0.3, 0.6, 1.0)) for _ in range(150)]
    ours = bootstrap_interval(scores, draws=5000)
    theirs = stats.bootstrap((scores,), np.mean, n_resamples=5000, method="percentile", rng=0).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.006)


def test_permutation_test_against_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    chance = random.Random(2)
    differences = [chance.gauss(0.15, 1) for _ in range(60)]
    theirs = stats.permutation_test((differences,), np.mean, permutation_type="samples", n_resamples=9999, rng=0)
    assert sign_flip_test(differences, flips=9999) == pytest.approx(theirs.pvalue, abs=0.015)


def test_students_t_against_scipy() -> None:
    t = pytest.importorskip("scipy.stats").t
    for freedom in (3, 5, 9, 30, 400):
        assert statistics.t_quantile(0.025, freedom) == pytest.approx(t.ppf(0.025, freedom), rel=0.005)


def test_the_clustered_error_against_statsmodels() -> None:
    ols = pytest.importorskip("statsmodels.api").OLS
    chance = random.Random(4)
    clusters = [number // 5 for number in range(100)]
    shared = [chance.gauss(0, 1) for _ in range(20)]
    differences = [shared[cluster] + chance.gauss(0, 1) for cluster in clusters]
    fit = ols(differences, np.ones(100)).fit(cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": False})
    assert statistics.variance_of_mean(differences, clusters) == pytest.approx(fit.bse[0] ** 2)
    smallest = smallest_detectable_difference(differences, clusters)
    assert smallest == pytest.approx(2.802 * fit.bse[0], rel=1e-3)
    needed = questions_needed(differences, clusters)
    assert needed == pytest.approx(100 * (smallest / np.mean(differences)) ** 2, rel=0.02)


def test_an_interval_is_repeatable_and_holds_the_mean() -> None:
    scores = [1.0] * 70 + [0.0] * 30
    interval = bootstrap_interval(scores, seed=5)
    assert interval == bootstrap_interval(scores, seed=5) != bootstrap_interval(scores, seed=6)
    assert interval.low < interval.mean == 0.7 < interval.high
    assert str(interval).startswith("0.700 (0.6")
    assert bootstrap_interval([1.0] * 5).low == bootstrap_interval([1.0] * 5).high == 1.0
    with pytest.raises(InputError, match="needs at least one score"):
        bootstrap_interval([])


def test_the_values_of_earlier_reports_stay() -> None:
    interval = bootstrap_interval([1.0] * 20 + [0.0] * 80)
    assert (interval.low, interval.high) == (0.13, 0.28)


def test_intervals_cover_the_true_mean_as_often_as_they_claim() -> None:
    chance = random.Random(2)
    covered = 0
    for trial in range(200):
        interval = bootstrap_interval([float(chance.random() < 0.6) for _ in range(60)], seed=trial, draws=300)
        covered += interval.low <= 0.6 <= interval.high
    assert 0.90 <= covered / 200 <= 0.99


def paired(runs: int, pictures: int, questions: int) -> Iterator[tuple[list[float], list[float], list[int]]]:
    """Draw scores of two equally good models whose answers are alike within a picture."""
    chance = random.Random(5)
    for _ in range(runs):
        first, second, clusters = [], [], []
        for picture in range(pictures):
            tilt = chance.gauss(0, 0.25)
            for _ in range(questions):
                first.append(float(chance.random() < 0.6 + tilt))
                second.append(float(chance.random() < 0.6 - tilt))
                clusters.append(picture)
        yield first, second, clusters


def test_clustered_intervals_cover_no_difference_where_plain_ones_do_not() -> None:
    clustered = plain = 0
    for seed, (first, second, clusters) in enumerate(paired(200, 20, 8)):
        interval = paired_difference(first, second, clusters, seed, draws=300)
        clustered += interval.low <= 0 <= interval.high
        interval = paired_difference(first, second, None, seed, draws=300)
        plain += interval.low <= 0 <= interval.high
    assert 0.90 <= clustered / 200 <= 0.99 and plain / 200 < 0.85


def test_the_test_that_fits_is_chosen() -> None:
    assert paired_test([1, 1, 0], [0, 1, 0])[1] == "exact McNemar test"
    assert paired_test([0.5, 1, 0], [0, 1, 0])[1] == "paired permutation test"
    assert paired_test([1, 1, 0], [0, 1, 0], [1, 1, 2])[1] == "paired permutation test by picture"
    assert smallest_detectable_difference([0.0] * 9) is None and questions_needed([0.0] * 9) is None
    assert paired_difference([1, 1], [0, 1], ["a", "a"]).low == -1


def test_examples_that_share_a_picture_are_one_cluster() -> None:
    first, second, third = examples(3, pictures=True)
    images = [next(p for p in e.conversation.parts if isinstance(p, Image)) for e in (first, second)]
    both = Example(Conversation.of(*images, "Which is redder?"), ("left",))
    words = Example(Conversation.of("1 + 1?"), ("2",))
    assert len(set(clusters_of([first, second, third, words, words]))) == 5
    linked = clusters_of([first, third, both, second])
    assert linked[0] == linked[2] == linked[3] != linked[1]
