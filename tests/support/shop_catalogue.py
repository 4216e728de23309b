"""A shop with categories, prices and stock on real photos, written by `sensorium index` from a catalogue."""

from __future__ import annotations

import json
from pathlib import Path

from shop import PRICES, TITLES, photos

from sensorium import load
from sensorium.apps.store.shop import Shop
from sensorium.search import Index
from sensorium.search.indexing import index_sources
from sensorium.search.indexing.catalogues import sources

CATEGORIES = {
    "cat": "home",
    "cat-copy": "home",
    "coffee": "kitchen",
    "bricks": "garden",
    "grass": "garden",
    "gravel": "garden",
}


def made_shop(folder: Path, title: str = "Corner shop") -> Shop:
    """Write photos, a catalogue and its index; return the shop that serves it."""
    (folder / "photos").mkdir(parents=True)
    rows = []
    for place, (name, words) in enumerate(TITLES.items()):
        (folder / "photos" / f"{name}.jpg").write_bytes(photos()[name])
        row = {
            "image": f"photos/{name}.jpg", "id": name, "title": words, "category": CATEGORIES.get(name, "other"),
            "price": PRICES[name], "currency": "eur", "stock": place % 4, "vegan": place % 3 == 0,
            "tags": ["new", "gift"] if place % 2 else ["gift"],
        }  # fmt: skip
        rows.append(json.dumps(row))
    catalogue = folder / "catalogue.jsonl"
    catalogue.write_text("\n".join(rows), encoding="utf-8")
    embedder = load("offline", role="embedder")
    index = Index.create(folder / "shop.index", embedder.name, embedder.version, embedder.dims)
    report = index_sources(index, sources([str(catalogue)]), embedder)
    assert not report.broken
    return Shop(str(folder / "shop.index"), embedder, title)
