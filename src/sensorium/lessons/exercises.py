"""Exercises: a check is a function of the values that a learner's cell sets.

A lesson's checks.py has one function for each exercise. Its parameters are the names of the learner's values; it
returns what is wrong and what to try, or None. Its docstring is what the learner reads once it is right.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from sensorium.core.errors import InputError, SensoriumError, quoted
from sensorium.lessons.courses import Lesson, find_lesson


@dataclass(frozen=True)
class CheckResult:
    """What a check says of an answer.

    Args:
        exercise: The exercise's name.
        passed: Whether the answer is right.
        message: What is wrong and what to try; or why it is right.
        started: Whether there is an answer at all.
    """

    exercise: str
    passed: bool
    message: str
    started: bool = True

    def __str__(self) -> str:
        state = "right" if self.passed else "not yet" if self.started else "still open"
        return f"{self.exercise}: {state}. {self.message}".strip()


RESULTS: list[CheckResult] = []
"""What the checks of this process have said; the program that runs a lesson's cells reads and empties it."""


def check(lesson: str, exercise: str) -> None:
    """Check the caller's values as the answer to an exercise, and print what the check says.

    Example, in a cell below the exercise's:
        >>> check("02-one-conversation", "order")  # doctest: +SKIP
        order: right. The picture comes before the question.
    """
    result = judge(find_lesson(lesson), exercise, sys._getframe(1).f_globals)
    RESULTS.append(result)
    print(result)  # noqa: T201  (it is a notebook's output)


def judge(lesson: Lesson, exercise: str, values: Mapping[str, Any]) -> CheckResult:
    """Return what the check of an exercise says of values by name.

    Raises:
        InputError: if the lesson has no such exercise.
    """
    function = check_of(lesson, exercise)
    wanted = tuple(inspect.signature(function).parameters)
    if unset := [f"`{name}`" for name in wanted if values.get(name, ...) is ...]:
        return CheckResult(exercise, False, f"Set {' and '.join(unset)} in the cell above, and run it.", started=False)
    try:
        mistake = function(**{name: values[name] for name in wanted})
    except (Exception, SystemExit) as error:  # the answer may be of any type and do anything
        what = str(error) if isinstance(error, SensoriumError) else f"{type(error).__name__}: {quoted(error)}"
        return CheckResult(exercise, False, f"The check can't use the answer. {what}")
    return CheckResult(exercise, mistake is None, mistake or inspect.cleandoc(function.__doc__ or ""))


def check_of(lesson: Lesson, exercise: str) -> Callable[..., str | None]:
    """Return the check of an exercise; InputError if the lesson has no such exercise."""
    names = [each.name for each in lesson.exercises]
    function = getattr(_checks(lesson.folder / "checks.py"), exercise, None) if exercise in names else None
    if function is None:
        raise InputError(f"{lesson.name} has no exercise {quoted(exercise)}.", f"It has: {', '.join(names)}.")
    return function  # type: ignore[no-any-return]


@cache
def _checks(path: Path) -> ModuleType:
    spec = spec_from_file_location(f"course_checks_{path.parent.name.replace('-', '_')}", path)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
