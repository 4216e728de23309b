"""Lessons are found by number and name, say what they need, and a broken description is refused by name."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from sensorium.core.errors import InputError, InstallError
from sensorium.lessons import find_lesson, lessons
from sensorium.lessons.courses import MODULES, course_folder, read_lesson

ROOT = Path(__file__).parents[2]
TOML = """
title = "T"
summary = "S."
part = "P"
minutes = 5
needs = ["offline"]
[exercises.one]
title = "One"
solution = "x = 1"
wrong = ["x = 2", "x = 3", "x = 4"]
"""


@pytest.fixture
def own_course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "course" / "07-mine"
    folder.mkdir(parents=True)
    (folder / "lesson.py").write_text("# %% [markdown]\n# # T\n")
    (folder / "lesson.toml").write_text(TOML)
    monkeypatch.setenv("SENSORIUM_COURSE", str(tmp_path / "course"))
    return folder


@pytest.mark.parametrize("name", [2, "2", "02", "02-one-conversation", "conversation", " 02 "])
def test_a_lesson_has_several_names(name: str | int) -> None:
    assert find_lesson(name).name == "02-one-conversation"


@pytest.mark.parametrize("name", ["99", "0", "nothing", "", "-1"])
def test_an_unknown_lesson_is_refused(name: str) -> None:
    with pytest.raises(InputError) as caught:
        find_lesson(name)
    assert repr(name) in caught.value.message and "lesson list" in caught.value.hint


def test_a_part_of_several_names_is_refused_with_their_names() -> None:
    with pytest.raises(InputError) as caught:
        find_lesson("-")
    assert "01-who-is-it-for" in caught.value.message and "02-one-conversation" in caught.value.message


def test_the_course_is_that_of_the_clone() -> None:
    assert course_folder() == ROOT / "course"
    assert all(lesson.folder.parent == ROOT / "course" for lesson in lessons())


def test_a_course_of_ones_own(own_course: Path) -> None:
    (lesson,) = lessons()
    assert (lesson.number, lesson.name, lesson.needs) == (7, "07-mine", ("offline",))
    (exercise,) = lesson.exercises
    assert (exercise.name, exercise.solution, exercise.wrong) == ("one", "x = 1", ("x = 2", "x = 3", "x = 4"))


def test_a_folder_without_a_course_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENSORIUM_COURSE", str(tmp_path))
    with pytest.raises(InstallError) as caught:
        lessons()
    assert str(tmp_path)[:30] in caught.value.message and "Clone" in caught.value.hint


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("minutes = 5", "", "minutes"),
        ("minutes = 5", "minutes = 5\nauthor = 'x'", "author"),
        ('wrong = ["x = 2", "x = 3", "x = 4"]', "", "wrong"),
        ('needs = ["offline"]', 'needs = ["telepathy"]', "telepathy"),
        ('title = "T"', "title = ", "TOML"),
    ],
)
def test_a_broken_description_is_refused(own_course: Path, old: str, new: str, named: str) -> None:
    (own_course / "lesson.toml").write_text(TOML.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        read_lesson(own_course)
    assert named in caught.value.message


def test_extras_are_told_by_modules_that_they_bring() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert set(MODULES) <= set(extras)
    assert all(find_spec(module) is not None for module in MODULES.values())  # the tests have every extra


def test_a_missing_extra_is_named_with_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    lesson = replace(find_lesson(2), needs=("offline", "hf", "tune"))
    lesson.require()
    monkeypatch.setitem(MODULES, "hf", "not_a_module_of_anybody")
    monkeypatch.setitem(MODULES, "tune", "nor_this_one")
    assert lesson.missing == ("hf", "tune")
    with pytest.raises(InstallError) as caught:
        lesson.require()
    assert "hf and tune" in caught.value.message and "sensorium[hf,tune]" in caught.value.hint
