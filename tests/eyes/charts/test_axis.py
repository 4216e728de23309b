"""Axes: tick labels as numbers, and the line through them."""

from __future__ import annotations

import pytest

from sensorium.eyes.charts.axis import Tick, fit_axis, is_logarithmic, parse_multiplier, parse_number, parse_power


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,200", 1200),
        ("$3.5", 3.5),
        ("−40", -40),
        ("20%", 20),
        ("20K", 20_000),
        ("1.5M", 1.5e6),
        ("-$5", -5),
        (".5", 0.5),
    ],
)
def test_tick_labels_as_numbers(text: str, value: float) -> None:
    assert parse_number(text) == pytest.approx(value)


def test_words_are_no_numbers() -> None:
    assert parse_number("Q1") is None and parse_number("1,20") is None and parse_number("") is None
    assert parse_multiplier("1e6") == 1e6 and parse_multiplier("106") is None


def test_the_axis_leaves_a_misread_tick_out() -> None:
    ticks = [Tick(100 - 20 * i, 10.0 * i, 10.0, 0.99) for i in range(5)]
    ticks[2] = Tick(60, 2.0, 10.0, 0.99)
    axis = fit_axis(ticks)
    assert axis is not None
    assert axis.value(60) == pytest.approx(20)
    assert len(axis.inliers) == 4
    assert fit_axis(ticks[:1]) is None


def evenly(*values: float) -> list[Tick]:
    return [Tick(400 - 80 * place, value, 12.0, 0.99) for place, value in enumerate(values)]


@pytest.mark.parametrize("values", [(10, 100, 1000), (0.1, 1), (1, 2, 4, 8, 16), (5, 50, 500), (1, 10, 100, 1000, 7)])
def test_numbers_that_multiply_are_a_logarithmic_axis(values: tuple[float, ...]) -> None:
    assert is_logarithmic(evenly(*values))


@pytest.mark.parametrize(
    "values", [(0, 10, 100), (10, 20, 30), (96, 98, 100, 102), (100, 200, 300, 4000), (1, 2), (10,), (2, 4, 6, 8, 1)]
)
def test_numbers_that_add_up_are_not(values: tuple[float, ...]) -> None:
    assert not is_logarithmic(evenly(*values))


def test_powers_of_ten() -> None:
    assert [parse_power(text) for text in ("10³", "1O⁻²", "10⁰", "103", "10³ kg")] == [1000, 0.01, 1, None, None]
