"""A store of tensors on disk: appended to, memory-mapped, and believed only where it was written to its end.

Two files: the numbers, one record behind the other, and an index with a line for each record. A line is written only
after its record is on the disk, so whenever the writing breaks off, what has a line is whole.
"""

from __future__ import annotations

import errno
import json
import os
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from sensorium.core.errors import LimitError, MediaError, quoted

DATA, INDEX = "numbers.bin", "index.jsonl"
_GROUP_RECORDS, _GROUP_BYTES = 64, 64_000_000
"""After so much the records are brought to the disk, and get their lines."""
_ALIGNED = 16


@dataclass(frozen=True)
class _Record:
    at: int
    size: int
    crc: int
    parts: dict[str, tuple[str, list[int], int]]  # name -> dtype, shape, where in the record


class Store:
    """Tensors by key. One process writes at a time; any number may read.

    Args:
        folder: Where its two files are, or are to be.
        about: What its tensors depend on; a store that was written about something else is emptied.
    """

    def __init__(self, folder: Path, about: str) -> None:
        self._folder = folder
        self._header = json.dumps({"about": about}).encode() + b"\n"
        self._records: dict[str, _Record] = {}
        self._index_end = self._data_end = 0
        self._files: tuple[BinaryIO, BinaryIO] | None = None
        self._waiting: list[tuple[str, _Record]] = []
        self._checked: set[str] = set()
        self._open()

    def __contains__(self, key: str) -> bool:
        return key in self._records

    def __len__(self) -> int:
        return len(self._records)

    @property
    def size(self) -> int:
        """Bytes of the numbers."""
        return self._data_end

    def add(self, key: str, tensors: dict[str, Any]) -> None:
        """Append a record; it can be read after `flush`.

        Raises:
            LimitError: when the disk is full.
        """
        import torch

        parts, raw = {}, bytearray()
        for name, tensor in tensors.items():
            raw += bytes(-len(raw) % _ALIGNED)
            parts[name] = (str(tensor.dtype).removeprefix("torch."), list(tensor.shape), len(raw))
            raw += tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
        raw += bytes(-len(raw) % _ALIGNED)
        record = _Record(self._data_end, len(raw), zlib.crc32(raw), parts)
        with _room(self._folder):
            data, _ = self._files or self._begin()
            data.write(raw)
        self._data_end += len(raw)
        self._records[key] = record
        self._waiting.append((key, record))
        if len(self._waiting) >= _GROUP_RECORDS or self._data_end - self._waiting[0][1].at >= _GROUP_BYTES:
            self.flush()

    def flush(self) -> None:
        """Bring what was added to the disk: first the numbers, then their lines; LimitError when the disk is full."""
        if not self._waiting or self._files is None:
            return
        data, index = self._files
        lines = [{"key": key, **vars(record)} for key, record in self._waiting]
        with _room(self._folder):
            data.flush()
            os.fsync(data.fileno())
            index.write(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
            index.flush()
            os.fsync(index.fileno())
        self._waiting.clear()

    def close(self) -> None:
        """Flush, and end the writing."""
        files = self._files
        try:
            self.flush()
        finally:
            self._files = None
            with _room(self._folder), ExitStack() as both:
                for file in files or ():
                    both.callback(file.close)

    def get(self, key: str) -> dict[str, Any]:
        """Return a record's tensors, copied into memory; the file is mapped for as long as that takes.

        Raises:
            MediaError: when the numbers are not those that were written.
        """
        import torch

        record = self._records[key]
        raw = np.array(np.memmap(self._folder / DATA, np.uint8, "r", record.at, (record.size,)))
        if key not in self._checked:
            if zlib.crc32(raw.data) != record.crc:
                shown = quoted(str(self._folder))
                raise MediaError(f"What is kept in {shown} is damaged.", f"Type: rm -r {shown}, and begin again")
            self._checked.add(key)
        whole, found = torch.from_numpy(raw), {}
        for name, (kind, shape, at) in record.parts.items():
            dtype = getattr(torch, kind)
            length = int(np.prod(shape)) * dtype.itemsize
            found[name] = whole[at : at + length].view(dtype).reshape(shape)
        return found

    def _open(self) -> None:
        """Read the index as far as it can be believed."""
        try:
            lines = (self._folder / INDEX).read_bytes().splitlines(keepends=True)
            written = (self._folder / DATA).stat().st_size
        except FileNotFoundError:
            return
        if not lines or lines[0] != self._header:
            return
        self._index_end = len(self._header)
        for line in lines[1:]:
            try:
                found = json.loads(line)
            except ValueError:
                return  # a break cut it off
            record = _Record(found["at"], found["size"], found["crc"], found["parts"])
            if not line.endswith(b"\n") or record.at + record.size > written:
                return
            self._records[found["key"]] = record
            self._index_end += len(line)
            self._data_end = record.at + record.size

    def _begin(self) -> tuple[BinaryIO, BinaryIO]:
        """Open both files behind what is believed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        index, new = self._folder / INDEX, self._folder / (INDEX + ".new")
        if not self._index_end:
            index.unlink(missing_ok=True)  # first, so that it never speaks of other numbers
        else:
            os.truncate(index, self._index_end)
        data = (self._folder / DATA).open("ab")
        if data.tell() > self._data_end:
            data.truncate(self._data_end)
        if not self._index_end:
            new.write_bytes(self._header)
            os.replace(new, index)
            self._index_end = len(self._header)
        self._files = data, index.open("ab")
        return self._files


@contextmanager
def _room(folder: Path) -> Iterator[None]:
    """Turn a full disk into an error that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise LimitError(
            f"The disk of {quoted(str(folder))} is full.", "Make room, or write into the recipe: encode_once = false"
        ) from None
