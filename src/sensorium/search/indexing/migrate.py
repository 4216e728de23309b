"""Migration: every picture is embedded again beside the old vectors; one commit at the end changes to the new ones.

Whatever ends it before that commit, the old vectors stay whole and in use; the next migration to the same embedder
goes on where it was.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import InputError, LimitError, MediaError, quoted
from sensorium.core.messages import Image
from sensorium.core.protocols import Embedder
from sensorium.search.columns import OWN_COLUMNS
from sensorium.search.indexing.catalogues import image_at
from sensorium.search.indexing.report import IndexProgress
from sensorium.search.indexing.run import BATCH
from sensorium.search.indexing.sources import BrokenItem
from sensorium.search.table import Index, create_rows, new_settings
from sensorium.search.upkeep import maintain

if TYPE_CHECKING:
    import pyarrow as pa

MIGRATION = "migration"
"""The setting that names the table which a migration is writing."""
_COMMIT = 8 * BATCH


@dataclass
class MigrationReport:
    """What a migration did.

    Args:
        count: Rows of the index now.
        embedded: Pictures that were embedded.
        broken: Pictures that are gone or broken; the index leaves them out now.
        seconds: In all.
    """

    count: int = 0
    embedded: int = 0
    broken: list[BrokenItem] = field(default_factory=list)
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the counts, the seconds, and each broken picture with its reason."""
        broken = [{"name": item.name, "reason": item.reason} for item in self.broken]
        return {"count": self.count, "embedded": self.embedded, "seconds": round(self.seconds, 3), "broken": broken}


def migrate(
    index: Index,
    embedder: Embedder,
    report_progress: Callable[[IndexProgress], None] = lambda progress: None,
    batch: int = BATCH,
) -> MigrationReport:
    """Embed all pictures of an index again with another embedder, then change to it; `Index.open` gives the new one.

    Raises:
        InputError: if the index has this embedder's vectors already.
    """
    info = index.info
    if (info.embedder, info.version) == (embedder.name, embedder.version):
        raise InputError(
            f"The vectors of {quoted(index.storage.where)} are those of {quoted(embedder.name)} already.",
            "Name another with `embedder`.",
        )
    began = time.monotonic()
    report = MigrationReport()
    with index.writing():
        beside = _beside(index, embedder)
    done = 0
    broken: dict[str, str] = {}
    while True:
        rows = _differing(index, beside, broken)
        for start in range(0, len(rows), _COMMIT):
            chunk = rows.slice(start, _COMMIT)
            beside.put(_embedded(chunk, beside, embedder, batch, report, broken))
            done += len(chunk)
            total = done + len(rows) - start - len(chunk)
            report_progress(IndexProgress(done, total, time.monotonic() - began))
        with index.writing():
            beside.remove(_surplus(index, beside))
            if not len(_differing(index, beside, broken)):
                index.replace_with(beside)
                break
    with beside.writing():
        maintain(beside)
    report.count = beside.count()
    report.seconds = time.monotonic() - began
    return report


def _beside(index: Index, embedder: Embedder) -> Index:
    """Return the index that this or an earlier migration to the embedder fills; of another embedder's, a new one."""
    saved = index.info.extra.get(MIGRATION)
    if saved:
        beside = Index(index.storage, {"index": saved})
        if (beside.info.embedder, beside.info.version) == (embedder.name, embedder.version):
            return beside
        index.storage.database().drop_table(beside.info.table, ignore_missing=True)
    settings = new_settings(embedder.name, embedder.version, embedder.dims)
    create_rows(index.storage, settings)
    encoded = json.dumps(settings).encode()
    index.save({MIGRATION: encoded})
    beside = Index(index.storage, {"index": encoded})
    beside.add_columns(index.columns)
    return beside


def _differing(index: Index, beside: Index, broken: Mapping[str, str]) -> pa.Table:
    """Return the rows, without vectors, that the new table lacks or has otherwise; those of broken pictures aside."""
    import pyarrow as pa

    beside.add_columns({name: kind for name, kind in index.columns.items() if name not in beside.columns})
    names = _names(index)
    rows, copied = index.rows(names), beside.rows(names)
    new = {row["id"]: row for row in copied.to_pylist()}
    wanted = [
        row["id"] not in broken or broken[row["id"]] != row["digest"] if new.get(row["id"]) != row else False
        for row in rows.to_pylist()
    ]
    return rows.filter(pa.array(wanted, pa.bool_()))


def _surplus(index: Index, beside: Index) -> list[str]:
    """Return the ids that were removed while the migration ran."""
    return sorted(set(beside.rows(["id"])["id"].to_pylist()) - set(index.rows(["id"])["id"].to_pylist()))


def _names(index: Index) -> list[str]:
    return [name for name in (*OWN_COLUMNS, *index.columns) if name not in ("vector", "full_text")]


def _embedded(
    rows: pa.Table,
    beside: Index,
    embedder: Embedder,
    batch: int,
    report: MigrationReport,
    broken: dict[str, str],
) -> pa.Table:
    """Return the rows with their new vectors; those whose picture is gone, changed or broken are left out."""
    import pyarrow as pa

    vectors: list[NDArray[np.float32]] = []
    kept: list[int] = []
    for start in range(0, len(rows), batch):
        numbers = range(start, min(start + batch, len(rows)))
        images: dict[int, Image] = {}
        for number in numbers:
            try:
                images[number] = _image(rows, number)
            except InputError as error:
                _leave_out(rows, number, error, report, broken)
        for number, vector in _vectors(images, rows, embedder, report, broken).items():
            kept.append(number)
            vectors.append(vector)
    report.embedded += len(kept)
    flat = np.concatenate(vectors) if vectors else np.empty(0, np.float32)
    column = pa.FixedSizeListArray.from_arrays(pa.array(flat, pa.float32()), beside.dims)
    return rows.take(pa.array(kept, pa.int64())).append_column("vector", column)


def _image(rows: pa.Table, number: int) -> Image:
    path = rows["path"][number].as_py()
    image = Image(image_at(path))
    if image.blob.digest != rows["digest"][number].as_py():
        raise MediaError(f"{quoted(path)} has changed since it was indexed.", "Index it again.")
    return image


def _vectors(
    images: Mapping[int, Image],
    rows: pa.Table,
    embedder: Embedder,
    report: MigrationReport,
    broken: dict[str, str],
) -> dict[int, NDArray[np.float32]]:
    """Return the vectors by row; a batch with a picture that the embedder refuses is halved until it is alone."""
    if not images:
        return {}
    try:
        return dict(zip(images, embedder.embed(list(images.values())), strict=True))
    except (MediaError, LimitError) as error:
        if len(images) == 1:
            _leave_out(rows, next(iter(images)), error, report, broken)
            return {}
    pairs = list(images.items())
    half = len(pairs) // 2
    first, second = (_vectors(dict(part), rows, embedder, report, broken) for part in (pairs[:half], pairs[half:]))
    return first | second


def _leave_out(rows: pa.Table, number: int, error: InputError, report: MigrationReport, broken: dict[str, str]) -> None:
    broken[rows["id"][number].as_py()] = rows["digest"][number].as_py()
    report.broken.append(BrokenItem(rows["path"][number].as_py(), error.message))
