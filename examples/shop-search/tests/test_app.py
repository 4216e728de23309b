"""The app on its catalogue: words, photos, both, and what isn't sold."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sensorium import Image
from sensorium.core.messages import Part
from sensorium.search import Searcher
from sensorium.search.evaluation.judgements import read_judgements

from draw_catalogue import COLOURS, KINDS
from shop_search.app import CATALOGUE, ROOT, SECONDS, build, load_embedder, search


def test_the_catalogue_is_whole() -> None:
    with open(CATALOGUE, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(KINDS) * len(COLOURS)
    assert all((CATALOGUE.parent / row["image"]).is_file() for row in rows)


@pytest.mark.parametrize("words", ["red mug", "yellow ball", "black desk lamp"])
def test_words_find_a_product(searcher: Searcher, words: str) -> None:
    colour, *_, thing = words.split()
    assert search(searcher, words).hits[0].id == f"{thing}-{colour}"


def test_a_photo_finds_its_product(searcher: Searcher) -> None:
    result = search(searcher, picture=Image(ROOT / "photos" / "notebook-green.png"))
    assert result.hits[0].id == "notebook-green"


def test_words_move_what_a_photo_finds(searcher: Searcher) -> None:
    result = search(searcher, "in red", Image(ROOT / "photos" / "mug-blue.png"))
    assert result.hits[0].id == "mug-red"


@pytest.mark.parametrize("words", ["lawn mower", "wedding dress"])
def test_what_is_not_sold_has_no_good_match(searcher: Searcher, words: str) -> None:
    result = search(searcher, words)
    assert result.no_match and not result.hits


def test_a_search_keeps_to_its_time(searcher: Searcher) -> None:
    search(searcher, "blue mug")  # what is fitted to the catalogue is fitted once
    assert search(searcher, "red mug").seconds <= SECONDS


def test_building_again_embeds_only_what_is_new(tmp_path: Path) -> None:
    class Counting:
        """The offline embedder, which counts what it is given."""

        def __init__(self) -> None:
            inner = load_embedder()
            self.name, self.version, self.dims, self.count = inner.name, inner.version, inner.dims, 0
            self._inner = inner

        def embed(self, parts: Sequence[Part]) -> NDArray[np.float32]:
            self.count += len(parts)
            return self._inner.embed(parts)

    head, *rows = CATALOGUE.read_text(encoding="utf-8").splitlines()
    for name in ("mug-red", "mug-blue", "bowl-red"):
        shutil.copy(CATALOGUE.parent / f"{name}.png", tmp_path)
    catalogue, embedder = tmp_path / "catalogue.csv", Counting()
    for count, embedded in ((2, 2), (2, 2), (3, 3)):
        chosen = [row for row in rows if row.startswith(("mug-red,", "mug-blue,", "bowl-red,"))][:count]
        catalogue.write_text("\n".join([head, *chosen]), encoding="utf-8")
        assert build(embedder, catalogue, tmp_path / "a.index").count() == count
        assert embedder.count == embedded


def test_the_judged_queries_are_filled_in() -> None:
    judged = read_judgements(str(ROOT / "judgements.csv"))
    assert len(judged) == 10 and all(each.grades for each in judged)
