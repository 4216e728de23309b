"""Errors: message, hint, and the tree that the docstring draws."""

from __future__ import annotations

import inspect

import pytest

from sensorium.core import errors
from sensorium.core.errors import (
    InputError,
    LimitError,
    MediaError,
    RateLimitError,
    SensoriumError,
    ServiceError,
    quoted,
)


def test_an_error_says_what_and_what_to_do() -> None:
    error = SensoriumError("No file 'x'.", "Type: ls")
    assert (error.message, error.hint, error.retryable, str(error)) == (
        "No file 'x'.",
        "Type: ls",
        False,
        "No file 'x'. Type: ls",
    )
    assert str(SensoriumError("No file 'x'.")) == "No file 'x'."
    assert ServiceError("Busy.", retryable=True).retryable


def test_the_tree_is_as_it_is_drawn() -> None:
    drawn = [line for line in (errors.__doc__ or "").splitlines() if "──" in line]
    depths = {line.split("── ")[1].split()[0]: line.index("──") for line in drawn}
    made = dict(inspect.getmembers(errors, lambda one: inspect.isclass(one) and issubclass(one, SensoriumError)))
    assert set(depths) == set(made) - {"SensoriumError"}
    outer = min(depths.values())
    for name, depth in depths.items():
        assert (made[name].__base__ is SensoriumError) is (depth == outer)
    assert MediaError.__base__ is InputError is LimitError.__base__ and RateLimitError.__base__ is ServiceError


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("a.png", "'a.png'"),
        ("it's", '"it\'s"'),
        ("größe 大", "'größe 大'"),
        ("two\nlines\t\x1b[31m", "'two\\nlines\\t\\x1b[31m'"),
        ("caf\udce9", "'caf\\xe9'"),
        ("\u202egnp", "'\\u202egnp'"),
        ("", "''"),
    ],
)
def test_quoted_is_one_printable_line(given: str, said: str) -> None:
    assert quoted(given) == said
    assert quoted(given).isprintable()
