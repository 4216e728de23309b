"""`sensorium haystack`: films and pictures in, maps out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from coloured import picture
from planted_films import RED, CountingColours, planted_film

from sensorium.cli.main import main
from sensorium.registry import load


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)
    planted_film(tmp_path / "a.mp4", 6.0, ())
    for folder, colours in (("needles", ("red", "orange")), ("hay", ("blue", "green"))):
        (tmp_path / folder).mkdir()
        for colour in colours:
            for number in range(1 if folder == "needles" else 4):
                (tmp_path / folder / f"{colour}{number}.png").write_bytes(picture(colour, number).blob.data)
    (tmp_path / "red.png").write_bytes(RED.blob.data)

    def loaded(name: str | None, role: str = "model") -> object:
        return CountingColours() if role == "embedder" else load(name)

    monkeypatch.setattr("sensorium.registry.load", loaded)
    return lambda *arguments: CliRunner().invoke(main, ["haystack", *arguments])


def test_in_films(tmp_path: Path, run: Callable[..., Result]) -> None:
    result = run("--needles", "red.png", "--films", "a.mp4", "--lengths", "20,60", "--depths", "0,1", "--json")
    assert result.exit_code == 0, result.output
    value = json.loads(result.stdout)
    assert [cell["mean"] for cell in value["maps"][0]["cells"]] == [1.0] * 4
    assert {path.name for path in (tmp_path / "haystack").iterdir()} >= {"haystack.json", "haystack.html"}
    assert len(json.loads((tmp_path / "haystack/haystack.json").read_text())["trials"]) == 4


def test_among_pictures_with_a_model_and_the_embedder(tmp_path: Path, run: Callable[..., Result]) -> None:
    common = ("--needles", "needles", "--among", "hay", "--counts", "3,6", "--depths", "0,1", "--out", "o")
    result = run(*common, "--model", "fake:1")
    assert result.exit_code == 0, result.output
    assert "Asking fake:1 12 questions" in result.stderr
    assert (
        "fake:1, by picture, share found (n=2 a cell):\n  depth 0%: 3 pictures 1.00, 6 pictures 1.00" in result.stdout
    )
    assert "depth 100%: 3 pictures 0.00" in result.stdout and "depth no needle" in result.stdout
    assert (tmp_path / "o/answers/records.jsonl").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--needles", "red.png"], "made of films or of pictures"),
        (["--needles", "red.png", "--films", "a.mp4", "--among", "hay"], "made of films or of pictures"),
        (["--needles", "red.png", "--films", "a.mp4", "--lengths", "long"], "--lengths takes comma-separated numbers"),
        (["--needles", "red.png", "--films", "a.mp4", "--depths", "2"], "not from 0 to 1"),
        (["--needles", "needles", "--films", "a.mp4", "--text", "x"], "2 needles have 1 texts"),
        (["--needles", "red.png", "--among", "hay", "--counts", "99"], "can't be made of 8"),
    ],
)
def test_mistakes_are_told(run: Callable[..., Result], arguments: list[str], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2 and said in result.stderr, result.output
