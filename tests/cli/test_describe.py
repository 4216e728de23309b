"""`sensorium describe`: each file's answer, and files that can't be opened."""

from __future__ import annotations

import gc
import json
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from strange import saved

from sensorium import Conversation, Delta, Image, Limits, Options, Text
from sensorium.backends.fake import Fake
from sensorium.cli.main import main


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_describe_asks_about_each_file(here: Path, model: Fake) -> None:
    result = run("describe", "a.jpg", "b.png")
    assert result.stdout == "'a.jpg':\nIt is 9.90.\n'b.png':\nIt is 9.90.\n"
    assert [chat.messages[0].parts[0] for chat in model.asked] == [Image("a.jpg"), Image("b.png")]
    assert all(isinstance(chat.messages[0].parts[1], Text) for chat in model.asked)
    assert run("describe", "a.jpg", "-q").output == "It is 9.90.\n"


def test_describe_as_json_is_one_line_a_file(here: Path, model: Fake) -> None:
    lines = run("describe", "a.jpg", "b.png", "--json").stdout.splitlines()
    found = [json.loads(line) for line in lines]
    assert [(one["file"], one["text"]) for one in found] == [("a.jpg", "It is 9.90."), ("b.png", "It is 9.90.")]


@pytest.mark.parametrize("command", ["describe", "read", "chart"])
def test_a_broken_file_among_others_is_said_and_the_others_follow(command: str, here: Path, model: Fake) -> None:
    (here / "cut.jpg").write_bytes(saved("JPEG")[:-400])
    result = run(command, "a.jpg", "cut.jpg", "gone.jpg", "b.png", "--json")
    assert result.exit_code == 2
    assert [json.loads(line)["file"] for line in result.stdout.splitlines()] == ["a.jpg", "b.png"]
    said = result.stderr.splitlines()
    assert len(said) == 4 and "'cut.jpg' is broken" in said[0] and "No file 'gone.jpg'" in said[2]


def test_describe_takes_files_only(here: Path, model: Fake) -> None:
    result = run("describe", "What is this?")
    assert result.exit_code == 2 and "No file 'What is this?'." in result.stderr
    assert model.asked == []


class Forgetful:
    """A Model that counts how many of the conversations that it was asked before are still in memory."""

    name = "forgetful"
    limits = Limits()

    def __init__(self) -> None:
        self.asked: list[weakref.ref[Conversation]] = []
        self.alive: list[int] = []

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        gc.collect()
        self.alive.append(sum(one() is not None for one in self.asked))
        self.asked.append(weakref.ref(chat))
        yield Delta("x")


def test_many_files_are_not_held_in_memory(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Forgetful()
    monkeypatch.setattr("sensorium.cli.inputs.load", lambda name: model)
    gc.collect()
    gc.freeze()  # what other tests have left need not be looked through
    try:
        assert run("describe", *["a.jpg", "b.png"] * 4, "-q").exit_code == 0
    finally:
        gc.unfreeze()
    assert len(model.asked) == 8 and max(model.alive) <= 1
