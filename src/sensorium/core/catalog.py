"""The catalogue of models: part types, limits, licence, price with its date and source, without loading any."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

from sensorium.core.reply import Usage


@dataclass(frozen=True)
class Price:
    """US dollars for a million tokens, by a dated source; `cached_usd` for cached input."""

    input_usd: float
    output_usd: float
    date: date
    source: str
    cached_usd: float | None = None


@dataclass(frozen=True)
class Rate:
    """US dollars for transcribing an hour of audio, or for a million characters spoken or translated; see `Price`."""

    usd: float
    per: Literal["hour", "million characters"]
    date: date
    source: str


@dataclass(frozen=True)
class Entry:
    """One model.

    Args:
        name: "scheme:name", as `sensorium use` takes it.
        summary: One line: what it is good for.
        parts: Part types that it takes.
        max_images: Most images in one conversation, or None.
        languages: Language codes that it is good for; empty if not stated.
        licence: A note on its licence.
        context_tokens: Most tokens of question and answer together, or None.
        price: None for local models and for those paid by `rate`.
        rate: Of models that transcribe, speak or translate.
    """

    name: str
    summary: str
    parts: tuple[str, ...]
    max_images: int | None = None
    languages: tuple[str, ...] = ()
    licence: str = ""
    context_tokens: int | None = None
    price: Price | None = None
    rate: Rate | None = None


@cache
def entries() -> dict[str, Entry]:
    """Return the catalogue, name -> entry, in the order of its file."""
    raw = tomllib.loads((Path(__file__).parents[1] / "catalog.toml").read_text(encoding="utf-8"))
    catalogue = {}
    for name, row in raw.items():
        price = Price(**row.pop("price")) if "price" in row else None
        rate = Rate(**row.pop("rate")) if "rate" in row else None
        for listed in ("parts", "languages"):
            row[listed] = tuple(row.get(listed, ()))
        catalogue[name] = Entry(name, price=price, rate=rate, **row)
    return catalogue


def usd(name: str, usage: Usage) -> float | None:
    """Return what `usage` costs by the catalogue; None if price or tokens are unknown."""
    entry = entries().get(name)
    if entry is None or entry.price is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    price = entry.price
    cached = 0 if price.cached_usd is None else usage.cached_tokens or 0
    fresh = usage.input_tokens - cached
    return (fresh * price.input_usd + cached * (price.cached_usd or 0.0) + usage.output_tokens * price.output_usd) / 1e6


def speech_usd(name: str, seconds: float = 0.0, characters: int = 0) -> float | None:
    """Return what transcribing so many seconds, or speaking or translating so many characters, costs.

    0.0 for local models, None if unknown. What follows a slash in the name (a mode, a voice) does not change it.
    """
    entry = entries().get(name) or entries().get(name.partition("/")[0]) or entries().get(name.partition(":")[0])
    if entry is None or entry.price is not None:
        return None
    if entry.rate is None:
        return 0.0
    amount = seconds / 3600 if entry.rate.per == "hour" else characters / 1e6
    return amount * entry.rate.usd
