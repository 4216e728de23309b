"""What hearing, speaking and translating cost, by the catalogue."""

from __future__ import annotations

from datetime import date

import pytest

from sensorium.core.catalog import entries, speech_usd


def test_rates_are_dated_and_sourced() -> None:
    rates = {name: entry.rate for name, entry in entries().items() if entry.rate is not None}
    assert {"sarvam:saaras:v3", "sarvam:bulbul:v3", "sarvam:mayura:v1"} <= set(rates)
    for rate in rates.values():
        assert rate.usd > 0 and rate.date > date(2026, 1, 1) and rate.source.startswith("https://")


def test_money_follows_the_amount() -> None:
    hour, letters = entries()["sarvam:saaras:v3"].rate, entries()["sarvam:bulbul:v3"].rate
    assert hour is not None and letters is not None
    assert speech_usd("sarvam:saaras:v3", seconds=1800) == pytest.approx(hour.usd / 2)
    assert speech_usd("sarvam:saaras:v3/codemix", seconds=3600) == pytest.approx(hour.usd)
    assert speech_usd("sarvam:bulbul:v3/ritu", characters=10_000) == pytest.approx(letters.usd / 100)


def test_ones_own_machine_is_free_and_the_unknown_is_unknown() -> None:
    for name in ("whisper", "whisper:small", "piper", "espeak:120", "offline"):
        assert speech_usd(name, seconds=100, characters=100) == 0.0, name
    assert speech_usd("somebody:else", seconds=100) is None
    assert speech_usd("sarvam:bulbul:v9", characters=100) is None
    assert speech_usd("openai:gpt-6-luna", characters=100) is None  # paid by the token
