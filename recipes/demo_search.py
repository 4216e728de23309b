"""The demo's search: its pictures become an index, which is asked for something that it has and something it hasn't."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sensorium import load
from sensorium.search import Index, Searcher
from sensorium.search.indexing import index_sources, sources

QUERIES = ("a cat", "a submarine under the ice")


def search_lines(folder: Path) -> Iterator[str]:
    """Index the pictures of a folder, beside it, and return what searches for `QUERIES` find, a line each."""
    embedder = load("offline", role="embedder")
    index = Index.create(folder / "pictures.index", embedder.name, embedder.version, embedder.dims)
    index_sources(index, sources([str(folder / "pictures")]), embedder)
    searcher = Searcher(index, embedder)
    yield f"Searching {index.count()} pictures:"
    for query in QUERIES:
        result = searcher.search(query)
        found = Path(result.hits[0].path).name if result.hits else "no good match"
        yield f"  {query}: {found} ({result.seconds:.2f} s)"
    yield f'  Search yourself: sensorium search {index.storage.where} "a cup"'
