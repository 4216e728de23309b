"""Spelling: what neighbours tell about a label."""

from __future__ import annotations

import pytest

from sensorium.eyes.charts.text.spelling import bare_of, mended, misfits, unknown


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        (["lowa", "Texas", "Ohio"], ("Iowa", "Texas", "Ohio")),
        (["4pm", "6 pm", "8 pm"], ("4 pm", "6 pm", "8 pm")),
        (["Week1", "Week 2", "Week 3"], ("Week 1", "Week 2", "Week 3")),
        (["1990s", "2000S", "2010s"], ("1990s", "2000s", "2010s")),
        (["G", "H", "1", "J"], ("G", "H", "I", "J")),
        (["A", "B", "C", "i"], ("A", "B", "C", "I")),
        (["H", "i", "]", "K", "L"], ("H", "I", "J", "K", "L")),
        (["Jan -", "Feb", "Mar"], ("Jan", "Feb", "Mar")),
        (["apples", "pears", "kiwis"], ("apples", "pears", "kiwis")),
        (["iOS", "Linux", "Windows"], ("iOS", "Linux", "Windows")),
        (["", "Texas"], ("", "Texas")),
    ],
)
def test_labels_are_mended_by_their_neighbours(read: list[str], meant: tuple[str, ...]) -> None:
    assert mended(read) == meant


def test_misfits_are_counted_among_labels_of_one_make() -> None:
    assert misfits(["1990s", "2000a", "2010s", "2020s"]) == 1
    assert misfits(["pm", "4 pm", "6 pm", "8 pm"]) == 1
    assert misfits(["Cats", "Dogs", "Sea turtles"]) == 0
    assert misfits(["10-19", "20-29", "30-39"]) == 0


def test_unknown_words() -> None:
    assert unknown(["Tuesday", "Wednesday"]) == 0
    assert unknown(["Fcb", "March"]) == 1


def test_readings_are_compared_without_spaces_and_specks() -> None:
    assert bare_of(" Q1 2021.") == bare_of("Q12021")
    assert bare_of("A-1") != bare_of("A-7")
