"""The checks of "Before and after"."""

from __future__ import annotations

from collections.abc import Callable
from math import comb

CASES = (
    ((0.862, 0.985), "better"), ((-0.209, -0.073), "worse"), ((-0.030, 0.002), "can't tell"),
    ((-0.01, 0.2), "can't tell"), ((0.0, 0.04), "can't tell"), ((-0.04, 0.0), "can't tell"),
)  # fmt: skip
WHY = {
    "A": "A: the model has seen the answers.",
    "B": "B: the model knows these pictures; new ones are harder.",
    "C": "C: the best of ten on a split was lucky there, too. Ask others.",
    "E": "E: users get the failures as well. They count as wrong.",
}


def verdict(verdict: Callable[[float, float], str]) -> str | None:
    """An interval that holds 0 holds "no change", so that can't be ruled out."""
    for (low, high), right in CASES:
        said = verdict(low, high)
        if said != right:
            if said not in ("better", "worse", "can't tell"):
                return f'Return "better", "worse" or "can\'t tell"; yours returned {str(said)[:40]!r}.'
            if right == "can't tell":
                return f"From {low:+.3f} to {high:+.3f} no change is possible, so you can't tell; yours says {said!r}."
            return f"From {low:+.3f} to {high:+.3f} all values are on one side of 0: {right!r}; yours says {said!r}."
    return None


def wins(wins: int) -> str | None:
    """Nine to one has a chance of 0.021, eight to two still one of 0.109. Ten differences are few."""
    if not isinstance(wins, int) or not 0 <= wins <= 10:
        return "Give a whole number of wins out of 10."
    chance = min(1.0, 2 * sum(comb(10, k) for k in range(min(wins, 10 - wins) + 1)) / 2**10)
    if wins < 9:
        return f"With {wins} of 10 the chance is {chance:.3f}: a coin does that often enough."
    return None if wins == 9 else f"{wins} suffice (a chance of {chance:.3f}), but is it the least? Try one fewer."


def honest(honest: set[str]) -> str | None:
    """D alone: new pictures, asked once, all failures counted. That is what your users will meet."""
    for letter in sorted(set(honest)):
        if letter in WHY:
            return WHY[letter]
    return None if set(honest) == {"D"} else "Which of them is most like the day when somebody uses it?"
