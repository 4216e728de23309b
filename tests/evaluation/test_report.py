"""The page of an evaluation: headings, tables and alternative texts; axe in both themes, wide and at 320 pixels.

SENSORIUM_SCREENSHOTS=FOLDER keeps pictures of it.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from compared import evaluation, skill

from sensorium.core.messages import Conversation, Image
from sensorium.evaluation import report as evaluation_report
from sensorium.evaluation.judge import LOSS, NO_VERDICT, TIE, WIN, Verdicts
from sensorium.evaluation.report import page as report_page
from sensorium.evaluation.report import score_plot
from sensorium.evaluation.statistics import Interval
from sensorium.media.page import render
from sensorium.tune.evaluate.evaluate import report_of
from sensorium.tune.evaluate.result import BASE, FINE_TUNED, AdapterEvaluation


def page(evaluation: AdapterEvaluation, samples: int = 24) -> str:
    return report_page(report_of(evaluation), samples)


VERDICTS = Verdicts("fake:A", (WIN, TIE, LOSS, NO_VERDICT), 3, 1)


@pytest.fixture(scope="module")
def whole() -> AdapterEvaluation:
    said = {BASE: [0, 1, 1, 0], FINE_TUNED: [1, 0, 1, 0], "4-shot": [1, 1, 0, 0]}
    old = skill({BASE: [1, 1, 0], FINE_TUNED: [1, 0, 0]}, "old, split test")
    made = skill(said, pictures=True)
    return AdapterEvaluation(
        "runs/adapter", "base", made, old, VERDICTS, True, ("A note.",), {"How": "LoRA of rank 16, seed 0"}
    )


class Seen(HTMLParser):
    """Text by the tag that holds it, the attributes of each tag, and what ids there are."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.said: list[tuple[str, str]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.said.append((self._open[-1], data.strip()))

    def of(self, *tags: str) -> list[str]:
        return [text for tag, text in self.said if tag in tags]


def test_headings_lead_through_it(whole: AdapterEvaluation) -> None:
    seen = Seen(page(whole))
    assert seen.of("h1") == ["Evaluation of runs/adapter"]
    assert seen.of("h2") == [
        "In words", "Scores", "Other skills", "A judge's view", "Samples side by side", "How it was measured"
    ]  # fmt: skip
    assert seen.of("h3") == [
        "Newly right: 1 of 4 examples, 1 shown", "Newly wrong: 1 of 4 examples, 1 shown",
        "Both wrong: 1 of 4 examples, 1 shown", "Both right: 1 of 4 examples, 1 shown",
    ]  # fmt: skip
    assert seen.of("h4") == [f"Example {number}, id{number - 1}" for number in (1, 2, 4, 3)]
    links = {attrs["href"] for tag, attrs in seen.tags if tag == "a"}
    assert links == {f"#{attrs['id']}" for tag, attrs in seen.tags if tag == "h2"}


def test_each_mark_stands_there_as_a_word(whole: AdapterEvaluation) -> None:
    seen = Seen(page(whole))
    assert seen.of("span") == ["Newly right", "Newly wrong", "Both wrong", "Both right"]
    said = seen.of("dt", "dd")
    start = said.index("Question")
    assert said[start : start + 12] == [
        "Question", "Which colour is 0?", "Right answer", "red", "Base, wrong", "blue", "Fine-tuned, right", "red",
        "4-shot, right", "red", "The judge", "The fine-tuned answer is better",
    ]  # fmt: skip
    (alt, *_) = [attrs["alt"] for tag, attrs in seen.tags if tag == "img"]
    assert alt == "Picture 1, 60 by 40 pixels"


def test_tables_have_captions_and_heads(whole: AdapterEvaluation) -> None:
    text = page(whole)
    tables = re.findall(r"<table>.*?</table>", text, re.S)
    assert len(tables) == 5
    for table in tables:
        assert table.startswith("<table><caption>") and table.count('scope="row"') == table.count("<tr>") - 1
        assert '<th scope="col">' in table
    assert "<td>0.500 (0.000 to 1.000)</td><td>baseline</td>" in tables[0]
    assert "Cost of task, split test, 4 examples" in tables[1] and "<td>1.50</td><td>700</td>" in tables[1]


def test_the_drawing_is_told_in_words(tmp_path: Path) -> None:
    scores = [("base", Interval(0.25, 0.125, 0.5, 9)), ("fine-tuned", Interval(1, 1, 1, 9))]
    (tmp_path / "drawing.html").write_text('{% import "parts.html" as parts %}{{ parts.plot(plot) }}')
    shutil.copy(Path(evaluation_report.__file__).parent / "templates" / "parts.html", tmp_path)
    made = render(tmp_path / "drawing.html", plot=score_plot([("task", scores)], "p"))
    assert 'role="img" aria-labelledby="p-title p-told"' in made
    assert "task: base 0.250 (0.125 to 0.500); fine-tuned 1.000 (1.000 to 1.000)." in made
    # from 12 to 388: a quarter lies at 106
    assert '<circle cx="106.0"' in made and '<line x1="59.0" x2="200.0"' in made and '<rect x="382.0"' in made


def test_how_many_samples_are_shown(whole: AdapterEvaluation) -> None:
    several = replace(whole, skill=skill({BASE: [0] * 9 + [1], FINE_TUNED: [1] * 9 + [1]}), verdicts=None)
    assert page(several, 5).count("<article") == 4  # three of the gained, the one that both had
    assert page(several, 0).count("<article") == 0 and "None are shown." in page(several, 0)


def test_what_was_said_is_shown_and_not_obeyed(tmp_path: Path, whole: AdapterEvaluation) -> None:
    (tmp_path / "bad.png").write_bytes(b"no picture")
    made = evaluation([0], [1])
    chat = Conversation.of(Image(tmp_path / "bad.png"), "<script>alert(1)</script>")
    example = replace(made.skill.examples[0], conversation=chat)
    results = tuple(replace(result, texts=("<img src=x onerror=alert(1)>",)) for result in made.skill.results)
    text = page(replace(made, adapter="<b>&", skill=replace(made.skill, examples=(example,), results=results)))
    seen = Seen(text)
    assert not {tag for tag, _ in seen.tags} & {"script", "img", "b"}
    assert any("can't be opened" in said for said in seen.of("p"))
    assert "http" not in text.replace("http-equiv", "") and "url(" not in text  # nothing is fetched


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    pytest.importorskip("playwright")
    from browser import run_chromium

    with run_chromium() as made:
        yield made


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1100, 320])
def test_axe_finds_nothing(browser: Any, whole: AdapterEvaluation, tmp_path: Path, theme: str, width: int) -> None:
    from browser import no_sideways, violations

    (tmp_path / "report.html").write_text(page(whole), encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=theme)
    shown = context.new_page()
    asked: list[str] = []
    shown.on("request", lambda request: asked.append(request.url))
    shown.goto((tmp_path / "report.html").as_uri())
    assert violations(shown) == [] and no_sideways(shown)
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    if folder := os.environ.get("SENSORIUM_SCREENSHOTS"):
        shown.screenshot(path=Path(folder) / f"report-{theme}-{width}.png", full_page=True)
    shown.evaluate("document.querySelector('img').removeAttribute('alt')")
    assert any(each.startswith("image-alt") for each in violations(shown))  # it would have found one
    context.close()
