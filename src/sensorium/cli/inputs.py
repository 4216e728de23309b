"""Command-line arguments -> parts -> replies: a file is a part by its content, any other argument is text."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sensorium.ask import ask
from sensorium.cli.pictures import HEAD_BYTES, blob_of, pictures_of
from sensorium.cli.stdin import is_piped, piped_argument, standard_input
from sensorium.core.blob import Blob
from sensorium.core.catalog import image_tokens
from sensorium.core.errors import InputError, MediaError, quoted
from sensorium.core.messages import Conversation, Image, Part, Text
from sensorium.core.protocols import Model, Options
from sensorium.core.reply import Reply
from sensorium.core.schema import Schema
from sensorium.media.image import MAX_SIDE, decode, size
from sensorium.media.pages import has_pages, page, pages
from sensorium.media.sniff import SUFFIXES, part
from sensorium.registry import load

if TYPE_CHECKING:
    from sensorium.tasks.rows import RowFormat
    from sensorium.tasks.task import Task

TO_FILL = "?"
"""The answer of a row that somebody has still to write."""
DEFAULT_QUESTION = "What is in this picture?"
_ENDINGS = SUFFIXES | {".pdf", ".svg", ".txt", ".csv", ".json", ".md", ".html", ".docx", ".jxl", ".psd", ".raw", ".dng"}
_STARTS = re.compile(r"(?:\.{1,2}[/\\]|~[\w.-]*/|/(?=[^\s/])|[A-Za-z]:\\|file:)")
_ADDRESS = re.compile(r"(?:https?|ftp)://\S+$")


def conversation(arguments: Sequence[str]) -> Conversation:
    """Return one user turn of the arguments; without a text among them it asks what is in the picture.

    A folder is its pictures, a PDF or TIFF its pages, a web address what it leads to. Before words alone comes what is
    piped in.

    Raises:
        InputError: if an argument is a file that can't be used, or looks like the path of a missing one.
    """
    if arguments.count("-") > 1:
        raise InputError("'-' was given twice; standard input can be read once.", "Leave one out.")
    arguments = arguments or piped_argument()
    if "-" not in arguments and not any(map(_is_file, arguments)) and is_piped():
        arguments = ("-", *arguments)
    parts = [part for argument in arguments for part in parts_of(argument)]
    if not any(isinstance(part, Text) for part in parts):
        parts.append(Text(DEFAULT_QUESTION))
    return Conversation.of(*parts)


def parts_of(argument: str) -> list[Part]:
    """Return the parts of one argument: every picture of a folder, every page of a PDF or TIFF, else one part."""
    if os.path.isdir(argument):
        return [picture.open() for picture in pictures_of([argument])]
    blob = blob_of(argument)
    if blob is None:
        return [part_of(argument)]
    if has_pages(blob.data[:HEAD_BYTES]):
        return [page(blob, index) for index in pages(blob)]
    return [part(blob)]


def part_of(argument: str) -> Part:
    """Return the part of one argument."""
    if argument == "-":
        return part(Blob(standard_input()))
    if _exists(argument):
        return part(Blob(argument))
    if not argument.strip():
        raise InputError("One of the arguments is empty.", 'Write a question, e.g. "What is this?"')
    reason = why_path(argument)
    if reason is not None:
        raise MediaError(f"No file {quoted(argument)}, and it looks like one ({reason}).", _hint(argument))
    return Text(argument)


def image_of(argument: str) -> Image:
    """Return the Image of a file, not read yet, or of standard input for "-"."""
    return Image(Blob(standard_input() if argument == "-" else argument))


def images_of(chat: Conversation) -> list[Image]:
    """Return the images of a conversation, in order."""
    return [part for part in chat.parts if isinstance(part, Image)]


def image_notes(images: Sequence[Image], max_side: int = MAX_SIDE) -> list[str]:
    """Open every image, so that a broken one is reported before a model is asked; return what a person should know.

    Raises:
        MediaError: if an image can't be opened.
    """
    notes = []
    for number, image in enumerate(images, 1):
        name = f"Picture {number}" if len(images) > 1 else "The picture"
        notes += [f"{name} {text}." for text in decode(image, max_side).surprises]
    return notes


def asker(
    model_name: str | None,
    options: Options | None = None,
    prepare: Callable[[Model, Conversation], Conversation] = lambda model, chat: chat,
    tiles: bool = False,
    quiet: bool = True,
) -> Callable[[Conversation], Reply]:
    """Return a function that asks the model what `prepare` makes of a question; the first call loads the model.

    Unless `quiet`, it is said once of every picture that it is shrunk for a service; with `tiles` it is sent in tiles.
    """
    from sensorium.media.tiles import in_tiles

    model = cache(lambda: load(model_name))
    shown: set[Image] = set()

    def asking(chat: Conversation) -> Reply:
        asked, side = model(), model().limits.max_side
        prepared = prepare(asked, chat)
        if side is not None and tiles:
            return ask(asked, in_tiles(prepared, side, frozenset(images_of(chat))), options)
        if side is not None and not quiet:
            _say_shrunk([image for image in images_of(chat) if image not in shown], asked)
            shown.update(images_of(chat))
        return ask(asked, prepared, options)

    return asking


def _say_shrunk(images: Sequence[Image], model: Model) -> None:
    """Print of every image that is shrunk for the model how, and what it would cost in tiles."""
    from sensorium.cli import output as show
    from sensorium.media.tiles import is_shrunk, tile_grid

    side = model.limits.max_side or 0
    for number, image in enumerate(images, 1):
        if not is_shrunk(image, side):
            continue
        (width, height), (wide, high) = size(image), size(image, side)
        boxes, _ = tile_grid(width, height, side)
        costs = [image_tokens(model.name, right - left, bottom - top) for left, top, right, bottom in boxes]
        whole = image_tokens(model.name, wide, high)
        known = [cost.most for cost in costs if cost is not None]
        price = ""
        if whole is not None and len(known) == len(boxes):
            price = f", at most {sum(known) + whole.most:,} tokens instead of {whole.most:,}"
        name = f"Picture {number}" if len(images) > 1 else "The picture"
        show.aside(
            f"{name} is shrunk from {width}×{height} to {wide}×{high} pixels for {model.name}. "
            f"If it has small text, add --tiles: {len(boxes)} tiles{price}."
        )


def schema(file: str) -> Schema:
    """Read a JSON Schema from a file.

    Raises:
        InputError: if it is missing, or isn't a JSON object.
    """
    try:
        text = Blob(file).data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"The schema {quoted(file)} isn't text.", "Save it as UTF-8.") from None
    try:
        return Schema.of(text)
    except InputError as error:
        raise InputError(f"In {quoted(file)}: {error.message}", error.hint) from None


def row_format(media: str | None, columns: Sequence[str], question: str, ignore: Sequence[str] = ()) -> RowFormat:
    """Return how the rows of a task are read, from --media, --column, --question and --ignore.

    Raises:
        InputError: if the folder is missing, or a column isn't a pair.
    """
    from sensorium.tasks.rows import RowFormat

    pairs = dict(pair.split("=", 1) for pair in columns if "=" in pair)
    if len(pairs) != len(columns):
        raise InputError(f"--column takes OURS=THEIRS, not {quoted(list(columns))}.", "Try --column answer=label")
    if media is not None and not Path(media).is_dir():
        raise InputError(f"The folder of media {quoted(media)} does not exist.", "Check the spelling: ls lists it.")
    return RowFormat(Path(media) if media else None, pairs, question, ignore)


def task_of(source: str, media: str | None, columns: Sequence[str], question: str, ignore: Sequence[str] = ()) -> Task:
    """Return a task whose every row has its answer.

    Raises:
        InputError: if rows are still to be filled in, as in the task file of `sensorium new`.
    """
    from sensorium.tasks.readers import load_task

    task = load_task(source, row_format(media, columns, question, ignore))
    open_rows = sum(example.answers == (TO_FILL,) for example in task.examples)
    if open_rows:
        raise InputError(
            f"{open_rows} of the {len(task.examples)} rows of {quoted(source)} have {TO_FILL!r} as their answer.",
            "Write what is right in its place, or leave these rows out.",
        )
    return task


def why_path(argument: str) -> str | None:
    """Return why a text looks like the path of a file; None for prose such as "What is 3/4?" or "and/or"."""
    text = _bare(argument)
    if "\n" in text:
        return None
    if _ADDRESS.match(text):
        return "it is an address"
    start = _STARTS.match(text)
    if start:
        return f"it starts with {start.group()}"
    ending = Path(text).suffix.lower()
    if ending in _ENDINGS and Path(text).stem:
        return f"it ends with {ending}"
    folder = os.path.dirname(text)
    if folder and not re.search(r"\s", text) and _exists(folder):
        return f"the folder {folder} exists"
    return None


def _hint(argument: str) -> str:
    bare = _bare(argument)
    if _ADDRESS.match(bare):
        return f"Download it first: curl -O {shlex.quote(bare)}"
    if bare != argument and _exists(bare):
        return f"Leave the inner quotes out: {shlex.quote(bare)}"
    if bare.startswith("~") and _exists(os.path.expanduser(bare)):
        return f"Type: {shlex.quote(os.path.expanduser(bare))}"
    return "Check the spelling: ls lists what is there. A question ends with a question mark."


def _bare(argument: str) -> str:
    text = argument.strip()
    inner = re.fullmatch(r"(['\"])(.+)\1", text, re.S)
    return inner.group(2).strip() if inner else text


def _exists(path: str) -> bool:
    try:
        return os.path.lexists(path)
    except ValueError:  # a NUL character
        return False


def _is_file(argument: str) -> bool:
    return _exists(argument) or bool(_ADDRESS.match(argument))
