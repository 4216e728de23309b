"""Chains, CSV and adapters through the front door; unexpected input is answered rightly or refused in words."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from compare_command import fresh_place, report, row, run, task

from sensorium.cli.main import main

CHAIN = """
from sensorium import Conversation

def right(chat):
    return Conversation.of("the answer is red")

def broken(chat):
    raise KeyError("colour")
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    fresh_place(tmp_path, monkeypatch)
    return tmp_path


def test_a_chain_is_a_row_beside_its_model_and_known_by_its_file() -> None:
    task(["one", "two"])
    Path("c.py").write_text(CHAIN)
    words = ("--models", "fake:red", "--chain", "c.py:right")
    found = report(*words)
    assert [(each["name"], each["kind"]) for each in found["rows"]] == [
        ("fake:red", "fake"), ("fake:red, c.py:right first", "chain"),
    ]  # fmt: skip
    assert row(found, "fake:red, c")["tokens"]["input_tokens"] == 4  # "the answer is red" is what was asked
    left = json.loads(run(*words, "--dry-run", "--json").stdout)
    assert [each["questions"] for each in left] == [0, 0]
    Path("c.py").write_text(CHAIN + "\n# another version\n")
    left = json.loads(run(*words, "--dry-run", "--json").stdout)
    assert [each["questions"] for each in left] == [0, 2]


def test_a_chain_that_breaks_leaves_its_row_out_by_name() -> None:
    task(["one", "two"])
    Path("c.py").write_text(CHAIN)
    found = report("--models", "fake:red", "--chain", "c.py:broken", code=1)
    assert [each["name"] for each in found["rows"]] == ["fake:red"]
    notes = " ".join(found["notes"])
    assert "fake:red, c.py:broken first was left out" in notes and "raised" in notes and "KeyError" in notes


def test_csv_has_a_line_a_row_and_the_numbers_of_json() -> None:
    task(["one", "two", "three"])
    result = run("--models", "majority,fake:blue", "--csv")
    assert result.exit_code == 0 and result.stderr == ""
    lines = list(csv.DictReader(result.stdout.splitlines()))
    figures = report("--models", "majority,fake:blue")["rows"]
    assert [line["name"] for line in lines] == [each["name"] for each in figures] == ["majority", "fake:blue"]
    assert [float(line["accuracy"]) for line in lines] == [each["accuracy"]["mean"] for each in figures] == [1, 0]
    assert run("--csv", "--json").exit_code == 2


@pytest.mark.parametrize("config", [None, "{", "{}", '{"base_model_name_or_path": "./nowhere", "peft_type": "LORA"}'])
def test_a_broken_adapter_is_refused_before_anything_is_asked(config: str | None) -> None:
    task(["one"])
    Path("adapter").mkdir()
    if config is not None:
        Path("adapter/adapter_config.json").write_text(config)
    result = run("--models", "majority", "--adapter", "adapter")
    assert (result.exit_code == 2 and "adapter" in result.stderr) or "nowhere" in result.stderr
    assert "Traceback" not in result.output and not Path("compare-t").exists()


STRANGE = [
    ("--models", ""), ("--models", "a,,b"), ("--models", "nothing:x"),
    ("--shots", "x"), ("--shots", "-1"), ("--shots", "0,"), ("--shots", "99"),
    ("--pick", "best"), ("--place", "above"), ("--embedder", "nothing:x"),
    ("--adapter", "nowhere"), ("--adapter", "t.jsonl"), ("--chain", "reed"), ("--chain", "t.jsonl:f"), ("--chain", ""),
    ("--metric", "bleu"), ("--metric", "relaxed_typo"), ("--media", "nowhere"), ("--media", "t.jsonl"),
    ("--column", "image"), ("--column", "answer=nothing"), ("--column", "colour=answer"),
    ("--train", "nothing"), ("--test", "nothing"), ("--test", ""),
    ("--most", "0"), ("--most", "x"), ("--most", "1.5"), ("--seed", "x"),
    ("--max-tokens", "0"), ("--temperature", "nan"), ("--temperature", "3"), ("--timeout", "0"), ("--timeout", "nan"),
    ("--schema", "nowhere.json"), ("--schema", "t.jsonl"),
    ("--max-usd", "0"), ("--max-usd", "nan"), ("--max-usd", "inf"), ("--max-seconds", "-1"), ("--max-seconds", "nan"),
    ("--parallel", "0"), ("--parallel", "65"), ("--price", "x"), ("--price", "a=b,c"), ("--price", "openai:m=-1,2"),
    ("--price", "openai:m=1,2"), ("--price", "openai:m=nan,1"), ("--prices", "nowhere.toml"), ("--prices", "t.jsonl"),
    ("--machine-usd-hour", "-1"), ("--machine-usd-hour", "nan"), ("--usd-per-1000", "-1"), ("--usd-per-1000", "nan"),
    ("--p95", "0"), ("--p95", "nan"), ("--accuracy", "2"), ("--accuracy", "nan"),
    ("--report", "t.jsonl"), ("--report", "nowhere/a.html"), ("--report", "."), ("--out", "t.jsonl"),
    ("--report", ""),
]  # fmt: skip


@pytest.mark.parametrize(("option", "value"), STRANGE, ids=lambda text: text or "empty")
def test_a_strange_value_is_quoted_and_nothing_is_asked(option: str, value: str) -> None:
    task(["one", "two"])
    before = Path("t.jsonl").read_bytes()
    words = (option, value) if option == "--models" else ("--models", "majority", option, value)
    more = ("--shots", "1") if option in ("--pick", "--place", "--embedder", "--train") else ()
    result = run(*words, *more)
    assert result.exit_code == 2, (result.exit_code, result.output)
    assert "Traceback" not in result.output and result.stdout == "" and len(result.stderr) < 1200
    assert value.partition("=")[0] in result.stderr or option in result.stderr, result.stderr
    assert Path("t.jsonl").read_bytes() == before and not Path("compare-t").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no"), ("\n\n", "no"), ("{", "line 1"), ("[1, 2]\n", "Row 1 of"), ('{"question": "?"}\n', "answer"),
        ('{"question": "?", "answer": "red", "split": "train"}\n', "has no split 'test' to ask"),
        ('{"question": {}, "answer": "red"}\n', "Row 1 of"), ('{"question": "?", "answer": "a", "hue": 1}\n', "hue"),
        ('{"image": "no.png", "question": "?", "answer": "red"}\n', "no.png"), (b"\xed\xa0\x80", "UTF-8"),
    ],
)  # fmt: skip
def test_a_strange_task_is_refused_in_words(text: str | bytes, words: str) -> None:
    Path("t.jsonl").write_bytes(text if isinstance(text, bytes) else text.encode())
    result = run("--models", "majority,fake:red")
    assert result.exit_code != 0 and "Traceback" not in result.output
    assert words in result.output and ("t.jsonl" in result.output or "'t'" in result.output), result.output


def test_one_question_and_answers_in_other_scripts_are_compared() -> None:
    rows = [{"question": "रंग?", "answer": "लाल"}, {"question": "பதில்?", "answer": ["சிவப்பு", "red"]}]
    Path("t.jsonl").write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in rows))
    found = report("--models", "majority,fake:लाल", "--report", "भाषा.html")
    assert row(found, "fake")["accuracy"]["mean"] == 0.5 and "லாட்" not in Path("भाषा.html").read_text()
    Path("t.jsonl").write_text(json.dumps(rows[0]) + "\n")
    found = report("--models", "majority,fake:लाल")
    assert row(found, "fake")["n"] == 1 and found["recommendation"]["take"] in ("", "fake:लाल")


def test_help_names_every_option() -> None:
    shown = CliRunner().invoke(main, ("compare", "--help")).stdout
    for option, _ in STRANGE:
        assert option in shown
