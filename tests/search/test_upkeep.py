"""Upkeep: the disk stays near the live data, and a large table is searched by a vector index as well as exactly."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("lancedb")
import pyarrow as pa
from vectors import index_rows, unit, write

from sensorium.search import Index, upkeep
from sensorium.search.upkeep import VectorPlan, maintain, plan_of


def size_of(index: Index) -> int:
    return sum(file.stat().st_size for file in Path(index.storage.where).rglob("*") if file.is_file())


def test_the_disk_stays_near_the_live_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensorium.search.storage.KEPT_FOLDER", timedelta(milliseconds=20))
    index = Index.create(tmp_path / "shop.index", "a", "1", 256, {"title": "string"})
    write(index, index_rows(unit(3000, 256), {"title": ["red shoe"] * 3000}))
    live = size_of(index)
    sizes = []
    for number in range(45):
        write(index, index_rows(unit(1, 256, seed=number), {"title": ["blue"]}, first=number))
        with index.writing():
            maintain(index)
        sizes.append(size_of(index))
    assert max(sizes) < 1.5 * live
    assert index.count() == 3000 and len(index.matching("blue", 100)) == 45


def test_a_large_table_is_searched_by_a_vector_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "ANN_ROWS", 2000)
    monkeypatch.setattr("sensorium.search.table.EXACT_ROWS", 100)
    index = Index.create(tmp_path / "shop.index", "a", "1", 64, {"price": "double"})
    centres, count = unit(20, 64, seed=1), 3000
    rows = centres[np.arange(count) % 20] + 0.5 * unit(count, 64, seed=2)
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    write(index, index_rows(rows, {"price": pa.array(np.arange(count, dtype=np.float64))}))
    query = rows[7]
    exact = [match.id for match in index.nearest(query, 10)]
    assert plan_of(index) is None
    with index.writing():
        maintain(index)
    plan = plan_of(index)
    assert plan is not None and plan.recall >= 0.95 and plan.rows == count
    assert len(set(exact) & {match.id for match in index.nearest(query, 10)}) >= 9
    assert {"id", "digest", "price", "vector"} <= {name for each in index.table.list_indices() for name in each.columns}
    # a filter that keeps few is exact, one that keeps more is filled
    assert {match.id for match in index.nearest(query, 50, "price < 40")} == {str(n) for n in range(40)}
    assert len(index.nearest(query, 500, "price < 400")) == 400
    write(index, index_rows(unit(1, 64, seed=9), {"price": [1.0]}, first=count))
    assert index.nearest(unit(1, 64, seed=9)[0], 1)[0].id == str(count), "rows that aren't indexed yet are found too"


def test_the_width_grows_with_k_and_with_the_filter() -> None:
    plan = VectorPlan(nprobes=40, partitions=316, refine=5, recall=0.99, rows=100_000)
    assert plan.width(10, 1.0) == 40 and plan.width(40, 1.0) == 80 and plan.width(10, 0.5) == 80
    assert plan.width(10, 0.1) is None
