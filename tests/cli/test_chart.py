"""`sensorium chart` on real pictures, and how tables are printed."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from click.testing import CliRunner, Result

from sensorium import Box
from sensorium.cli.chart import format_number, print_chart
from sensorium.cli.main import main
from sensorium.eyes.charts import Refusal, Series, Table

SALES = Table(
    "bar", ("Apples", 'Pears, "ripe"', "=1+1"), (Series((1234567.0, 12.349, 0.5), (Box(0, 0, 1.25, 2),) * 3),),
    "Fruit sold", "Fruit", "Boxes", False, 0.91, 0.2,
)  # fmt: skip
YEARS = Table(
    "bar", ("Apples", "Pears"), (Series((3.0, 4.5), name="2023"), Series((2.0, 5.0), name="2024")), y_name="t"
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


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
    print_chart("a.png", SALES, "text", header=[], several=False, quiet=False)
    assert capsys.readouterr() == (
        'Fruit sold\nBoxes by Fruit.\nApples: 1234567\nPears, "ripe": 12.3\n=1+1: 0.5\n',
        "The whole table is right with a probability of 0.91.\n",
    )


def test_a_table_as_csv_reads_back(capsys: pytest.CaptureFixture[str]) -> None:
    print_chart("a.png", SALES, "csv", header=[], several=False, quiet=False)
    assert list(csv.reader(io.StringIO(capsys.readouterr().out))) == [
        ["Fruit", "Boxes"], ["Apples", "1234567"], ['Pears, "ripe"', "12.3"], ["=1+1", "0.5"]
    ]  # fmt: skip


def test_several_tables_share_one_header(capsys: pytest.CaptureFixture[str]) -> None:
    header: list[str] = []
    for number in range(2):
        header = print_chart(f"{number}.png", SALES, "csv", header, several=True, quiet=False)
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows[0] == ["file", "label", "value"] and len(rows) == 7
    assert [row[0] for row in rows[1:]] == ["0.png"] * 3 + ["1.png"] * 3


def test_a_table_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    print_chart("a.png", SALES, "json", header=[], several=False, quiet=False)
    found = json.loads(capsys.readouterr().out)
    assert found["refused"] is False and found["values"] == [1234567.0, 12.349, 0.5]
    assert found["boxes"][0] == [0, 0, 1.2, 2]
    print_chart("a.png", Refusal("No axis.", 0.2), "json", header=[], several=False, quiet=False)
    assert json.loads(capsys.readouterr().out)["reason"] == "No axis."


def test_several_series_are_columns(capsys: pytest.CaptureFixture[str]) -> None:
    print_chart("a.png", YEARS, "csv", header=[], several=False, quiet=True)
    assert capsys.readouterr().out == "label,2023,2024\nApples,3,2\nPears,4.5,5\n"
    print_chart("a.png", YEARS, "text", header=[], several=False, quiet=True)
    assert capsys.readouterr().out == "t by label.\nApples: 2023 3, 2024 2\nPears: 2023 4.5, 2024 5\n"
    print_chart("a.png", YEARS, "json", header=[], several=False, quiet=True)
    found = json.loads(capsys.readouterr().out)
    assert "values" not in found
    assert found["series"][1] == {"name": "2024", "values": [2.0, 5.0], "boxes": []}
    header = print_chart("a.png", SALES, "csv", header=[], several=True, quiet=True)
    print_chart("b.png", YEARS, "csv", header, several=True, quiet=True)
    assert "b.png,Pears,4.5,5" in capsys.readouterr().out.partition("file,label,2023,2024\n")[2]


@pytest.mark.parametrize(
    ("value", "resolution", "text"),
    [
        (12.0, 0.0, "12"), (12.5, 0.0, "12.5"), (1e7, 0.0, "10000000"), (1e-5, 0.0, "0.00001"), (100.0, 0.5, "100"),
        (-3.14159, 0.05, "-3.14"), (1234.5678, 7.0, "1235"), (0.30000000004, 0.0, "0.3"), (-0.001, 1.0, "0"),
        (2e12, 1e9, "2000000000000"),
    ],
)  # fmt: skip
def test_numbers_have_no_exponent_and_no_false_digits(value: float, resolution: float, text: str) -> None:
    assert format_number(value, resolution) == text
