"""What docs/voice.md shows is run."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
import skimage
from click.testing import CliRunner

from sensorium import load
from sensorium.backends.piper import Piper
from sensorium.cli.main import main

DOC = Path(__file__).parents[2] / "docs" / "voice.md"


def test_the_python_runs_and_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", DOC.read_text(encoding="utf-8"), re.S)
    monkeypatch.chdir(tmp_path)
    shutil.copy(Path(skimage.__file__).parent / "data" / "chelsea.png", "photo.jpg")
    Path("question.wav").write_bytes(Piper(variation=0.0).speak("What is this?", "en").blob.data)
    exec(compile(code, str(DOC), "exec"), {})
    said = capsys.readouterr().out
    assert said.startswith("What is this? -> It is a cat.") and "speak piper" in said
    assert Path("answer.wav").stat().st_size > 10_000


def test_the_plan_that_is_shown_is_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = re.search(r"\$ sensorium (talk .*)\n((?:.+\n)+?)```", DOC.read_text(encoding="utf-8"))
    assert found is not None
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SARVAM_API_KEY", "k")
    for name in ("SENSORIUM_MODEL", "SENSORIUM_LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SENSORIUM_CONFIG", str(tmp_path / "config.toml"))
    shutil.copy(Path(skimage.__file__).parent / "data" / "chelsea.png", "photo.jpg")
    Path("question.wav").write_bytes(load("espeak", "speaker").speak("1", "kok").blob.data)
    result = CliRunner().invoke(main, shlex.split(found.group(1)))
    assert result.output == found.group(2)
