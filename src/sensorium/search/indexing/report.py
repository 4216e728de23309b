"""How far an indexing run is, and what it did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sensorium.search.indexing.sources import BrokenItem


@dataclass(frozen=True)
class IndexProgress:
    """How far a run is.

    Args:
        done: Pictures that are done, of those that are new or changed.
        total: How many these are.
        seconds: Since the first of them.
    """

    done: int
    total: int
    seconds: float

    @property
    def rate(self) -> float:
        """Pictures a second."""
        return self.done / self.seconds if self.seconds > 0 else 0.0


@dataclass
class IndexReport:
    """What an indexing run did, counted in rows.

    Args:
        added: New pictures that were embedded.
        updated: Pictures whose bytes changed, embedded again.
        reused: Renamed or copied pictures: their vectors were known.
        changed_columns: Rows of which only columns or the text changed.
        unchanged: Rows that stayed.
        removed: Rows whose pictures are gone.
        broken: Pictures that can't be indexed.
        count: Rows of the index now.
        embed_seconds: Spent in the embedder, by all workers together.
        read_seconds: Spent reading text in pictures, by all workers together.
        seconds: In all.
    """

    added: int = 0
    updated: int = 0
    reused: int = 0
    changed_columns: int = 0
    unchanged: int = 0
    removed: int = 0
    broken: list[BrokenItem] = field(default_factory=list)
    count: int = 0
    embed_seconds: float = 0.0
    read_seconds: float = 0.0
    seconds: float = 0.0

    @property
    def written(self) -> int:
        """Rows that were written or removed."""
        return self.added + self.updated + self.reused + self.changed_columns + self.removed

    def to_json(self) -> dict[str, Any]:
        """Return the counts, the seconds, and each broken picture with its reason."""
        counts = {name: value for name, value in vars(self).items() if name != "broken"}
        rounded = {name: round(value, 3) if isinstance(value, float) else value for name, value in counts.items()}
        return rounded | {"broken": [{"name": item.name, "reason": item.reason} for item in self.broken]}
