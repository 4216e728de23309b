"""`sensorium evaluate`: a really fine-tuned model beside its base, with few-shot prompts, and judged."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

pytest.importorskip("trl")
from loopback import Answer, events, serving
from taught import taught

from sensorium.cli.main import main

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
FAST = ("--pick", "balanced", "--most", "12", "--shots", "2")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    before, place = Path.cwd(), tmp_path_factory.mktemp("taught")
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.chdir(place)
    taught(place)
    yield place
    os.chdir(before)


def run(*words: str, code: int = 0) -> tuple[str, str]:
    found = CliRunner().invoke(main, ("evaluate", *words))
    assert found.exit_code == code, found.output
    return found.stdout, found.stderr


def test_before_after_and_with_examples_in_the_prompt(here: Path) -> None:
    out, err = run(
        "adapter", *FAST, "--retain", "old.jsonl", "--metric", "exact", "--metric", "chrf", "--out", "g.html"
    )
    lines = out.splitlines()
    assert (
        lines[0].startswith("12 examples of task, split test; scores by exact, chrf") and "12 newly right" in lines[0]
    )
    assert lines[1].startswith("  base: exact 0.000") and "chrf" in lines[1]
    assert lines[2].startswith("  fine-tuned: exact 1.000 (1.000 to 1.000), +1.000")
    assert lines[3].startswith("  2-shot: exact 0.000")
    assert lines[5].startswith("12 examples of old, split test") and len(lines[5:8]) == 3
    assert any(line.startswith("Fine-tuning helped: +1.000") for line in lines)
    assert "The page: g.html" in err and "<h1>Evaluation of adapter</h1>" in Path("g.html").read_text()
    kept = json.loads(Path("adapter/sensorium.json").read_text())
    assert kept["evaluation"]["skill"]["conditions"]["fine-tuned"]["scores"]["exact"]["mean"] == 1.0
    assert kept["heldout_score"] == 1.0 and kept["evaluation"]["retained"]["n"] == 12  # what was there stays


def test_json_has_every_answer_and_nothing_else_is_printed(here: Path) -> None:
    out, err = run("adapter", *FAST, "--shots", "none", "--json")
    found = json.loads(out)
    assert err == "" and len(found["skill"]["answers"]) == 12 and found["retained"] is None
    assert list(found["skill"]["conditions"]) == ["base", "fine-tuned"]
    tokens = [figures["input_tokens"] for figures in found["skill"]["conditions"].values()]
    assert tokens[0] == tokens[1] > 16  # a picture and a question
    assert any(line.startswith("Other skills were not asked") for line in found["advice"])


def test_a_judge_that_always_says_a_gives_ties_and_all_bias(here: Path) -> None:
    out, _ = run("adapter", *FAST, "--judge", "fake:A", "--json")
    judged = json.loads(out)["judge"]
    assert judged["counts"] == {"win": 0, "tie": 12, "loss": 0, "no verdict": 0} and judged["bias"] == 1.0


def test_a_judge_behind_a_real_server(here: Path) -> None:
    """A and B in turn: the tuned answer is preferred wherever it stands; one reply is no letter."""

    def said(letter: str) -> Answer:
        delta = {"index": 0, "delta": {"role": "assistant", "content": letter}, "finish_reason": "stop"}
        return Answer(
            events({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [delta]})
        )

    letters = ["A", "B", "A", "B", "Both", "B", *["A", "B"] * 9]
    with serving([said(each) for each in letters]) as server:
        out, _ = run("adapter", *FAST, "--judge", f"openai:judge@{server.url}/v1", "--json")
    judged = json.loads(out)["judge"]
    assert judged["counts"] == {"win": 11, "tie": 0, "loss": 0, "no verdict": 1} and judged["bias"] == 0.0
    first, second = (one.body["messages"][-1]["content"] for one in server.asked[:2])
    assert first[0]["type"] == "image_url" and first[1]["text"].startswith("What colour is it?")
    words = first[-1]["text"], second[-1]["text"]
    assert words[0] != words[1] and all("Reply with one letter only, A or B." in each for each in words)
    assert "<a>\nred\n</a>" in words[0] + words[1] or "<a>\nblue\n</a>" in words[0] + words[1]


def test_too_many_examples_for_the_model_are_said_and_left_out(here: Path) -> None:
    out, _ = run("adapter", "--pick", "random", "--most", "3", "--shots", "16,2")
    assert "  2-shot: " in out and "  16-shot: " not in out
    assert "16-shot was left out: " in out


def test_mistakes_end_with_two(here: Path) -> None:
    assert "was trained on" in run("adapter", "--split", "train", code=2)[1]
    assert "holds no adapter" in run("base", code=2)[1]
    assert "comma-separated integers" in run("adapter", "--shots", "four", code=2)[1]


def test_other_examples_and_a_broken_picture_that_counts_as_a_failure(here: Path) -> None:
    rows = [line for line in (here / "task.jsonl").read_text().splitlines() if '"test"' in line][:3]
    (here / "broken.png").write_bytes(b"no picture")
    rows.append(json.dumps(json.loads(rows[0]) | {"image": "broken.png"}))
    (here / "others.jsonl").write_text("\n".join(rows))
    out, err = run("adapter", *FAST, "--task", "others.jsonl", code=2)
    assert out.startswith("4 examples of others, split test;") and "broken.png" in err
    assert out.count("1 of 4 failed and score 0 (1 broken file;") == 3
