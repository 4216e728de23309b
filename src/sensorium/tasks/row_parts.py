"""The parts of a row's turn: own part objects, and those of OpenAI, transformers and TRL.

    {"text": "What is it?"}    {"image": FILE, "at": 3}    {"video": FILE, "start": 2, "end": 4.5}    {"audio": FILE}
    {"type": "text", "text": …}, {"type": "image", "image": FILE}, {"type": "image_url", "image_url": {"url": …}} …

A FILE is a name in the media folder, a data URI, bytes, {"bytes": …, "path": …} as Parquet holds it, or a Blob's JSON.
An object with a type and without a file, such as {"type": "image"}, and a mark in a text, such as <image>, stand for
the next of the files beside the turns.

Sources: https://platform.openai.com/docs/guides/images-vision and https://huggingface.co/docs/trl/dataset_formats
"""

from __future__ import annotations

import base64
import binascii
import io
import math
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sensorium.core.blob import Blob
from sensorium.core.errors import InputError, MediaError, quoted
from sensorium.core.files import check_link
from sensorium.core.messages import Audio, Image, Part, Text, Video

KINDS = ("image", "video", "audio")
"""Kinds of files, in the order in which they stand before a question."""
CLASSES: dict[str, type[Image | Video | Audio]] = {"image": Image, "video": Video, "audio": Audio}
_FILES = ("url", "path", "base64")
_TYPES = {
    "text": ("text", ("text",)), "input_text": ("text", ("text",)), "output_text": ("text", ("text",)),
    "image": ("image", ("image", *_FILES)), "image_url": ("image", ("image_url",)),
    "input_image": ("image", ("image_url",)), "video": ("video", ("video", *_FILES)),
    "video_url": ("video", ("video_url",)), "audio": ("audio", ("audio", *_FILES)),
    "audio_url": ("audio", ("audio_url",)), "input_audio": ("audio", ("input_audio",)),
}  # fmt: skip
"""An object's type -> the kind of its part, and the keys that can hold its value."""
_TIMES = {"text": (), "image": ("at",), "video": ("start", "end", "fps"), "audio": ()}
_DETAIL = ("auto", "low", "high")  # what OpenAI's models spend on a picture; training uses pictures whole
_MARK = re.compile(r"\n*<(image|video|audio)>\n*")
_OTHER_MARK = re.compile(r"<img>.*?</img>|<image_?\d+>|<\|(?:image|vision)\w*\|>", re.S)
_EXAMPLE = 'Try {"image": "a.jpg"} or {"text": "What is it?"}.'
Mark = str
"""A place that the next file of its kind takes: "image", "video" or "audio"."""


def is_empty(value: object) -> bool:
    """Whether a value of a row says nothing: None, "" or NaN."""
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def part_of(item: Mapping[str, Any], media: Path) -> Part | Mark:
    """Return the part of one object; raise InputError for a key of it that isn't understood."""
    filled = {key: value for key, value in item.items() if not is_empty(value) or (key == "text" and value == "")}
    name = filled.pop("type", None)
    holders: tuple[str, ...]
    if name is None:
        kind, holders = next(((k, (k,)) for k in ("text", *KINDS) if k in filled), ("", ()))
    elif isinstance(name, str) and name in _TYPES:
        kind, holders = _TYPES[name]
        if kind != "text" and filled.get("text") == "":
            del filled["text"]
    else:
        raise InputError(f"{quoted(name)} isn't a type of part.", f"Use one of: {', '.join(_TYPES)}.")
    if not kind:
        raise InputError(f"Not a part: {quoted(item)}.", _EXAMPLE)
    times = {key: number(filled, key) for key in _TIMES[kind] if key in filled}
    values = [filled[key] for key in holders if key in filled]
    unknown = [key for key in filled if key not in holders and key not in times]
    if name is not None and kind == "image" and filled.get("detail") in _DETAIL:
        unknown.remove("detail")
    if unknown or len(values) > 1:
        keys = " and ".join(quoted(key) for key in filled)
        raise InputError(f"One part has {keys}: {quoted(item)}.", f"Make a part of each. {_EXAMPLE}")
    if kind == "text":
        if not values:
            raise InputError(f"A part of type text has no text: {quoted(item)}.", _EXAMPLE)
        return Text(word(values[0]))
    if not values:
        return kind
    return CLASSES[kind](blob_of(_nested(values[0], name), media), **times)


def _nested(value: object, type_name: object) -> object:
    """Return the file in OpenAI's {"url": …, "detail": …} or {"data": base64, "format": "wav"}."""
    if type_name is None or not isinstance(value, Mapping):
        return value
    filled = {key: member for key, member in value.items() if not is_empty(member)}
    if "url" in filled and filled.get("detail", "auto") in _DETAIL and not set(filled) - {"url", "detail"}:
        return filled["url"]
    return {"data": filled["data"]} if set(filled) == {"data", "format"} else value


def split_marks(text: str) -> list[Part | Mark]:
    """Return a text as texts and the marks between them, without the line breaks around the marks."""
    other = _OTHER_MARK.search(text)
    if other is not None:
        raise InputError(
            f"The text has {quoted(other.group())}, a picture's mark of one model.",
            'Write <image> there, and the files beside it: "images": ["a.jpg"].',
        )
    pieces = _MARK.split(text)  # text, kind, text, kind, … text
    texts: list[Part | Mark] = []
    for index, piece in enumerate(pieces):
        if index % 2:
            texts.append(piece)
        elif piece.strip() or len(pieces) == 1:
            texts.append(Text(piece))
    return texts


def place_files(turns: Sequence[tuple[str, list[Part | Mark]]], files: Sequence[Part]) -> list[tuple[str, list[Part]]]:
    """Return turns with files in the places of their marks; without marks they stand first in the first user turn.

    That is where TRL puts them (`trl.data_utils.prepare_multimodal_messages`).

    Raises:
        InputError: if there are marks, and not as many as files.
    """
    marks = [item for _, items in turns for item in items if isinstance(item, str)]
    if not marks:
        first = next((index for index, (role, _) in enumerate(turns) if role == "user"), None)
        if files and first is None:
            raise InputError("The files have no user's turn to stand in.", "Begin with a user's turn.")
        return [
            (role, [*(files if index == first else ()), *(item for item in items if not isinstance(item, str))])
            for index, (role, items) in enumerate(turns)
        ]
    queues = {kind: [file for file in files if isinstance(file, CLASSES[kind])] for kind in KINDS}
    for kind, queue in queues.items():
        if marks.count(kind) != len(queue):
            raise InputError(
                f"The turns have {marks.count(kind)} times <{kind}> and the row {len(queue)} {kind} files.",
                f"Give each <{kind}> one file, in order; a text that means no file has it apart: < {kind} >.",
            )
    return [(role, [queues[i].pop(0) if isinstance(i, str) else i for i in items]) for role, items in turns]


def blob_of(value: object, media: Path) -> Blob:
    """Return the Blob of a file as rows hold it; names are relative to the media folder, and must lie in it."""
    if isinstance(value, Mapping):
        filled = {key: member for key, member in value.items() if not is_empty(member)}
        if "data" in filled:
            return Blob.from_json(filled)
        if not filled or set(filled) - {"bytes", "path"}:
            raise InputError(f"Not a file: {quoted(value)}.", 'Try "photos/1.jpg".')
        value = filled.get("bytes") or filled.get("path")
    if isinstance(value, bytes):
        return Blob(value)
    if hasattr(value, "save") and hasattr(value, "size"):  # a Pillow image
        buffer = io.BytesIO()
        value.save(buffer, "PNG")
        return Blob(buffer.getvalue())
    if not isinstance(value, str) or not value:
        raise InputError(f"A file name is text, not {quoted(str(value))}.", 'Try "photos/1.jpg".')
    if value[:5].lower() == "data:":
        return _data_uri(value)
    if re.match(r"(?:https?|ftp)://", value, re.I):
        raise MediaError(f"The address {quoted(value)} isn't fetched.", "Download the file, and write its name.")
    return Blob(_inside(media, value))


def _data_uri(value: str) -> Blob:
    head, _, data = value.partition(",")
    if head.lower().endswith(";base64"):
        try:
            return Blob(base64.b64decode("".join(data.split()), validate=True))
        except (binascii.Error, ValueError):
            pass
    raise InputError(f"{quoted(value)} isn't a data URI in base64.", "It begins with data:image/png;base64,")


def _inside(folder: Path, name: str) -> Path:
    """Return the path of a file in the folder; any other is refused, lest a stranger's task send a private file."""
    path = folder / name
    try:
        if not Path(os.path.abspath(path)).is_relative_to(os.path.abspath(folder)):
            raise MediaError(
                f"The file {quoted(name)} lies outside of {quoted(str(folder))}.", "Name the folder with `media`."
            )
        if not path.is_file():
            raise MediaError(f"No file {quoted(str(path))}.", "Check the spelling, or the media folder.")
        check_link(path, folder)
    except (OSError, ValueError):
        hint = 'Base64 is written as "data:image/png;base64,…".' if len(name) > 255 else "Check the spelling."
        raise MediaError(f"The file {quoted(name)} can't be found.", hint) from None
    return path


def word(value: object) -> str:
    """Return a text, number, yes or no as text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str):
        raise InputError(f"Text was expected, not {quoted(str(value))}.", "Put it between quotes.")
    return value


def number(row: Mapping[str, Any], name: str) -> float | None:
    """Return a number of seconds (or of frames a second), None if the row has none."""
    value = row.get(name)
    if is_empty(value):
        return None
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise InputError(f"{name} is a number of seconds, not {quoted(str(value))}.", f"Try `{name}=1.5`.") from None
