"""The catalogue of models: part types, limits, licence, price and image tokens with date and source; loads none."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

from sensorium.core.reply import Usage

Day = date
Detail = Literal["auto", "low", "medium", "high", "ultra_high", "original"]
"""OpenAI's `detail` and Gemini's `media_resolution`; "auto" is what a model does if it isn't told."""
_FILE = Path(__file__).parents[1] / "catalog.toml"


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
class EmbedderPrice:
    """US dollars for a million tokens of a hosted embedder, by a dated source.

    Args:
        name: "scheme:name", without options.
        text_usd: For words.
        date: When the source was read.
        source: Where it stands.
        image_usd: For images; None if it takes none.
        image_tokens: Of one image, whatever its size.
    """

    name: str
    text_usd: float
    date: date
    source: str
    image_usd: float | None = None
    image_tokens: int = 0

    def images_usd(self, count: int) -> float | None:
        """Return what embedding so many images costs; None if it takes none."""
        return None if self.image_usd is None else count * self.image_tokens * self.image_usd / 1e6


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
        return price_on(self.prices, day)


def price_on(prices: Sequence[Price], day: date | None = None) -> Price | None:
    """Return the price of a day, by default today, of several in the order of their first days; None before them."""
    on = datetime.now(UTC).date() if day is None else day
    return next((price for price in reversed(prices) if price.since is None or price.since <= on), None)


@dataclass(frozen=True)
class ImageTokenRule:
    """How a family of models counts the tokens of an image.

    Args:
        models: A pattern that is searched for in "scheme:name", in any case.
        counting: Which of the countings below.
        numbers: What it is computed with, as its maker states it.
        date: When the source was read.
        source: Where it stands.
    """

    models: str
    counting: Literal["patches", "tiles", "at_most", "merged_patches", "canvas", "rows"]
    numbers: dict[str, float]
    date: date
    source: str


@dataclass(frozen=True)
class TokenRange:
    """Fewest and most tokens that something costs; equal if the number is known."""

    least: int
    most: int

    @classmethod
    def exactly(cls, tokens: int) -> TokenRange:
        """Return the range of a known number."""
        return cls(tokens, tokens)


@cache
def entries() -> dict[str, Entry]:
    """Return the catalogue, name -> entry, in the order of its file."""
    raw = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    del raw["image_tokens"], raw["video_tokens"], raw["embedders"]
    catalogue = {}
    for name, row in raw.items():
        prices = tuple(map(price_of, row.pop("prices", ())))
        rate = Rate(**row.pop("rate")) if "rate" in row else None
        for listed in ("parts", "languages"):
            row[listed] = tuple(row.get(listed, ()))
        catalogue[name] = Entry(name, prices=prices, rate=rate, **row)
    return catalogue


def price_of(row: dict[str, Any]) -> Price:
    """Return the price of a row of the catalogue's file."""
    above = LongPrice(**row.pop("above")) if "above" in row else None
    return Price(**row, above=above)


def usd(name: str, usage: Usage, day: date | None = None) -> float | None:
    """Return what `usage` costs by the price of a day, by default today; None if price or tokens are unknown.

    The tokens are taken as those of one request.
    """
    entry = entries().get(name)
    return None if entry is None else usd_by(entry.prices, usage, day)


def usd_by(prices: Sequence[Price], usage: Usage, day: date | None = None) -> float | None:
    """Return what the `usage` of one request costs by the price of a day; see `usd`."""
    known = price_on(prices, day)
    if known is None or usage.input_tokens is None or usage.output_tokens is None:
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


@cache
def embedder_prices() -> dict[str, EmbedderPrice]:
    """Return the prices of hosted embedders by name, in the order of the catalogue."""
    rows = tomllib.loads(_FILE.read_text(encoding="utf-8"))["embedders"]
    return {row["name"]: EmbedderPrice(**row) for row in rows}


def embedder_price(name: str) -> EmbedderPrice | None:
    """Return the price of "scheme:name?options"; None if unknown, as at an address of one's own (name@URL)."""
    return embedder_prices().get(name.partition("?")[0]) if "@" not in name else None


@cache
def image_token_rules() -> tuple[ImageTokenRule, ...]:
    """Return the rules of image tokens, in the order of the catalogue."""
    rows = tomllib.loads(_FILE.read_text(encoding="utf-8"))["image_tokens"]
    return tuple(ImageTokenRule(**row) for row in rows)


def image_tokens(name: str, width: int, height: int, detail: Detail = "auto") -> TokenRange | None:
    """Return the input tokens that an image of so many pixels costs; None if that is unknown.

    Args:
        name: "scheme:name" of the model, or "openai:NAME@URL".
        width, height: Of the image as it is sent, upright.
        detail: In what detail the model is told to look; None is returned for one that its maker states no number of.
    """
    rule = next((rule for rule in image_token_rules() if re.search(rule.models, name, re.I)), None)
    if rule is None or min(width, height) < 1:
        return None
    return _COUNTINGS[rule.counting](rule.numbers, width, height, detail)


def video_tokens(
    name: str, seconds: float, fps: float = 1.0, has_sound: bool = True, detail: Detail = "auto"
) -> TokenRange | None:
    """Return the input tokens of a video that a model takes whole; None if that is unknown.

    Args:
        name: "scheme:name" of the model.
        seconds: Its length.
        fps: How many frames of each second the model is told to use.
        has_sound: Whether it has audio.
        detail: In what detail the model is told to look.
    """
    rows = tomllib.loads(_FILE.read_text(encoding="utf-8"))["video_tokens"]
    row = next((row for row in rows if re.search(row["models"], name, re.I)), None)
    if row is None or detail not in row["frame"]:
        return None
    frames = math.ceil(seconds * fps)
    a_second = row["time"] + row["audio"] * has_sound
    most = frames * row["frame"][detail] + math.ceil(seconds) * a_second
    return TokenRange.exactly(most)


def _patches(numbers: dict[str, float], width: int, height: int, detail: Detail) -> TokenRange | None:
    """OpenAI since GPT-5.6: patches of 32 pixels times a factor; "auto" sees all of them, "high" a smaller image."""
    side, factor = int(numbers["side"]), numbers["factor"]

    def cost(columns: int, rows: int) -> int:
        return math.ceil(round(columns * rows * factor, 6))

    if detail in ("auto", "original"):
        return TokenRange.exactly(cost(math.ceil(width / side), math.ceil(height / side)))
    if detail != "high":
        return None
    budget, longest = numbers["high_patches"], numbers["high_side"]
    most = cost(*_within_budget(width, height, side, budget))
    scale = min(1.0, longest / max(width, height))  # stated as "or": it may hold beside the budget
    least = cost(*_within_budget(round(width * scale), round(height * scale), side, budget))
    return TokenRange(least, most)


def _within_budget(width: float, height: float, side: int, budget: float) -> tuple[int, int]:
    """Return columns and rows of the patches after an image was shrunk to a whole number of them on one side."""
    columns, rows = math.ceil(width / side), math.ceil(height / side)
    if columns * rows <= budget:
        return columns, rows
    scale = math.sqrt(side * side * budget / (width * height))
    wide, high = width * scale / side, height * scale / side
    scale *= min(math.floor(wide) / wide, math.floor(high) / high)
    return math.ceil(round(width * scale / side, 6)), math.ceil(round(height * scale / side, 6))


def _tiles(numbers: dict[str, float], width: int, height: int, detail: Detail) -> TokenRange | None:
    """OpenAI's GPT-4o family: a base, and tiles of 512 pixels of an image fitted into 2048, its shorter side 768."""
    base, tile, side = int(numbers["base"]), int(numbers["tile"]), int(numbers["side"])
    if detail == "low":
        return TokenRange.exactly(base)
    if detail not in ("auto", "high"):
        return None
    for limit, measure in ((numbers["fit"], max), (numbers["short"], min)):  # smaller images are not enlarged
        scale = min(1.0, limit / measure(width, height))
        width, height = max(1, round(width * scale)), max(1, round(height * scale))
    high = base + tile * math.ceil(width / side) * math.ceil(height / side)
    return TokenRange(base if detail == "auto" else high, high)


def _at_most(numbers: dict[str, float], width: int, height: int, detail: Detail) -> TokenRange | None:
    """Gemini since 3, Gemma 3: a number that does not depend on the size; Gemini may use fewer."""
    if detail not in numbers:
        return None
    most = int(numbers[detail])
    return TokenRange(min(most, int(numbers.get("least", most))), most)


def _merged_patches(numbers: dict[str, float], width: int, height: int, detail: Detail) -> TokenRange | None:
    """Qwen-VL: patches merged two by two, of an image whose area is brought between two bounds.

    The same as `smart_resize` of transformers' Qwen2VLImageProcessor; two tokens mark beginning and end.
    """
    side = int(numbers["side"])
    if detail != "auto" or max(width, height) > 200 * min(width, height):
        return None
    columns, rows = round(width / side), round(height / side)
    if columns * rows * side * side > numbers["most_pixels"]:
        shrink = math.sqrt(width * height / numbers["most_pixels"])
        columns, rows = (max(1, math.floor(length / shrink / side)) for length in (width, height))
    elif columns * rows * side * side < numbers["least_pixels"]:
        grow = math.sqrt(numbers["least_pixels"] / (width * height))
        columns, rows = (math.ceil(length * grow / side) for length in (width, height))
    return TokenRange.exactly(columns * rows + 2)


def _canvas(numbers: dict[str, float], width: int, height: int, detail: Detail) -> TokenRange | None:
    """Llama 3.2 Vision: up to 4 tiles of 560 pixels on the canvas that shrinks an image least, then enlarges it least.

    The tokens are read by cross-attention: in the prompt, an image is one token.
    """
    if detail != "auto":
        return None
    side, tiles = int(numbers["side"]), int(numbers["tiles"])
    grids = [(across, down) for across in range(1, tiles + 1) for down in range(1, tiles // across + 1)]
    scales = {grid: min(grid[0] * side / width, grid[1] * side / height) for grid in grids}
    enlarging = [scale for scale in scales.values() if scale >= 1]
    chosen = min(enlarging) if enlarging else max(scales.values())
    count = min(across * down for (across, down), scale in scales.items() if scale == chosen)
    return TokenRange(1, count * int(numbers["tokens"]))


def _rows(numbers: dict[str, float], width: int, height: int, detail: Detail) -> TokenRange | None:
    """Pixtral: patches of 16 pixels of an image whose longer side is at most 1024, and a token after every row."""
    if detail != "auto":
        return None
    side, longest = int(numbers["side"]), numbers["longest"]
    shrink = max(1.0, width / longest, height / longest)
    columns, rows = (math.ceil(max(1, math.floor(length / shrink)) / side) for length in (width, height))
    return TokenRange.exactly((columns + 1) * rows)


_COUNTINGS = {
    "patches": _patches, "tiles": _tiles, "at_most": _at_most, "merged_patches": _merged_patches, "canvas": _canvas,
    "rows": _rows,
}  # fmt: skip
