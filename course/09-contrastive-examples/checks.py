"""The checks of "Contrastive examples"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Row = dict[str, Any]
MORNING: list[Row] = [
    {"label": "closed", "wall": "blue", "hour": 9, "shift": "A", "bottle": 1},
    {"label": "closed", "wall": "blue", "hour": 10, "shift": "B", "bottle": 2},
    {"label": "open", "wall": "brown", "hour": 14, "shift": "A", "bottle": 1},
    {"label": "open", "wall": "brown", "hour": 15, "shift": "B", "bottle": 3},
]
PAIRS: list[Row] = [
    {"label": "closed", "wall": "blue", "lens": 1},
    {"label": "open", "wall": "blue", "lens": 1},
    {"label": "closed", "wall": "brown", "lens": 1},
    {"label": "open", "wall": "brown", "lens": 1},
]


def partner(partner: str) -> str | None:
    """D is the same bottle in the same light with a torn seal: one thing differs, and it is the one that you mean."""
    said = {
        "A": "Everything differs in A: the seal, the bottle, the light and the hand. Which of them is it?",
        "B": "In B the seal is whole, too. That pair teaches what the light does.",
        "C": "In C two things differ: the seal, and a hand in the picture. A model may learn the hand.",
    }
    return None if partner == "D" else said.get(partner, "Give one of the letters A, B, C, D.")


def suspects(suspects: Callable[[list[Row]], set[str]]) -> str | None:
    """The wall gives the label away, and so does the hour. Among the pairs nothing does: that is what they are for."""
    found = suspects([dict(row) for row in MORNING])
    if not isinstance(found, set):
        return f"Return a set of keys, not {type(found).__name__}."
    if "label" in found:
        return "The label gives itself away, of course. Return the other keys."
    if missing := {"wall", "hour"} - found:
        return f"Of Wanjiru's photos it misses {' and '.join(sorted(missing))}: no value of it has both labels."
    if found - {"wall", "hour"}:
        wrong = sorted(found - {"wall", "hour"})[0]
        return f"It names {wrong!r}, but there one value has both labels. How many values there are doesn't matter."
    if found := suspects([dict(row) for row in PAIRS]):
        return f"Of two contrastive pairs it names {sorted(found)}, but each value there has both labels."
    return None
