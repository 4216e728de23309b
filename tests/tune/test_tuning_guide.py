"""docs/tuning.md: its recipe is one, its Python runs, its table names every key with what it is by default."""

from __future__ import annotations

import json
import re
from dataclasses import MISSING, fields
from pathlib import Path

import PIL.Image
import pytest

pytest.importorskip("trl")
import tiny

from sensorium.tune.recipe import Recipe, from_toml

GUIDE = (Path(__file__).parents[2] / "docs/tuning.md").read_text(encoding="utf-8")
(RECIPE,) = re.findall(r"```toml\n(.*?)```", GUIDE, re.S)


def test_its_recipe_and_its_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    base = from_toml(RECIPE).base
    tiny.idefics3(Path(base))
    PIL.Image.new("RGB", (32, 32)).save("tin.png")
    row = {"image": "tin.png", "question": "Which tea is this?", "answer": "Assam"}
    Path("mine.jsonl").write_text("".join(json.dumps(row | {"split": split}) + "\n" for split in ("train", "test")))
    Path("recipe.toml").write_text(RECIPE)
    (program,) = re.findall(r"```python\n(.*?)```", GUIDE, re.S)
    exec(compile(program, "docs/tuning.md", "exec"), {})
    assert capsys.readouterr().out.splitlines()[-1].startswith(f"transformers:{base}+adapter 0.0 ")


def test_its_table_has_every_key_and_what_it_is_by_default() -> None:
    rows = [line.split("|") for line in GUIDE.splitlines() if line.startswith("| `")]
    table: dict[str, str] = {}
    for row in rows:
        keys, values = (re.findall(r"`(.*?)`", cell) for cell in row[1:3])
        table |= dict(zip(keys, values or [""] * len(keys), strict=False))
    for each in fields(Recipe):
        assert each.name in table, each.name
        if each.default is not MISSING:
            written = from_toml(f'base = "b"\ntask = "t"\noutput_dir = "o"\n{each.name} = {table[each.name]}\n')
            assert getattr(written, each.name) == each.default, each.name
