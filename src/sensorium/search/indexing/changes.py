"""What has changed since an index was written: by size and time of the files, columns of the catalogues, and keys."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sensorium.core.errors import InputError, quoted
from sensorium.search.indexing.sources import BrokenItem, Item, Source, empty_source, is_gone
from sensorium.search.table import Index


@dataclass(frozen=True)
class KnownRow:
    """A row that the index has, without its vector.

    Args:
        path: The picture's file.
        source: The catalogue, "" for a file of a folder.
        digest: SHA-256 of the picture.
        size: Of the file, in bytes.
        modified: The file's time in nanoseconds, -1 if it is to be hashed again.
        has_text: Whether the text in the picture was read.
        columns: The catalogue's columns.
    """

    path: str
    source: str
    digest: str
    size: int
    modified: int
    has_text: bool
    columns: Mapping[str, Any]


class Changes:
    """What sources have that an index has not, and the other way round.

    Args:
        index: The index as it is now.
        sources: What is to be indexed.
        verify: Whether every file counts as changed until it is hashed.
        wants_text: Whether a picture whose text wasn't read counts as changed.
    """

    def __init__(self, index: Index, sources: Sequence[Source], verify: bool, wants_text: bool) -> None:
        self.sources, self.verify, self.wants_text = sources, verify, wants_text
        self.known = known_rows(index)
        self.broken: list[BrokenItem] = []
        self.seen: dict[str, Item] = {}
        self.work: list[Item] = []
        for source in sorted(sources, key=lambda source: not source.columns):  # rows before files of the same id
            for item in source.items(self.is_known):
                if isinstance(item, BrokenItem):
                    self.broken.append(item)
                elif not self._is_anothers(item):
                    self.seen[item.id] = item
        self.work = [item for item in self.seen.values() if not self._is_unchanged(item)]

    def is_known(self, key: str, size: int, modified: int) -> bool:
        """Whether the index has a row of this id, from a file of this size and time."""
        row = self.known.get(key)
        return row is not None and (row.size, row.modified) == (size, modified)

    def check_not_empty(self) -> None:
        """Raise InputError if nothing of a source can be indexed: a disk that isn't mounted must not empty an index."""
        for source in self.sources:
            if any(source.covers(item.path, item.source) for item in self.seen.values()):
                continue
            rows = sum(source.covers(row.path, row.source) for row in self.known.values())
            raise empty_source(source.name, self.broken[0] if self.broken else None, rows)

    def gone(self, broken: Sequence[BrokenItem]) -> list[str]:
        """Return the ids of these sources whose pictures have gone, or are among the broken ones."""
        names = {item.name for item in broken}
        return [
            key
            for key, row in self.known.items()
            if (key not in self.seen or row.path in names)
            and any(source.covers(row.path, row.source) for source in self.sources)
            and (row.source or row.path in names or is_gone(row.path))
        ]

    def _is_unchanged(self, item: Item) -> bool:
        row = self.known.get(item.id)
        return (
            row is not None
            and not self.verify
            and self.is_known(item.id, item.size, item.modified)
            and (row.path, row.source) == (item.path, item.source)
            and (row.has_text or not self.wants_text)
            and _same(row.columns, item.columns)
        )

    def _is_anothers(self, item: Item) -> bool:
        """Whether a file is the picture of a catalogue's row already.

        Raises:
            InputError: if another catalogue has a row with the same id.
        """
        if item.id in self.seen:
            owner = self.seen[item.id].source
        else:
            owner = self.known[item.id].source if item.id in self.known else ""
            owner = owner if owner and os.path.exists(owner) else ""
        if not owner or owner == item.source:
            return item.id in self.seen
        if not item.source:
            return True
        raise InputError(
            f"The id {quoted(item.id)} of {quoted(item.source)} is one of {quoted(owner)} too.",
            "Give them different ids, name another column with `id_column`, or make an index for each.",
        )


def known_rows(index: Index) -> dict[str, KnownRow]:
    """Return the index's rows by id, without their vectors."""
    import pyarrow as pa

    columns = list(index.columns)
    own = ["id", "path", "source", "digest", "size", "modified", "read_text"]
    rows = index.rows([*own, *columns])
    times = rows["modified"].cast(pa.int64()).to_pylist()
    texts = rows["read_text"].is_valid().to_pylist()
    others = rows.select(columns).to_pylist() if columns else [{}] * len(rows)
    fixed = [rows[name].to_pylist() for name in ("path", "source", "digest", "size")]
    return {
        key: KnownRow(path, source, digest, size, -1 if modified is None else modified, has_text, values)
        for key, path, source, digest, size, modified, has_text, values in zip(
            rows["id"].to_pylist(), *fixed, times, texts, others, strict=True
        )
    }


def _same(row: Mapping[str, Any], item: Mapping[str, Any]) -> bool:
    """Whether a row has the item's columns, and nothing in others."""
    return all(row.get(name) == value for name, value in item.items()) and all(
        value is None for name, value in row.items() if name not in item
    )
