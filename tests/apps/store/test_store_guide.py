"""The guide docs/store.md: its Python runs, and its requests get what it says."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import requests

pytest.importorskip("lancedb")
from served import serve
from shop import photos
from shop_catalogue import made_shop

GUIDE = (Path(__file__).parents[3] / "docs" / "store.md").read_text(encoding="utf-8")


def test_its_python_makes_the_app_that_its_requests_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_shop(tmp_path)
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE, re.S)
    names: dict[str, object] = {}
    exec(code, names)
    (stated,) = re.findall(r"Both answer `\{(.*?)\}`", GUIDE)
    keys = re.findall(r'"(\w+)":', stated)
    with serve(names["app"]) as address:
        words = requests.get(f"{address}/api/search?q=red+shoes&k=5", timeout=60)
        photo = requests.post(
            f"{address}/api/search", files={"photo": ("shoe.jpg", photos()["cat"])}, timeout=60,
            data={"words": "in red", "filters": '{"price": {"most": 40}}'},
        )  # fmt: skip
    assert list(words.json()) == list(photo.json()) == keys
    assert all(product["price"]["value"] <= 40 for product in photo.json()["products"])


def test_its_commands_are_commands_and_its_pictures_are_there() -> None:
    from sensorium.cli.main import COMMANDS

    commands = re.findall(r"^sensorium (\w+)", GUIDE, re.M)
    assert commands and all(command in COMMANDS for command in commands)
    for link in re.findall(r"\]\(([^)#:]+)\)", GUIDE):
        assert os.path.exists(Path(__file__).parents[3] / "docs" / link), link
