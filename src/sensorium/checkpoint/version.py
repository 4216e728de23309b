"""The version of a checkpoint in a folder: a digest of what its files hold, whatever their times."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

_VERSIONED = (".json", ".safetensors", ".bin", ".txt", ".model", ".jinja")


def folders_digest(folders: Iterable[Path]) -> str:
    """Return a digest of the configuration and weights in folders (about a second a gigabyte); "" without any.

    Subfolders, such as a training's checkpoints, aren't part of it. A file is read once a process, unless it changes.
    """
    digest, any_file = hashlib.sha256(), False
    for folder in folders:
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.suffix in _VERSIONED and path.is_file():
                any_file = True
                status = path.stat()
                content = _file_digest(path.resolve(), status.st_size, status.st_mtime_ns, status.st_ctime_ns)
                digest.update(f"{path.name} {content}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:12] if any_file else ""


@lru_cache(maxsize=1024)
def _file_digest(path: Path, *_: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
