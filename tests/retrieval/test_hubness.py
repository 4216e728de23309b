"""The bank of unrelated queries, the correction for hubs, and the topics that a collection is about itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from vectors import unit

from sensorium.core.messages import Part, Text
from sensorium.retrieval.hubness import (
    BANK_LANGUAGES,
    QueryBank,
    bank_language,
    corrected,
    own_topics,
    robust_scale,
    translated_banks,
    unrelated_queries,
)


def test_the_bank_has_queries_of_many_topics_each_once() -> None:
    bank = unrelated_queries()
    queries = [query for texts in bank.values() for query in texts]
    assert len(bank) == 24 and {len(texts) for texts in bank.values()} == {12}
    assert len({query.lower() for query in queries}) == len(queries) == 288
    assert all(query == query.strip() and query for query in queries)


def test_a_hub_is_taken_down() -> None:
    """A picture that is near to everything wins by the cosine, and the one that is meant after the correction."""
    middle, meant = unit(2, 16, seed=2)
    bank = unit(200, 16, seed=1) + middle
    bank /= np.linalg.norm(bank, axis=1, keepdims=True)
    query = meant * 0.7 + middle
    pictures = np.stack([meant, middle])
    query /= np.linalg.norm(query)
    assert (pictures @ query).argmax() == 1
    assert corrected(query[None], pictures, bank)[0].argmax() == 0


def test_the_correction_is_the_distance_from_the_mean_in_standard_deviations() -> None:
    queries, pictures, bank = unit(3, 8, 1), unit(4, 8, 2), unit(50, 8, 3)
    scores = pictures @ bank.T
    expected = (queries @ pictures.T - scores.mean(axis=1)) / scores.std(axis=1)
    np.testing.assert_allclose(corrected(queries, pictures, bank), expected, rtol=1e-4)


def test_the_topic_of_the_collection_is_found_and_no_other() -> None:
    topics = tuple(topic for topic in "abcdefgh" for _ in range(12))
    scores = np.random.default_rng(0).normal(size=len(topics))
    assert own_topics(scores, topics) == frozenset()
    scores[np.array(topics) == "c"] += 4
    assert own_topics(scores, topics) == {"c"}


def test_a_bank_without_topics_keeps_rows_and_topics_together() -> None:
    bank = QueryBank(unit(4), ("a", "b", "a", "c"))
    kept = bank.without({"a"})
    assert kept.topics == ("b", "c")
    np.testing.assert_array_equal(kept.rows, bank.rows[[1, 3]])


def test_outliers_do_not_move_the_scale() -> None:
    values = np.random.default_rng(0).normal(5, 2, 10_000)
    centre, spread = robust_scale(np.concatenate([values, np.full(500, 1e6)]))
    assert abs(centre - 5) < 0.2 and abs(spread - 2) < 0.2


def test_the_translated_banks_have_the_topics_of_the_english_one() -> None:
    for language in BANK_LANGUAGES:
        translated = unrelated_queries(language)
        assert list(translated) == list(unrelated_queries())
        queries = [query for queries in translated.values() for query in queries]
        assert len(queries) == 72 and len(set(queries)) == len(queries)
        assert np.mean([bank_language(query) == language for query in queries]) > 0.6


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("red shoes", "en"), ("a dress for the summer", "en"), ("ein Kleid für den Sommer", "de"),
        ("Schlafanzüge", "de"),
        ("zapatos de cuero", "es"), ("una camisa con botones", "es"), ("लाल जूते", "hi"), ("சிவப்பு காலணிகள்", "ta"),
        ("красные сапоги", ""), ("赤い靴", ""), ("", "en"), ("1234", "en"), ("Nike जूते", "hi"),
    ],
)  # fmt: skip
def test_the_language_of_a_query(text: str, language: str) -> None:
    assert bank_language(text) == language


def test_all_translations_together_stand_for_every_other_language() -> None:
    banks = translated_banks(Lengths())
    assert set(banks) == {*BANK_LANGUAGES, ""}
    assert len(banks[""].rows) == len(banks[""].topics) == 4 * 72
    np.testing.assert_array_equal(banks[""].rows[:72], banks[BANK_LANGUAGES[0]].rows)


class Lengths:
    """An embedder of how long a text is."""

    name, version, dims = "lengths", "1", 2

    def embed(self, parts: Sequence[Part]) -> NDArray[np.float32]:
        angles = [len(part.text) / 100 for part in parts if isinstance(part, Text)]
        return np.array([[np.cos(angle), np.sin(angle)] for angle in angles], dtype=np.float32)
