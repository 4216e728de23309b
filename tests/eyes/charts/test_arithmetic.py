"""Arithmetic over a table, and the labels that a question names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sensorium.core.errors import InputError
from sensorium.eyes.charts.arithmetic import OPERATIONS, calculate, find_label, format_value, labels_in
from sensorium.eyes.charts.table import Series, Table


def table(labels: tuple[str, ...], values: tuple[float, ...], resolution: float = 0.0) -> Table:
    return Table("bar", labels, (Series(values),), confidence=0.9, resolution=resolution)


WEEK = table(("Monday", "Tuesday", "Wednesday", "Thursday"), (10.0, 42.0, 21.0, 27.0))


@pytest.mark.parametrize(
    ("operation", "labels", "numbers", "words"),
    [
        ("value", ("Tuesday",), (42,), "Tuesday is at 42."),
        ("max", (), (42,), "The largest is Tuesday, at 42."),
        ("min", (), (10,), "The smallest is Monday, at 10."),
        ("max", ("Monday", "Wednesday"), (21,), "The largest is Wednesday, at 21."),
        ("sum", (), (100,), "The sum of all 4 bars is 100."),
        ("mean", (), (25,), "The mean of all 4 bars is 25."),
        ("difference", ("Monday", "Tuesday"), (32,), "Tuesday is 32 above Monday: 42 against 10."),
        ("ratio", ("Tuesday", "Wednesday"), (2,), "Tuesday is 2 times Wednesday: 42 against 21."),
        ("comparison", ("Monday", "Tuesday"), (10, 42), "No: Monday is smaller than Tuesday, 10 against 42."),
        ("comparison", ("Tuesday", "Monday"), (42, 10), "Yes: Tuesday is larger than Monday, 42 against 10."),
        ("count", (), (4,), "There are 4 bars."),
    ],
)
def test_each_operation(operation: str, labels: tuple[str, ...], numbers: tuple[float, ...], words: str) -> None:
    result = calculate(WEEK, operation, labels)
    assert result.numbers == pytest.approx(numbers)
    assert result.sentence == words


def test_trends() -> None:
    names = ("a1", "b2", "c3", "d4", "e5")
    assert "rise steadily" in calculate(table(names, (1, 2, 3, 4, 5)), "trend").sentence
    assert "rise overall" in calculate(table(names, (1, 3, 2, 4, 5)), "trend").sentence
    assert "fall" in calculate(table(names, (9, 7, 5, 3, 1)), "trend").sentence
    assert "no clear trend" in calculate(table(names, (5, 1, 6, 1, 5)), "trend").sentence


def test_ties_and_zeros() -> None:
    assert calculate(table(("A", "B"), (3, 3)), "max").labels == ("A", "B")
    assert calculate(table(("A", "B"), (3, 0)), "ratio", ("A", "B")).numbers == ()


def test_unknown_operations_and_labels_fail() -> None:
    with pytest.raises(InputError, match="median"):
        calculate(WEEK, "median")
    with pytest.raises(InputError, match="Sunday"):
        calculate(WEEK, "value", ["Sunday"])
    for operation in ("value", "difference", "ratio", "comparison"):
        with pytest.raises(InputError):
            calculate(WEEK, operation)
    assert set(OPERATIONS) >= {"table", "trend"}


def test_several_series_need_a_name() -> None:
    years = replace(WEEK, series=(Series((1.0, 2.0, 3.0, 4.0), name="2023"), Series((4.0, 3.0, 2.0, 1.0), name="2024")))
    with pytest.raises(InputError, match="2 series") as error:
        calculate(years, "max")
    assert error.value.hint == "Name one of 2023, 2024."
    with pytest.raises(InputError, match="2 series"):
        _ = years.values
    with pytest.raises(InputError, match="'2025'"):
        calculate(years, "max", series="2025")
    assert calculate(years, "max", series="2024").labels == ("Monday",)
    assert calculate(years, "value", ["Tuesday"], series="2023").numbers == (2,)


def test_numbers_have_as_many_digits_as_pixels_justify() -> None:
    assert format_value(table((), (), 0.4), 12.3456) == "12.3"
    assert format_value(table((), (), 40.0), 12345.6) == "12,350"
    assert format_value(table((), (), 0.0), 317.25) == "317.25"


def test_labels_are_found_loosely_but_not_at_random() -> None:
    fruit = table(("Apples", "Pears", "Table tennis", "Tennis", "May", "2010", "A"), (1,) * 7)
    assert find_label(fruit, "apple") == "Apples"
    assert find_label(fruit, "PEARS") == "Pears"
    assert find_label(fruit, "Aples") == "Apples"
    assert find_label(fruit, "2011") is None
    assert find_label(fruit, "bananas") is None
    assert labels_in(fruit, "how much more table tenis than apples?") == ("Table tennis", "Apples")
    assert labels_in(fruit, "may i ask for a value") == ()
    assert labels_in(fruit, "what was it in may 2010") == ("May", "2010")
