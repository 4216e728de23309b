"""`sensorium doctor`: findings, what to type, and the exit code."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sensorium.cli import doctor
from sensorium.cli.doctor import Check
from sensorium.cli.main import main
from sensorium.core.errors import InstallError


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SENSORIUM_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.delenv("SENSORIUM_MODEL", raising=False)
    return tmp_path / "config.toml"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["doctor", *arguments])


def test_everything_is_really_looked_at(config: Path) -> None:
    result = run("--json")
    found = json.loads(result.stdout)
    by_name = {check["name"]: check for check in found["checks"]}
    assert by_name["Extra offline"]["ready"] is True
    for what in ("reading text", "naming things", "understanding words"):
        assert by_name[f"Weights for {what}"]["ready"] is True
    assert by_name["Hearing and speaking offline"]["ready"] is True, by_name["Hearing and speaking offline"]
    assert by_name["Chosen model"]["detail"] == "offline"
    assert str(config) in by_name["Settings"]["detail"]
    assert by_name["The offline model answers"]["ready"] is True, by_name["The offline model answers"]
    assert found["works"] is True and result.exit_code == 0


def test_an_extra_that_is_not_installed_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    needs = ["click>=8", 'no-such-package>=1; extra == "voice"', "click; extra == 'voice'", "ruff; extra == 'dev'"]
    monkeypatch.setattr(metadata, "requires", lambda name: needs)
    (found,) = doctor._extras()
    assert str(found) == 'Extra voice: not ready; without no-such-package. Type: pip install "sensorium[voice]"'


def test_weights_that_are_wrong_are_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(_: object) -> None:
        raise InstallError("The file is not the expected one.", "Type: pip install x")

    monkeypatch.setattr("sensorium.eyes.question.sentence_vectors.vectors", wrong)
    found = [check for check in doctor._weights() if check.ready is False]
    assert [str(check) for check in found] == [
        "Weights for understanding words: not ready; The file is not the expected one. Type: pip install x"
    ]


def test_a_missing_language_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "sensorium.eyes.ocr.tesseract.missing_languages", lambda: {"Hindi": "apt install tesseract-ocr-hin"}
    )
    assert str(doctor._scripts()[1]).endswith("Type: apt install tesseract-ocr-hin")


def test_an_offline_model_that_fails_gives_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr("sensorium.load", fail)
    result = run()
    assert result.exit_code == 1
    assert "The offline model answers: not ready; RuntimeError: out of order." in result.stdout
    assert "Traceback" not in result.output


def test_broken_settings_are_a_finding(config: Path) -> None:
    config.write_text("model = [")
    assert "Chosen model: not ready; The settings in" in "\n".join(map(str, doctor._settings()))


def test_quiet_prints_only_what_needs_doing(monkeypatch: pytest.MonkeyPatch) -> None:
    made = [
        Check("A", True, "fine"),
        Check("B", False, "gone", "Type: b"),
        Check("C", None, "told"),
        Check("D", True, ""),
    ]
    monkeypatch.setattr(doctor, "all_checks", lambda: made)
    result = run("--quiet")
    assert (result.exit_code, result.stdout) == (0, "B: not ready; gone. Type: b\n")
    assert run().stdout == "A: ready; fine.\nB: not ready; gone. Type: b\nC: told.\nD: ready.\n"
