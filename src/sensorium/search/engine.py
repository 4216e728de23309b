"""Search: what an index shows for a query of words, pictures or both, and whether that is a good match at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from threading import Lock

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from sensorium.core.errors import InputError, quoted
from sensorium.core.messages import Image, Part, Text
from sensorium.core.protocols import Embedder
from sensorium.retrieval.hubness import Rows, bank_language, corrected
from sensorium.retrieval.learned_map import LearnedMap
from sensorium.retrieval.query import Query, query_rows, scores, vector
from sensorium.search.columns import literal
from sensorium.search.fitting import fitted_map, fitted_no_match, sample_rows
from sensorium.search.fusion import LEADING_WEIGHT, TEXT_WEIGHT, content_words, has_code, shown_score, words_in
from sensorium.search.no_match import CANDIDATES, MatchEvidence, NoMatch
from sensorium.search.results import Hit, Reason, Retriever, SearchOptions, SearchResult, Why
from sensorium.search.table import Index, Match

COPY_SIMILARITY = 0.94
"""From this cosine of offline rows on two pictures are one: of 40 clothes all copies of half the size, lighter or
mirrored and nearly all of a JPEG of quality 40 have more, and no two of the 372 different photos (at most 0.904)."""
COPY_SIMILARITIES = {"offline": COPY_SIMILARITY, "offline:multilingual": COPY_SIMILARITY}
"""The same of each embedder that it was measured for; of another's rows only the same picture's are folded."""
SAME_PICTURE = 0.9999
_SAMPLE = 512
_REMEMBERED = 256
_VECTOR, _READ = "vector", "read_text"


@dataclass
class _Found:
    """Matches of one search by id; what each retriever gave them, in its order.

    `pictures` holds standard deviations above the collection's mean, `text` BM25 as a share of the best row's.
    """

    matches: dict[str, Match] = field(default_factory=dict)
    scores: dict[Retriever, dict[str, float]] = field(default_factory=dict)

    def add(self, retriever: Retriever, matches: Iterable[Match], scores: Iterable[float]) -> None:
        pairs = sorted(zip(matches, scores, strict=True), key=lambda pair: -pair[1])
        self.scores[retriever] = {match.id: score for match, score in pairs}
        for match, _ in pairs:
            self.matches.setdefault(match.id, match)

    def drop(self, id: str) -> None:
        self.matches.pop(id, None)
        for known in self.scores.values():
            known.pop(id, None)


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
        self.embedder = RememberingEmbedder(embedder)
        self._lock = Lock()

    @cached_property
    def no_match(self) -> NoMatch | None:
        """What tells whether a match is good, fitted on the index at first use; None for an empty index."""
        return fitted_no_match(self.index, self.embedder)

    @cached_property
    def learned(self) -> LearnedMap | None:
        """What the index's titles taught about words, fitted at first use; None if it wouldn't find more."""
        return fitted_map(self.index, self.embedder)

    def __call__(self, part: Text | Image | str, k: int) -> list[Hit]:
        """Return the `k` nearest pictures, good matches or not, for features that take a `search(part, k)`."""
        result = self.search(Query.of(part), SearchOptions(k=k, fold=False))
        return list(result.hits or result.nearest)

    def search(self, query: Query | str, options: SearchOptions | None = None) -> SearchResult:
        """Return what the index has for a query; a str is words.

        Raises:
            InputError: if the filter names no column, compares with the wrong type, or can't be read.
            SensoriumError: what the embedder raises.
        """
        start = time.perf_counter()
        query = Query.of(query) if isinstance(query, str) else query
        options = options or SearchOptions()
        with self._lock:
            learned = self.learned if query.text.strip() else None
            fitted = self.no_match if options.judge else None
        plain = self._plain(query)
        row = plain if learned is None else vector(query, self.embedder, self._sample, learned)
        found = self._found(query, row, options, lambda rows: self._scores(query, rows, learned))
        if not found.matches:
            return SearchResult(query, (), True, self._reason(options), (), time.perf_counter() - start)
        evidence, is_match, exact = None, True, False
        if fitted is not None:
            exact = self._is_exact(query, found)
            evidence, is_match = self._evidence(query, options, fitted)
        weight = LEADING_WEIGHT if exact and (not is_match or has_code(query.text)) else TEXT_WEIGHT
        hits = self._hits(query, plain, found, options, weight, fitted)
        no_match = not (is_match or exact)
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
        row = np.asarray(rows[_VECTOR][0].as_py(), dtype=np.float32)
        query = Query.of(Image(rows["path"][0].as_py() or id))
        wanted = replace(options, k=options.k + 1, retrievers=("pictures",))
        found = self._found(query, row, wanted, lambda rows: _standardised(rows @ row, self._sample @ row))
        found.drop(id)
        hits = self._hits(query, row, found, options, TEXT_WEIGHT, None) if found.matches else ()
        return SearchResult(query, hits, not hits, "" if hits else "filter", (), time.perf_counter() - start)

    @cached_property
    def _sample(self) -> Rows:
        return sample_rows(self.index, _SAMPLE)

    @property
    def _copy_similarity(self) -> float:
        return COPY_SIMILARITIES.get(self.embedder.name, SAME_PICTURE)

    @cached_property
    def _columns(self) -> list[str]:
        return list(self.index.columns)

    def _reason(self, options: SearchOptions) -> Reason:
        """Return why nothing was found at all."""
        if not self.index.count():
            return "empty"
        return "unrelated" if self.index.count(options.where) else "filter"

    def _plain(self, query: Query) -> Rows:
        """Return the query's row without what the index learned."""
        return vector(query, self.embedder, self._sample if len(query.terms) > 1 else None)

    def _scores(self, query: Query, rows: Rows, learned: LearnedMap | None) -> NDArray[np.float64]:
        found = scores(query, self.embedder, rows, self._sample, learned).astype(np.float64)
        if len(query.terms) == 1 and learned is None:
            return found
        return _standardised(found, scores(query, self.embedder, self._sample, self._sample, learned))

    def _found(
        self, query: Query, row: Rows, options: SearchOptions, scored: Callable[[Rows], NDArray[np.float64]]
    ) -> _Found:
        """Return the nearest pictures, and the rows with the query's words, both with scores for their pictures."""
        depth, columns, found = max(CANDIDATES, 3 * options.k), [*self._columns, _READ, _VECTOR], _Found()
        words = content_words(query.text)
        nearest, matching = [], []
        if "pictures" in options.retrievers:
            nearest = self.index.nearest(row, depth, options.where, columns)
        if "text" in options.retrievers and words:
            matching = self.index.matching(" ".join(words), depth, options.where, columns)
            best = max((match.similarity for match in matching), default=1.0)
            found.add("text", matching, [match.similarity / best for match in matching])
        if "pictures" in options.retrievers:
            known = list({match.id: match for match in (*nearest, *matching)}.values())
            found.add("pictures", known, scored(_vectors(known, self.index.dims)).tolist())
        return found

    def _is_exact(self, query: Query, found: _Found) -> bool:
        """Whether a row holds every word of the query, which has no picture."""
        words = content_words(query.text)
        if query.images or not words:
            return False
        rows = [found.matches[name] for name in found.scores.get("text", {})]
        return any(len(words_in(words, _texts(match))) == len(words) for match in rows)

    def _evidence(self, query: Query, options: SearchOptions, fitted: NoMatch) -> tuple[MatchEvidence | None, bool]:
        """Return how good the match is, of words; and whether it is one. Only what is wanted counts."""
        if query.images:
            rows = [self.embedder.embed([image])[0] for image in query.images]
            best = [self.index.nearest(row, 1, options.where, []) for row in rows]
            return None, any(fitted.has_image_match(each[0].similarity) for each in best if each)
        wanted = Query(tuple(term for term in query.terms if term.weight > 0))
        row = self._plain(wanted)
        nearest = self.index.nearest(row, CANDIDATES, options.where, [_VECTOR])
        evidence = fitted.evidence(row, _vectors(nearest, self.index.dims), bank_language(wanted.text))
        return evidence, evidence.is_match

    def _hits(
        self, query: Query, row: Rows, found: _Found, options: SearchOptions, weight: float, fitted: NoMatch | None
    ) -> tuple[Hit, ...]:
        text, pictures = found.scores.get("text", {}), found.scores.get("pictures", {})
        total = {name: pictures.get(name, 0.0) + weight * text.get(name, 0.0) for name in found.matches}
        names = sorted(total, key=lambda name: -total[name])
        vectors = _vectors([found.matches[name] for name in names], self.index.dims)
        kept, copies = (
            _folded(vectors, options.k, self._copy_similarity)
            if options.fold
            else (list(range(min(options.k, len(names)))), {})
        )
        shown = vectors[kept]
        margins = corrected(row[None], shown, fitted.bank)[0].tolist() if fitted and not query.images else None
        ranks = {way: {name: rank for rank, name in enumerate(given, 1)} for way, given in found.scores.items()}
        words, hits = content_words(query.text), []
        for place, (at, similarity) in enumerate(zip(kept, (shown @ row).tolist(), strict=True)):
            match = found.matches[names[at]]
            own = {way: given[match.id] for way, given in sorted(ranks.items()) if match.id in given}
            margin = None if margins is None else margins[place]
            why = Why(own, words_in(words, _texts(match)), similarity, margin)
            columns = {name: match.columns[name] for name in self._columns}
            folded = tuple(names[n] for n in copies.get(at, ()))
            hits.append(Hit(match.id, match.path, shown_score(total[match.id]), columns, why, folded))
        return tuple(hits)


class RememberingEmbedder:
    """An embedder that keeps the rows of the last parts: one search asks for those of its query several times."""

    def __init__(self, embedder: Embedder) -> None:
        self.name, self.version, self.dims = embedder.name, embedder.version, embedder.dims
        self._embedder = embedder
        self._rows: LRUCache[tuple[bool, Part], Rows] = LRUCache(_REMEMBERED)
        self._lock = Lock()

    def embed(self, parts: Sequence[Part]) -> Rows:
        """Return one row a part, as the embedder does."""
        return self._remembered(parts, False)

    def embed_queries(self, parts: Sequence[Part]) -> Rows:
        """Return one row a part, as the embedder places what is looked for."""
        return self._remembered(parts, True)

    def _remembered(self, parts: Sequence[Part], as_queries: bool) -> Rows:
        with self._lock:
            rows = {part: self._rows[as_queries, part] for part in parts if (as_queries, part) in self._rows}
        missing = list(dict.fromkeys(part for part in parts if part not in rows))
        if missing:
            made = query_rows(missing, self._embedder) if as_queries else self._embedder.embed(missing)
            rows |= dict(zip(missing, made, strict=True))
            with self._lock:
                self._rows.update({(as_queries, part): rows[part] for part in missing[:_REMEMBERED]})
        return np.array([rows[part] for part in parts], dtype=np.float32).reshape(len(parts), self.dims)


def _folded(vectors: Rows, k: int, similarity: float) -> tuple[list[int], dict[int, list[int]]]:
    """Return the places of the first `k` different pictures, and for each the places of its near duplicates."""
    kept: list[int] = []
    copies: dict[int, list[int]] = {}
    for at, row in enumerate(vectors):
        near = vectors[kept] @ row if kept else np.zeros(0)
        if len(near) and near.max() >= similarity:
            copies.setdefault(kept[int(near.argmax())], []).append(at)
        elif len(kept) < k:
            kept.append(at)
    return kept, copies


def _vectors(matches: Sequence[Match], dims: int) -> Rows:
    rows: Rows = np.array([match.columns[_VECTOR] for match in matches], dtype=np.float32).reshape(-1, dims)
    return rows


def _texts(match: Match) -> list[str]:
    """Return every text of a row."""
    texts: list[str] = []
    for value in match.columns.values():
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, list) and value and isinstance(value[0], str):
            texts += value
    return texts


def _standardised(found: NDArray[np.floating], known: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return scores in standard deviations above the mean of the collection's."""
    scaled: NDArray[np.float64] = (found.astype(np.float64) - float(known.mean())) / max(float(known.std()), 1e-9)
    return scaled
