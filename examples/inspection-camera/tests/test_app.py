"""The checks: with prepared answers, and on the samples with the model that counts and reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from sensorium import Box, Delta, Evidence, Image, SensoriumError, load_task
from sensorium.backends.fake import Fake

from draw_trays import ROOT
from inspection_camera.app import Finding, inspect, load_model, look
from inspection_camera.checks import Check, load_checks

GOOD = Image(ROOT / "samples" / "good.png")
PARTS, LOT, PRESSURE = load_checks()


def said(text: str, confidence: float = 0.95, *sides: float) -> Delta:
    """Return an answer, with boxes of these sides."""
    boxes = tuple(Evidence("count", "a thing", Box(0, 0, side, side)) for side in sides)
    return Delta(text, confidence, evidence=boxes)


def state(check: Check, *answers: Delta) -> Finding:
    """Return what a check finds if the model answers so."""
    return look(Fake(list(answers)), GOOD, check)


@pytest.mark.parametrize(
    ("answer", "value", "expected"),
    [("I count 12 separate things.", "12", "ok"), ("I count 11 separate things.", "11", "out of bounds"),
     ("I count 13 separate things.", "13", "out of bounds"), ("12 or 13", "", "unsure"), ("A tray.", "", "unsure")],
)  # fmt: skip
def test_a_count_is_held_against_its_bounds(answer: str, value: str, expected: str) -> None:
    found = state(PARTS, said(answer))
    assert (found.value, found.state) == (value, expected)


@pytest.mark.parametrize("answer", ["A447-07", "A4471-075", "XA4471-07", "A4471 07", "A4471-07 or A4471-08"])
def test_a_lot_number_that_does_not_fit_is_unsure(answer: str) -> None:
    assert state(LOT, said(answer)).state == "unsure"
    assert state(LOT, said("Lot: A4471-07")) == Finding("lot", "ok", "A4471-07", 0.95)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("4.21 bar", "ok"), ("5.02 bar", "out of bounds"), ("3.99 bar", "out of bounds"), ("421 bar", "unsure"),
     ("4.2 bar", "unsure")],
)  # fmt: skip
def test_a_meter_is_held_against_its_bounds(answer: str, expected: str) -> None:
    assert state(PRESSURE, said(answer)).state == expected


def test_what_the_model_doubts_calls_a_person() -> None:
    assert state(PARTS, said("12", 0.5)).state == "unsure"
    assert state(PARTS, Delta("12")).state == "unsure"
    assert state(PARTS, Delta("I can't tell.", abstained=True)).why == "can't tell"


def test_two_looks_that_differ_call_a_person() -> None:
    assert "differently" in state(LOT, said("A4471-07"), said("A4471-01")).why


def test_parts_that_touch_call_a_person() -> None:
    assert state(PARTS, said("12", 0.98, *[86] * 12)).state == "ok"
    assert "touch" in state(PARTS, said("12", 0.98, *[86] * 11, 128)).why


def test_the_samples_come_out_as_they_are() -> None:
    model, checks = load_model(), load_checks()
    good = inspect(model, GOOD, checks)
    assert [each.value for each in good.findings] == ["12", "A4471-07", "4.21"] and not good.flagged
    missing = inspect(model, Image(ROOT / "samples" / "missing.png"), [PARTS])
    assert (missing.findings[0].value, missing.findings[0].state) == ("11", "out of bounds")
    blurred = inspect(model, Image(ROOT / "samples" / "blurred.png"), [LOT])
    assert blurred.findings[0].state == "unsure"


def test_checks_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    asked = "[[check]]\nname = 'a'\nquestion = 'b'\n"
    wrong = ("foo = 1", "region = [0, 0, 2, 1]", "pattern = '['")
    for text in ("", "[[check]]\nname = 'a'", *(asked + line for line in wrong)):
        (tmp_path / "checks.toml").write_text(text, encoding="utf-8")
        with pytest.raises(SensoriumError):
            load_checks(tmp_path / "checks.toml")


def test_the_task_is_filled_in_and_asks_what_is_checked() -> None:
    task = load_task(ROOT / "task.csv")
    questions = {example.conversation.messages[-1].text for example in task.examples}
    assert len(task) == 10 and questions == {check.question for check in load_checks()}
