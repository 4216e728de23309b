"""Measures the search among 10,000, 100,000 and 1,000,000 vectors: time, recall, build time and disk.

    python bench/vectors.py [--sizes 10000 100000 1000000] [--seed 0] [--queries 100] [--without usearch]

Clustered unit vectors of 512 numbers (one centre for 200 of them, noise of .8 of a centre's length), and queries from
the same clusters that are no rows. The index is made as `sensorium index` makes it: `Index.put` in batches, then
`maintain`. Searched for the ten nearest without a filter, with one that keeps .1 %, and with that for all rows that it
keeps; the exact answer is numpy's over the same vectors, which is timed too. faiss-cpu (IVF with 8-bit codes) and
usearch (HNSW, 16-bit) beside it, with the smallest width of a list that finds as much. Prints a line each as it goes.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sensorium.search import Index
from sensorium.search.upkeep import maintain, plan_of

DIMS, CHUNK, KEPT = 512, 50_000, 0.001
Rows = NDArray[np.float32]


def clustered(count: int, clusters: int, seed: int) -> Rows:
    """Return unit rows around the same centres for every seed."""
    centres = unit(np.random.default_rng(1).normal(size=(clusters, DIMS)).astype(np.float32))
    random = np.random.default_rng(seed)
    noise = random.normal(size=(count, DIMS)).astype(np.float32) * np.float32(0.8 / np.sqrt(DIMS))
    return unit(centres[random.integers(0, clusters, count)] + noise)


def unit(rows: Rows) -> Rows:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def write(place: Path, count: int, seed: int) -> tuple[Rows, NDArray[np.float64]]:
    """Write the vectors to a file that is mapped, not read; return them with their prices, 0 to 100."""
    vectors = np.lib.format.open_memmap(place / "vectors.npy", "w+", np.float32, (count, DIMS))
    for start in range(0, count, CHUNK):
        size = min(CHUNK, count - start)
        vectors[start : start + size] = clustered(size, max(20, count // 200), seed + 1 + start)
    vectors.flush()
    return vectors, np.random.default_rng(seed).random(count) * 100


def chunks(vectors: Rows) -> Iterator[tuple[int, Rows]]:
    for start in range(0, len(vectors), CHUNK):
        yield start, np.asarray(vectors[start : start + CHUNK])


def exact(vectors: Rows, queries: Rows, k: int, mask: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
    """Return the numbers of the rows nearest to each query, (queries, k)."""
    scores, numbers = [], []
    for start, rows in chunks(vectors):
        places = np.arange(len(rows)) if mask is None else np.flatnonzero(mask[start : start + len(rows)])
        near = queries @ rows[places].T
        top = np.argsort(-near, axis=1)[:, :k]
        scores.append(np.take_along_axis(near, top, axis=1))
        numbers.append(places[top] + start)
    order = np.argsort(-np.concatenate(scores, axis=1), axis=1)[:, :k]
    return np.take_along_axis(np.concatenate(numbers, axis=1), order, axis=1)


def measure(search: Callable[[Rows], list[int]], queries: Rows, truth: NDArray[np.int64]) -> tuple[float, float, float]:
    """Return p50 and p95 in milliseconds, and the share of the true rows that were returned."""
    times, found = [], 0
    search(queries[0])
    for query, true in zip(queries, truth, strict=True):
        began = time.perf_counter()
        numbers = search(query)
        times.append((time.perf_counter() - began) * 1000)
        found += len(set(numbers) & set(true.tolist()))
    return statistics.median(times), float(np.quantile(times, 0.95)), found / truth.size


def show(what: str, count: int, result: tuple[float, float, float], more: str = "") -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{count:>9,} {what:<34} p50 {result[0]:8.2f} ms  p95 {result[1]:8.2f} ms  recall {result[2]:.4f}  {more}"
        f"  (peak {peak:.1f} GB, load {os.getloadavg()[0]:.0f})",
        flush=True,
    )


def sensorium(place: Path, vectors: Rows, prices: NDArray[np.float64]) -> tuple[Index, float, float]:
    """Return the index, the seconds to write it and those to make its vector index."""
    index = Index.create(place / "shop.index", "bench", "1", DIMS, {"price": "double"})
    began = time.monotonic()
    for start, rows in chunks(vectors):
        with index.writing():
            index.put(table(rows, prices[start : start + len(rows)], start))
    written = time.monotonic() - began
    began = time.monotonic()
    with index.writing():
        maintain(index)
    return index, written, time.monotonic() - began


def table(rows: Rows, prices: NDArray[np.float64], first: int) -> pa.Table:
    ids = [str(first + number) for number in range(len(rows))]
    return pa.table(
        {
            "id": ids, "path": ids, "source": [""] * len(ids), "digest": ids, "size": [0] * len(ids),
            "modified": pa.array([0] * len(ids), pa.timestamp("ns")),
            "vector": pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), DIMS),
            "read_text": pa.nulls(len(ids), pa.string()), "price": prices,
        }
    )  # fmt: skip


def run(count: int, queries_count: int, seed: int, without: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        vectors, prices = write(place, count, seed)
        queries = clustered(queries_count, max(20, count // 200), seed + 999_999_937)
        truth = exact(vectors, queries, 10)
        mask = prices < 100 * KEPT
        kept = int(mask.sum())
        filtered = exact(vectors, queries, min(10, kept), mask)
        everything = np.tile(np.flatnonzero(mask), (len(queries), 1))
        index, written, built = sensorium(place, vectors, prices)
        disk = sum(file.stat().st_size for file in (place / "shop.index").rglob("*") if file.is_file())
        more = f"written {written:.0f} s, vector index {built:.0f} s, disk {disk / 1e6:.0f} MB, {plan_of(index)}"
        where = f"price < {100 * KEPT}"

        def ids(query: Rows, k: int, filter_: str | None) -> list[int]:
            return [int(match.id) for match in index.nearest(query, k, filter_)]

        show("sensorium", count, measure(lambda q: ids(q, 10, None), queries, truth), more)
        show("sensorium, filter of .1 %", count, measure(lambda q: ids(q, 10, where), queries, filtered))
        result = measure(lambda q: ids(q, kept + 10, where), queries, everything)
        show(f"sensorium, all {kept} of the filter", count, result)
        if "numpy" not in without:
            show("numpy, exact", count, measure(lambda q: by_numpy(vectors, q), queries[:20], truth[:20]))
        if "faiss" not in without:
            by_faiss(vectors, queries, truth, count)
        if "usearch" not in without:
            by_usearch(vectors, queries, truth, count)


def by_numpy(vectors: Rows, query: Rows) -> list[int]:
    scores = vectors @ query
    top = np.argpartition(-scores, 10)[:10]
    return [int(number) for number in top]


def by_faiss(vectors: Rows, queries: Rows, truth: NDArray[np.int64], count: int) -> None:
    import faiss

    began = time.monotonic()
    lists = round(np.sqrt(count))
    coarse = faiss.IndexFlatIP(DIMS)
    index = faiss.IndexIVFScalarQuantizer(
        coarse, DIMS, lists, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    )
    sample = np.random.default_rng(0).choice(count, min(count, 64 * lists), replace=False)
    index.train(np.asarray(vectors[np.sort(sample)]))
    for _, rows in chunks(vectors):
        index.add(rows)
    built = time.monotonic() - began
    for width in (4, 8, 16, 32, 64, 128):
        index.nprobe = width
        result = measure(lambda q: index.search(q[None], 10)[1][0].tolist(), queries, truth)
        if result[2] >= 0.97:
            break
    show(f"faiss IVF-SQ8, nprobe {width}", count, result, f"built in {built:.0f} s, {count * DIMS / 1e6:.0f} MB")


def by_usearch(vectors: Rows, queries: Rows, truth: NDArray[np.int64], count: int) -> None:
    from usearch.index import Index as Graph

    began = time.monotonic()
    graph = Graph(ndim=DIMS, metric="ip", dtype="f16")
    for start, rows in chunks(vectors):
        graph.add(np.arange(start, start + len(rows)), rows, threads=2)
    built = time.monotonic() - began
    for width in (16, 32, 64, 128, 256):
        graph.expansion_search = width
        result = measure(lambda q: graph.search(q, 10).keys.tolist(), queries, truth)
        if result[2] >= 0.97:
            break
    show(f"usearch HNSW f16, ef {width}", count, result, f"built in {built:.0f} s, {graph.memory_usage / 1e6:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--without", nargs="*", default=[])
    options = parser.parse_args()
    print("command: python bench/vectors.py", *sys.argv[1:], flush=True)
    for count in options.sizes:
        run(count, options.queries, options.seed, options.without)


if __name__ == "__main__":
    main()
