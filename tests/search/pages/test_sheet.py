"""The sheet: everything escaped, pictures inside, words for every figure; a broken picture doesn't end it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("lancedb")
from shop import photos

from sensorium import Image
from sensorium.retrieval.query import Query
from sensorium.search.pages.sheet import cell, reasons, sheet, summary, title_of
from sensorium.search.results import Hit, SearchResult, Why

WHY = Why({"pictures": 3, "text": 1}, ("red", "shoe"), 0.234, 3.21)


@pytest.fixture
def result(tmp_path: Path) -> SearchResult:
    (tmp_path / "a.jpg").write_bytes(photos()["coffee"])
    hits = (
        Hit(
            "a", str(tmp_path / "a.jpg"), 0.9, {"title": "<b>Cup</b> & saucer", "price": 19.9, "stock": 3}, WHY, ("b",)
        ),
        Hit("c", str(tmp_path / "missing.jpg"), 0.8, {"title": None, "price": None}, WHY),
    )
    return SearchResult(Query.of('a "cup" <script>'), hits, False, "", (), 0.01)


def test_the_page_is_whole_and_escaped(result: SearchResult) -> None:
    page = sheet(result, [], "price < 40", False, {})
    assert "<script" not in page and "<b>" not in page and "&lt;b&gt;Cup&lt;/b&gt; &amp; saucer" in page
    assert "http" not in page.replace("http-equiv", "") and page.count("data:image/jpeg;base64,") == 1
    assert "price &lt; 40" in page and '<html lang="en">' in page and page.count("<h1>") == 1
    assert re.search(r'<img src="data:[^"]+" alt="[^"]*Cup[^"]*" width="\d+" height="\d+">', page)
    assert "1 near duplicate folded into it" in page and "missing.jpg" in page


def test_why_is_said_in_words(result: SearchResult) -> None:
    page = sheet(result, [], None, True, {"a": "It is a cup."})
    for line in reasons(result.hits[0], "It is a cup."):
        assert line.replace("'", "&#39;") in page
    assert reasons(result.hits[0])[:2] == ["Number 3 by its picture and number 1 by its text", "Words: red, shoe"]
    assert "3.2 standard deviations above unrelated queries" in page


def test_no_match_says_what_to_do_and_shows_what_is_nearest(result: SearchResult) -> None:
    nothing = replace(result, hits=(), no_match=True, reason="unrelated", nearest=result.hits)
    page = sheet(nothing, ["No good match for 'x'.", "Try other words."], None, False, {})
    assert "Try other words." in page and "Nearest in the index" in page and ">Results<" not in page
    assert summary(nothing) == "No good match."


def test_the_query_picture_is_shown(result: SearchResult) -> None:
    page = sheet(replace(result, query=Query.of(Image(photos()["cat"]))), [], None, False, {})
    assert page.count("data:image/jpeg;base64,") == 2 and "Query picture 1" in page


def test_cells_and_titles() -> None:
    values = (None, True, 19.90, 3, ["a", "b"], "two\nlines", 1234567.0)
    assert list(map(cell, values)) == ["", "yes", "19.9", "3", "a, b", "two lines", "1234567"]
    assert len(cell("x" * 500)) == 120
    assert title_of(Hit("id", "", 1.0, {"Name": " A  cup "}, WHY)) == "A cup"
    assert title_of(Hit("id", "/x/y.jpg", 1.0, {"title": ""}, WHY)) == "y.jpg"
    assert title_of(Hit("id", "", 1.0, {}, WHY)) == "id"
