"""Measures `sensorium index --on ray`: the same index as one process makes, also when things fail on the way.

    python bench/ray_index.py [--only same failures s3 lance_ray] [--photos 120] [--pictures 240] [--rounds 5]

Needs the extra `ray`, and for `lance_ray` the package lance-ray (0.5.0). The cluster has two nodes of one CPU each,
both on this machine; the second dies by force where a node is to be lost.

- same: photos of ../shared/data/clothing/catalogue with the offline embedder, by one process and by the cluster; of
  more than there are, square cuts at random places.
- failures: 240 small pictures whose embedder takes 50 ms each; in every round a retryable error at each fifth call, and
  the second node killed at a random moment. Compared with one undisturbed process.
- s3: the same, without the node that is killed, into moto's S3 server on this machine (`MOTO_SERVER`, see index.py).
- lance_ray: 10 rows written by lance-ray's own writer, where the first attempt fails with an IO error after 5 rows; and
  10 rows by `index_sources` with as many errors.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import threading
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from index import PHOTOS, Pixels, moto_server, paint

from sensorium.core.errors import ServiceError
from sensorium.registry import load
from sensorium.search import Index
from sensorium.search.indexing import IndexOptions, IndexReport, index_sources, sources
from sensorium.search.indexing.ray import RayWorkers

NODE = {"num_cpus": 1, "object_store_memory": 100_000_000}


class Unsteady(Pixels):
    """`Pixels` that fails at each `every`th call on this worker, and may be tried again."""

    def __init__(self, seconds: float, every: int, notes: Path) -> None:
        super().__init__(seconds)
        self.every, self.calls, self.notes = every, 0, notes

    def embed(self, parts: Any) -> Any:
        import ray

        self.calls += 1
        (self.notes / f"{ray.get_runtime_context().get_node_id()}-{os.getpid()}-{self.calls}").touch()
        if self.calls % self.every == 0:
            raise ServiceError("Too busy.", retryable=True, wait_seconds=0.05)
        return super().embed(parts)


def calls_by_node(notes: Path) -> list[int]:
    return list(Counter(file.name.partition("-")[0] for file in notes.iterdir()).values())


def run(
    where: Path | str, folder: Path, embedder: Any, workers: RayWorkers | None = None, batch: int = 8
) -> IndexReport:
    index = Index.create(where, embedder.name, embedder.version, embedder.dims)
    return index_sources(index, sources([str(folder)]), embedder, IndexOptions(batch=batch, workers=workers))


def difference(first: Path, second: Path | str) -> str:
    """Return how two indexes differ: rows, columns, vectors."""
    names = ["id", "path", "source", "digest", "size", "modified", "read_text", "full_text"]
    indexes = [Index.open(where) for where in (first, second)]
    names += indexes[0].columns
    tables = [index.rows([*names, "vector"]).sort_by("id") for index in indexes]
    rows = [table.select(names).to_pylist() for table in tables]
    if indexes[0].columns != indexes[1].columns or rows[0] != rows[1]:
        return f"NOT the same ({len(rows[0])} and {len(rows[1])} rows)"
    vectors = [np.array(table["vector"].to_pylist(), np.float32) for table in tables]
    ids = {row["id"] for row in rows[1]}
    most = np.abs(vectors[0] - vectors[1]).max()
    return f"the same {len(rows[1])} rows, {len(ids)} ids; vectors differ by at most {most:.1e}"


def photos(folder: Path, count: int, seed: int) -> None:
    """Copy so many photos into a folder; of more than there are, square cuts at random places."""
    folder.mkdir()
    files, chance = sorted(PHOTOS.iterdir()), np.random.default_rng(seed)
    if count <= len(files):
        for file in files[:count]:
            shutil.copy2(file, folder / file.name)
        return
    for number in range(count):
        with PIL.Image.open(files[number % len(files)]) as photo:
            side = int(min(photo.size) * chance.uniform(0.3, 0.9))
            left, top = (int(chance.integers(0, room - side + 1)) for room in photo.size)
            cut = photo.convert("RGB").crop((left, top, left + side, top + side)).resize((224, 224))
        cut.save(folder / f"{number:05}.jpg", quality=90)


def same(place: Path, cluster: Any, options: argparse.Namespace) -> None:
    photos(place / "photos", options.photos, options.seed)
    embedder = load("offline", role="embedder")
    alone = run(place / "alone.index", place / "photos", embedder)
    workers = RayWorkers(partial(load, "offline", role="embedder"), embedder.name, embedder.version)
    node = cluster.add_node(**NODE)
    cluster.wait_for_nodes()
    far = run(place / "far.index", place / "photos", embedder, workers)
    cluster.remove_node(node)
    print(
        f"same: {far.count} photos, one process {alone.seconds:.1f} s, two nodes {far.seconds:.1f} s (the embedder "
        f"{alone.embed_seconds:.1f} and {far.embed_seconds:.1f} s): "
        f"{difference(place / 'alone.index', place / 'far.index')}",
        flush=True,
    )


def failures(place: Path, cluster: Any, options: argparse.Namespace) -> None:
    small(place, options.pictures)
    chance = np.random.default_rng(options.seed)
    for number in range(options.rounds):
        notes = place / f"notes-{number}"
        notes.mkdir()
        workers = RayWorkers(partial(Unsteady, 0.05, 5, notes), "pixels", "1")
        node = cluster.add_node(**NODE)
        cluster.wait_for_nodes()
        delay = float(chance.uniform(6, 6 + options.pictures / 24))
        killer = threading.Timer(delay, cluster.remove_node, [node], {"allow_graceful": False})
        killer.start()
        where = place / f"unsteady-{number}.index"
        began = time.monotonic()
        report = run(where, place / "small", Pixels(), workers)
        seconds, was_running = time.monotonic() - began, not killer.is_alive()
        killer.join()
        late = "" if was_running else " (TOO LATE)"
        print(
            f"failures {number}: node killed after {delay:.1f} of {seconds:.1f} s{late}; calls by node "
            f"{calls_by_node(notes)}; {report.added} added: {difference(place / 'steady.index', where)}",
            flush=True,
        )


def small(place: Path, count: int) -> None:
    """Paint small pictures, and index them by one undisturbed process; once."""
    if (place / "small").exists():
        return
    for number in range(count):
        paint(place / "small" / f"{number}.png", number)
    run(place / "steady.index", place / "small", Pixels())


def s3(place: Path, cluster: Any, options: argparse.Namespace) -> None:
    small(place, options.pictures)
    notes = place / "notes-s3"
    notes.mkdir()
    workers = RayWorkers(partial(Unsteady, 0.02, 5, notes), "pixels", "1")
    node = cluster.add_node(**NODE)
    cluster.wait_for_nodes()
    with moto_server():
        where = "s3://bucket/far.index"
        report = run(where, place / "small", Pixels(), workers)
        print(
            f"s3: calls by node {calls_by_node(notes)}; {report.added} added in {report.seconds:.1f} s: "
            f"{difference(place / 'steady.index', where)}",
            flush=True,
        )
    cluster.remove_node(node)


def lance_ray(place: Path, cluster: Any, options: argparse.Namespace) -> None:
    import lance
    import lance.fragment
    import pyarrow as pa
    from lance_ray.fragment import write_fragment

    tables = [pa.table({"id": range(start, start + 5)}) for start in (0, 5)]
    original, calls = lance.fragment.write_fragments, [0]

    def failing(reader: Any, *arguments: Any, **named: Any) -> Any:
        calls[0] += 1
        if calls[0] == 1:
            reader.read_next_batch()
            raise OSError("LanceError(IO): the connection was reset")
        return original(reader, *arguments, **named)

    lance.fragment.write_fragments = failing
    retry = {"description": "write", "match": ["LanceError(IO)"], "max_attempts": 10, "max_backoff_s": 1}
    uri = str(place / "rows.lance")
    written = write_fragment(iter(tables), uri, schema=tables[0].schema, retry_params=retry)
    lance.fragment.write_fragments = original
    operation = lance.LanceOperation.Overwrite(tables[0].schema, [fragment for fragment, _ in written])
    kept = lance.LanceDataset.commit(uri, operation).count_rows()
    for number in range(10):
        paint(place / "ten" / f"{number}.png", number)
    workers = RayWorkers(partial(Unsteady, 0.0, 2, place), "pixels", "1")
    report = run(place / "ten.index", place / "ten", Pixels(), workers, batch=5)
    print(f"lance-ray, a retried write: 10 rows in, {kept} kept, {calls[0]} attempts; here 10 in, {report.count} kept")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="*", default=["same", "failures", "s3", "lance_ray"])
    parser.add_argument("--photos", type=int, default=120)
    parser.add_argument("--pictures", type=int, default=240)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    paths = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    os.environ |= {"PYTHONPATH": os.pathsep.join(paths), "RAY_BACKEND_LOG_LEVEL": "fatal"}
    import ray
    from ray.cluster_utils import Cluster

    ray.cloudpickle.register_pickle_by_value(__import__("__main__"))
    cluster = Cluster(initialize_head=True, head_node_args=NODE | {"include_dashboard": False})
    ray.init(address=cluster.address, log_to_driver=False, logging_level="error")
    try:
        with tempfile.TemporaryDirectory() as name:
            for task in options.only:
                {"same": same, "failures": failures, "s3": s3, "lance_ray": lance_ray}[task](
                    Path(name), cluster, options
                )
    finally:
        ray.shutdown()
        cluster.shutdown()


if __name__ == "__main__":
    main()
