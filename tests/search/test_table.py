"""The index's table: created once, written by several, searched by vector, words and filter."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("lancedb")
import pyarrow as pa
from vectors import DIMS, index_rows, unit, write

from sensorium.core.errors import InputError
from sensorium.search import Index

COLUMNS = {"title": "string", "price": "double", "stock": "int64", "sold": "bool", "tags": "list<string>"}
TITLES = ["red shoe", "blue shoe", "green coat", "red coat", None, "The North Face jacket"]


@pytest.fixture
def index(tmp_path: Path) -> Index:
    index = Index.create(tmp_path / "shop.index", "offline", "1", DIMS, COLUMNS)
    columns = {
        "title": pa.array(TITLES),
        "price": pa.array([10.0, 20.5, 39.9, None, 50.0, 80.0]),
        "stock": pa.array([1.0, 0.0, 3.0, 4.0, 5.0, 6.0]),
        "sold": pa.array([True, False, None, False, True, False]),
        "tags": pa.array([["new", "sale"], [], None, ["sale"], None, ["winter"]], pa.list_(pa.string())),
    }
    write(index, index_rows(unit(6), columns))
    return index


def test_an_index_says_what_it_holds(index: Index, tmp_path: Path) -> None:
    info = Index.open(tmp_path / "shop.index").info
    assert (info.embedder, info.version, info.dims, info.count) == ("offline", "1", DIMS, 6)
    assert info.columns == COLUMNS
    index.save({"no_match": b"{}"})
    assert Index.open(tmp_path / "shop.index").info.extra == {"no_match": b"{}"}


def test_the_nearest_are_exact_and_in_order(index: Index) -> None:
    vectors = unit(6)
    matches = index.nearest(vectors[2], 3)
    cosines = vectors @ vectors[2]
    best = np.argsort(-cosines)[:3]
    assert [match.id for match in matches] == [str(each) for each in best]
    assert np.allclose([match.similarity for match in matches], cosines[best], atol=1e-6)
    assert matches[0].path == "/photos/2.jpg"
    expected = {"title": "green coat", "price": 39.9, "stock": 3, "sold": None, "tags": None}
    assert matches[0].columns == expected
    assert isinstance(matches[0].columns["stock"], int)


@pytest.mark.parametrize(
    ("where", "ids"),
    [
        ("price < 40 and stock > 0", {"0", "2"}),
        ("price < 20.5", {"0"}),
        ("stock < 2.5", {"0", "1"}),
        ("title LIKE '%coat'", {"2", "3"}),
        ("Title = 'red shoe'", {"0"}),
        ("price IS NULL", {"3"}),
        ("sold", {"0", "4"}),
        ("array_has(tags, 'sale')", {"0", "3"}),
        ("path = '/photos/5.jpg'", {"5"}),
        ("price > 1000", set()),
    ],
)
def test_a_filter_comes_before_the_search(index: Index, where: str, ids: set[str]) -> None:
    assert {match.id for match in index.nearest(unit(1, seed=5)[0], 6, where)} == ids
    assert index.count(where) == len(ids)
    assert set(index.rows(["id"], where)["id"].to_pylist()) == ids


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("colour = 'red'", ["'colour'", "title, price"]),
        ("title < 40", ["'40'", "'title'", "holds text", "'red shoe'"]),
        ("price < 'forty'", ["'forty'", "'price'", "holds numbers"]),
        ("price <", ["price <", "expected"]),
        ("price", ["neither true nor false"]),
        ("price < 40; DROP TABLE pictures", ["';'"]),
    ],
)
def test_a_filter_that_makes_no_sense_is_explained(index: Index, where: str, words: list[str]) -> None:
    for search in (index.nearest, lambda v, k, w: index.count(w), lambda v, k, w: index.matching("shoe", k, w)):
        with pytest.raises(InputError) as raised:
            search(unit(1)[0], 3, where)
        for word in words:
            assert word.lower() in raised.value.message.lower()


def test_words_are_found_in_columns_and_pictures(index: Index) -> None:
    assert {match.id for match in index.matching("shoes", 6)} == {"0", "1"}
    assert next(match.id for match in index.matching("red coat", 6)) == "3"
    assert [match.id for match in index.matching("the north face", 1)] == ["5"]
    assert {match.id for match in index.matching("winter", 6)} == {"5"}
    assert {match.id for match in index.matching("red", 6, "price < 40")} == {"0"}
    assert index.matching("  ", 6) == [] == index.matching("zebra", 6)
    assert index.matching("red AND (", 6)
    write(index, index_rows(unit(1), first=9, text="SALE मोची 50 %"))
    assert [match.id for match in index.matching("मोची", 6)] == ["9"]


def test_rows_with_the_same_id_are_replaced(index: Index) -> None:
    write(index, index_rows(unit(2, seed=3), {"title": ["new shoe", "newer shoe"]}, first=5))
    assert index.count() == 7
    assert index.nearest(unit(2, seed=3)[0], 1)[0].columns["title"] == "new shoe"
    assert index.rows(["price"], "id = '5'")["price"].to_pylist() == [None]
    with index.writing():
        index.remove(["5", "O'Neill"])
    assert index.count("id = '5'") == 0


def test_two_writers_at_once_make_no_duplicate(index: Index, tmp_path: Path) -> None:
    """Without the folder's lock too: the primary key alone must do, as in object storage."""
    script = (
        "import sys; from vectors import *; index = Index.open(sys.argv[1])\n"
        "for n in range(4): index.put(index_rows(unit(20, seed=n)))"
    )
    arguments = [sys.executable, "-c", script, str(tmp_path / "shop.index")]
    support = str(Path(__file__).parents[1] / "support")
    environment = {"PYTHONPATH": f"{support}:{Path(__file__).parents[2] / 'src'}"}
    running = [subprocess.Popen(arguments, env=environment) for _ in range(2)]
    assert [process.wait(120) for process in running] == [0, 0]
    ids = index.rows(["id"])["id"].to_pylist()
    assert sorted(ids, key=int) == [str(n) for n in range(20)]


def test_a_reader_goes_on_while_files_are_replaced(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensorium.search.storage.KEPT_FOLDER", timedelta(milliseconds=1))
    stop, failures, queries = threading.Event(), [], [0]
    reader = Index.open(index.storage.where)

    def search() -> None:
        while not stop.is_set():
            try:
                assert len(reader.nearest(unit(1)[0], 3)) == 3
                assert reader.matching("shoe", 3)
            except Exception as error:
                failures.append(error)
            queries[0] += 1

    thread = threading.Thread(target=search)
    thread.start()
    try:
        for number in range(30):
            write(index, index_rows(unit(2, seed=number), {"title": ["red shoe", "blue shoe"]}))
            index.optimize()
    finally:
        stop.set()
        thread.join()
    assert failures == [] and queries[0] > 3


def test_another_embedder_is_refused_by_name(index: Index, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="those of 'offline', not 'clip:x'"):
        Index.create(tmp_path / "shop.index", "clip:x", "1", DIMS)
    with pytest.raises(InputError, match="of version '1', not '2'"):
        Index.open(tmp_path / "shop.index").check_embedder("offline", "2")
    assert Index.create(tmp_path / "shop.index", "offline", "1", DIMS).count() == 6


@pytest.mark.parametrize("name", ["vector", "Path", "_distance", "a.b", " "])
def test_a_column_with_an_own_name_is_refused(index: Index, name: str) -> None:
    with pytest.raises(InputError, match=r"called|the name of a column"):
        index.add_columns({name: "string"})


def test_columns_are_added_and_keep_their_types(index: Index) -> None:
    index.add_columns({"brand": "string", "stock": "int64", "since": "date32[day]"})
    assert index.info.columns == COLUMNS | {"brand": "string", "since": "date32[day]"}
    assert index.rows(["brand"])["brand"].to_pylist() == [None] * 6
    with pytest.raises(InputError, match="'price' holds double in this index, and string"):
        index.add_columns({"price": "string"})
    with pytest.raises(InputError, match="differ only in case"):
        index.add_columns({"Brand": "string"})


def test_what_is_not_an_index_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No index"):
        Index.open(tmp_path / "none")
    assert not (tmp_path / "none").exists()
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="is a file"):
        Index.open(tmp_path / "file")
    with pytest.raises(InputError, match="is a folder or s3"):
        Index.open("gs://bucket/shop")


def test_a_vector_of_another_length_is_refused(index: Index) -> None:
    with pytest.raises(InputError, match="has 8 numbers"):
        index.nearest(np.zeros(3, dtype=np.float32), 1)
