"""Search: what an index shows for a query of words, pictures or both, and whether that is a good match at all."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from threading import Lock
from typing import Any, Literal

import numpy as np

from sensorium.core.errors import InputError, quoted
from sensorium.core.messages import Image, Text
from sensorium.core.protocols import Embedder
from sensorium.retrieval.hubness import Rows, corrected
from sensorium.retrieval.query import Query, vector
from sensorium.search.columns import literal
from sensorium.search.fitting import fitted_no_match, sample_rows
from sensorium.search.fusion import content_words, reciprocal_rank_fusion, words_in
from sensorium.search.no_match import CANDIDATES, MatchEvidence, NoMatch
from sensorium.search.table import Index, Match

Retriever = Literal["pictures", "text"]
RETRIEVERS: tuple[Retriever, ...] = ("pictures", "text")
MAX_HITS = 1000
COPY_SIMILARITY = 0.94
"""From this cosine on two pictures are one: of 40 clothes all copies of half the size, lighter or mirrored and nearly
all of a JPEG of quality 40 have more, and no two of the 372 different photos (at most 0.904)."""
_SAMPLE = 512
_VECTOR, _READ = "vector", "read_text"


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
        score: 0 to 1, comparable within one result only: by rank if several retrievers are fused, else the cosine.
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
    reason: Literal["", "unrelated", "filter", "empty"]
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


@dataclass
class _Found:
    """Matches of one search by id, and the ids in each retriever's order."""

    matches: dict[str, Match] = field(default_factory=dict)
    rankings: dict[Retriever, list[str]] = field(default_factory=dict)

    def add(self, retriever: Retriever, matches: Iterable[Match]) -> None:
        ranking = self.rankings.setdefault(retriever, [])
        for match in matches:
            self.matches.setdefault(match.id, match)
            ranking.append(match.id)


class Searcher:
    """Searches an index; safe to use from several threads.

    Args:
        index: What is searched.
        embedder: The one that made its vectors.

    Raises:
        InputError: if the index's vectors are another embedder's, or another version's.

    Example:
        >>> searcher = Searcher(Index.open("shop.index"), load("offline", role="embedder"))  # doctest: +SKIP
        >>> searcher.search("red shoes", SearchOptions(where="price < 40")).hits[0].path  # doctest: +SKIP
    """

    def __init__(self, index: Index, embedder: Embedder) -> None:
        index.check_embedder(embedder.name, embedder.version)
        self.index = index
        self.embedder = embedder
        self._lock = Lock()

    @cached_property
    def no_match(self) -> NoMatch | None:
        """What tells whether a match is good, fitted on the index at first use; None for an empty index."""
        return fitted_no_match(self.index, self.embedder)

    def __call__(self, part: Text | Image | str, k: int) -> list[Hit]:
        """Return the `k` nearest pictures, good matches or not, for features that take a `search(part, k)`."""
        return list(self.search(Query.of(part), SearchOptions(k=k, fold=False, judge=False)).hits)

    def search(self, query: Query | str, options: SearchOptions | None = None) -> SearchResult:
        """Return what the index has for a query; a str is words.

        Raises:
            InputError: if the filter names no column, compares with the wrong type, or can't be read.
            SensoriumError: what the embedder raises.
        """
        start = time.perf_counter()
        query = Query.of(query) if isinstance(query, str) else query
        options = options or SearchOptions()
        row = vector(query, self.embedder, self._sample if len(query.terms) > 1 else None)
        found = self._found(row, query, options)
        if not found.matches:
            reason: Literal["empty", "filter"] = "filter" if self.index.count() else "empty"
            return SearchResult(query, (), True, reason, (), time.perf_counter() - start)
        no_match, evidence, exact = self._judged(query, row, found, options)
        hits = self._hits(query, row, found, options)
        return SearchResult(
            query, () if no_match else hits, no_match, "unrelated" if no_match else "", hits if no_match else (),
            time.perf_counter() - start, evidence, exact,
        )  # fmt: skip

    def like(self, id: str, options: SearchOptions | None = None) -> SearchResult:
        """Return the pictures that look like one of the index, without that one.

        Raises:
            InputError: if the index has no such id.
        """
        start = time.perf_counter()
        options = options or SearchOptions()
        rows = self.index.rows([_VECTOR, "path"], f"id = {literal(id)}")
        if not len(rows):
            raise InputError(f"The index has no picture {quoted(id)}.", "Take an id from a search's JSON.")
        row = _unit(np.asarray(rows[_VECTOR][0].as_py(), dtype=np.float32))
        query = Query.of(Image(rows["path"][0].as_py() or id))
        found = self._found(row, query, replace(options, k=options.k + 1))
        found.matches.pop(id, None)
        found.rankings = {name: [each for each in ids if each != id] for name, ids in found.rankings.items()}
        hits = self._hits(query, row, found, options) if found.matches else ()
        return SearchResult(query, hits, not hits, "" if hits else "filter", (), time.perf_counter() - start)

    @cached_property
    def _sample(self) -> Rows:
        return sample_rows(self.index, _SAMPLE)

    @cached_property
    def _columns(self) -> list[str]:
        return list(self.index.columns)

    def _found(self, row: Rows, query: Query, options: SearchOptions) -> _Found:
        depth, columns = max(CANDIDATES, 3 * options.k), [*self._columns, _READ, _VECTOR]
        found = _Found()
        if "pictures" in options.retrievers:
            found.add("pictures", self.index.nearest(row, depth, options.where, columns))
        words = content_words(query.text)
        if "text" in options.retrievers and words:
            found.add("text", self.index.matching(" ".join(words), depth, options.where, columns))
        return found

    def _judged(
        self, query: Query, row: Rows, found: _Found, options: SearchOptions
    ) -> tuple[bool, MatchEvidence | None, bool]:
        """Return whether a good match is missing, the evidence, and whether a row holds every word."""
        if not options.judge:
            return False, None, False
        with self._lock:
            fitted = self.no_match
        if fitted is None:
            return False, None, False
        if query.images:
            near = [self._nearest(self.embedder.embed([image])[0], options, 1) for image in query.images]
            return not any(fitted.has_image_match(best[0].similarity) for best in near if best), None, False
        words = content_words(query.text)
        texts = [found.matches[each] for each in found.rankings.get("text", ())[:CANDIDATES]]
        exact = bool(words) and any(len(words_in(words, _texts(match))) == len(words) for match in texts)
        wanted = Query(tuple(term for term in query.terms if term.weight > 0))
        if wanted != query:
            row = vector(wanted, self.embedder, self._sample if len(wanted.terms) > 1 else None)
        same = wanted == query and "pictures" in found.rankings
        nearest = (
            [found.matches[name] for name in found.rankings["pictures"][:CANDIDATES]]
            if same else self._nearest(row, options, CANDIDATES)
        )  # fmt: skip
        evidence = fitted.evidence(row, _vectors(nearest))
        return not (exact or evidence.is_match), evidence, exact

    def _nearest(self, row: Rows, options: SearchOptions, k: int) -> list[Match]:
        return self.index.nearest(row, k, options.where, [_VECTOR])

    def _hits(self, query: Query, row: Rows, found: _Found, options: SearchOptions) -> tuple[Hit, ...]:
        rankings = [ranking for ranking in found.rankings.values() if ranking]
        fused = reciprocal_rank_fusion(rankings)
        names = list(fused)
        vectors = _vectors([found.matches[name] for name in names])
        similarities = vectors @ row
        kept, copies = _folded(vectors, options.k) if options.fold else (list(range(min(options.k, len(names)))), {})
        bank = self.no_match.bank if options.judge and self.no_match is not None and not query.images else None
        margins = corrected(row[None], vectors[kept], bank)[0] if bank is not None else None
        words = content_words(query.text)
        hits = []
        for place, at in enumerate(kept):
            match, similarity = found.matches[names[at]], float(similarities[at])
            ranks = {
                retriever: ranking.index(match.id) + 1
                for retriever, ranking in found.rankings.items() if match.id in ranking
            }  # fmt: skip
            margin = None if margins is None else float(margins[place])
            why = Why(ranks, words_in(words, _texts(match)), similarity, margin)
            columns = {name: match.columns[name] for name in self._columns}
            score = max(0.0, similarity) if list(ranks) == list(found.rankings) == ["pictures"] else fused[match.id]
            hits.append(Hit(match.id, match.path, score, columns, why, tuple(names[n] for n in copies.get(at, ()))))
        return tuple(hits)


def _folded(vectors: Rows, k: int) -> tuple[list[int], dict[int, list[int]]]:
    """Return the places of the first `k` different pictures, and for each the places of its near duplicates."""
    kept: list[int] = []
    copies: dict[int, list[int]] = {}
    for at, row in enumerate(vectors):
        near = vectors[kept] @ row if kept else np.zeros(0)
        if len(near) and near.max() >= COPY_SIMILARITY:
            copies.setdefault(kept[int(near.argmax())], []).append(at)
        elif len(kept) < k:
            kept.append(at)
    return kept, copies


def _vectors(matches: Sequence[Match]) -> Rows:
    return np.array([match.columns[_VECTOR] for match in matches], dtype=np.float32)


def _texts(match: Match) -> list[str]:
    """Return every text of a row."""
    texts: list[str] = []
    for value in match.columns.values():
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, list) and value and isinstance(value[0], str):
            texts += value
    return texts


def _unit(row: Rows) -> Rows:
    unit: Rows = row / max(float(np.linalg.norm(row)), 1e-12)
    return unit


def _json(value: object) -> object:
    """Return a column's value as JSON has it: dates and times in ISO 8601."""
    isoformat = getattr(value, "isoformat", None)
    return isoformat() if isoformat is not None else value
