"""A lesson's cells run in a process of their own: what they print and show, how they fail, how long they may take."""

from __future__ import annotations

import base64
import io
import time
from dataclasses import replace
from pathlib import Path

import PIL.Image
import pytest

from sensorium.core.errors import InstallError
from sensorium.lessons import Lesson, LessonRun, run
from sensorium.lessons.courses import MODULES
from sensorium.lessons.executor import MAX_TEXT
from sensorium.lessons.notebook import Cell


@pytest.fixture
def lesson(tmp_path: Path) -> Lesson:
    return Lesson(1, "01-mine", tmp_path, "T", "S.", "P", 5, (), ())


def ran(lesson: Lesson, *sources: str, timeout_seconds: float = 60) -> LessonRun:
    return run(
        lesson, [Cell("code", source, 10 * n) for n, source in enumerate(sources, 1)], timeout_seconds=timeout_seconds
    )


def test_cells_share_one_namespace_and_show_their_last_value(lesson: Lesson) -> None:
    done = ran(lesson, "x = 20\nprint('first')", "x + 22", "x;", "None", "import sys; print('aside', file=sys.stderr)")
    assert not done.error
    assert [cell.text for cell in done.cells] == ["first\n", "42\n", "", "", "aside\n"]
    assert all(cell.seconds >= 0 for cell in done.cells)


def test_each_run_begins_anew_in_an_empty_folder(lesson: Lesson) -> None:
    write = "import os; print(os.listdir(), 'x' in globals()); x = 1; open('mine.txt', 'w').close()"
    for _ in range(2):
        assert ran(lesson, write).cells[0].text == "[] False\n"


def test_classes_and_functions_of_a_cell_can_be_pickled_and_typed(lesson: Lesson) -> None:
    source = (
        "import pickle\nfrom dataclasses import dataclass\n@dataclass\nclass Point:\n    x: int\n"
        "pickle.loads(pickle.dumps(Point(3)))"
    )
    assert ran(lesson, source).cells[0].text == "Point(x=3)\n"


def test_an_error_stops_the_run_and_names_the_line_of_the_lesson(lesson: Lesson) -> None:
    done = ran(lesson, "def f():\n    raise ValueError('too small')", "\nf()", "print('never')")
    assert len(done.cells) == 2
    assert done.error.splitlines() == [
        "lesson.py (cell 2), line 21: f()",
        "lesson.py (cell 1), line 11: raise ValueError('too small')",
        "ValueError: too small",
    ]


@pytest.mark.parametrize(
    ("source", "named"),
    [("x = = 1", "SyntaxError"), ("exit()", "SystemExit"), ("1/0", "ZeroDivisionError"), ("input()", "EOFError")],
)
def test_every_way_to_fail_is_an_error(lesson: Lesson, source: str, named: str) -> None:
    done = ran(lesson, source)
    assert named in done.error and "line 10" in done.error


def test_a_process_that_dies_is_an_error(lesson: Lesson) -> None:
    done = ran(lesson, "print('here')", "import os; os._exit(7)")
    assert len(done.cells) == 1 and "Cell 2 (line 20)" in done.error and "code 7" in done.error


def test_what_c_libraries_print_does_not_mix_with_the_results(lesson: Lesson) -> None:
    done = ran(lesson, "import os; os.write(1, b'{\"number\": 99}\\n'); print('mine')")
    assert not done.error and done.cells[0].text == "mine\n"


def test_a_lesson_that_never_ends_is_ended(lesson: Lesson) -> None:
    start = time.monotonic()
    done = ran(lesson, "print('here')", "import time; time.sleep(600)", timeout_seconds=6)
    assert time.monotonic() - start < 60
    assert "wasn't done after 6 s" in done.error and len(done.cells) <= 1


def test_a_picture_keeps_what_it_shows_in_words(lesson: Lesson) -> None:
    done = ran(
        lesson,
        "import numpy as np\nfrom sensorium.lessons import show\n"
        "show(np.zeros((300, 1200, 3), dtype=np.uint8), 'a black bar')",
    )
    (picture,) = done.cells[0].pictures
    assert picture["alt"] == "a black bar"
    assert PIL.Image.open(io.BytesIO(base64.b64decode(picture["png"]))).size == (480, 120)


def test_endless_output_is_cut(lesson: Lesson) -> None:
    (cell,) = ran(lesson, "print('x' * 1_000_000)").cells
    assert len(cell.text) < MAX_TEXT + 100 and "980,001 more characters" in cell.text


def test_a_missing_extra_is_said_before_anything_runs(lesson: Lesson, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODULES, "hf", "not_a_module_of_anybody")
    with pytest.raises(InstallError, match="hf"):
        ran(replace(lesson, needs=("hf",)), "1")


def test_hosted_models_are_off_unless_asked_for(lesson: Lesson) -> None:
    cells = [Cell("code", "import os; print(os.environ.get('SENSORIUM_HOSTED'))")]
    assert run(lesson, cells).cells[0].text == "0\n"
    assert run(lesson, cells, hosted=True).cells[0].text == "None\n"
