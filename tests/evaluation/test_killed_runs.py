"""`sensorium fewshot` and `sensorium evaluate`, killed by SIGKILL and started again: nothing is paid twice."""

from __future__ import annotations

from pathlib import Path

import killed_runs
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")]


def check(outcome: killed_runs.Outcome) -> None:
    assert outcome.kills == 2 and outcome.answers > 30
    assert (outcome.paid_twice, outcome.stored_twice) == (0, 0) and outcome.in_flight <= outcome.kills
    assert outcome.same_report


def test_fewshot(tmp_path: Path) -> None:
    pytest.importorskip("openai")
    check(killed_runs.fewshot(tmp_path, 2, 0))


def test_evaluate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("trl")
    from taught import taught

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.chdir(tmp_path)
    taught(tmp_path)
    check(killed_runs.evaluate(tmp_path, 2, 0))
