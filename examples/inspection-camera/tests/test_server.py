"""The page and its requests, in process, with prepared answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sensorium.backends.fake import Fake
from starlette.testclient import TestClient

from draw_trays import ROOT
from inspection_camera import TITLE
from inspection_camera.log import Log
from inspection_camera.server import create_app

HERE = "http://localhost"
SAMPLE = (ROOT / "samples" / "good.png").read_bytes()


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """Give a client of the app with prepared answers."""
    with TestClient(create_app(Fake("11"), Log(tmp_path)), base_url=HERE) as made:
        yield made


def test_the_page_and_its_files_are_served(client: TestClient) -> None:
    assert TITLE in client.get("/").text
    for name in ("page.css", "page.js", "http.js", "icon.svg"):
        assert client.get(f"/{name}").status_code == 200


def test_a_picture_is_inspected_logged_and_reviewed(client: TestClient) -> None:
    found = client.post("/api/look", files={"file": ("tray.png", SAMPLE)}).json()
    assert found["flagged"] and found["findings"][0]["value"] == "11"
    assert client.get("/api/log").json()["waiting"] == 1
    assert client.get(f"/api/pictures/{found['id']}").headers["content-type"] == "image/png"
    after = client.post("/api/review", json={"id": found["id"], "verdict": "wrong"}).json()
    assert after["waiting"] == 0 and after["inspections"][0]["verdict"] == "wrong"


def test_what_cannot_be_used_is_refused_with_a_hint(client: TestClient) -> None:
    assert client.post("/api/look", files={"file": ("a.txt", b"no picture")}).json()["error"]["hint"]
    assert client.post("/api/review", json={"id": "none", "verdict": "right"}).status_code == 422
    assert client.get("/api/pictures/..%2Flog.jsonl").status_code in (404, 422)
