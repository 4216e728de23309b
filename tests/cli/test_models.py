"""`sensorium models` and `use`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sensorium import registry
from sensorium.cli.main import main


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "inner" / "config.toml"
    monkeypatch.setenv("SENSORIUM_CONFIG", str(path))
    monkeypatch.delenv("SENSORIUM_MODEL", raising=False)
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_use_is_kept_and_answers(config: Path) -> None:
    result = run("use", "fake:A red bus.")
    assert (result.exit_code, result.stdout) == (0, "From now on fake:A red bus. answers.\n")
    assert config.exists()
    assert run("ask", "What is this?", "-q").stdout == "A red bus.\n"
    assert run("ask", "What is this?", "-q", "--model", "fake:A cat.").stdout == "A cat.\n"


def test_use_quiet_and_json(config: Path) -> None:
    assert run("use", "fake", "--quiet").output == ""
    assert json.loads(run("use", "fake", "--json").stdout) == {"model": "fake", "config": str(config)}


def test_use_of_what_there_is_not_changes_nothing(config: Path) -> None:
    result = run("use", "ofline")
    assert result.exit_code == 2 and "Did you mean 'offline'?" in result.stderr
    assert not config.exists()


def test_models_lists_each_on_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    made = registry.ModelInfo("other:big", "is big", ("text",), False, 'Type: pip install "sensorium[other]"')
    known = registry.known_models()
    monkeypatch.setattr(registry, "known_models", lambda: (*known, made))
    lines = run("models").stdout.splitlines()
    assert lines[0].startswith("offline (chosen): ")
    assert lines[-1] == 'other:big: not installed. It is big. Type: pip install "sensorium[other]"'
    assert "other:big" not in run("models", "--quiet").stdout.splitlines()


def test_models_as_json() -> None:
    found = [json.loads(line) for line in run("models", "--json").stdout.splitlines()]
    assert [row["name"] for row in found if row["chosen"]] == ["offline"]
    assert {"name", "summary", "parts", "ready", "hint", "chosen"} == set(found[0])


def test_broken_settings_are_said(config: Path) -> None:
    config.parent.mkdir()
    config.write_text("model = [")
    result = run("models")
    assert result.exit_code == 2 and "can't be read" in result.stderr and "sensorium use offline" in result.stderr
    assert run("use", "offline").exit_code == 0
    assert run("models").exit_code == 0


def test_settings_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENSORIUM_CONFIG", "/dev/null/config.toml")
    result = run("use", "fake")
    assert result.exit_code in (1, 2) and len(result.stderr.splitlines()) == 2
