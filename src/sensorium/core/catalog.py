"""What is known of models before they are loaded: part types, limits, licence note, price with date and source."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from sensorium.core.reply import Usage


@dataclass(frozen=True)
class Price:
    """US dollars for a million tokens, as its source gave it on its date."""

    input_usd: float
    output_usd: float
    date: date
    source: str


@dataclass(frozen=True)
class Entry:
    """One known model.

    Args:
        name: "scheme:name", as `sensorium use` takes it.
        summary: One line: what it is good for.
        parts: Part types that it takes.
        most_images: The most pictures, or None.
        languages: Language codes that it is good for; empty where not stated.
        licence: A note on its licence.
        price: None for what runs on one's own machine.
    """

    name: str
    summary: str
    parts: tuple[str, ...]
    most_images: int | None = None
    languages: tuple[str, ...] = ()
    licence: str = ""
    price: Price | None = None


@cache
def entries() -> dict[str, Entry]:
    """Give the catalogue by name, in the file's order."""
    raw = tomllib.loads(files("sensorium").joinpath("catalog.toml").read_text(encoding="utf-8"))
    found = {}
    for name, row in raw.items():
        price = Price(**row.pop("price")) if "price" in row else None
        for listed in ("parts", "languages"):
            row[listed] = tuple(row.get(listed, ()))
        found[name] = Entry(name, price=price, **row)
    return found


def usd(name: str, usage: Usage) -> float | None:
    """Give what `usage` costs at the catalogue's price; None where price or tokens are not known."""
    entry = entries().get(name)
    if entry is None or entry.price is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    return (usage.input_tokens * entry.price.input_usd + usage.output_tokens * entry.price.output_usd) / 1e6
