"""Pairwise coverage: few rows in which every two values of two factors that can stand together do so at least once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, product
from typing import Any

Row = dict[str, Any]


def pairwise(factors: Mapping[str, Sequence[Any]], is_valid: Callable[[Row], bool]) -> list[Row]:
    """Return rows that cover every coverable pair, the row that covers most of what is left first (greedy).

    Args:
        factors: Name -> its values.
        is_valid: Whether a row's values go together; a pair that no valid row has is left out.
    """
    rows = [dict(zip(factors, values, strict=True)) for values in product(*factors.values())]
    rows = [row for row in rows if is_valid(row)]
    places = {name: {repr(value): place for place, value in enumerate(factors[name])} for name in factors}
    bits: dict[tuple[str, int, str, int], int] = {}
    masks = []
    for row in rows:
        mask = 0
        for one, other in combinations(factors, 2):
            pair = (one, places[one][repr(row[one])], other, places[other][repr(row[other])])
            mask |= 1 << bits.setdefault(pair, len(bits))
        masks.append(mask)
    left, chosen = (1 << len(bits)) - 1, []
    while left:
        best = max(range(len(rows)), key=lambda place: (masks[place] & left).bit_count())
        chosen.append(rows[best])
        left &= ~masks[best]
    return chosen
