"""`sensorium fewshot` and `ask --examples`, from files to table and picture, with real weights and with Fake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from coloured import copier, picture, saved

from sensorium.backends.fake import Fake
from sensorium.cli import inputs, options
from sensorium.cli.main import main
from sensorium.core.messages import Image
from sensorium.core.protocols import Limits
from sensorium.fewshot import LAYOUTS, SELECTIONS
from sensorium.registry import load


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SENSORIUM_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.delenv("SENSORIUM_MODEL", raising=False)
    saved(tmp_path)
    return tmp_path


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Return a Fake that copies the last example, in the place of the chosen model."""
    fake = Fake(copier, name="copier")

    def loading(name: str | None = None, role: str = "model") -> object:
        return fake if role == "model" else load(name, role)

    monkeypatch.setattr("sensorium.registry.load", loading)
    monkeypatch.setattr(inputs, "load", loading)
    monkeypatch.setenv("SENSORIUM_MODEL", "copier")
    return fake


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_a_measurement_with_real_weights(here: Path) -> None:
    result = run("fewshot", "colours.jsonl", "--model", "offline:prototypes", "--shots", "0,4", "--pick", "balanced")
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0].startswith("No examples: 0.000") and "can't tell 8 times" in lines[0]
    assert lines[1].startswith("4 examples: 1.000 (1.000 to 1.000, n=8)")
    assert lines[2].startswith("  majority vote: 0.250") and lines[3].startswith("  without pictures: 0.000")
    assert lines[4].startswith("  shuffled order: 1.000") and len(lines) == 5
    assert "32 questions to ask: 8 under each condition, interleave." in result.stderr
    made = here / "fewshot-colours"
    assert sorted(path.name for path in made.iterdir()) == [
        "records.jsonl", "report.json", "scores.png", "settings.json", "table.csv"
    ]  # fmt: skip
    assert (made / "scores.png").read_bytes().startswith(b"\x89PNG")


def test_the_offline_model_gives_way_to_the_one_that_learns(here: Path) -> None:
    result = run("fewshot", "colours.jsonl", "--shots", "1", "--controls", "none", "--most", "2")
    assert "offline:prototypes answers by them" in result.stderr and "1 example: 1.000" in result.stdout


def test_as_json_and_resumed(here: Path, model: Fake) -> None:
    arguments = ("fewshot", "colours.jsonl", "--shots", "0,2", "--pick", "random", "--out", "out", "--json")
    first = run(*arguments)
    assert first.exit_code == 0 and first.stderr == "32 questions to ask: 8 under each condition, interleave.\n"
    found = json.loads(first.stdout)
    assert (found["model"], found["pick"], found["folder"], len(found["rows"])) == ("copier", "random", "out", 5)
    asked = len(model.asked)
    assert json.loads(run(*arguments).stdout) == found and len(model.asked) == asked
    other = run(*arguments, "--seed", "1")
    assert other.exit_code == 2 and "holds another run: its seed is 0, not 1" in other.stderr


def test_a_model_for_one_picture_gets_a_canvas_and_says_so(here: Path, model: Fake) -> None:
    model.limits = Limits(advised_images=1)
    arguments = ("fewshot", "colours.jsonl", "--shots", "2", "--pick", "random", "--controls", "none", "--most", "1")
    result = run(*arguments, "--out", "a")
    assert "copier: Its makers advise one picture" in result.stderr and "collage." in result.stderr
    assert sum(isinstance(part, Image) for part in model.asked[-1].parts) == 1
    over = run(*arguments, "--out", "b", "--place", "interleave")
    assert "advise" not in over.stderr
    assert sum(isinstance(part, Image) for part in model.asked[-1].parts) == 3


def test_columns_of_other_names_and_a_task_without_splits(here: Path, model: Fake) -> None:
    rows = [f"{colour}-{n}.png,{colour}" for colour in ("red", "blue") for n in (0, 1, 2, 20, 21)]
    (here / "labels.csv").write_text("\n".join(["file,label", *rows]))
    columns = ("--column", "image=file", "--column", "answer=label", "--question", "Which?")
    result = run("fewshot", "labels.csv", *columns, "--shots", "2", "--controls", "vote")
    assert result.exit_code == 0 and "half of it is picked from, half is asked (seed 0)" in result.stderr
    assert "2 examples: 1.000 (1.000 to 1.000, n=5)" in result.stdout
    assert model.asked[0].messages[-1].text == "Which?"


def test_closed_tells_the_answers_that_there_are(here: Path, model: Fake) -> None:
    result = run("fewshot", "colours.jsonl", "--shots", "0", "--closed", "--json")
    assert model.asked[0].messages[-1].text.endswith("Answer with one of: blue, green, orange, red.")
    assert json.loads(result.stdout)["metric"] == "choice"


def test_a_broken_picture_counts_as_a_failure_and_the_others_follow(here: Path, model: Fake) -> None:
    (here / "red-20.png").write_bytes(b"broken")
    result = run("fewshot", "colours.jsonl", "--shots", "1", "--pick", "nearest", "--controls", "vote", "-q")
    assert result.exit_code == 2 and "red-20.png" in result.stderr
    assert "1 example: 0.875 (0.625 to 1.000, n=8)" in result.stdout
    assert "1 of 8 failed and score 0 (1 broken file; 12.5%, 2.2% to 47.1%)" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("gone.jsonl",), "No file 'gone.jsonl'"),
        (("colours.jsonl", "--shots", "a"), "comma-separated integers, not 'a'"),
        (("colours.jsonl", "--shots", "99"), "99 examples were asked for, and 12 may be picked"),
        (("colours.jsonl", "--controls", "magic"), "Unknown control 'magic'"),
        (("colours.jsonl", "--test", "dev"), "no split 'dev'; it has 'train', 'test'"),
        (("colours.jsonl", "--column", "image"), "OURS=THEIRS"),
        (("colours.jsonl", "--metric", "choice", "--shots", "0"), "has no choices"),
        (("colours.jsonl", "--pick", "nearest", "--embedder", "fake"), "'fake' has no embedder"),
    ],
)
def test_the_users_mistakes(here: Path, model: Fake, arguments: tuple[str, ...], said: str) -> None:
    result = run("fewshot", *arguments)
    assert result.exit_code == 2 and said in result.stderr, result.stderr


def test_ask_with_examples_before_the_question(here: Path, model: Fake) -> None:
    result = run("ask", "blue-20.png", "Which colour?", "--examples", "colours.jsonl", "--shots", "3")
    assert (result.exit_code, result.stdout) == (0, "blue\n")
    (chat,) = model.asked
    assert [m.role for m in chat.messages] == ["user", "assistant"] * 3 + ["user"]
    assert chat.messages[-1].parts[0] == picture("blue", 20)
    test_pictures = {picture(c, n).blob.digest for c in ("red", "orange", "blue", "green") for n in (20, 21)}
    shown = {p.blob.digest for m in chat.messages[:-1] for p in m.parts if isinstance(p, Image)}
    assert len(shown) == 3 and not shown & test_pictures


def test_ask_takes_four_examples_where_nothing_is_said(here: Path, model: Fake) -> None:
    run("ask", "blue-20.png", "Which colour?", "--examples", "colours.jsonl")
    assert len(model.asked[0].messages) == 9


def test_ask_with_examples_and_real_weights(here: Path) -> None:
    result = run(
        "ask", "green-20.png", "Which colour?", "--examples", "colours.jsonl", "--shots", "4", "--pick", "balanced"
    )
    assert result.stdout == "green\n" and "most like example" in result.stderr
    every = run("ask", "green-20.png", "Which colour?", "--examples", "colours.jsonl", "--json")
    found = json.loads(every.stdout)
    assert found["text"] == "green" and found["confidence"] > 0.4  # of all twelve: three an answer
    quiet = run("ask", "green-20.png", "Which?", "--examples", "colours.jsonl", "-q", "--place", "text")
    assert quiet.stderr == "" and quiet.stdout.startswith("I can't tell. The question has no examples")


def test_the_words_of_the_options_are_those_of_fewshot() -> None:
    import click

    @click.command()
    @options.pick
    @options.placing
    def command() -> None: ...

    kinds = {parameter.name: parameter.type for parameter in command.params}
    assert isinstance(kinds["pick"], click.Choice) and tuple(kinds["pick"].choices) == SELECTIONS
    assert isinstance(kinds["placing"], click.Choice) and tuple(kinds["placing"].choices) == LAYOUTS
