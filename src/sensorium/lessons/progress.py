"""How far a learner has come: which lessons ran to their end, and which exercises are solved."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sensorium.core.errors import InputError
from sensorium.core.files import read_text, replace_file
from sensorium.registry import config_path


def progress_path() -> Path:
    """Return the file that keeps it, beside the settings."""
    return config_path().with_name("lessons.json")


def read_progress() -> dict[str, dict[str, Any]]:
    """Return {lesson: {"done": bool, "solved": [exercise, …]}}; a file that is missing or broken counts as none."""
    try:
        data = json.loads(read_text(progress_path()))
    except (InputError, ValueError):
        return {}
    return {
        str(name): {"done": row.get("done") is True, "solved": [str(each) for each in row.get("solved", ())]}
        for name, row in (data.items() if isinstance(data, dict) else ())
        if isinstance(row, dict) and isinstance(row.get("solved", []), list)
    }


def note(lesson: str, done: bool, solved: Iterable[str]) -> None:
    """Keep that a lesson ran to its end, or that exercises are solved; nothing that was kept is taken back."""
    known = read_progress()
    old = known.get(lesson, {"done": False, "solved": []})
    known[lesson] = {"done": old["done"] or done, "solved": sorted({*old["solved"], *solved})}
    path = progress_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, json.dumps(known, indent=1) + "\n")
