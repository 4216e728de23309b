"""The catalogue: what is known of models, and what an answer costs."""

from __future__ import annotations

from datetime import date

import pytest

from sensorium import Usage, registry
from sensorium.core.catalog import entries, usd


def test_every_price_has_a_date_and_a_source() -> None:
    prices = [price for entry in entries().values() for price in entry.prices]
    assert len(prices) >= 5
    for price in prices:
        assert date(2026, 1, 1) <= price.date <= date(2027, 12, 31) and price.source.startswith("https://")
        assert 0 < (price.cached_usd or price.input_usd) <= price.input_usd < price.output_usd


def test_every_entry_belongs_to_a_scheme_and_reads_as_a_sentence() -> None:
    for name, entry in entries().items():
        assert name.partition(":")[0] in registry.schemes(), name
        assert entry.summary and entry.summary[0].islower() and entry.licence


def test_what_was_kept_costs_less() -> None:
    name = "openai:gpt-6-luna"
    assert usd(name, Usage(100_000, 100_000)) == pytest.approx(0.01 + 0.05)
    assert usd(name, Usage(100_000, 0, cached_tokens=40_000)) == pytest.approx(0.06 * 0.1 + 0.04 * 0.01)
    assert usd(name, Usage(None, 5)) is None and usd("offline", Usage(5, 5)) is None
