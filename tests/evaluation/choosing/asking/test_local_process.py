"""A model in a process of its own that dies, hangs, prints, runs out of memory, or can't be loaded."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from sensorium import load
from sensorium.core.errors import DeadlineError, InputError, InstallError, ServiceError
from sensorium.core.messages import Conversation
from sensorium.core.protocols import Options
from sensorium.evaluation.choosing.asking import local_process
from sensorium.evaluation.choosing.asking.local_process import LocalProcess

MODELS = """
import os, resource, signal, sys, time
from sensorium.core.messages import Conversation
from sensorium.core.protocols import Delta, Limits

print("noise while loading")
LOADS = os.path.join(os.path.dirname(__file__), "loads")

class Strange:
    name = "strange"
    limits = Limits(max_images=3)
    def stream(self, chat, options):
        what = chat.messages[-1].text
        print("noise", what, flush=True)
        os.write(1, b"noise of a library in C")
        if what == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if what == "leave":
            sys.stderr.write("first line\\nlast words\\n")
            sys.stderr.flush()
            os._exit(3)
        if what == "hang":
            time.sleep(60)
        if what == "memory":
            resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))
            held = bytearray(2**33)
        if what == "strange":
            class Own(Exception):
                pass
            raise Own("of its own")
        yield Delta(what.upper())

def strange():
    with open(LOADS, "a") as file:
        file.write("x")
    return Strange()

def gone():
    from sensorium.core.errors import ServiceError
    raise ServiceError("The hub can't be reached.", "Try later.", retryable=True)

def killed():
    os.kill(os.getpid(), signal.SIGKILL)

def wrong():
    raise ZeroDivisionError("oh")
"""


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "strange_models.py").write_text(MODELS)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    sys.modules.pop("strange_models", None)


def process(name: str = "strange") -> LocalProcess:
    import strange_models  # type: ignore[import-not-found, unused-ignore]

    return LocalProcess("a strange one", getattr(strange_models, name))


def ask(process: LocalProcess, text: str, seconds: float = 60.0) -> str:
    return process.ask(Conversation.of(text), Options(timeout_seconds=seconds, retries=0)).text


def test_what_is_printed_does_not_get_into_the_answers(models: Path) -> None:
    with process() as own:
        assert own.limits().max_images == 3
        assert ask(own, "one") == "ONE" and ask(own, "two") == "TWO"
        assert own.peak_memory_bytes is None or own.peak_memory_bytes > 10e6
    assert (models / "loads").read_text() == "x"


def test_a_process_that_is_killed_is_named_and_begins_anew(models: Path) -> None:
    with process() as own:
        with pytest.raises(ServiceError, match=r"The process of a strange one ended .killed by the system; its memory"):
            ask(own, "die")
        assert ask(own, "one") == "ONE"
        with pytest.raises(ServiceError, match=r"ended .exit code 3.: 'last words'"):
            ask(own, "leave")
        assert ask(own, "two") == "TWO"
    assert (models / "loads").read_text() == "xxx"


def test_a_process_that_hangs_is_ended_in_time(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_process, "_LATE_SECONDS", 0.5)
    with process() as own:
        ask(own, "warm")
        start = time.monotonic()
        with pytest.raises(DeadlineError, match=r"a strange one gave no answer in 2 s, and was ended"):
            ask(own, "hang", 1.0)
        assert time.monotonic() - start < 10
        assert ask(own, "one") == "ONE"


@pytest.mark.skipif(sys.platform == "win32", reason="limits memory by resource")
def test_a_process_without_memory_says_so_and_goes_on(models: Path) -> None:
    with process() as own:
        with pytest.raises(ServiceError, match=r"a strange one failed: 'MemoryError"):
            ask(own, "memory")
        assert ask(own, "one") == "ONE"


def test_an_error_that_cannot_be_handed_over_is_named(models: Path) -> None:
    with process() as own:
        with pytest.raises(ServiceError, match=r"a strange one failed: .*Own"):
            ask(own, "strange")
        assert ask(own, "one") == "ONE"


@pytest.mark.parametrize(("name", "words"), [("gone", "The hub"), ("killed", "killed by"), ("wrong", "ZeroDivision")])
def test_what_cannot_be_loaded_is_not_tried_for_every_question(models: Path, name: str, words: str) -> None:
    with process(name) as own, pytest.raises(InstallError, match=words):
        ask(own, "one")


def test_the_users_mistake_stays_the_users() -> None:
    with LocalProcess("x", partial(load, "transformers:./nothing")) as own, pytest.raises(InputError):
        ask(own, "one")


def test_no_process_is_left_behind(models: Path) -> None:
    with process() as own:
        ask(own, "one")
        assert own._process is not None
        child = own._process.pid
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
