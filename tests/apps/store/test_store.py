"""The shop's requests, over a real server on real photos: words, photos, filters, pictures, and what is refused."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import PIL.Image
import pytest
import requests

pytest.importorskip("lancedb")
from browser import record_speech
from served import serve
from shop import TITLES, photos
from shop_catalogue import made_shop

from sensorium import load
from sensorium.apps.store.app import create_app
from sensorium.apps.store.shop import Shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return made_shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def address(shop: Shop) -> Iterator[str]:
    with serve(create_app(shop, transcriber=load("whisper", "transcriber"))) as where:
        yield where


def get(address: str, path: str, **fields: Any) -> Any:
    response = requests.get(f"{address}{path}", params=fields, timeout=60)
    assert response.status_code == 200, response.text
    return response.json()


def ids(body: Any) -> list[str]:
    return [product["id"] for product in body["products"]]


def test_the_shop_says_what_it_has(address: str) -> None:
    body = get(address, "/api/shop")
    assert body["title"] == "Corner shop" and body["count"] == len(TITLES) == len(body["first"])
    assert {facet["column"]: facet["kind"] for facet in body["facets"]} == {
        "category": "choice", "price": "range", "stock": "range", "vegan": "yes", "tags": "choice",
    }  # fmt: skip
    assert body["hears"] and all("vector" not in product for product in body["first"])


def test_words_find_a_product_with_its_title_price_and_details(address: str) -> None:
    best = get(address, "/api/search", q="espresso cup", k=3)["products"][0]
    assert best["id"] == "coffee" and best["title"] == "Espresso cup and saucer" and best["titled"]
    assert best["price"] == {"value": 20.0, "currency": "EUR"}
    assert best["details"]["category"] == "kitchen" and "title" not in best["details"]


def test_a_photo_finds_its_product_and_words_move_the_result(address: str) -> None:
    shrunk = io.BytesIO()
    PIL.Image.open(io.BytesIO(photos()["rocket"])).resize((300, 200)).save(shrunk, "PNG")
    files = {"photo": ("photo.png", shrunk.getvalue())}
    alone = requests.post(f"{address}/api/search", files=files, data={"k": "3"}, timeout=60).json()
    assert ids(alone)[0] == "rocket" and not alone["no_match"]
    both = requests.post(f"{address}/api/search", files=files, data={"k": "12", "words": "a cat"}, timeout=60).json()
    assert ids(both).index("cat") < ids(requests.post(f"{address}/api/search", files=files, timeout=60).json()).index(
        "cat"
    )


def test_more_like_a_product_is_not_that_product(address: str) -> None:
    body = get(address, "/api/like", id="cat", k=3)
    assert "cat" not in ids(body) and ids(body)[0] == "cat-copy"
    words = get(address, "/api/like", id="gravel", q="lawn", k=12)
    assert "grass" in ids(words)[:3]


def test_filters_are_applied_before_the_search(address: str) -> None:
    filters = json.dumps({"category": ["garden"], "price": {"least": 100, "most": 110}})
    body = get(address, "/api/search", q="cat", filters=filters)
    shown = [*body["products"], *body["nearest"]]
    assert {product["id"] for product in shown} == {"grass", "gravel"}
    assert ids(get(address, "/api/search", q="lawn seed", where="price > 95 and category = 'garden'"))[0] == "grass"


def test_nothing_that_fits_says_so_and_what_to_do(address: str) -> None:
    body = get(address, "/api/search", q="hydraulic excavator bucket teeth")
    assert body["no_match"] and body["products"] == [] and body["nearest"]
    assert body["advice"] == [
        "Nothing in this shop is a good match for this.", "Try other or fewer words, or search by a photo.",
    ]  # fmt: skip
    none = get(address, "/api/search", q="cat", filters=json.dumps({"price": {"least": 9_000}}))
    assert none["no_match"] and none["advice"] == ["No product fits these filters.", "Remove one of them."]


@pytest.mark.parametrize(
    ("path", "fields", "status", "message"),
    [
        ("/api/search", {}, 422, "'q' is missing."),
        ("/api/search", {"q": " "}, 422, "Nothing to search for."),
        ("/api/search", {"q": "a" * 501}, 422, "'q' is invalid: String should have at most 500 characters."),
        ("/api/search", {"q": "x", "k": 0}, 422, "'k' is invalid: Input should be greater than or equal to 1."),
        ("/api/search", {"q": "x", "where": "weight > 3"}, 422, "The filter '(weight > 3)' names 'weight'"),
        ("/api/search", {"q": "x", "where": "1=1; DROP TABLE x"}, 422, "The filter '(1=1; DROP TABLE x)' has a ';'"),
        ("/api/search", {"q": "x", "filters": "{"}, 422, "The filters have the wrong form."),
        ("/api/search", {"q": "x", "filters": '{"price": {"from": 3}}'}, 422, "The filters have the wrong form."),
        ("/api/search", {"q": "x", "filters": '{"size": ["M"]}'}, 422, "The index has no column 'size'."),
        ("/api/like", {"id": "nobody"}, 422, "The index has no picture 'nobody'."),
        ("/api/picture", {"id": "../../etc/passwd"}, 404, "The shop has no such product."),
        ("/api/picture", {"id": "/etc/passwd"}, 404, "The shop has no such product."),
        ("/api/picture", {"id": "cat", "side": 99}, 422, "Pictures come in sizes (120, 480, 1280), not 99."),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(
    address: str, path: str, fields: dict[str, Any], status: int, message: str
) -> None:
    response = requests.get(f"{address}{path}", params=fields, timeout=60)
    assert response.status_code == status, response.text
    assert response.json()["error"]["message"].startswith(message)


@pytest.mark.parametrize("photo", [b"", b"not a picture", b"RIFF\x24\x00\x00\x00WAVEfmt "])
def test_what_is_no_photo_is_refused(address: str, photo: bytes) -> None:
    response = requests.post(f"{address}/api/search", files={"photo": ("p", photo)}, timeout=60)
    assert response.status_code == 422


def test_pictures_are_of_the_index_only_in_three_sizes_and_kept_by_the_browser(address: str) -> None:
    for side in (120, 480, 1280):
        response = requests.get(f"{address}/api/picture", params={"id": "cat", "side": side}, timeout=60)
        opened = PIL.Image.open(io.BytesIO(response.content))
        assert max(opened.size) == min(side, max(PIL.Image.open(io.BytesIO(photos()["cat"])).size))
        assert response.headers["Cache-Control"] == "private, max-age=600"
    again = requests.get(response.url, headers={"If-None-Match": response.headers["ETag"]}, timeout=60)
    assert again.status_code == 304 and not again.content


def test_a_spoken_query_is_heard(address: str, tmp_path: Path) -> None:
    audio = record_speech("A red flower", tmp_path / "query.wav").read_bytes()
    response = requests.post(
        f"{address}/api/transcribe", files={"audio": ("a.wav", audio)}, data={"language": "en"}, timeout=120
    )
    assert response.status_code == 200 and "flower" in response.json()["text"].lower()


def test_a_token_guards_products_and_pictures_but_not_the_page(shop: Shop) -> None:
    with serve(create_app(shop, token="a-token-of-20-letters")) as where:
        assert requests.get(f"{where}/", timeout=60).status_code == 200
        for path in ("/api/shop", "/api/search?q=cat", "/api/picture?id=cat"):
            assert requests.get(where + path, timeout=60).status_code == 401
            headers = {"Authorization": "Bearer a-token-of-20-letters"}
            assert requests.get(where + path, headers=headers, timeout=60).status_code == 200
        assert requests.post(f"{where}/api/transcribe", headers=headers, timeout=60).status_code == 501


def test_the_document_describes_every_route_and_every_file_of_the_page_is_served(shop: Shop) -> None:
    with serve(create_app(shop)) as where:
        document = requests.get(f"{where}/openapi.json", timeout=60).json()
        assert {path for path in document["paths"] if path.startswith("/api/")} == {
            "/api/shop", "/api/search", "/api/like", "/api/picture", "/api/transcribe",
        }  # fmt: skip
        for name in ("", "shop.js", "products.js", "page.css", "icon.svg", "api.html"):
            assert requests.get(f"{where}/{name}", timeout=60).status_code == 200
        assert requests.get(f"{where}/app.py", timeout=60).status_code == 404


def test_what_is_indexed_while_it_is_served_is_found(tmp_path: Path) -> None:
    from sensorium.search.indexing import index_sources
    from sensorium.search.indexing.catalogues import sources

    shop = made_shop(tmp_path)
    before = shop.stock()
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "page.jpg").write_bytes(jpeg_of_text())
    index_sources(before.searcher.index, sources([str(tmp_path / "more")]), shop.embedder)
    shop._stock = type(before)(before.searcher, before.count, before.facets, before.first, -1e9)  # half a minute later
    assert shop.stock().count == before.count + 1


def jpeg_of_text() -> bytes:
    import skimage.data
    from shop import jpeg

    return jpeg(PIL.Image.fromarray(skimage.data.page()).convert("RGB"))
