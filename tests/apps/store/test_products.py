"""Rows of an index as a shopper reads them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sensorium.apps.store.products import ProductPrice, product_of


@pytest.mark.parametrize(
    ("columns", "title", "titled"),
    [
        ({"Title": " Red\n shoe "}, "Red shoe", True),
        ({"product_name": "Boot", "title": None}, "blue shirt 2", False),
        ({"title": ""}, "blue shirt 2", False),
        ({}, "blue shirt 2", False),
    ],
)
def test_titles(columns: dict[str, Any], title: str, titled: bool) -> None:
    made = product_of("7", "/a/blue_shirt-2.jpg", columns)
    assert (made.title, made.titled) == (title, titled)


@pytest.mark.parametrize(
    "path", ["/a/06a00c0f-5f9a-410d-a7da-3881a9df3a71.jpg", "/a/8400123456.png", "/c.parquet#image/17"]
)
def test_a_file_whose_name_says_nothing_is_a_product(path: str) -> None:
    assert product_of("x", path, {}).title in ("Product", "17")


@pytest.mark.parametrize(
    ("columns", "price"),
    [
        ({"price": 12.5, "currency": "eur"}, ProductPrice(value=12.5, currency="EUR")),
        ({"price": 12}, ProductPrice(value=12, currency="")),
        ({"Price_GBP": 3.0, "price_gbp": 3.0}, None),
        ({"price_usd": 3.0}, ProductPrice(value=3, currency="USD")),
        ({"price": "12,50 €"}, None),
        ({"price": True}, None),
        ({"price": None}, None),
        ({"price": 1.0, "currency": "pieces of eight"}, ProductPrice(value=1, currency="")),
    ],
)
def test_prices(columns: dict[str, Any], price: ProductPrice | None) -> None:
    assert product_of("x", "x.jpg", columns).price == price


def test_what_stands_elsewhere_is_not_said_twice_and_what_is_empty_not_at_all() -> None:
    columns = {
        "title": "A",
        "price": 1.0,
        "currency": "EUR",
        "size": "M",
        "none": None,
        "tags": [],
        "since": date(2026, 1, 2),
    }
    assert product_of("x", "", columns).details == {"size": "M", "since": "2026-01-02"}
    assert len(str(product_of("x", "", {"text": "a" * 5000}).details["text"])) == 400
