"""Where a timeline is kept: notes of a killed run, files that hold something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensorium.core.errors import InputError
from sensorium.video.answers.looking.store import RunNotes, keep, notes_path, read_kept


def test_a_line_that_was_being_written_costs_itself_only(tmp_path: Path) -> None:
    """Before, the next note went onto the torn line, so that both were lost at the run after."""
    path = tmp_path / "film" / "notes.jsonl"
    first = RunNotes(path)
    first.put("screen", 1.0, ["EXIT"])
    first.put("screen", 2.0, ["OPEN"])
    path.write_bytes(path.read_bytes()[:-9])
    second = RunNotes(path)
    assert second.get("screen", 1.0) == ["EXIT"] and second.get("screen", 2.0) is None
    second.put("screen", 3.0, ["CLOSED"])
    second.put("screen", 4.0, [])
    third = RunNotes(path)
    assert [third.get("screen", at) for at in (1.0, 2.0, 3.0, 4.0)] == [["EXIT"], None, ["CLOSED"], []]


def test_what_is_kept_ends_the_notes(tmp_path: Path) -> None:
    path = tmp_path / "film" / "seen.json"
    RunNotes(notes_path(path)).put("screen", 1.0, [])
    keep(path, {"a": 1})
    assert read_kept(path, dict) == {"a": 1} and not notes_path(path).exists()
    assert read_kept(tmp_path / "none.json", dict) is None


def test_something_else_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a b.json"
    path.write_text("[1")
    with pytest.raises(InputError, match="can't be read") as error:
        read_kept(path, dict)
    assert error.value.hint == f"Type: rm '{path}'"
