"""What was handed in, opened up: folders, web addresses, PDFs, TIFFs and a pipe as single pictures."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sensorium.cli.stdin import piped_argument, standard_input
from sensorium.core.blob import Blob
from sensorium.core.errors import MediaError, quoted
from sensorium.core.messages import Image
from sensorium.media.pages import has_pages, page, pages
from sensorium.media.sniff import media_type

HEAD_BYTES = 4096
_ADDRESS = re.compile(r"https?://\S+", re.I)


@dataclass(frozen=True)
class PictureInput:
    """A picture that was handed in.

    Args:
        file: The file, "-" or the address.
        page: Number of the page, from 1, if there are several.
        open: Returns the image; raises MediaError if it can't be opened.
    """

    file: str
    page: int | None
    open: Callable[[], Image]

    @property
    def name(self) -> str:
        """Its name in results."""
        return self.file if self.page is None else f"{self.file}, page {self.page}"

    def to_json(self) -> dict[str, Any]:
        """Return the file, and the page if there are several."""
        from sensorium.cli.output import plain

        return {"file": plain(self.file)} | ({} if self.page is None else {"page": self.page})


def pictures_of(arguments: Sequence[str]) -> list[PictureInput]:
    """Return every picture of the arguments: a folder's files, a file's pages, what an address leads to.

    What can't be opened stays among them and says so when it is opened. Without arguments a pipe is read.
    """
    found = []
    for argument in arguments or piped_argument():
        for name in files_in(argument) if os.path.isdir(argument) else [argument]:
            found += _pictures(name)
    return found


def files_in(
    folder: str, families: tuple[str, ...] = ("image/", "application/pdf"), what: str = "pictures or PDFs"
) -> list[str]:
    """Return the files of a folder that are `what` by their content, page2 before page10.

    On standard error it is said how many others there are; folders in it are not entered, hidden files not counted.

    Raises:
        MediaError: if it has no such file.
    """
    from sensorium.cli import output as show

    try:
        names = [name for name in os.listdir(folder) if not name.startswith(".")]
    except OSError as error:
        raise MediaError(f"The folder {quoted(folder)} can't be read: {error.strerror}.", "Check it: ls -ld") from None
    paths = [os.path.join(folder, name) for name in sorted(names, key=_natural)]
    found = [path for path in paths if media_type(_head(path)).startswith(families)]
    if not found:
        raise MediaError(f"{quoted(folder)} is a folder without {what}.", "Name another folder, or a file.")
    if len(found) < len(paths):
        show.aside(
            f"{len(paths) - len(found)} of {len(paths)} entries of {quoted(folder)} are of other kinds: left out."
        )
    return found


def _pictures(argument: str) -> list[PictureInput]:
    try:
        blob = blob_of(argument) if argument == "-" or is_address(argument) or has_pages(_head(argument)) else None
        if blob is None:
            return [PictureInput(argument, None, partial(Image, argument))]
        if not has_pages(blob.data[:HEAD_BYTES]):
            return [PictureInput(argument, None, partial(Image, blob))]
        indices = pages(blob)
    except MediaError as error:
        return [PictureInput(argument, None, partial(_raise, error))]
    if len(indices) == 1:
        return [PictureInput(argument, None, partial(page, blob, indices[0]))]
    return [PictureInput(argument, number, partial(page, blob, index)) for number, index in enumerate(indices, 1)]


def is_address(argument: str) -> bool:
    """Whether an argument is the address of something on the web."""
    return _ADDRESS.fullmatch(argument) is not None


def blob_of(argument: str) -> Blob | None:
    """Return what "-", a web address or a file holds; None for anything else."""
    from sensorium.cli.fetch import fetch

    if argument == "-":
        return Blob(standard_input())
    if os.path.isfile(argument):
        return Blob(argument)
    return Blob(fetch(argument)) if is_address(argument) else None


def _head(path: str) -> bytes:
    if not os.path.isfile(path):
        return b""
    try:
        with Path(path).open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError:
        return b""


def _raise(error: MediaError) -> Image:
    raise error


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(piece), "") if piece.isdecimal() else (-1, piece) for piece in re.split(r"(\d+)", name.casefold())]
