"""Pareto fronts: by hand, and noise told from what was shown."""

from __future__ import annotations

from planted_choices import PlantedRow, paired_scores, skilled

from sensorium.evaluation.choosing.pairs import row_pairs
from sensorium.evaluation.choosing.pareto import BEATEN, BEHIND, ON_FRONT, UNKNOWN, front_places, pareto_front


def test_the_front_by_hand() -> None:
    points = {
        "free": (0.0, 0.6),
        "worse": (0.1, 0.5),
        "mid": (1.0, 0.8),
        "dear": (5.0, 0.8),
        "best": (9.0, 0.9),
        "unknown": (None, 1.0),
    }
    assert pareto_front(points) == ("free", "mid", "best")
    assert pareto_front({"a": (1.0, 0.5), "b": (1.0, 0.5)}) == ("a", "b")  # equal ones are both on it
    assert pareto_front({"a": (1.0, 0.5), "b": (1.0, 0.6)}) == ("b",)
    assert pareto_front({}) == pareto_front({"a": (None, 1)}) == ()


def test_behind_by_chance_is_not_beaten() -> None:
    first, second = paired_scores(155, 13, 7, 25)
    rows = [PlantedRow("a", first).row(), PlantedRow("b", second).row(), PlantedRow("c", skilled(200, 0.4, 1)).row()]
    points = {"a": (1.0, 0.84), "b": (2.0, 0.81), "c": (3.0, rows[2].accuracy), "d": (None, 0.99)}
    places = front_places(points, row_pairs(rows, range(200)))
    assert (places["a"].place, places["a"].by) == (ON_FRONT, ())
    assert (places["b"].place, places["b"].by) == (BEHIND, ("a",))
    assert (places["c"].place, places["c"].by) == (BEATEN, ("a", "b"))
    assert places["d"].place == UNKNOWN
