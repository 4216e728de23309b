"""Every lesson: its form, figures and exercises; and, as `long`, all of them in order, solved, without a network.

tests/site runs all of them a second time, as they stand, for the pages that show what they print.
"""

from __future__ import annotations

import ast
import inspect
import io
import os
import re
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest
from course_runs import COURSE, NAMES, ROOT, close_network, difference
from needed_cells import loaded, needed_cells

from sensorium.lessons import find_lesson, lessons, run
from sensorium.lessons.exercises import check_of
from sensorium.lessons.notebook import Cell, read_cells, to_notebook, with_answers

SECTIONS = ("Exercises", "What goes wrong", "Sources")
MOST_SECONDS = 300.0
"""Of a processor, for all lessons once: twice in under ten minutes."""
QUICK = ("01-who-is-it-for", "02-one-conversation", "09-contrastive-examples", "11-gemini")
"""Lessons that run in under five seconds: whole, also in the normal suite."""


@pytest.fixture(autouse=True)
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    close_network(tmp_path / "closed", monkeypatch)


def test_the_lessons_are_numbered_and_listed() -> None:
    numbers = [lesson.number for lesson in lessons()]
    assert numbers == sorted(set(numbers)) and numbers[:2] == [1, 2]
    listed = re.findall(r"^\| (\d+) \| `(\d\d-[\w-]+)` \|", (COURSE / "README.md").read_text(encoding="utf-8"), re.M)
    assert [int(number) for number, _ in listed] == list(range(1, 21))
    for lesson in lessons():
        assert (str(lesson.number), lesson.name) in listed


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_has_its_form(name: str) -> None:
    lesson = find_lesson(name)
    cells = read_cells(lesson.file)
    text = "\n".join(cell.source for cell in cells if not cell.is_code)
    assert text.startswith(f"# {lesson.title}\n"), "the heading is the title"
    headings = re.findall(r"^## (.+)$", text, re.M)
    assert all(section in headings for section in SECTIONS), headings
    assert any(re.search(r"\bhosted\(", cell.source) for cell in cells if cell.is_code)
    assert 2 <= len(lesson.exercises) <= 4 and lesson.summary.endswith(".") and 5 <= lesson.minutes <= 60
    assert [cell.exercise for cell in cells if cell.exercise] == [each.name for each in lesson.exercises]
    for each in lesson.exercises:
        assert len(each.wrong) >= 3 and len({*each.wrong, each.solution}) == len(each.wrong) + 1
        assert check_of(lesson, each.name).__doc__
        assert f'check("{name}", "{each.name}")' in "\n".join(cell.source for cell in cells)
    assert max(map(len, lesson.file.read_text(encoding="utf-8").splitlines())) <= 140


@pytest.mark.parametrize("name", NAMES)
def test_a_lessons_text_is_read_as_it_is_meant(name: str) -> None:
    """No phrase that the house forbids, a description for every picture, and every picture is there."""
    sys.path.insert(0, str(ROOT / "tests"))
    from test_words import FORBIDDEN

    lesson = find_lesson(name)
    for cell in read_cells(lesson.file):
        if cell.is_code:
            for token in tokenize.generate_tokens(io.StringIO(cell.source).readline):
                if token.type == tokenize.COMMENT:
                    assert not FORBIDDEN.search(token.string), token.string
            continue
        assert not FORBIDDEN.search(cell.source), (cell.line, FORBIDDEN.search(cell.source))
        for alt, file in re.findall(r"!\[([^]]*)\]\(([^)]+)\)", cell.source):
            assert len(alt) > 20, "say what the picture shows"
            assert (lesson.folder / file).is_file(), file


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_uses_public_names(name: str) -> None:
    """What it imports of Sensorium is in its module's `__all__`, if that has one, and has no underscore."""
    from importlib import import_module

    for cell in read_cells(find_lesson(name).file):
        for node in ast.walk(ast.parse(cell.source)) if cell.is_code else ():
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "sensorium":
                names = {alias.name for alias in node.names}
                public = getattr(import_module(node.module or ""), "__all__", names)
                assert names <= set(public) and not any(each.startswith("_") for each in names), ast.unparse(node)


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_is_a_notebook_of_the_same_cells(name: str, tmp_path: Path) -> None:
    lesson = find_lesson(name)
    path = tmp_path / "lesson.ipynb"
    path.write_text(to_notebook(lesson.file), encoding="utf-8")
    mine, notebook = read_cells(lesson.file), read_cells(path)
    assert [(cell.kind, cell.source, cell.exercise) for cell in mine] == [
        (cell.kind, cell.source, cell.exercise) for cell in notebook
    ]
    assert all(cell.line > 0 for cell in mine)


@pytest.mark.parametrize("name", NAMES)
def test_a_lessons_figures_are_made_by_its_script(name: str, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, str(COURSE / "make_figures.py"), name[:2], "--to", str(tmp_path)], check=True, timeout=120
    )
    made = {path.name: path for path in (tmp_path / name).iterdir()}
    kept = {path.name: path for path in (COURSE / name).iterdir() if path.suffix in (".png", ".svg", ".jpg")}
    assert made.keys() == kept.keys() and made
    for file, path in made.items():
        if path.suffix == ".svg":
            assert path.read_bytes() == kept[file].read_bytes(), file
        else:
            assert difference(path, kept[file]) < 3, f"draw it again: python course/make_figures.py {name[:2]}"


def answers(name: str) -> list[tuple[str, str, str]]:
    """Return (exercise, kind, cell) of a lesson's answers: the solution, an empty cell, and the wrong ones."""
    rows = []
    for each in find_lesson(name).exercises:
        rows += [(each.name, "solution", each.solution), (each.name, "empty", "")]
        rows += [(each.name, f"wrong {number}", source) for number, source in enumerate(each.wrong, 1)]
    return rows


def judged(name: str) -> list[Cell]:
    """Return the cells that judge all answers of a lesson: before each exercise only what it and its check need.

    Of the quick lessons all cells.
    """
    lesson = find_lesson(name)
    cells = read_cells(lesson.file)
    told: list[Cell] = []
    for number, cell in enumerate(cells):
        if (
            name in QUICK
            and not cell.exercise
            and not any(f'"{each.name}")' in cell.source for each in lesson.exercises)
        ):
            told.append(cell)
        if cell.exercise:
            verdict = next(each for each in cells[number:] if f'"{cell.exercise}")' in each.source)
            sources = [source.strip("\n") for exercise, _, source in answers(name) if exercise == cell.exercise]
            wanted = {*inspect.signature(check_of(lesson, cell.exercise)).parameters}
            wanted |= set().union(*(loaded(ast.parse(source)) for source in (*sources, verdict.source)))
            told += [] if name in QUICK else needed_cells(cells[:number], wanted)
            names = [f"globals().pop({each!r}, None)" for each in set_names(cell.source)]
            for source in sources:
                told += [Cell("code", "\n".join(names)), *with_answers((cell,), {cell.exercise: source}), verdict]
    return told


@pytest.mark.parametrize("name", NAMES)
def test_the_checks_tell_right_from_wrong(name: str) -> None:
    """In one run: each exercise's cell and check, answer after answer, after the statements that they need."""
    done = run(find_lesson(name), judged(name))
    assert not done.error, done.error
    said = [check for cell in done.cells for check in cell.checks]
    verdicts = {exercise: [each for each in said if each.exercise == exercise] for exercise, _, _ in answers(name)}
    for exercise, results in verdicts.items():
        kinds = [kind for each, kind, _ in answers(name) if each == exercise]
        for kind, result in zip(kinds, results, strict=True):
            assert result.passed == (kind == "solution"), (exercise, kind, result.message)
            assert result.started == (kind != "empty"), (exercise, kind, result.message)
            assert len(result.message) >= 10, (exercise, kind)
        wrong = [result.message for kind, result in zip(kinds, results, strict=True) if kind.startswith("wrong")]
        assert len(set(wrong)) >= 2, f"{exercise}: say what is wrong with this answer, not only that it is"


def set_names(source: str) -> list[str]:
    """Return the names that an exercise's cell sets to `...`."""
    return re.findall(r"^(\w+) = \.\.\.$", source, re.M)


@pytest.mark.long
@pytest.mark.slow
def test_all_lessons_run_in_order_solved_with_the_network_closed() -> None:
    """Each with its solutions filled in, as a learner who has done them runs it."""
    start, seconds = sum(os.times()[2:4]), {}
    for lesson in lessons():
        solved = {each.name: each.solution.strip("\n") for each in lesson.exercises}
        done = run(lesson, with_answers(read_cells(lesson.file), solved))
        assert not done.error, f"{lesson.name}: {done.error}"
        assert [(each.exercise, each.passed) for each in done.checks] == [(name, True) for name in solved], lesson.name
        seconds[lesson.name] = round(done.seconds)
    used = sum(os.times()[2:4]) - start  # of processes that have ended; whatever else runs here doesn't count
    assert used < MOST_SECONDS, (used, seconds)
    print(f"{used:.0f} s of a processor; by the clock: {seconds}")
