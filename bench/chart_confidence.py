"""Fit the chart reader's confidence (`sensorium.eyes.charts.bars.confidence`) on charts of the tune split.

python bench/chart_confidence.py [--n 200]     prints the weights (about 20 minutes on two cores)
"""

from __future__ import annotations

import argparse

import numpy as np
from chart_drawing import draw_charts
from charts import is_right
from numpy.typing import NDArray

from sensorium.eyes.charts import MAX_SIDE, Refusal
from sensorium.eyes.charts.bars.bar_chart import read_with_features
from sensorium.eyes.charts.bars.confidence import regression_inputs
from sensorium.eyes.charts.ink import find_ink
from sensorium.eyes.charts.text import ChartText
from sensorium.media.image import pixels

SETS = (("tune", 21, 1.0), ("tune", 22, 3.0), ("fit", 31, 1.0), ("fit", 32, 3.0))
"""Split, seed, and how much each of its charts counts: those used while the reader was built count least."""
RIDGE = 10.0


def gather(n: int) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Read n charts of each set: feature names, (m, features), whether the table was right (m,), weight (m,)."""
    rows, right, counts = [], [], []
    for split, seed, count in SETS:
        for image, truth, _ in draw_charts(split, n, seed):
            ink = find_ink(pixels(image, MAX_SIDE))
            result = None if ink is None else read_with_features(ink, ChartText(ink))
            if result is None or isinstance(result, Refusal):
                continue
            rows.append(regression_inputs(result.features))
            right.append(is_right(truth, result.table))
            counts.append(count)
    names = list(rows[0])
    return names, np.array([[row[name] for name in names] for row in rows]), np.array(right, float), np.array(counts)


def fit(
    features: NDArray[np.float64], right: NDArray[np.float64], counts: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Fit a logistic regression by Newton's method, ridge on the standardised features: intercept, weights."""
    middle, spread = features.mean(axis=0), features.std(axis=0) + 1e-9
    design = np.column_stack([np.ones(len(features)), (features - middle) / spread])
    ridge = np.diag([0.0] + [RIDGE] * features.shape[1])
    weights = np.zeros(design.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-design @ weights))
        slope = design.T @ (counts * (right - chance)) - ridge @ weights
        curve = (design * (counts * chance * (1 - chance))[:, None]).T @ design + ridge
        weights = weights + np.linalg.solve(curve, slope)
    plain = weights[1:] / spread
    return float(weights[0] - plain @ middle), plain


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=200)
    names, features, right, counts = gather(parser.parse_args().n)
    start, weights = fit(features, right, counts)
    print(f"intercept: {start:.3f} ({len(right)} tables, {right.mean():.3f} right)")
    for name, weight in zip(names, weights, strict=True):
        print(f"{name}: {weight:.3f}")


if __name__ == "__main__":
    main()
