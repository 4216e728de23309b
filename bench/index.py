"""Measures `sensorium index`: its rate, unchanged files, kills, disk, and object storage.

    python bench/index.py [--only rate unchanged kills disk s3] [--rounds 20] [--seed 0]

- rate: the photos of ../shared/data/clothing/catalogue, indexed, beside the same embedder fed with the same files in
  the same batches (each in a new process state: a new embedder, nothing cached); three rounds of each, alternating.
- unchanged: 10,000 small pictures indexed, then indexed again, in this process and by the command.
- kills: two indexers at once, both killed by SIGKILL at a random moment, so often as --rounds says, then one run to the
  end; compared with an index of one undisturbed run. The embedder takes 20 ms a picture.
- disk: 2,000 pictures; 1,000 times one file is changed and all are indexed again, while a reader searches by vector,
  words and filter. Compared with a new index of the same files.
- s3: two processes write half of the pictures each, and a shared part, to moto's S3 server (`moto_server`, or the
  program that $MOTO_SERVER names) on this machine; then everything is read, searched, and indexed again.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from sensorium.core.messages import Image
from sensorium.registry import load
from sensorium.search import Index
from sensorium.search.indexing import IndexOptions, IndexReport, index_sources, sources

PHOTOS = Path(__file__).parents[2] / "shared" / "data" / "clothing" / "catalogue"
DIMS, BATCH = 512, 32


class Pixels:
    """Embeds a picture as its 16 × 16 brightness under a fixed random projection; may take a while for each."""

    name, version, dims = "pixels", "1", DIMS

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.projection = np.random.default_rng(0).normal(size=(256, DIMS)).astype(np.float32)

    def embed(self, parts: Any) -> NDArray[np.float32]:
        from io import BytesIO

        time.sleep(self.seconds * len(parts))
        grey = [PIL.Image.open(BytesIO(part.blob.data)).convert("L").resize((16, 16)) for part in parts]
        rows = (np.stack([np.asarray(each, dtype=np.float32).ravel() for each in grey]) - 127.5) @ self.projection
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def paint(path: Path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    PIL.Image.fromarray(noise).resize((32, 32), PIL.Image.Resampling.NEAREST).save(path)
    os.utime(path, (1_700_000_000, 1_700_000_000 + seed))


def opened(where: Path | str, embedder: Any) -> Index:
    return Index.create(where, embedder.name, embedder.version, embedder.dims)


def run(index: Index, path: Path, embedder: Any) -> IndexReport:
    return index_sources(index, sources([str(path)]), embedder, IndexOptions(batch=BATCH))


def rate(place: Path, seed: int) -> None:
    files = sorted(PHOTOS.iterdir())
    load("offline", role="embedder").embed([Image(files[0])])  # loads the weights
    alone, indexed, shares = [], [], []
    for number in range(3):
        embedder = load("offline", role="embedder")
        began = time.monotonic()
        for start in range(0, len(files), BATCH):
            embedder.embed([Image(file) for file in files[start : start + BATCH]])
        alone.append(len(files) / (time.monotonic() - began))
        embedder = load("offline", role="embedder")
        report = run(opened(place / f"rate-{number}.index", embedder), PHOTOS, embedder)
        indexed.append(report.count / report.seconds)
        shares.append(report.embed_seconds / report.seconds)
    print(
        f"rate: {len(files)} photos, offline embedder: alone {statistics.median(alone):.1f} a second, indexed "
        f"{statistics.median(indexed):.1f}: {statistics.median(indexed) / statistics.median(alone):.1%}; of the run's "
        f"time {statistics.median(shares):.1%} was the embedder's (rounds: alone {rounded(alone)}, indexed "
        f"{rounded(indexed)})",
        flush=True,
    )


def rounded(values: list[float]) -> str:
    return ", ".join(f"{value:.1f}" for value in values)


def unchanged(place: Path, seed: int) -> None:
    for number in range(10_000):
        paint(place / "many" / f"{number // 100}" / f"{number}.png", number)
    embedder = Pixels()
    index = opened(place / "many.index", embedder)
    first = run(index, place / "many", embedder)
    again = [run(index, place / "many", embedder).seconds for _ in range(3)]
    print(
        f"unchanged: {first.count} pictures indexed in {first.seconds:.1f} s; again {rounded(again)} s",
        flush=True,
    )
    # the command, with the offline embedder's index made of the same rows
    offline = load("offline", role="embedder")
    shutil.rmtree(place / "many.index")
    index = opened(place / "many.index", offline)
    pad = Padded(offline.name, offline.version, offline.dims)
    run(index, place / "many", pad)
    times, cpu = [], []
    for _ in range(3):
        began, used = time.monotonic(), os.times()
        command = [sys.executable, "-m", "sensorium", "index", str(place / "many"), "--to", str(place / "many.index")]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        times.append(time.monotonic() - began)
        now = os.times()
        cpu.append(now.children_user + now.children_system - used.children_user - used.children_system)
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "import lancedb"], check=True)
    print(
        f"unchanged: the command on {said.strip().rpartition('. ')[2]} {rounded(times)} s, of processor time "
        f"{rounded(cpu)} s; importing lancedb alone {time.monotonic() - began:.1f} s",
        flush=True,
    )


class Padded(Pixels):
    """`Pixels` under another embedder's name, for the time that an unchanged run takes."""

    def __init__(self, name: str, version: str, dims: int) -> None:
        super().__init__()
        self.name, self.version, self.dims = name, version, dims

    def embed(self, parts: Any) -> NDArray[np.float32]:
        rows = super().embed(parts)
        return np.pad(rows, ((0, 0), (0, self.dims - rows.shape[1])))


def kills(place: Path, rounds: int, seed: int) -> None:
    for number in range(600):
        paint(place / "killed" / f"{number}.png", number)
    where = place / "killed.index"
    chance = np.random.default_rng(seed)
    counts = []
    for _ in range(rounds):
        running = [child("index", where, place / "killed") for _ in range(2)]
        for process in running:
            assert process.stdout is not None and process.stdout.readline() == b"begun\n"
        time.sleep(float(chance.uniform(0.1, 1.2)))
        for process in running:
            process.send_signal(signal.SIGKILL)
        for process in running:
            process.wait()
        counts.append(Index.open(where).count())
    embedder = Pixels()
    run(opened(where, embedder), place / "killed", embedder)
    whole = opened(place / "whole.index", embedder)
    run(whole, place / "killed", embedder)
    killed_rows, rows = rows_of(Index.open(where)), rows_of(whole)
    print(
        f"kills: {rounds} rounds of two indexers, {len(set(counts))} different states in between, "
        f"{counts[-1]} of 600 rows at the last kill; then {len(killed_rows)} rows, {len(set(killed_rows))} different; "
        f"the same as undisturbed: {'yes' if sorted(killed_rows) == sorted(rows) else 'NO'}",
        flush=True,
    )


def rows_of(index: Index) -> list[str]:
    names = ["id", "path", "digest", "size", "vector", *index.columns]
    return [str(row) for row in index.rows(names).to_pylist()]


def child(task: str, where: Path | str, *paths: Path) -> subprocess.Popen[bytes]:
    arguments = [sys.executable, __file__, "--child", task, str(where), *map(str, paths)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def as_child(task: str, where: str, paths: list[str]) -> None:
    from sensorium.search.indexing import run as indexing

    if task == "index":
        indexing.COMMIT_SECONDS = 0.2
    embedder = Pixels(0.02 if task == "index" else 0.0)
    index = opened(where, embedder)
    print("begun", flush=True)
    index_sources(index, sources(paths), embedder, IndexOptions(batch=8))


def disk(place: Path, seed: int) -> None:
    names = [f"{number}.png" for number in range(2000)]
    for number, name in enumerate(names):
        paint(place / "shop" / name, number)
    lines = "".join(f"{name},shop/{name},red shoe {number},{number}\n" for number, name in enumerate(names))
    (place / "shop.csv").write_text(f"id,image,title,price\n{lines}")
    embedder = Pixels()
    index = opened(place / "shop.index", embedder)
    catalogue = place / "shop.csv"
    index_sources(index, sources([str(catalogue)]), embedder)
    stop, errors, searches, peak = threading.Event(), [], [0], [0]
    reader = threading.Thread(target=search_until, args=(str(place / "shop.index"), stop, errors, searches))
    reader.start()
    chance = np.random.default_rng(seed)
    began = time.monotonic()
    for number in range(1000):
        name = names[int(chance.integers(len(names)))]
        paint(place / "shop" / name, 10_000 + number)
        index_sources(index, sources([str(catalogue)]), embedder)
        if number % 20 == 0:
            peak[0] = max(peak[0], size_of(place / "shop.index"))
    seconds = time.monotonic() - began
    stop.set()
    reader.join()
    fresh = opened(place / "fresh.index", embedder)
    index_sources(fresh, sources([str(catalogue)]), embedder)
    fresh.optimize()
    time.sleep(1.5)
    fresh.optimize()
    after, live = size_of(place / "shop.index"), size_of(place / "fresh.index")
    same = alike(index, fresh)
    print(
        f"disk: 2,000 rows × {DIMS}, 1,000 one-file updates in {seconds:.0f} s: {after / 1e6:.2f} MB, a new index "
        f"{live / 1e6:.2f} MB: {after / live:.2f} times (at most {peak[0] / live:.2f} in between); {searches[0]} "
        f"searches meanwhile, {len(errors)} errors {errors[:1]}; the same rows: {'yes' if same else 'NO'}",
        flush=True,
    )


def alike(one: Index, other: Index) -> bool:
    """Whether two indexes have the same rows; vectors to 1e-6, since batches of another size round otherwise."""
    names = ["id", "path", "digest", "size", *one.columns]
    rows = [index.rows([*names, "vector"]).sort_by("id") for index in (one, other)]
    vectors = [np.array(table["vector"].to_pylist()) for table in rows]
    return rows[0].select(names).equals(rows[1].select(names)) and bool(np.abs(vectors[0] - vectors[1]).max() < 1e-6)


def search_until(where: str, stop: threading.Event, errors: list[str], searches: list[int]) -> None:
    reader = Index.open(where)
    queries = Pixels().projection.T
    while not stop.is_set():
        query = queries[searches[0] % DIMS, :DIMS] if queries.shape[1] >= DIMS else np.resize(queries[0], DIMS)
        try:
            query = (query / np.linalg.norm(query)).astype(np.float32)
            assert len(reader.nearest(query, 10)) == 10
            assert len(reader.nearest(query, 10, "price < 1000 and price >= 500")) == 10
            assert len(reader.matching("red shoe", 10)) == 10
        except Exception as error:
            errors.append(repr(error)[:300])
        searches[0] += 3


def size_of(folder: Path) -> int:
    total = 0
    for root, _, files in os.walk(folder):
        for file in files:
            try:
                total += os.stat(os.path.join(root, file)).st_size
            except FileNotFoundError:
                pass
    return total


def s3(place: Path, seed: int) -> None:
    for number in range(90):
        paint(place / "bucket" / "abc"[number // 30] / f"{number}.png", number)
    with moto_server():
        where = "s3://bucket/shop.index"
        began = time.monotonic()
        parts = [("a", "b"), ("b", "c")]
        running = [child("s3", where, *(place / "bucket" / each for each in part)) for part in parts]
        codes = [process.wait(300) for process in running]
        written = time.monotonic() - began
        index = Index.open(where)
        ids = index.rows(["id"])["id"].to_pylist()
        picture = place / "bucket" / "b" / "42.png"
        began = time.monotonic()
        (match,) = index.nearest(Pixels().embed([Image(picture)])[0], 1)
        searched = time.monotonic() - began
        again = run(index, place / "bucket", Pixels())
        print(
            f"s3: exit codes {codes}, {len(ids)} rows, {len(set(ids))} different, written by two in {written:.1f} s; "
            f"the right one first: {'yes' if match.path == str(picture) else 'NO'} in {searched * 1000:.0f} ms; again: "
            f"{again.unchanged} unchanged, {again.added + again.updated} embedded, {again.seconds:.1f} s",
            flush=True,
        )


@contextmanager
def moto_server() -> Iterator[None]:
    """Serve an empty bucket on this machine, which the environment names while the block runs."""
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = os.environ.get("MOTO_SERVER", "moto_server")
    server = subprocess.Popen([program, "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    os.environ |= {
        "AWS_ENDPOINT_URL": address, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }  # fmt: skip
    try:
        make_bucket(address)
        yield
    finally:
        server.terminate()
        server.wait()


def make_bucket(address: str) -> None:
    import urllib.request

    for _ in range(300):
        try:
            request = urllib.request.Request(f"{address}/bucket", method="PUT")
            urllib.request.urlopen(request, timeout=10).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("moto's server did not start")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="*", default=["rate", "unchanged", "kills", "disk", "s3"])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--child", nargs="*")
    options = parser.parse_args()
    if options.child:
        as_child(options.child[0], options.child[1], options.child[2:])
        return
    with tempfile.TemporaryDirectory() as name:
        tasks = {"rate": rate, "unchanged": unchanged, "disk": disk, "s3": s3}
        for task in options.only:
            if task == "kills":
                kills(Path(name), options.rounds, options.seed)
            else:
                tasks[task](Path(name), options.seed)


if __name__ == "__main__":
    main()
