"""A check takes the learner's values by name, and any answer gets a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensorium.core.errors import InputError
from sensorium.lessons.courses import Exercise, Lesson
from sensorium.lessons.exercises import judge

CHECKS = '''
def double(number, twice):
    """Twice the number."""
    if twice == number:
        return "That is the number itself."
    return None if twice == 2 * number else f"Twice {number} isn't {twice}."
'''


@pytest.fixture
def lesson(tmp_path: Path) -> Lesson:
    (tmp_path / "checks.py").write_text(CHECKS)
    return Lesson(1, "01-mine", tmp_path, "T", "S.", "P", 5, (), (Exercise("double", "D", "twice = 4", ()),))


def test_right_wrong_and_open(lesson: Lesson) -> None:
    right = judge(lesson, "double", {"number": 2, "twice": 4, "other": 0})
    assert right.passed and str(right) == "double: right. Twice the number."
    wrong = judge(lesson, "double", {"number": 2, "twice": 2})
    assert not wrong.passed and wrong.started and str(wrong) == "double: not yet. That is the number itself."
    for values in ({"number": 2}, {"number": 2, "twice": ...}):
        still = judge(lesson, "double", values)
        assert not still.passed and not still.started
        assert str(still) == "double: still open. Set `twice` in the cell above, and run it."


class Odd:
    def __eq__(self, other: object) -> bool:
        raise SystemExit("x" * 1000)


@pytest.mark.parametrize("value", [None, "four", object(), Odd(), [1], float("nan")])
def test_any_answer_gets_a_sentence(lesson: Lesson, value: object) -> None:
    result = judge(lesson, "double", {"number": 2, "twice": value})
    assert not result.passed and result.started and 10 < len(result.message) < 300


def test_an_unknown_exercise_is_refused(lesson: Lesson) -> None:
    with pytest.raises(InputError, match="no exercise 'triple'"):
        judge(lesson, "triple", {})
