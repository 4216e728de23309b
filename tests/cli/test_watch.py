"""`sensorium watch`: what it prints, plans and refuses."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from coloured import ColoursAndWords
from planted_films import planted_film
from watched import Saying, answer, fake, luna, numbered_film, script, spoken_film, step_of, steps

from sensorium import Image, Limits
from sensorium.backends.fake import Fake
from sensorium.cli.main import main


@pytest.fixture
def films(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("SENSORIUM_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "a.mp4").write_bytes(numbered_film(50))
    (tmp_path / "short.mp4").write_bytes(numbered_film(12))
    (tmp_path / "spoken.mkv").write_bytes(spoken_film(40))
    return tmp_path


def run_with(monkeypatch: pytest.MonkeyPatch, **models: Any) -> Callable[..., Result]:
    real = __import__("sensorium.registry", fromlist=["load"]).load
    monkeypatch.setattr(
        "sensorium.registry.load", lambda name, role="model": models.get(name or "") or real(name, role)
    )
    return lambda *arguments: CliRunner().invoke(main, ["watch", *arguments, *(["--no-read"] if arguments else [])])


def test_an_answer_with_its_evidence(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_with(monkeypatch, m=fake())
    result = run("a.mp4", "What is seen?", "-m", "m")
    assert result.exit_code == 0, result.output
    assert result.stdout == "bars\n"
    assert "- 0:01.000 to 0:02.000, seen: black and white bars" in result.stderr
    assert "Route: chain in " in result.stderr and "Describing 1 of 4" in result.stderr
    assert "It took 7,000 tokens in and 70 out." in result.stderr
    assert list((films / "cache" / "sensorium" / "watch").glob("*/steps.jsonl"))
    again = run("a.mp4", "What is seen?", "-m", "m", "-q")
    assert again.stdout == "bars\n" and again.stderr == ""


def test_json(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run_with(monkeypatch, m=fake())("short.mp4", "What?", "-m", "m", "--json", "--no-steps")
    value = json.loads(result.stdout)
    assert set(value) == {
        "answer", "confidence", "abstained", "evidence", "route", "why", "usage", "notes", "chapters",
    }  # fmt: skip
    assert value["evidence"] == [{"start": 1.0, "end": 2.0, "text": "black and white bars", "source": "seen"}]
    assert value["route"] == "direct" and result.stderr == "" and not (films / "cache" / "sensorium").exists()


def test_what_can_not_be_told_has_a_status_of_its_own(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run_with(monkeypatch, m=fake(answer("", cant_tell=True)))("short.mp4", "Who?", "-m", "m")
    assert result.exit_code == 3 and result.stdout == "I can't tell.\n"


def test_a_dry_run_prints_the_plan_and_asks_nothing(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = luna()
    run = run_with(monkeypatch, m=model)
    result = run("a.mp4", "What?", "-m", "m", "--dry-run")
    assert result.exit_code == 0 and model.asked == []
    assert result.stdout.startswith("Route: chain.") and "describe: 4 to openai:gpt-6-luna" in result.stdout
    assert "Together about" in result.stdout and "at most" in result.stdout
    value = json.loads(run("a.mp4", "What?", "-m", "m", "--dry-run", "--json").stdout)
    assert value["clips"] == 4 and value["usd"] > 0


def test_a_long_film_at_once_is_shown_where_the_question_is(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted_film(films / "red.mp4", 60.0, ((41.0, 43.0),))
    model = Fake(script(), Limits(max_images=6), name="few")
    run = run_with(monkeypatch, m=model, offline=ColoursAndWords())
    words = ("red.mp4", "When is the red square seen?", "-m", "m", "--route", "direct", "--no-check")
    plan = run(*words, "--dry-run")
    assert plan.exit_code == 0 and model.asked == [] and "6 frames of 60 s. " in plan.stdout, plan.output
    result = run(*words)
    times = [part.at or 0.0 for part in model.asked[0].parts if isinstance(part, Image)]
    assert len(times) == 6 and any(41 <= at < 43 for at in times)
    assert "frames near to it" in result.stderr and "6 frames were looked at; 5" in result.stderr


def test_without_the_embedders_packages_frames_differ(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sensorium.core.errors import InstallError

    planted_film(films / "red.mp4", 60.0, ((41.0, 43.0),))
    model = fake()

    def loading(name: str | None, role: str = "model") -> object:
        if role == "embedder":
            raise InstallError("offline needs a package.", "Type: pip install it")
        return model

    monkeypatch.setattr("sensorium.registry.load", loading)
    result = CliRunner().invoke(main, ["watch", "red.mp4", "Where is it?", "-m", "m", "--no-read", "--route", "direct"])
    assert result.exit_code == 0 and "Frames are not chosen for the question: offline needs" in result.stderr
    assert "no embedder can tell where" in result.stderr
    quiet = CliRunner().invoke(main, ["watch", "red.mp4", "Where is it?", "-m", "m", "--no-read", "--no-check"])
    assert "not chosen for the question" not in quiet.stderr  # a chain needs none


@pytest.mark.parametrize(
    ("name", "variables", "route"),
    [
        ("openai:gpt-6-luna", ("OPENAI_API_KEY",), "chain"),
        ("gemini:gemini-3.8-flash", ("GEMINI_API_KEY", "GOOGLE_API_KEY"), "native"),
    ],
)
def test_a_plan_needs_no_key(
    name: str, variables: tuple[str, ...], route: str, films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in variables:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.setattr("sensorium.hosted.keys._from_keyring", lambda variable: "")
    words = ["watch", "a.mp4", "What?", "-m", name, "--no-read"]
    plan = CliRunner().invoke(main, [*words, "--dry-run", "--json"])
    assert plan.exit_code == 0, plan.output
    value = json.loads(plan.stdout)
    assert value["route"] == route and value["usd"] > 0
    monkeypatch.setenv(variables[0], "unused")
    assert json.loads(CliRunner().invoke(main, [*words, "--dry-run", "--json"]).stdout) == value
    monkeypatch.delenv(variables[0])
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 1 and f"export {variables[0]}=" in result.stderr


def test_budgets_and_prices(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Fake(script(), Limits(max_side=2048), name="openai:gpt-6-luna@http://127.0.0.1:9/v1")
    run = run_with(monkeypatch, m=luna(), s=server)
    refused = run("a.mp4", "What?", "-m", "m", "--budget", "0.0000001")
    assert refused.exit_code == 2 and "too small" in refused.stderr and "--budget" in refused.stderr
    unknown = run("a.mp4", "What?", "-m", "s", "--budget", "1")
    assert unknown.exit_code == 2 and "is unknown" in unknown.stderr and "--price 0.1,0.5" in unknown.stderr
    told = run("a.mp4", "What?", "-m", "s", "--budget", "1", "--price", "0.1,0.5")
    assert told.exit_code == 0 and "about 0.0007 US dollars" in told.stderr
    bad = run("a.mp4", "What?", "-m", "m", "--price", "cheap")
    assert bad.exit_code == 2 and "'cheap'" in bad.stderr


def test_another_model_describes(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head, eyes = fake(name="head"), fake(name="eyes")
    run_with(monkeypatch, head=head, eyes=eyes)("a.mp4", "What?", "-m", "head", "--describe-with", "eyes", "--no-check")
    assert set(steps(eyes)) == {"describe"} and set(steps(head)) == {"condense", "answer"}


def test_sound_that_is_not_heard_is_said(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run_with(monkeypatch, m=fake())("spoken.mkv", "What?", "-m", "m", "--hear", "none")
    assert "sound was not heard" in result.stderr


def test_a_transcriber_that_is_not_installed_is_said(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sensorium.core.errors import InstallError

    model = fake()

    def loading(name: str | None, role: str = "model") -> object:
        if role == "transcriber":
            raise InstallError("whisper needs a package.", "Type: pip install it")
        return model

    monkeypatch.setattr("sensorium.registry.load", loading)
    words = ["watch", "spoken.mkv", "What?", "-m", "m", "--no-read"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0 and "The sound is not heard: whisper needs a package." in result.stderr
    assert "sound was not heard" in result.stderr
    assert CliRunner().invoke(main, [*words, "--hear", "whisper:small"]).exit_code == 1


def test_ctrl_c_says_that_it_can_go_on(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopping(step: str, done: int, of: int) -> None:
        raise KeyboardInterrupt

    model = fake()
    run = run_with(monkeypatch, m=model)
    monkeypatch.setattr("sensorium.cli.watch.StepLines", lambda quiet: stopping)
    result = run("a.mp4", "What?", "-m", "m")
    assert result.exit_code == 130 and "Every answer so far is kept" in result.stderr
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(films / "cache"))
    monkeypatch.chdir(films)
    asked = len(model.asked)
    assert run_with(monkeypatch, m=model)("a.mp4", "What?", "-m", "m").stdout == "bars\n"
    assert 0 < asked and len(model.asked) == 7  # four clips, condensed, answered, looked at again: each once


def test_choices_pictures_and_parts_of_a_film(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from coloured import picture

    (films / "bag.png").write_bytes(picture("red").blob.data)
    model = fake(answer("a", (21, 22, "bars", "seen")))
    result = run_with(monkeypatch, m=model)(
        "a.mp4", "bag.png", "Which?", "-m", "m", "--choice", "a", "--choice", "b", "--start", "15", "--end", "50"
    )
    assert result.stdout == "a\n", result.stderr
    final = next(chat for chat in model.asked if step_of(chat) == "answer")
    assert "Choices: a; b" in final.messages[-1].text and picture("red") in list(final.parts)
    first = next(chat for chat in model.asked if step_of(chat) == "describe")
    assert "from 15.00 s" in first.messages[-1].text


def test_examples_of_a_task(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"video": "short.mp4", "start": 1, "end": 5, "question": "What was it?", "answer": "stripes"}
    (films / "task.jsonl").write_text(json.dumps(row) + "\n")
    model = fake()
    result = run_with(monkeypatch, m=model)("a.mp4", "What?", "-m", "m", "--examples", "task.jsonl")
    assert result.exit_code == 0, result.output
    final = next(chat for chat in model.asked if step_of(chat) == "answer")
    assert [message.text for message in final.messages if message.role == "assistant"] == ["stripes"]


def test_texts_on_the_screen_reach_the_models(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np
    import PIL.Image
    import PIL.ImageDraw
    import PIL.ImageFont
    from watched import still_film

    page = PIL.Image.new("RGB", (640, 360), (30, 60, 30))
    PIL.ImageDraw.Draw(page).text((120, 140), "PLATFORM 7", (255, 255, 255), PIL.ImageFont.load_default(64))
    (films / "sign.mp4").write_bytes(still_film(np.asarray(page), 40))
    model = fake(answer("7", (5, 6, "PLATFORM 7", "read")))
    run_with(monkeypatch, m=model)
    result = CliRunner().invoke(main, ["watch", "sign.mp4", "Which platform?", "-m", "m", "--no-check"])
    assert result.stdout == "7\n", result.stderr
    described = [chat.messages[-1].text for chat in model.asked if step_of(chat) == "describe"]
    assert all("(read): PLATFORM 7" in text for text in described)


def test_without_a_model_what_can_be_seen_and_read_is_answered(films: Path) -> None:
    result = CliRunner().invoke(main, ["watch", "short.mp4", "When is an elephant seen?", "--hear", "none"])
    assert result.exit_code in (0, 3), result.output
    assert "Route: offline" in result.stderr


def test_a_strip_and_chapters(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chapters = [{"start": 0, "end": 6, "title": "First"}, {"start": 6, "end": 12, "title": "Second"}]
    told = fake(answer("two parts", (1, 2, "bars", "seen"), chapters=chapters))
    run = run_with(monkeypatch, m=told, n=fake(answer("", cant_tell=True, chapters=[])))
    result = run("short.mp4", "Summarise it.", "-m", "m", "--strip", "s.jpg", "--chapters", "c.vtt")
    assert result.exit_code == 0, result.output
    assert (films / "s.jpg").read_bytes().startswith(b"\xff\xd8")
    vtt = (films / "c.vtt").read_text()
    assert vtt.startswith("WEBVTT") and "00:00:06.000 --> 00:00:12.000\nSecond" in vtt
    assert "0:00.000 to 0:06.000: First" in result.stdout
    nothing = run("short.mp4", "Summarise that.", "-m", "n", "--strip", "n.jpg")
    assert nothing.exit_code == 3 and "n.jpg was not written" in nothing.stderr and not (films / "n.jpg").exists()


def test_a_page_that_plays_the_film_beside_it_or_in_it(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_with(monkeypatch, m=fake(), n=fake(answer("", cant_tell=True)))
    (films / "pages").mkdir()
    assert run("short.mp4", "What?", "-m", "m", "--report", "pages/r.html").exit_code == 0
    page = (films / "pages" / "r.html").read_text()
    assert 'src="../short.mp4"' in page and "black and white bars" in page and str(films) not in page
    assert run("short.mp4", "What?", "-m", "m", "--report", "e.html", "--embed").exit_code == 0
    assert 'src="data:video/' in (films / "e.html").read_text()
    assert run("short.mp4", "Who?", "-m", "n", "--report", "n.html").exit_code == 3
    assert "names no moment" in (films / "n.html").read_text()  # the answer is there, without evidence


def test_what_can_not_be_written_is_told_before_anything_is_asked(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = fake()
    run = run_with(monkeypatch, m=model)
    for name in ("--report", "--strip", "--chapters"):
        result = run("short.mp4", "What?", "-m", "m", name, "nowhere/out")
        assert result.exit_code == 2 and "nowhere/out" in result.stderr
        film = (films / "short.mp4").read_bytes()
        result = run("short.mp4", "What?", "-m", "m", name, "short.mp4")
        assert result.exit_code == 2 and "would replace 'short.mp4'" in result.stderr
        assert (films / "short.mp4").read_bytes() == film
    twice = run("short.mp4", "What?", "-m", "m", "--strip", "out", "--report", "./out")
    assert twice.exit_code == 2 and "would replace" in twice.stderr
    alone = run("short.mp4", "What?", "-m", "m", "--embed")
    assert alone.exit_code == 2 and "--embed needs a report" in alone.stderr
    monkeypatch.setattr("sensorium.video.report.films.MAX_EMBED_BYTES", 1000)
    large = run("short.mp4", "What?", "-m", "m", "--embed", "--report", "r.html")
    assert large.exit_code == 2 and "too large to be put into a page" in large.stderr and "--embed" in large.stderr
    assert not model.asked


def test_what_is_said_is_on_the_page(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_with(monkeypatch, m=fake(), ears=Saying("mind the gap"))
    heard = ("--hear", "ears", "--report", "r.html", "--json")
    result = run("spoken.mkv", "What?", "-m", "m", *heard)
    assert result.exit_code == 0 and "speech" not in json.loads(result.stdout), result.output
    page = (films / "r.html").read_text()
    captions = base64.b64decode(re.findall(r"data:text/vtt;base64,([\w+/=]+)", page)[0]).decode()
    assert "mind the gap" in captions and "mind the gap" in re.sub('data:[^"]+', "", page)
    part = run("spoken.mkv", "What?", "-m", "m", *heard, "--end", "15")
    assert part.exit_code == 0, part.output
    first = re.sub('data:[^"]+', "", (films / "r.html").read_text()).count("Play from") - 1  # the evidence
    assert 1 == first < re.sub('data:[^"]+', "", page).count("Play from") - 1


def test_a_model_that_gives_no_moments_is_named_in_plain_words(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for words in (("-m", "fake:1"), ("-m", "fake:A cat.", "--route", "chain")):
        result = run_with(monkeypatch)("short.mp4", "What?", *words)
        assert result.exit_code == 1 and "schema simpler" not in result.stderr, result.output
        assert f"{words[1]} can't answer with moments of the film" in result.stderr
        assert "--describe-with" in result.stderr and f"It is '{words[1][5:]}'" in result.stderr


def test_frames_and_options_that_do_not_count(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = fake()
    run = run_with(monkeypatch, m=model)
    result = run("short.mp4", "What?", "-m", "m", "--frames", "3", "--fps", "2", "--clip", "5")
    assert 'Without effect on the route "direct": --clip, --fps.' in result.stderr
    assert sum(isinstance(part, Image) for part in model.asked[0].parts) == 3
    plan = run("a.mp4", "What?", "-m", "m", "--fps", "2", "--frames", "4", "--dry-run").stdout
    assert 'Without effect on the route "chain": --fps.' in plan
    assert "Without effect" not in run("a.mp4", "What?", "-m", "m", "--clip", "9", "--dry-run").stdout
    offline = run("short.mp4", "When is a cat seen?", "--hear", "none", "--frames", "3", "--budget", "1")
    assert 'Without effect on the route "offline": --frames, --budget.' in offline.stderr


def test_each_film_has_its_own_chapters(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chapters = [{"start": 0, "end": 6, "title": "Bars", "film": 2}, {"start": 0, "end": 9, "title": "More", "film": 1}]
    run = run_with(monkeypatch, m=fake(answer("two", chapters=chapters)))
    result = run("a.mp4", "short.mp4", "Summarise them.", "-m", "m", "--chapters", "c.vtt")
    assert result.exit_code == 0, result.output
    assert "More" in (films / "c-a.vtt").read_text() and "Bars" in (films / "c-short.vtt").read_text()
    assert "Bars" not in (films / "c-a.vtt").read_text()


def test_films_of_one_name_are_told_apart(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (films / "b").mkdir()
    shutil.copy("short.mp4", "b/a.mp4")
    moments = [{"start": 1, "end": 2, "text": "bars", "source": "seen", "film": 2}]
    chapters = [{"start": 0, "end": 6, "title": "Bars", "film": 2}, {"start": 0, "end": 9, "title": "More", "film": 1}]
    run = run_with(monkeypatch, m=fake(answer("two", evidence=moments, chapters=chapters)))
    command = ("a.mp4", "b/a.mp4", "Summarise them.", "-m", "m", "--no-check", "--json")
    result = run(*command, "--chapters", "c.vtt", "--report", "r.html")
    assert result.exit_code == 0, result.output
    here = films.name
    assert [each["film"] for each in json.loads(result.stdout)["evidence"]] == ["b/a.mp4"]
    assert "More" in (films / f"c-{here}-a.vtt").read_text() and "Bars" in (films / "c-b-a.vtt").read_text()
    assert "Bars" not in (films / f"c-{here}-a.vtt").read_text()
    page = (films / "r.html").read_text()
    assert page.count("b/a.mp4") >= 2
    tracks = [base64.b64decode(data).decode() for data in re.findall(r"data:text/vtt;base64,([\w+/=]+)", page)]
    assert any("Bars" in track for track in tracks) and any("More" in track for track in tracks)
    assert sum("(seen)" in track or "bars" in track for track in tracks) == 1  # the evidence, of its own film alone


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "No film to watch."),
        (("What?",), "No film to watch."),
        (("a.mp4",), "The question is missing."),
        (("a.mp4", "What?", "Who?"), "2 questions"),
        (("b.mp4", "What?"), "No file 'b.mp4'"),
        (("a.mp4", " "), "empty"),
        (("a.mp4", "What?", "--start", "100"), "begins at 100 s"),
        (("a.mp4", "What?", "--choice", "red", "--choice", " Red"), "The choice 'red' is there twice."),
        (("a.mp4", "What?", "--choice", "red", "--choice", ""), "A choice is empty."),
    ],
)
def test_mistakes(films: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str) -> None:
    result = run_with(monkeypatch, m=fake())(*arguments, *(("-m", "m") if arguments else ()))
    assert result.exit_code == 2 and message in result.stderr, result.output
