"""The score that is shown; the words of a query that say something, and where they stand."""

from __future__ import annotations

import pytest

from sensorium.search.fusion import content_words, shown_score, words_in


def test_shown_scores_lie_between_0_and_1_and_keep_the_order() -> None:
    shown = [shown_score(total) for total in (-1e6, -3.0, 0.0, 0.5, 4.0, 13.0)]
    assert shown == sorted(set(shown)) and shown[0] == 0 and shown[2] == 0.5 and 0 < shown[1] < shown[-1] < 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a pair of red shoes", ("pair", "red", "shoes")),
        ("Something to wear with my T-shirt", ("wear", "t-shirt")),
        ("ein Kleid für den Sommer", ("kleid", "sommer")),
        ("zapatos de cuero", ("zapatos", "cuero")),
        ("नीली पोशाक", ("नीली", "पोशाक")),
        ("shoes SHOES", ("shoes",)),
        ("the of a", ()),
        ("", ()),
    ],
)
def test_content_words(text: str, words: tuple[str, ...]) -> None:
    assert content_words(text) == words


def test_singular_and_plural_are_one_word_and_parts_of_words_are_not() -> None:
    texts = ["Running shoe, red", "dresses"]
    assert words_in(("running", "shoes", "dress", "run", "she", "red"), texts) == ("running", "shoes", "dress", "red")
    assert words_in(("cat",), ["catalogue"]) == ()
