"""What stands after the scheme: "ORG/NAME", "./folder", "BASE+./adapter", each with "?bits=4&side=1024"."""

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
        base: A hub name or a folder; "" where the adapter says which.
        adapter: The folder or hub name of an adapter, or "".
        bits: 4 or 8 to load the weights in so many bits (bitsandbytes), or None.
        dtype: "bfloat16", "float16" or "float32", or "" for what suits the device.
        device: "cuda", "cuda:1", "mps", "cpu", or "" for the best there is.
        side: The longest side of a picture in pixels; larger ones are shrunk before the model sees them.
        frames: How many frames of a film are looked at.
        task: "caption" or "question" for checkpoints that are made for one of them, or "" to tell by the name.
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
        """What messages call it."""
        return quoted(f"{self.base}+{self.adapter}" if self.adapter else self.base)


def parse(text: str) -> CheckpointName:
    """Read what stands after the scheme.

    A folder that exists under the whole text is taken as it is, whatever letters its name has.

    Raises:
        InputError: when it is empty, or an option is unknown or has no such value.
    """
    if not text.strip():
        raise InputError("The name of a model is missing.", EXAMPLE)
    if Path(text).is_dir():
        return CheckpointName(text)
    rest, asked, query = text.rpartition("?")
    if not asked:
        rest, query = text, ""
    base, adapter = (rest, "") if Path(rest).is_dir() else _split(rest)
    if not base and not adapter:
        raise InputError(f"There is no model's name in {quoted(text)}.", EXAMPLE)
    options: dict[str, int | str | None] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        options[key] = _option(key, value)
    return CheckpointName(base, adapter, **options)  # type: ignore[arg-type]


def format_name(name: CheckpointName) -> str:
    """Write a name as `parse` reads it, with what it has otherwise than by default."""
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
        raise InputError(f"There is no option {quoted(key)} in a model's name.", f"{meant}Known: {', '.join(known)}.")
    if key == "dtype":
        return _one_of(key, value, _DTYPES)
    if key == "task":
        return _one_of(key, value, _TASKS)
    if key == "bits":
        return int(_one_of(key, value, ("4", "8")))
    if key == "device":
        return value
    if not value.isdecimal() or not 1 <= int(value) <= 100_000:
        raise InputError(f"The option {key} is a whole number from 1 up, not {quoted(value)}.", f"Try ?{key}=8")
    return int(value)


def _one_of(key: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise InputError(f"The option {key} is not {quoted(value)}.", f"Use one of: {', '.join(allowed)}.")
    return value
