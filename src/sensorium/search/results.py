"""What a search takes and what it returns: options, hits, and why each was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sensorium.core.errors import InputError, quoted
from sensorium.retrieval.query import Query
from sensorium.search.no_match import MatchEvidence

Reason = Literal["", "unrelated", "filter", "empty"]
Retriever = Literal["pictures", "text"]
RETRIEVERS: tuple[Retriever, ...] = ("pictures", "text")
MAX_HITS = 1000


@dataclass(frozen=True)
class Why:
    """Why a hit is one.

    Args:
        ranks: Retriever -> the hit's rank in it, from 1.
        words: The words of the query that stand in its columns or picture.
        similarity: Cosine of its vector and the query's.
        margin: How unusual that similarity is for this picture: standard deviations above unrelated queries; None for
            a query without words.
    """

    ranks: Mapping[Retriever, int]
    words: tuple[str, ...]
    similarity: float
    margin: float | None


@dataclass(frozen=True)
class Hit:
    """A picture that was found.

    Args:
        id: Its key in the index.
        path: Its file, or "".
        score: 0 to 1, growing with its similarity and the words that its text shares with the query; see `fusion`.
        columns: The catalogue's columns.
        why: Why it was found.
        copies: Ids of near duplicates that are folded into it.
    """

    id: str
    path: str
    score: float
    columns: Mapping[str, Any]
    why: Why
    copies: tuple[str, ...] = ()

    def to_json(self, why: bool = False) -> dict[str, Any]:
        """Return plain JSON values."""
        out: dict[str, Any] = {"id": self.id, "path": self.path, "score": round(self.score, 6)}
        out["columns"] = {name: _json(value) for name, value in self.columns.items()}
        if self.copies:
            out["copies"] = list(self.copies)
        if why:
            out["why"] = {
                "ranks": dict(self.why.ranks), "words": list(self.why.words),
                "similarity": round(self.why.similarity, 4),
                "margin": None if self.why.margin is None else round(self.why.margin, 2),
            }  # fmt: skip
        return out


@dataclass(frozen=True)
class SearchResult:
    """What a search found.

    Args:
        query: What was looked for.
        hits: The best first; none if nothing is a good match.
        no_match: Whether nothing is a good match.
        reason: Why: "unrelated", or "filter" if the filter keeps no row, "empty" if the index has none; else "".
        nearest: What is nearest although it isn't a good match.
        seconds: How long it took.
        evidence: How good the match is; None for pictures, and if the index can't tell.
        exact: Whether a row holds every word of the query, which makes it a match whatever the vectors say.
    """

    query: Query
    hits: tuple[Hit, ...]
    no_match: bool
    reason: Reason
    nearest: tuple[Hit, ...]
    seconds: float
    evidence: MatchEvidence | None = None
    exact: bool = False

    @property
    def folded(self) -> int:
        """How many near duplicates the hits stand for."""
        return sum(len(hit.copies) for hit in (*self.hits, *self.nearest))

    def to_json(self, why: bool = False) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "hits": [hit.to_json(why) for hit in self.hits],
            "no_match": self.no_match,
            "seconds": round(self.seconds, 4),
        }


@dataclass(frozen=True)
class SearchOptions:
    """How to search.

    Args:
        k: The most hits.
        where: A filter as in SQL over the columns, applied before the search; None for all rows.
        fold: Whether near duplicates are one hit.
        retrievers: Which rankings are fused; those that have nothing to go by are left out.
        judge: Whether hits that aren't a good match are held back.
    """

    k: int = 10
    where: str | None = None
    fold: bool = True
    retrievers: tuple[Retriever, ...] = RETRIEVERS
    judge: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.k <= MAX_HITS:
            raise InputError(f"A search returns 1 to {MAX_HITS} hits, not {quoted(self.k)}.", "Try `k=10`.")
        if not self.retrievers or not set(self.retrievers) <= set(RETRIEVERS):
            raise InputError(f"Unknown retrievers {quoted(self.retrievers)}.", f"Use {', '.join(RETRIEVERS)}.")


def _json(value: object) -> object:
    """Return a column's value as JSON has it: dates and times in ISO 8601."""
    isoformat = getattr(value, "isoformat", None)
    return isoformat() if isoformat is not None else value
