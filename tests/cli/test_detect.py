"""`sensorium detect`: lines, JSON, an overlay; a page has no things."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import skimage
from click.testing import CliRunner

from sensorium.cli.main import main

ASTRONAUT = str(Path(skimage.__file__).parent / "data" / "astronaut.png")


def test_a_line_for_each_thing(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["detect", ASTRONAUT])
    assert result.exit_code == 0 and result.stdout.startswith("person, 9") and "middle" in result.stdout.split("\n")[0]


def test_json_has_boxes_and_the_overlay_shows_them(tmp_path: Path) -> None:
    overlay = tmp_path / "boxes.png"
    result = CliRunner().invoke(main, ["detect", ASTRONAUT, "--json", "--overlay", str(overlay)])
    found = json.loads(result.stdout)
    person = found["things"][0]
    assert (found["width"], found["height"], person["name"]) == (512, 512, "person")
    before, after = (np.asarray(PIL.Image.open(path).convert("RGB"), dtype=int) for path in (ASTRONAUT, overlay))
    left, middle = int(person["box"][0]), int((person["box"][1] + person["box"][3]) / 2)
    changed = np.abs(before - after).sum(axis=2)
    assert changed[middle, max(0, left - 4) : left + 8].max() > 100 and changed[-1, 256] == pytest.approx(0, abs=800)


def test_a_blank_picture_has_nothing(tmp_path: Path) -> None:
    PIL.Image.new("RGB", (200, 200), "grey").save(tmp_path / "blank.png")
    result = CliRunner().invoke(main, ["detect", str(tmp_path / "blank.png")])
    assert result.exit_code == 0 and result.stdout == "" and "Nothing found." in result.stderr


def test_one_overlay_is_for_one_picture(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["detect", ASTRONAUT, ASTRONAUT, "--overlay", str(tmp_path / "x.png")])
    assert result.exit_code == 2 and "there are 2" in result.stderr


@pytest.mark.parametrize("given", ["photo.png", "."])
def test_an_overlay_never_replaces_the_picture(given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = Path(ASTRONAUT).read_bytes()
    Path("photo.png").write_bytes(before)
    result = CliRunner().invoke(main, ["detect", given, "--overlay", "photo.png"])
    assert result.exit_code == 2 and "would replace" in result.stderr and Path("photo.png").read_bytes() == before


def test_a_least_probability_is_a_number() -> None:
    result = CliRunner().invoke(main, ["detect", ASTRONAUT, "--at-least", "nan"])
    assert result.exit_code == 2 and "nan" in result.stderr
