"""Where an index is: a folder or s3://…, its lock, and its settings, which are rows of a small table."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sensorium.core.errors import InputError, ServiceError, quoted
from sensorium.core.files import unwritable
from sensorium.core.weights import importing

SETTINGS = "settings"
"""The table of an index that holds its settings, by key."""
LOCK = ".lock"
"""The file in an index's folder that a writer locks; the system frees it if the writer is killed."""
PRIMARY_KEY = {"lance-schema:unenforced-primary-key:position": "1"}
"""Metadata of the column by which two writers' rows are the same one: without it both would insert."""
KEPT_FOLDER, KEPT_REMOTE = timedelta(seconds=1), timedelta(minutes=10)
"""How long replaced files stay for readers in the middle of a query; a query that takes longer runs again (`again`)."""
_SCHEME = re.compile(r"(\w[\w+.-]+)://", re.ASCII)
_GONE = re.compile(r"not ?found|no such file", re.I)
_TRIES = 4
_CHECKED_REMOTE = timedelta(seconds=2)  # how often a reader of s3:// looks for a newer version; in a folder always

Result = TypeVar("Result")


class Storage:
    """A LanceDB database that is one index.

    Args:
        where: A folder, or "s3://bucket/path"; keys, region and address come from the environment, as for other S3
            tools: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL.

    Raises:
        InputError: if `where` is a file or another kind of address.
        InstallError: if LanceDB is not installed.
    """

    def __init__(self, where: str | os.PathLike[str]) -> None:
        self.where = os.fspath(where)
        scheme = _SCHEME.match(self.where)
        if scheme and scheme[1] != "s3":
            raise InputError(f"An index is a folder or s3://bucket/path, not {quoted(self.where)}.", "Name a folder.")
        if not scheme and os.path.exists(self.where) and not os.path.isdir(self.where):
            raise InputError(f"{quoted(self.where)} is a file, not an index.", "Name a folder, such as shop.index.")
        self.folder = None if scheme else Path(self.where)
        self._db: Any = None

    @property
    def kept(self) -> timedelta:
        """How long replaced files stay."""
        return KEPT_REMOTE if self.folder is None else KEPT_FOLDER

    def database(self) -> Any:
        """Return the connection, made on first use; a folder must exist."""
        if self._db is None:
            os.environ.setdefault("LANCE_LOG", "error")  # read once; warnings, as of a new table, are nobody's business
            with importing("search"):
                import lancedb
            interval = _CHECKED_REMOTE if self.folder is None else timedelta(0)
            options = storage_options(os.environ) if self.folder is None else None
            self._db = lancedb.connect(self.where, read_consistency_interval=interval, storage_options=options)
        return self._db

    def exists(self) -> bool:
        """Whether an index is there, finished enough to be read."""
        if self.folder is not None and not (self.folder / f"{SETTINGS}.lance").is_dir():
            return False
        return SETTINGS in self.tables()

    def tables(self) -> list[str]:
        """Return the names of the tables."""
        names: list[str] = []
        token = None
        while True:
            page = remote(partial(self.database().list_tables, page_token=token), self.where)
            names += page.tables
            token = page.page_token
            if not token:
                return names

    def settings(self) -> dict[str, bytes]:
        """Return all settings."""
        rows = again(lambda: self.database().open_table(SETTINGS).search().to_arrow(), self.where)
        return dict(zip(rows["key"].to_pylist(), rows["value"].to_pylist(), strict=True))

    def save_settings(self, values: Mapping[str, bytes], keep: bool = False) -> None:
        """Save settings, all in one commit; with `keep` those that are there already stay."""
        import pyarrow as pa

        schema = pa.schema([pa.field("key", pa.string(), False, PRIMARY_KEY), pa.field("value", pa.binary())])
        if SETTINGS not in self.tables():
            create_table(self.database(), SETTINGS, schema)
        table = self.database().open_table(SETTINGS)
        merge = table.merge_insert("key").when_not_matched_insert_all()
        if not keep:
            merge = merge.when_matched_update_all()
        rows = pa.table({"key": list(values), "value": list(values.values())}, schema=schema)
        again(lambda: merge.execute(rows), self.where)
        if table.version % 16 == 0:
            again(lambda: table.optimize(cleanup_older_than=self.kept), self.where)

    def drop(self, table: str) -> None:
        """Delete a table of rows and its settings."""
        database = self.database()
        remote(partial(database.drop_table, table, ignore_missing=True), self.where)
        again(lambda: database.open_table(SETTINGS).delete(f"key LIKE '{table}/%'"), self.where)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the folder's lock; in object storage the primary key alone keeps two writers apart."""
        if self.folder is None:
            yield
            return
        with importing("search"):
            from filelock import FileLock
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self.folder, error) from None
        with FileLock(self.folder / LOCK):
            yield


def create_table(database: Any, name: str, schema: Any) -> Any:
    """Create a table, or open the one that another writer was quicker to create."""
    try:
        return database.create_table(name, schema=schema)
    except ValueError as error:
        if "already exists" not in str(error):
            raise
        return database.open_table(name)


def storage_options(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what LanceDB needs beyond the variables that it reads itself: plain HTTP, if the address says so."""
    address = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL", "")
    options = {"allow_http": "true"} if address.startswith("http://") else {}
    return options | ({"aws_endpoint": address} if address else {})


def again(action: Callable[[], Result], where: str) -> Result:
    """Return what a query or commit returns; if a file is replaced meanwhile, run it again on the newest version."""
    for last in (*[False] * (_TRIES - 1), True):
        try:
            return action()
        except (OSError, RuntimeError, ValueError) as error:
            if last or not _GONE.search(str(error)):
                raise _explained(error, where) from None
    raise AssertionError


def remote(action: Callable[[], Result], where: str) -> Result:
    """Return what an action returns; of a failure of the disk or the network an error with a hint."""
    try:
        return action()
    except (OSError, RuntimeError, ValueError) as error:
        raise _explained(error, where) from None


def _explained(error: Exception, where: str) -> Exception:
    """Return the error that a person can act on; one of a filter, or of a bug, as it is."""
    text = " ".join(str(error).split())
    if isinstance(error, ValueError):
        return error
    if "://" not in where:
        return InputError(f"The index {quoted(where)} can't be used: {text[:160]}.", "Check the disk and permissions.")
    return ServiceError(
        f"The storage {quoted(where)} can't be used: {text[:160]}.",
        "Check AWS_ENDPOINT_URL, AWS_REGION and the keys.",
        retryable=True,
    )
