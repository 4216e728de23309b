"""The demo itself is run: by the offline model, which must be right throughout, and by a model that is mostly wrong."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import numpy as np
import PIL.Image
import pytest

from sensorium import Box, Evidence, Reply

RECIPES = Path(__file__).parents[2] / "recipes"
MODULES = ("demo", "demo_page", "demo_pictures", "demo_questions", "demo_search")


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(RECIPES))
    import demo

    yield demo
    for name in MODULES:
        sys.modules.pop(name, None)


def question(right: str | float | None):  # type: ignore[no-untyped-def]
    from demo_questions import Question

    return Question("What?", right)


@pytest.mark.parametrize(
    ("right", "text", "abstained", "judged"),
    [
        (r"\bcat\b", "It is a Cat.", False, True),
        (r"\bcat\b", "It is cattle.", False, False),
        (r"\bcat\b", "It may be a cat.", True, False),
        (102.5, "The mean is 102.6.", False, True),
        (102.5, "The mean is 108.", False, False),
        (1234.0, "They sold 1,230 of them.", False, True),
        (40.0, "Many.", False, False),
        (None, "I can't tell.", True, True),
        (None, "It is safe.", False, False),
    ],
)
def test_judging(demo: ModuleType, right: str | float | None, text: str, abstained: bool, judged: bool) -> None:
    assert demo.is_right(question(right), Reply(text, abstained=abstained)) is judged


def test_the_search_finds_the_cat_and_no_submarine(demo: ModuleType, tmp_path: Path) -> None:
    from demo_search import search_lines

    (tmp_path / "pictures").mkdir()
    for picture, _ in demo.QUESTIONS:
        (tmp_path / "pictures" / f"{picture.name}.png").write_bytes(demo.encoded(picture))
    lines = list(search_lines(tmp_path))
    assert lines[0] == f"Searching {len(demo.QUESTIONS)} pictures:"
    assert lines[1].startswith("  a cat: cat.png (")
    assert lines[2].startswith("  a submarine under the ice: no good match (")


def test_the_demo_asks_enough(demo: ModuleType) -> None:
    questions = [asked for _, many in demo.QUESTIONS for asked in many]
    assert len(demo.QUESTIONS) >= 6 and len(questions) >= 10
    assert sum(asked.right is None for asked in questions) == 2
    assert len({picture.name for picture, _ in demo.QUESTIONS}) == len(demo.QUESTIONS)


def test_a_wrong_model_is_found_out(demo: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.main(["--model", "fake:It is a cat & <b>more</b>.", "--to", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    total = sum(len(questions) for _, questions in demo.QUESTIONS)
    assert out.count("WRONGLY") == total - 1 and f"1 of {total} right" in out
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert page.count("It is a cat &amp; &lt;b&gt;more&lt;/b&gt;.") == total + 1
    assert page.count("wrongly") == total - 1 and "<b>" not in page


def test_boxes_are_drawn_where_they_are_said_to_be(demo: ModuleType) -> None:
    import demo_page

    box, other = Box(30, 40, 90, 80), Box(100, 40, 150, 80)
    seen = tuple(Evidence("read", "x", where) for where in (box, other, box, None))
    answer = demo.Answer(question("x"), Reply("x", evidence=seen), 1.0, True)
    marks = demo_page.marked([answer])
    assert marks == {box: 1, other: 2}
    grey = PIL.Image.new("RGB", (200, 120), (128, 128, 128))
    drawn = np.asarray(demo_page.overlay(grey, marks)).astype(int)
    changed = np.abs(drawn - 128).max(axis=2) > 20
    assert changed[60, 30] and changed[60, 89] and changed[79, 60] and not changed[60, 60]
    assert not changed[100:].any() and not changed[:, 160:].any()


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, success criterion 1.4.3: relative luminances, (lighter + 0.05) / (darker + 0.05)."""
    lights = []
    for colour in (one, other):
        digits = colour.lstrip("#")
        digits = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
        values = np.array([int(digits[at : at + 2], 16) for at in (0, 2, 4)]) / 255
        linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
        lights.append(float(linear @ (0.2126, 0.7152, 0.0722)))
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def test_contrast_is_enough_by_day_and_by_night(demo: ModuleType) -> None:
    import demo_page

    assert contrast("#000", "#ffffff") == pytest.approx(21)
    schemes = re.findall(r"--ink: (#\w+); --paper: (#\w+); --soft: (#\w+).*?--link: (#\w+)", demo_page.STYLE)
    assert len(schemes) == 2
    for ink, paper, soft, link in schemes:
        assert min(contrast(colour, paper) for colour in (ink, soft, link)) >= 4.5
    assert min(contrast(ink, "#fff") for ink in demo_page.INKS) >= 4.5


class Page(HTMLParser):
    """What a screen reader goes by: elements in order, and those that lack an end."""

    VOID = ("meta", "img", "link", "br")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def of(self, *names: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in names]


def test_the_offline_model_is_right_throughout_and_the_page_reads_well(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, str(RECIPES / "demo.py"), "--to", "page"],
        cwd=tmp_path, capture_output=True, text=True, timeout=300, env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert "WRONGLY" not in run.stdout and run.stdout.count("declined, rightly") == 2
    answered = run.stdout.count("answered, rightly, confidence")
    assert answered >= 10 and len(re.findall(r"in \d+\.\d\d s$", run.stdout, re.M)) == answered + 2
    assert run.stdout.count("    Evidence:") >= answered  # no answer without what it rests on
    _check(tmp_path / "page")


def _check(folder: Path) -> None:
    page = Page((folder / "index.html").read_text(encoding="utf-8"))
    assert not page.open
    assert page.of("html")[0]["lang"] == "en" and len(page.of("title")) == 1
    for landmark in ("header", "nav", "main", "footer", "h1"):
        assert len(page.of(landmark)) == 1, landmark
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h\d", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for link in page.of("a"):
        assert str(link["href"]).removeprefix("#") in ids
    images = page.of("img")
    assert len(images) == len(page.of("section")) >= 6
    for image in images:
        assert len(image["alt"] or "") > 20 and (image["alt"] or "").endswith(".")
        with PIL.Image.open(folder / str(image["src"])) as shown:
            assert shown.size == (int(image["width"] or 0), int(image["height"] or 0))
    assert not page.of("table") and not page.of("script")
    text = (folder / "index.html").read_text(encoding="utf-8")
    assert "http" not in text  # nothing is fetched
