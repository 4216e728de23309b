"""Upkeep of an index: small files are merged, replaced ones deleted, and a large table gets a vector index.

Measured on 100,000 clustered vectors of 512 numbers (bench/vectors.py): an exact search takes 200 times as long as one
by IVF_RQ with 40 of 316 partitions and five times as many candidates compared exactly, which finds 99.9 % of the ten
nearest; less clustered vectors need more candidates, so both are measured on the table itself. With a filter that keeps
few rows the exact search is as fast, and a search by partitions misses most of them.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import SensoriumError

if TYPE_CHECKING:
    from sensorium.search.table import Index

ANN_ROWS = 10_000
"""Rows from which there is a vector index; below, the exact search takes no longer than a person notices."""
EXACT_ROWS = 20_000
"""Rows that a filter may keep for the search to be exact."""
MIN_RECALL = 0.98
"""Of the ten nearest, measured when the vector index is made."""
RETIRED = "retired"
"""The setting that names the tables which migrations have replaced, and when."""
ANN = "vector_index"
"""The setting that holds a `VectorPlan`."""
_SMALL_FILES, _ROWS_A_FILE = 16, 20_000  # files that may wait to be merged: 16, and one more per 20,000 rows
_MAX_ROUNDS = 4
_UNINDEXED = 2_000  # rows that may wait to be indexed: they are searched one by one
_QUERIES, _NEAREST = 64, 10
_REFINES = (5, 10, 20, 40)
_ENOUGH = 0.99
_WIDTHS = (10, 20, 40, 80, 160, 320)


@dataclass(frozen=True)
class VectorPlan:
    """How a large table is searched.

    Args:
        nprobes: Partitions that are looked at.
        partitions: How many there are.
        refine: How many times as many candidates are compared exactly.
        recall: Of the ten nearest to `_QUERIES` rows of the table, as measured.
        rows: Of the table then.
    """

    nprobes: int
    partitions: int
    refine: int
    recall: float
    rows: int

    def width(self, k: int, kept: float) -> int | None:
        """Return the partitions to look at for `k` rows if a filter keeps this share; None for an exact search."""
        wide = math.ceil(self.nprobes * math.sqrt(max(1.0, k / _NEAREST)) / kept)
        return wide if wide <= self.partitions else None


def maintain(index: Index) -> None:
    """Do what there is enough of: merge files, index rows, delete replaced files and tables; under `writing()`.

    In object storage another writer may be quicker: then it is left to the next run.
    """
    table = index.table
    rows = index.count()
    files = table.stats()["fragment_stats"]["num_fragments"]
    waiting = max((each.num_unindexed_rows or 0 for each in table.list_indices()), default=0)
    if files > _SMALL_FILES + rows // _ROWS_A_FILE or waiting > _UNINDEXED:
        _merge_files(index)
    _drop_retired(index)
    if rows >= ANN_ROWS:
        _index_columns(index)
        _index_vectors(index, rows)


def _merge_files(index: Index) -> None:
    """Merge small files until there is nothing to merge, and delete the replaced ones once no query may read them.

    One round merges small files among themselves, the next these with large ones, and a last one deletes.
    """
    for _ in range(_MAX_ROUNDS):
        version = index.table.version
        try:
            index.optimize()
        except (SensoriumError, ValueError, RuntimeError):
            if index.storage.folder is not None:
                raise
            return
        if index.table.version == version or index.storage.folder is None:
            return
        time.sleep(index.storage.kept.total_seconds())


def _drop_retired(index: Index) -> None:
    retired = json.loads(index.storage.settings().get(RETIRED, b"{}"))
    over = [name for name, when in retired.items() if time.time() - when > index.storage.kept.total_seconds()]
    for name in over:
        index.storage.drop(name)
    if over:
        left = {name: when for name, when in retired.items() if name not in over}
        index.storage.save_settings({RETIRED: json.dumps(left).encode()})


def _index_columns(index: Index) -> None:
    """Index what filters and writers look rows up by; without, a filtered search reads all vectors."""
    from lancedb.index import BTree

    indexed = {column for each in index.table.list_indices() for column in each.columns}
    scalars = [name for name, kind in index.columns.items() if kind != "list<string>"]
    for column in ("id", "digest", *scalars):
        if column not in indexed:
            index.table.create_index(column, config=BTree())


def _index_vectors(index: Index, rows: int) -> None:
    """Make the vector index of a large table, again when it has grown fourfold, and measure how wide to search."""
    from lancedb.index import IvfRq

    plan = plan_of(index)
    if plan is not None and rows < 4 * plan.rows:
        return
    partitions = round(math.sqrt(rows))
    table = index.table
    table.create_index("vector", config=IvfRq(distance_type="cosine", num_partitions=partitions))
    index.save({ANN: json.dumps(asdict(measured(index, partitions, rows))).encode()})


def plan_of(index: Index) -> VectorPlan | None:
    """Return how the index is searched; None if it is searched exactly."""
    saved = index.info.extra.get(ANN)
    return VectorPlan(**json.loads(saved)) if saved else None


def measured(index: Index, partitions: int, rows: int) -> VectorPlan:
    """Return the narrowest search of `_WIDTHS` that finds `MIN_RECALL` of the ten nearest to rows of the table."""
    numbers = sorted(np.random.default_rng(0).choice(rows, min(_QUERIES, rows), replace=False).tolist())
    taken = index.table.take_offsets(numbers).select(["id", "vector"]).to_arrow()
    queries = np.array(taken["vector"].to_pylist(), dtype=np.float32)
    nearest = _exact(index, queries)
    widths = [width for width in _WIDTHS if width < partitions] + [partitions]
    wide = min(partitions, max(widths[0], partitions // 4))
    refine = next((each for each in _REFINES[:-1] if recall_of(index, queries, nearest, wide, each) >= _ENOUGH), 0)
    refine = refine or _REFINES[-1]
    recall, width = 0.0, 0
    for width in widths:
        recall = recall_of(index, queries, nearest, width, refine)
        if recall >= MIN_RECALL:
            break
    # words lie elsewhere than pictures do, and are nearest to pictures of more partitions: twice as wide
    return VectorPlan(min(2 * width, partitions), partitions, refine, round(recall, 4), rows)


def recall_of(index: Index, queries: NDArray[np.float32], nearest: list[set[str]], width: int, refine: int) -> float:
    """Return which share of the rows nearest to the queries a search finds."""
    hits = 0
    for query, true in zip(queries, nearest, strict=True):
        search = index.table.search(query).distance_type("cosine").nprobes(width).refine_factor(refine)
        found = search.limit(_NEAREST).select(["id", "_distance"]).to_arrow()["id"].to_pylist()
        hits += len(true & set(found))
    return hits / sum(map(len, nearest))


def _exact(index: Index, queries: NDArray[np.float32]) -> list[set[str]]:
    """Return the ids of the rows nearest to each query, by comparing with all, in flat memory."""
    best: list[tuple[NDArray[np.float32], NDArray[Any]]] = []
    for ids, vectors in _batches(index):
        scores = queries @ vectors.T
        top = np.argpartition(-scores, min(_NEAREST, len(ids) - 1), axis=1)[:, :_NEAREST]
        best.append((np.take_along_axis(scores, top, axis=1), ids[top]))
    scores, names = (np.concatenate(parts, axis=1) for parts in zip(*best, strict=True))
    order = np.argsort(-scores, axis=1)[:, :_NEAREST]
    return [set(row) for row in np.take_along_axis(names, order, axis=1)]


def _batches(index: Index) -> Iterator[tuple[NDArray[Any], NDArray[np.float32]]]:
    for batch in index.table.search().select(["id", "vector"]).to_batches(8192):
        vectors = batch["vector"].flatten().to_numpy(zero_copy_only=False)
        yield np.array(batch["id"].to_pylist(), dtype=object), vectors.reshape(-1, index.dims)
