"""`sensorium compare` of a task in the working directory: written, run, its report read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sensorium.cli.main import main


def task(questions: Sequence[str]) -> None:
    """Write t.jsonl: these questions to ask, and two to pick from; "red" is always right."""
    rows = [{"question": f"Which colour is it, {each}?", "answer": "red", "split": "test"} for each in questions]
    rows += [{"question": f"Train {n}", "answer": "red", "split": "train"} for n in range(2)]
    Path("t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def run(*words: str) -> Result:
    """Compare on t.jsonl."""
    return CliRunner().invoke(main, ("compare", "t.jsonl", *words))


def report(*words: str, code: int = 0) -> dict[str, Any]:
    """Compare on t.jsonl, and return what --json prints."""
    result = run(*words, "--json")
    assert result.exit_code == code, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def row(found: dict[str, Any], start: str) -> dict[str, Any]:
    """Return the row whose name begins so."""
    return next(each for each in found["rows"] if each["name"].startswith(start))


def fresh_place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder, with a key of Gemini and none of the user's own settings."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SENSORIUM_CONFIG", str(folder / "config.toml"))
    monkeypatch.setenv("GEMINI_API_KEY", "AIzaTest0123456789")
    for name in ("SENSORIUM_MODEL", "GOOGLE_API_KEY", "GOOGLE_GEMINI_BASE_URL", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sensorium.hosted.keys._from_keyring", lambda variable: "")
