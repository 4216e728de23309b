"""The page and its request, in process."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from shop_search import TITLE
from shop_search.app import CATALOGUE, ROOT, load_embedder
from shop_search.server import create_app

HERE = "http://localhost"


@pytest.fixture(scope="module")
def client(index: Path) -> TestClient:
    """Give a client of the page over the catalogue's index."""
    return TestClient(create_app(load_embedder(), CATALOGUE, index), base_url=HERE)


def test_the_page_and_its_files_are_served(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200 and '<html lang="en">' in page.text
    assert client.get("/health").json() == {"status": "ok"}
    assert client.get("/api/shop").json()["title"] == TITLE


def test_words_find_a_product(client: TestClient) -> None:
    found = client.get("/api/search", params={"q": "red mug"}).json()
    assert found["products"][0]["id"] == "mug-red"


def test_a_photo_finds_its_product(client: TestClient) -> None:
    photo = (ROOT / "photos" / "notebook-green.png").read_bytes()
    found = client.post("/api/search", files={"photo": ("photo.png", photo)}).json()
    assert found["products"][0]["id"] == "notebook-green"


def test_what_is_not_sold_is_said_not_to_be(client: TestClient) -> None:
    found = client.get("/api/search", params={"q": "lawn mower"}).json()
    assert found["no_match"] and not found["products"] and found["advice"]


def test_a_filter_keeps_to_a_category(client: TestClient) -> None:
    chosen = '{"category": ["toys"]}'
    found = client.get("/api/search", params={"q": "red", "filters": chosen}).json()
    assert found["products"] and {product["id"].split("-")[0] for product in found["products"]} == {"ball"}
