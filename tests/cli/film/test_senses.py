"""`sensorium watch` without a model: real eyes on a short film, a second question, and what isn't installed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from told_films import told_film

from sensorium.cli.film.senses import offline_senses, vocabulary
from sensorium.cli.main import main
from sensorium.core.errors import InstallError
from sensorium.video.answers import Senses


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("SENSORIUM_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.delenv("SENSORIUM_MODEL", raising=False)
    return told_film(tmp_path / "told.mp4", 2.5, [("HARBOUR", 0.8, 2.0)], [(0.5, 1.0)])


def watch(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["watch", *arguments])


def test_the_default_model_answers_offline_and_decodes_once(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = watch("told.mp4", "When does the sign say HARBOUR?", "--hear", "none", "--json")
    assert result.exit_code == 0, result.output
    reply = json.loads(result.stdout)
    assert (reply["route"], reply["abstained"]) == ("offline", False)
    (evidence,) = reply["evidence"]
    assert (evidence["text"], evidence["source"]) == ("HARBOUR", "read")
    assert [evidence["start"], evidence["end"]] == pytest.approx([0.8, 2.0], abs=0.2)
    assert any("sound was not heard" in note for note in reply["notes"])

    def decode(*_: object) -> None:
        raise AssertionError("decoded again")

    monkeypatch.setattr("sensorium.video.answers.looking.one_pass.every_frame", decode)
    again = watch("told.mp4", "Is EXIT on the screen?", "--hear", "none", "-q")
    assert (again.exit_code, again.stdout[:3]) == (0, "No.")
    declined = watch("told.mp4", "Why is it blue?", "--hear", "none", "-q")
    assert declined.exit_code == 3 and "I can tell when" in declined.stdout


def test_a_picture_in_the_question_is_refused_with_what_to_type(film: Path) -> None:
    from strange import saved

    Path("bag.png").write_bytes(saved("PNG"))
    result = watch("told.mp4", "bag.png", "When is this seen?", "--hear", "none")
    assert result.exit_code == 2 and "sensorium find --like" in result.stderr


def test_a_transcriber_that_is_not_installed_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str, role: str) -> object:
        raise InstallError("whisper needs packages.", 'Type: pip install "sensorium[voice]"')

    from sensorium.registry import load as real

    embedder = real("offline", role="embedder")
    monkeypatch.setattr("sensorium.registry.load", load)
    senses = offline_senses(embedder)
    assert isinstance(senses, Senses) and senses.transcriber is None
    assert "sensorium[voice]" in senses.missing[0] and "sound was not heard" in senses.missing[0]


def test_the_recognisers_words() -> None:
    cat = vocabulary("a cat")
    assert cat is not None and "tabby cat" in cat.names
    assert vocabulary("happiness") is None


def test_without_reading_neither_text_nor_motion_is_looked_for() -> None:
    """Before, `sensorium watch --no-read` read the film all the same if no model was named."""
    from sensorium.registry import load

    senses = offline_senses(load("offline", role="embedder"), "", None, read=False)
    assert (senses.reader, senses.teller) == (None, None) and senses.namer is not None


def test_a_cache_that_can_not_be_used_is_said(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(Path("file").absolute()))
    result = watch("told.mp4", "When does the sign say HARBOUR?", "--hear", "none")
    assert result.exit_code == 2 and "--no-steps" in result.stderr and "rm " not in result.stderr, result.output
