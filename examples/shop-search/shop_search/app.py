"""The app: a catalogue is indexed and searched."""

from __future__ import annotations

from pathlib import Path

from sensorium import Embedder, Image, load
from sensorium.retrieval.query import Query
from sensorium.search import Index, Searcher, SearchResult
from sensorium.search.indexing import CatalogueFormat, index_sources, sources

ROOT = Path(__file__).parents[1]
CATALOGUE = ROOT / "catalogue" / "catalogue.csv"
"""One row a product: an id, a picture, and any further columns."""
INDEX = ROOT / "catalogue.index"
EMBEDDER = "offline"
"""Runs on this machine; it understands English."""
SECONDS = 5
"""The longest that a search may take; a test measures it."""


def load_embedder() -> Embedder:
    """Return what turns pictures and words into vectors."""
    return load(EMBEDDER, role="embedder")


def build(embedder: Embedder, catalogue: Path = CATALOGUE, where: Path = INDEX) -> Index:
    """Return the catalogue's index, made or brought up to date: only what is new is embedded."""
    index = open_or_create(embedder, where)
    index_sources(index, sources([str(catalogue)], CatalogueFormat("image", "id")), embedder)
    return index


def open_or_create(embedder: Embedder, where: Path) -> Index:
    """Return the index in a folder."""
    if where.exists():
        return Index.open(where)
    return Index.create(where, embedder.name, embedder.version, embedder.dims)


def search(searcher: Searcher, words: str = "", picture: Image | None = None) -> SearchResult:
    """Return what the catalogue has for words, a picture, or both; no hits if none fits."""
    parts = [part for part in (picture, words) if part]
    return searcher.search(Query.of(*parts))
