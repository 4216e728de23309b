"""`sensorium new`, as it is typed: options, a pipe, a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sensorium.cli.main import main


def run(*arguments: str, piped: str | None = None) -> Result:
    return CliRunner().invoke(main, ["new", *arguments], input=piped)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_defaults_make_a_project(here: Path) -> None:
    result = run('Tom\'s "best" café', "--yes")
    assert result.exit_code == 0 and result.stdout == "toms-best-cafe\n"
    assert "python -m toms_best_cafe" in result.stderr
    assert (here / "toms-best-cafe" / "toms_best_cafe" / "app.py").is_file()
    assert '# Tom\'s "best" café\n' in (here / "toms-best-cafe" / "README.md").read_text(encoding="utf-8")


def test_answers_are_piped_in_by_words_and_by_numbers(here: Path) -> None:
    result = run("Label reader", piped="1\nfields\nname, expiry date\n\n\n5\n")
    assert result.exit_code == 0, result.output
    schema = (here / "label-reader" / "label_reader" / "schema.py").read_text(encoding="utf-8")
    assert "    name: str | None" in schema and "    expiry_date: str | None" in schema
    asked = [line for line in result.stderr.splitlines() if line.startswith("Question ")]
    assert [line.partition(":")[0] for line in asked] == [f"Question {n}" for n in range(1, 7)]
    assert "SECONDS = 5\n" in (here / "label-reader" / "label_reader" / "app.py").read_text(encoding="utf-8")


def test_money_is_asked_for_only_where_it_can_be_spent(here: Path) -> None:
    result = run("a", piped="picture\nanswer\nen\nhosted\n3\nnone\n")
    assert result.exit_code == 0 and "US dollars a day" in result.stderr
    assert "USD_A_DAY = 3\n" in (here / "a" / "a" / "app.py").read_text(encoding="utf-8")
    assert "OPENAI_API_KEY" in result.stderr
    assert "US dollars" not in run("b", piped="picture\nanswer\nen\nlocal\nnone\n").stderr


def test_json_says_what_was_made() -> None:
    made = json.loads(run("shop", "--takes", "catalogue,speech", "--yes", "--json").stdout)
    assert made["folder"] == "shop" and made["embedder"] == "offline" and made["model"] == ""
    assert made["extras"] == ["offline", "search", "serve", "voice"] and "shop/app.py" in made["files"]


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (("--gives", "moments"), "Moments are parts of a film", "--takes picture,video"),
        (("--gives", "hits"), "come from a catalogue", "--takes picture,catalogue"),
        (("--takes", "catalogue", "--gives", "answer"), "not an answer", "--gives hits"),
        (("--usd-a-day", "2"), "nobody to pay", "--privacy hosted"),
        (("--usd-a-day", "lots"), "not 'lots'", "--usd-a-day 20"),
        (("--takes", "smell"), "'smell' isn't one of", "--takes picture"),
        (("--takes", "p"), "", ""),
        (("--gives", "answer,fields"), "One is wanted", "--gives answer"),
        (("--fields", "dose"), "an answer comes out", "--gives fields"),
        (("--gives", "fields", "--fields", " , ,"), "names no field", "expiry date"),
        (("--fields", ","), "names no field", "expiry date"),
        (("--language", "klingon"), "klingon", "hi"),
        (("--seconds", "0"), "over 0", "--seconds 20"),
        (("--in", "nowhere"), "No folder", "Make it"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_written(
    here: Path, arguments: tuple[str, ...], message: str, hint: str
) -> None:
    result = run("thing", *arguments, "--yes")
    if not message:  # the beginning of a word is enough
        assert result.exit_code == 0
        return
    assert result.exit_code == 2 and message in result.stderr and hint in result.stderr, result.output
    assert list(here.iterdir()) == []


def test_a_pipe_that_ends_too_early_writes_nothing(here: Path) -> None:
    result = run("thing", piped="picture\n")
    assert result.exit_code == 2 and "'What comes out?' was answered" in result.stderr and "--yes" in result.stderr
    assert list(here.iterdir()) == []


def test_a_folder_that_exists_is_untouched_and_nothing_is_asked(here: Path) -> None:
    (here / "mine").mkdir()
    (here / "mine" / "README.md").write_text("mine")
    result = run("mine", piped="picture\n")
    assert result.exit_code == 2 and "exists already" in result.stderr and "Question" not in result.stderr
    assert [path.name for path in here.rglob("*")] == ["mine", "README.md"]
    assert (here / "mine" / "README.md").read_text() == "mine"


@pytest.mark.skipif(os.name != "posix", reason="terminals of POSIX")
def test_on_a_terminal_a_wrong_answer_is_asked_again(here: Path) -> None:
    """Each question is lines of plain text, without colours or a moving cursor, as a screen reader needs it."""
    import pty

    outer, inner = pty.openpty()
    command = [sys.executable, "-m", "sensorium", "new", "thing"]
    with subprocess.Popen(command, stdin=inner, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        os.write(outer, b"picture\nmoments\nanswer\n\n\n\n")
        stdout, stderr = process.communicate(timeout=60)
    os.close(outer)
    os.close(inner)
    assert process.returncode == 0 and stdout == "thing\n", stderr
    assert "Add video: --takes picture,video" in stderr or "takes='picture,video'" in stderr
    assert stderr.count("Question 2: What comes out?") == 1 and stderr.count("Answer: ") == 6
    assert "\x1b" not in stderr and "\r" not in stderr
    assert (here / "thing" / "thing" / "app.py").is_file()
