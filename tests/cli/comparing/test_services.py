"""Each failure of each service through the front door, and Gemini's price of long contexts."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from billing import FAILURES, Billing
from compare_command import fresh_place, report, row, run, task
from loopback import serving

GEMINI = "gemini:gemini-3.8-flash"
LONG = """[["gemini:gemini-3.8-flash".prices]]
input_usd = 1
cached_usd = 0.1
output_usd = 4
date = 2026-11-29
source = "t"
above = {tokens = 200000, input_usd = 2, cached_usd = 0.2, output_usd = 6}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    fresh_place(tmp_path, monkeypatch)
    return tmp_path


@pytest.mark.parametrize("service", ["openai", "gemini"])
def test_each_failure_is_counted_and_stays_in_the_denominator(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each kind is planted by the server: it is counted under its name, scores 0, and is paid for if it was counted."""
    pytest.importorskip("openai")
    pytest.importorskip("google.genai")
    kinds = [kind for kind in FAILURES if kind != "TIMEOUT"]
    task([*kinds, "fine", "well"])
    Path("s.json").write_text(json.dumps({"type": "string", "enum": ["red"]}))
    with serving([], Billing) as server:
        assert isinstance(server, Billing)
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", server.url)
        name = f"openai:m@{server.url}/v1" if service == "openai" else GEMINI
        arguments = ("--models", f"majority,{name}", "--price", f"{name}=1,10", "--max-tokens", "9")
        found = report(*arguments)
        figures = row(found, service)
        assert figures["n"] == 7
        assert figures["failures"] == {"empty": 1, "refused": 1, "rate limit": 1, "cut off": 1}, figures["failures"]
        assert figures["accuracy"]["mean"] == pytest.approx(2 / 7)  # "not JSON" is only wrong without a schema
        money = math.fsum((bill.input + 10 * bill.output) / 1e6 for bill in server.bills)
        assert figures["usd"] == pytest.approx(money, abs=1e-9)
        notes = " ".join(json.loads(run(*arguments, "--json").stdout)["notes"])
        assert "counted no tokens of 1 failed request (rate limit)" in notes
        asked = len(server.asked)
        task([f"BADJSON {n}" for n in range(6)] + ["fine"])
        found = report("--models", name, "--schema", "s.json", "--out", "schema")
        assert row(found, service)["failures"] == {"bad JSON": 7}  # "red" without quotes isn't JSON, either
        assert len(server.asked) == asked + 14  # each was asked again once


@pytest.mark.parametrize("service", ["openai", pytest.param("gemini", marks=pytest.mark.long)])
def test_a_time_out_is_counted_and_not_charged(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openai" if service == "openai" else "google.genai")
    task(["TIMEOUT", "fine", "well"])
    with serving([], Billing) as server:
        assert isinstance(server, Billing)
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", server.url)
        name = f"openai:m@{server.url}/v1" if service == "openai" else GEMINI
        found = report("--models", name, "--timeout", "6", "--price", f"{name}=1,10", "--max-tokens", "9")
        figures = row(found, service)
        assert figures["n"] == 3 and figures["failures"] == {"timeout": 1}
        assert figures["accuracy"]["mean"] == pytest.approx(2 / 3)
        counted = [bill for bill in server.bills if "TIMEOUT" not in bill.question]
        assert len(counted) == 2 and len(server.bills) > 2
        assert figures["usd"] == pytest.approx(math.fsum((bill.input + 10 * bill.output) / 1e6 for bill in counted))
    waited = [each["rows"][figures["name"]] for each in found["answers"]]
    (late,) = [each["seconds"] for each in waited if each["failure"] == "timeout"]
    assert 5.5 < late and all(each["seconds"] < 6 for each in waited if not each["failure"])
    assert "counted no tokens of 1 failed request (timeout)" in " ".join(found["notes"])


def test_gemini_is_paid_by_its_price_of_long_contexts(monkeypatch: pytest.MonkeyPatch) -> None:
    task(["short", "LONG one", "also short"])
    Path("prices.toml").write_text(LONG)
    with serving([], Billing) as server:
        assert isinstance(server, Billing)
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", server.url)
        figures = row(report("--models", GEMINI, "--prices", "prices.toml"), "gemini")
    money = 0.0
    for bill in server.bills:
        into, cached, out = (2, 0.2, 6) if bill.input > 200_000 else (1, 0.1, 4)
        money += ((bill.input - bill.cached) * into + bill.cached * cached + bill.output * out) / 1e6
    assert [bill.input > 200_000 for bill in server.bills].count(True) == 1
    assert figures["usd"] == pytest.approx(money, abs=1e-9) and figures["failures"] == {}
