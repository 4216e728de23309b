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
PICTURE, QUESTION, MODEL = re.findall(
    r'^sensorium ask scenes/(test/\S+) "(How many corners .*)" --model (\S+)$', GUIDE, re.M
)[0]
(ANSWER,) = re.findall(r"^The last one answers `(.+?)`", GUIDE, re.M)
"""The tutorial's last question, and what it says that the answer is."""


def draw(*options: str) -> None:
    """Type what the tutorial says to draw, into the present folder."""
    drawing = re.findall(r"^python (recipes/starter/draw\.py .*)$", GUIDE, re.M)
    assert len(drawing) == 2
    for line in drawing:
        words = [*line.split(), *options]
        subprocess.run([sys.executable, str(ROOT / words[0]), *words[1:]], check=True, capture_output=True, timeout=300)


def test_its_last_question_is_the_pictures_own_and_its_answer_the_right_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    draw("--train", "1", "--heldout", "1", "--test", "500")  # as many to ask as in the tutorial: which is the first?
    rows = [json.loads(line) for line in Path("scenes/corners.jsonl").read_text().splitlines()]
    (row,) = [row for row in rows if row["image"] == PICTURE]
    assert (row["question"].casefold(), row["answer"]) == (QUESTION.casefold(), ANSWER)


@pytest.mark.slow
def test_what_it_teaches_ends_in_the_right_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from sensorium.cli.main import main
    from sensorium.tune.recipe import from_toml

    monkeypatch.chdir(tmp_path)
    draw("--train", "200", "--heldout", "4", "--test", "12")  # 50 of its 250 steps: then it knows the family
    (toml,) = re.findall(r"```toml\n(.*?)```", GUIDE, re.S)
    plan = replace(from_toml(toml), max_steps=50, eval_steps=50)
    Path("recipe.toml").write_text(plan.to_toml(), encoding="utf-8")
    for words in (["tune", "recipe.toml", "--quiet"], ["ask", f"scenes/{PICTURE}", QUESTION, "--model", MODEL]):
        with pytest.raises(SystemExit) as left:
            main(words)
        assert not left.value.code
    assert capsys.readouterr().out.splitlines()[-1] == ANSWER


def test_what_it_says_to_type_works(
    recipe: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from sensorium import Conversation, Image, ask, load
    from sensorium.cli.main import main
    from sensorium.tune.recipe import from_toml

    monkeypatch.chdir(tmp_path)
    draw("--train", "48", "--heldout", "4", "--test", "12")
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

    asked = Conversation.of(Image(f"scenes/{PICTURE}"), QUESTION)
    names = ("transformers:starter+adapter", "starter:+adapter", "transformers:adapter")
    assert len({ask(load(name), asked).text for name in names}) == 1
