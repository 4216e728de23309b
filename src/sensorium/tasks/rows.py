"""The row format: a row of a file <-> an Example.

A row is a JSON object or a CSV line with these columns; missing, empty and null ones are left out:

    question   the question
    image      an image file; images: a list of them
    video      a video file, with start and end in seconds for a clip
    audio      an audio file
    answer     the right answer; answers: a list, one of each person who answered
    split      train, test …
    choices    a list of the possible answers
    caption    words that can stand for the image or video; captions: a list
    id         a name

Images, then video, then audio, then the question make one user turn. For any other order use `parts`, a list such as
[{"image": "a.jpg"}, {"text": "and"}, {"video": "b.mp4", "start": 2, "end": 4.5}], and for several turns `messages`, a
list such as [{"role": "user", "parts": […]}, …].

Files are relative to the media folder, by default that of the rows' file, and must lie in it. In CSV the members of
a list are separated by bars: red|dark red. A file can also be embedded: {"data": base64, "sha256": hex}.
"""

from __future__ import annotations

import io
import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sensorium.core.blob import Blob
from sensorium.core.errors import InputError, MediaError, quoted
from sensorium.core.messages import Audio, Conversation, Image, Message, Part, Text, Video, kind
from sensorium.tasks.task import Example

_LISTS = ("images", "answers", "choices", "captions")
_MEDIA: dict[str, type[Image | Audio | Video]] = {"image": Image, "audio": Audio, "video": Video}
COLUMNS = ("question", "image", "images", "video", "start", "end", "audio", "answer", "answers", "split", "choices",
           "caption", "captions", "id", "parts", "messages")  # fmt: skip


@dataclass(frozen=True)
class RowFormat:
    """How rows are read.

    Args:
        media: The folder that files are relative to; None for that of the rows' file.
        columns: This format's column -> the name that it has in the rows, e.g. {"answer": "label"}.
        question: The question of rows without one.
    """

    media: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    question: str = ""

    def __post_init__(self) -> None:
        for name in self.columns:
            if name not in COLUMNS:
                raise InputError(f"A row has no column {name!r}.", f"It may have: {', '.join(COLUMNS)}.")

    def in_folder(self, folder: Path) -> RowFormat:
        """Return this format with `folder` for its media, unless it names another."""
        return self if self.media is not None else replace(self, media=folder)


def example(row: Mapping[str, Any], where: str, row_format: RowFormat) -> Example:
    """Return the Example of one row; errors begin with `where`."""
    try:
        found = {name: row.get(row_format.columns.get(name, name)) for name in COLUMNS}
        found = {name: value for name, value in found.items() if not _empty(value)}
        for name in _LISTS:
            value = found.get(name)
            if isinstance(value, str):
                found[name] = [each.strip() for each in value.split("|")]
        return Example(
            _conversation(found, row_format),
            _words(found.get("answers", found.get("answer")), "answer"),
            _word(found.get("split", "")),
            _words(found.get("choices", ()), "choices"),
            _words(found.get("captions", found.get("caption", ())), "caption"),
            _word(found.get("id", "")),
        )
    except InputError as error:
        raise type(error)(f"{where}: {error.message}", error.hint) from None


def _conversation(row: Mapping[str, Any], row_format: RowFormat) -> Conversation:
    if "messages" in row:
        turns = _members(row["messages"], "messages")
        return Conversation(tuple(Message(turn.get("role", "user"), _parts(turn, row_format)) for turn in turns))
    if "parts" in row:
        return Conversation.of(*_parts(row, row_format))
    parts: list[Part] = [Image(_blob(file, row_format)) for file in _members(row.get("images", ()), "images")]
    if "image" in row:
        parts.append(Image(_blob(row["image"], row_format)))
    if "video" in row:
        parts.append(Video(_blob(row["video"], row_format), _number(row, "start"), _number(row, "end")))
    if "audio" in row:
        parts.append(Audio(_blob(row["audio"], row_format)))
    question = row.get("question", row_format.question)
    if question:
        parts.append(Text(_word(question)))
    if not parts:
        raise InputError("It has no question, image, video or audio.", f"Give one of: {', '.join(COLUMNS)}.")
    return Conversation.of(*parts)


def _parts(turn: Mapping[str, Any], row_format: RowFormat) -> list[Part]:
    parts: list[Part] = []
    for item in _members(turn.get("parts", ()), "parts"):
        if "text" in item:
            parts.append(Text(_word(item["text"])))
        elif "image" in item:
            parts.append(Image(_blob(item["image"], row_format), _number(item, "at")))
        elif "video" in item:
            parts.append(Video(_blob(item["video"], row_format), _number(item, "start"), _number(item, "end")))
        elif "audio" in item:
            parts.append(Audio(_blob(item["audio"], row_format)))
        else:
            raise InputError(f"Not a part: {str(item)[:60]!r}.", 'Try {"image": "a.jpg"} or {"text": "What is it?"}.')
    return parts


def _members(value: object, name: str) -> Sequence[Any]:
    members = value if isinstance(value, Sequence) and not isinstance(value, str | bytes) else (value,)
    if name in ("messages", "parts") and not all(isinstance(member, Mapping) for member in members):
        raise InputError(f"{name} is a list of objects, not {str(value)[:60]!r}.", 'Try [{"text": "What is it?"}].')
    return members


def _blob(value: object, row_format: RowFormat) -> Blob:
    """Return the Blob of a file's name, bytes, a Blob's JSON, or an image as `datasets` and Parquet hold it."""
    if isinstance(value, Mapping):
        if "data" in value:
            return Blob.from_json(value)
        value = value.get("bytes") or value.get("path")
    if isinstance(value, bytes):
        return Blob(value)
    if hasattr(value, "save") and hasattr(value, "size"):  # a Pillow image
        buffer = io.BytesIO()
        value.save(buffer, "PNG")
        return Blob(buffer.getvalue())
    if not isinstance(value, str) or not value:
        raise InputError(f"A file name is text, not {str(value)[:60]!r}.", 'Try "photos/1.jpg".')
    return Blob(_inside(row_format.media or Path(), value))


def _inside(folder: Path, name: str) -> Path:
    """Return the path of a file in the folder; any other is refused, lest a stranger's task send a private file."""
    path = folder / name
    try:
        # By its name alone: a link in the folder, as in a hub's cache, may lead elsewhere.
        if not Path(os.path.abspath(path)).is_relative_to(os.path.abspath(folder)):
            raise MediaError(
                f"The file {quoted(name)} lies outside of {quoted(str(folder))}.", "Name the folder with `media`."
            )
        if not path.is_file():
            raise MediaError(f"No file {quoted(str(path))}.", "Check the spelling, or the media folder.")
    except (OSError, ValueError):
        raise MediaError(f"The file {quoted(name)} can't be found.", "Check the spelling.") from None
    return path


def _empty(value: object) -> bool:
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str):
        raise InputError(f"Text was expected, not {str(value)[:60]!r}.", "Put it between quotes.")
    return value


def _words(value: object, name: str) -> tuple[str, ...]:
    if value is None:
        raise InputError(f"It has no {name}.", f"Give it one, or name its column: `columns={{'{name}': NAME}}`")
    members = value if isinstance(value, Sequence) and not isinstance(value, str | bytes) else (value,)
    # VQA's own files hold each answer as an object
    return tuple(_word(m["answer"] if isinstance(m, Mapping) and "answer" in m else m) for m in members)


def _number(row: Mapping[str, Any], name: str) -> float | None:
    value = row.get(name)
    if _empty(value):
        return None
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise InputError(f"{name} is a number of seconds, not {str(value)[:60]!r}.", f"Try `{name}=1.5`.") from None


def row_of(example: Example, folder: Path) -> dict[str, Any]:
    """Return an Example as a row of plain JSON values; its files are written into `folder`/media."""
    turns = [
        {"role": m.role, "parts": [_part_row(part, folder) for part in m.parts]} for m in example.conversation.messages
    ]
    row: dict[str, Any] = {"id": example.id, "split": example.split}
    row |= {"parts": turns[0]["parts"]} if len(turns) == 1 else {"messages": turns}
    row["answers"] = list(example.answers)
    row |= {"choices": list(example.choices), "captions": list(example.captions)}
    return {name: value for name, value in row.items() if value not in ("", [])}


def _part_row(part: Part, folder: Path) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"text": part.text}
    suffix = part.blob.path.suffix.lower() if part.blob.path is not None else ""
    ending = suffix if re.fullmatch(r"\.[a-z0-9]{1,5}", suffix) else ".bin"
    name = f"media/{part.blob.digest[:32]}{ending}"
    if not (folder / name).exists():
        (folder / "media").mkdir(exist_ok=True)
        (folder / name).write_bytes(part.blob.data)
    times = {field: getattr(part, field, None) for field in ("at", "start", "end")}
    return {kind(part): name} | {field: seconds for field, seconds in times.items() if seconds is not None}
