"""Chains by name: what a conversation goes through before a model is asked."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import partial
from pathlib import Path

from sensorium.core.errors import InputError, quoted
from sensorium.core.messages import Conversation, Image, Message, Text

READ = "read"
_HINT = f"Use {READ}, or FILE.py:FUNCTION: a function of a Conversation that returns a Conversation."


def chain_step(name: str) -> Callable[[Conversation], Conversation]:
    """Return a step of a chain: "read", or a function of the user's own, "FILE.py:FUNCTION".

    Raises:
        InputError: if it is unknown, or the file or its function is missing.
    """
    if name == READ:
        return with_words
    file, _, function = name.rpartition(":")
    if not file.endswith(".py") or not Path(file).is_file():
        raise InputError(f"Unknown chain {quoted(name)}.", _HINT)
    _function(file, function)
    return partial(_own, str(Path(file).resolve()), function)


def with_words(chat: Conversation) -> Conversation:
    """Return a conversation with the words that are read in the last message's pictures before its question."""
    from sensorium.eyes.ocr import read, spoken_text

    last = chat.messages[-1]
    words = [spoken_text(read(part)) for part in last.parts if isinstance(part, Image)]
    seen = [Text(f"Words in the picture: {' '.join(text.split())}") for text in words if text.strip()]
    media = [part for part in last.parts if not isinstance(part, Text)]
    rest = [part for part in last.parts if isinstance(part, Text)]
    return Conversation((*chat.messages[:-1], Message(last.role, (*media, *seen, *rest)))) if seen else chat


def _own(file: str, function: str, chat: Conversation) -> Conversation:
    answer = _function(file, function)(chat)
    if not isinstance(answer, Conversation):
        raise InputError(f"{quoted(f'{file}:{function}')} returned {quoted(answer)}, not a Conversation.", _HINT)
    return answer


def _function(file: str, function: str) -> Callable[[Conversation], object]:
    spec = importlib.util.spec_from_file_location(Path(file).stem, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = getattr(module, function, None)
    if not callable(found):
        raise InputError(f"{quoted(file)} has no function {quoted(function)}.", _HINT)
    made: Callable[[Conversation], object] = found
    return made
