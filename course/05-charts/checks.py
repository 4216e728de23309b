"""The checks of "Charts"."""

from __future__ import annotations

from collections.abc import Callable

ROWS = ((358, 10.0), (244, 100.0), (130, 1000.0), (187, 10**2.5), (400, 10 ** (1 - 42 / 114)))
CASES = ((96.4, 99.2, 96.0, 241.0), (40.0, 60.0, 0.0, 1.0), (20.0, 30.0, 10.0, 2.0), (50.0, 45.0, 40.0, 5.0))


def read(value: float) -> str | None:
    """120 of 240 rows is half of the way from 20 to 60: 40."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return f"`value` is a number, not {type(value).__name__}."
    known = {
        30: "That takes the axis for one that begins at zero. At row 400 stands 20, and 240 rows are 60 − 20.",
        20: "That is how far the bar goes above row 400. What stands at row 400?",
    }
    if abs(value - 40) < 1e-6:
        return None
    return known.get(round(value, 6), f"{value:g} isn't it. Which part of the way from row 400 to row 160 is row 280?")


def weight(weight: Callable[[float], float]) -> str | None:
    """Equal distances multiply equally: 114 rows by 10, 57 rows by 3.16. The elephant's bar ends at row 50."""
    if not callable(weight):
        return "`weight` is a function of the row: def weight(row): …"
    for row, kilograms in ROWS:
        told = weight(row)
        if not isinstance(told, int | float):
            return f"For row {row} it returns {type(told).__name__}, not a number."
        if abs(told - kilograms) <= 0.02 * kilograms:
            continue
        hint = (
            "At row 358 stands 10."
            if row == 358
            else "Rows are counted from the top: a smaller row is a heavier animal."
        )
        if row == 358 and abs(told - 1) < 0.01:
            hint = "That is the exponent, or it begins at 1. At row 358 stands 10, which is 10 to the power of 1."
        elif row == 130 or (row == 187 and told > kilograms):
            hint = "From 100 to 1,000 it is as far as from 10 to 100: the numbers multiply and don't add up."
        return f"For row {row} it returns {told:.4g}; {kilograms:.4g} stands there. {hint}"
    return None


def lie(lie_factor: Callable[[float, float, float], float]) -> str | None:
    """With the zero it is 1: the drawing shows what is meant. The letter's is 241."""
    if not callable(lie_factor):
        return "`lie_factor` is a function: def lie_factor(first, last, bottom): …"
    for first, last, bottom, right in CASES:
        told = lie_factor(first, last, bottom)
        if not isinstance(told, int | float):
            return f"It returns {type(told).__name__}, not a number."
        if abs(told - right) <= 1e-6 * right:
            continue
        drawn, meant = (last - first) / (first - bottom), (last - first) / first
        hint = f"A change of {drawn:.3g} is drawn, one of {meant:.3g} is meant."
        if abs(told * right - 1) < 1e-6:
            hint += " Yours is turned round."
        elif abs(told - drawn) < 1e-6:
            hint += " Yours is what is drawn alone."
        elif abs(told - drawn - 1) < 1e-6:
            hint += (
                " Yours says how many times as high the last bar is; take the *change*, and divide by what is meant."
            )
        return f"From {first:g} to {last:g} over {bottom:g} it returns {told:.4g}; it should be {right:.4g}. {hint}"
    return None
