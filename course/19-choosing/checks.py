"""The checks of "Choosing"."""

from __future__ import annotations

from collections.abc import Callable, Sequence

BEATEN = {
    "Q": "Q: R costs the same and is right more often (and P is cheaper and righter).",
    "S": "S: R is as often right for a quarter of the money.",
}
CASES = (
    ([(0.9, True), (0.8, True), (0.7, False), (0.6, False)], 0.0, 0.8),
    ([(0.9, True), (0.8, True), (0.7, False), (0.6, True)], 0.25, 0.6),
    ([(0.9, False), (0.8, True), (0.7, True), (0.6, True)], 0.25, 0.6),
    ([(0.9, True), (0.5, True), (0.5, False), (0.4, False)], 0.2, 0.9),
    ([(0.9, False), (0.8, False)], 0.1, None),
    ([(0.6, True), (0.9, True), (0.3, False)], 0.1, 0.6),
)


def front(front: set[str]) -> str | None:
    """P, R and T: whatever you think of money and accuracy, you would take one of these."""
    given = set(front)
    for name, why in BEATEN.items():
        if name in given:
            return why
    missing = {"P", "R", "T"} - given
    if missing:
        name = sorted(missing)[0]
        return f"{name} is missing: nothing that costs as little is right as often."
    others = ", ".join(sorted(given - {"P", "R", "T"}))
    return f"Not among the five: {others[:40]}." if others else None


def enough(enough: int) -> str | None:
    """Nearly two thousand: the pictures' variance counts 1.8 times, for the same 3 points."""
    from sensorium.evaluation.choosing.power import PairSpread, forecast_power, questions_to_settle

    spread = PairSpread(0.03, 0.12, 1.8, 4)
    right, alone = questions_to_settle(spread) or 0, questions_to_settle(PairSpread(0.03, 0.12)) or 0
    if not isinstance(enough, int | float):
        return f"`enough` is a number of questions; yours is {type(enough).__name__}."
    if abs(enough - right) <= 0.02 * right:
        return None
    if abs(enough - alone) <= 0.02 * alone:
        return "That holds for independent questions. Yours share pictures: give both, effect and questions."
    if enough < 1:
        return "Give a number of questions."
    power = forecast_power(spread, int(enough))
    return f"{enough:,.0f} questions would show it in {power:.0%} of measurements; 80% is asked for."


def cut(cut: Callable[[Sequence[tuple[float, bool]], float], float | None]) -> str | None:
    """From the surest down, every threshold is tried, and the lowest that keeps the risk is taken."""
    for answers, risk, right in CASES:
        said = cut(list(answers), risk)
        if said != right:
            text = ", ".join(f"{sure:g} {'right' if good else 'wrong'}" for sure, good in answers)
            return f"With {text} and a risk of at most {risk:.0%} it should be {right}; yours returns {str(said)[:30]}."
    return None
