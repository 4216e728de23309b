"""Indexing: folders and catalogues are brought into an index, and kept up to date there."""

from sensorium.search.indexing.catalogues import CatalogueFormat, image_at, sources
from sensorium.search.indexing.learning import learn
from sensorium.search.indexing.migrate import MigrationReport, migrate
from sensorium.search.indexing.report import IndexProgress, IndexReport
from sensorium.search.indexing.run import IndexOptions, index_sources
from sensorium.search.indexing.sources import BrokenItem, Item, Source

__all__ = [
    "BrokenItem",
    "CatalogueFormat",
    "IndexOptions",
    "IndexProgress",
    "IndexReport",
    "Item",
    "MigrationReport",
    "Source",
    "image_at",
    "index_sources",
    "learn",
    "migrate",
    "sources",
]
