"""docs/starter.md: its recipe is one, its commands run, and what they teach is loaded by the starter's own name."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("trl")
pytest.importorskip("peft")
pytest.importorskip("matplotlib")

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "starter.md").read_text(encoding="utf-8")


def test_what_it_says_to_type_works(
    recipe: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from sensorium import Conversation, Image, ask, load
    from sensorium.cli.main import main
    from sensorium.tune.recipe import from_toml

    monkeypatch.chdir(tmp_path)
    drawing = re.findall(r"^python (recipes/starter/draw\.py .*)$", GUIDE, re.M)
    assert len(drawing) == 2
    for line in drawing:
        words = [*line.split(), "--train", "48", "--heldout", "4", "--test", "12"]
        subprocess.run([sys.executable, str(ROOT / words[0]), *words[1:]], check=True, capture_output=True, timeout=60)

    (toml,) = re.findall(r"```toml\n(.*?)```", GUIDE, re.S)
    plan = from_toml(toml)
    assert plan.base == "starter" and Path(plan.task).exists() and Path(plan.replay).exists()
    short = replace(plan, max_steps=4, eval_steps=4, batch_size=4)
    (tmp_path / "recipe.toml").write_text(short.to_toml(), encoding="utf-8")
    for words in (
        ["tune", "recipe.toml", "--quiet"],
        ["evaluate", "adapter", "--split", "test", "--out", "report.html"],
    ):
        with pytest.raises(SystemExit) as left:
            main([*words, *(["--most", "4", "--shots", "none"] if words[0] == "evaluate" else [])])
        assert not left.value.code
    assert "transformers:starter+adapter" in capsys.readouterr().out
    assert (
        json.loads((tmp_path / "adapter" / "adapter_config.json").read_text())["base_model_name_or_path"] == "starter"
    )
    assert "<h1" in (tmp_path / "report.html").read_text(encoding="utf-8")

    picture = Image("scenes/test/corners-0.png")
    asked = Conversation.of(picture, "How many corners has the red shape?")
    names = ("transformers:starter+adapter", "starter:+adapter", "transformers:adapter")
    assert len({ask(load(name), asked).text for name in names}) == 1
