"""docs/compare.md: its commands run, and its table of options has those that there are."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner
from coloured import saved

from sensorium.cli.compare import compare
from sensorium.cli.main import main

GUIDE = (Path(__file__).parents[3] / "docs/compare.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", GUIDE, re.S) for line in block.splitlines() if line]


@pytest.mark.parametrize("command", [line for line in COMMANDS if line.startswith("sensorium compare ")])
def test_a_command_of_the_guide_runs(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SENSORIUM_CONFIG", str(tmp_path / "config.toml"))
    saved(tmp_path).rename(tmp_path / "mine.jsonl")
    result = CliRunner().invoke(main, shlex.split(command)[1:])
    assert result.exit_code == 0, result.output
    assert "majority" in result.stdout


def test_options_of_the_guide_are_known() -> None:
    flags = {flag for option in compare.params for flag in option.opts}
    named = set(re.findall(r"`(--[\w-]+)", GUIDE))
    assert named and named <= flags, named - flags
