"""The checks of "The needle in the haystack"."""

from __future__ import annotations

from sensorium.evaluation.statistics import wilson_interval

MOMENT, LENGTH = 3.0, 3600.0


def tries(tries: int) -> str | None:
    """35 of 35: the interval begins at 90%. One miss among them, and it would begin at 85%."""
    if not isinstance(tries, int | float) or isinstance(tries, bool) or tries < 1:
        return "Give a number of needles."
    n = int(tries)
    low = wilson_interval(n, n).low
    if low < 0.9:
        return f"With {n} of {n} found the interval begins at {low:.1%}. More are needed."
    if wilson_interval(n - 1, n - 1).low >= 0.9:
        return f"{n:,} are enough, but it can be shown with fewer: the least number is wanted."
    return None


def frames(frames: float) -> str | None:
    """1,200: a frame every three seconds. Half as many would miss it every second time."""
    if not isinstance(frames, int | float) or isinstance(frames, bool) or frames <= 0:
        return "Give a number of frames."
    gap = LENGTH / frames
    if gap > MOMENT + 1e-9:
        return f"Between {frames:g} frames lie {gap:.1f} s each: it is caught in {MOMENT / gap:.0%} of cases only."
    if frames > LENGTH / MOMENT + 1:
        return f"With {frames:g} frames you look every {gap:.2g} s, more often than needed. It is there for 3 s."
    return None


def hay(hay: set[str]) -> str | None:
    """B shares all but the wheel, D shares the damage but not the suitcase: only who sees both finds the needle."""
    if not isinstance(hay, set | frozenset | list | tuple | str):
        return 'Give letters, such as {"A", "C"}.'
    chosen = set(hay)
    if "A" in chosen:
        return "A shows the needle itself: whoever names it is right, and would be counted as wrong."
    if "E" in chosen:
        return "E may hold a second needle, or more. Look through the hay first."
    if "C" in chosen:
        return "C is told apart by being empty. That measures nothing about wheels."
    missing = {"B", "D"} - chosen
    if missing == {"B"}:
        return "With D alone, the only suitcase is the needle. What shares everything but the wheel?"
    if missing:
        return f"Also useful: {', '.join(sorted(missing))}, which share one of the two things with the needle."
    return None
