"""Measuring a search: each retriever and both, on judged queries by language, and on those of the catalogue."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("lancedb")
from shop import TITLES, shop

from sensorium import load
from sensorium.retrieval.query import Query
from sensorium.search.engine import Searcher
from sensorium.search.evaluation.evaluate import METRIC_NAMES, evaluate
from sensorium.search.evaluation.judgements import JudgedQuery

QUERIES = {
    "a tabby cat": {"cat": 2, "cat-copy": 1}, "espresso": {"coffee": 1}, "a rocket": {"rocket": 1},
    "a flower": {"flower": 1}, "MX-4711": {"motorcycle": 1}, "a submarine under the ice": {"temple": 1},
}  # fmt: skip


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    return Searcher(shop(tmp_path_factory.mktemp("shop")), load("offline", role="embedder"))


def test_judged_queries(searcher: Searcher) -> None:
    judged = [JudgedQuery(Query.of(text), grades, language="en") for text, grades in QUERIES.items()]
    judged.append(JudgedQuery(Query.of("eine Katze"), {"cat": 1}, language="de"))
    measured = evaluate(searcher, judged)
    assert list(measured.comparisons) == ["Judged queries, en", "Judged queries, de"]
    english = measured.comparisons["Judged queries, en"]
    assert [result.name for result in english.results] == ["pictures", "text", "both"]
    both, text = english.result("both").scores, english.result("text").scores
    assert set(both) == set(METRIC_NAMES) and both["nDCG@10"][1] == 1.0
    assert text["MRR@10"] == (1.0, 1.0, 1.0, 0.0, 1.0, 0.0)  # "flower" stands in no title, nor does "submarine"
    assert english.result("pictures").scores["recall@50"] == (1.0,) * 6  # twelve pictures, all of them within 50
    assert measured.turned_away["Judged queries, en"] == 1
    figures = measured.to_json()["queries"]["Judged queries, en"]
    assert figures["n"] == 6 and figures["no_match"] == 1 and figures["conditions"]["both"]["scores"]["MRR@10"]
    lines = measured.lines()
    assert lines[0].startswith("Embedder offline") and any(line.startswith("  both over ") for line in lines)
    assert all(name in "\n".join(lines) for name in METRIC_NAMES)


def test_a_filter_of_a_query_is_applied(searcher: Searcher) -> None:
    judged = [JudgedQuery(Query.of("a tabby cat"), {"cat": 1}, where="price > 50")]
    (compared,) = evaluate(searcher, judged).comparisons.values()
    assert compared.result("both").scores["recall@50"] == (0.0,)


def test_titles_are_searched_by_pictures_only(searcher: Searcher) -> None:
    """In the text each title would find itself, and the figure would say nothing."""
    judged = [
        JudgedQuery(Query.of(title), {name: 1}, kind="title", id=title) for name, title in TITLES.items() if title
    ]
    measured = evaluate(searcher, judged)
    (compared,) = measured.comparisons.values()
    assert [result.name for result in compared.results] == ["pictures"]
    assert 0.3 < compared.results[0].score("MRR@10").mean < 1.0
    assert "lower bound" in measured.notes[0]


def test_the_same_query_twice_keeps_its_own_right_ids(searcher: Searcher, tmp_path: Path) -> None:
    judged = [JudgedQuery(Query.of("espresso cup"), {name: 1}) for name in ("coffee", "temple")]
    (compared,) = evaluate(searcher, judged).comparisons.values()
    assert compared.result("pictures").scores["MRR@10"][0] == 1.0 > compared.result("pictures").scores["MRR@10"][1]
