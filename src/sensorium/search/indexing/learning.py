"""The catalogue teaches the embedder its own words: a map from pictures to their titles, fitted after indexing."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from sensorium.core.errors import LimitError
from sensorium.core.messages import Text
from sensorium.core.protocols import Embedder, QueryEmbedder
from sensorium.retrieval.learned_map import MIN_TITLED, LearnedMap, fit, load_map
from sensorium.search.columns import identifier
from sensorium.search.indexing.rows import vectors_of
from sensorium.search.table import Index

LEARNED_MAP, LEARNED_FROM = "learned_map", "learned_from"
"""Settings: the map (empty if it doesn't win), and what it was fitted on."""
TITLE_COLUMNS = ("title", "name", "product_name", "product", "caption", "label", "category", "class", "type")
"""Names of the column that says what a picture shows, the likeliest first; else the first column of texts is taken."""
MAX_TITLES = 2_000
"""So many different titles are embedded: some seconds offline."""
_MAX_ROWS = 20_000
_MAX_TITLE = 200  # characters: longer ones are descriptions
_REFIT = 0.2  # share of the titled rows that may change before the map is fitted again


def learn(index: Index, embedder: Embedder, changed: int) -> LearnedMap | None:
    """Return the map of an index, fitted again if much has changed; None without titles, or if the map doesn't win.

    Args:
        index: It keeps the map.
        embedder: The index's own.
        changed: How many rows this run has written or removed.
    """
    column = title_column(index)
    if column is None:
        return None
    extra = index.info.extra
    known = json.loads(extra.get(LEARNED_FROM, b"{}"))
    changes = known.get("changes", 0) + changed
    if known.get("column") == column and changes <= _REFIT * known["titled"]:
        if changed:
            index.save({LEARNED_FROM: json.dumps(known | {"changes": changes}).encode()})
        return load_map(extra[LEARNED_MAP]) if extra.get(LEARNED_MAP) else None
    titled = index.count(f"{identifier(column)} IS NOT NULL")
    made = _fitted(index, embedder, column) if titled >= MIN_TITLED else None
    about = {"column": column, "titled": titled, "changes": 0}
    index.save({LEARNED_MAP: b"" if made is None else made.to_bytes(), LEARNED_FROM: json.dumps(about).encode()})
    return made


def title_column(index: Index) -> str | None:
    """Return the column that says what a picture shows; None if none holds text."""
    texts = {name.lower(): name for name, kind in index.columns.items() if kind == "string"}
    named = (texts[name] for name in TITLE_COLUMNS if name in texts)
    return next(named, next(iter(texts.values()), None))


def _fitted(index: Index, embedder: Embedder, column: str) -> LearnedMap | None:
    rows = index.rows([column, "vector"], _sample(index, f"{identifier(column)} IS NOT NULL"))
    titles = [" ".join(title.split())[:_MAX_TITLE] for title in rows[column].to_pylist()]
    chosen = _some(titles)
    kept = [place for place, title in enumerate(titles) if title in chosen]
    different = list(dict.fromkeys(titles[place] for place in kept))
    if len(different) < 2:
        return None
    try:
        texts = [Text(title) for title in different]
        embedded = embedder.embed(texts)
        asked = embedder.embed_queries(texts) if isinstance(embedder, QueryEmbedder) else embedded
    except LimitError:  # it takes pictures only
        return None
    place_of = {title: place for place, title in enumerate(different)}
    pictures = vectors_of(rows["vector"], index.dims)[kept]
    kept_titles = [titles[place] for place in kept]
    order = [place_of[title] for title in kept_titles]
    return fit(pictures, embedded[order], kept_titles, asked=asked[order])


def _sample(index: Index, where: str) -> str:
    """Return a filter that keeps about `_MAX_ROWS` rows, chosen by their digests."""
    digits = 0
    while index.count(where) > _MAX_ROWS * 16**digits:
        digits += 1
    return f"{where} AND digest LIKE '{'5' * digits}%'" if digits else where


def _some(titles: Sequence[str]) -> set[str]:
    """Return at most `MAX_TITLES` different titles, by chance."""
    different = sorted({title for title in titles if title})
    if len(different) <= MAX_TITLES:
        return set(different)
    chosen = np.random.default_rng(0).choice(len(different), MAX_TITLES, replace=False)
    return {different[place] for place in chosen}
