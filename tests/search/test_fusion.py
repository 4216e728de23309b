"""Ranks fused into one ranking; the words of a query that say something, and where they stand."""

from __future__ import annotations

import pytest

from sensorium.search.fusion import content_words, reciprocal_rank_fusion, words_in


def test_it_is_reciprocal_rank_fusion() -> None:
    fused = reciprocal_rank_fusion([["a", "b", "c"], ["b", "d"]])
    assert list(fused) == ["b", "a", "d", "c"]
    assert fused["b"] / fused["a"] == pytest.approx((1 / 62 + 1 / 61) / (1 / 61))
    assert fused["d"] / fused["c"] == pytest.approx((1 / 62) / (1 / 63))


def test_first_in_every_ranking_is_one_and_scores_lie_between_0_and_1() -> None:
    fused = reciprocal_rank_fusion([["a", "b"], ["a", "c"], ["a"]])
    assert fused["a"] == 1.0 and all(0 < score < 1 for name, score in fused.items() if name != "a")
    assert reciprocal_rank_fusion([["x", "y"]])["x"] == 1.0 and reciprocal_rank_fusion([]) == {}


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
