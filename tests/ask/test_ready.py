"""No clock of an answer's seconds runs while a service's SDK is imported: in a new process, against a real server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap

import pytest
from billing import Billing
from loopback import serving

from sensorium import ask, ask_all, stream
from sensorium.ask.ready import prepare
from sensorium.backends.fake import Fake
from sensorium.core.errors import InstallError, LimitError
from sensorium.core.messages import Audio, Conversation
from sensorium.core.protocols import Limits
from sensorium.evaluation.conditions import model_condition
from sensorium.evaluation.step_runner import answer_record
from sensorium.tasks.task import Example

ONE = Example(Conversation.of("?"), ("red",))
CLOCKS = """
    import json, sys, time

    OURS = ("sensorium.ask.asking", "sensorium.evaluation.step_runner")
    real, known = time.perf_counter, {}

    def clock():
        caller = sys._getframe(1).f_globals["__name__"]
        if caller in OURS:
            known.setdefault(caller, set(sys.modules))  # when this file looked at the clock for the first time
        return real()

    time.perf_counter = clock
    from sensorium import Conversation, ask, load
    from sensorium.evaluation.conditions import model_condition
    from sensorium.evaluation.step_runner import answer_record
    from sensorium.tasks.task import Example

    model = load(sys.argv[1])
    if sys.argv[2] == "ask":
        text = ask(model, "Which colour?").text
    else:
        example = Example(Conversation.of("Which colour?"), ("red",))
        text = answer_record(model_condition("a", lambda: model, {}), 0, example)[0].text
    late = set(sys.modules) - set.intersection(*known.values())
    print(json.dumps([text, sorted(known), sorted({name.partition(".")[0] for name in late})]))
"""


@pytest.mark.parametrize(
    ("service", "way", "packages"),
    [("openai", "ask", ("openai",)), ("gemini", "record", ("google", "google.genai"))],
)
def test_the_sdk_is_imported_before_the_first_look_at_the_clock(
    service: str, way: str, packages: tuple[str, ...]
) -> None:
    pytest.importorskip(packages[-1])
    with serving([], Billing) as server:
        name = f"openai:m@{server.url}/v1" if service == "openai" else "gemini:gemini-3.8-flash"
        own = {"GOOGLE_GEMINI_BASE_URL": server.url, "GEMINI_API_KEY": "AIzaTest0123456789"}
        words = [sys.executable, "-c", textwrap.dedent(CLOCKS), name, way]
        done = subprocess.run(words, env=os.environ | own, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    text, looked, late = json.loads(done.stdout)
    clocks = ["sensorium.ask.asking", "sensorium.evaluation.step_runner"]
    assert text == "red" and looked == clocks[: 1 if way == "ask" else 2]
    assert not {packages[0], "httpx2", "httpcore2", "pydantic", "ssl"} & set(late), late


class Slow(Fake):
    """Says in which order it is made ready and asked."""

    def __init__(self, limits: Limits | None = None) -> None:
        super().__init__("red", limits)
        self.calls: list[str] = []

    def prepare(self) -> None:
        self.calls.append("ready" if not self.asked else "again")


def test_every_way_to_ask_makes_a_model_ready_first() -> None:
    for way in (
        lambda model: ask(model, "?"),
        lambda model: list(stream(model, "?")),
        lambda model: ask_all(model, ["?"]),
        lambda model: answer_record(model_condition("a", lambda: model, {}), 0, ONE),
    ):
        model = Slow()
        way(model)
        assert model.calls and set(model.calls) == {"ready"} and len(model.asked) == 1


def test_what_it_cannot_take_is_refused_before_it_is_made_ready() -> None:
    model = Slow(Limits(parts=("text",)))
    with pytest.raises(LimitError):
        ask(model, Conversation.of(Audio(b"RIFF"), "?"))
    assert model.calls == []


def test_a_missing_package_is_no_failure_of_one_question() -> None:
    class Missing(Fake):
        def prepare(self) -> None:
            raise InstallError("The package 'sdk' is not installed.", "Type: pip install sdk")

    model = Missing("red")
    with pytest.raises(InstallError):
        answer_record(model_condition("a", lambda: model, {}), 0, ONE)
    assert model.asked == []


def test_a_model_without_it_is_left_alone() -> None:
    prepare(Fake("red"))
