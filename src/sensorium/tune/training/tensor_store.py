"""Tensors on disk by key, in safetensors files: appended shard by shard, memory-mapped when they are read.

A shard is written beside its place and renamed into it once it is on the disk, so a break loses at most the shard in
work, and what has a shard's name is whole.
"""

from __future__ import annotations

import errno
import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sensorium.core.errors import LimitError, MediaError, quoted

SUFFIX, UNFINISHED = ".safetensors", "shard.new"
_SHARD_RECORDS, _SHARD_BYTES = 64, 64_000_000
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class TensorStore:
    """Named tensors by key. One process writes at a time; any number may read.

    Args:
        folder: Where its shards are, or are to be.
        about: What its tensors depend on; shards that were written about something else don't count.
    """

    def __init__(self, folder: Path, about: str) -> None:
        self._folder, self._about = folder, about
        self._index: dict[str, tuple[Path, int, list[str]]] = {}  # key -> shard, checksum, names
        self._pending: dict[str, dict[str, Any]] = {}
        self._pending_bytes = 0
        self._shards: dict[Path, Any] = {}
        self._checked: set[str] = set()
        for shard in sorted(folder.glob("*" + SUFFIX)):
            metadata = _metadata(shard)
            if metadata.get("about") == about:
                for key, (checksum, names) in json.loads(metadata["index"]).items():
                    self._index[key] = shard, checksum, names

    def __contains__(self, key: str) -> bool:
        return key in self._index or key in self._pending

    def __iter__(self) -> Iterator[str]:
        return iter({**self._index, **self._pending})

    def __len__(self) -> int:
        return len(self._index) + len(self._pending)

    def add(self, key: str, tensors: dict[str, Any]) -> None:
        """Append named tensors; they can be read after `flush`.

        Raises:
            LimitError: when the disk is full.
        """
        copies = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in tensors.items()}
        self._pending[key] = copies
        self._pending_bytes += sum(tensor.nbytes for tensor in copies.values())
        if len(self._pending) >= _SHARD_RECORDS or self._pending_bytes >= _SHARD_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what was added as a shard; LimitError when the disk is full."""
        if not self._pending:
            return
        from safetensors import SafetensorError
        from safetensors.torch import save_file

        known = {shard for shard, _, _ in self._index.values()}
        index = {key: (_checksum(tensors), list(tensors)) for key, tensors in self._pending.items()}
        named = {f"{key}/{name}": t for key, tensors in self._pending.items() for name, t in tensors.items()}
        number = 1 + max((int(shard.stem) for shard in known), default=-1)
        shard, unfinished = self._folder / f"{number:05d}{SUFFIX}", self._folder / UNFINISHED
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for file in self._folder.glob("*" + SUFFIX):
                if file not in known:  # about something else, or damaged
                    file.unlink()
            save_file(named, unfinished, {"about": self._about, "index": json.dumps(index)})
            with unfinished.open("rb") as written:
                os.fsync(written.fileno())
            os.replace(unfinished, shard)
        except (OSError, SafetensorError) as error:
            if not any(os.strerror(number) in str(error) for number in _FULL):  # safetensors' has words and no number
                raise
            raise LimitError(
                f"The disk of {quoted(str(self._folder))} is full.",
                "Make room, or write into the recipe: encode_once = false",
            ) from None
        self._index |= {key: (shard, *record) for key, record in index.items()}
        self._pending, self._pending_bytes = {}, 0

    def get(self, key: str) -> dict[str, Any]:
        """Return the tensors of a key, memory-mapped.

        Raises:
            MediaError: when they are not what was written.
        """
        shard, checksum, names = self._index[key]
        if shard not in self._shards:
            from safetensors import safe_open

            self._shards[shard] = safe_open(shard, "pt")
        tensors = {name: self._shards[shard].get_tensor(f"{key}/{name}") for name in names}
        if key not in self._checked:
            if _checksum(tensors) != checksum:
                shown = quoted(str(self._folder))
                raise MediaError(f"The cache {shown} is damaged.", f"Type: rm -r {shown}, and begin again")
            self._checked.add(key)
        return tensors


def _metadata(shard: Path) -> dict[str, str]:
    """Return what a shard's header says; nothing where the file isn't whole."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(shard, "pt") as file:
            return file.metadata() or {}
    except (SafetensorError, OSError):
        return {}


def _checksum(tensors: dict[str, Any]) -> int:
    import torch

    checksum = 0
    for tensor in tensors.values():
        checksum = zlib.crc32(tensor.reshape(-1).view(torch.uint8).numpy().data, checksum)
    return checksum
