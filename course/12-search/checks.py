"""The checks of "A search that can say no"."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from sensorium.search import SearchOptions

PLACES: tuple[tuple[tuple[int | None, ...], float], ...] = (
    ((1, 2, 4), (1 + 0.5 + 0.25) / 3),
    ((1, None), 0.5),
    ((None, None), 0.0),
)


def limit(limit: float, unrelated: list[float]) -> str | None:
    """One of twenty passes, the one at 0.24. On a shop's own queries you would see how many good ones it costs."""
    if not isinstance(limit, int | float) or isinstance(limit, bool):
        return "Give a number."
    passing = sum(value >= limit for value in unrelated)
    if passing == 0:
        return (
            f"With {limit:g} none of the twenty passes. That is stricter than asked, and turns good queries away, too."
        )
    if passing > 1:
        return f"With {limit:g} there pass {passing} of 20, which is {passing / 20:.0%}. Go higher."
    return None


def rank(mean_reciprocal_rank: Callable[[list[int | None]], float]) -> str | None:
    """The first place counts 1, the second a half; what wasn't found counts 0, and still counts as a query."""
    for places, right in PLACES:
        try:
            value = mean_reciprocal_rank(list(places))
        except TypeError as error:
            return f"With the places {list(places)} it fails: {error}. None means: not found."
        except ZeroDivisionError:
            return f"With the places {list(places)} it divides by zero. Every query counts, found or not."
        if not isinstance(value, int | float):
            return f"It returns a number; yours returned {type(value).__name__}."
        if abs(value - right) > 1e-9:
            hint = "What wasn't found counts 0." if None in places else "Add up 1 / place, not the places."
            return f"With the places {list(places)} it gives {value:.3g}; right is {right:.3g}. {hint}"
    return None


def filter(options: SearchOptions) -> str | None:
    """The filter comes before the search: two hits that she can pay, not those of the best two that she can pay."""
    if not isinstance(options, SearchOptions):
        return f"`options` is SearchOptions(…), not {type(options).__name__}."
    if not options.where:
        return 'Nothing keeps the dear things away. A filter is written where="…", as in SQL.'
    kept = [price for price in (1.5, 29.99, 30.0, 30.01, 59.0) if _keeps(options.where, price)]
    if kept != [1.5, 29.99, 30.0]:
        return f"Of the prices 1.5, 29.99, 30, 30.01 and 59 your filter keeps {kept or 'none'}. At most 30 is wanted."
    return None if options.k == 2 else f"Two things are wanted; k is {options.k}."


def _keeps(where: str, price: float) -> bool:
    """Whether a filter keeps a row of a price."""
    base = sqlite3.connect(":memory:")
    try:
        return bool(base.execute(f"SELECT ({where}) FROM (SELECT ? AS price)", (price,)).fetchone()[0])
    except sqlite3.Error:
        return False
    finally:
        base.close()
