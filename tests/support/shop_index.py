"""An index of small pictures for tests."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import PIL.Image
from counting_embedder import DIMS, CountingEmbedder

from sensorium.search import Index
from sensorium.search.indexing import IndexOptions, IndexReport, index_sources
from sensorium.search.indexing.catalogues import sources


def paint(path: Path, seed: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 255, (6, 6, 3), dtype=np.uint8)
    PIL.Image.fromarray(noise).resize((48, 48), PIL.Image.Resampling.NEAREST).save(path)
    os.utime(path, (1_700_000_000, 1_700_000_000 + seed))
    return path


class Shop:
    """An index with an embedder that counts."""

    def __init__(self, where: Path) -> None:
        self.embedder = CountingEmbedder()
        self.index = Index.create(where, self.embedder.name, self.embedder.version, DIMS)

    def run(self, *paths: Path, **options: object) -> IndexReport:
        self.embedder.embedded = 0
        return index_sources(self.index, sources([str(p) for p in paths]), self.embedder, IndexOptions(**options))  # type: ignore[arg-type]

    def ids(self) -> set[str]:
        return {Path(each).name for each in self.index.rows(["id"])["id"].to_pylist()}
