"""The search itself, on real photos with the offline embedder: words, pictures, sums, filters, copies, no match."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("lancedb")
from shop import PRICES, photos, shop

from sensorium import Image, Text, load
from sensorium.core.errors import InputError
from sensorium.retrieval.query import Query, parse
from sensorium.search import Index
from sensorium.search.engine import COPY_SIMILARITIES, COPY_SIMILARITY, SAME_PICTURE, Searcher, _folded
from sensorium.search.fitting import fitted_no_match, sample_rows, stored_no_match, titles_of
from sensorium.search.results import Hit, SearchOptions, SearchResult


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    return Searcher(shop(tmp_path_factory.mktemp("shop")), load("offline", role="embedder"))


def ids(result: SearchResult) -> list[str]:
    return [hit.id for hit in result.hits]


def test_words_find_the_picture_by_what_it_shows(searcher: Searcher) -> None:
    result = searcher.search("a tabby cat", SearchOptions(retrievers=("pictures",)))
    assert ids(result)[0] in ("cat", "cat-copy") and not result.no_match
    assert all(0 < hit.score < 1 for hit in result.hits)
    assert dict(result.hits[0].why.ranks) == {"pictures": 1}
    assert [hit.score for hit in result.hits] == sorted((hit.score for hit in result.hits), reverse=True)


def test_text_and_picture_are_fused(searcher: Searcher) -> None:
    result = searcher.search("espresso cup")
    best = result.hits[0]
    by_pictures = searcher.search("espresso cup", SearchOptions(retrievers=("pictures",))).hits[0]
    assert best.id == by_pictures.id == "coffee" and best.score > by_pictures.score
    assert dict(best.why.ranks) == {"pictures": 1, "text": 1} and best.why.words == ("espresso", "cup")
    assert best.why.margin is not None and best.why.margin > 2
    assert best.columns == {"title": "Espresso cup and saucer", "price": 20.0}


def test_a_word_that_only_the_text_has_is_a_match(searcher: Searcher) -> None:
    """An article number means nothing to the vectors."""
    result = searcher.search("MX-4711")
    assert ids(result)[0] == "motorcycle" and result.exact and not result.no_match
    assert result.hits[0].score > 0.95 > result.hits[1].score


def test_words_that_no_row_has_are_unrelated_also_by_text_alone(searcher: Searcher) -> None:
    result = searcher.search("submarine", SearchOptions(retrievers=("text",)))
    assert (result.no_match, result.reason, result.hits) == (True, "unrelated", ())


@pytest.mark.parametrize("query", ["a submarine under the ice", "quarterly tax return", "a bowl of ramen noodles"])
def test_what_the_shop_does_not_have_is_no_match(searcher: Searcher, query: str) -> None:
    result = searcher.search(query)
    assert result.no_match and result.reason == "unrelated" and result.hits == ()
    assert result.nearest and result.evidence is not None and not result.evidence.is_match
    assert result.to_json() == {"hits": [], "no_match": True, "seconds": pytest.approx(result.seconds, abs=1e-3)}


def test_copies_are_folded_into_one_hit(searcher: Searcher) -> None:
    folded = searcher.search("a tabby cat", SearchOptions(retrievers=("pictures",)))
    best = folded.hits[0]
    assert (best.id, best.copies) in ((("cat"), ("cat-copy",)), (("cat-copy"), ("cat",))) and folded.folded == 1
    assert {"cat", "cat-copy"} & set(ids(folded)[1:]) == set()
    every = searcher.search("a tabby cat", SearchOptions(fold=False, retrievers=("pictures",)))
    assert set(ids(every)[:2]) == {"cat", "cat-copy"} and every.folded == 0


def test_folding_leaves_room_for_k_different_hits(searcher: Searcher) -> None:
    assert len(searcher.search("a tabby cat", SearchOptions(k=5)).hits) == 5


def test_a_filter_comes_before_the_search(searcher: Searcher) -> None:
    """The nearest picture does not fit the filter: the best of those that do is found, not nothing."""
    result = searcher.search("a tabby cat", SearchOptions(k=3, where="price >= 100", judge=False))
    assert len(result.hits) == 3 and all(PRICES[each] >= 100 for each in ids(result))
    nothing = searcher.search("a tabby cat", SearchOptions(where="price > 1000"))
    assert nothing.no_match and nothing.reason == "filter" and nothing.hits == nothing.nearest == ()


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("cost < 5", ("'cost'", "title, price")),
        ("price < 'cheap'", ("'price'", "numbers")),
        ("price < 40; DROP TABLE pictures", ("';'",)),
        ("price < 40) OR (1=1", ("price < 40) OR (1=1",)),
        ("price <", ("price <",)),
    ],
)
def test_a_filter_that_can_not_be_used_is_named(searcher: Searcher, where: str, words: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as caught:
        searcher.search("a cat", SearchOptions(where=where))
    assert all(word in caught.value.message for word in words) and "\n" not in caught.value.message
    assert searcher.index.count() == len(PRICES)


def test_a_picture_finds_what_looks_like_it(searcher: Searcher) -> None:
    result = searcher.search(Query.of(Image(photos()["coffee"])))
    assert ids(result)[0] == "coffee" and not result.no_match
    assert result.hits[0].why.similarity > COPY_SIMILARITY and result.hits[0].why.margin is None


def test_a_sum_moves_the_order(searcher: Searcher) -> None:
    files = {"cat.jpg": Image(photos()["cat"])}
    alone = ids(searcher.search(parse("cat.jpg", files.get), SearchOptions(judge=False)))
    summed = ids(searcher.search(parse('cat.jpg + 3 * "a rocket"', files.get), SearchOptions(judge=False)))
    without = ids(searcher.search(parse('cat.jpg - 3 * "a cat"', files.get), SearchOptions(judge=False)))
    assert summed.index("rocket") < alone.index("rocket")
    assert "cat" not in without or without.index("cat") > alone.index("cat")


def test_more_like_this_leaves_this_out(searcher: Searcher) -> None:
    result = searcher.like("cat", SearchOptions(k=3, fold=False))
    assert ids(result)[0] == "cat-copy" and "cat" not in ids(result) and len(result.hits) == 3
    with pytest.raises(InputError, match="no picture 'dog'"):
        searcher.like("dog")


def test_it_is_a_callable_for_features(searcher: Searcher) -> None:
    hits = searcher(Text("a rocket"), 2)
    assert [type(hit) for hit in hits] == [Hit, Hit] and hits[0].id == "rocket"
    assert len(searcher("quarterly tax return", 4)) == 4


def test_no_match_is_fitted_once_and_kept_with_the_index(searcher: Searcher) -> None:
    fitted = searcher.no_match
    assert fitted is not None
    stored = stored_no_match(Index.open(searcher.index.storage.where))
    assert stored is not None and stored.fitted == fitted.fitted
    assert stored.fitted.count == len(PRICES) and stored.fitted.titles == sum(t is not None for t in titles_of_shop())
    assert 0 <= stored.fitted.false_accept <= 0.15


def titles_of_shop() -> list[str | None]:
    from shop import TITLES

    return list(TITLES.values())


def test_an_index_that_changed_much_is_fitted_again(tmp_path: Path) -> None:
    embedder = load("offline", role="embedder")
    index = shop(tmp_path)
    first = fitted_no_match(index, embedder)
    with index.storage.writing():
        index.remove(["cat", "coffee", "rocket", "temple"])
    again = fitted_no_match(index, embedder)
    assert first is not None and again is not None
    assert (first.fitted.count, again.fitted.count) == (len(PRICES), len(PRICES) - 4)
    with index.storage.writing():
        index.remove(list(PRICES))
    empty = Searcher(index, embedder).search("a cat")
    assert (empty.no_match, empty.reason, empty.hits) == (True, "empty", ())


def test_titles_are_words_each_once(searcher: Searcher) -> None:
    assert set(titles_of(searcher.index)) == {title for title in titles_of_shop() if title}
    assert sample_rows(searcher.index, 5).shape == (5, searcher.index.dims) or len(sample_rows(searcher.index, 5)) <= 5


def test_another_embedder_is_refused(searcher: Searcher) -> None:
    class Other:
        name, version, dims = "other", "1", 1664
        embed = searcher.embedder.embed

    with pytest.raises(InputError, match="'offline'"):
        Searcher(searcher.index, Other())


def test_options_are_checked() -> None:
    with pytest.raises(InputError, match="1 to 1000"):
        SearchOptions(k=0)
    with pytest.raises(InputError, match="retrievers"):
        SearchOptions(retrievers=())


def test_several_threads_get_the_same(searcher: Searcher) -> None:
    expected = ids(searcher.search("a tabby cat"))
    found: list[list[str]] = []
    threads = [threading.Thread(target=lambda: found.append(ids(searcher.search("a tabby cat")))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 8


def test_an_embedder_whose_copies_were_not_measured_folds_only_the_same_picture() -> None:
    rows = np.array([[1, 0, 0], [1, 0, 0], [1, 0.1, 0], [0, 1, 0]], dtype=np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    assert rows[0] @ rows[2] > COPY_SIMILARITY
    assert _folded(rows, 10, COPY_SIMILARITY) == ([0, 3], {0: [1, 2]})
    assert COPY_SIMILARITIES.get("clip:mine", SAME_PICTURE) == SAME_PICTURE
    assert _folded(rows, 10, SAME_PICTURE) == ([0, 2, 3], {0: [1]})
    assert _folded(rows, 2, np.inf) == ([0, 1], {})
