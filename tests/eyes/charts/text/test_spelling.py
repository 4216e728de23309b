"""Spelling: labels corrected by their neighbours."""

from __future__ import annotations

import pytest

from sensorium.eyes.charts.text.spelling import correct, count_outliers, count_unknown_words, strip_specks


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
def test_labels_are_corrected_by_their_neighbours(read: list[str], meant: tuple[str, ...]) -> None:
    assert correct(read) == meant


def test_outliers_are_counted_among_labels_of_one_pattern() -> None:
    assert count_outliers(["1990s", "2000a", "2010s", "2020s"]) == 1
    assert count_outliers(["pm", "4 pm", "6 pm", "8 pm"]) == 1
    assert count_outliers(["Cats", "Dogs", "Sea turtles"]) == 0
    assert count_outliers(["10-19", "20-29", "30-39"]) == 0


def test_unknown_words() -> None:
    assert count_unknown_words(["Tuesday", "Wednesday"]) == 0
    assert count_unknown_words(["Fcb", "March"]) == 1


def test_readings_are_compared_without_spaces_and_specks() -> None:
    assert strip_specks(" Q1 2021.") == strip_specks("Q12021")
    assert strip_specks("A-1") != strip_specks("A-7")
