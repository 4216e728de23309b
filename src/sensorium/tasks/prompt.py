"""The prompt of an example: prompting, scoring and training all use this one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from sensorium.core.messages import Conversation, Message, Part, Text, kind
from sensorium.tasks.task import Example


def to_conversation(example: Example) -> Conversation:
    """Return an example's conversation; choices that its question does not name are listed at its end."""
    chat = example.conversation
    question = chat.messages[-1].text.casefold()
    if all(choice.casefold() in question for choice in example.choices):
        return chat
    separator = "; " if any("," in choice for choice in example.choices) else ", "
    last = chat.messages[-1]
    choices = Text(f"Answer with one of: {separator.join(example.choices)}.")
    return Conversation((*chat.messages[:-1], Message(last.role, (*last.parts, choices))))


def digest(examples: Sequence[Example]) -> str:
    """Return the number of examples and a checksum of their questions and answers."""
    sha = hashlib.sha256()
    for example in examples:
        parts = [_part(part) for part in to_conversation(example).parts]
        sha.update(json.dumps([parts, example.answers, example.captions]).encode())
    return f"{len(examples)} examples, sha256 {sha.hexdigest()[:16]}"


def _part(part: Part) -> list[str]:
    if isinstance(part, Text):
        return [part.text]
    return [kind(part), part.blob.digest, *(str(getattr(part, name, None)) for name in ("at", "start", "end"))]
