"""Prices by the moment of a request, of cached tokens and long contexts, and the user's own."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from sensorium.ask.budget import RequestCost
from sensorium.ask.request_log import RequestUsage
from sensorium.core.catalog import LongPrice, Price
from sensorium.core.errors import InputError
from sensorium.core.reply import Usage
from sensorium.evaluation.choosing.asking import price_list
from sensorium.evaluation.choosing.asking.price_list import PriceList, own_prices

NAME = "openai:m"
EVEN = date(2026, 11, 29)
PRICES = PriceList(
    {NAME: (Price(1, 10, EVEN, "x", 0.1), Price(2, 20, EVEN, "x", since=date(2026, 11, 30)))}, 0.36, True
)


def usd(moment: datetime, usage: Usage) -> float | None:
    return PRICES.request_usd(NAME, RequestUsage(moment, usage))


def test_the_price_changes_at_midnight_and_cached_tokens_cost_less() -> None:
    before = datetime(2026, 11, 29, 23, 59, 59, tzinfo=UTC)
    after = datetime(2026, 11, 30, 0, 0, 0, tzinfo=UTC)
    usage = Usage(1_000_000, 100_000, cached_tokens=500_000)
    assert usd(before, usage) == pytest.approx(0.5 * 1 + 0.5 * 0.1 + 0.1 * 10)
    assert usd(after, Usage(1_000_000, 100_000)) == pytest.approx(2 + 2)
    assert PRICES.request_usd("openai:other", RequestUsage(before, usage)) is None


def test_the_most_counts_the_higher_price_of_both_sides_of_midnight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(price_list, "now", lambda: datetime(2026, 11, 29, 23, 59, tzinfo=UTC))
    cost = RequestCost(500_000, 10_000, 1_000_000, 100_000)
    assert PRICES.most_usd(NAME, cost, 30) == pytest.approx(2.0)
    assert PRICES.most_usd(NAME, cost, 120) == pytest.approx(4.0)
    assert PRICES.expected_usd(NAME, cost) == pytest.approx(0.6)


def test_the_most_of_an_unknown_picture_is_unknown_unless_all_is_free() -> None:
    cost = RequestCost(10, 10, None, 10)
    assert PRICES.most_usd(NAME, cost, 30) is None
    assert PriceList({NAME: (Price(0, 0, EVEN, "x"),)}).most_usd(NAME, cost, 30) == 0.0


def test_words_name_each_price_that_was_in_force() -> None:
    both = PRICES.words(NAME, False, [EVEN, date(2026, 11, 30)])
    assert both == (
        "$1 / $10 a million tokens in / out, cached $0.1, read 2026-11-29; "
        "$2 / $20 a million tokens in / out since 2026-11-30, read 2026-11-29"
    )
    long = PriceList({NAME: (Price(1, 4, EVEN, "x", above=LongPrice(200_000, 2, 6)),)})
    assert "; $2 / $6 over 200,000 tokens in" in long.words(NAME, False, [EVEN])
    assert PRICES.words("openai:other", False) == "unknown"
    assert PRICES.words("", True) == "a machine of $0.36 an hour (yours)" and "assumed" in PriceList().words("", True)
    assert PRICES.machine_usd(100) == pytest.approx(0.01)


def test_the_users_prices_are_read_and_typed_ones_go_first(tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(
        '[["openai:m".prices]]\ninput_usd = 3\noutput_usd = 4\ndate = 2026-11-29\nsource = "x"\nsince = 2026-12-01\n'
        '[["openai:m".prices]]\ninput_usd = 1\noutput_usd = 2\ndate = 2026-11-29\nsource = "x"\n'
    )
    assert [price.input_usd for price in own_prices([], file)[NAME]] == [1, 3]  # the earliest first
    (typed,) = own_prices([f"{NAME}=0.5,7,0.05"], file)[NAME]
    assert (typed.input_usd, typed.output_usd, typed.cached_usd, typed.source) == (0.5, 7, 0.05, "--price")


@pytest.mark.parametrize("text", ["", "=1,2", "m", "m=1", "m=1,2,3,4", "m=-1,2", "m=nan,1", "m=1,inf", "m=a,b"])
def test_a_price_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--price takes NAME=IN,OUT"):
        own_prices([text])


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("input_usd = 1", "lacks output_usd, date, source"),
        ('input_usd = -1\noutput_usd = 1\ndate = 2026-11-29\nsource = "x"', "not a number of 0 or more"),
        ('input_usd = 1\noutput_usd = 1\ndate = "soon"\nsource = "x"', "not a day"),
        ('input_usd = 1\noutput_usd = 1\ndate = 2026-11-29\nsource = "x"\ncents = 1', "unknown key 'cents'"),
    ],
)
def test_a_file_of_prices_that_cannot_be_says_why(tmp_path: Path, row: str, words: str) -> None:
    (tmp_path / "p.toml").write_text(f'[["openai:m".prices]]\n{row}\n')
    with pytest.raises(InputError, match="can't be read") as told:
        own_prices([], tmp_path / "p.toml")
    assert words in told.value.message


@pytest.mark.parametrize("amount", [-0.1, float("nan"), float("inf")])
def test_a_machine_has_a_price(amount: float) -> None:
    with pytest.raises(InputError, match="A machine's price"):
        PriceList(machine_usd_hour=amount)
