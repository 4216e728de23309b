"""Chains by name: what a conversation goes through before a model is asked."""

from __future__ import annotations

import importlib.util
import shlex
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import cache, partial
from pathlib import Path
from types import ModuleType

from sensorium.core.errors import InputError, SensoriumError, quoted
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
    file = str(Path(file).resolve())
    _function(file, function)
    return partial(_own, file, function)


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
    name = quoted(f"{file}:{function}")
    step = _function(file, function)
    try:
        with redirect_stdout(sys.stderr):  # what it prints doesn't get into the result
            answer = step(chat)
    except SensoriumError:
        raise
    except Exception as error:
        raise InputError(f"{name} raised {_words(error)}.", "Mend it: the rows of this chain can't be asked.") from None
    if not isinstance(answer, Conversation):
        raise InputError(f"{name} returned {quoted(answer)}, not a Conversation.", _HINT)
    return answer


@cache
def _function(file: str, function: str) -> Callable[[Conversation], object]:
    module = _module(file)
    found = getattr(module, function, None)
    if not callable(found):
        raise InputError(f"{quoted(file)} has no function {quoted(function)}.", _HINT)
    made: Callable[[Conversation], object] = found
    return made


@cache
def _module(file: str) -> ModuleType:
    """Run the user's file once, as a module."""
    spec = importlib.util.spec_from_file_location(f"sensorium_chain_{len(sys.modules)}", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look for it
    try:
        with redirect_stdout(sys.stderr):
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[spec.name]
        raise InputError(
            f"{quoted(file)} can't be loaded: {_words(error)}.", f"Try python {shlex.quote(file)}"
        ) from None
    return module


def _words(error: BaseException) -> str:
    return quoted(f"{type(error).__name__}: {error}")
