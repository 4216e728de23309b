"""The starter's recipe as modules: recipes/starter on the path, and off it again."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

FOLDER = Path(__file__).parents[3] / "recipes" / "starter"
MODULES = ("scenes", "questions")
NEED_TORCH = ("architecture", "rows", "train", "evaluate")


@pytest.fixture(scope="session")
def recipe() -> Iterator[SimpleNamespace]:
    sys.path.insert(0, str(FOLDER))
    names = [*MODULES, *NEED_TORCH]
    try:
        yield SimpleNamespace(**{name: importlib.import_module(name) for name in names})
    finally:
        sys.path.remove(str(FOLDER))
        for name in names:
            sys.modules.pop(name, None)
