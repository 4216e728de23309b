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
    """US dollars for a million tokens, as its source gave it on its date; `cached_usd` for input kept from before."""

    input_usd: float
    output_usd: float
    date: date
    source: str
    cached_usd: float | None = None


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
        context_tokens: The most tokens of question and answer together, or None.
        price: None for what runs on one's own machine.
    """

    name: str
    summary: str
    parts: tuple[str, ...]
    most_images: int | None = None
    languages: tuple[str, ...] = ()
    licence: str = ""
    context_tokens: int | None = None
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
    price = entry.price
    cached = 0 if price.cached_usd is None else usage.cached_tokens or 0
    fresh = usage.input_tokens - cached
    return (fresh * price.input_usd + cached * (price.cached_usd or 0.0) + usage.output_tokens * price.output_usd) / 1e6
