"""A store of answers: torn lines, other runs, two processes; whatever byte a break comes at, nothing whole is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sensorium.core.errors import InputError
from sensorium.core.reply import Usage
from sensorium.evaluation.run_store import Record, RunStore

SETTINGS = {"questions": "3", "conditions": {"base": {"model": "m", "seed": 0}}}
RECORDS = [
    Record("base", 0, "red\u2028or\nблакитний }", confidence=0.5, usage=Usage(input_tokens=3, seconds=0.1)),
    Record("base", 1, "", failure="timeout", detail="It took too long."),
    Record("4-shot", 0, "blue", abstained=True, demonstrations=(3, 1)),
]


def filled(folder: Path) -> Path:
    with RunStore(folder, SETTINGS) as store:
        for record in RECORDS:
            store.add(record)
    return folder / "records.jsonl"


def stored(folder: Path) -> list[Record]:
    with RunStore(folder, SETTINGS) as store:
        return list(store.records.values())


def test_what_is_added_is_there_again(tmp_path: Path) -> None:
    filled(tmp_path)
    assert stored(tmp_path) == RECORDS
    assert json.loads((tmp_path / "settings.json").read_text()) == SETTINGS
    assert sorted(path.name for path in tmp_path.iterdir()) == ["records.jsonl", "settings.json"]


def test_a_break_at_any_byte_loses_the_torn_answer_only(tmp_path: Path) -> None:
    whole = filled(tmp_path).read_bytes()
    ends = [place + 1 for place, byte in enumerate(whole) if byte == ord("\n")]
    for length in range(len(whole) + 1):
        (tmp_path / "records.jsonl").write_bytes(whole[:length])
        complete = sum(end <= length for end in ends)
        assert stored(tmp_path) == RECORDS[:complete], length
        assert (tmp_path / "records.jsonl").read_bytes() == whole[: ([0, *ends])[complete]]  # a prefix of what was


def test_an_answer_after_a_torn_one_stands_on_a_line_of_its_own(tmp_path: Path) -> None:
    path = filled(tmp_path)
    path.write_bytes(path.read_bytes()[:-5])
    with RunStore(tmp_path, SETTINGS) as store:
        store.add(RECORDS[2])
    assert stored(tmp_path) == RECORDS


def test_a_last_line_of_noise_is_cut_and_one_in_the_middle_is_refused(tmp_path: Path) -> None:
    path = filled(tmp_path)
    path.write_bytes(path.read_bytes() + b"\0\0\0\n")
    assert stored(tmp_path) == RECORDS
    first, *rest = path.read_text(encoding="utf-8").split("\n")
    path.write_text("\n".join([first, "{}", *rest]), encoding="utf-8")
    with pytest.raises(InputError, match=r"Line 2 of .* is not an answer"):
        stored(tmp_path)


def test_another_run_is_refused_with_what_differs(tmp_path: Path) -> None:
    filled(tmp_path)
    other = {"questions": "3", "conditions": {"base": {"model": "m", "seed": 1}}}
    with pytest.raises(InputError, match="holds another run: its seed is 0, not 1") as error:
        RunStore(tmp_path, other)
    assert str(tmp_path) in error.value.message and stored(tmp_path) == RECORDS
    (tmp_path / "settings.json").write_text("{")
    with pytest.raises(InputError, match="holds another run"):
        RunStore(tmp_path, SETTINGS)
    (tmp_path / "settings.json").unlink()
    with pytest.raises(InputError, match=r"answers without settings\.json"):
        RunStore(tmp_path, SETTINGS)


def test_two_at_once_are_refused(tmp_path: Path) -> None:
    other = (
        "import sys, pathlib\nfrom sensorium.core.errors import InputError\n"
        "from sensorium.evaluation.run_store import RunStore\n"
        "try:\n    RunStore(pathlib.Path(sys.argv[1]), {})\nexcept InputError as error:\n    print(error.message)"
    )
    with RunStore(tmp_path, {}):
        found = subprocess.run([sys.executable, "-c", other, str(tmp_path)], capture_output=True, text=True)
        assert found.stdout.startswith("Another process writes to the folder"), found
        with pytest.raises(InputError, match="Another process writes"):
            RunStore(tmp_path, {})
    again = subprocess.run([sys.executable, "-c", other, str(tmp_path)], capture_output=True, text=True)
    assert (again.stdout, again.returncode) == ("", 0)
