"""The statistics of the evaluation where the truth is known: false alarms and coverage, the naive method beside them.

    python bench/null_simulation.py [--runs 2000] [--seed 0]

Two models that are equally good (or differ by 0.05) answer the same questions. Plain: 400 independent questions, right
at 0.7, discordant at 0.2. Clustered: several questions a picture, where one picture suits the one model and another the
other. A false alarm is a p-value under 0.05 with equally good models, coverage how often a 95 % interval holds the
truth. The naive method takes clustered questions for independent ones.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat

from sensorium.evaluation.statistics import (
    bootstrap_interval,
    mcnemar,
    paired_difference,
    paired_test,
    sign_flip_test,
    wilson_interval,
)

DRAWS = 1000
Scores = tuple[list[float], list[float], list[int]]


@dataclass(frozen=True)
class Setting:
    """How scores are drawn: `difference` is the true one."""

    name: str
    draw: Callable[[random.Random], Scores]
    difference: float
    clustered: bool


def plain(chance: random.Random, n: int, difference: float) -> Scores:
    first, second = [], []
    for _ in range(n):
        kind = chance.random()
        better, worse = 0.1 + difference / 2, 0.1 - difference / 2
        pair = (1, 0) if kind < better else (0, 1) if kind < better + worse else (1, 1) if kind < 0.8 else (0, 0)
        first.append(float(pair[0]))
        second.append(float(pair[1]))
    return first, second, list(range(n))


def clustered(chance: random.Random, pictures: int, questions: int, difference: float) -> Scores:
    first, second, clusters = [], [], []
    for picture in range(pictures):
        tilt = chance.choice((-0.25, 0.25))
        for _ in range(questions):
            first.append(float(chance.random() < 0.6 + tilt + difference / 2))
            second.append(float(chance.random() < 0.6 - tilt - difference / 2))
            clusters.append(picture)
    return first, second, clusters


SETTINGS = (
    Setting("plain, 400 questions", lambda chance: plain(chance, 400, 0.0), 0.0, False),
    Setting("100 pictures of 4 questions", lambda chance: clustered(chance, 100, 4, 0.0), 0.0, True),
    Setting("25 pictures of 16 questions", lambda chance: clustered(chance, 25, 16, 0.0), 0.0, True),
    Setting("plain, 400 questions, true difference 0.05", lambda chance: plain(chance, 400, 0.05), 0.05, False),
    Setting("100 pictures of 4 questions, true difference 0.05",
            lambda chance: clustered(chance, 100, 4, 0.05), 0.05, True),
)  # fmt: skip


def simulate(index: int, runs: int, seed: int) -> list[str]:
    """Return the lines of one setting."""
    setting = SETTINGS[index]
    counts: dict[str, int] = {}

    def count(name: str, event: bool) -> None:
        counts[name] = counts.get(name, 0) + event

    for number in range(runs):
        first, second, clusters = setting.draw(random.Random(f"{seed} {number}"))
        interval = paired_difference(first, second, clusters, number, DRAWS)
        count("coverage of the 95 % interval", interval.low <= setting.difference <= interval.high)
        alarm = "false alarms" if setting.difference == 0 else "power"
        p, test = paired_test(first, second, clusters)
        count(f"{alarm}, {test}", p < 0.05)
        differences = [a - b for a, b in zip(first, second, strict=True)]
        if setting.clustered:
            count(f"{alarm}, naive exact McNemar test", mcnemar(first, second) < 0.05)
            naive = bootstrap_interval(differences, number, DRAWS)
            count("coverage of the naive interval", naive.low <= setting.difference <= naive.high)
        else:
            count(f"{alarm}, paired permutation test", sign_flip_test(differences, seed=number) < 0.05)
    return [f"  {name}: {wilson_interval(hits, runs)} (n={runs})" for name, hits in counts.items()]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(f"Null simulation, {options.runs} runs a setting, seed {options.seed}, {DRAWS} bootstrap draws")
    start = time.perf_counter()
    with ProcessPoolExecutor(os.cpu_count()) as workers:
        several = workers.map(simulate, range(len(SETTINGS)), repeat(options.runs), repeat(options.seed))
        for setting, lines in zip(SETTINGS, several, strict=True):
            print(setting.name, *lines, sep="\n", flush=True)
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
