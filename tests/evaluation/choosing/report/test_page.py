"""The page of a comparison in Chromium: axe in both themes from desktop to 320 pixels, labels that don't collide.

SENSORIUM_SCREENSHOTS=FOLDER keeps pictures of it.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from browser import no_sideways, violations
from planted_choices import PlantedRow, eight_rows, planted, skilled

from sensorium.core.messages import Conversation, Image
from sensorium.evaluation.choosing.report.findings import ChoiceReport
from sensorium.evaluation.choosing.report.page import page

HOSTILE = "</style><script>globalThis.hacked = 1</script><img src=x onerror='globalThis.hacked = 1'>\" ' & चाय"
COLLIDING = """() => {
  const out = [];
  for (const svg of document.querySelectorAll('figure svg')) {
    const edge = svg.getBoundingClientRect();
    if (!edge.width) continue;
    const texts = [...svg.querySelectorAll('text.name')];
    const names = texts.map((text) => [text.textContent, text.getBoundingClientRect()]);
    names.forEach(([name, a], place) => {
      if (a.left < edge.left || a.right > edge.right || a.top < edge.top) out.push(name + ' leaves the picture');
      for (const [other, b] of names.slice(place + 1))
        if (a.left < b.right && b.left < a.right && a.top + 2 < b.bottom - 2 && b.top + 2 < a.bottom - 2)
          out.push(name + ' covers ' + other);
    });
  }
  return out;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    pytest.importorskip("playwright")
    from browser import run_chromium

    with run_chromium() as made:
        yield made


@pytest.fixture(scope="module")
def written() -> str:
    return page(ChoiceReport(eight_rows()))


def opened(browser: Any, text: str, folder: Path, width: int = 1280, theme: str = "light") -> tuple[Any, list[str]]:
    """Open a page in a fresh profile; return it and the addresses that it asked for elsewhere."""
    (folder / "report.html").write_text(text, encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    shown = context.new_page()
    foreign: list[str] = []
    shown.on("request", lambda asked: None if asked.url.startswith(("file:", "data:")) else foreign.append(asked.url))
    shown.goto((folder / "report.html").as_uri())
    return shown, foreign


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390, 320])
def test_axe_finds_nothing(browser: Any, written: str, tmp_path: Path, theme: str, width: int) -> None:
    shown, foreign = opened(browser, written, tmp_path, width, theme)
    shown.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert violations(shown) == [] and no_sideways(shown) and foreign == []
    assert shown.evaluate(COLLIDING) == []
    if folder := os.environ.get("SENSORIUM_SCREENSHOTS"):
        shown.screenshot(path=Path(folder) / f"choice-{theme}-{width}.png", full_page=True)
    shown.evaluate("document.querySelector('img').removeAttribute('alt')")
    assert any(each.startswith("image-alt") for each in violations(shown))  # it would have found one
    shown.context.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_labels_of_rows_that_lie_together_do_not_collide(browser: Any, tmp_path: Path, width: int) -> None:
    chance = random.Random(2)
    rows = [
        PlantedRow(
            f"service:a-model-of-a-long-name-{place}, 4 shots",
            skilled(60, 0.8, place),
            0.001 * (1 + chance.random() / 9),
        )
        for place in range(12)
    ]
    shown, _ = opened(browser, page(ChoiceReport(planted(*rows))), tmp_path, width)
    assert shown.evaluate(COLLIDING) == []
    assert len(shown.query_selector_all(f"svg.{'wide' if width > 700 else 'narrow'} text.name")) == 24
    shown.evaluate("for (const text of document.querySelectorAll('text.name')) text.setAttribute('x', 100)")
    assert shown.evaluate(COLLIDING) != []  # it would have found one
    shown.context.close()


def test_what_a_screen_reader_is_told(browser: Any, written: str, tmp_path: Path) -> None:
    shown, _ = opened(browser, written, tmp_path)
    assert shown.get_by_role("heading", level=2).all_inner_texts() == [
        "Recommendation", "Accuracy against cost", "All figures", "Who is better", "How sure they are",
        "Questions they answered differently", "Settings of each row", "How to read this",
    ]  # fmt: skip
    assert shown.inner_text(".words").startswith("No winner with 200 questions. Take starter + adapter tins")
    (money,) = [one for one in shown.query_selector_all("svg.wide desc") if "$0.70" in one.text_content()]
    assert "gemini:gemini-3.8-flash: $0.70, accuracy 91.0 % (86.5 to 95.0), on the front" in money.text_content()
    assert (
        "starter + adapter tins: $0.02, accuracy 89.5 % (85.0 to 94.0), on the front, recommended"
        in money.text_content()
    )
    figures = shown.inner_text("table.figures")
    assert "2 (1 timeout, 1 refused)" in figures and "10 (10 bad JSON)" in figures and "outside your limits" in figures
    card = shown.inner_text("article.card >> nth=0")
    assert "Right answer: red" in card and "right" in card and "wrong" in card
    shown.context.close()


def test_no_amount_breaks_across_lines(written: str) -> None:
    seen = re.sub(r"<(svg|style|head)\b.*?</\1>|<article.*?</article>|<[^>]*>", "\n", written, flags=re.S)
    assert len(re.findall(r"\d\xa0%|\d&nbsp;%", seen)) > 20 and re.findall(r"\d %|[<=] \d|&lt; \d", seen) == []


def test_the_same_report_gives_the_same_bytes() -> None:
    assert page(ChoiceReport(eight_rows(60))) == page(ChoiceReport(eight_rows(60)))


def test_what_was_said_is_shown_and_not_obeyed(browser: Any, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"no picture")
    made = planted(PlantedRow(HOSTILE, [1, 0, 1]), PlantedRow("b", [0, 1, 1]), notes=(HOSTILE,))
    example = replace(
        made.examples[0], conversation=Conversation.of(Image(tmp_path / "bad.png"), HOSTILE), answers=(HOSTILE,)
    )
    answers = (replace(made.rows[0].answers[0], text=HOSTILE), *made.rows[0].answers[1:])
    rows = (replace(made.rows[0], answers=answers, settings={HOSTILE: HOSTILE}, price=HOSTILE), made.rows[1])
    text = page(ChoiceReport(replace(made, task=HOSTILE, examples=(example, *made.examples[1:]), rows=rows)))
    shown, foreign = opened(browser, text, tmp_path)
    assert shown.evaluate("globalThis.hacked ?? 0") == 0 and foreign == []
    assert shown.query_selector_all("script, main img") == [] and "can't be opened" in shown.inner_text("main")
    assert HOSTILE in shown.text_content("h1") and "url(" not in text
    shown.context.close()


def test_one_row_and_nothing_that_differs(browser: Any, tmp_path: Path) -> None:
    shown, _ = opened(browser, page(ChoiceReport(planted(PlantedRow("only", [1, 0, 1])))), tmp_path)
    assert violations(shown) == [] and "Only one row was asked." in shown.inner_text("main")
    assert "Take only: there was nothing else to choose from." in shown.inner_text(".words")
    shown.context.close()
