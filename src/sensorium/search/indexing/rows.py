"""Items on their way into an index, and the rows that they become."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sensorium.core.blob import Blob
from sensorium.search.indexing.changes import KnownRow
from sensorium.search.indexing.sources import Item
from sensorium.search.table import Index

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass
class ReadyItem:
    """An item whose bytes have been read, or whose row only changes."""

    item: Item
    blob: Blob | None
    digest: str
    modified: int | None
    known: KnownRow | None
    vector: NDArray[np.float32] | None = None
    text: str | None = None


def rows_of(items: Sequence[ReadyItem], index: Index) -> pa.Table:
    """Return items as rows of an index, each id once."""
    import pyarrow as pa

    last = {each.item.id: each for each in items}.values()
    columns = {
        "id": [each.item.id for each in last],
        "path": [each.item.path for each in last],
        "source": [each.item.source for each in last],
        "digest": [each.digest for each in last],
        "size": [each.item.size for each in last],
        "modified": pa.array([each.modified for each in last], pa.int64()).cast(pa.timestamp("ns")),
        "vector": pa.FixedSizeListArray.from_arrays(
            pa.array(np.concatenate([each.vector for each in last if each.vector is not None])), index.dims
        ),
        "read_text": pa.array([each.text for each in last], pa.string()),
    }
    schema = index.schema
    for name in index.columns:
        columns[name] = pa.array([each.item.columns.get(name) for each in last], schema.field(name).type)
    return pa.table(columns)


def vectors_of(column: pa.ChunkedArray, dims: int) -> NDArray[np.float32]:
    """Return a column of vectors as an array, (n, dims) float32."""
    chunks = [chunk.flatten().to_numpy(zero_copy_only=False) for chunk in column.chunks]
    return np.concatenate([np.empty(0, np.float32), *chunks]).astype(np.float32, copy=False).reshape(-1, dims)
