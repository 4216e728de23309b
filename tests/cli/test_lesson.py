"""`sensorium lesson`: list, open, run, check, and what is kept of a learner's progress."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from course_runs import NAMES, close_network

from sensorium.cli.main import main
from sensorium.lessons import find_lesson
from sensorium.lessons.notebook import read_cells
from sensorium.lessons.progress import note, progress_path, read_progress

NAME = "02-one-conversation"


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    close_network(tmp_path / "closed", monkeypatch)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


def call(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["lesson", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_the_list_names_every_lesson() -> None:
    code, out, _ = call("list")
    assert code == 0 and "Begin" in out
    assert all(find_lesson(name).title in out for name in NAMES)
    assert call("list", "--quiet")[1].split() == NAMES
    rows = [json.loads(line) for line in call("list", "--json")[1].splitlines()]
    assert [row["name"] for row in rows] == NAMES and all(not row["done"] and row["solved"] == [] for row in rows)


def test_an_open_lesson_is_a_copy_that_is_never_overwritten(own_folder: Path) -> None:
    code, out, err = call("open", "2")
    copy = own_folder / NAME / "lesson.ipynb"
    assert code == 0 and Path(out.strip()).resolve() == copy.resolve() and "lesson check 2" in err
    assert {path.name for path in copy.parent.iterdir()} == {"lesson.ipynb", "tokens.png", "costs.png"}
    copy.write_text("mine")
    code, _, err = call("open", "2", "--text")
    assert code == 2 and "You have a copy already" in err and copy.read_text() == "mine"


def test_solving_a_copy_is_kept_as_progress(own_folder: Path) -> None:
    lesson = find_lesson(NAME)
    call("open", NAME, "--text")
    copy = own_folder / NAME / "lesson.py"
    text = copy.read_text(encoding="utf-8")
    first, second, third = lesson.exercises
    for exercise, answer in ((first, first.solution), (second, second.wrong[0])):
        (cell,) = (cell for cell in read_cells(copy) if cell.exercise == exercise.name)
        text = text.replace(
            f'exercise="{exercise.name}"\n{cell.source}', f'exercise="{exercise.name}"\n{answer.strip()}'
        )
    copy.write_text(text, encoding="utf-8")
    code, out, _ = call("check", "2")
    assert code == 1
    lines = out.splitlines()
    assert lines[0].startswith(f"{first.name}: right.") and lines[1].startswith(f"{second.name}: not yet.")
    assert lines[2].startswith(f"{third.name}: still open.")
    assert read_progress()[NAME] == {"done": True, "solved": [first.name]}
    assert "run, 1 of 3 exercises solved" in call("list")[1]


def test_a_broken_copy_names_the_cell(own_folder: Path) -> None:
    call("open", NAME, "--text")
    copy = own_folder / NAME / "lesson.py"
    copy.write_text("# %%\nprint('a')\n\n# %%\nundefined_name\n")
    code, out, err = call("check", "2", "--json")
    data = json.loads(out)
    assert code == 1 and "cell 2" in data["error"] and "line 5" in data["error"] and "NameError" in data["error"]
    assert [row["started"] for row in data["exercises"]] == [False] * 3 and not err


def test_a_copy_without_its_checks_says_what_to_add(own_folder: Path) -> None:
    call("open", NAME, "--text")
    (own_folder / NAME / "lesson.py").write_text("# %%\nfrom sensorium.lessons import check\n")
    code, out, err = call("check", "2")
    first = find_lesson(NAME).exercises[0].name
    assert code == 1 and not err
    assert f"{first}: still open. Its check is missing from your copy" in out and f'check("{NAME}", "{first}")\n' in out


def test_a_copy_elsewhere_is_named_in_what_to_type_next(own_folder: Path) -> None:
    code, _, err = call("open", "2", "--to", "my lessons")
    assert code == 0 and f"sensorium lesson check 2 'my lessons/{NAME}/lesson.ipynb'" in err


@pytest.mark.parametrize("kind", ["file", "file in place of the lesson", "dangling link"])
def test_a_copy_goes_into_folders_only(own_folder: Path, kind: str) -> None:
    place = own_folder / ("to" if kind == "file" else NAME)
    place.symlink_to("/nowhere/at/all") if kind == "dangling link" else place.write_text("mine")
    code, out, err = call("open", "2", *(("--to", "to") if kind == "file" else ()))
    assert code == 2 and f"'{place.name}' isn't a folder" in err and "--to" in err and not out
    assert os.listdir(own_folder) == [place.name]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"cells": [', '{"nbformat": 4, "metadata": {}, "cells": 3}', "\x00"])
def test_half_a_notebook_is_refused_by_name(own_folder: Path, text: str) -> None:
    (own_folder / "half.ipynb").write_text(text)
    code, out, err = call("check", "2", "half.ipynb")
    assert code == 2 and "'half.ipynb' can't be read as a lesson" in err and "lesson open" in err and not out


def test_run_prints_what_the_cells_print() -> None:
    code, out, _ = call("run", "2")
    assert code == 0
    assert out.startswith("# 2. One conversation\n") and "\nTotal: 14.25\n" in out
    assert "[picture: A receipt of Green Door Grocery" in out and "Skipped: gemini:gemini-3.8-flash" in out
    assert read_progress()[NAME] == {"done": True, "solved": []}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("run", "99"), "No lesson '99'"), (("check", "2"), "No copy of 02-one-conversation"),
     (("check", "2", "absent.py"), "No file 'absent.py'"), (("open", ""), "No lesson ''")],
)  # fmt: skip
def test_mistakes_of_the_user(arguments: tuple[str, ...], message: str) -> None:
    code, out, err = call(*arguments)
    assert code == 2 and message in err and "Type: " in err + "Type: " * err.count("Check the spelling") and not out


def test_progress_survives_a_broken_file() -> None:
    note("01-a", True, ["x"])
    note("01-a", False, ["y"])
    assert read_progress() == {"01-a": {"done": True, "solved": ["x", "y"]}}
    for text in ("{broken", "[]", '{"01-a": 3}', '{"01-a": {"solved": 3}}'):
        progress_path().write_text(text)
        assert read_progress() == {}
