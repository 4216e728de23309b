"""PriceList: what each model costs, by the user's own prices, the catalogue, or this machine's price an hour."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sensorium.ask.budget import RequestCost
from sensorium.ask.request_log import RequestUsage, now
from sensorium.core.catalog import LongPrice, Price, entries, price_of, price_on, usd_by
from sensorium.core.errors import InputError, quoted
from sensorium.core.files import read_text
from sensorium.core.reply import Usage

MACHINE_USD_HOUR = 0.2
"""What an hour of this machine is taken to cost: about that of a rented one with 4 virtual CPUs and 16 GB."""
OWN = "--price"
"""The source of a price that the user gave."""
_EXAMPLE = "Try --price openai:my-model=0.1,0.5 (dollars for a million tokens in and out; a third number: cached ones)"


@dataclass(frozen=True)
class PriceList:
    """What models cost.

    Args:
        own: Model's name -> its prices, the earliest first; they go before the catalogue's.
        machine_usd_hour: US dollars that an hour of this machine costs, for models that run on it.
        is_stated: Whether the user gave that number.
    """

    own: Mapping[str, Sequence[Price]] = field(default_factory=dict)
    machine_usd_hour: float = MACHINE_USD_HOUR
    is_stated: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.machine_usd_hour < float("inf"):
            raise InputError(
                f"A machine's price is 0 or more dollars an hour, not {self.machine_usd_hour}.",
                "Try `machine_usd_hour=0.2`.",
            )

    def prices(self, name: str) -> Sequence[Price]:
        """Return a hosted model's prices, the earliest first; none if they are unknown."""
        if name in self.own:
            return self.own[name]
        return entries()[name].prices if name in entries() else ()

    def request_usd(self, name: str, request: RequestUsage) -> float | None:
        """Return what a request of a hosted model cost, by the price of its own moment; None if that is unknown."""
        return usd_by(self.prices(name), request.usage, request.asked.date())

    def most_usd(self, name: str, cost: RequestCost, seconds: float) -> float | None:
        """Return what a request that is sent now can cost at most; None if that is unknown.

        Args:
            name: The model's.
            cost: Its tokens.
            seconds: How long it may take: if a new price begins meanwhile, the higher one counts.
        """
        if cost.most_input is None:
            free = [price for price in self.prices(name) if price.input_usd == price.output_usd == 0]
            return 0.0 if free and len(free) == len(self.prices(name)) else None
        usage, today = Usage(cost.most_input, cost.most_output), now()
        days = {today.date(), (today + timedelta(seconds=seconds)).date()}
        known = [usd_by(self.prices(name), usage, day) for day in days]
        return None if None in known else max(value for value in known if value is not None)

    def expected_usd(self, name: str, cost: RequestCost) -> float | None:
        """Return what a request is expected to cost today; None if that is unknown."""
        return usd_by(self.prices(name), Usage(cost.input_tokens, cost.output_tokens), now().date())

    def machine_usd(self, seconds: float) -> float:
        """Return what so many seconds of this machine cost."""
        return seconds * self.machine_usd_hour / 3600

    def words(self, name: str, is_local: bool, days: Sequence[date] = ()) -> str:
        """Return a model's price in words.

        Args:
            name: The model's.
            is_local: Whether it runs on this machine.
            days: When it was asked; several prices are named if more than one was in force.
        """
        if is_local:
            whose = "yours" if self.is_stated else "assumed: state yours with --machine-usd-hour"
            return f"a machine of {_dollars(self.machine_usd_hour)} an hour ({whose})"
        found = [price for day in (days or (now().date(),)) if (price := price_on(self.prices(name), day)) is not None]
        return "; ".join(map(_words, dict.fromkeys(found))) or "unknown"


def _dollars(amount: float) -> str:
    return f"${amount:.2f}" if round(amount, 2) == amount else f"${amount:g}"


def _words(price: Price) -> str:
    read = "yours (--price)" if price.source == OWN else f"read {price.date:%Y-%m-%d}"
    cached = "" if price.cached_usd is None else f", cached ${price.cached_usd:g}"
    above = ""
    if price.above is not None:
        above = f"; ${price.above.input_usd:g} / ${price.above.output_usd:g} over {price.above.tokens:,} tokens in"
    since = "" if price.since is None else f" since {price.since:%Y-%m-%d}"
    return f"${price.input_usd:g} / ${price.output_usd:g} a million tokens in / out{cached}{above}{since}, {read}"


def own_prices(texts: Sequence[str], file: Path | None = None) -> dict[str, tuple[Price, ...]]:
    """Return the user's own prices, by model.

    Args:
        texts: "NAME=IN,OUT" or "NAME=IN,OUT,CACHED", in dollars for a million tokens.
        file: A TOML file in the form of the catalogue's `prices`, with dates, cached tokens and long contexts.

    Raises:
        InputError: if one can't be read.
    """
    own = {} if file is None else _file_prices(file)
    for text in texts:
        name, _, numbers = text.rpartition("=")
        try:
            values = [float(number) for number in numbers.split(",")]
            if not name or len(values) not in (2, 3) or not all(0 <= value < float("inf") for value in values):
                raise ValueError
        except ValueError:
            raise InputError(f"--price takes NAME=IN,OUT, not {quoted(text)}.", _EXAMPLE) from None
        cached = values[2] if len(values) == 3 else None
        own[name] = (Price(values[0], values[1], now().date(), OWN, cached),)
    return own


def _file_prices(file: Path) -> dict[str, tuple[Price, ...]]:
    try:
        rows = tomllib.loads(read_text(file))
        out = {}
        for name, row in rows.items():
            if not isinstance(row, dict) or set(row) != {"prices"} or not isinstance(row["prices"], list):
                raise ValueError(f"{quoted(name)} isn't a table with a list prices")
            prices = tuple(price_of(_checked(name, each)) for each in row["prices"])
            out[name] = tuple(sorted(prices, key=lambda price: price.since or date.min))
        return out
    except (ValueError, RecursionError) as error:
        words = error.args[0] if error.args and not isinstance(error, tomllib.TOMLDecodeError) else quoted(str(error))
        raise InputError(
            f"The prices in {quoted(str(file))} can't be read: {words}.",
            'Write them as ["openai:m"] prices = [{input_usd = 0.1, output_usd = 1, date = 2026-11-29, source = "…"}].',
        ) from None


def _checked(name: str, row: object, kind: type = Price) -> dict[str, Any]:
    """Return a row of prices; ValueError if it isn't one that `price_of` takes."""
    if not isinstance(row, dict):
        raise ValueError(f"a price of {quoted(name)} is {quoted(row)}, not a table")
    known = {entry.name: entry.default is MISSING for entry in fields(kind)}
    lacking = [key for key, needed in known.items() if needed and key not in row]
    strange = [key for key in row if key not in known]
    if lacking or strange:
        wrong = f"lacks {', '.join(lacking)}" if lacking else f"has the unknown key {quoted(strange[0])}"
        raise ValueError(f"a price of {quoted(name)} {wrong}")
    for key, value in row.items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if key.endswith(("_usd", "tokens")) and not (is_number and 0 <= value < float("inf")):
            raise ValueError(f"{key} of {quoted(name)} is {quoted(value)}, not a number of 0 or more")
        if key in ("date", "since") and type(value) is not date:
            raise ValueError(f"{key} of {quoted(name)} is {quoted(value)}, not a day such as 2026-11-29")
    return row | ({"above": _checked(name, row["above"], LongPrice)} if "above" in row else {})
