"""The course: its lessons found, run in a process of their own, and their exercises checked.

What a lesson's own cells use: `sample` pictures, `show` them, run a `shell` command, ask a `hosted` model if there is a
key, and `check` an exercise. What the command line and the tests use: `courses.lessons`, `running.run`.
"""

from sensorium.lessons.cells import sample, shell, show
from sensorium.lessons.courses import Lesson, find_lesson, lessons
from sensorium.lessons.exercises import CheckResult, check
from sensorium.lessons.larger_models import hosted
from sensorium.lessons.running import CellResult, LessonRun, run

__all__ = [
    "CellResult",
    "CheckResult",
    "Lesson",
    "LessonRun",
    "check",
    "find_lesson",
    "hosted",
    "lessons",
    "run",
    "sample",
    "shell",
    "show",
]
