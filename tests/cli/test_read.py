"""`sensorium read` on real pictures, and how it is printed."""

from __future__ import annotations

import json
from pathlib import Path

import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pytest
from click.testing import CliRunner, Result

from sensorium import Box
from sensorium.cli.main import main
from sensorium.cli.read import lines_as_json, print_lines
from sensorium.eyes.ocr import TextLine


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def sign(path: Path, *lines: str) -> None:
    picture = PIL.Image.new("RGB", (640, 60 + 80 * len(lines)), "white")
    font = PIL.ImageFont.load_default(48)
    for number, line in enumerate(lines):
        PIL.ImageDraw.Draw(picture).text((30, 30 + 80 * number), line, fill="black", font=font)
    picture.save(path)


def test_read_prints_the_text_only(here: Path) -> None:
    sign(here / "sign.png", "NO PARKING", "Monday to Friday")
    result = run("read", "sign.png")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "NO PARKING\nMonday to Friday\n", "")


def test_read_as_json_has_boxes_and_scores(here: Path) -> None:
    sign(here / "sign.png", "NO PARKING")
    sign(here / "other.png", "OPEN")
    first, second = (json.loads(line) for line in run("read", "sign.png", "other.png", "--json").stdout.splitlines())
    assert (first["file"], first["text"], second["text"]) == ("sign.png", "NO PARKING", "OPEN")
    (line,) = first["lines"]
    assert line["script"] == "latin" and 0.9 < line["score"] <= 1
    left, top, right, bottom = line["box"]
    assert 0 <= left < 60 and right > 250 and 0 < top < bottom < 140


def test_read_of_several_names_each(here: Path) -> None:
    sign(here / "a.png", "OPEN")
    sign(here / "b.png", "CLOSED")
    assert run("read", "a.png", "b.png").stdout == "'a.png':\nOPEN\n'b.png':\nCLOSED\n"


def test_read_from_a_pipe(here: Path) -> None:
    sign(here / "a.png", "OPEN")
    assert CliRunner().invoke(main, ["read", "-"], input=(here / "a.png").read_bytes()).stdout == "OPEN\n"


def test_nothing_to_read_is_said_and_no_error(here: Path) -> None:
    PIL.Image.new("RGB", (200, 100), "white").save(here / "blank.png")
    result = run("read", "blank.png")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "No text can be read in 'blank.png'.\n"
    assert run("read", "blank.png", "-q").output == ""


def test_doubtful_lines_are_counted_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [TextLine("SURE", Box(0.0, 0.0, 9.5, 9.0), 0.95), TextLine("dbtfl", Box(0.0, 20.0, 9.5, 29.0), 0.5)]
    print_lines("a.png", lines, quiet=False)
    assert capsys.readouterr() == ("SURE\n", "1 line could not be read reliably; --json gives it.\n")
    print_lines("a.png", lines[1:] * 2, quiet=False)
    assert capsys.readouterr() == ("", "2 lines could not be read reliably; --json gives them.\n")
    assert len(lines_as_json("a.png", lines)["lines"]) == 2
