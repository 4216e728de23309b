"""The catalogue of models: part types, limits, licence, price with its date and source, without loading any."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

from sensorium.core.reply import Usage

Day = date


@dataclass(frozen=True)
class LongPrice:
    """US dollars for a million tokens of a request with more than `tokens` tokens in."""

    tokens: int
    input_usd: float
    output_usd: float
    cached_usd: float | None = None


@dataclass(frozen=True)
class Price:
    """US dollars for a million tokens, by a dated source.

    Args:
        input_usd, output_usd: The price.
        date: When the source was read.
        source: Where it stands.
        cached_usd: For cached input.
        since: The first day of this price; None if it is the first known.
        above: The price of long requests, if it is another.
    """

    input_usd: float
    output_usd: float
    date: date
    source: str
    cached_usd: float | None = None
    since: Day | None = None
    above: LongPrice | None = None


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
        prices: By their first day, the earliest first; empty for local models and for those paid by `rate`.
        rate: Of models that transcribe, speak or translate.
    """

    name: str
    summary: str
    parts: tuple[str, ...]
    max_images: int | None = None
    languages: tuple[str, ...] = ()
    licence: str = ""
    context_tokens: int | None = None
    prices: tuple[Price, ...] = ()
    rate: Rate | None = None

    def price_on(self, day: date | None = None) -> Price | None:
        """Return the price of a day, by default today."""
        on = datetime.now(UTC).date() if day is None else day
        return next((price for price in reversed(self.prices) if price.since is None or price.since <= on), None)


@cache
def entries() -> dict[str, Entry]:
    """Return the catalogue, name -> entry, in the order of its file."""
    raw = tomllib.loads((Path(__file__).parents[1] / "catalog.toml").read_text(encoding="utf-8"))
    catalogue = {}
    for name, row in raw.items():
        prices = tuple(map(_price, row.pop("prices", ())))
        rate = Rate(**row.pop("rate")) if "rate" in row else None
        for listed in ("parts", "languages"):
            row[listed] = tuple(row.get(listed, ()))
        catalogue[name] = Entry(name, prices=prices, rate=rate, **row)
    return catalogue


def _price(row: dict[str, Any]) -> Price:
    above = LongPrice(**row.pop("above")) if "above" in row else None
    return Price(**row, above=above)


def usd(name: str, usage: Usage, day: date | None = None) -> float | None:
    """Return what `usage` costs by the price of a day, by default today; None if price or tokens are unknown.

    The tokens are taken as those of one request.
    """
    entry = entries().get(name)
    known = entry and entry.price_on(day)
    if not known or usage.input_tokens is None or usage.output_tokens is None:
        return None
    price = known.above if known.above is not None and usage.input_tokens > known.above.tokens else known
    cached = 0 if price.cached_usd is None else usage.cached_tokens or 0
    fresh = usage.input_tokens - cached
    return (fresh * price.input_usd + cached * (price.cached_usd or 0.0) + usage.output_tokens * price.output_usd) / 1e6


def speech_usd(name: str, seconds: float = 0.0, characters: int = 0) -> float | None:
    """Return what transcribing so many seconds, or speaking or translating so many characters, costs.

    0.0 for local models, None if unknown. What follows a slash in the name (a mode, a voice) does not change it.
    """
    entry = entries().get(name) or entries().get(name.partition("/")[0]) or entries().get(name.partition(":")[0])
    if entry is None or entry.prices:
        return None
    if entry.rate is None:
        return 0.0
    amount = seconds / 3600 if entry.rate.per == "hour" else characters / 1e6
    return amount * entry.rate.usd
