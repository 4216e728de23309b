"""Pareto fronts: the rows that no other row beats in both accuracy and cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sensorium.evaluation.choosing.pairs import RowPair

ON_FRONT, BEHIND, BEATEN, UNKNOWN = "on the front", "behind, but maybe not worse", "beaten", "cost unknown"


@dataclass(frozen=True)
class FrontPlace:
    """Where a row stands.

    Args:
        place: "on the front"; "behind, but maybe not worse": another row costs no more and answered more rightly, yet
            wasn't shown to be better; "beaten": it was shown; "cost unknown".
        by: The rows that cost no more and are ahead, those that were shown better first.
    """

    place: str
    by: tuple[str, ...] = ()


def pareto_front(points: Mapping[str, tuple[float | None, float]]) -> tuple[str, ...]:
    """Return the names on the front, the cheapest first.

    Args:
        points: Name -> (cost, accuracy); a cost of None leaves the row out. Equal rows are all on it.
    """
    known = {name: (cost, accuracy) for name, (cost, accuracy) in points.items() if cost is not None}
    front = [
        name for name, own in known.items() if not any(_dominates(other, own) for other in known.values())
    ]  # a dozen rows: pair by pair
    return tuple(sorted(front, key=lambda name: known[name]))


def front_places(points: Mapping[str, tuple[float | None, float]], pairs: Sequence[RowPair]) -> dict[str, FrontPlace]:
    """Return where each row stands, noise told from what was shown.

    Args:
        points: As `pareto_front`.
        pairs: The paired comparisons of these rows.
    """
    settled = {(pair.first, pair.second) for pair in pairs if pair.is_settled}
    front, out = pareto_front(points), {}
    for name, (cost, accuracy) in points.items():
        if cost is None:
            out[name] = FrontPlace(UNKNOWN)
            continue
        ahead = [
            other
            for other, (price, right) in points.items()
            if price is not None and _dominates((price, right), (cost, accuracy))
        ]
        shown = [other for other in ahead if (other, name) in settled]
        others = tuple(other for other in ahead if other not in shown)
        place = BEATEN if shown else ON_FRONT if name in front else BEHIND
        out[name] = FrontPlace(place, (*shown, *others))
    return out


def _dominates(other: tuple[float, float], own: tuple[float, float]) -> bool:
    """Whether a row costs no more, gets at least as much right, and is better in one of these; 1e-12 is rounding."""
    cheaper, righter = own[0] - other[0], other[1] - own[1]
    return cheaper >= -1e-12 and righter >= -1e-12 and (cheaper > 1e-12 or righter > 1e-12)
