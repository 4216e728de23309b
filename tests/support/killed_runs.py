"""Commands that are killed by SIGKILL while they ask, and started again: what was asked twice, and the report."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coloured import COLOURS, saved
from loopback import Answer, Asked, Loopback, events, serving

VOTE = b"majority vote"
"""A condition that asks no model."""
COUNTING = """
import hashlib, os, sys
from sensorium.evaluation import conditions
asking, log = conditions.ask, os.open(os.environ["ASKED"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
def ask(model, chat, options=None):
    os.write(log, f"{model.name} {hashlib.sha256(repr(chat).encode()).hexdigest()}\\n".encode())
    return asking(model, chat, options)
conditions.ask = ask
from sensorium.cli.main import main
main(sys.argv[1:])
"""
"""The command as it is, with each question written to a file before it is asked."""
_SECONDS = re.compile(
    r'"(?:first_)?seconds": [\d.e-]+|\d+\.\d+ s\b|<td>\d+\.\d\d</td>|,\d+\.\d{6},(?=\d*\.?\d*$)', re.MULTILINE
)


@dataclass(frozen=True)
class Outcome:
    """What came of a run that was killed several times.

    Args:
        answers: How many answers an undisturbed run asks for.
        kills: How many kills hit it.
        in_flight: Questions on their way at a kill, whose answers never reached the store; asked again.
        paid_twice: Questions asked twice although their answer was stored; must be 0.
        stored_twice: Answers that the store holds twice; must be 0.
        same_report: Whether the report is the undisturbed run's, byte for byte but for the measured seconds.
    """

    answers: int
    kills: int
    in_flight: int
    paid_twice: int
    stored_twice: int
    same_report: bool


class Counting(Loopback):
    """An OpenAI-compatible server that counts requests; what it answers follows from the request alone."""

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        colour = sorted(COLOURS)[sum(asked.raw) % len(COLOURS)]
        choice = {"index": 0, "delta": {"role": "assistant", "content": colour}, "finish_reason": "stop"}
        usage = {"prompt_tokens": len(asked.raw) // 100, "completion_tokens": 1, "total_tokens": 0}
        chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        body = events(chunk | {"choices": [choice]}, chunk | {"choices": [], "usage": usage})
        return Answer(body, before_seconds=0.02)


def fewshot(place: Path, kills: int, seed: int) -> Outcome:
    """Kill and resume `sensorium fewshot` against a server on this machine, which counts."""
    saved(place)
    with serving([], Counting) as server:
        assert isinstance(server, Counting)
        words = ["-m", "sensorium", "fewshot", str(place / "colours.jsonl"), "--model", f"openai:m@{server.url}/v1"]
        words += ["--shots", "0,2", "--pick", "random", "--json", "--out", "run"]

        def asked() -> Counter[str]:
            return Counter(request.raw.hex() for request in server.asked)

        def report(printed: str) -> str:
            return printed + "".join((place / "run" / name).read_text() for name in ("report.json", "table.csv"))

        def clean() -> None:
            shutil.rmtree(place / "run", ignore_errors=True)
            server.asked.clear()

        return _killed(words, place, place / "run", asked, report, clean, kills, seed)


def evaluate(place: Path, kills: int, seed: int) -> Outcome:
    """Kill and resume `sensorium evaluate` of a taught adapter in a folder, see `taught`."""
    log = place / "asked.txt"
    words = ["-c", COUNTING, "evaluate", "adapter", "--pick", "balanced", "--shots", "2", "--most", "12"]
    words += ["--retain", "old.jsonl", "--json", "--out", "page.html"]

    def asked() -> Counter[str]:
        return Counter(log.read_text().splitlines())

    def report(printed: str) -> str:
        return printed + (place / "page.html").read_text()

    def clean() -> None:
        shutil.rmtree(place / "adapter" / "evaluation", ignore_errors=True)
        log.write_text("")

    return _killed(words, place, place / "adapter" / "evaluation", asked, report, clean, kills, seed)


def _killed(
    words: list[str],
    place: Path,
    store: Path,
    asked: Callable[[], Counter[str]],
    report: Callable[[str], str],
    clean: Callable[[], None],
    kills: int,
    seed: int,
) -> Outcome:
    clean()
    undisturbed = report(_ended(words, place))
    questions, total = asked(), _stored(store)
    clean()
    chance, hits, in_flight = random.Random(seed), 0, 0
    for moment in sorted(chance.sample(range(1, total), kills)):
        before = sum(asked().values()), _stored(store, VOTE)
        process = subprocess.Popen(
            [sys.executable, *words],
            cwd=place,
            env=_environment(place),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        while process.poll() is None and _stored(store) < moment:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.04))
        hits += process.poll() is None
        process.kill()
        process.communicate()
        time.sleep(0.1)  # what the server has received is counted
        in_flight += sum(asked().values()) - before[0] - (_stored(store, VOTE) - before[1])
    resumed = report(_ended(words, place))
    again = asked() - questions
    keys = Counter(
        (path.parent.name, row["condition"], row["example"])
        for path in store.rglob("records.jsonl")
        for row in map(json.loads, path.read_text().splitlines())
    )
    repeated = sum(again.values())
    same = _SECONDS.sub("s", resumed) == _SECONDS.sub("s", undisturbed)
    return Outcome(total, hits, in_flight, repeated - in_flight, sum(keys.values()) - len(keys), same)


def _ended(words: list[str], place: Path) -> str:
    done = subprocess.run(
        [sys.executable, *words], cwd=place, env=_environment(place), capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _stored(store: Path, without: bytes = b"\0") -> int:
    """Count the whole lines of a store; those `without` some words only."""
    lines = [line for path in store.rglob("records.jsonl") for line in path.read_bytes().split(b"\n")[:-1]]
    return sum(without not in line for line in lines)


def _environment(place: Path) -> dict[str, Any]:
    own = {"ASKED": str(place / "asked.txt"), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "VLLM_API_KEY": "none"}
    return os.environ | own | {"SENSORIUM_CONFIG": str(place / "config.toml")}
