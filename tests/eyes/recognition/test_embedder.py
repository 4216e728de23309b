"""The offline embedder: unit rows, the same picture near itself, words near what they name; through the registry."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest
from shapes import drawn

from sensorium import Audio, Embedder, Image, SensoriumError, Text, load
from sensorium.core.errors import LimitError, MediaError
from sensorium.core.protocols import QueryEmbedder
from sensorium.eyes.recognition import embedder as embed
from sensorium.eyes.recognition.efficientnet import DIMS, class_directions, features
from sensorium.eyes.recognition.vocabulary import load_vocabulary

RNG = np.random.default_rng(5)


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return cast(Embedder, load("offline", role="embedder"))


def test_it_is_an_embedder_with_unit_rows(embedder: Embedder) -> None:
    rows = embedder.embed([drawn("dots", "red"), Text("a cup"), Text("")])
    assert isinstance(embedder, Embedder) and (embedder.name, embedder.dims) == ("offline", 1664)
    assert rows.shape == (3, 1664) and rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert not rows[1, :DIMS].any() and rows[0, :DIMS].any() and rows[0, DIMS:].any()
    assert embedder.embed([]).shape == (0, 1664)


def test_its_version_names_the_layout_and_the_weights(embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    version = embedder.version
    layout, _, digest = version.partition("-")
    assert layout.isdigit() and len(digest) == 12
    embed._weights_digest.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(embed.efficientnet, "SHA256", "0" * 64)
        assert embedder.version != version
    embed._weights_digest.cache_clear()
    assert embed.OfflineEmbedder().version == version


def test_one_by_one_all_at_once_and_again_are_the_same(embedder: Embedder) -> None:
    parts = [drawn(s, c) for s in ("stripes", "dots", "square") for c in ("red", "blue")] * 4 + [Text("a cup")]
    whole = embedder.embed(parts)
    fresh = np.concatenate([embed.OfflineEmbedder().embed([part]) for part in (parts[0], parts[3], parts[-1])])
    np.testing.assert_allclose(whole[[0, 3, -1]], fresh, atol=1e-4)
    np.testing.assert_array_equal(whole, embedder.embed(parts))
    np.testing.assert_array_equal(whole[:6], whole[6:12])


def test_the_first_places_hold_the_recognisers_features(embedder: Embedder) -> None:
    image = drawn("dots", "green")
    row = embedder.embed([image])[0, :DIMS]
    np.testing.assert_allclose(row / np.linalg.norm(row), features(image), atol=1e-4)


def test_what_looks_alike_is_near(embedder: Embedder) -> None:
    rows = embedder.embed([drawn(s, "navy", turn) for turn in (0, 3) for s in ("stripes", "dots", "square")])
    near = rows[:3] @ rows[3:].T
    assert (near.argmax(axis=1) == [0, 1, 2]).all()


def test_words_that_mean_the_same_are_near(embedder: Embedder) -> None:
    rows = embedder.embed([Text("a dog"), Text("puppy"), Text("a coffee mug"), Text("cup")])
    near = rows @ rows.T
    assert near[0, 1] > max(near[0, 2], near[0, 3]) and near[2, 3] > max(near[0, 2], near[1, 2])


def test_words_meet_what_pictures_seem_to_show(embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The network's output is set here: what is tested is that class 'tabby' lands nearer to a cat than to tools."""
    from sensorium.eyes.recognition.vocabulary import load_vocabulary

    leading = next(i for i, name in enumerate(load_vocabulary().names) if "tabby" in name)
    logits = RNG.normal(0, 0.1, (1, 1000)).astype(np.float32)
    logits[0, leading] = 12
    monkeypatch.setattr(embed, "infer_batch", lambda batch: (logits, np.ones((1, DIMS), dtype=np.float32)))
    rows = embed.OfflineEmbedder().embed([drawn("dots", "black"), Text("cat"), Text("hammer"), Text("sports car")])
    near = rows[0] @ rows[1:].T
    assert near[0] > max(near[1], near[2]) and near[0] < 0.33


def test_what_it_does_not_take(embedder: Embedder) -> None:
    with pytest.raises(LimitError, match="not audio"):
        embedder.embed([Text("a"), Audio(b"x")])
    with pytest.raises(MediaError):
        embedder.embed([Image(b"broken")])
    with pytest.raises(SensoriumError, match="Unknown offline embedder 'large'"):
        load("offline:large", role="embedder")


def test_a_noun_of_another_language_lies_where_its_english_does(embedder: Embedder) -> None:
    rows = embedder.embed([Text(text) for text in ("dress", "vestido", "Kleid", "mountain")])
    np.testing.assert_allclose(rows[0], rows[1], atol=1e-6)
    np.testing.assert_allclose(rows[0], rows[2], atol=1e-6)
    assert rows[0] @ rows[3] < 0.7


def test_an_english_text_is_not_translated(embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    whole = embed.sentence_vectors.vectors
    monkeypatch.setattr(embed.sentence_vectors, "vectors", lambda texts: (seen.extend(texts), whole(texts))[1])
    embed.OfflineEmbedder().embed([Text("a pair of boots with a zip"), Text("boots")])
    assert seen == ["a pair of boots with a zip", "a photo of a boots"]


def test_a_query_of_words_lies_where_pictures_of_its_classes_do(embedder: Embedder) -> None:
    assert isinstance(embedder, QueryEmbedder)
    part = drawn("dots", "red")
    texts = [Text("cat"), Text("gato"), Text("hammer"), Text("")]
    rows = embedder.embed_queries([*texts, part])
    assert rows.dtype == np.float32 and rows.shape == (5, 1664)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(rows[0], rows[1], atol=1e-6)
    np.testing.assert_array_equal(rows[4], embedder.embed([part])[0])
    looks = class_directions()
    tabby = next(i for i, name in enumerate(load_vocabulary().names) if "tabby" in name)
    tools = next(i for i, name in enumerate(load_vocabulary().names) if name == "hammer")
    near = rows[:4, :DIMS] @ (looks / np.linalg.norm(looks, axis=1, keepdims=True))[[tabby, tools]].T
    assert near[0, 0] > 0.3 > near[0, 1] and near[2, 1] > 0.6 > near[2, 0]


def test_texts_among_texts_stay_where_they_were(embedder: Embedder) -> None:
    assert isinstance(embedder, QueryEmbedder)
    first = embedder.embed([Text("a wool hat")])
    embedder.embed_queries([Text("a wool hat")])
    np.testing.assert_array_equal(first, embedder.embed([Text("a wool hat")]))
    assert not first[0, :DIMS].any()
