"""`sensorium read` and `chart` on real pictures, and how what was seen is printed."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pytest
from click.testing import CliRunner, Result

from sensorium import Box
from sensorium.cli import seen
from sensorium.cli.main import main
from sensorium.eyes.charts import Refusal, Table
from sensorium.eyes.ocr.read import Line

SALES = Table(
    "bar", "Fruit sold", "Fruit", "Boxes", ("Apples", 'Pears, "ripe"', "=1+1"), (1234567.0, 12.349, 0.5),
    (Box(0, 0, 1.25, 2),) * 3, False, 0.91, 0.2,
)  # fmt: skip


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
    assert result.stderr == "There is no text in 'blank.png' that can be read.\n"
    assert run("read", "blank.png", "-q").output == ""


def test_doubtful_lines_are_counted_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [Line("SURE", Box(0.0, 0.0, 9.5, 9.0), 0.95), Line("dbtfl", Box(0.0, 20.0, 9.5, 29.0), 0.5)]
    seen.print_lines("a.png", lines, quiet=False)
    assert capsys.readouterr() == ("SURE\n", "1 line could not be read surely; --json gives them.\n")
    seen.print_lines("a.png", lines[1:] * 2, quiet=False)
    assert capsys.readouterr() == ("", "2 lines could not be read surely; --json gives them.\n")
    assert len(seen.lines_as_json("a.png", lines)["lines"]) == 2


def test_chart_of_a_real_chart(here: Path) -> None:
    pytest.importorskip("matplotlib").use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6.4, 4.8), dpi=100)
    axes.bar(["North", "South", "East", "West"], [12, 30, 24, 7])
    axes.set_title("Rain")
    figure.savefig(here / "rain.png")
    pyplot.close(figure)
    result = run("chart", "rain.png", "--csv")
    assert result.exit_code == 0, result.stderr
    header, *rows = csv.reader(io.StringIO(result.stdout))
    assert header == ["label", "value"]
    assert [row[0] for row in rows] == ["North", "South", "East", "West"]
    assert np.allclose([float(row[1]) for row in rows], [12, 30, 24, 7], rtol=0.05)


def test_what_is_no_chart_is_refused_without_an_error(here: Path) -> None:
    PIL.Image.new("RGB", (300, 200), "white").save(here / "blank.png")
    result = run("chart", "blank.png")
    assert result.exit_code == 0 and len(result.stdout.splitlines()) == 1
    as_csv = run("chart", "blank.png", "--csv")
    assert (as_csv.exit_code, as_csv.stdout) == (0, "") and as_csv.stderr.startswith("'blank.png': ")
    found = json.loads(run("chart", "blank.png", "--json").stdout)
    assert found["refused"] is True and found["reason"]


def test_a_table_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    seen.print_chart("a.png", SALES, "text", first=True, several=False, quiet=False)
    assert capsys.readouterr() == (
        'Fruit sold\nBoxes by Fruit.\nApples: 1234567\nPears, "ripe": 12.3\n=1+1: 0.5\n',
        "The whole table is right with a probability of 0.91.\n",
    )


def test_a_table_as_csv_reads_back(capsys: pytest.CaptureFixture[str]) -> None:
    seen.print_chart("a.png", SALES, "csv", first=True, several=False, quiet=False)
    assert list(csv.reader(io.StringIO(capsys.readouterr().out))) == [
        ["Fruit", "Boxes"], ["Apples", "1234567"], ['Pears, "ripe"', "12.3"], ["=1+1", "0.5"]
    ]  # fmt: skip


def test_several_tables_share_one_header(capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(2):
        seen.print_chart(f"{number}.png", SALES, "csv", first=number == 0, several=True, quiet=False)
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows[0] == ["file", "label", "value"] and len(rows) == 7
    assert [row[0] for row in rows[1:]] == ["0.png"] * 3 + ["1.png"] * 3


def test_a_table_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    seen.print_chart("a.png", SALES, "json", first=True, several=False, quiet=False)
    found = json.loads(capsys.readouterr().out)
    assert found["refused"] is False and found["values"] == [1234567.0, 12.349, 0.5]
    assert found["boxes"][0] == [0, 0, 1.2, 2]
    seen.print_chart("a.png", Refusal("No axis.", 0.2), "json", first=True, several=False, quiet=False)
    assert json.loads(capsys.readouterr().out)["reason"] == "No axis."


@pytest.mark.parametrize(
    ("value", "resolution", "said"),
    [
        (12.0, 0.0, "12"), (12.5, 0.0, "12.5"), (1e7, 0.0, "10000000"), (1e-5, 0.0, "0.00001"), (100.0, 0.5, "100"),
        (-3.14159, 0.05, "-3.14"), (1234.5678, 7.0, "1235"), (0.30000000004, 0.0, "0.3"), (-0.001, 1.0, "0"),
        (2e12, 1e9, "2000000000000"),
    ],
)  # fmt: skip
def test_numbers_have_no_exponent_and_no_false_digits(value: float, resolution: float, said: str) -> None:
    assert seen.number(value, resolution) == said
