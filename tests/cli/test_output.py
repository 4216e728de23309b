"""An answer on standard output; what belongs to it, but is no part of it, on standard error."""

from __future__ import annotations

import json

import pytest

from sensorium.cli import output
from sensorium.core.messages import Conversation
from sensorium.core.reply import Reply

CHAT = Conversation.of("What is this?")
ANSWER = Reply("I can't tell.", abstained=True, suggestion="To ask a larger model, type: sensorium use gemini")


def test_a_suggestion_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    output.reply(ANSWER, CHAT, in_json=False, quiet=False)
    printed = capsys.readouterr()
    assert printed.out == "I can't tell.\n"
    assert ANSWER.suggestion in printed.err.splitlines()


def test_quiet_prints_only_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    output.reply(ANSWER, CHAT, in_json=False, quiet=True)
    assert tuple(capsys.readouterr()) == ("I can't tell.\n", "")


def test_json_holds_the_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    output.reply(ANSWER, CHAT, in_json=True, quiet=False)
    assert json.loads(capsys.readouterr().out)["suggestion"] == ANSWER.suggestion
