"""The schema: what is read from a label, each as it is printed."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

State = Literal["read", "can't tell", "not seen"]


@dataclass(frozen=True)
class Value:
    """One thing that a label says.

    Args:
        state: "read"; "can't tell": something is printed there that can't be read surely; "not seen".
        text: As it is printed; "" unless it was read.
        why: Why it can't be told, in a few words; else "".
    """

    state: State = "not seen"
    text: str = ""
    why: str = ""


@dataclass(frozen=True)
class Label:
    """What a label says.

    Args:
        name, strength, expiry, how_to_take, warnings: Each as it is printed.
        also: What else is printed and was surely read.
        notes: What is wrong with the picture, and what to do about it: sentences.
    """

    name: Value = Value()
    strength: Value = Value()
    expiry: Value = Value()
    how_to_take: Value = Value()
    warnings: Value = Value()
    also: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


WORDS = {
    "name": "name",
    "strength": "strength",
    "expiry": "expiry date",
    "how_to_take": "how to take it",
    "warnings": "warnings",
}
"""What people call each value."""
VALUES = tuple(each.name for each in fields(Label) if each.name in WORDS)
