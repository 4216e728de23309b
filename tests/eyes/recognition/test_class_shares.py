"""Which classes words mean, and the direction of those classes among the features."""

from __future__ import annotations

import numpy as np
from shapes import drawn

from sensorium.eyes.recognition.class_shares import class_shares, feature_directions, named_shares
from sensorium.eyes.recognition.efficientnet import class_directions, infer
from sensorium.eyes.recognition.vocabulary import lookup
from sensorium.media.image import pixels


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
