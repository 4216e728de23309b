"""Amounts in words."""

from __future__ import annotations

import pytest

from sensorium.evaluation.choosing import amounts
from sensorium.evaluation.statistics import Interval


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (None, "unknown"),
        (0, "$0"),
        (1234.5, "$1,234.50"),
        (1.3, "$1.30"),
        (0.5, "$0.50"),
        (0.0213, "$0.0213"),
        (0.00002, "$0.00002"),
    ],
)
def test_money(amount: float | None, words: str) -> None:
    assert amounts.usd(amount) == words


@pytest.mark.parametrize(
    ("amount", "words"),
    [(None, "unknown"), (0, "0 s"), (0.0421, "0.0421 s"), (1.84, "1.84 s"), (312.4, "312 s"), (4000, "4,000 s")],
)
def test_seconds(amount: float | None, words: str) -> None:
    assert amounts.seconds(amount) == words


def test_shares_differences_and_counts() -> None:
    assert amounts.percent_interval(Interval(0.84, 0.783, 0.884, 200)) == "84.0 % (78.3 to 88.4)"
    assert amounts.points_interval(Interval(0.03, -0.015, 0.075, 200)) == "+3.0 points (−1.5 to +7.5)"
    assert (amounts.points(-0.03), amounts.points(0.01)) == ("3.0 points", "1.0 point")
    assert [amounts.about(count) for count in (6, 99, 873, 911, 12_345, None)] == [
        "about 6",
        "about 99",
        "about 880",
        "about 920",
        "about 13,000",
        "more than a million",
    ]
    assert [amounts.listed(names) for names in ((), ("a",), ("a", "b"), ("a", "b", "c"))] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
    assert (amounts.memory(None), amounts.memory(1_500_000_000), amounts.memory(42_000_000)) == (
        "not measured",
        "1.5 GB",
        "42 MB",
    )
    assert (amounts.p_value(0.0001), amounts.p_value(0.0321)) == ("p < 0.001", "p = 0.032")
    assert (amounts.plural(1, "question"), amounts.plural(1200, "question")) == ("1 question", "1,200 questions")


def test_amounts_do_not_break_across_lines_and_words_do() -> None:
    text = (
        "96.2 % (89.5 to 98.7), p < 0.001, p = 1.000, < 0.001, 0.19 s, 1.5 GB, +2.5 points; 2 shots, 4 pointers % of s"
    )
    told = amounts.unbroken(text)
    assert told.replace("\xa0", " ") == text
    assert [part for part in told.split(" ") if "\xa0" in part] == [
        "96.2\xa0%", "p\xa0<\xa00.001,", "p\xa0=\xa01.000,", "<\xa00.001,", "0.19\xa0s,",
        "1.5\xa0GB,", "+2.5\xa0points;",
    ]  # fmt: skip
