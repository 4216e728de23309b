"""`sensorium search`: what it prints, its JSON, its exit status, its page, and what it says to wrong input."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

pytest.importorskip("lancedb")
from shop import PRICES, photos, shop

from sensorium.cli.main import main


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    shop(folder)
    (folder / "like.jpg").write_bytes(photos()["coffee"])
    return folder


@pytest.fixture(autouse=True)
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


def search(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["search", *arguments])


def test_hits_are_lines_and_the_rest_goes_to_standard_error() -> None:
    result = search("shop.index", "espresso cup", "-k", "3")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert len(lines) == 3 and lines[0].startswith("1. Espresso cup and saucer: ")
    assert re.search(r"photos/coffee\.jpg \(price 20\), score 0\.[89]\d\d$", lines[0])
    assert "3 pictures, the best first" in result.stderr
    assert search("shop.index", "espresso cup", "-k", "3", "--quiet").stderr == ""


def test_json() -> None:
    result = search("shop.index", "espresso cup", "--where", "price <= 20", "--json")
    value = json.loads(result.stdout)
    assert set(value) == {"hits", "no_match", "seconds"} and value["no_match"] is False and result.exit_code == 0
    assert set(value["hits"][0]) == {"id", "path", "score", "columns"}
    assert value["hits"][0]["columns"] == {"title": "Espresso cup and saucer", "price": 20.0}
    assert all(PRICES[hit["id"]] <= 20 for hit in value["hits"]) and 0 < value["seconds"] < 60


def test_no_good_match_has_its_own_exit_status_and_says_what_to_do() -> None:
    result = search("shop.index", "a submarine under the ice")
    assert result.exit_code == 3 and result.stdout == ""
    assert "No good match for 'a submarine under the ice'" in result.stderr and "--anyway" in result.stderr
    assert "% of unrelated queries pass" in result.stderr
    in_json = search("shop.index", "a submarine under the ice", "--json")
    assert in_json.exit_code == 3 and json.loads(in_json.stdout)["no_match"] is True
    assert json.loads(in_json.stdout)["hits"] == []
    anyway = search("shop.index", "a submarine under the ice", "--anyway", "-k", "2", "--json")
    assert anyway.exit_code == 3 and len(json.loads(anyway.stdout)["hits"]) == 2


def test_no_row_fits_the_filter() -> None:
    result = search("shop.index", "a cat", "--where", "price > 1000")
    assert result.exit_code == 3 and "No row of the index fits the filter." in result.stderr


def test_a_picture_words_and_both() -> None:
    alone = json.loads(search("shop.index", "--like", "like.jpg", "--json").stdout)
    named = json.loads(search("shop.index", "like.jpg", "--json").stdout)
    summed = json.loads(search("shop.index", '3 * "a rocket"', "--like", "like.jpg", "--json").stdout)
    assert alone["hits"][0]["id"] == named["hits"][0]["id"] == "coffee"
    order = [[hit["id"] for hit in value["hits"]] for value in (alone, summed)]
    assert order[1].index("rocket") < order[0].index("rocket")


def test_why_says_which_retriever_which_words_and_what_is_seen() -> None:
    hits = json.loads(search("shop.index", "espresso cup", "-k", "1", "--why", "--json").stdout)["hits"]
    why = hits[0]["why"]
    assert why["ranks"] == {"pictures": 1, "text": 1} and why["words"] == ["espresso", "cup"] and why["margin"] > 2
    assert "cup" in why["shows"] or "espresso" in why["shows"]
    spoken = search("shop.index", "espresso cup", "-k", "1", "--why").stdout
    assert "Number 1 by its picture and number 1 by its text" in spoken and "Words: espresso, cup" in spoken


def test_near_duplicates_are_counted_and_all_shows_them() -> None:
    folded, every = (search("shop.index", "a tabby cat", "--by", "pictures", *more) for more in ([], ["--all"]))
    assert "1 near duplicate is folded into them. --all shows them." in folded.stderr
    assert "near duplicate" not in every.stderr and every.stdout.count("photos/cat") == 2 == 1 + folded.stdout.count(
        "photos/cat"
    )


def test_the_page(folder: Path) -> None:
    before = Path("like.jpg").read_bytes()
    refused = search("shop.index", "espresso cup", "--like", "like.jpg", "--sheet", "like.jpg")
    assert refused.exit_code == 2 and "would replace 'like.jpg'" in refused.stderr
    assert Path("like.jpg").read_bytes() == before
    result = search("shop.index", "espresso cup", "--like", "like.jpg", "--sheet", "found.html", "-k", "2")
    page = (folder / "found.html").read_text(encoding="utf-8")
    assert "The page: found.html" in result.stderr and page.count("data:image/jpeg;base64,") == 3
    assert "Espresso cup and saucer" in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["shop.index"], "Nothing to search for."),
        (["shop.index", " "], "Nothing to search for."),
        (["none.index", "x"], "No index 'none.index'"),
        (["shop.index", "x", "--where", "cost < 3"], "names 'cost'; the columns are title, price"),
        (["shop.index", "x", "--where", "price < 3; DROP TABLE x"], "has a ';' outside of quotes"),
        (["shop.index", "missing.jpg"], "missing.jpg"),
        (["shop.index", "--like", "missing.jpg"], "missing.jpg"),
        (["shop.index", "x", "--judgements", "j.jsonl"], "--judgements goes with --evaluate."),
        (["shop.index", "x", "-k", "0"], "-k"),
        (["like.jpg", "x"], "'like.jpg' is a file, not an index."),
    ],
)
def test_mistakes_are_one_line_and_exit_2(arguments: list[str], message: str) -> None:
    result = search(*arguments)
    assert result.exit_code == 2 and result.stdout == "" and message in result.stderr
    assert len(result.stderr.strip().splitlines()) <= 2


def test_evaluate_on_own_queries_and_on_the_catalogue(folder: Path) -> None:
    rows = [{"query": "espresso", "relevant": ["coffee"]}, {"query": "a tabby cat", "relevant_where": "id LIKE 'cat%'"}]
    (folder / "judged.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    result = search("shop.index", "--evaluate", "--judgements", "judged.jsonl", "--json", "--quiet")
    value = json.loads(result.stdout)["queries"]["Judged queries"]
    assert result.exit_code == 0 and value["n"] == 2
    assert value["conditions"]["both"]["scores"]["recall@10"]["mean"] == 1.0
    assert "no_match" in value
    plain = search("shop.index", "--evaluate", "--judgements", "judged.jsonl", "--quiet").stdout
    assert "Judged queries, 2 queries" in plain and "by both: nDCG@10" in plain
