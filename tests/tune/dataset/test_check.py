"""`data check` finds what was planted in real pictures, names the rows, and finds nothing where nothing is."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from planted import clean, ten_faults, written

from sensorium.backends.fake import Fake
from sensorium.core.protocols import Limits
from sensorium.tasks.readers import load_table, load_task
from sensorium.tasks.rows import RowFormat
from sensorium.tune.dataset.blind import Blind
from sensorium.tune.dataset.check import check
from sensorium.tune.dataset.data import from_task, read_dataset
from sensorium.tune.dataset.report import CheckReport


def checked(path: Path, **columns: str) -> CheckReport:
    return check(read_dataset(load_table(path, RowFormat(columns=columns))))


def test_a_clean_data_set_has_no_finding(tmp_path: Path) -> None:
    found = checked(written(tmp_path, clean(tmp_path)))
    assert found.findings == ()
    assert (found.rows, found.pictures, found.splits) == (120, 60, {"test": 24, "train": 96})
    assert "No problems found." in found.lines() and not found.must_fix
    assert isinstance(found.blind, Blind) and found.blind.words.mean < 0.55


def test_ten_planted_faults_are_found_and_nothing_else(tmp_path: Path) -> None:
    path, planted = ten_faults(tmp_path)
    found = {each.fault: each for each in checked(path).findings}
    assert len(planted) == 10
    assert set(found) - set(planted) == set() and set(planted) - set(found) == set()
    for fault, rows in planted.items():
        assert rows <= set(found[fault].rows), fault
        assert found[fault].hint and found[fault].message.endswith((".", "…"))
    assert "GPS position" in found["personal-data"].message and "camera serial" in found["personal-data"].message
    must = {"broken-picture", "picture-across-splits", "personal-data", "conflicting-answers"}
    assert {fault for fault, each in found.items() if each.must_fix} == must
    assert set(found["broken-picture"].rows) == planted["broken-picture"]
    assert set(found["conflicting-answers"].rows) == planted["conflicting-answers"]


def test_what_the_words_give_away_is_found(tmp_path: Path) -> None:
    rows = clean(tmp_path)
    chance = random.Random(1)
    for row in rows:
        if row["question"].startswith("Is there"):
            fruit, row["answer"] = chance.choice((("ripe fruit", "yes"), ("blue sheep", "no"), ("dry ocean", "no")))
            row["question"] = f"Is there a {fruit}?"
    (found,) = checked(written(tmp_path, rows)).findings
    assert found.fault == "answerable-without-picture" and not found.must_fix
    told = {number for number, row in enumerate(rows, 1) if row["answer"] == "yes"}
    assert len(told & set(found.rows)) > 0.9 * len(told)


def test_one_sided_answers_are_found_of_all_and_of_one_kind_of_question(tmp_path: Path) -> None:
    rows = clean(tmp_path)
    for number, row in enumerate(rows):
        if row["question"].startswith("Is there"):
            row["answer"] = "no" if number % 20 == 1 else "yes"
    (found,) = checked(written(tmp_path, rows)).findings
    assert found.fault == "answer-imbalance" and '"is there …" in 54 of 60 rows (90%)' in found.message
    assert len(found.rows) == sum(row["answer"] == "yes" for row in rows)
    for row in rows:
        row["answer"] = "yes" if row["answer"] != "no" else "no"
    (found,) = checked(written(tmp_path, rows)).findings
    assert found.fault == "answer-imbalance" and "of all rows" in found.message


def test_rows_that_cannot_be_used_are_said_and_the_others_checked(tmp_path: Path) -> None:
    rows = clean(tmp_path)
    rows[3]["image"] = "gone.png"
    rows[8]["answer"] = ""
    found = checked(written(tmp_path, rows))
    (unusable,) = found.findings
    assert (unusable.fault, unusable.rows, unusable.must_fix) == ("unusable-row", (4, 9), True)
    assert "gone.png" in unusable.message and found.rows == 120


def test_rows_without_what_others_have(tmp_path: Path) -> None:
    rows = clean(tmp_path)
    del rows[0]["image"], rows[2]["question"], rows[4]["split"]
    found = {each.fault: each.rows for each in checked(written(tmp_path, rows)).findings}
    assert found == {"no-picture": (1,), "no-question": (3,), "no-split": (5,)}


def test_a_row_that_comes_twice(tmp_path: Path) -> None:
    rows = clean(tmp_path)
    rows.append(dict(rows[10]))
    (found,) = checked(written(tmp_path, rows)).findings
    assert (found.fault, found.rows, found.must_fix) == ("duplicate-row", (11, 121), False)


def test_several_people_who_share_an_answer_do_not_conflict(tmp_path: Path) -> None:
    rows = clean(tmp_path)
    first = {**rows[0], "answers": ["red", "dark red"]}
    second = {**rows[0], "answers": ["crimson", "Red."]}
    del first["answer"], second["answer"]
    faults = {each.fault for each in checked(written(tmp_path, [first, second, *rows[1:]])).findings}
    assert "conflicting-answers" not in faults


@pytest.mark.parametrize(
    ("limits", "reason", "count"),
    [
        (Limits(), "", 0),
        (Limits(context_tokens=30, image_tokens=20), "at most 30 tokens", 1),
        (Limits(max_images=1), "at most 1 pictures", 1),
        (Limits(parts=("text",)), "takes no image", 120),
    ],
)
def test_what_a_model_does_not_take(tmp_path: Path, limits: Limits, reason: str, count: int) -> None:
    rows = clean(tmp_path)
    rows[6] = {**rows[6], "image": None, "images": ["3.png", "3.png"], "question": "Which colour? " + "word " * 6}
    model = Fake("x")
    model.limits = limits
    found = check(from_task(load_task(written(tmp_path, rows))), model)
    over = [each for each in found.findings if each.fault == "over-limit"]
    assert [(reason in each.message, len(each.rows), each.must_fix) for each in over] == [(True, count, True)] * bool(
        count
    )
    assert any(each.label.startswith("Tokens of a row, estimated") for each in found.histograms)
    assert all(sum(each.counts) == 120 for each in found.histograms)


def test_free_text_is_not_guessed(tmp_path: Path) -> None:
    rows = clean(tmp_path)
    for number, row in enumerate(rows):
        row["answer"] = f"A sentence of its own, number {number}"
    found = checked(written(tmp_path, rows))
    assert found.findings == () and isinstance(found.blind, str) and "nothing to guess from" in found.blind
