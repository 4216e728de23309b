"""Stored answers: kept at once, read again, torn lines, what was on its way."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensorium.core.errors import InputError
from sensorium.video.watch.steps import STEPS, StepStore, step_key


def test_a_key_depends_on_every_value_but_not_on_their_order() -> None:
    assert step_key({"a": 1, "b": "é"}) == step_key({"b": "é", "a": 1})
    assert step_key({"a": 1}) != step_key({"a": 2}) != step_key({"a": "2"})


def test_answers_are_there_after_reopening(tmp_path: Path) -> None:
    with StepStore(tmp_path) as store:
        store.sent("k")
        store.add("k", {"text": "half “ a”"})
        nonce = store.nonce
    with StepStore(tmp_path) as store:
        assert store.get("k") == {"text": "half “ a”"} and not store.was_sent("k")
        assert store.nonce == nonce and store.get("other") is None


def test_what_was_sent_and_never_answered_is_known(tmp_path: Path) -> None:
    with StepStore(tmp_path) as store:
        store.sent("lost")
        store.sent("refused")
        before = store.request_key("refused")
        store.failed("refused")
    with StepStore(tmp_path) as store:
        assert store.was_sent("lost") and not store.was_sent("refused")
        assert store.request_key("refused") != before  # a failure that was told is asked anew
        assert store.request_key("lost") == store.request_key("lost") and "lost" in store.request_key("lost")


def test_a_torn_last_line_is_cut_off(tmp_path: Path) -> None:
    with StepStore(tmp_path) as store:
        store.add("k", {"text": "x"})
    path = tmp_path / STEPS
    path.write_bytes(path.read_bytes() + b'{"key": "torn", "val')
    with StepStore(tmp_path) as store:
        assert store.get("k") == {"text": "x"} and store.get("torn") is None
        store.add("next", {"text": "y"})
    with StepStore(tmp_path) as store:
        assert store.get("next") == {"text": "y"}


def test_a_foreign_line_is_refused(tmp_path: Path) -> None:
    (tmp_path / STEPS).write_text('{"other": 1}\n{"key": "k", "value": {}}\n')
    with pytest.raises(InputError, match=r"Line 1 of .* is not a step"):
        StepStore(tmp_path)


def test_two_processes_do_not_write_to_one_folder(tmp_path: Path) -> None:
    with StepStore(tmp_path), pytest.raises(InputError, match="Another process writes"):
        StepStore(tmp_path)
    with StepStore(tmp_path):
        pass


def test_without_a_folder_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with StepStore() as store:
        store.add("k", {"text": "x"})
        assert store.get("k") == {"text": "x"}
    assert list(tmp_path.iterdir()) == []
