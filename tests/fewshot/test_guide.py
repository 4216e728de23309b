"""The guide's Python runs as it stands, on a task as the guide writes it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from coloured import pool

from sensorium.core.messages import Image
from sensorium.fewshot import CONTROLS, LAYOUTS, SELECTIONS
from sensorium.tasks.rows import COLUMNS

GUIDE = (Path(__file__).parents[2] / "docs/fewshot.md").read_text(encoding="utf-8")


def test_its_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    rows = []
    for number, one in enumerate(pool(5)):
        image = next(part for part in one.conversation.parts if isinstance(part, Image))
        (tmp_path / f"{number}.png").write_bytes(image.blob.data)
        rows.append({"image": f"{number}.png", "question": "Which?", "answer": one.answer})
    (tmp_path / "mine.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    (program,) = re.findall(r"```python\n(.*?)```", GUIDE, re.S)
    exec(compile(program, "docs/fewshot.md", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("No examples: 0.000") and lines[1].startswith("4 examples: 1.000")


def test_its_rows_are_rows() -> None:
    (block,) = re.findall(r"```json\n(.*?)```", GUIDE, re.S)
    rows = [json.loads(line) for line in block.splitlines()]
    assert len(rows) == 2 and all(set(row) <= set(COLUMNS) for row in rows)


def test_it_names_every_way_and_column() -> None:
    for word in (*SELECTIONS, *LAYOUTS, *COLUMNS, *(c for c in CONTROLS if c == "answers")):
        assert f"`{word}`" in GUIDE or f"`--controls {word}`" in GUIDE, word
