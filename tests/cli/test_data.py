"""`sensorium data`, from files to findings, folders and pages."""

from __future__ import annotations

import json
from pathlib import Path

import PIL.Image
import pytest
from click.testing import CliRunner, Result
from planted import clean, ten_faults, written

from sensorium.cli.main import main


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["data", *arguments])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, clean(tmp_path))
    return tmp_path


def test_a_clean_one_ends_with_zero(here: Path) -> None:
    found = run("check", "mine.jsonl")
    assert found.exit_code == 0 and "No problems found." in found.stdout and found.stderr == ""
    assert "by the question's words" in found.stdout


def test_what_must_be_fixed_ends_with_one(here: Path) -> None:
    _, planted = ten_faults(here)
    found = run("check", "mine.jsonl")
    assert found.exit_code == 1 and "Fix personal-data: One picture" in found.stdout
    as_json = run("check", "mine.jsonl", "--json", "--model", "fake:x")
    value = json.loads(as_json.stdout)
    assert as_json.exit_code == 1 and value["must_fix"] is True
    assert {each["fault"] for each in value["findings"]} == set(planted)


def test_split_and_mix_give_folders_that_are_read_again(here: Path) -> None:
    made = run("split", "mine.jsonl", "--shares", "train=0.5,test=0.5", "--out", "halves", "--without-metadata")
    assert (made.exit_code, made.stdout) == (0, "halves/rows.jsonl\n") and "60 train" in made.stderr
    again = run("split", "mine.jsonl", "--out", "halves")
    assert again.exit_code == 2 and "'halves' holds a task already" in again.stderr
    mixed = run("mix", "halves=3", "mine.jsonl", "--most", "40", "--out", "both", "--json")
    assert sum(json.loads(mixed.stdout)["splits"].values()) == 40
    assert run("check", "both", "-q").exit_code in (0, 1)


def test_a_folder_a_class_is_divided_and_read_again(here: Path) -> None:
    for number in range(8):
        name = ("cats", "polar_bears")[number % 2]
        (here / "animals" / name).mkdir(parents=True, exist_ok=True)
        PIL.Image.effect_noise((32, 32), 20 + 9 * number).save(here / "animals" / name / f"{number}.png")
    made = run(
        "split", "animals", "--question", "Which?", "--shares", "train=0.5,test=0.5", "--out", "halves", "--json"
    )
    assert json.loads(made.stdout)["splits"] == {"train": 4, "test": 4}
    answers = {json.loads(line)["answers"][0] for line in Path("halves/rows.jsonl").read_text().splitlines()}
    assert answers == {"cats", "polar bears"}
    gone = run("check", "animals/cats")
    assert gone.exit_code == 2 and "no class folders" in gone.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("check", "gone.jsonl"), "No file 'gone.jsonl'"),
        (("check", "mine.jsonl", "--column", "answer=label"), "No row has the column 'label'"),
        (("split", "mine.jsonl", "--out", "o", "--shares", "half"), "takes names with numbers"),
        (("split", "mine.jsonl", "--out", "o", "--shares", "train=2"), "do not add up to 1"),
        (("mix", "mine.jsonl=0", "--out", "o"), "a weight over 0"),
    ],
)
def test_the_users_mistakes(here: Path, arguments: tuple[str, ...], said: str) -> None:
    found = run(*arguments)
    assert found.exit_code == 2 and said in found.stderr, found.stderr


def test_preview_and_card(here: Path) -> None:
    assert run("preview", "mine.jsonl", "--most", "3", "--out", "page.html").stdout == "page.html\n"
    page = (here / "page.html").read_text()
    assert page.count("<article") == 3 and "mine: 3 of 120 rows" in page
    made = run("card", "mine.jsonl", "--licence", "cc0-1.0")
    assert made.exit_code == 0 and "license: cc0-1.0" in made.stdout
    refused = run("preview", "mine.jsonl", "--model", "fake:x")
    assert refused.exit_code == 2 and "local checkpoint" in refused.stderr


def test_a_checkpoint_counts_its_own_tokens_and_shows_its_own_prompt(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("transformers")
    import tiny

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    tiny.idefics3(here / "base")
    written(here, clean(here)[:4], "few")
    made = run("preview", "few.jsonl", "--model", "transformers:base", "--out", "page.html")
    assert made.exit_code == 0, made.stderr
    page = (here / "page.html").read_text()
    assert "tokens with bars between" in page and "Which colour is it?" in page
    found = json.loads(run("check", "few.jsonl", "--model", "transformers:base", "--json").stdout)
    (pictures,) = [each for each in found["histograms"] if each["label"] == "Tokens of the pictures of a row"]
    assert pictures["maximum"] > 1 and sum(pictures["counts"]) == 4
