"""Amounts in words, the same in the terminal and on the page: per cent, points, money, seconds, memory, counts."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from sensorium.evaluation.statistics import Interval

_PARTS = re.compile(r"(?<=\d) (?=(?:%|s|J|MB|GB|points?)(?!\w))|(?<=\bp) (?=[<=] \d)|(?<=[<=]) (?=\d)")


def unbroken(text: str) -> str:
    """Return a text whose amounts don't break across lines: "96.2 %", "p < 0.001" with no-break spaces."""
    return _PARTS.sub("\N{NO-BREAK SPACE}", text)


def percent(share: float) -> str:
    """Return a share in per cent, with one decimal: "84.0 %"."""
    return f"{_number(100 * share)} %"


def percent_interval(interval: Interval) -> str:
    """Return a mean and its interval: "84.0 % (78.3 to 88.4)"."""
    return f"{percent(interval.mean)} ({_number(100 * interval.low)} to {_number(100 * interval.high)})"


def points(difference: float) -> str:
    """Return the size of a difference of two shares: "3.0 points"."""
    return f"{_number(100 * abs(difference))} point{'' if _number(100 * abs(difference)) == '1.0' else 's'}"


def points_interval(interval: Interval) -> str:
    """Return a difference with its sign and interval: "+3.0 points (−1.5 to +7.5)"."""
    low, high = (f"{100 * value:+.1f}" for value in (interval.low, interval.high))
    return f"{100 * interval.mean:+.1f} points ({low} to {high})".replace("-", "−")


def usd(amount: float | None) -> str:
    """Return money, to the cent or to three digits where a cent is too coarse: "$1.30", "$0.00213", "$0.02", "$0"."""
    if amount is None:
        return "unknown"
    if amount == 0:
        return "$0"
    if amount >= 1:
        return f"${amount:,.2f}"
    cents, _, more = f"{amount:.{max(2, 2 - math.floor(math.log10(abs(amount))))}f}".partition(".")
    return f"${cents}.{more[:2]}{more[2:].rstrip('0')}"


def seconds(amount: float | None) -> str:
    """Return seconds, to three digits: "0.0421 s", "1.84 s", "312 s"."""
    if amount is None:
        return "unknown"
    if amount == 0:
        return "0 s"
    return f"{amount:,.{min(6, max(0, 2 - math.floor(math.log10(abs(amount)))))}f} s"


def memory(amount: int | None) -> str:
    """Return bytes as MB or GB (powers of ten)."""
    if amount is None:
        return "not measured"
    return f"{amount / 1e9:.1f} GB" if amount >= 1e9 else f"{amount / 1e6:.0f} MB"


def p_value(p: float) -> str:
    """Return a p-value in words: "p = 0.032"."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def per_picture(count: float) -> str:
    """Return how many questions share a picture, in words: "2 on a picture", "2.4 on a picture"."""
    return f"{count:.1f}".removesuffix(".0") + " on a picture"


def about(count: int | None) -> str:
    """Return a count rounded up to two digits: "about 920"; None is "more than a million"."""
    if count is None:
        return "more than a million"
    step = 10 ** max(0, len(str(count)) - 2)
    return f"about {math.ceil(count / step) * step:,}"


def plural(count: int, noun: str) -> str:
    """Return a count with its noun: "1 question", "200 questions"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def listed(names: Sequence[str]) -> str:
    """Return names as an enumeration: "a, b and c"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def _number(value: float) -> str:
    return f"{value:.1f}".replace("-", "−")
