"""Judged queries from JSONL, CSV and TREC qrels; what can't be used is quoted; queries made from a catalogue."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("lancedb")
import pyarrow as pa
from shop import photos
from vectors import DIMS, index_rows, unit, write

from sensorium.core.errors import InputError
from sensorium.search import Index
from sensorium.search.evaluation.judgements import JudgedQuery, made_queries, read_judgements, resolved


def written(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


def test_json_lines(tmp_path: Path) -> None:
    (tmp_path / "cat.jpg").write_bytes(photos()["cat"])
    rows = [
        {"query": "red shoes", "relevant": ["a", "b"], "language": "en", "id": "q1"},
        {"query": "zapatos rojos", "relevant": {"a": 2, "b": 1, "c": 0}, "language": "es"},
        {"query": 'cat.jpg + "in red"', "relevant": ["d"], "where": "price < 5"},
        {"image": "cat.jpg", "relevant_where": "price < 40"},
    ]
    first, second, third, fourth = read_judgements(
        written(tmp_path, "judged.jsonl", "\n".join(json.dumps(row) for row in rows))
    )
    assert (first.query.text, first.grades, first.language, first.id) == ("red shoes", {"a": 1, "b": 1}, "en", "q1")
    assert second.grades == {"a": 2, "b": 1}
    assert third.query.images and third.query.text == "in red" and third.where == "price < 5"
    assert fourth.query.images and fourth.relevant_where == "price < 40" and fourth.grades == {}


def test_csv_with_a_row_for_each_right_id(tmp_path: Path) -> None:
    file = written(tmp_path, "judged.csv", "query,relevant,grade\nred shoes,a,3\nred shoes,b,1\nhat,c|d,\n")
    judged = read_judgements(file)
    assert [(each.query.text, each.grades) for each in judged] == [
        ("red shoes", {"a": 3, "b": 1}),
        ("hat", {"c": 1, "d": 1}),
    ]


def test_trec_qrels_with_topics(tmp_path: Path) -> None:
    qrels = written(tmp_path, "shop.qrels", "1 0 a 2\n1 0 b 0\n2 0 c 1\n")
    topics = written(tmp_path, "topics.tsv", "1\tred shoes\n2\ta hat\n")
    judged = read_judgements(qrels, topics)
    assert [(each.id, each.query.text, each.grades) for each in judged] == [
        ("1", "red shoes", {"a": 2}),
        ("2", "a hat", {"c": 1}),
    ]
    with pytest.raises(InputError, match="don't hold the queries' texts") as caught:
        read_judgements(qrels)
    assert "`queries=topics.tsv`" in caught.value.hint
    with pytest.raises(InputError, match=r"Line 2 .* isn't one of TREC qrels: 'nonsense'"):
        read_judgements(written(tmp_path, "bad.qrels", "1 0 a 1\nnonsense\n"), topics)
    with pytest.raises(InputError, match="no query '9'"):
        read_judgements(written(tmp_path, "other.qrels", "9 0 a 1\n"), topics)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"relevant": ["a"]}, "Row 1 of .* has neither query nor image"),
        ({"query": "x"}, "Row 1 of .* says nothing that is right"),
        ({"query": "x", "relevant": {"a": "good"}}, "Row 1 of .* has the grade 'good'"),
        ({"query": "x", "relevant": ["a"], "grade": -1}, "Row 1 of .* has the grade -1"),
        ({"query": "x", "relevant": ["a"], "answers": ["b"]}, "Row 1 of .* has the column 'answers'"),
    ],
)
def test_a_row_that_can_not_be_used_is_quoted(tmp_path: Path, row: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_judgements(written(tmp_path, "judged.jsonl", json.dumps(row)))


@pytest.fixture
def index(tmp_path: Path) -> Index:
    index = Index.create(tmp_path / "shop.index", "any", "1", DIMS, {"title": "string", "kind": "string"})
    titles = [f"Title {number}" for number in range(120)] + ["Twice", "Twice"]
    kinds = [("shoe", "hat", "rare" if number < 4 else "hat")[number % 3] for number in range(len(titles))]
    write(index, index_rows(unit(len(titles)), {"title": pa.array(titles), "kind": pa.array(kinds)}))
    return index


def test_titles_and_categories_make_queries(index: Index) -> None:
    made = made_queries(index, 60)
    titles = [each for each in made if each.kind == "title"]
    categories = {each.query.text: each.grades for each in made if each.kind == "category"}
    assert len(titles) == 30 and all(each.grades == {each.id.split()[1]: 1} for each in titles)
    assert "Twice" not in {each.query.text for each in titles}
    assert set(categories) == {"shoe", "hat"} and len(categories["shoe"]) == 41
    assert made == made_queries(index, 60) and made != made_queries(index, 60, seed=1)


def test_filters_give_the_right_rows(index: Index) -> None:
    (judged,) = resolved([JudgedQuery(made_queries(index)[0].query, {"3": 2}, "id = '3' OR id = '4'")], index)
    assert judged.grades == {"3": 2, "4": 1} and judged.relevant_where == ""


def test_ids_that_the_index_lacks_are_named(index: Index) -> None:
    query = made_queries(index)[0].query
    with pytest.raises(InputError, match=r"has no 'x'.* \(1 of 2\)"):
        resolved([JudgedQuery(query, {"3": 1, "x": 1})], index)
    with pytest.raises(InputError, match="Nothing is right"):
        resolved([JudgedQuery(query, {}, "id = 'none'")], index)


def test_without_text_there_is_nothing_to_make_queries_from(tmp_path: Path) -> None:
    index = Index.create(tmp_path / "plain.index", "any", "1", DIMS)
    write(index, index_rows(unit(3)))
    with pytest.raises(InputError, match="no titles or categories") as caught:
        made_queries(index)
    assert "`judgements=judged.jsonl`" in caught.value.hint
