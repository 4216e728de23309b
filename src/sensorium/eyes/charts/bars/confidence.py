"""Signs: what speaks for and against a table, and the confidence that is made of it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sensorium.eyes.charts.axis import Axis
from sensorium.eyes.charts.text.spelling import misfits

# Logistic regression over 900 charts of the splits "tune" (seeds 21, 22) and "fit" (seeds 31, 32) of the benchmark;
# those of seeds 22 and 32, looked at late and little, count three times (bench/chart_confidence.py).
_WITHOUT_SIGNS = 4.54
_UNSEEN = 0.6  # taken off: looks unlike any of those go wrong more often
_FAINT = 2.0  # taken off where a bar is too pale to measure: too rare to be fitted
_WEIGHTS = {
    "label": 0.267, "doubted": -0.326, "strange": -2.58, "unknown": -0.369, "unread": -3.52, "held": -5.18,
    "few": -0.843, "off": -1.48, "zero": -0.73, "disagree": -4.49, "uneven": -1.54, "slack": -2.58, "odd": -4.99,
    "bars": -0.578, "small": -1.61,
}  # fmt: skip
_STRANGE = re.compile(
    r"[^\x20-\x7e\u00a0-\u024f−–—€₹₂²°]|[a-z][A-Z]|(?<!\S)[^\w\s&+/–—-](?!\S)|[a-z]\d|^[a-z]\s|[\"“”_~|<>\\]"
)


@dataclass(frozen=True)
class Signs:
    """What speaks for and against a table; the confidence is made of it.

    Args:
        label: Score of the worst read label.
        unread: Share of the bars without a label, or with the same label as another.
        held: Share of the axis' numbers that lie on its line.
        ticks: How many do.
        off: How far they lie off it, pixels.
        zero: How far the line's zero lies from the bars' foot, pixels, where they should meet; 0 where they need not.
        agree: Share of the numbers at the bars that agree with the axis; 1 where there are none.
        noted: Share of the bars that have a number.
        uneven: Worst deviation from even spacing, as a share of the pitch.
        slack: Pixels by which the worst placed bar may be misread before its value is off by a twentieth; of bars
            that have a number of their own, and of bars near zero, it does not matter.
        odd: True where lone letters as labels do not follow each other.
        faint: True where something too pale to measure stands in the place of a bar.
        doubted: How many labels a second reading spells otherwise.
        strange: How many labels hold what labels seldom do: letters of other scripts, a lone mark,
            "xY"; or are made otherwise than the others.
        unknown: How many words of the labels are in no list of common words.
        bars: How many there are.
        letter: Height of the labels' letters, pixels.
        turned: True where the labels run upward or slant.
    """

    label: float
    unread: float
    held: float
    ticks: int
    off: float
    zero: float
    agree: float
    noted: float
    uneven: float
    slack: float
    odd: bool
    faint: bool = False
    doubted: int = 0
    strange: int = 0
    unknown: int = 0
    bars: int = 0
    letter: float = 0.0
    turned: bool = False


def confidence(signs: Signs) -> float:
    """Return the probability that a table with these signs is right."""
    seen = weighed(signs)
    odds = _WITHOUT_SIGNS - _UNSEEN - _FAINT * signs.faint + sum(_WEIGHTS[name] * seen[name] for name in seen)
    return 1 / (1 + math.exp(-odds))


def weighed(signs: Signs) -> dict[str, float]:
    """Return signs as the numbers that the regression weighs, each 0 where it says nothing (but `label`, `bars`)."""
    label = -math.log10(max(1.0005 - min(signs.label, 1.0), 5e-4))
    return {
        "label": label,
        "doubted": min(signs.doubted, 3),
        "strange": min(signs.strange, 2),
        "unknown": min(signs.unknown, 4) * max(0.0, 2.5 - label),  # a name is no error where it is read surely
        "unread": float(signs.unread > 0),
        "held": 1 - signs.held,
        "few": float(signs.ticks < 4),
        "off": max(0.0, min(signs.off, 1.5) - 0.35),
        "zero": max(0.0, min(signs.zero, 6.0) - 2.5),
        "disagree": 1 - signs.agree if signs.noted >= 0.5 else 0.0,
        "uneven": 10 * max(0.0, signs.uneven - 0.02),
        "slack": max(0.0, 1.6 - signs.slack),
        "odd": float(signs.odd),
        "bars": math.log2(max(signs.bars, 2)),
        "small": max(0.0, 1.6 - signs.letter / 10),
    }


def slack(values: Sequence[float], written: set[int], axis: Axis) -> float:
    """Return `Signs.slack` of the values, those at the places in `written` left out."""
    ticks = [tick.value for tick in axis.held]
    span = max([*values, *ticks, 0.0]) - min([*values, *ticks, 0.0])
    away = [abs(value) for place, value in enumerate(values) if place not in written and abs(value) > 0.045 * span]
    return 0.05 * min(away, default=math.inf) / abs(axis.slope)


def strange(texts: Sequence[str]) -> int:
    """Return `Signs.strange` of the labels."""
    return misfits(texts) + sum(_STRANGE.search(text) is not None for text in texts)


def odd(texts: Sequence[str]) -> bool:
    """Return `Signs.odd` of the labels."""
    if not all(len(text) == 1 for text in texts):
        return False
    steps = {ord(b) - ord(a) for a, b in pairwise(texts)}
    return steps not in ({1}, {-1})
