"""The row format: a row of a file <-> an Example.

A row is a JSON object or a CSV line with these columns; missing, empty and null ones are left out:

    question   the question; <image> in it marks the place of a picture
    image      an image file, or a list of them; images
    video      a video file, with start and end in seconds for a clip; videos
    audio      an audio file; audios
    answer     the right answer; answers: a list, one of each person who answered
    split      train, test …
    choices    a list of the possible answers; the answer is one of them
    caption    words that can stand for the image or video; captions: a list
    id         a name
    system     instructions before the first turn

Images, then video, then audio, then the question make one user turn. For any other order use `parts`, a list such as
[{"image": "a.jpg"}, {"text": "and"}, {"video": "b.mp4", "start": 2, "end": 4.5}], and for several turns `messages`, a
list such as [{"role": "user", "parts": […]}, …]. The shapes of OpenAI, TRL, LLaVA and ShareGPT are read, too:
`messages` with `content`, `conversations`, `prompt` with `completion`: see `row_messages`. Where such turns end with
the assistant's, that is the answer. A column that isn't understood is refused, unless `RowFormat.ignore` names it.

Files are relative to the media folder, by default that of the rows' file, and must lie in it. In CSV the members of
a list are separated by bars, red|dark red, or written as a list, ["red", "dark red"]. A file can also be embedded:
{"data": base64, "sha256": hex}, or a data URI.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sensorium.core.errors import MAX_QUOTED, InputError, quoted
from sensorium.core.files import replace_file
from sensorium.core.messages import Part, Text, kind
from sensorium.media.sniff import suffix_of
from sensorium.tasks.row_messages import CONVERSATION, conversation
from sensorium.tasks.row_parts import is_empty, word
from sensorium.tasks.task import Example

_LISTS = ("images", "videos", "audios", "answers", "choices", "captions")
COLUMNS = (*CONVERSATION, "answer", "answers", "split", "choices", "caption", "captions", "id")
_SIMILAR = {
    "image": ("image", "picture", "photo", "file", "img"),
    "question": ("question", "prompt", "instruction", "query"),
    "answer": ("answer", "label", "description", "caption", "target", "class", "output", "response"),
}
"""Column -> parts of the names that other data sets give it, the likeliest first."""


@dataclass(frozen=True)
class RowFormat:
    """How rows are read.

    Args:
        media: The folder that files are relative to; None for that of the rows' file.
        columns: This format's column -> the name that it has in the rows, e.g. {"answer": "label"}.
        question: The question of rows without one.
        ignore: Columns of the rows that are left out; "*" for all that this format doesn't know.
    """

    media: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    question: str = ""
    ignore: Sequence[str] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "ignore", (self.ignore,) if isinstance(self.ignore, str) else tuple(self.ignore))
        for name in self.columns:
            if name not in COLUMNS:
                raise InputError(f"A row has no column {quoted(name)}.", f"It may have: {', '.join(COLUMNS)}.")

    def in_folder(self, folder: Path) -> RowFormat:
        """Return this format with `folder` for its media, unless it names another."""
        return self if self.media is not None else replace(self, media=folder)


def example(row: Mapping[str, Any], where: str, row_format: RowFormat) -> Example:
    """Return the Example of one row; errors begin with `where`."""
    try:
        found, unknown = _columns(row, row_format)
        made = _example(found, row_format)
        if unknown:
            _refuse(unknown, found)
        return made
    except InputError as error:
        raise type(error)(f"{where}: {error.message}", error.hint) from None


def suggest_columns(columns: Iterable[str]) -> dict[str, str]:
    """Return which columns probably stand for this project's own, by their names: e.g. {"answer": "label"}."""
    columns = list(columns)
    matches = {
        ours: next((theirs for part in parts for theirs in columns if part in theirs.lower()), "")
        for ours, parts in _SIMILAR.items()
    }
    return {ours: theirs for ours, theirs in matches.items() if theirs and ours not in columns}


def _columns(row: Mapping[str, Any], row_format: RowFormat) -> tuple[dict[str, Any], list[str]]:
    """Return a row's filled columns under this format's names, and the names of those that it doesn't know."""
    mapped = set(row_format.columns.values())
    theirs = {name: name for name in COLUMNS if name not in mapped} | dict(row_format.columns)
    ignored = set(row_format.ignore) - mapped
    theirs = {ours: name for ours, name in theirs.items() if name not in ignored}
    known = {*theirs.values(), *ignored}
    unknown = [name for name in row if name not in known and not _says_nothing(row[name])]
    found: dict[str, Any] = {ours: row.get(name) for ours, name in theirs.items()}
    found = {ours: value for ours, value in found.items() if not is_empty(value)}
    for name in _LISTS:
        if isinstance(found.get(name), str):
            found[name] = _list(found[name], name)
    return found, [] if "*" in ignored else unknown


def _refuse(unknown: Sequence[str], found: Mapping[str, Any]) -> None:
    shown = [name for name in unknown if len(name) <= MAX_QUOTED][:6] or ["*"]
    names = ", ".join(map(quoted, unknown[:6])) + (f" and {len(unknown) - 6} more" if len(unknown) > 6 else "")
    what = "The column {} isn't" if len(unknown) == 1 else "The columns {} aren't"
    turns = {"messages", "conversations", "parts", "prompt"} & set(found)
    guesses = {} if turns else suggest_columns([*unknown, *found])
    guesses = {ours: name for ours, name in guesses.items() if name in shown and f"{ours}s" not in found}
    them, stand = ("it", "it stands") if len(unknown) == 1 else ("them", "they stand")
    mapping = f"Say what {stand} for, `columns={guesses}`, or leave" if guesses else "Leave"
    raise InputError(f"{what.format(names)} understood.", f"{mapping} {them} out: `ignore={shown!r}`")


def _example(found: Mapping[str, Any], row_format: RowFormat) -> Example:
    for one, several in (("answer", "answers"), ("caption", "captions")):
        if one in found and several in found and word(found[one]) not in _words(found[several], several):
            raise InputError(f"Its {one} isn't among its {several}.", "Keep one of the columns.")
    chat, last = conversation(found, row_format.media or Path(), row_format.question)
    if last is not None and {"answer", "answers"} & set(found):
        raise InputError(
            "It has an answer beside turns that end with the assistant's.",
            "Leave one of them out: turns beside an answer end with a user's message.",
        )
    answer = last if last is not None else found.get("answers", found.get("answer"))
    made = Example(
        chat,
        _words(answer, "answer"),
        word(found.get("split", "")),
        _words(found.get("choices", ()), "choices"),
        _words(found.get("captions", found.get("caption", ())), "caption"),
        word(found.get("id", "")),
    )
    if "answer" in found and made.answer != _words(found["answer"], "answer")[0]:
        raise InputError("Its answer isn't the most frequent of its answers.", "Keep one of the columns.")
    if made.choices and _plain(made.answer) not in map(_plain, made.choices):
        raise InputError(
            f"The answer {quoted(made.answer)} isn't one of its choices, {quoted(', '.join(made.choices))}.",
            "Write the choice itself, not its number or letter.",
        )
    return made


def _plain(answer: str) -> str:
    return " ".join(answer.casefold().split()).rstrip(".")


def _says_nothing(value: object) -> bool:
    return is_empty(value) or value == [] or value == {} or (isinstance(value, str) and value.isspace())


def _list(cell: str, name: str) -> list[Any]:
    """Return the members of a list in one cell: between bars, or written as Python or JSON does."""
    if not cell.strip().startswith("["):
        return [member.strip() for member in cell.split("|")]
    try:
        members = ast.literal_eval(cell.strip())
        if isinstance(members, list):
            return members
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        pass
    raise InputError(f"{name} isn't a list: {quoted(cell)}.", 'Write ["red", "dark red"], or red|dark red.')


def _words(value: object, name: str) -> tuple[str, ...]:
    if value is None:
        raise InputError(f"It has no {name}.", f"Give it one, or name its column: `columns={{'{name}': NAME}}`")
    if name == "answer" and isinstance(value, str) and re.match(r"\s*\[\s*'", value):
        raise InputError(f"Its answer is a list: {quoted(value)}.", "Name the column `answers`.")
    members = value if isinstance(value, Sequence) and not isinstance(value, str | bytes) else (value,)
    # VQA's own files hold each answer as an object
    return tuple(word(m["answer"] if isinstance(m, Mapping) and "answer" in m else m) for m in members)


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
    suffix = part.blob.path.suffix.lower() if part.blob.path is not None else suffix_of(part.blob.data)
    ending = suffix if re.fullmatch(r"\.[a-z0-9]{1,5}", suffix) else ".bin"
    name = f"media/{part.blob.digest[:32]}{ending}"
    if not (folder / name).exists():
        (folder / "media").mkdir(exist_ok=True)
        replace_file(folder / name, part.blob.data)
    times = {field: getattr(part, field, None) for field in ("at", "start", "end", "fps")}
    return {kind(part): name} | {field: seconds for field, seconds in times.items() if seconds is not None}
