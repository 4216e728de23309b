"""Indexing: what is new or changed is read, embedded and committed batch by batch; what is gone is removed.

A run that is killed loses the batch that it was at; the next one goes on from there. Files are compared by size and
time first, and hashed only if these differ; a picture whose bytes are known already is not embedded again, whatever
its name.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import InputError, ServiceError, quoted
from sensorium.core.messages import Image
from sensorium.core.protocols import Embedder
from sensorium.search.columns import literal
from sensorium.search.indexing.changes import Changes
from sensorium.search.indexing.embedding import Workers, embedded
from sensorium.search.indexing.report import IndexProgress, IndexReport
from sensorium.search.indexing.rows import ReadyItem, rows_of, vectors_of
from sensorium.search.indexing.sources import BrokenItem, Item, Source
from sensorium.search.table import Index
from sensorium.search.upkeep import maintain

BATCH = 32
"""Pictures that are embedded at once."""
COMMIT_SECONDS = 2.0
"""Batches that take less than this together are committed together: a commit takes some 30 ms."""
_MAX_COMMIT = 1024
_COMMITS = 256  # after which small files are merged during a long run
_READERS = 4  # threads that read and hash files ahead of the embedder
_AHEAD = 2 * BATCH
_MAX_READ_BYTES = 256_000_000  # of pictures that are read ahead
_TICK = 2_000_000_000  # ns; FAT stores times to 2 s: a file that is younger may change again within the same time


@dataclass(frozen=True)
class IndexOptions:
    """What an indexing run does.

    Args:
        verify: Hash every file, also those whose size and time are the same.
        read_text: Reads the text in a picture; None to leave it unread.
        batch: Pictures that are embedded at once.
        allow_empty: Remove all rows of a source that is empty now; else this is an error, since a disk that isn't
            mounted looks the same.
        workers: Who reads and embeds the pictures, such as `RayWorkers`; None for this process.
        on_start: Called once with how many pictures are new or changed, before the first is embedded; not if none is.
    """

    verify: bool = False
    read_text: Callable[[Image], str] | None = None
    batch: int = BATCH
    allow_empty: bool = False
    workers: Workers | None = None
    on_start: Callable[[int], None] = lambda count: None


def index_sources(
    index: Index,
    sources: Sequence[Source],
    embedder: Embedder,
    options: IndexOptions | None = None,
    report_progress: Callable[[IndexProgress], None] = lambda progress: None,
) -> IndexReport:
    """Bring an index up to date with its sources; rows of other sources stay.

    Raises:
        InputError: if the index is another embedder's, a column's type or an id clashes, or nothing can be indexed.
        ServiceError: if the workers fail; what they had embedded is in the index.
    """
    return _Run(index, sources, embedder, options or IndexOptions(), report_progress).run()


class _Run:
    """One run of `index_sources`; its state is what the index had when it began."""

    def __init__(
        self,
        index: Index,
        sources: Sequence[Source],
        embedder: Embedder,
        options: IndexOptions,
        report_progress: Callable[[IndexProgress], None],
    ) -> None:
        self.index, self.sources, self.embedder, self.options = index, sources, embedder, options
        self.report_progress = report_progress
        self.report = IndexReport()
        self.digests: set[str] = set()
        self.commits = 0

    def run(self) -> IndexReport:
        began = time.monotonic()
        self.index.check_embedder(self.embedder.name, self.embedder.version)
        with self.index.writing():
            for source in self.sources:
                self.index.fit_columns(source.columns, source.name)
        options = self.options
        changes = Changes(self.index, self.sources, options.verify, options.read_text is not None)
        if not options.allow_empty:
            changes.check_not_empty()
        self.changes = changes
        self.digests = {row.digest for row in changes.known.values()}
        self.report.broken = list(changes.broken)
        self.report.unchanged = len(changes.seen) - len(changes.work)
        if changes.work:
            options.on_start(len(changes.work))
        workers = options.workers
        if workers is None or not changes.work:
            self._embed_all(self._read_ahead(changes.work), len(changes.work))
        else:
            self._embed_all(self._from_workers(workers, changes.work), len(changes.work))
            self._embed_missing(changes.work)
        gone = changes.gone(self.report.broken)
        if gone:
            with self.index.writing():
                self.index.remove(gone)
        self.report.removed = len(gone)
        if self.report.written:
            with self.index.writing():
                maintain(self.index)
        self.report.count = self.index.count()
        self.report.seconds = time.monotonic() - began
        return self.report

    def _embed_all(self, items: Iterable[ReadyItem | BrokenItem], total: int) -> None:
        """Embed and commit in batches what was read; what is embedded is committed even if the embedder fails later."""
        began = last = time.monotonic()
        pending: list[ReadyItem] = []
        done = 0
        try:
            for batch in _batches(items, self.options.batch):
                pending += self._with_vectors(self._of_others(batch), pending)
                done += len(batch)
                now = time.monotonic()
                if now - last >= COMMIT_SECONDS or len(pending) >= _MAX_COMMIT:
                    self._commit(pending)
                    pending, last = [], time.monotonic()
                self.report_progress(IndexProgress(done, total, now - began))
        finally:
            self._commit(pending)

    def _read_ahead(self, work: Sequence[Item]) -> Iterator[ReadyItem | BrokenItem]:
        """Yield the items with their bytes and digests, read by threads while the embedder works."""
        with ThreadPoolExecutor(_READERS) as pool:
            remaining = iter(work)
            waiting: list[Future[ReadyItem | BrokenItem]] = []
            bytes_waiting = 0
            sizes: list[int] = []
            while True:
                while len(waiting) < _AHEAD and (not waiting or bytes_waiting < _MAX_READ_BYTES):
                    item = next(remaining, None)
                    if item is None:
                        break
                    size = 0 if "#" in item.path else item.size
                    waiting.append(pool.submit(self._read, item))
                    sizes.append(size)
                    bytes_waiting += size
                if not waiting:
                    return
                bytes_waiting -= sizes.pop(0)
                yield waiting.pop(0).result()

    def _from_workers(self, workers: Workers, work: Sequence[Item]) -> Iterator[ReadyItem | BrokenItem]:
        """Yield the items as the workers embed them, in any order; what they don't embed is read here."""
        began = time.time_ns()
        far: dict[int, Item] = {}
        for number, item in enumerate(work):
            ready = self._unread(item)
            if ready is None:
                far[number] = item
            else:
                yield ready
        rows = self.changes.known.values()
        known = {row.digest for row in rows if row.has_text or self.options.read_text is None}
        openers = {number: item.open for number, item in far.items()}
        for result in workers.embed(openers, known, self.options.read_text, self.options.batch) if openers else ():
            self.report.embed_seconds += result.embed_seconds
            self.report.read_seconds += result.read_seconds
            if result.number not in far:
                continue  # a worker's repetition
            item = far.pop(result.number)
            if result.reason:
                yield BrokenItem(item.path, result.reason)
            elif result.vector is None:
                yield self._read(item)  # known bytes, under another name
            else:
                modified = item.modified if began - item.modified > _TICK else None
                row = self.changes.known.get(item.id)
                yield ReadyItem(item, None, result.digest, modified, row, result.vector, result.text)
        yield from map(self._read, far.values())

    def _embed_missing(self, work: Sequence[Item]) -> None:
        """Embed here the items that aren't in the index though workers embedded them.

        Raises:
            ServiceError: if they still aren't there then.
        """
        for is_last in (False, True):
            there = set(self.index.rows(["id"])["id"].to_pylist())
            broken = {item.name for item in self.report.broken}
            missing = [item for item in work if item.id not in there and item.path not in broken]
            if not missing:
                return
            if not is_last:
                self._embed_all(self._read_ahead(missing), len(missing))
        raise ServiceError(
            f"{len(missing)} of {len(work)} rows are missing in {quoted(self.index.storage.where)}, such as "
            f"{quoted(missing[0].id)}.",
            "Index again: what is there stays.",
            retryable=True,
        )

    def _unread(self, item: Item) -> ReadyItem | None:
        """Return an item whose file needs not be read, since only its columns differ from its row; or None."""
        row = self.changes.known.get(item.id)
        if (
            row is None
            or row.path != item.path
            or not self.changes.is_known(item.id, item.size, item.modified)
            or self.options.verify
            or not (row.has_text or self.options.read_text is None)
        ):
            return None
        return ReadyItem(item, None, row.digest, item.modified, row)

    def _read(self, item: Item) -> ReadyItem | BrokenItem:
        if (unread := self._unread(item)) is not None:
            return unread
        try:
            began = time.time_ns()
            blob = item.open()
            digest = blob.digest
        except InputError as error:
            return BrokenItem(item.path, error.message)
        settled = began - item.modified > _TICK
        return ReadyItem(item, blob, digest, item.modified if settled else None, self.changes.known.get(item.id))

    def _of_others(self, batch: Sequence[ReadyItem | BrokenItem]) -> list[ReadyItem]:
        """Return the batch without broken items, and without those that another run has committed meanwhile."""
        ready = [each for each in batch if isinstance(each, ReadyItem)]
        self.report.broken += [each for each in batch if isinstance(each, BrokenItem)]
        fresh = [each for each in ready if each.known is None]
        if fresh:
            keys = ", ".join(literal(each.item.id) for each in fresh)
            rows = self.index.rows(["id", "digest"], f"id IN ({keys})")
            committed = dict(zip(rows["id"].to_pylist(), rows["digest"].to_pylist(), strict=True))
            self.digests.update(committed.values())
        return ready

    def _with_vectors(self, ready: Sequence[ReadyItem], pending: Sequence[ReadyItem]) -> list[ReadyItem]:
        """Return the items with their vectors, without the broken ones; known bytes are not embedded again."""
        known = self._known_vectors({each.digest for each in ready} & self.digests)
        known |= {each.digest: (each.vector, each.text) for each in pending if each.vector is not None}
        vectors = {each.digest: each.vector for each in ready if each.vector is not None}
        new = {each.digest: each for each in reversed(ready) if each.digest not in known and each.digest not in vectors}
        vectors |= self._embed(list(new.values()))
        made = []
        met: set[str] = set()
        for each in ready:
            vector, text = known.get(each.digest, (vectors.get(each.digest), None))
            if vector is None:
                if each.digest not in vectors and each is not new.get(each.digest):
                    self.report.broken.append(BrokenItem(each.item.path, "It has the bytes of a broken picture."))
                continue
            each.vector, each.text = vector, each.text if text is None else text
            self._count(each, each.digest in known or each.digest in met)
            met.add(each.digest)
            made.append(each)
        self._read_texts(made)
        for each in made:
            each.blob = None  # its bytes aren't needed until the commit
        return made

    def _count(self, each: ReadyItem, was_known: bool) -> None:
        if each.known is not None and each.known.digest == each.digest:
            self.report.changed_columns += 1
        elif was_known:
            self.report.reused += 1
        elif each.known is not None:
            self.report.updated += 1
        else:
            self.report.added += 1

    def _known_vectors(self, digests: set[str]) -> dict[str, tuple[NDArray[np.float32], str | None]]:
        if not digests:
            return {}
        listed = ", ".join(literal(digest) for digest in sorted(digests))
        rows = self.index.rows(["digest", "vector", "read_text"], f"digest IN ({listed})")
        vectors = vectors_of(rows["vector"], self.index.dims)
        texts = rows["read_text"].to_pylist()
        made: dict[str, tuple[NDArray[np.float32], str | None]] = {}
        for digest, vector, text in zip(rows["digest"].to_pylist(), vectors, texts, strict=True):
            if digest not in made or made[digest][1] is None:
                made[digest] = (vector, text)
        return made

    def _embed(self, items: Sequence[ReadyItem]) -> dict[str, NDArray[np.float32]]:
        """Return the vectors of pictures by digest, without the broken ones."""
        pairs = [(each, Image(each.blob)) for each in items if each.blob is not None]
        began = time.monotonic()
        try:
            rows = embedded([image for _, image in pairs], self.embedder)
        finally:
            self.report.embed_seconds += time.monotonic() - began
        self.report.broken += [
            BrokenItem(each.item.path, row) for (each, _), row in zip(pairs, rows, strict=True) if isinstance(row, str)
        ]
        return {each.digest: row for (each, _), row in zip(pairs, rows, strict=True) if not isinstance(row, str)}

    def _read_texts(self, items: Sequence[ReadyItem]) -> None:
        if self.options.read_text is None:
            return
        began = time.monotonic()
        read: dict[str, str] = {}
        for each in items:
            if each.text is None and each.blob is not None:
                if each.digest not in read:
                    read[each.digest] = self.options.read_text(Image(each.blob))
                each.text = read[each.digest]
        self.report.read_seconds += time.monotonic() - began

    def _commit(self, items: Sequence[ReadyItem]) -> None:
        if not items:
            return
        rows = rows_of(items, self.index)
        with self.index.writing():
            self.index.put(rows)
            self.commits += 1
            if self.commits % _COMMITS == 0:
                maintain(self.index)
        self.digests.update(each.digest for each in items)


def _batches(items: Iterable[ReadyItem | BrokenItem], size: int) -> Iterator[list[ReadyItem | BrokenItem]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
