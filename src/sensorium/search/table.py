"""An index: a table of pictures with their vectors, their columns and the text in them, searched by each of these."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import InputError, SensoriumError, quoted
from sensorium.search.columns import (
    OWN_COLUMNS,
    arrow_field,
    as_declared,
    check_column,
    declared_type,
    identifier,
    literal,
    with_full_text,
)
from sensorium.search.filters import check_filter, explained
from sensorium.search.storage import PRIMARY_KEY, Storage, again, create_table, remote
from sensorium.search.upkeep import EXACT_ROWS, RETIRED, VectorPlan, plan_of

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = 1
_HINT_NONE = "Type: sensorium index FOLDER --to {}"

Result = TypeVar("Result")


@dataclass(frozen=True)
class IndexInfo:
    """What an index holds.

    Args:
        embedder: Name of the embedder that made the vectors.
        version: Its version; vectors of another can't be compared.
        dims: Length of a vector.
        count: Number of rows.
        columns: The catalogue's columns, name -> one of `TYPES`.
        created: When, ISO 8601.
        table: Name of the table that holds the rows; a migration changes it.
        extra: Further settings, such as those of the learned map and of "no good match".
    """

    embedder: str
    version: str
    dims: int
    count: int
    columns: Mapping[str, str]
    created: str
    table: str
    extra: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Match:
    """A row that a query matched.

    Args:
        id: Its key.
        path: The picture's file, or "" if it lies inside the catalogue.
        similarity: Cosine of the vectors, or the BM25 score of the text.
        columns: The catalogue's columns.
    """

    id: str
    path: str
    similarity: float
    columns: Mapping[str, Any]


@dataclass(frozen=True)
class _TableState:
    """What each query needs to know of a version of the table."""

    version: int
    columns: Mapping[str, str]
    count: int
    plan: VectorPlan | None


class Index:
    """A product index in a folder or at s3://…; `Index.open` and `Index.create` make one.

    Any number of processes may search while others write: a query sees whole commits only.

    Example:
        >>> index = Index.open("shop.index")  # doctest: +SKIP
        >>> index.nearest(vector, k=10, where="price < 40")  # doctest: +SKIP
    """

    def __init__(self, storage: Storage, settings: Mapping[str, bytes]) -> None:
        self.storage = storage
        self._settings = json.loads(settings["index"])
        self.table: Any = storage.database().open_table(self._settings["table"])
        self._known: _TableState | None = None

    @classmethod
    def open(cls, where: str | os.PathLike[str]) -> Index:
        """Open an index.

        Raises:
            InputError: if there isn't one, or a newer Sensorium made it.
        """
        storage = Storage(where)
        settings = storage.settings() if storage.exists() else {}
        if "index" not in settings:
            raise InputError(f"No index {quoted(storage.where)}.", _HINT_NONE.format("shop.index"))
        version = json.loads(settings["index"])["format"]
        if version > FORMAT:
            raise InputError(
                f"The index {quoted(storage.where)} has format {version}; this Sensorium reads {FORMAT}.",
                "Type: pip install --upgrade sensorium",
            )
        return cls(storage, settings)

    @classmethod
    def create(
        cls,
        where: str | os.PathLike[str],
        embedder: str,
        version: str,
        dims: int,
        columns: Mapping[str, str] | None = None,
    ) -> Index:
        """Create an empty index; of two processes that create it at once, both get the same.

        Raises:
            InputError: if another embedder's is there, or the place can't be used.
        """
        storage = Storage(where)
        with storage.writing():
            if not storage.exists() or "index" not in storage.settings():
                settings = new_settings(embedder, version, dims)
                create_rows(storage, settings)
                storage.save_settings({"index": json.dumps(settings).encode()}, keep=True)
            index = cls.open(where)
            index.check_embedder(embedder, version)
            index.add_columns(columns or {})
        return index

    @property
    def info(self) -> IndexInfo:
        """What it holds now."""
        own = {name: self._settings[name] for name in ("embedder", "version", "dims", "created", "table")}
        prefix = f"{own['table']}/"
        saved = self.storage.settings().items()
        extra = {name.removeprefix(prefix): value for name, value in saved if name.startswith(prefix)}
        return IndexInfo(**own, count=self.count(), columns=self.columns, extra=extra)

    @property
    def dims(self) -> int:
        """Length of a vector."""
        return int(self._settings["dims"])

    @property
    def columns(self) -> dict[str, str]:
        """The catalogue's columns, name -> one of `TYPES`."""
        schema = self._run(lambda: self.table.schema)
        return {f.name: declared_type(f) for f in schema if f.name not in OWN_COLUMNS}

    @property
    def schema(self) -> pa.Schema:
        """The table's Arrow schema."""
        return self._run(lambda: self.table.schema)

    def is_current(self) -> bool:
        """Whether its rows are still those of the index: no, once a migration has replaced them."""
        return bool(json.loads(self.storage.settings()["index"])["table"] == self._settings["table"])

    def check_embedder(self, name: str, version: str) -> None:
        """Raise InputError if the vectors are another embedder's, or another version's."""
        was = (self._settings["embedder"], self._settings["version"])
        if was != (name, version):
            what = f"{quoted(was[0])}, not {quoted(name)}"
            if was[0] == name:
                what = f"{quoted(name)} of version {quoted(was[1])}, not {quoted(version)}"
            raise InputError(
                f"The vectors of {quoted(self.storage.where)} are those of {what}.",
                "Embed all pictures again with `migrate`, or name the same embedder.",
            )

    def count(self, where: str | None = None) -> int:
        """Return the number of rows that a filter keeps, or of all."""
        return int(self._run(lambda: self.table.count_rows(where), where))

    def rows(self, columns: Sequence[str], where: str | None = None) -> pa.Table:
        """Return columns of the rows that a filter keeps, in no order."""
        query = self._filtered(self.table.search(), where).select(list(columns))
        table = self._run(query.to_arrow, where)
        return as_declared(table.select(list(columns)))

    def nearest(
        self, vector: NDArray[np.float32], k: int, where: str | None = None, columns: Sequence[str] | None = None
    ) -> list[Match]:
        """Return the `k` rows that are most similar to a unit vector among those that the filter keeps.

        Args:
            vector: (dims,), of this index's embedder.
            k: How many; fewer are returned only if the filter keeps fewer.
            where: A filter as in SQL, e.g. "price < 40 and stock > 0".
            columns: Names of the columns that come with a match (None: all of the catalogue's).
        """
        if vector.shape != (self.dims,):
            raise InputError(f"A vector of this index has {self.dims} numbers, not {vector.shape}.", "")
        state = self._state()
        wanted = list(state.columns if columns is None else columns)
        names = ["id", "path", *wanted, "_distance"]
        query = self._filtered(self.table.search(np.asarray(vector, dtype=np.float32)), where).limit(k).select(names)
        query = query.distance_type("cosine")
        width, kept = self._width(state, k, where)
        if width is not None and state.plan is not None:
            rows = self._run(query.nprobes(width).refine_factor(state.plan.refine).to_arrow, where)
            if len(rows) >= min(k, kept):
                return _matches(rows, 1.0 - rows["_distance"].to_numpy(), wanted)
        rows = self._run(query.bypass_vector_index().to_arrow, where)
        return _matches(rows, 1.0 - rows["_distance"].to_numpy(), wanted)

    def _width(self, state: _TableState, k: int, where: str | None) -> tuple[int | None, int]:
        """Return the partitions to look at (None: search exactly), and how many rows the filter keeps."""
        if state.plan is None:
            return None, 0
        kept = state.count if where is None else self.count(where)
        if kept <= EXACT_ROWS:
            return None, kept
        return state.plan.width(k, kept / state.count), kept

    def _state(self) -> _TableState:
        """Return what each query needs to know of the newest version, read once for each version."""
        version = self._run(lambda: self.table.version)
        if self._known is None or self._known.version != version:
            self._known = _TableState(version, self.columns, self.count(), plan_of(self))
        return self._known

    def matching(
        self, text: str, k: int, where: str | None = None, columns: Sequence[str] | None = None
    ) -> list[Match]:
        """Return the `k` best rows by the words in their columns and pictures (BM25) that the filter keeps.

        A row needs one of the words; none of them are operators.
        """
        from lancedb.query import MatchQuery

        wanted = list(self._state().columns if columns is None else columns)
        if not text.strip():
            return []
        query = self._filtered(self.table.search(MatchQuery(text, "full_text"), query_type="fts"), where).limit(k)
        rows = self._run(query.select(["id", "path", *wanted, "_score"]).to_arrow, where)
        return _matches(rows, rows["_score"].to_numpy(), wanted)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the lock of the writers.

        Raises:
            InputError: if a migration has replaced the rows since this index was opened.
        """
        with self.storage.writing():
            if not self.is_current():
                raise InputError(f"{quoted(self.storage.where)} was migrated meanwhile.", "Type the command again.")
            yield

    def put(self, rows: pa.Table) -> None:
        """Insert rows, or replace those with the same ids, in one commit; call it under `writing()`.

        Args:
            rows: All own columns but `full_text`, which is made of the texts, and any of the catalogue's.
        """
        rows = with_full_text(rows, self._run(lambda: self.table.schema))
        merge = self.table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all()
        self._run(lambda: merge.execute(rows))

    def remove(self, ids: Sequence[str]) -> None:
        """Remove rows, in commits of a thousand; call it under `writing()`."""
        for start in range(0, len(ids), 1000):
            listed = ", ".join(literal(each) for each in ids[start : start + 1000])
            self._run(partial(self.table.delete, f"id IN ({listed})"))

    def add_columns(self, columns: Mapping[str, str]) -> None:
        """Add columns of the catalogue that are new, empty; call it under `writing()`.

        Raises:
            InputError: if one has the name of an own column, or another type than until now.
        """
        known = self.columns
        for name, kind in columns.items():
            check_column(name)
            if name in known and known[name] != kind and {known[name], kind} != {"int64", "double"}:
                raise InputError(
                    f"The column {quoted(name)} holds {known[name]} in this index, and {kind} in the catalogue.",
                    "Make its cells alike, or rename it.",
                )
            twin = next((other for other in known if other.lower() == name.lower() and other != name), None)
            if twin is not None:
                raise InputError(f"The columns {quoted(twin)} and {quoted(name)} differ only in case.", "Rename one.")
        new = [arrow_field(name, kind) for name, kind in columns.items() if name not in known]
        if new:
            self._run(lambda: self.table.add_columns(new))

    def fit_columns(self, columns: Mapping[str, str], source: str) -> None:
        """Add columns as `add_columns`; one that only this source has filled may change its type, emptied."""
        known = self.columns
        changed = [name for name, kind in columns.items() if name in known and known[name] != kind]
        for name in changed:
            if not self.count(f"{identifier(name)} IS NOT NULL AND source <> {literal(source)}"):
                self._run(partial(self.table.drop_columns, [name]))
        self.add_columns(columns)

    def save(self, values: Mapping[str, bytes]) -> None:
        """Save further settings, which `info.extra` has, in one commit; a migration to another embedder drops them."""
        self.storage.save_settings({f"{self._settings['table']}/{name}": value for name, value in values.items()})

    def replace_with(self, other: Index) -> None:
        """Make another table's rows and embedder those of this index, in one commit; call it under `writing()`.

        The rows that were stay a while for readers that are in the middle of a query.
        """
        retired = json.loads(self.storage.settings().get(RETIRED, b"{}")) | {self._settings["table"]: time.time()}
        settings = {"index": other._settings, RETIRED: retired}
        self.storage.save_settings({name: json.dumps(value).encode() for name, value in settings.items()})

    def optimize(self) -> None:
        """Merge small files, bring the indices up to date, and delete replaced files that no reader needs."""
        self._run(lambda: self.table.optimize(cleanup_older_than=self.storage.kept))

    def _filtered(self, query: Any, where: str | None) -> Any:
        return query if where is None else query.where(where, prefilter=True)

    def _run(self, action: Callable[[], Result], where: str | None = None) -> Result:
        """Run a query or commit; an error of the filter names the column and shows what it holds."""
        check_filter(where)
        try:
            return again(action, self.storage.where)
        except (SensoriumError, ValueError) as error:
            if self._settings["table"] not in self.storage.tables():
                raise InputError(
                    f"{quoted(self.storage.where)} was migrated to another embedder.", "Open it again."
                ) from None
            if where is None or not isinstance(error, ValueError):
                raise
            raise explained(where, error, self.columns, self._sample) from None

    def _sample(self, column: str) -> object:
        rows = self.table.search().select([column]).where(f"{identifier(column)} IS NOT NULL").limit(1).to_arrow()
        return rows[column][0].as_py() if len(rows) else None


def create_rows(storage: Storage, settings: Mapping[str, Any]) -> Any:
    """Create the empty table of an index's rows, with its full-text index; return it."""
    import pyarrow as pa
    from lancedb.index import FTS

    vector = pa.list_(pa.float32(), settings["dims"])
    schema = pa.schema(
        [
            pa.field("id", pa.string(), False, PRIMARY_KEY),
            *(pa.field(name, pa.string()) for name in ("path", "source", "digest")),
            pa.field("size", pa.int64()),
            pa.field("modified", pa.timestamp("ns")),
            pa.field("vector", vector, False),
            *(pa.field(name, pa.string()) for name in ("read_text", "full_text")),
        ]
    )

    def create() -> Any:
        table = create_table(storage.database(), settings["table"], schema)
        # Stop words stay: rare ones decide ("The North Face"), and BM25 gives frequent ones little weight.
        table.create_index("full_text", config=FTS(remove_stop_words=False))
        return table

    return remote(create, storage.where)


def new_settings(embedder: str, version: str, dims: int) -> dict[str, Any]:
    """Return the settings of an index that is to be created."""
    created = datetime.now(UTC).isoformat(timespec="seconds")
    table = f"pictures_{os.urandom(4).hex()}"
    return {
        "format": FORMAT, "embedder": embedder, "version": version, "dims": dims, "table": table, "created": created
    }  # fmt: skip


def _matches(rows: pa.Table, similarities: NDArray[np.float32], columns: Sequence[str]) -> list[Match]:
    found = as_declared(rows.select(list(columns))).to_pylist() if columns else [{}] * len(rows)
    pairs = zip(rows["id"].to_pylist(), rows["path"].to_pylist(), similarities.tolist(), found, strict=True)
    return [Match(key, path or "", similarity, values) for key, path, similarity, values in pairs]
