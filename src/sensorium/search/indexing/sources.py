"""What is indexed: the pictures of folders, and the rows of catalogues, each with its file's size and time."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from sensorium.core.blob import Blob
from sensorium.core.errors import InputError, MediaError, quoted
from sensorium.core.files import check_link, follows_links
from sensorium.media.sniff import IMAGE_SUFFIXES, media_type
from sensorium.search.storage import SETTINGS

_HEAD_BYTES = 4096


@dataclass(frozen=True)
class Item:
    """A picture to be indexed, before it is opened.

    Args:
        id: Its key: the file's absolute path, or what the catalogue's id column says.
        path: The file's absolute path, or "CATALOGUE#ID" if the catalogue holds its bytes.
        source: The catalogue's absolute path, "" for a file of a folder.
        size: Of the file, in bytes; of the catalogue, if it holds the picture's bytes.
        modified: The same file's time, in nanoseconds since 1970.
        open: Returns the picture's bytes; raises MediaError if they can't be read. It can be pickled.
        columns: The catalogue's other columns.
    """

    id: str
    path: str
    source: str
    size: int
    modified: int
    open: Callable[[], Blob]
    columns: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class BrokenItem:
    """A picture that can't be indexed.

    Args:
        name: The file, or the catalogue's row.
        reason: What is wrong with it.
    """

    name: str
    reason: str


class Source(Protocol):
    """A folder, a file or a catalogue."""

    @property
    def name(self) -> str:
        """Its absolute path."""

    @property
    def columns(self) -> Mapping[str, str]:
        """The columns of its items, name -> type."""

    def items(self, is_known: Callable[[str, int, int], bool]) -> Iterator[Item | BrokenItem]:
        """Yield its pictures; `is_known` says whether the index has an id with this size and time already."""

    def covers(self, path: str, source: str) -> bool:
        """Whether a row of the index with this path and source stands for a picture of this source."""


@dataclass(frozen=True)
class FolderSource:
    """The pictures of a folder and its folders.

    Hidden files and folders, and files that aren't pictures by content, are left out; links to files are followed if
    these lie inside the folder, or within `core.files.following_links`.

    Args:
        name: The folder's absolute path.
    """

    name: str
    columns: Mapping[str, str] = field(default_factory=dict)

    def items(self, is_known: Callable[[str, int, int], bool]) -> Iterator[Item | BrokenItem]:
        """Yield its pictures, in the order of their names."""
        return self._walk(Path(self.name), is_known, frozenset())

    def covers(self, path: str, source: str) -> bool:
        """Whether a row stands for a file in this folder."""
        return not source and path.startswith(self.name.rstrip(os.sep) + os.sep)

    def _walk(
        self, folder: Path, is_known: Callable[[str, int, int], bool], above: frozenset[tuple[int, int]]
    ) -> Iterator[Item | BrokenItem]:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: _natural(entry.name))
            status = os.stat(folder)
        except OSError as error:
            yield BrokenItem(str(folder), f"The folder can't be read: {error.strerror}.")
            return
        here = (status.st_dev, status.st_ino)
        if here in above or any(entry.name == f"{SETTINGS}.lance" for entry in entries):
            return  # a link back to a folder above, or an index
        for entry in entries:
            if entry.name.startswith((".", "__")):
                continue
            try:
                if entry.is_symlink():
                    if entry.is_dir() and not follows_links():
                        continue
                    check_link(Path(entry.path), Path(self.name))
                if entry.is_dir():
                    yield from self._walk(Path(entry.path), is_known, above | {here})
                elif entry.is_file():
                    yield from _file(entry.path, entry.stat(), is_known)
                elif entry.is_symlink():
                    yield BrokenItem(entry.path, "The link leads to nothing.")
            except MediaError as error:
                yield BrokenItem(entry.path, error.message)
            except OSError as error:
                yield BrokenItem(entry.path, f"The file can't be read: {error.strerror}.")


@dataclass(frozen=True)
class FileSource:
    """One picture.

    Args:
        name: Its absolute path.
    """

    name: str
    columns: Mapping[str, str] = field(default_factory=dict)

    def items(self, is_known: Callable[[str, int, int], bool]) -> Iterator[Item | BrokenItem]:
        """Yield the picture."""
        found = list(_file(self.name, os.stat(self.name), is_known))
        yield from found or [BrokenItem(self.name, "It isn't a picture, and not a CSV, JSON or Parquet file.")]

    def covers(self, path: str, source: str) -> bool:
        """Whether a row stands for this file."""
        return not source and path == self.name


def _file(path: str, status: os.stat_result, is_known: Callable[[str, int, int], bool]) -> Iterator[Item | BrokenItem]:
    """Yield a file's item if it is a picture; what only has a picture's name is broken."""
    if not _is_utf8(path):
        yield BrokenItem(path, "Its name isn't UTF-8; rename it.")
    elif is_known(path, status.st_size, status.st_mtime_ns) or (kind := _kind(path)).startswith("image/"):
        yield Item(path, path, "", status.st_size, status.st_mtime_ns, partial(Blob, path))
    elif os.path.splitext(path)[1].lower() in IMAGE_SUFFIXES:
        what = "is empty" if not status.st_size else f"isn't a picture{f' but {kind}' if kind else ''}"
        yield BrokenItem(path, f"The file {what}.")


def _kind(path: str) -> str:
    with open(path, "rb") as file:
        return media_type(file.read(_HEAD_BYTES))


def check_not_empty(sources: Sequence[Source]) -> None:
    """Raise InputError if a source has no picture, before an index is made for it; only its first is looked for."""
    for source in sources:
        broken: BrokenItem | None = None
        for item in source.items(lambda *_: False):
            if isinstance(item, Item):
                break
            broken = broken or item
        else:
            raise empty_source(source.name, broken)


def empty_source(name: str, broken: BrokenItem | None, rows: int = 0) -> InputError:
    """Return the error of a source without a picture; `rows` of the index stand for what it held."""
    return InputError(
        f"{quoted(name)} holds no picture that can be indexed.{f' Its {rows} rows stay in the index.' if rows else ''}"
        f"{f' {broken.name}: {broken.reason}' if broken else ''}",
        "Check the disk. To remove the rows of what is empty now: `allow_empty`"
        if rows
        else "Name another folder or catalogue.",
    )


def is_gone(path: str) -> bool:
    """Whether a file has gone, or isn't a picture any more; no, if that can't be told, as in an unreadable folder."""
    try:
        return not _kind(path).startswith("image/")
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False


def _is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _natural(name: str) -> list[tuple[int, str]]:
    """Return a key that sorts page2 before page10."""
    return [(int(piece), "") if piece.isdecimal() else (-1, piece) for piece in re.split(r"(\d+)", name.casefold())]


def absolute(path: str) -> str:
    """Return the absolute path of what exists.

    Raises:
        MediaError: if it doesn't exist.
        InputError: if it is an address.
    """
    if re.match(r"\w+://", path):
        raise InputError(f"{quoted(path)} is an address, not a folder or catalogue.", "Download it first.")
    if not os.path.exists(path):
        raise MediaError(f"No file or folder {quoted(path)}.", "Check the spelling: ls lists what is there.")
    return os.path.abspath(path)
