"""What a candidate is known by, what is private, the majority, and when the clock of a hosted answer begins."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from sensorium.backends.fake import Fake
from sensorium.core.catalog import Price
from sensorium.core.errors import NotAskedError
from sensorium.core.messages import Conversation
from sensorium.core.protocols import Delta, Options
from sensorium.core.reply import Usage
from sensorium.evaluation.choosing.asking.candidate import (
    Candidate,
    common_answer,
    expected_tokens,
    hosted_condition,
    local_condition,
    majority,
    majority_condition,
)
from sensorium.evaluation.choosing.asking.local_process import LocalProcess
from sensorium.evaluation.choosing.asking.paid import Ledger, PaidAsker
from sensorium.evaluation.choosing.asking.price_list import PriceList
from sensorium.evaluation.step_runner import answer_record
from sensorium.tasks.task import Example


def example(answer: str) -> Example:
    return Example(Conversation.of("Which colour?"), (answer,))


@pytest.mark.parametrize(
    ("name", "server", "private"),
    [
        ("openai:m@http://localhost:8000/v1", "", True), ("openai:m@http://127.0.0.1/v1", "", True),
        ("openai:m@http://[::1]:9/v1", "", True), ("openai:m", "http://localhost:8000/v1", True),
        ("openai:m", "", False), ("openai:m@https://localhost.example.com/v1", "", False),
        ("openai:m@http://127.0.0.1.example.com/v1", "", False), ("openai:m", "https://api.openai.com/v1", False),
    ],
)  # fmt: skip
def test_only_an_own_server_is_private(name: str, server: str, private: bool) -> None:
    assert Candidate(name, "hosted", name, model=Fake("x"), server=server).is_private is private
    assert Candidate(name, "offline", name, server=server).is_private  # what runs here always is


def test_its_key_holds_what_answers_depend_on_and_nothing_else() -> None:
    plain = Candidate("a", "hosted", "openai:m", options=Options(timeout_seconds=5, retries=0), facts={"x": 1})
    assert plain.key == Candidate("b", "hosted", "openai:m", options=Options(timeout_seconds=9)).key
    for options in (Options(max_tokens=9), Options(temperature=1), Options(seed=3), Options(top_p=0.5)):
        assert Candidate("a", "hosted", "openai:m", options=options).key != plain.key
    assert Candidate("a", "hosted", "openai:m", settings={"shots": 4}).key != plain.key


def test_the_majority_is_the_commonest_answer_the_first_of_a_tie() -> None:
    assert common_answer([example(text) for text in ("blue", "red", "red", "blue", "green")]) == "blue"
    row = majority([example("red"), example("red"), example("blue")])
    record, _ = answer_record(majority_condition(row), 0, example("blue"))
    assert record.text == "red" and record.usage.usd == 0.0 and row.price(PriceList()) == "nothing: it asks no model"
    assert majority([example("red")]).key != row.key  # of another pool


def test_an_answer_is_expected_to_be_about_as_long_as_the_right_one() -> None:
    short, long = example("red"), example("a long red bus with two floors and a driver" * 20)
    row = Candidate("a", "hosted", "openai:m", options=Options(max_tokens=50))
    assert expected_tokens(row, short) < expected_tokens(row, long) == 50


class Recorded(Fake):
    """Notes when it is made ready and when it is asked."""

    def __init__(self, calls: list[str]) -> None:
        def answer(chat: Conversation) -> Delta:
            calls.append("asked")
            return Delta(chat.messages[-1].text, usage=Usage(1000, 10))

        super().__init__(answer, name="openai:m")
        self.calls = calls

    def prepare(self) -> None:
        if not self.calls:
            self.calls.append("ready")


def test_a_hosted_model_is_ready_before_its_chain_and_its_question(tmp_path: Path) -> None:
    calls: list[str] = []

    def step(chat: Conversation) -> Conversation:
        calls.append("chain")
        return Conversation.of("after the chain")

    model = Recorded(calls)
    row = Candidate("a", "chain", "openai:m", model=model, chain=(step,))
    prices = PriceList({"openai:m": (Price(1, 10, date(2026, 11, 29), "x"),)})
    with Ledger(tmp_path) as ledger:
        made = hosted_condition(row, PaidAsker(ledger, prices), lambda _: "q", concurrency=3)
        record, _ = answer_record(made, 0, example("red"))
    assert calls == ["ready", "chain", "asked"]
    assert record.text == "after the chain" and record.measured == {"concurrency": 3}
    assert record.usage.usd == pytest.approx(0.0011)


def test_no_process_is_started_once_the_time_is_over() -> None:
    def over() -> None:
        raise NotAskedError("The time was over.", "")

    with LocalProcess("a", lambda: Fake("x")) as process:
        with pytest.raises(NotAskedError):
            answer_record(local_condition(Candidate("a", "offline", "a"), process, over), 0, example("red"))
        assert process._process is None
