"""Confidence of a bar chart's table: a logistic regression over what speaks for and against the table."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sensorium.eyes.charts.axis import Axis
from sensorium.eyes.charts.text.spelling import count_outliers

# Fitted on 900 charts of the splits "tune" (seeds 21, 22) and "fit" (seeds 31, 32) of bench/charts.py; those of seeds
# 22 and 32, looked at late and little, count three times (bench/chart_confidence.py).
_INTERCEPT = 4.54
_UNSEEN_STYLES = 0.6  # subtracted: charts unlike any of those go wrong more often
_HAS_FAINT = 2.0  # subtracted if a bar is too pale to measure: too rare to be fitted
_WEIGHTS = {
    "min_score": 0.267, "disagreements": -0.326, "odd_labels": -2.58, "unknown_words": -0.369, "unlabelled": -3.52,
    "outliers": -5.18, "few_ticks": -0.843, "rmse": -1.48, "zero_offset": -0.73, "disagreeing_values": -4.49,
    "unevenness": -1.54, "small_margin": -2.58, "out_of_order": -4.99, "log_bars": -0.578, "small_text": -1.61,
}  # fmt: skip
_ODD = re.compile(
    r"[^\x20-\x7e\u00a0-\u024f−–—€₹₂²°]|[a-z][A-Z]|(?<!\S)[^\w\s&+/–—-](?!\S)|[a-z]\d|^[a-z]\s|[\"“”_~|<>\\]"
)


@dataclass(frozen=True)
class TableFeatures:
    """What speaks for and against a table.

    Args:
        min_score: Of the readings of the labels.
        unlabelled: Share of the bars without a label, or with the same label as another.
        inliers, n_inliers, rmse: Share and number of the axis' numbers on its line; their distance from it, pixels.
        zero_offset: Distance of the axis' zero from the baseline, pixels, if the two should meet; else 0.
        agreement: Share of the numbers at the bars that agree with the axis; 1 without any.
        numbered: Share of the bars that have a number.
        unevenness, has_faint: As in `Bars`.
        margin: By how many pixels the most critical bar may be misread before its value is off by a twentieth; bars
            with a number of their own, and bars near zero, do not count.
        out_of_order: Whether the labels are single letters that do not follow each other.
        disagreements, text_height: As in `Labels`.
        odd_labels: How many labels hold what labels seldom do (characters of other scripts, a single mark, "xY"), or
            have another pattern than most.
        unknown_words: How many words of the labels are not in a list of common words.
    """

    min_score: float
    unlabelled: float
    inliers: float
    n_inliers: int
    rmse: float
    zero_offset: float
    agreement: float
    numbered: float
    unevenness: float
    margin: float
    out_of_order: bool
    has_faint: bool = False
    disagreements: int = 0
    odd_labels: int = 0
    unknown_words: int = 0
    n_bars: int = 0
    text_height: float = 0.0


def confidence(features: TableFeatures) -> float:
    """Return the probability that a table with these features is right."""
    inputs = regression_inputs(features)
    intercept = _INTERCEPT - _UNSEEN_STYLES - _HAS_FAINT * features.has_faint
    return 1 / (1 + math.exp(-(intercept + sum(_WEIGHTS[name] * inputs[name] for name in inputs))))


def regression_inputs(features: TableFeatures) -> dict[str, float]:
    """Return the inputs of the regression, all but `min_score` and `log_bars` 0 for a table without faults."""
    min_score = -math.log10(max(1.0005 - min(features.min_score, 1.0), 5e-4))
    return {
        "min_score": min_score,
        "disagreements": min(features.disagreements, 3),
        "odd_labels": min(features.odd_labels, 2),
        "unknown_words": min(features.unknown_words, 4) * max(0.0, 2.5 - min_score),  # names read well do not count
        "unlabelled": float(features.unlabelled > 0),
        "outliers": 1 - features.inliers,
        "few_ticks": float(features.n_inliers < 4),
        "rmse": max(0.0, min(features.rmse, 1.5) - 0.35),
        "zero_offset": max(0.0, min(features.zero_offset, 6.0) - 2.5),
        "disagreeing_values": 1 - features.agreement if features.numbered >= 0.5 else 0.0,
        "unevenness": 10 * max(0.0, features.unevenness - 0.02),
        "small_margin": max(0.0, 1.6 - features.margin),
        "out_of_order": float(features.out_of_order),
        "log_bars": math.log2(max(features.n_bars, 2)),
        "small_text": max(0.0, 1.6 - features.text_height / 10),
    }


def pixel_margin(values: Sequence[float], printed: set[int], axis: Axis) -> float:
    """Return `TableFeatures.margin` of the values, without those at the indices in `printed`."""
    ticks = [tick.value for tick in axis.inliers]
    span = max([*values, *ticks, 0.0]) - min([*values, *ticks, 0.0])
    sizes = [abs(value) for index, value in enumerate(values) if index not in printed and abs(value) > 0.045 * span]
    return 0.05 * min(sizes, default=math.inf) / abs(axis.slope)


def count_odd(texts: Sequence[str]) -> int:
    """Return `TableFeatures.odd_labels` of the labels."""
    return count_outliers(texts) + sum(_ODD.search(text) is not None for text in texts)


def is_out_of_order(texts: Sequence[str]) -> bool:
    """Return `TableFeatures.out_of_order` of the labels."""
    if not all(len(text) == 1 for text in texts):
        return False
    return {ord(b) - ord(a) for a, b in pairwise(texts)} not in ({1}, {-1})
