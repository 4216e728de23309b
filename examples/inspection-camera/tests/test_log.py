"""The log: what is written survives, and a folder is inspected once."""

from __future__ import annotations

import json
from pathlib import Path

from sensorium import Image
from sensorium.backends.fake import Fake

from draw_trays import ROOT
from inspection_camera.__main__ import inspected
from inspection_camera.app import Finding, Inspection
from inspection_camera.log import Log

GOOD = Image(ROOT / "samples" / "good.png")
BAD = Inspection((Finding("parts", "out of bounds", "11", 0.98, "under 12"),))


def test_what_calls_a_person_is_kept_with_its_picture(tmp_path: Path) -> None:
    log = Log(tmp_path / "log")
    line = log.add(GOOD, "tray.png", BAD)
    log.review(line["id"], "right")
    assert (tmp_path / "log" / "pictures" / line["id"]).read_bytes() == GOOD.blob.data
    assert log.lines()[0]["verdict"] == "right"
    assert log.as_csv().splitlines()[1].split(",")[1:6] == ["tray.png", "parts", "11", "out of bounds", "under 12"]


def test_half_a_line_costs_only_itself(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.add(GOOD, "first.png", BAD)
    with open(log.file, "a", encoding="utf-8") as file:
        file.write('{"id": "torn')
    log.add(Image(ROOT / "samples" / "missing.png"), "second.png", BAD)
    assert [line["picture"] for line in log.lines()] == ["second.png", "first.png"]


def test_a_folder_is_inspected_once(tmp_path: Path) -> None:
    log, model = Log(tmp_path), Fake("nothing to see")
    lines = list(inspected(model, ROOT / "samples", log, forever=False))
    assert len(lines) == 4 and all(flagged and line.startswith("LOOK ") for line, flagged in lines)
    assert list(inspected(model, ROOT / "samples", log, forever=False)) == []
    assert len([json.loads(line) for line in log.file.read_text(encoding="utf-8").splitlines()]) == 4
