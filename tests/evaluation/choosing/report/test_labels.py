"""Names of rows in drawings: without addresses where that leaves them different."""

from __future__ import annotations

import pytest

from sensorium.evaluation.choosing.report.labels import short_names, shortened

HERE = "openai:m@http://127.0.0.1:8000/v1"


@pytest.mark.parametrize(
    ("names", "short"),
    [
        ([HERE, f"{HERE}, 4 examples", "offline"], ["openai:m", "openai:m, 4 examples", "offline"]),
        ([HERE, "openai:m@https://example.com/v1/"], ["openai:m@127.0.0.1:8000", "openai:m@example.com"]),
        ([HERE, "openai:m"], ["openai:m@127.0.0.1:8000", "openai:m"]),
        ([HERE, "openai:m@http://127.0.0.1:8000/v2"], [HERE, "openai:m@http://127.0.0.1:8000/v2"]),
        (["a@b", "majority"], ["a@b", "majority"]),
    ],
)
def test_an_address_is_left_out_unless_two_rows_would_be_alike(names: list[str], short: list[str]) -> None:
    assert short_names(names) == short


def test_a_long_name_keeps_both_ends() -> None:
    assert shortened("abcdefghij", 10) == "abcdefghij" and shortened("abcdefghijk", 7) == "abc…ijk"
