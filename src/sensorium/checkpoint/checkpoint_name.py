"""Names of checkpoints: "ORG/NAME", "./folder", "BASE+./adapter", each with "?bits=4&side=1024"."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from sensorium.core.errors import InputError, quoted

EXAMPLE = "Try transformers:HuggingFaceTB/SmolVLM-Instruct or transformers:./folder"
_DTYPES = ("bfloat16", "float16", "float32")
_TASKS = ("caption", "question")


@dataclass(frozen=True)
class CheckpointName:
    """A checkpoint and how to load it.

    Args:
        base: A hub name or a folder; "" if the adapter names it.
        adapter: The folder or hub name of an adapter, or "".
        bits: 4 or 8 to load the weights in so many bits (bitsandbytes), or None.
        dtype: "bfloat16", "float16" or "float32", or "" to choose by the device.
        device: "cuda", "cuda:1", "mps", "cpu", or "" for the best one.
        side: The longest side of an image in pixels; larger ones are shrunk.
        frames: How many frames of a video the model gets.
        task: "caption" or "question" for checkpoints made for one of them, or "" to tell by the name.
    """

    base: str
    adapter: str = ""
    bits: int | None = None
    dtype: str = ""
    device: str = ""
    side: int = 4096
    frames: int = 8
    task: str = ""

    @property
    def shown(self) -> str:
        """The name in messages."""
        return quoted(f"{self.base}+{self.adapter}" if self.adapter else self.base)


def parse(text: str) -> CheckpointName:
    """Return the name that a text, without its scheme, stands for.

    A folder that exists under the whole text is taken as it is, whatever characters its name has.

    Raises:
        InputError: when it is empty, or an option or its value is unknown.
    """
    if not text.strip():
        raise InputError("The name of a model is missing.", EXAMPLE)
    if Path(text).is_dir():
        return CheckpointName(text)
    rest, mark, query = text.rpartition("?")
    if not mark:
        rest, query = text, ""
    base, adapter = (rest, "") if Path(rest).is_dir() else _split(rest)
    if not base and not adapter:
        raise InputError(f"{quoted(text)} lacks the model's name.", EXAMPLE)
    options: dict[str, int | str | None] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        options[key] = _option(key, value)
    return CheckpointName(base, adapter, **options)  # type: ignore[arg-type]


def format_name(name: CheckpointName) -> str:
    """Return a name as `parse` reads it, with the options that differ from their defaults."""
    options = {
        field.name: value
        for field in fields(CheckpointName)
        if field.name not in ("base", "adapter") and (value := getattr(name, field.name)) != field.default
    }
    query = f"?{urlencode(options, safe=':')}" if options else ""
    return f"{name.base}{f'+{name.adapter}' if name.adapter else ''}{query}"


def _split(rest: str) -> tuple[str, str]:
    base, _, adapter = rest.partition("+")
    return base.strip(), adapter.strip()


def _option(key: str, value: str) -> int | str:
    known = [field.name for field in fields(CheckpointName) if field.name not in ("base", "adapter")]
    if key not in known:
        close = difflib.get_close_matches(key, known, n=1)
        meant = f"Did you mean {close[0]}? " if close else ""
        raise InputError(f"A model's name has no option {quoted(key)}.", f"{meant}Options: {', '.join(known)}.")
    if key == "dtype":
        return _one_of(key, value, _DTYPES)
    if key == "task":
        return _one_of(key, value, _TASKS)
    if key == "bits":
        return int(_one_of(key, value, ("4", "8")))
    if key == "device":
        return value
    if not value.isdecimal() or not 1 <= int(value) <= 100_000:
        raise InputError(f"The option {key} is a whole number from 1 on, not {quoted(value)}.", f"Try ?{key}=8")
    return int(value)


def _one_of(key: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise InputError(f"The option {key} is not {quoted(value)}.", f"Use one of: {', '.join(allowed)}.")
    return value
