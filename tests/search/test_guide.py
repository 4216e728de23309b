"""The guide's lines run as they stand, on a catalogue as the guide writes it."""

from __future__ import annotations

import csv
import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

pytest.importorskip("lancedb")
from shop import photos

from sensorium.cli.main import main
from sensorium.search.evaluation.judgements import KEYS

GUIDE = (Path(__file__).parents[2] / "docs/search.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", GUIDE, re.S)
ROWS = (
    ("cup", "coffee", "Espresso cup and saucer", "14.90", "3"),
    ("rocket", "rocket", "Model of a rocket", "59.00", "0"),
    ("cat", "cat", "Cushion with a tabby cat", "25.00", "2"),
    ("dahlia", "flower", "Red dahlia in a pot", "12.00", "9"),
    ("temple", "temple", "Postcard of a temple", "1.50", "80"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the guide's catalogue, its judgements, and photos."""
    folder = tmp_path_factory.mktemp("guide")
    (folder / "photos").mkdir()
    with open(folder / "catalogue.csv", "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(next(text for kind, text in BLOCKS if kind == "csv").splitlines()[0].split(","))
        for key, name, *others in ROWS:
            (folder / "photos" / f"{name}.jpg").write_bytes(photos()[name])
            out.writerow([key, f"photos/{name}.jpg", *others])
    (folder / "judged.jsonl").write_text(next(text for kind, text in BLOCKS if kind == "json"), encoding="utf-8")
    return folder


def test_every_line_runs(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(folder)
    shown = [text for kind, text in BLOCKS if kind == "text"]
    for line in [line for kind, text in BLOCKS if kind == "sh" for line in text.splitlines()]:
        command, _, fallback = line.partition(" || ")
        result = CliRunner().invoke(main, shlex.split(command)[1:])
        if fallback:
            assert result.exit_code == 3 and result.stderr.startswith(shown[0].strip()), result.output
        elif "--anyway" in line:
            assert result.exit_code in (0, 3) and result.stdout.strip(), result.output
        elif line.endswith("--evaluate"):  # five different titles stand in one row each: no categories
            assert result.exit_code == 0 or "No title stands in one row" in result.stderr, result.output
        else:
            assert result.exit_code == 0 and result.stdout.strip(), f"{line}\n{result.output}"
    assert (folder / "found.html").read_text(encoding="utf-8").count("data:image/jpeg") >= 1
    (program,) = [text for kind, text in BLOCKS if kind == "python"]
    exec(compile(program, "docs/search.md", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("cup ") and "Espresso cup and saucer ('espresso', 'cup')" in lines[0]
    assert lines[-2].split()[0] == "cat" and lines[-1] == "True"


def test_its_judgements_have_the_columns_that_are_read() -> None:
    (block,) = [text for kind, text in BLOCKS if kind == "json"]
    rows = [json.loads(line) for line in block.splitlines()]
    assert len(rows) == 3 and all(set(row) <= set(KEYS) for row in rows)


def test_its_pictures_are_there() -> None:
    links = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", GUIDE)
    assert links and all((Path(__file__).parents[2] / "docs" / link).is_file() for link in links)
