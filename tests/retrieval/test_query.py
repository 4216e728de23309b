"""Queries: what a text spells, and the unit vector of a weighted sum."""

from __future__ import annotations

import numpy as np
import pytest
from coloured import Colours, picture

from sensorium.core.errors import InputError, MediaError
from sensorium.core.messages import Image, Text
from sensorium.retrieval import Query, QueryTerm, parse, vector

PHOTO = picture("green")


def open_image(name: str) -> Image | None:
    """As the command line does: a name like a picture's must be a file."""
    if not name.endswith(".jpg"):
        return None
    if name not in ("like.jpg", "a photo - of mine.jpg"):
        raise MediaError(f"No file {name!r}.", "Check the path.")
    return PHOTO


def spelled(text: str) -> list[tuple[object, float]]:
    return [
        (term.part.text if isinstance(term.part, Text) else "PHOTO", term.weight)
        for term in parse(text, open_image).terms
    ]


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("red shoes", [("red shoes", 1)]),
        ("  red shoes\n", [("red shoes", 1)]),
        ("like.jpg", [("PHOTO", 1)]),
        ("a photo - of mine.jpg", [("PHOTO", 1)]),
        ('like.jpg + "in red" - "with a logo"', [("PHOTO", 1), ("in red", 1), ("with a logo", -1)]),
        ("like.jpg + in red - with a logo", [("PHOTO", 1), ("in red", 1), ("with a logo", -1)]),
        ('like.jpg + 0.5 * "in red"', [("PHOTO", 1), ("in red", 0.5)]),
        ('2*like.jpg - .25*"in red"', [("PHOTO", 2), ("in red", -0.25)]),
        ('"shoes"-"boots"', [("shoes", 1), ("boots", -1)]),
        ('"shoes" − "boots"', [("shoes", 1), ("boots", -1)]),
        ('- "boots" + like.jpg', [("boots", -1), ("PHOTO", 1)]),
        ("“rote Schuhe” + „mit Absatz”", [("rote Schuhe", 1), ("mit Absatz", 1)]),
        ("«zapatos» - 'botas'", [("zapatos", 1), ("botas", -1)]),
        ('"shoes" + "in r', [("shoes", 1), ("in r", 1)]),
        ('"shoes" + ', [("shoes", 1)]),
        # words: no sum
        ("shirt - slim fit", [("shirt - slim fit", 1)]),
        ("t-shirt", [("t-shirt", 1)]),
        ("men's shoes", [("men's shoes", 1)]),
        ('boots with 2" heels', [('boots with 2" heels', 1)]),
        ("3 * 4 patches", [("3 * 4 patches", 1)]),
        ("C++ mug", [("C++ mug", 1)]),
        ('"red" shoes', [('"red" shoes', 1)]),
        ("लाल जूते", [("लाल जूते", 1)]),
    ],
)
def test_what_a_text_spells(text: str, terms: list[tuple[object, float]]) -> None:
    assert spelled(text) == terms


def test_quoted_words_are_never_a_file() -> None:
    assert spelled('"like.jpg" + "in red"') == [("like.jpg", 1), ("in red", 1)]


def test_without_pictures_every_term_is_words() -> None:
    assert parse("like.jpg").terms == (QueryTerm(Text("like.jpg")),)


@pytest.mark.parametrize("text", ['like.jpg + "in red" - 0.5 * "with a logo"', "red shoes", '- "boots" + "shoes"'])
def test_a_query_is_shown_as_it_is_parsed(text: str) -> None:
    query = parse(text, lambda name: None)
    assert parse(str(query), lambda name: None) == query


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ('""', "empty"),
        ('- "with a logo"', "only what isn't wanted"),
        (" + ".join(['"a"'] * 17), "at most 16 terms, not 17"),
    ],
)
def test_what_cannot_be_looked_for_is_refused(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        parse(text, open_image)
    assert caught.value.hint


def test_a_missing_picture_is_refused_not_searched_for_as_words() -> None:
    with pytest.raises(MediaError, match=r"missing\.jpg"):
        parse('missing.jpg + "in red"', open_image)


@pytest.mark.parametrize("weight", [0.0, float("nan"), float("inf")])
def test_a_weight_is_a_number_other_than_0(weight: float) -> None:
    with pytest.raises(InputError, match="other than 0"):
        QueryTerm(Text("red"), weight)


def test_words_and_pictures_of_a_query() -> None:
    query = parse('like.jpg + "red" - "logo" + "shoes"', open_image)
    assert query.text == "red shoes" and query.images == (PHOTO,)


def test_a_single_part_is_the_embedders_own_row() -> None:
    embedder = Colours()
    for part in (Text("red"), PHOTO):
        found = vector(Query.of(part), embedder)
        assert found.dtype == np.float32 and np.allclose(found, embedder.embed([part])[0], atol=1e-6)


def test_a_sum_is_the_weighted_sum_of_rows_as_a_unit_vector() -> None:
    embedder = Colours()
    red, blue = embedder.embed([Text("red"), Text("blue")]).astype(np.float64)
    found = vector(parse('2 * "red" - "blue"'), embedder)
    expected = 2 * red - blue
    assert np.allclose(found, expected / np.linalg.norm(expected), atol=1e-6)


def test_terms_that_cancel_out_are_refused() -> None:
    with pytest.raises(InputError, match="cancel out"):
        vector(parse('"red" - "red"'), Colours())


class TwoSpaces:
    """An embedder whose texts all lie nearly across its pictures, as in the offline embedder and in CLIP."""

    name, version, dims = "two spaces", "1", 3

    def embed(self, parts: object) -> np.ndarray:
        rows = {Text("a"): (0.0, 0.0, 1.0), PHOTO: (1.0, 0.0, 0.0)}
        return np.array([rows[part] for part in parts], dtype=np.float32)  # type: ignore[attr-defined]


def test_with_a_sample_words_and_pictures_of_equal_weight_move_the_order_equally() -> None:
    rng = np.random.default_rng(0)
    rows = np.stack([rng.normal(0, 1, 500), rng.normal(0, 1, 500), rng.normal(0, 0.05, 500)], axis=1)
    query, embedder = Query.of(PHOTO, Text("a")), TwoSpaces()

    def agreement(row: np.ndarray) -> list[float]:
        return [float(np.corrcoef(rows @ row, rows[:, place])[0, 1]) for place in (0, 2)]

    look, words = agreement(vector(query, embedder, rows.astype(np.float32)))
    assert abs(look - words) < 0.05 and look > 0.65
    look, words = agreement(vector(query, embedder))
    assert look > 0.95 and words < 0.2


def test_a_sample_on_which_a_term_says_nothing_leaves_a_finite_row() -> None:
    rows = np.zeros((5, 3), dtype=np.float32)
    found = vector(Query.of(PHOTO, Text("a")), TwoSpaces(), rows)
    assert np.isfinite(found).all() and abs(float(np.linalg.norm(found)) - 1) < 1e-6
