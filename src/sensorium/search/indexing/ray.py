"""Embedding on the machines of a Ray cluster: Ray Data reads and embeds, and the caller's process writes the index.

Pictures are read and hashed on the caller's machine, which has the files; their bytes go to actors that load the
embedder once. Results come back in any order, and again if a machine is lost: `index_sources` takes each once. Writing
to Lance from Ray's tasks instead (lance-ray 0.5.0) loses rows when a write is retried.
"""

from __future__ import annotations

import logging
import os
import socket
import time
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sensorium.core.blob import Blob
from sensorium.core.errors import InputError, SensoriumError, ServiceError, quoted
from sensorium.core.files import following_links, follows_links
from sensorium.core.messages import Image
from sensorium.core.protocols import Embedder
from sensorium.core.retry import retrying
from sensorium.core.weights import importing
from sensorium.search.indexing.embedding import WorkerResult, embedded

if TYPE_CHECKING:
    import pyarrow as pa

LOCAL = "local"
"""The address of a cluster that is started on this machine, and ended after the run."""
_STORE_BYTES = 400_000_000  # of a local cluster's object store: pictures on their way, not the whole catalogue
_READERS = 4  # tasks that read at once
_BLOCK_BYTES = 8_000_000  # of pictures that a reader hands on at once
_RETRIES = 3  # of a retryable error of the embedder, on its worker
_RETRY_SECONDS = 300.0
_CONNECT_SECONDS = 10.0
_MAX_ATTEMPTS = 4  # at a batch whose worker dies each time


@dataclass(frozen=True)
class RayWorkers:
    """Workers of a Ray cluster, for `IndexOptions(workers=…)`; Sensorium is installed on all of its machines.

    Args:
        load_embedder: Returns the embedder; called once in each worker.
        name: The embedder's name.
        version: Its version; a worker that has another refuses.
        address: "local", "auto" (the cluster of this machine), or "HOST:PORT" of the head; this machine is one of its.
        gpus: Each worker's share of a GPU, if the cluster has any; else it takes one CPU.
    """

    load_embedder: Callable[[], Embedder]
    name: str
    version: str
    address: str = LOCAL
    gpus: float = 0.0

    def embed(
        self,
        openers: Mapping[int, Callable[[], Blob]],
        known: Collection[str],
        read_text: Callable[[Image], str] | None,
        batch: int,
    ) -> Iterator[WorkerResult]:
        """Yield a result for each picture, in any order, some perhaps twice; see `Workers.embed`."""
        with _cluster(self.address):
            try:
                for table in self._tables(openers, known, read_text, batch):
                    yield from _results(table)
            except SensoriumError:
                raise
            except Exception as error:  # Ray raises its own and its tasks' errors, of many classes
                reason = next((line for line in reversed(str(error).splitlines()) if line.strip()), "")
                raise ServiceError(
                    f"Ray failed: {type(error).__name__}: {reason.strip()[:200]}.",
                    "What was embedded is kept. Is Sensorium installed on all machines? Type: ray status",
                    retryable=True,
                ) from error

    def _tables(
        self,
        openers: Mapping[int, Callable[[], Blob]],
        known: Collection[str],
        read_text: Callable[[Image], str] | None,
        batch: int,
    ) -> Iterator[pa.Table]:
        import pyarrow as pa
        import ray
        import ray.data
        from ray import cloudpickle

        gpus = self.gpus if ray.cluster_resources().get("GPU") else 0.0
        here = {"ray.io/node-id": ray.get_runtime_context().get_node_id()}
        attempts = ray.remote(num_cpus=0, label_selector=here)(_Attempts).remote()
        digests = ray.put(np.array(sorted(known), dtype="S64"))
        numbers, opened = list(openers), [cloudpickle.dumps(each) for each in openers.values()]
        size = batch * min(8, 1 + len(numbers) // (256 * batch))
        blocks = [
            pa.table({"number": numbers[start : start + size], "opener": pa.array(opened[start : start + size])})
            for start in range(0, len(numbers), size)
        ]
        batches = -(-len(numbers) // batch)
        places = int(ray.cluster_resources().get("GPU" if gpus else "CPU", 1.0) / (gpus or 1.0))
        fewest = max(1, min(batches, places))  # Ray Data alone would begin with one actor, and add others late
        with _quiet_data():
            data = ray.data.from_arrow(blocks).map_batches(
                _read,
                batch_size=None,
                batch_format="pyarrow",
                fn_kwargs={"known": [digests], "follow_links": follows_links()},
                compute=ray.data.TaskPoolStrategy(size=min(_READERS, len(blocks))),
                num_cpus=0,
                label_selector=here,
            )
            data = data.map_batches(
                _Embedding,
                batch_size=batch,
                batch_format="pyarrow",
                fn_constructor_args=(self, read_text, attempts),
                compute=ray.data.ActorPoolStrategy(min_size=fewest, max_size=max(1, batches)),
                num_cpus=0 if gpus else 1,
                num_gpus=gpus or None,
            )
            yield from data.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0)


def parsed_address(value: str) -> str:
    """Return the address of what a user may type: "ray", "ray:auto", "ray:HOST:PORT" or "HOST:PORT".

    Raises:
        InputError: if it is anything else.
    """
    address = value.removeprefix("ray:") if value != "ray" else LOCAL
    host, _, port = address.rpartition(":")
    if address in (LOCAL, "auto") or (host and port.isdecimal() and "/" not in address):
        return address
    if "://" in value:
        hint = "Run the command on a machine of the cluster, or by `ray job submit`, with ray:auto."
        raise InputError(f"Ray's client address {quoted(value)} can't be used to index.", hint)
    raise InputError(f"No Ray cluster {quoted(value)}.", "Name ray, ray:auto or ray:HOST:PORT.")


class _Attempts:
    """Counts how often a batch was begun: a picture that kills its worker must not do so for ever."""

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}

    def begin(self, number: int) -> int:
        self.counts[number] = self.counts.get(number, 0) + 1
        return self.counts[number]


class _Embedding:
    """The embedding step in an actor: loads the embedder once, then embeds batch after batch."""

    def __init__(self, workers: RayWorkers, read_text: Callable[[Image], str] | None, attempts: Any) -> None:
        self.workers, self.read_text, self.attempts = workers, read_text, attempts
        self.embedder: Embedder | None = None

    def __call__(self, batch: pa.Table) -> pa.Table:
        import pyarrow as pa
        import ray

        rows = batch.to_pylist()
        if rows and ray.get(self.attempts.begin.remote(rows[0]["number"])) > _MAX_ATTEMPTS:
            message = f"Ray's workers died {_MAX_ATTEMPTS} times at the same {len(rows)} pictures."
            error = ServiceError(message, "Have they enough memory? The reason is in Ray's logs.")
            return pa.Table.from_pylist([_failed(row["number"], error) for row in rows], schema=_schema())
        try:
            made = self._embedded(rows)
        except SensoriumError as error:  # as data: Ray would wrap it, and end the run before others are committed
            made = [_failed(row["number"], error) for row in rows]
        return pa.Table.from_pylist(made, schema=_schema())

    def _embedded(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        images = {row["digest"]: Image(Blob(row["data"])) for row in rows if row["data"] is not None}
        began = time.monotonic()
        made: dict[str, Any] = {}
        if images:
            embedder = self._loaded()
            began = time.monotonic()
            deadline = began + _RETRY_SECONDS
            vectors = retrying(lambda: embedded(list(images.values()), embedder), _RETRIES, deadline)
            made = dict(zip(images, vectors, strict=True))
        embed_seconds = (time.monotonic() - began) / max(1, len(rows))
        results = []
        for row in rows:
            vector, reason, text, read_seconds = made.get(row["digest"]), row["reason"], None, 0.0
            if isinstance(vector, str):
                vector, reason = None, vector
            elif vector is not None and self.read_text is not None:
                began = time.monotonic()
                text = self.read_text(images[row["digest"]])
                read_seconds = time.monotonic() - began
            result = {"number": row["number"], "digest": row["digest"], "vector": vector, "text": text}
            seconds = {"embed_seconds": embed_seconds, "read_seconds": read_seconds}
            results.append(result | seconds | {"reason": reason, "error": "", "hint": ""})
        return results

    def _loaded(self) -> Embedder:
        if self.embedder is None:
            embedder = self.workers.load_embedder()
            wanted = self.workers.name, self.workers.version
            if (embedder.name, embedder.version) != wanted:
                raise InputError(
                    f"A Ray worker has {quoted(embedder.name)} {quoted(embedder.version)}, not {quoted(wanted[0])} "
                    f"{quoted(wanted[1])}.",
                    "Install the same packages on all machines.",
                )
            self.embedder = embedder
        return self.embedder


def _read(batch: pa.Table, known: list[Any], follow_links: bool) -> Iterator[pa.Table]:
    """Yield the pictures' bytes and digests; bytes that are known, or can't be read, are left out."""
    import pyarrow as pa
    import ray
    from ray import cloudpickle

    digests = ray.get(known[0])
    names = {"number": pa.int64(), "digest": pa.string(), "data": pa.large_binary(), "reason": pa.string()}
    schema = pa.schema(list(names.items()))
    rows: list[dict[str, Any]] = []
    waiting = 0
    with following_links() if follow_links else nullcontext():
        for number, opener in zip(batch["number"].to_pylist(), batch["opener"].to_pylist(), strict=True):
            try:
                blob = cloudpickle.loads(opener)()
                place = int(np.searchsorted(digests, blob.digest.encode()))
                is_known = place < len(digests) and digests[place] == blob.digest.encode()
                data = None if is_known else blob.data
                rows.append({"number": number, "digest": blob.digest, "data": data, "reason": ""})
                waiting += len(data or b"")
            except InputError as error:
                rows.append({"number": number, "digest": "", "data": None, "reason": error.message})
            if waiting > _BLOCK_BYTES:
                yield pa.Table.from_pylist(rows, schema=schema)
                rows, waiting = [], 0
        yield pa.Table.from_pylist(rows, schema=schema)


def _schema() -> pa.Schema:
    import pyarrow as pa

    texts = {name: pa.string() for name in ("digest", "text", "reason", "error", "hint")}
    numbers = {"number": pa.int64(), "embed_seconds": pa.float64(), "read_seconds": pa.float64()}
    return pa.schema(list((numbers | texts | {"vector": pa.list_(pa.float32())}).items()))


def _failed(number: int, error: SensoriumError) -> dict[str, Any]:
    return {"number": number, "digest": "", "reason": "", "error": error.message, "hint": error.hint}


def _results(table: pa.Table) -> Iterator[WorkerResult]:
    for row in table.to_pylist():
        error, hint = row.pop("error"), row.pop("hint")
        if error:
            raise ServiceError(error, hint)
        vector = row.pop("vector")
        yield WorkerResult(vector=None if vector is None else np.array(vector, np.float32), **row)


@contextmanager
def _cluster(address: str) -> Iterator[None]:
    """Connect to a cluster, or start one; where the process has done so already, use that."""
    with importing("ray"):
        import ray
    if ray.is_initialized():
        yield
        return
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # a worker without a GPU isn't shown one
    local = {"include_dashboard": False, "object_store_memory": _STORE_BYTES} if address == LOCAL else {}
    try:
        if address not in (LOCAL, "auto"):  # Ray itself waits for minutes, and then ends the process
            host, _, port = address.rpartition(":")
            socket.create_connection((host.strip("[]"), int(port)), _CONNECT_SECONDS).close()
        with warnings.catch_warnings():
            # Its processes are other programs, which do not use this one's LanceDB.
            warnings.filterwarnings("ignore", "lancedb fork support", RuntimeWarning)
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **local)
    except (OSError, OverflowError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:160]
        raise ServiceError(
            f"The Ray cluster {quoted(address)} can't be reached: {reason}.", "Type: ray status", retryable=True
        ) from None
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def _quiet_data() -> Iterator[None]:
    """Silence Ray Data's progress bars and logs, which go to standard error."""
    import ray.data

    logger, context = logging.getLogger("ray.data"), ray.data.DataContext.get_current()
    before = logger.level, context.enable_progress_bars
    logger.setLevel(logging.ERROR)
    context.enable_progress_bars = False
    try:
        yield
    finally:
        context.enable_progress_bars = before[1]
        logger.setLevel(before[0])
