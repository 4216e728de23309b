"""No good match: how often unrelated queries pass, what the collection's own do, and what is kept of it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from vectors import unit

from sensorium.retrieval.hubness import QueryBank
from sensorium.search import no_match
from sensorium.search.no_match import NoMatch, fit

DIMS = 64
TOPICS = tuple(f"topic {place // 12}" for place in range(288))


def near(centre: NDArray[np.float32], count: int, spread: float, seed: int) -> NDArray[np.float32]:
    rows = centre + spread * unit(count, DIMS, seed)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


CENTRE = unit(1, DIMS, seed=99)[0]
PICTURES = near(CENTRE, 300, 1.0, seed=1)
TITLES = near(CENTRE, 40, 0.8, seed=2)
BANK = QueryBank(unit(288, DIMS, seed=3), TOPICS)


@pytest.fixture(scope="module")
def fitted() -> NoMatch:
    return fit(BANK, PICTURES, TITLES)


def matches(test: NoMatch, queries: NDArray[np.float32]) -> NDArray[np.bool_]:
    order = np.argsort(-(queries @ PICTURES.T), axis=1)[:, :64]
    return np.array([test.evidence(q, PICTURES[o]).is_match for q, o in zip(queries, order, strict=True)])


def test_unrelated_queries_pass_about_as_often_as_is_said(fitted: NoMatch) -> None:
    passed = matches(fitted, unit(1500, DIMS, seed=4)).mean()
    assert abs(passed - no_match._PASSING) < 0.05
    assert abs(passed - fitted.fitted.false_accept) < 0.05


def test_queries_about_the_collection_pass(fitted: NoMatch) -> None:
    assert matches(fitted, near(CENTRE, 200, 1.0, seed=5)).mean() > 0.95


def test_its_own_topic_is_left_out_of_the_bank() -> None:
    rows = BANK.rows.copy()
    rows[:12] = near(CENTRE, 12, 0.8, seed=6)
    fitted = fit(QueryBank(rows, TOPICS), PICTURES, TITLES)
    assert fitted.fitted.topics == ("topic 0",) and fitted.fitted.queries == len(fitted.bank) == 276
    assert matches(fitted, near(CENTRE, 200, 1.0, seed=7)).mean() > 0.95


def test_titles_and_pictures_are_added(fitted: NoMatch) -> None:
    query, nearest = near(CENTRE, 1, 1.0, seed=8)[0], PICTURES[:64]
    evidence = fitted.evidence(query, nearest)
    assert evidence.total == evidence.pictures + evidence.titles
    alone = fit(BANK, PICTURES, np.zeros((0, DIMS), np.float32)).evidence(query, nearest)
    assert alone.titles == 0 and alone.total == alone.pictures == pytest.approx(evidence.pictures, abs=1e-6)


def test_no_pictures_are_no_match(fitted: NoMatch) -> None:
    assert not fitted.evidence(CENTRE, np.zeros((0, DIMS), np.float32)).is_match


def test_a_picture_of_the_same_kind_matches_and_another_does_not(fitted: NoMatch) -> None:
    own, other = near(CENTRE, 100, 1.0, seed=9) @ PICTURES.T, unit(100, DIMS, seed=10) @ PICTURES.T
    assert np.mean([fitted.has_image_match(value) for value in own.max(axis=1)]) > 0.9
    assert not any(fitted.has_image_match(value) for value in other.max(axis=1))


def test_of_few_pictures_nothing_is_said_about_pictures() -> None:
    few = fit(BANK, PICTURES[:5], TITLES)
    assert few.image_threshold is None and few.has_image_match(-1.0)


def test_copies_do_not_make_pictures_look_nearer_than_they_are(fitted: NoMatch) -> None:
    twice = fit(BANK, np.concatenate([PICTURES, PICTURES]), TITLES)
    assert fitted.image_threshold is not None
    assert twice.image_threshold == pytest.approx(fitted.image_threshold, abs=1e-6)


def test_a_sample_is_corrected_for_the_size_of_the_whole() -> None:
    """The best of more pictures is better: the unrelated queries' median among all is foreseen from a part."""
    many = near(CENTRE, 6000, 1.6, seed=11)
    whole, part = fit(BANK, many, TITLES[:0]), fit(BANK, many[:750], TITLES[:0], count=6000)
    uncorrected = fit(BANK, many[:750], TITLES[:0])
    assert abs(part.scales[0, 0] - whole.scales[0, 0]) < abs(uncorrected.scales[0, 0] - whole.scales[0, 0]) / 2


def test_it_comes_back_from_bytes(fitted: NoMatch) -> None:
    again = NoMatch.from_bytes(fitted.to_bytes())
    assert again.fitted == fitted.fitted and again.threshold == fitted.threshold
    queries = unit(100, DIMS, seed=12)
    assert (matches(again, queries) == matches(fitted, queries)).mean() >= 0.99
    without = fit(BANK, PICTURES[:5], TITLES[:0])
    assert NoMatch.from_bytes(without.to_bytes()).fitted == without.fitted
    with pytest.raises((ValueError, KeyError, OSError)):
        NoMatch.from_bytes(b"something else")


def test_queries_of_another_language_are_compared_with_the_bank_in_it() -> None:
    """An embedder that knows half of a language's words places these nearer to all, and less near to what is meant."""
    blur = unit(1, DIMS, seed=50)[0]

    def blurred(rows: NDArray[np.float32]) -> NDArray[np.float32]:
        mixed = rows + 1.2 * blur
        return mixed / np.linalg.norm(mixed, axis=1, keepdims=True)

    translated = QueryBank(blurred(unit(72, DIMS, seed=51)), tuple(f"topic {n // 3}" for n in range(72)))
    both = fit(BANK, PICTURES, TITLES, translated={"de": translated})
    good, absurd = blurred(near(CENTRE, 200, 1.4, seed=52)), blurred(unit(400, DIMS, seed=53))

    def passed(queries: NDArray[np.float32], language: str) -> float:
        order = np.argsort(-(queries @ PICTURES.T), axis=1)[:, :64]
        return float(
            np.mean([both.evidence(q, PICTURES[o], language).is_match for q, o in zip(queries, order, strict=True)])
        )

    assert abs(passed(absurd, "de") - no_match._PASSING) < 0.07
    assert passed(good, "de") > 0.9
    assert abs(passed(absurd, "en") - no_match._PASSING) > abs(passed(absurd, "de") - no_match._PASSING)
    assert passed(good, "unheard of") == passed(good, "en")
    again = NoMatch.from_bytes(both.to_bytes())
    assert set(again.tests) == {"en", "de"} and again.tests["de"].threshold == both.tests["de"].threshold


def test_titles_are_compared_by_what_texts_are_compared_by() -> None:
    """A query's row that says more at places where no title says anything is as near to the titles as without."""
    wide = np.concatenate([TITLES, np.zeros((len(TITLES), 8), np.float32)], axis=1)
    pictures = np.concatenate([PICTURES, unit(len(PICTURES), 8, seed=60)], axis=1) / np.float32(np.sqrt(2))

    def longer(rows: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
        return np.concatenate([rows * np.float32(0.6), 0.8 * unit(len(rows), 8, seed)], axis=1)

    query = near(CENTRE, 1, 1.0, seed=8)
    plain = fit(BANK, PICTURES, TITLES).evidence(query[0], PICTURES[:64])
    wider = fit(QueryBank(longer(BANK.rows, 61), TOPICS), pictures, wide).evidence(longer(query, 62)[0], pictures[:64])
    assert wider.titles == pytest.approx(plain.titles, rel=0.15)
