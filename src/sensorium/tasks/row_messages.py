"""The conversation of a row, in the shapes that data sets have, and the answer that it ends with.

    parts           one user turn
    messages        own turns with `parts`; or turns with `content`, a text or parts, as OpenAI and TRL write them
    conversations   turns with `from` and `value`, as ShareGPT and LLaVA write them, or with `role` and `content`
    prompt          with `completion`: texts, or lists of messages, as TRL writes them
    question        one user turn

Files beside turns go where the turns mark them: `row_parts.place_files`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sensorium.core.errors import InputError, quoted
from sensorium.core.messages import Conversation, Message, Part, Text, Video
from sensorium.tasks.row_parts import (
    CLASSES,
    KINDS,
    Mark,
    blob_of,
    is_empty,
    number,
    part_of,
    place_files,
    split_marks,
    word,
)

_FILES = tuple(name for kind in KINDS for name in (f"{kind}s", kind))
_BESIDE = {
    "parts": (), "own messages": (), "messages": ("system", *_FILES), "conversations": ("system", *_FILES),
    "prompt": ("system", "completion", *_FILES), "question": ("system", "start", "end", *_FILES),
}  # fmt: skip
"""A shape -> the columns that can stand beside it."""
CONVERSATION = (
    *_FILES,
    "question",
    "start",
    "end",
    "parts",
    "messages",
    "conversations",
    "system",
    "prompt",
    "completion",
)
"""Columns that the conversation is made of."""
_ROLES = {"human": "user", "gpt": "assistant", "developer": "system"}
"""Other words for roles: ShareGPT's, and OpenAI's for the system."""
_Turns = list[tuple[str, list[Part | Mark]]]


def conversation(row: Mapping[str, Any], media: Path, question: str) -> tuple[Conversation, str | None]:
    """Return a row's conversation up to its last question, and the answer that follows it, or None.

    Args:
        row: Its filled columns under this project's names.
        media: Folder that file names are relative to.
        question: The question of a row without one.
    """
    shape = next(
        (name for name in ("messages", "parts", "conversations", "prompt", "completion") if name in row), "question"
    )
    if shape == "completion":
        raise InputError(
            "It has a `completion` without a `prompt`.", "Name its column: `columns={'answer': 'completion'}`"
        )
    own = shape == "messages" and not any("content" in turn for turn in members(row["messages"], "messages"))
    allowed = {shape, *_BESIDE["own messages" if own else shape]}
    wrong = [name for name in CONVERSATION if name in row and name not in allowed]
    if wrong:
        raise InputError(
            f"`{wrong[0]}` can't stand beside `{shape}`.",
            f"Put it into the {shape}, or leave it out: `ignore=[{wrong[0]!r}]`",
        )
    if shape == "parts":
        return Conversation.of(*_own_parts(row, media)), None
    turns = _turns(row, shape, media, question)
    if "system" in row:
        if turns and turns[0][0] == "system":
            raise InputError("It has a `system` beside a system turn.", "Leave one of them out.")
        turns.insert(0, ("system", [Text(word(row["system"]))]))
    placed = place_files(turns, _files(row, media))
    return _ended([Message(role, parts) for role, parts in placed])  # type: ignore[arg-type]


def members(value: object, name: str) -> Sequence[Any]:
    """Return the members of a list, or the value as its only one; lists of objects can be written as JSON text."""
    objects = name in ("messages", "parts", "conversations", "prompt", "completion", "content")
    if name in ("messages", "parts", "conversations") and isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            value = json.loads(value)
        except ValueError:
            pass
    several = value if isinstance(value, Sequence) and not isinstance(value, str | bytes) else (value,)
    if objects and not all(isinstance(member, Mapping) for member in several):
        raise InputError(f"{name} is a list of objects, not {quoted(str(value))}.", 'Try [{"text": "What is it?"}].')
    if objects and not several:
        raise InputError(f"`{name}` is an empty list.", 'Try [{"text": "What is it?"}], or leave the column out.')
    return several


def _own_parts(turn: Mapping[str, Any], media: Path) -> list[Part]:
    parts = [part_of(item, media) for item in members(turn["parts"], "parts")]
    if any(isinstance(part, str) for part in parts):
        raise InputError(f"A part has no file: {quoted(str(turn['parts']))}.", 'Try {"image": "a.jpg"}.')
    return [part for part in parts if not isinstance(part, str)]


def _files(row: Mapping[str, Any], media: Path) -> list[Part]:
    files: list[Part] = []
    for kind in KINDS:
        for name in (f"{kind}s", kind):
            for value in members(row[name], name) if name in row else ():
                blob = blob_of(value, media)
                clip = kind == "video" and name == "video"
                files.append(Video(blob, number(row, "start"), number(row, "end")) if clip else CLASSES[kind](blob))
    return files


def _turns(row: Mapping[str, Any], shape: str, media: Path, question: str) -> _Turns:
    if shape == "question":
        for name in ("start", "end"):
            if name in row and "video" not in row:
                raise InputError(f"It has `{name}` without a `video`.", f"Leave it out: `ignore=[{name!r}]`")
        text = word(row.get("question", question))
        if not text and not any(name in row for name in _FILES):
            raise InputError("It has no question, image, video or audio.", f"Give one of: {', '.join(CONVERSATION)}.")
        return [("user", split_marks(text) if text else [])]
    if shape == "prompt":
        if "completion" not in row:
            raise InputError(
                "It has a `prompt` without a `completion`.", "Name its column: `columns={'question': 'prompt'}`"
            )
        return [*_prompt(row, "prompt", "user", media), *_prompt(row, "completion", "assistant", media)]
    return [_turn(turn, place, media) for place, turn in enumerate(members(row[shape], shape), 1)]


def _prompt(row: Mapping[str, Any], name: str, role: str, media: Path) -> _Turns:
    value = row[name]
    if isinstance(value, str):
        return [(role, split_marks(value.strip() if role == "assistant" else value))]
    turns = [_turn(turn, place, media) for place, turn in enumerate(members(value, name), 1)]
    if role == "assistant" and turns[0][0] != role:
        raise InputError(f"The completion begins with a turn of {quoted(turns[0][0])}.", "Begin it with the assistant.")
    return turns


def _turn(turn: Mapping[str, Any], place: int, media: Path) -> tuple[str, list[Part | Mark]]:
    """Return the role and the parts of one turn, in whichever keys it holds them."""
    filled = {key: value for key, value in turn.items() if not is_empty(value) and value != {}}
    filled = {key: value for key, value in filled.items() if value != [] or key in ("parts", "content", "value")}
    holders = [key for key in ("parts", "content", "value") if key in filled]
    if len(holders) > 1:
        raise InputError(f"Turn {place} has `{holders[0]}` and `{holders[1]}`.", "Keep one of them.")
    speaker = "from" if holders == ["value"] else "role"
    unknown = [key for key in filled if key not in (*holders, speaker)]
    if unknown == ["weight"] and filled["weight"] == 1:  # OpenAI's: this turn is learnt, as every one here
        unknown = []
    role = filled.get(speaker, "user" if holders == ["parts"] else None)
    if unknown or not isinstance(role, str):
        what = f"isn't understood: {', '.join(map(quoted, unknown))}" if unknown else f"has no {speaker}"
        raise InputError(f"Turn {place} {what}.", 'A turn is like {"role": "user", "content": "What is it?"}.')
    role = _ROLES.get(role, role)
    if not holders:
        if role == "system":  # an empty one says nothing
            return role, []
        raise InputError(f"Turn {place}, of the {role}, is empty.", "Write what is said, or leave the row out.")
    value = filled[holders[0]]
    if holders == ["parts"]:
        return role, list(_own_parts(filled, media))
    if isinstance(value, str):
        return role, split_marks(value)
    parts = [part_of(item, media) for item in members(value, "content")]
    texts = [split_marks(part.text) if isinstance(part, Text) else [part] for part in parts]
    return role, [part for several in texts for part in several]


def _ended(messages: Sequence[Message]) -> tuple[Conversation, str | None]:
    """Return the conversation before a final assistant's turn, and that turn's text; refuse what can't be learnt."""
    messages = [message for message in messages if message.parts or message.role != "system"]
    for place, message in enumerate(messages, 1):
        if message.role == "assistant":
            if place == 1:
                raise InputError(
                    "It begins with an assistant's turn; turns before an answer end with a user's message.",
                    "Begin with a user's turn.",
                )
            if messages[place - 2].role != "user":
                raise InputError(f"Turn {place}, the assistant's, doesn't follow a user's.", "Let them take turns.")
            if not all(isinstance(part, Text) for part in message.parts):
                raise InputError(f"Turn {place}, the assistant's, holds a file.", "An answer is text.")
            if not message.text.strip():
                raise InputError(f"Turn {place}, the assistant's, is empty.", "Write what is learnt.")
    if not messages or messages[-1].role != "assistant":
        return Conversation(tuple(messages)), None
    return Conversation(tuple(messages[:-1])), messages[-1].text
