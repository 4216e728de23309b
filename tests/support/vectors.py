"""Unit vectors and rows of an index for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sensorium.search import Index

DIMS = 8


def unit(count: int, dims: int = DIMS, seed: int = 0) -> NDArray[np.float32]:
    """Return random unit rows, (count, dims) float32."""
    rows = np.random.default_rng(seed).normal(size=(count, dims)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def index_rows(
    vectors: NDArray[np.float32], columns: Mapping[str, Sequence[Any]] | None = None, first: int = 0, text: str = ""
) -> pa.Table:
    """Return rows "0", "1" … of an index with these vectors and columns."""
    count, dims = vectors.shape
    ids = [str(first + number) for number in range(count)]
    return pa.table(
        {
            "id": ids,
            "path": [f"/photos/{each}.jpg" for each in ids],
            "source": ["/photos"] * count,
            "digest": [f"digest {each}" for each in ids],
            "size": [100] * count,
            "modified": pa.array([0] * count, pa.timestamp("ns")),
            "vector": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), dims),
            "read_text": pa.array([text or None] * count, pa.string()),
            **(columns or {}),
        }
    )


def write(index: Index, rows: pa.Table) -> None:
    """Write rows into an index."""
    with index.writing():
        index.put(rows)
