"""Uploads stay in memory, and their limits hold."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator

import pytest
import requests
from pictures import png
from served import serve

from sensorium.apps.assist.app import create_app
from sensorium.backends.fake import Fake

MAX_BYTES = 5_000_000


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serve(create_app(Fake("seen"), max_bytes=MAX_BYTES)) as where:
        yield where


def test_nothing_of_a_picture_is_written_to_a_disk(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import PIL.Image

    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("a file was created")

    for name in ("TemporaryFile", "NamedTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, refuse)
    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", refuse)
    picture = png(PIL.Image.frombytes("RGB", (1100, 1100), os.urandom(3 * 1100 * 1100)))
    assert 2_000_000 < len(picture) < MAX_BYTES  # Starlette itself would use the disk from 1 MB on
    response = requests.post(f"{address}/api/ask", files={"picture": picture}, data={"question": "?"}, timeout=30)
    assert response.status_code == 200 and "seen" in response.text


@pytest.mark.parametrize(("count", "status"), [(16, 422), (17, 400)])
def test_a_form_has_few_fields(address: str, count: int, status: int) -> None:
    fields = {f"field{number}": (None, "x") for number in range(count)}
    assert requests.post(f"{address}/api/check", files=fields, timeout=10).status_code == status


def test_a_picture_of_the_largest_size_is_read_and_a_larger_one_is_not(address: str) -> None:
    for size, status in ((MAX_BYTES, 422), (MAX_BYTES + 300_000, 413)):
        response = requests.post(f"{address}/api/check", files={"picture": b"x" * size}, timeout=30)
        assert response.status_code == status, response.text
