"""What a search found as the page shows it: titles, prices, what is known besides, and what to do if nothing fits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from sensorium.search import Hit, SearchResult

_TITLES = ("title", "name", "product_name", "product", "product_title")
_PRICES = ("price", "sale_price", "price_eur", "price_usd", "cost")
_CURRENCIES = ("currency", "price_currency")
_IN_NAME = re.compile(r"_(usd|eur|gbp|inr|jpy|chf|cad|aud|brl|mxn|cny|krw|sek|nok|dkk|pln|try|zar)$", re.I)
_GENERATED = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{13,}|[0-9a-f]{16,}|(?:img|dsc|p|pxl)?[\d _-]+", re.I)
_MAX_TEXT = 400


class ProductPrice(BaseModel):
    """A price, and its currency as ISO 4217 has it, or "" if the catalogue doesn't say."""

    value: float
    currency: str = ""


class Product(BaseModel):
    """A product that was found."""

    id: str
    title: str
    titled: bool = Field(description="Whether the catalogue has a title; else it is made of the file's name.")
    price: ProductPrice | None
    details: dict[str, str | int | float | bool | list[str]] = Field(
        description="The other columns that hold anything."
    )
    score: float = Field(description="Comparable within one search only.")
    copies: int = Field(description="How many near duplicates are folded into it.")


class SearchBody(BaseModel):
    """What a search found."""

    products: list[Product] = Field(description="The best first; empty if nothing is a good match.")
    no_match: bool
    advice: list[str] = Field(description="Without a good match: why, and what to do, in sentences.")
    nearest: list[Product] = Field(description="Without a good match: what is nearest anyway.")
    query: str = Field(description="The query as it was understood.")
    seconds: float


def search_body(result: SearchResult, is_filtered: bool) -> SearchBody:
    """Return a result as the page shows it."""
    return SearchBody(
        products=[product(hit) for hit in result.hits],
        no_match=result.no_match,
        advice=_advice(result, is_filtered),
        nearest=[product(hit) for hit in result.nearest],
        query=str(result.query),
        seconds=round(result.seconds, 4),
    )


def product(hit: Hit) -> Product:
    """Return a hit as a product."""
    return product_of(hit.id, hit.path, hit.columns, hit.score, len(hit.copies))


def product_of(id: str, path: str, columns: Mapping[str, Any], score: float = 0.0, copies: int = 0) -> Product:
    """Return a row of the index as a product."""
    lowered = {name.lower(): name for name in columns}
    title_column = next((lowered[name] for name in _TITLES if name in lowered), "")
    title = columns.get(title_column)
    has_title = isinstance(title, str) and bool(title.strip())
    price, used = _price(columns, lowered)
    details = {
        name: _plain(value)
        for name, value in columns.items()
        if name not in (title_column, *used) and value not in (None, "", [])
    }
    return Product(
        id=id,
        title=" ".join(str(title).split()) if has_title else _name_of(path or id),
        titled=has_title,
        price=price,
        details=details,
        score=round(score, 6),
        copies=copies,
    )


def _price(columns: Mapping[str, Any], lowered: Mapping[str, str]) -> tuple[ProductPrice | None, tuple[str, ...]]:
    """Return the price and the columns that it is made of."""
    for name in _PRICES:
        column = lowered.get(name, "")
        value = columns.get(column)
        if isinstance(value, int | float) and not isinstance(value, bool):
            currency_column = next((lowered[each] for each in _CURRENCIES if each in lowered), "")
            stated = columns.get(currency_column)
            in_name = _IN_NAME.search(column)
            currency = stated if isinstance(stated, str) else in_name[1] if in_name else ""
            is_code = bool(re.fullmatch(r"[A-Za-z]{3}", currency))
            price = ProductPrice(value=float(value), currency=currency.upper() if is_code else "")
            return price, (column, currency_column) if is_code else (column,)
    return None, ()


def _name_of(path: str) -> str:
    """Return what a picture without a title is called: its file's name in words, or "Product" if that says nothing."""
    stem = Path(path.rpartition("#")[2]).stem
    words = " ".join(re.sub(r"[_\-]+", " ", stem).split())
    return "Product" if not words or _GENERATED.fullmatch(stem) else words


def _plain(value: Any) -> Any:
    isoformat = getattr(value, "isoformat", None)
    if isoformat is not None:
        return isoformat()
    if isinstance(value, str) and len(value) > _MAX_TEXT:
        return f"{value[: _MAX_TEXT - 1]}…"
    return value


def _advice(result: SearchResult, is_filtered: bool) -> list[str]:
    if not result.no_match:
        return []
    if result.reason == "empty":
        return ["The shop is empty."]
    if result.reason == "filter":
        return ["No product fits these filters.", "Remove one of them."]
    what = "a picture like this" if result.query.images else "this"
    lines = [f"Nothing in this shop is a good match for {what}."]
    if result.query.images:
        lines.append("Try a photo of the product alone, near and well lit, or say in words what you look for.")
    else:
        lines.append("Try other or fewer words, or search by a photo.")
    return [*lines, "Removing a filter may help, too."] if is_filtered else lines
