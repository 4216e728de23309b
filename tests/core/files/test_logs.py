"""Logs: what was written is there after a crash, what is torn is cut off, what is broken is named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sensorium.core.errors import InputError
from sensorium.core.files import LineLog


def lines_of(path: Path) -> list[Any]:
    taken: list[Any] = []
    with LineLog(path, taken.append, "a line"):
        return taken


def test_what_was_written_is_there_in_order(tmp_path: Path) -> None:
    path = tmp_path / "new" / "log.jsonl"
    with LineLog(path, print, "a line") as log:
        log.append({"text": "é \ud800"})
        log.append([1, None])
        assert log.lines == 2
    assert lines_of(path) == [{"text": "é \ud800"}, [1, None]]


@pytest.mark.parametrize("torn", [b"[2", b"[2]", b"\x00\x00"])
def test_a_last_line_that_a_crash_tore_is_cut_off(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"[1]\n" + torn)
    assert lines_of(path) == [[1]] and path.read_bytes() == b"[1]\n"


def test_another_broken_line_is_named_and_nothing_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"[1]\n{]\n[3]\n")
    with pytest.raises(InputError, match=r"Line 2 of .*log.jsonl.* is not a line"):
        lines_of(path)
    assert path.read_bytes() == b"[1]\n{]\n[3]\n"


def test_it_is_checked_before_it_is_read_and_let_go_when_the_check_fails(tmp_path: Path) -> None:
    path, empty = tmp_path / "log.jsonl", list[bool]()
    for _ in range(2):
        with LineLog(path, print, "a line", empty.append) as log:
            log.append(1)
    assert empty == [True, False]

    def refuse(empty: bool) -> None:
        raise InputError("Another run.", "Choose another folder.")

    with pytest.raises(InputError, match="Another run"):
        LineLog(path, print, "a line", refuse)
    assert lines_of(path) == [1, 1]


def test_one_process_at_a_time_has_it(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    code = (
        "import sys; from pathlib import Path; from sensorium.core.files import LineLog; "
        "LineLog(Path(sys.argv[1]), print, 'a')"
    )
    with LineLog(path, print, "a line"):
        second = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True)
    assert second.returncode and "Another process writes to the folder" in second.stderr
    assert lines_of(path) == []
