"""What a model is told of an example: prompting, scoring and training all ask with these words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from sensorium.core.messages import Conversation, Message, Part, Text, kind
from sensorium.tasks.task import Example


def to_conversation(example: Example) -> Conversation:
    """Return an example's conversation; where it has choices that its words do not hold, they are told at its end."""
    chat = example.conversation
    words = chat.messages[-1].text.casefold()
    if all(choice.casefold() in words for choice in example.choices):
        return chat
    mark = "; " if any("," in choice for choice in example.choices) else ", "
    last = chat.messages[-1]
    told = Text(f"Answer with one of: {mark.join(example.choices)}.")
    return Conversation((*chat.messages[:-1], Message(last.role, (*last.parts, told))))


def digest(examples: Sequence[Example]) -> str:
    """Return how many examples there are and a checksum of what they ask and hold for right."""
    sha = hashlib.sha256()
    for example in examples:
        parts = [_part(part) for part in to_conversation(example).parts]
        sha.update(json.dumps([parts, example.answers, example.captions]).encode())
    return f"{len(examples)} examples, sha256 {sha.hexdigest()[:16]}"


def _part(part: Part) -> list[str]:
    if isinstance(part, Text):
        return [part.text]
    return [kind(part), part.blob.digest, *(str(getattr(part, name, None)) for name in ("at", "start", "end"))]
