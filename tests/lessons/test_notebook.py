"""One text is a page and a notebook: its cells, their lines, exercises that keep their names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sensorium.core.errors import InputError, MediaError
from sensorium.lessons.notebook import Cell, read_cells, title_of, to_notebook, with_answers

TEXT = """# ---
# jupyter: {}
# ---

# %% [markdown]
# # A title
#
# Words.

# %%
x = 1


def f():
    return x

# %% exercise="one"
y = ...

# %% tags=["hosted"]
print(f(), y)
"""


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    path = tmp_path / "lesson.py"
    path.write_text(TEXT)
    return path


def test_the_cells_their_lines_and_exercises(lesson: Path) -> None:
    cells = read_cells(lesson)
    assert [cell.kind for cell in cells] == ["markdown", "code", "code", "code"]
    assert [cell.exercise for cell in cells] == ["", "", "one", ""]
    rows = TEXT.splitlines()
    for cell in cells:
        first = cell.source.splitlines()[0]
        assert rows[cell.line - 1].removeprefix("# ") == first.removeprefix("# ") or rows[cell.line - 1] == f"# {first}"
    assert title_of(cells) == "A title"


def test_the_notebook_has_the_same_cells_and_is_the_same_each_time(lesson: Path, tmp_path: Path) -> None:
    text = to_notebook(lesson)
    assert text == to_notebook(lesson)
    data = json.loads(text)
    assert data["nbformat"] == 4 and data["metadata"]["kernelspec"]["language"] == "python"
    path = tmp_path / "lesson.ipynb"
    path.write_text(text)
    mine = [(cell.kind, cell.source, cell.exercise) for cell in read_cells(lesson)]
    assert [(cell.kind, cell.source, cell.exercise) for cell in read_cells(path)] == mine


def test_answers_replace_the_named_cells_only() -> None:
    cells = (Cell("code", "x = 1"), Cell("code", "y = ...", 5, "one"), Cell("code", "z = ...", 7, "two"))
    assert with_answers(cells, {"one": "y = 2"}) == (cells[0], Cell("code", "y = 2", 5, "one"), cells[2])


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "lesson.txt").write_text("x")
    with pytest.raises(InputError, match=r"lesson\.txt"):
        read_cells(tmp_path / "lesson.txt")
    (tmp_path / "lesson.ipynb").write_text("{broken")
    with pytest.raises(InputError, match="can't be read as a lesson"):
        read_cells(tmp_path / "lesson.ipynb")
    with pytest.raises(MediaError, match="No file"):
        read_cells(tmp_path / "absent.py")
