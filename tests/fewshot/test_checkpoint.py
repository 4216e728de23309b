"""`sensorium fewshot` with checkpoints of this machine: Mllama gets a canvas and says so, Idefics3 turn by turn."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from coloured import saved

os.environ["HF_HUB_OFFLINE"] = "1"
tiny = pytest.importorskip("tiny")

from sensorium.cli.main import main  # noqa: E402 - after the environment is set


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SENSORIUM_CONFIG", str(tmp_path / "config.toml"))
    saved(tmp_path)
    return tmp_path


def fewshot(folder: Path, out: str, *arguments: str, scheme: str = "transformers") -> Result:
    words = ("--shots", "2", "--pick", "random", "--controls", "vote", "--most", "2", "--max-tokens", "3", "--json")
    name = f"{scheme}:{folder}"
    return CliRunner().invoke(main, ["fewshot", "colours.jsonl", "--model", name, "--out", out, *words, *arguments])


def test_mllama_gets_one_canvas_unless_told_otherwise(here: Path) -> None:
    folder = tiny.mllama(here / "mllama")
    collage = fewshot(folder, "a")
    assert collage.exit_code == 0, collage.output
    assert "advise one picture" in collage.stderr
    assert json.loads(collage.stdout)["place"] == "collage"
    turns = fewshot(folder, "b", "--place", "interleave")
    assert turns.exit_code == 0 and "advise" not in turns.stderr
    assert json.loads(turns.stdout)["place"] == "interleave"


def test_idefics3_gets_turns(here: Path) -> None:
    result = fewshot(tiny.idefics3(here / "idefics3"), "a")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["place"] == "interleave" and found["rows"][0]["input_tokens"] > 20
    assert [row["condition"] for row in found["rows"]] == ["examples", "majority vote"]


@pytest.mark.parametrize("scheme", ["vilt", "blip", "git"])
def test_the_classics_are_measured_without_examples_and_say_where_they_have_no_room(here: Path, scheme: str) -> None:
    make = {"vilt": tiny.vilt, "blip": lambda folder: tiny.blip(folder, answers=True), "git": tiny.git}[scheme]
    name = make(here / "m")
    if scheme == "git":
        name = name.with_name("m?task=question")
    alone = fewshot(name, "a", "--shots", "0", scheme=scheme)
    assert alone.exit_code == 0, alone.output
    assert json.loads(alone.stdout)["rows"][0]["score"]["n"] == 2
    shown = fewshot(name, "b", scheme=scheme)
    assert shown.exit_code == 2 and "tokens" in shown.stderr and "Traceback" not in shown.output
