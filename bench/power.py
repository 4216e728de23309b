"""The forecasts of power, and the recommendation where all models are equal, against simulation.

    python bench/power.py [--runs 4000] [--seed 0]

Power: two models that truly differ by 5 points answer 400 or 1,000 questions, of which only one answers 10, 20 or 30 %
rightly; how often the paired test's p-value is under 0.05, beside the forecast. Paired: independent questions. By
picture: 4 questions a picture, of which the same model is the better one. Strongly by picture: 8 a picture, and in half
of the pictures both models agree on everything. Beside it, what a forecast says that forgets the pictures.

Pilots: what 200 questions say about how many would settle a true difference of 3 points (10 % discordant).

Equal models: 2, 4 or 6 equally good models answer 200 questions, alone or 4 a picture; how often any is shown to be
better than another and how often one is named the winner. Beside it, two other rules on the same answers: the best
against each other one with Holm's method over these, and the best if its p-value against the second is under 0.05.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np
from numpy.typing import NDArray

from sensorium.core.messages import Conversation
from sensorium.evaluation.choosing.figures import all_figures
from sensorium.evaluation.choosing.model_row import AnswerRow, ModelChoice, ModelRow
from sensorium.evaluation.choosing.pairs import RowPair, row_pairs
from sensorium.evaluation.choosing.power import PairSpread, forecast_power, questions_to_settle
from sensorium.evaluation.choosing.recommend import recommend
from sensorium.evaluation.statistics import holm, paired_test, wilson_interval
from sensorium.tasks.task import Example

DIFFERENCE = 0.05
Array = NDArray[np.float64]


def paired(chance: np.random.Generator, n: int, discordant: float, difference: float) -> tuple[Array, Array, list[int]]:
    """Draw the scores of two models to independent questions."""
    kinds = chance.random(n)
    better = (discordant + difference) / 2
    first = kinds < better
    second = (kinds >= better) & (kinds < discordant)
    return first.astype(float), second.astype(float), list(range(n))


def by_picture(
    chance: np.random.Generator, n: int, discordant: float, difference: float, size: int, share: float
) -> tuple[Array, Array, list[int]]:
    """Draw them `size` questions a picture; in a `share` of the pictures one model, the same, is the better one."""
    pictures = n // size
    rates = np.where(chance.random(pictures) < share, discordant / share, 0.0)
    favours = chance.random(pictures) < (1 + difference / discordant) / 2
    differ = chance.random((pictures, size)) < rates[:, None]
    first, second = differ & favours[:, None], differ & ~favours[:, None]
    return first.ravel().astype(float), second.ravel().astype(float), [place // size for place in range(n)]


def spread_of(discordant: float, size: int, share: float) -> PairSpread:
    """Return the true spread of `by_picture`."""
    within = discordant**2 / share - DIFFERENCE**2
    effect = 1 + (size - 1) * within / (discordant - DIFFERENCE**2)
    return PairSpread(DIFFERENCE, discordant, effect if size > 1 else 1.0, size)


def check_power(runs: int, seed: int) -> float:
    """Print forecasts beside simulations; return the largest distance, in points."""
    worst = 0.0
    for name, size, share in (("paired", 1, 1.0), ("by picture", 4, 1.0), ("strongly by picture", 8, 0.5)):
        for n in (400, 1000):
            for discordant in (0.1, 0.2, 0.3):
                chance = np.random.default_rng([seed, size, n, round(100 * discordant)])
                shown = 0
                for _ in range(runs):
                    drawn = (
                        paired(chance, n, discordant, DIFFERENCE)
                        if size == 1
                        else by_picture(chance, n, discordant, DIFFERENCE, size, share)
                    )
                    shown += paired_test(drawn[0].tolist(), drawn[1].tolist(), drawn[2])[0] < 0.05
                spread = spread_of(discordant, size, share)
                forecast = forecast_power(spread, n)
                naive = forecast_power(PairSpread(DIFFERENCE, discordant), n)
                distance = 100 * (forecast - shown / runs)
                worst = max(worst, abs(distance))
                forgets = f", forgetting the pictures {naive:.3f}" if size > 1 else ""
                print(
                    f"  {name}, {n} questions, {discordant:.0%} discordant, design effect {spread.design_effect:.2f}:"
                    f" forecast {forecast:.3f}{forgets}, simulated {wilson_interval(shown, runs)},"
                    f" {distance:+.1f} points",
                    flush=True,
                )
    return worst


def check_pilots(runs: int, seed: int) -> None:
    """Print what pilots of 200 questions say about how many are needed."""
    truth = questions_to_settle(PairSpread(0.03, 0.1))
    chance = np.random.default_rng([seed, 200])
    needed = []
    for _ in range(runs):
        first, second, _ = paired(chance, 200, 0.1, 0.03)
        answer = questions_to_settle(PairSpread.of((first - second).tolist()))
        needed.append(float("inf") if answer is None else answer)
    cuts = statistics.quantiles([min(value, 1e7) for value in needed], n=10)
    near = sum(truth / 2 <= value <= truth * 2 for value in needed) if truth else 0
    print(
        f"  truth {truth}; of {runs} pilots a tenth under {cuts[0]:.0f}, median {cuts[4]:.0f}, a tenth over "
        f"{cuts[8]:.0f}; within a factor of two {wilson_interval(near, runs)}"
    )


def equal_models(chance: np.random.Generator, rows: int, size: int, n: int = 200) -> tuple[list[ModelRow], list[int]]:
    """Draw rows that are right in .7 of the questions; of questions about one picture a row is at .5 or at .9."""
    clusters = [place // size for place in range(n)]
    made = []
    for number in range(rows):
        rates = np.full(n, 0.7) if size == 1 else np.repeat(chance.choice((0.5, 0.9), n // size), size)
        scores = (chance.random(n) < rates).astype(float).tolist()
        answers = tuple(AnswerRow(place, "x", score) for place, score in enumerate(scores))
        made.append(ModelRow(str(number), "hosted", {}, answers))
    return made, clusters


def check_equal(runs: int, seed: int) -> None:
    """Print how often equal models are told apart."""
    for size in (1, 4):
        for rows in (2, 4, 6):
            chance = np.random.default_rng([seed, rows, size])
            any_shown = winners = best_first = plain = 0
            for _ in range(runs):
                made, clusters = equal_models(chance, rows, size)
                pairs = row_pairs(made, clusters)
                alarm = any(pair.is_settled for pair in pairs)
                any_shown += alarm
                winners += alarm and named(made, clusters, pairs)
                against = [paired_test(pair.scores, pair.baseline, clusters)[0] for pair in pairs[: rows - 1]]
                best_first += min(holm(against)) < 0.05
                plain += against[0] < 0.05
            told = "4 a picture" if size > 1 else "independent"
            print(
                f"  {rows} equal models, 200 questions, {told}: any shown better {wilson_interval(any_shown, runs)}, "
                f"a winner named {wilson_interval(winners, runs)}; best against each, Holm over {rows - 1}: any "
                f"{wilson_interval(best_first, runs)}; best against second, plain: {wilson_interval(plain, runs)}",
                flush=True,
            )


def named(rows: list[ModelRow], clusters: list[int], pairs: tuple[RowPair, ...]) -> bool:
    """Whether the recommendation names a winner."""
    examples = (Example(Conversation.of("?"), ("x",)),) * len(clusters)
    choice = ModelChoice("equal", "exact", examples, tuple(clusters), tuple(rows))
    return bool(recommend(choice, all_figures(choice), pairs).winner)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    start = time.perf_counter()
    print(f"Power, a true difference of {DIFFERENCE:.0%}, {options.runs} runs, seed {options.seed}")
    print(f"  largest distance {check_power(options.runs, options.seed):.1f} points")
    print("Pilots")
    check_pilots(options.runs, options.seed)
    print("Equal models")
    check_equal(options.runs // 2, options.seed)
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
