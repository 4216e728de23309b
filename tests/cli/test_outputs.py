"""Results never replace what they are made from, and what can't be written is told before the work begins."""

from __future__ import annotations

import json
import wave
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from strange import saved

from sensorium.cli.main import main


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Return the contents of a folder with pictures, a recording, a data set, a folder of classes and an adapter."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SENSORIUM_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    Path("cup.jpg").write_bytes(saved("JPEG"))
    with wave.open("ask.wav", "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16000)
        out.writeframes(bytes(32000))
    row = {"image": "cup.jpg", "question": "What is this?", "answer": "a cup"}
    Path("mine.jsonl").write_text(f"{json.dumps(row)}\n")
    for name in ("cups", "teas"):
        Path("classes", name).mkdir(parents=True)
        Path("classes", name, "1.jpg").write_bytes(saved("JPEG"))
    Path("adapter").mkdir()
    Path("adapter/adapter_config.json").write_text("{}")
    Path("heat-map.png").write_bytes(saved("PNG"))
    return contents()


def contents() -> dict[str, bytes]:
    found = (path for path in Path().rglob("*") if path.is_file() and path.parts[0] not in ("cache", "config.toml"))
    return {str(path): path.read_bytes() for path in found}


def run(command: str) -> Result:
    return CliRunner().invoke(main, command.split())


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("talk cup.jpg ask.wav --speak ask.wav", "would replace"),
        ("talk cup.jpg ask.wav --speak cup.jpg", "would replace"),
        ("talk cup.jpg ask.wav --speak nowhere/a.wav", "No such folder"),
        ("say hello --out nowhere/a.wav", "No such folder"),
        ("say hello --out classes", "is a folder"),
        ("evaluate adapter --out adapter/adapter_config.json", "would replace"),
        ("evaluate adapter --task mine.jsonl --out mine.jsonl", "would replace"),
        ("evaluate adapter --out nowhere/r.html", "No such folder"),
        ("data preview mine.jsonl --out mine.jsonl", "would replace"),
        ("data preview mine.jsonl --out ./cup.jpg", "would replace"),
        ("data card mine.jsonl --out cup.jpg", "would replace"),
        ("data card classes --out classes/teas/1.jpg", "would replace"),
        ("data split classes --out classes", "would replace"),
        ("data split classes --out classes/new", "would replace"),
        ("data mix mine.jsonl classes=2 --out classes/new", "would replace"),
        ("data split mine.jsonl --out cup.jpg", "a file, not a folder"),
        ("haystack --needles cup.jpg --among heat-map.png --out .", "would replace"),
        ("haystack --needles classes/cups --among classes/teas --out classes/teas", "taken for one of its pictures"),
        ("haystack --needles cup.jpg --among classes/teas --out cup.jpg", "a file, not a folder"),
        ("merge adapter --out cup.jpg", "a file, not a folder"),
        ("merge adapter --out adapter", "is not empty"),
    ],
)
def test_an_input_is_never_replaced(files: dict[str, bytes], command: str, message: str) -> None:
    result = run(command)
    assert result.exit_code == 2 and message in result.stderr, result.output
    assert contents() == files


def test_a_result_beside_its_inputs_is_written_again(files: dict[str, bytes]) -> None:
    for command in ("data card mine.jsonl --out README.md", "data preview mine.jsonl --out p.html") * 2:
        assert run(command).exit_code == 0
    split = run("data split mine.jsonl --out split --shares train=1")
    assert split.exit_code == 0, split.output
    assert run("data card split --out split/README.md").exit_code == 0
    again = run("data split mine.jsonl --out split --shares train=1")
    assert again.exit_code == 2 and "holds a task already" in again.stderr
