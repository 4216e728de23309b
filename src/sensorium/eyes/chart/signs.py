"""Signs: what speaks for and against a table, and the confidence that is made of it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sensorium.eyes.chart.axis import Axis
from sensorium.eyes.chart.spelling import misfits

_BEST = 0.93  # share of right tables among those with no sign against them (tune charts)
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
    """Give the probability that a table with these signs is right."""
    score = _BEST * min(1.0, max(0.05, (signs.label - 0.6) / 0.33))
    score *= 1.0 if signs.unread == 0 else 0.1
    score *= signs.held**2 if signs.ticks >= 3 else 0.75 * signs.held**2
    score *= 1.0 if signs.off < 1.2 else 0.7
    score *= 1.0 if signs.zero < 4 else 0.3
    score *= min(1.0, max(0.4, (signs.slack + 0.1) / 1.3))
    score *= 0.5 if signs.odd else 1.0
    if signs.noted >= 0.5:
        score *= max(0.1, signs.agree**2)
    return score * (1.0 if signs.uneven < 0.06 else 0.7)


def slack(values: Sequence[float], written: set[int], axis: Axis) -> float:
    """Give `Signs.slack` of the values, those at the places in `written` left out."""
    ticks = [tick.value for tick in axis.held]
    span = max([*values, *ticks, 0.0]) - min([*values, *ticks, 0.0])
    away = [abs(value) for place, value in enumerate(values) if place not in written and abs(value) > 0.045 * span]
    return 0.05 * min(away, default=math.inf) / abs(axis.slope)


def strange(texts: Sequence[str]) -> int:
    """Give `Signs.strange` of the labels."""
    return misfits(texts) + sum(_STRANGE.search(text) is not None for text in texts)


def odd(texts: Sequence[str]) -> bool:
    """Give `Signs.odd` of the labels."""
    if not all(len(text) == 1 for text in texts):
        return False
    steps = {ord(b) - ord(a) for a, b in pairwise(texts)}
    return steps not in ({1}, {-1})
