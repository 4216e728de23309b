"""Power: against scipy, against published figures, and by simulation of the tests that reports use."""

from __future__ import annotations

import random

import pytest

from sensorium.core.errors import InputError
from sensorium.evaluation.choosing.power import PairSpread, forecast_power, questions_to_settle
from sensorium.evaluation.statistics import mcnemar, paired_test, questions_needed


def test_exact_power_against_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    n, difference, discordant, level = 60, 0.1, 0.3, 0.05
    power = 0.0
    for count in range(n + 1):
        for better in range(count + 1):
            chance = stats.binom.pmf(count, n, discordant)
            chance *= stats.binom.pmf(better, count, (discordant + difference) / (2 * discordant))
            power += chance * (stats.binomtest(better, count, 0.5).pvalue <= level if count else 0)
    assert forecast_power(PairSpread(difference, discordant), n, level) == pytest.approx(power, abs=1e-9)
    assert forecast_power(PairSpread(-difference, discordant), n, level) == pytest.approx(power, abs=1e-9)


@pytest.mark.parametrize(("discordant", "power"), [(0.1, 0.87), (0.2, 0.55), (0.3, 0.40)])
def test_five_points_at_400_questions(discordant: float, power: float) -> None:
    assert forecast_power(PairSpread(0.05, discordant), 400) == pytest.approx(power, abs=0.02)


@pytest.mark.parametrize(("n", "discordant"), [(400, 0.1), (400, 0.3), (1000, 0.2)])
def test_the_forecast_against_simulation(n: int, discordant: float) -> None:
    chance, runs, shown = random.Random(7), 600, 0
    better, worse = (discordant + 0.05) / 2, (discordant - 0.05) / 2
    for _ in range(runs):
        kinds = chance.choices((1, -1, 0), (better, worse, 1 - discordant), k=n)
        shown += mcnemar([float(kind > 0) for kind in kinds], [float(kind < 0) for kind in kinds]) < 0.05
    assert shown / runs == pytest.approx(forecast_power(PairSpread(0.05, discordant), n), abs=0.05)


def test_the_forecast_of_questions_that_share_pictures_against_simulation() -> None:
    chance, shown, runs = random.Random(5), 0, 200

    def scores(pictures: int) -> tuple[list[float], list[float], list[int]]:
        first, second = [], []
        for _ in range(pictures):
            tilt = chance.choice((-0.25, 0.25))
            first += [float(chance.random() < 0.64 + tilt) for _ in range(4)]
            second += [float(chance.random() < 0.56 - tilt) for _ in range(4)]
        return first, second, [place // 4 for place in range(4 * pictures)]

    many = scores(20_000)
    spread = PairSpread.of([a - b for a, b in zip(*many[:2], strict=True)], many[2])
    assert spread.difference == pytest.approx(0.08, abs=0.01) and spread.design_effect > 1.5
    for _ in range(runs):
        first, second, clusters = scores(100)
        shown += paired_test(first, second, clusters)[0] < 0.05
    assert shown / runs == pytest.approx(forecast_power(spread, 400), abs=0.08)
    naive = PairSpread(spread.difference, spread.discordant)
    assert forecast_power(naive, 400) - shown / runs > 0.08  # who forgets the pictures promises too much


def test_how_many_questions_settle_a_difference() -> None:
    spread = PairSpread(0.03, 0.1)
    needed = questions_to_settle(spread)
    assert needed is not None and 880 <= needed <= 930
    assert forecast_power(spread, needed) >= 0.8 > forecast_power(spread, needed - 15)
    strict = questions_to_settle(spread, level=0.05 / 15)
    assert strict is not None and strict > 1.6 * needed
    differences = [1.0] * 65 + [-1.0] * 35 + [0.0] * 900
    assert needed == pytest.approx(questions_needed(differences), rel=0.07)  # the approximation that it refines
    clustered = questions_to_settle(PairSpread(0.03, 0.1, 2.5, 8))
    assert clustered is not None and clustered == pytest.approx(2.5 * needed, rel=0.08)
    assert questions_to_settle(PairSpread(0.0, 0.1)) is None
    assert questions_to_settle(PairSpread(0.0001, 0.3)) is None  # over a million
    assert questions_to_settle(PairSpread(1.0, 1.0)) == 6  # one always right, the other never: 2 / 2^6 < .05


def test_more_questions_or_a_weaker_level_never_promise_less() -> None:
    spread = PairSpread(0.05, 0.2)
    powers = [forecast_power(spread, n) for n in (50, 100, 200, 400, 1000, 5000, 20_000, 20_001, 1_000_000)]
    assert powers == sorted(powers) and powers[-1] == pytest.approx(1)
    near = PairSpread(0.004, 0.1)
    assert forecast_power(near, 20_000) == pytest.approx(forecast_power(near, 20_001), abs=0.01)  # exact, approximated
    assert forecast_power(spread, 200, 0.01) < forecast_power(spread, 200)


def test_the_spread_of_observed_differences() -> None:
    spread = PairSpread.of([1, 0, -1, 1, 0, 0, 0, 0], [0, 0, 1, 1, 2, 2, 3, 3])
    assert (spread.difference, spread.discordant, spread.questions_per_cluster) == (0.125, 0.375, 2)
    assert spread.design_effect >= 1 and spread.right_or_wrong and not spread.is_independent
    graded = PairSpread.of([0.3, 0.0, -0.6])
    assert not graded.right_or_wrong and graded.is_independent and graded.design_effect == 1
    assert 0 < forecast_power(graded, 3000) <= 1
    assert PairSpread.of([0.0, 0.0]).discordant == 0 and forecast_power(PairSpread.of([0.0, 0.0]), 9) == 0


def test_what_cant_be_is_refused() -> None:
    with pytest.raises(InputError, match=r"difference of 0\.3 is larger than the share that differs, 0\.2"):
        PairSpread(0.3, 0.2)
    with pytest.raises(InputError, match="can't be"):
        PairSpread(0.3, 1.2)
    with pytest.raises(InputError, match="at least 1 question, not 0"):
        forecast_power(PairSpread(0.1, 0.2), 0)
