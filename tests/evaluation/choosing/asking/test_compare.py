"""Every row asked the same questions, stored, asked again never, and compared only on what all were asked."""

from __future__ import annotations

import math
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from sensorium.backends.fake import Fake, model
from sensorium.core.catalog import Price
from sensorium.core.errors import InputError, InstallError, NotAskedError
from sensorium.core.messages import Conversation
from sensorium.core.protocols import Delta, Limits, Options
from sensorium.core.reply import Usage
from sensorium.evaluation.choosing.asking.candidate import Candidate, majority
from sensorium.evaluation.choosing.asking.compare import ComparePlan, compare, in_order, left_to_ask, row_folder
from sensorium.evaluation.choosing.asking.price_list import PriceList
from sensorium.tasks.task import Example, Task

COLOURS = ("red", "blue", "red", "red", "green", "red")
TASK = Task("t", tuple(Example(Conversation.of(f"Colour {n}?"), (name,)) for n, name in enumerate(COLOURS)))
PRICES = PriceList(
    {name: (Price(1, 10, date(2026, 11, 29), "x"),) for name in ("openai:m", "openai:n")}, machine_usd_hour=0.36
)
OPTIONS = Options(max_tokens=1000, retries=0)


def plan(folder: Path, **more: object) -> ComparePlan:
    return ComparePlan(folder, prices=PRICES, **more)  # type: ignore[arg-type]


def hosted(name: str = "openai:m", answer: str = "red") -> tuple[Candidate, Fake]:
    made = Fake(Delta(answer, usage=Usage(1000, 100)), Limits(parts=("text",)), name)
    return Candidate(name, "hosted", name, model=made, options=OPTIONS), made


def test_a_second_call_asks_only_what_is_left(tmp_path: Path) -> None:
    row, asked = hosted()
    control = majority(TASK.examples)
    ordered = in_order(TASK, 0)
    first = compare(TASK, [control, row], plan(tmp_path, most=4))
    assert len(asked.asked) == 4 and len(first.examples) == 4
    assert (
        left_to_ask(ordered, row, plan(tmp_path)) == (4, 5) and left_to_ask(ordered, row, plan(tmp_path, most=4)) == ()
    )
    second = compare(TASK, [control, row], plan(tmp_path))
    assert len(asked.asked) == 6 and second.examples == ordered.examples
    assert second.examples[:4] == first.examples and second.row("openai:m").answers[:4] == first.row("openai:m").answers
    assert second.row("openai:m").accuracy == second.row("majority").accuracy == pytest.approx(4 / 6)
    assert second.row("openai:m").usd == pytest.approx(6 * 0.002) and second.row("majority").usd == 0
    compare(TASK, [control, row], plan(tmp_path))
    assert len(asked.asked) == 6


def test_a_row_is_another_one_when_what_it_depends_on_changes(tmp_path: Path) -> None:
    row, _ = hosted()
    folders = {
        row_folder(tmp_path, TASK, row),
        row_folder(tmp_path, in_order(TASK, 1), row),
        row_folder(tmp_path, TASK, Candidate("openai:m", "hosted", "openai:m", options=Options(max_tokens=9))),
    }
    assert len(folders) == 3 and row_folder(tmp_path, TASK, hosted(answer="blue")[0]) in folders


def test_only_what_all_rows_were_asked_is_compared_and_the_rest_is_said(tmp_path: Path) -> None:
    (row, one), (other, two) = hosted(), hosted("openai:n", "blue")
    made = compare(TASK, [majority(TASK.examples), row, other], plan(tmp_path, max_usd=0.018))
    asked = len(made.examples)
    assert 0 < asked < 6 and asked <= min(len(one.asked), len(two.asked))
    assert {len(each.answers) for each in made.rows} == {asked}
    notes = " ".join(made.notes)
    assert f"{asked} of 6 questions were asked of every row" in notes and "The budget of $0.018" in notes
    assert math.fsum(each.usd or 0.0 for each in made.rows) <= 0.018 and made.settings["Most money"] == "$0.018"


def test_a_local_row_is_paid_by_its_seconds_and_measured(tmp_path: Path) -> None:
    local = Candidate("fake:red", "fake", "fake:red", load=partial(model, "red"), options=OPTIONS)
    (row,) = compare(TASK, [local], plan(tmp_path, most=2)).rows
    assert row.is_private and row.accuracy > 0 and "a machine of $0.36 an hour" in row.price
    assert row.usd == pytest.approx(math.fsum(each.seconds or 0.0 for each in row.answers) * 0.36 / 3600)
    assert row.peak_memory_bytes is None or row.peak_memory_bytes > 10e6


def test_a_row_that_cannot_go_on_is_left_out_by_name_also_under_a_limit_of_time(tmp_path: Path) -> None:
    class Missing(Fake):
        def prepare(self) -> None:
            raise InstallError("The package 'sdk' is not installed.", "Type: pip install sdk")

    gone = Candidate("gone", "hosted", "openai:n", model=Missing("x", name="openai:n"), options=OPTIONS)
    made = compare(TASK, [gone, hosted()[0]], plan(tmp_path, max_seconds=600))
    assert [row.name for row in made.rows] == ["openai:m"]
    assert "gone was left out: The package 'sdk' is not installed. Type: pip install sdk" in made.notes
    with pytest.raises(InstallError):
        compare(TASK, [gone], plan(tmp_path / "alone"))


def test_the_time_of_a_limit_begins_when_models_are_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])

    class Slow(Fake):
        def prepare(self) -> None:
            clock[0] = max(clock[0], 100.0)  # as if its import took 100 s

    slow = Slow(Delta("red", usage=Usage(1000, 100)), Limits(parts=("text",)), "openai:m")
    row = Candidate("openai:m", "hosted", "openai:m", model=slow, options=OPTIONS)
    assert len(compare(TASK, [row], plan(tmp_path, max_seconds=5)).examples) == 6


def test_what_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    row, asked = hosted()
    with pytest.raises(InputError, match="has no questions"):
        compare(Task("t", ()), [row], plan(tmp_path))
    with pytest.raises(InputError, match="Two rows have the name 'openai:m'"):
        compare(TASK, [row, row], plan(tmp_path))
    with pytest.raises(NotAskedError, match=r"Nothing can be compared\. The budget"):
        compare(TASK, [row], plan(tmp_path, max_usd=0.001))
    for name in ("max_usd", "max_seconds"):
        for value in (0, -1, math.nan, math.inf):
            with pytest.raises(InputError, match="A limit is over 0"):
                plan(tmp_path, **{name: value})
    assert asked.asked == []
