"""The catalogue's index, made once for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from sensorium.search import Index, Searcher

from shop_search.app import CATALOGUE, build, load_embedder


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the index."""
    where = tmp_path_factory.mktemp("index") / "a.index"
    build(load_embedder(), CATALOGUE, where)
    return where


@pytest.fixture(scope="session")
def searcher(index: Path) -> Searcher:
    """Return what searches it."""
    return Searcher(Index.open(index), load_embedder())
