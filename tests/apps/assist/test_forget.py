"""Nobody's picture stays: the eyes' memory is emptied when asked, and by itself when nobody has asked for a while."""

from __future__ import annotations

import gc
from typing import Any

import pytest
import requests
from pictures import sign
from served import ask_server, eventually, serve

from sensorium import load
from sensorium.apps.assist import forget
from sensorium.apps.assist.app import create_app
from sensorium.core.blob import Blob


def held(data: bytes) -> bool:
    """Whether these bytes are anywhere in this process's blobs."""
    gc.collect()
    return any(isinstance(one, Blob) and one._data == data for one in gc.get_objects() if type(one) is Blob)


def pictures() -> int:
    from sensorium.media import image

    return len(image._cache)


def look_and_ask(address: str, data: bytes) -> None:
    requests.post(f"{address}/api/check", files={"picture": data}, timeout=60)
    ask_server(address, data, "What is this? What colour is it?")


def test_wiping_forgets_the_picture() -> None:
    data = sign("A private letter")
    with serve(create_app(load("offline"))) as address:
        look_and_ask(address, data)
        assert pictures() > 0
        assert requests.post(f"{address}/api/forget", timeout=10).status_code == 204
        assert pictures() == 0 and eventually(lambda: not held(data))


def test_idleness_forgets_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forget, "IDLE_SECONDS", 0.3)
    model: Any = load("offline")
    with serve(create_app(model)) as address:
        look_and_ask(address, sign("Another letter"))
        assert eventually(lambda: pictures() == 0 and not model._views)
