"""What is known of models before they are loaded: part types, limits, licence note, price with date and source."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal

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
class Rate:
    """US dollars for hearing an hour of sound, or for a million letters spoken or translated; see `Price`."""

    usd: float
    per: Literal["hour", "million letters"]
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
        context_tokens: The most tokens of question and answer together, or None.
        price: None for what runs on one's own machine, and for what is paid by `rate`.
        rate: Of what hears, speaks or translates.
    """

    name: str
    summary: str
    parts: tuple[str, ...]
    most_images: int | None = None
    languages: tuple[str, ...] = ()
    licence: str = ""
    context_tokens: int | None = None
    price: Price | None = None
    rate: Rate | None = None


@cache
def entries() -> dict[str, Entry]:
    """Return the catalogue by name, in the file's order."""
    raw = tomllib.loads(files("sensorium").joinpath("catalog.toml").read_text(encoding="utf-8"))
    found = {}
    for name, row in raw.items():
        price = Price(**row.pop("price")) if "price" in row else None
        rate = Rate(**row.pop("rate")) if "rate" in row else None
        for listed in ("parts", "languages"):
            row[listed] = tuple(row.get(listed, ()))
        found[name] = Entry(name, price=price, rate=rate, **row)
    return found


def usd(name: str, usage: Usage) -> float | None:
    """Return what `usage` costs at the catalogue's price; None where price or tokens are not known."""
    entry = entries().get(name)
    if entry is None or entry.price is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    price = entry.price
    cached = 0 if price.cached_usd is None else usage.cached_tokens or 0
    fresh = usage.input_tokens - cached
    return (fresh * price.input_usd + cached * (price.cached_usd or 0.0) + usage.output_tokens * price.output_usd) / 1e6


def speech_usd(name: str, seconds: float = 0.0, letters: int = 0) -> float | None:
    """Return what hearing so many seconds, or speaking or translating so many letters, costs.

    0.0 for what runs on one's own machine, None where it is not known. What stands behind a slash in the name (a
    mode, a voice) costs nothing more.
    """
    entry = entries().get(name) or entries().get(name.partition("/")[0]) or entries().get(name.partition(":")[0])
    if entry is None or entry.price is not None:
        return None
    if entry.rate is None:
        return 0.0
    amount = seconds / 3600 if entry.rate.per == "hour" else letters / 1e6
    return amount * entry.rate.usd
