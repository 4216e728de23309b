"""Nothing leaves this machine: every model that the app names runs here."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from sensorium.registry import scheme_of

from shop_search import app

NAMES = [app.EMBEDDER]


@pytest.mark.parametrize("name", NAMES)
def test_the_models_run_on_this_machine(name: str) -> None:
    scheme = scheme_of(name)
    assert scheme is not None and not scheme.keys, f"{name} is a service's"
    server = scheme.server or name.partition("@")[2]
    assert urlsplit(server).hostname in (None, "localhost", "127.0.0.1"), f"{name} is elsewhere"
