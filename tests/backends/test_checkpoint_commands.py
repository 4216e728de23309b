"""`sensorium ask` and `describe` with a checkpoint of this machine, from the command's words to its output."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tiny
from click.testing import CliRunner, Result
from films import film
from library import noise

from sensorium import Conversation, Image, Options, Video, ask
from sensorium.backends.transformers.chat import model
from sensorium.cli.describe import DESCRIBE
from sensorium.cli.main import main


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.idefics3(tmp_path_factory.mktemp("idefics3"))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SENSORIUM_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "a.png").write_bytes(noise(1).blob.data)
    (tmp_path / "b.png").write_bytes(noise(2).blob.data)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_ask_prints_what_the_checkpoint_says(here: Path, folder: Path) -> None:
    name = f"transformers:{folder}"
    chat = Conversation.of(Image("a.png"), "Which is red?", Image("b.png"))
    expected = ask(model(str(folder)), chat, Options())
    result = run("ask", "a.png", "Which is red?", "b.png", "--model", name, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["text"], found["model"]) == (expected.text, name)
    assert found["usage"]["input_tokens"] == expected.usage.input_tokens
    assert "Loading" not in result.stderr


def test_describe_goes_through_several_pictures(here: Path, folder: Path) -> None:
    result = run("describe", "a.png", "b.png", "--model", f"transformers:{folder}", "--json")
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    made = model(str(folder))
    for line in lines:
        assert line["text"] == ask(made, Conversation.of(Image(line["file"]), DESCRIBE)).text
    assert lines[0]["text"] != lines[1]["text"]


def test_a_film_is_asked_about(here: Path, folder: Path) -> None:
    (here / "film.mp4").write_bytes(film())
    result = run("ask", "film.mp4", "What happens?", "--model", f"transformers:{folder}?frames=2", "--json")
    assert result.exit_code == 0, result.output
    made = model(f"{folder}?frames=2")
    found = json.loads(result.stdout)
    assert found["text"] == ask(made, Conversation.of(Video("film.mp4"), "What happens?")).text
    assert found["usage"]["input_tokens"] > 2 * 34


@pytest.mark.parametrize("kind", ["vilt", "git", "blip"])
def test_the_small_models_answer(kind: str, here: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    made = getattr(tiny, kind)(tmp_path_factory.mktemp(kind))
    result = run("ask", "a.png", "What is in this picture?", "--model", f"{kind}:{made}")
    assert result.exit_code == 0 and result.stdout.strip(), result.output
    assert ("answer: " in result.stderr) == (kind == "vilt")
    assert run("describe", "a.png", "--model", f"{kind}:{made}", "-q").exit_code == 0


@pytest.mark.parametrize(
    ("name", "said", "hint"),
    [
        ("transformers:", "missing", "Try transformers:"),
        ("transformers:./nowhere", "folder './nowhere' does not exist", "ls"),
        ("transformers:some-org/some-model", "not on this machine", "hf download some-org/some-model"),
        ("transformers:x y", "neither a folder nor", "transformers:"),
        ("transformers:a/b?bits=5", "bits is not '5'", "4, 8"),
    ],
)
def test_mistakes_are_said_with_what_to_type(name: str, said: str, hint: str, here: Path) -> None:
    result = run("ask", "a.png", "What?", "--model", name)
    assert result.exit_code in (1, 2)
    assert said in result.stderr and hint in result.stderr and "Traceback" not in result.stderr
