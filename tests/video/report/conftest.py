"""A film whose frames hold their numbers, and a browser."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from films import numbered

RATE = Fraction(10)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a film of 12 s in it, frame n at n / 10 s, and one of 6 s."""
    here = tmp_path_factory.mktemp("report")
    (here / "harbour.mp4").write_bytes(numbered(RATE, 120)[0])
    (here / "market.mp4").write_bytes(numbered(RATE, 60)[0])
    return here


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    pytest.importorskip("playwright")
    from browser import run_chromium

    with run_chromium() as made:
        yield made
