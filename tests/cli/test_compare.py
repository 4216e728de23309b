"""`sensorium compare` through the front door: real SDKs against servers that bill; limits, failures, resuming."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from billing import Bill, Billing
from click.testing import CliRunner
from compare_command import fresh_place, report, row, run, task
from loopback import serving

from sensorium.cli.main import main
from sensorium.evaluation.choosing.asking.compare import in_order
from sensorium.tasks.readers import load_task

LONG = "{{tokens = 272000, input_usd = 1.5, cached_usd = 0.15, output_usd = 5.5}}"
PRICES = (
    """["openai:m@{url}/v1"]
prices = [
  {{input_usd = 0.75, cached_usd = 0.075, output_usd = 3.75, date = 2026-11-29, source = "t", above = """
    + LONG
    + """}},
  {{since = 2027-01-01, input_usd = 1.5, cached_usd = 0.15, output_usd = 7.5, date = 2026-11-29, source = "t"}},
]
"""
)
MIDNIGHT = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    fresh_place(tmp_path, monkeypatch)
    return tmp_path


def billed(bills: Sequence[Bill], days: Sequence[bool]) -> float:
    """Return the money by the server's own count: `days` says of each whether it came after midnight."""
    total = 0.0
    for bill, late in zip(bills, days, strict=True):
        price = (1.5, 0.15, 7.5) if late else (1.5, 0.15, 5.5) if bill.input > 272_000 else (0.75, 0.075, 3.75)
        fresh = bill.input - bill.cached
        total += (fresh * price[0] + bill.cached * price[1] + bill.output * price[2]) / 1e6
    return total


def test_money_and_tokens_are_what_the_servers_counted(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Across midnight, with a long context, cached and thinking tokens; from both real SDKs."""
    task([f"number {n}" for n in range(5)] + ["LONG one"])
    calls: list[datetime] = []

    def clock() -> datetime:  # the third request of each model comes after midnight
        calls.append(MIDNIGHT + timedelta(seconds=len(calls) - 5.5))
        return calls[-1]

    monkeypatch.setattr(sys.modules["sensorium.ask.asking"], "now", clock)
    with serving([], Billing) as openai, serving([], Billing) as gemini:
        assert isinstance(openai, Billing) and isinstance(gemini, Billing)
        openai.seconds, gemini.seconds = 0.15, 0.05
        openai.between = 0.1
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", gemini.url)
        Path("prices.toml").write_text(PRICES.format(url=openai.url))
        names = f"majority,openai:m@{openai.url}/v1,gemini:gemini-3.8-flash"
        arguments = ("--models", names, "--prices", "prices.toml", "--most", "6")
        found = report(*arguments, "--report", "a.html")
        again = report(*arguments, "--report", "b.html")
        assert len(openai.bills) == len(gemini.bills) == 6
    assert again == found and Path("a.html").read_bytes() == Path("b.html").read_bytes()
    late = [moment >= MIDNIGHT for moment in calls]
    assert late == [False] * 6 + [True] * 6
    for name, server, times in (("openai", openai, late[0::2]), ("gemini", gemini, late[1::2])):
        figures = row(found, name)
        if name == "gemini":  # its catalogue's price has no long context
            money = sum(
                ((b.input - b.cached) * (1.5 if x else 0.75) + b.cached * (0.15 if x else 0.075)
                 + b.output * (7.5 if x else 3.75)) / 1e6
                for b, x in zip(server.bills, times, strict=True)
            )  # fmt: skip
        else:
            money = billed(server.bills, times)
            assert any(bill.input > 272_000 and not x for bill, x in zip(server.bills, times, strict=True))
        assert figures["usd"] == pytest.approx(money, abs=1e-9)
        assert figures["usd_per_1000"] == pytest.approx(money * 1000 / 6, abs=1e-6)
        for ours, theirs in (
            ("input_tokens", "input"), ("cached_tokens", "cached"), ("output_tokens", "output"),
            ("thinking_tokens", "thinking"),
        ):  # fmt: skip
            total = sum(getattr(bill, theirs) for bill in server.bills)
            assert round(figures["tokens"][ours] * 6) == total, (name, ours)
        assert figures["concurrency"] == 1
        for setting in ("prompt", "shots", "max_tokens", "image_tokens", "thinking", "seed", "temperature", "metric"):
            assert setting in figures["settings"], setting
    slow, quick = row(found, "openai")["seconds"], row(found, "gemini")["seconds"]
    assert slow["first_token_p50"] >= 0.15 and slow["p50"] >= slow["first_token_p50"] + 0.25
    assert 0.05 <= quick["first_token_p50"] < slow["first_token_p50"]
    assert row(found, "majority")["usd"] == 0


def test_a_budget_is_never_exceeded_and_what_was_not_asked_is_said(here: Path) -> None:
    task([f"number {n}" for n in range(30)])
    with serving([], Billing) as server:
        assert isinstance(server, Billing)
        name = f"openai:m@{server.url}/v1"
        limit = 0.012
        arguments = ("--models", f"majority,{name}", "--price", f"{name}=1,10", "--max-tokens", "128")
        found = report(*arguments, "--max-usd", str(limit))
        spent = math.fsum((bill.input + 10 * bill.output) / 1e6 for bill in server.bills)
        assert 0 < len(server.bills) < 30 and spent <= limit
        notes = " ".join(found["notes"])
        assert f"{len(server.bills)} of 30 questions were asked" in notes and "The budget of $0.012" in notes
        assert row(found, "majority")["n"] == len(server.bills)
        before = len(server.bills)
        report(*arguments, "--max-usd", str(limit))  # the budget is that of all runs of the folder
        assert len(server.bills) == before
        assert row(report(*arguments, "--max-usd", "1"), "openai")["n"] == 30 and len(server.bills) == 30


def test_a_budget_needs_a_price(here: Path) -> None:
    task(["one"])
    result = run("--models", "openai:m@http://127.0.0.1:1/v1", "--max-usd", "1")
    assert result.exit_code == 2 and "so a budget can't be kept" in result.stderr and "--price" in result.stderr


def test_time_that_is_over_is_said(here: Path) -> None:
    task([f"number {n}" for n in range(30)])
    with serving([], Billing) as server:
        assert isinstance(server, Billing)
        server.seconds = 0.2
        found = report("--models", f"openai:m@{server.url}/v1", "--max-seconds", "1.5")
    assert 1 < found["rows"][0]["n"] < 12 and "The time of 1.5 s was over" in " ".join(found["notes"])


def test_several_at_once_are_marked_and_asked_once(here: Path) -> None:
    task([f"number {n}" for n in range(12)])
    with serving([], Billing) as server:
        assert isinstance(server, Billing)
        server.seconds = 0.3
        start = time.monotonic()
        found = report("--models", f"openai:m@{server.url}/v1", "--parallel", "6")
        assert time.monotonic() - start < 12 * 0.3 + 2 and len(server.bills) == 12
    assert found["rows"][0]["concurrency"] == 6 and found["rows"][0]["accuracy"]["mean"] == 1.0


def test_a_model_that_is_gone_is_left_out_and_the_others_go_on(here: Path) -> None:
    task([f"number {n}" for n in range(7)])
    with serving([], Billing) as server:
        found = report("--models", f"openai:gone@http://127.0.0.1:9/v1,openai:m@{server.url}/v1", code=1)
    assert len(found["rows"]) == 1 and found["rows"][0]["n"] == 7
    assert "openai:gone@http://127.0.0.1:9/v1 was left out" in " ".join(found["notes"])


def test_kills_repeat_no_answer_that_was_stored(here: Path) -> None:
    """What was stored at each kill is what the server sent, is never asked again, and ends in the report unchanged."""
    task([f"number {n}" for n in range(20)])
    with serving([], Numbered) as server:
        assert isinstance(server, Numbered)
        server.seconds = 0.1
        name = f"openai:m@{server.url}/v1"
        words = [sys.executable, "-m", "sensorium", "compare", "t.jsonl", "--models", name, "--json"]
        stored: dict[str, str] = {}
        for moment in (4, 11):
            process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            while process.poll() is None and len(server.bills) < moment:
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            now = stored_answers()
            assert now.keys() > stored.keys() and stored.items() <= now.items()
            stored = now
        billed = {question: server.billed(question) for question in stored}
        done = subprocess.run(words, capture_output=True, text=True, env=os.environ, timeout=120)
        assert done.returncode == 0, done.stderr
        answers = {one["question"]: one["rows"][name] for one in json.loads(done.stdout)["answers"]}
        assert len(stored) >= 9 and len(answers) == 20
        for question, text in stored.items():
            assert server.billed(question) == billed[question]  # never again, once it was stored
            assert answers[question]["text"] == text
        for question, answer in answers.items():
            bills = server.billed(question)
            assert len({bill.key for bill in bills}) == 1  # a repeated one has the key of the interrupted one
            (bill,) = (bill for bill in bills if server.sent[bill.number] == answer["text"])
            assert (answer["input_tokens"], answer["output_tokens"]) == (bill.input, bill.output)
        assert len({bill.key for bill in server.bills}) == 20 and len(server.bills) <= 22
        payments = [json.loads(line) for line in Path("compare-t/spending.jsonl").read_text().splitlines()]
        assert len(server.bills) <= len([row for row in payments if "sent" in row]) <= len(server.bills) + 2


class Numbered(Billing):
    """Answers "red N" with the number of its bill; `sent` holds each answer."""

    def __init__(self, answers: Any) -> None:
        super().__init__(answers)
        self.sent: dict[int, str] = {}

    def billed(self, question: str) -> list[Bill]:
        """Return the bills of a question."""
        return [bill for bill in self.bills if bill.question == question]

    def answer(self, asked: Any) -> Any:
        made = super().answer(asked)
        key = asked.headers.get("idempotency-key", "")
        number = max(bill.number for bill in self.bills if bill.key == key)
        self.sent[number] = f"red {number}"
        made.body = [piece.replace('"content": "red"', f'"content": "red {number}"') for piece in made.body]
        return made


def stored_answers() -> dict[str, str]:
    """Return question -> the stored text, of the whole lines of the log."""
    (file,) = Path("compare-t/rows").glob("*/records.jsonl")
    whole, _, _ = file.read_bytes().rpartition(b"\n")
    order = in_order(load_task("t.jsonl").split("test"), 0).examples
    rows = [json.loads(line) for line in whole.splitlines()]
    return {order[row["example"]].conversation.messages[-1].text: row["text"] for row in rows}


def test_dry_run_asks_nothing_and_forecasts(here: Path) -> None:
    task([f"number {n}" for n in range(5)])
    with serving([], Billing) as server:
        name = f"openai:m@{server.url}/v1"
        result = run("--models", f"majority,{name}", "--price", f"{name}=1,10", "--dry-run")
        assert server.asked == []
    assert result.exit_code == 0 and "5 questions to ask, about $0.00" in result.stdout
    assert not Path("compare-t").exists()


def test_dry_run_forecasts_only_what_is_left(here: Path) -> None:
    """Forecast and bill agree: what a first run asked is not in it, and no more is spent than it says at most."""
    task([f"number {n}" for n in range(9)])
    with serving([], Billing) as server:
        assert isinstance(server, Billing)
        name = f"openai:m@{server.url}/v1"
        words = ("--models", f"majority,{name}", "--price", f"{name}=1,10", "--max-tokens", "100")
        report(*words, "--most", "4")
        made = json.loads(run(*words, "--dry-run", "--json").stdout)
        assert [each["questions"] for each in made] == [5, 5] and made[0]["price"] == "nothing: it asks no model"
        dearer = json.loads(run(*words, "--dry-run", "--json", "--max-tokens", "101").stdout)
        assert [each["questions"] for each in dearer] == [5, 9]  # another setting: nothing of it is answered
        assert len(server.bills) == 4
        report(*words)
        assert [each["questions"] for each in json.loads(run(*words, "--dry-run", "--json").stdout)] == [0, 0]
    assert "0 questions to ask, about $0, at most $0" in run(*words, "--dry-run").stdout


def test_a_report_never_replaces_the_task(here: Path) -> None:
    task(["one"])
    before = Path("t.jsonl").read_bytes()
    result = run("--models", "majority", "--report", "t.jsonl")
    assert result.exit_code == 2 and "would replace" in result.stderr and Path("t.jsonl").read_bytes() == before


def local_task(here: Path) -> Path:
    """Write the coloured squares as a task, with a tiny ViLT and an adapter of the starter that was really trained."""
    import tiny
    from coloured import saved

    from sensorium.tune.recipe import Recipe
    from sensorium.tune.training.lora import train

    rows = saved(here)
    tiny.vilt(here / "vilt")
    recipe = Recipe(
        "starter", str(rows), "adapter", max_steps=30, batch_size=4, gradient_accumulation_steps=1, learning_rate=5e-3,
        eval_steps=30, early_stopping_patience=0, device="cpu", max_new_tokens=4, eval_split="test",
        licence="cc0-1.0",
    )  # fmt: skip
    train(recipe)
    return rows


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
def test_six_local_rows_each_in_a_process_of_its_own(here: Path) -> None:
    pytest.importorskip("trl")
    local_task(here)
    arguments = (
        "compare", "colours.jsonl", "--models", "majority,offline,starter,vilt:./vilt", "--shots", "0,2", "--adapter",
        "adapter", "--pick", "random", "--max-tokens", "4", "--machine-usd-hour", "0.36", "--json",
    )  # fmt: skip
    first = CliRunner().invoke(main, (*arguments, "--report", "a.html"))
    assert first.exit_code == 0, first.output
    found = json.loads(first.stdout)
    kinds = {each["name"]: each["kind"] for each in found["rows"]}
    assert kinds == {
        "majority": "majority", "offline": "offline", "starter": "starter", "starter, 2 examples": "few-shot",
        "vilt:./vilt": "classic", "adapter (tuned)": "tuned", "adapter (tuned), 2 examples": "few-shot",
    }  # fmt: skip
    for each in found["rows"]:
        assert each["n"] == 8 and each["is_private"] and each["failures"] == {}
        if each["kind"] != "majority":
            assert 50e6 < each["peak_memory_bytes"] < 8e9 and each["seconds"]["p95"] > 0
            assert "$0.36 an hour (yours" in each["price"]
            seconds = each["usd"] / 0.36 * 3600
            assert each["seconds"]["p50"] * 4 <= seconds * 1.0001  # the money of the answers' own seconds
    assert row(found, "adapter (tuned)")["accuracy"]["mean"] > row(found, "starter")["accuracy"]["mean"]
    again = CliRunner().invoke(main, (*arguments, "--report", "b.html"))
    assert again.stdout == first.stdout and Path("a.html").read_bytes() == Path("b.html").read_bytes()
