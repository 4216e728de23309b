"""The learned map: fitted on the clothes' own titles, kept with the index, fitted again when much has changed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("lancedb")
import pyarrow as pa
from vectors import index_rows, unit, write

from sensorium.core.messages import Part, Text
from sensorium.retrieval.learned_map import load_map
from sensorium.search import Index
from sensorium.search.indexing import learn
from sensorium.search.indexing.learning import title_column

DIMS = 24
TITLES = ("shoe", "coat", "hat", "scarf")


class Words:
    """Embeds a word as a unit row that has nothing to do with the pictures'."""

    name, version, dims = "words", "1", DIMS

    def __init__(self) -> None:
        self.embedded = 0

    def embed(self, parts: Sequence[Part]) -> NDArray[np.float32]:
        self.embedded += len(parts)
        assert all(isinstance(part, Text) for part in parts)
        rows = np.zeros((len(parts), DIMS), dtype=np.float32)
        for row, part in zip(rows, parts, strict=True):
            assert isinstance(part, Text)
            row[TITLES.index(part.text)] = 1.0
        return rows


def shop(tmp_path: Path, count: int, column: str = "title") -> Index:
    """Return an index of pictures in four clusters, whose titles name the cluster."""
    index = Index.create(tmp_path / "shop.index", "words", "1", DIMS, {column: "string", "sku": "string"})
    centres, noise = unit(4, DIMS, seed=1), unit(count, DIMS, seed=2)
    labels = np.arange(count) % 4
    rows = (centres[labels] + 0.3 * noise).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    titles = [TITLES[label] for label in labels]
    write(index, index_rows(rows, {column: titles, "sku": pa.array([None] * count, pa.string())}))
    return index


def test_titles_teach_a_map_that_is_kept(tmp_path: Path) -> None:
    index, words = shop(tmp_path, 80), Words()
    made = learn(index, words, 80)
    assert made is not None and made.gain.joined > made.gain.plain + 0.1
    kept = load_map(index.info.extra["learned_map"])
    assert np.array_equal(kept.weights, made.weights) and words.embedded == 4
    assert json.loads(index.info.extra["learned_from"]) == {"column": "title", "titled": 80, "changes": 0}


def test_it_is_fitted_again_only_when_much_has_changed(tmp_path: Path) -> None:
    index, words = shop(tmp_path, 80), Words()
    learn(index, words, 80)
    assert learn(index, words, 10) is not None and words.embedded == 4
    assert learn(index, words, 10) is not None and words.embedded == 8, "20 of 80 rows are more than a fifth"


def test_few_titles_teach_nothing(tmp_path: Path) -> None:
    index = shop(tmp_path, 8)
    assert learn(index, Words(), 8) is None
    assert index.info.extra["learned_map"] == b""
    assert learn(index, Words(), 0) is None


@pytest.mark.parametrize(
    ("columns", "title"),
    [
        ({"sku": "string", "category": "string", "title": "string"}, "title"),
        ({"price": "double", "Category": "string"}, "Category"),
        ({"colour": "string"}, "colour"),
        ({"price": "double"}, None),
    ],
)
def test_the_title_is_told_by_its_name(tmp_path: Path, columns: dict[str, str], title: str | None) -> None:
    assert title_column(Index.create(tmp_path / "shop.index", "words", "1", DIMS, columns)) == title
