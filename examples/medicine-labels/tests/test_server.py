"""The page and its request, in process, with prepared answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from sensorium.backends.fake import Fake
from starlette.testclient import TestClient

from medicine_labels import TITLE
from medicine_labels.schema import Label, Value
from medicine_labels.server import create_app
from medicine_labels.spoken import CHECK

HERE = "http://localhost"
SAMPLE = (Path(__file__).parents[1] / "samples" / "paracetamol.png").read_bytes()
LABEL = Label(
    name=Value("read", "Paracetamol"),
    strength=Value("can't tell", "", "it is too small"),
    expiry=Value("read", "08/2027"),
    notes=("Hold the phone still.",),
)


@pytest.fixture
def client() -> Iterator[TestClient]:
    """Give a client of the app with a prepared label."""
    with TestClient(create_app(Fake(json.dumps(asdict(LABEL)))), base_url=HERE) as made:
        yield made


def test_the_page_and_its_files_are_served(client: TestClient) -> None:
    assert TITLE in client.get("/").text
    for name in ("page.css", "page.js", "voice.js", "http.js", "icon.svg"):
        assert client.get(f"/{name}").status_code == 200
    assert client.get("/health").json() == {"status": "ok"}


def test_it_reads(client: TestClient) -> None:
    response = client.post("/api/read", files={"file": ("sample.png", SAMPLE)})
    assert response.status_code == 200, response.text
    body = response.json()
    spoken = {value["name"]: value["spoken"] for value in body["values"]}
    assert spoken["name"] == "Name: Paracetamol."
    assert spoken["strength"] == "Strength: can't tell: it is too small."
    assert spoken["expiry date"] == "Expiry date: August 2027."
    assert spoken["warnings"].startswith("Warnings: not seen")
    assert body["notes"] == ["Hold the phone still."] and body["caution"] == CHECK


def test_what_cannot_be_used_is_refused_with_a_hint(client: TestClient) -> None:
    response = client.post("/api/read", files={"file": ("a.txt", b"not a picture")})
    assert response.status_code == 422
    assert response.json()["error"]["hint"]


def test_with_a_token_strangers_are_refused() -> None:
    with TestClient(create_app(Fake("{}"), token="a-token-of-sixteen"), base_url=HERE) as client:
        assert client.post("/api/read", files={"file": ("s.png", SAMPLE)}).status_code == 401
