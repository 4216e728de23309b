"""`sensorium ask`: the answer on stdout, how sure and why on stderr."""

from __future__ import annotations

import json
from pathlib import Path

import PIL.Image
import pytest
from click.testing import CliRunner, Result
from strange import animated, saved

from sensorium import Conversation, Delta, Evidence, Image, Limits, Options, Text, Usage
from sensorium.backends.fake import Fake
from sensorium.cli.main import main


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_ask_passes_the_parts_in_order_and_prints_the_answer(here: Path, model: Fake) -> None:
    result = run("ask", "Compare", "a.jpg", "with", "b.png", "please?")
    assert (result.exit_code, result.stdout) == (0, "It is 9.90.\n")
    assert model.asked == [Conversation.of("Compare", Image("a.jpg"), "with", Image("b.png"), "please?")]
    said = result.stderr.splitlines()
    assert said[:4] == [
        "It is fairly sure (0.86).", "It rests on:", "- read in picture 1: TOTAL 9.90 (0.98)",
        "- colour in picture 2: red"
    ]  # fmt: skip
    assert said[4].startswith("Answered by prepared in 0.") and said[4].endswith(" s.")
    assert len(said) == 5


def test_quiet_prints_the_answer_only(here: Path, model: Fake) -> None:
    result = run("ask", "a.jpg", "How much?", "--quiet")
    assert (result.stdout, result.stderr) == ("It is 9.90.\n", "")


def test_json_has_the_replys_fields_by_name(here: Path, model: Fake) -> None:
    result = run("ask", "a.jpg", "How much?", "--json")
    assert result.stderr == "" and result.stdout.count("\n") == 1
    found = json.loads(result.stdout)
    assert list(found) == [
        "text", "confidence", "abstained", "evidence", "usage", "model", "cut", "data", "repaired", "suggestion",
        "thoughts",
    ]  # fmt: skip
    assert (found["text"], found["confidence"], found["abstained"]) == ("It is 9.90.", 0.86, False)
    assert found["evidence"][0]["box"] == [1, 2, 30, 40]
    assert found["usage"]["seconds"] > 0


def test_an_abstention_is_no_error(here: Path, model: Fake) -> None:
    model._answer = lambda chat: Delta("I can't tell who that is.", abstained=True)
    result = run("ask", "a.jpg", "Who is this?")
    assert (result.exit_code, result.stdout) == (0, "I can't tell who that is.\n")
    assert result.stderr.startswith("It can't tell.\n")


@pytest.mark.parametrize(
    ("confidence", "said"),
    [
        (None, "It does not say how sure it is."),
        (1.0, "It is almost certain (1.00)."),
        (0.95, "It is almost certain (0.95)."),
        (0.8, "It is fairly sure (0.80)."),
        (0.6, "It is not very sure (0.60)."),
        (0.1, "It is guessing (0.10)."),
    ],
)
def test_how_sure_in_words_and_a_number(confidence: float | None, said: str, here: Path, model: Fake) -> None:
    model._answer = lambda chat: Delta("x", confidence=confidence)
    assert run("ask", "a.jpg").stderr.splitlines()[0] == said


def test_much_evidence_is_cut(here: Path, model: Fake) -> None:
    model._answer = lambda chat: Delta("x", evidence=tuple(Evidence("read", f"line {n}") for n in range(30)))
    result = run("ask", "a.jpg")
    assert "- read: line 11\n- and 18 more; --json gives all.\n" in result.stderr
    assert len(json.loads(run("ask", "a.jpg", "--json").stdout)["evidence"]) == 30


def test_words_from_a_picture_cannot_command_the_terminal(here: Path, model: Fake) -> None:
    bad = "\x1b]0;owned\x07\x1b[2J\u202e\r"
    model._answer = lambda chat: Delta(f"a{bad}b", evidence=(Evidence("barcode", bad),))
    result = run("ask", "a.jpg")
    assert not set("\x1b\x07\u202e\r") & set(result.output)
    assert json.loads(run("ask", "a.jpg", "--json").stdout)["text"] == f"a{bad}b"


def test_a_broken_picture_is_said_before_the_model_is_asked(here: Path, model: Fake) -> None:
    (here / "cut.jpg").write_bytes(saved("JPEG")[:-400])
    result = run("ask", "a.jpg", "cut.jpg", "Same?")
    assert result.exit_code == 2 and "'cut.jpg' is broken" in result.stderr
    assert model.asked == []


def test_the_first_of_many_frames_is_said(here: Path, model: Fake) -> None:
    (here / "film.gif").write_bytes(animated("GIF"))
    assert run("ask", "film.gif").stderr.endswith("The picture shows the first of 3 frames.\n")
    assert "Picture 2 shows the first of 3 frames." in run("ask", "a.jpg", "film.gif").stderr
    assert "frames" not in run("ask", "film.gif", "-q").output


def test_a_picture_from_a_pipe(here: Path, model: Fake) -> None:
    data = saved("PNG")
    result = CliRunner().invoke(main, ["ask", "-", "What?"], input=data)
    assert result.exit_code == 0
    assert model.asked == [Conversation.of(Image(data), "What?")]


def test_the_model_by_name(here: Path) -> None:
    result = run("ask", "a.jpg", "--model", "fake:A cat.")
    assert (result.exit_code, result.stdout) == (0, "A cat.\n")
    assert "Answered by fake:A cat. in" in result.stderr


def test_more_than_a_model_takes_is_the_users_mistake(here: Path, model: Fake) -> None:
    model.limits = Limits(max_images=1)
    result = run("ask", "a.jpg", "b.png", "Same?")
    assert result.exit_code == 2 and "at most 1 picture" in result.stderr


def test_how_to_answer_is_passed_on(here: Path, model: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Options] = []
    stream = model.stream
    monkeypatch.setattr(model, "stream", lambda chat, options: given.append(options) or stream(chat, options))
    rules = {"type": "object"}
    (here / "any.json").write_text(json.dumps(rules))
    model._answer = lambda chat: "{}"
    how = ("--max-tokens", "7", "--temperature", "0.5", "--seed", "3", "--timeout", "9", "--schema", "any.json")
    assert run("ask", "a.jpg", "What?", *how).stdout == "{}\n"
    assert given[0].timeout_seconds == pytest.approx(9, abs=0.5)
    assert given[0] == Options(given[0].timeout_seconds, max_tokens=7, temperature=0.5, seed=3, schema=rules)
    assert run("ask", "a.jpg", "What?").exit_code == 0
    assert given[1] == Options(given[1].timeout_seconds)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("--max-tokens", "0"), "'0'|0 is not"), (("--temperature", "-1"), "-1"), (("--timeout", "0"), "0"),
        (("--schema", "gone.json"), "No file 'gone.json'"), (("--schema", "b.png"), "isn't text"),
        (("--schema", "words.txt"), "can't be used"),
    ],
)  # fmt: skip
def test_how_to_answer_that_can_not_be(wrong: tuple[str, str], said: str, here: Path, model: Fake) -> None:
    import re

    (here / "words.txt").write_text("not JSON")
    result = run("ask", "a.jpg", "What?", *wrong)
    assert result.exit_code == 2 and re.search(said, result.stderr) and model.asked == []


def test_tokens_money_and_a_cut_are_said(here: Path, model: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import date

    from sensorium.core.catalog import Entry, Price, entries

    price = Price(1.0, 10.0, date(2026, 6, 20), "https://example.com")
    monkeypatch.setitem(entries(), "prepared", Entry("prepared", "", ("text",), prices=(price,)))
    model._answer = lambda chat: Delta("Once upon", cut=True, usage=Usage(input_tokens=1200, output_tokens=3))
    said = run("ask", "a.jpg", "What?").stderr.splitlines()
    assert "The answer was cut at the most tokens allowed; --max-tokens allows more." in said
    assert "It took 1,200 tokens in and 3 out, about 0.0012 US dollars by the price of 2026-06-20." in said


def test_a_picture_that_a_service_shrinks_is_said_and_tiles_are_offered(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Fake("It is 14.", limits=Limits(max_side=2048), name="openai:gpt-6-luna")
    monkeypatch.setattr("sensorium.cli.inputs.load", lambda name: service)
    PIL.Image.new("RGB", (1080, 6000), "white").save("long.png")
    shrunk = (
        "The picture is shrunk from 1080×6000 to 369×2048 pixels for openai:gpt-6-luna. "
        "If it has small text, add --tiles: 4 tiles, at most 9,492 tokens instead of 922."
    )
    assert shrunk in run("ask", "long.png", "How much?").stderr.splitlines()
    assert service.asked[-1] == Conversation.of(Image("long.png"), "How much?")
    assert "shrunk" not in run("ask", "a.jpg", "How much?").stderr
    assert run("ask", "long.png", "How much?", "--quiet").stderr == ""
    result = run("ask", "long.png", "How much?", "--tiles")
    assert (result.exit_code, result.stdout) == (0, "It is 14.\n") and "shrunk" not in result.stderr
    assert sum(isinstance(part, Image) for part in service.asked[-1].parts) == 5
    assert service.asked[-1].messages[-1].parts[0] == Text(
        "The whole picture, shrunk; 4 tiles of it follow, each overlapping the next:"
    )
    described = run("describe", "long.png", "--tiles")
    assert described.exit_code == 0 and len(list(service.asked[-1].parts)) == 11
    chatted = CliRunner().invoke(main, ("chat", "long.png", "--tiles"), input="How much?\nAnd this?\n")
    assert chatted.exit_code == 0 and sum(isinstance(part, Image) for part in service.asked[-1].parts) == 5


def test_thoughts_are_printed_when_asked_for(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    thinker = Fake("<think>Nine and ninety.</think>It is 9.90.", name="thinker")
    monkeypatch.setattr("sensorium.cli.inputs.load", lambda name: thinker)
    assert "Nine and ninety" not in run("ask", "a.jpg", "How much?").stderr
    result = run("ask", "a.jpg", "How much?", "--thoughts")
    assert result.stdout == "It is 9.90.\n" and result.stderr.startswith("Nine and ninety.\n")
