"""The page: Sensorium's store over this catalogue's index."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from sensorium import Embedder
from sensorium.apps.store import app as store
from sensorium.apps.store.shop import Shop

from shop_search import TITLE
from shop_search.app import CATALOGUE, INDEX, build, load_embedder


def create_app(embedder: Embedder | None = None, catalogue: Path = CATALOGUE, index: Path = INDEX) -> FastAPI:
    """Return the page; the index is brought up to date first."""
    embedder = embedder or load_embedder()
    build(embedder, catalogue, index)
    shop = Shop(str(index), embedder, TITLE)
    return store.create_app(shop)
