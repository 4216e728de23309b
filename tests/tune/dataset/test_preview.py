"""The page of rows: what is given and what is learnt, coloured and in words; nothing on it is obeyed."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

from planted import clean, written

from sensorium.core.messages import Conversation, Image
from sensorium.tasks.readers import load_task
from sensorium.tasks.task import Example, Task
from sensorium.tune.dataset.data import from_task
from sensorium.tune.dataset.preview import RenderedRow, page


class Seen(HTMLParser):
    """What a screen reader meets: headings, alternative texts, and what stands under each."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.said: list[tuple[str, str]] = []
        self.learnt: list[str] = []
        self._tag, self._learnt = "", False
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tag = tag
        self.tags.add(tag)
        self._learnt = ("class", "learnt") in attrs
        if tag == "img":
            self.said.append(("img", dict(attrs)["alt"] or ""))

    def handle_endtag(self, tag: str) -> None:
        self._tag, self._learnt = "", False

    def handle_data(self, data: str) -> None:
        if self._tag in ("h1", "h2", "h3", "pre", "strong"):
            self.said.append((self._tag, data))
        if self._learnt:
            self.learnt.append(data)


def test_each_row_says_what_is_given_and_what_is_learnt(tmp_path: Path) -> None:
    rows = from_task(load_task(written(tmp_path, clean(tmp_path)))).rows[:2]
    seen = Seen(page("mine", rows, 120))
    assert seen.said[:8] == [
        ("h1", "mine: 2 of 120 rows"),
        ("h2", "Row 1, test"),
        ("img", "Picture 1 of row 1, 128 by 128 pixels"),
        ("h3", "User. Given, not learnt:"),
        ("pre", "[picture 1]\nWhich colour is it?"),
        ("h3", "Assistant. Learnt:"),
        ("pre", "red"),
        ("h2", "Row 2, test"),
    ]
    assert seen.learnt == ["red", rows[1].example.answer]


def test_the_choices_are_told_as_they_are_when_asked() -> None:
    example = Example(Conversation.of("Which?"), ("a",), choices=("a", "b"))
    assert "Answer with one of: a, b." in page("t", from_task(Task("t", (example,))).rows, 1)


def test_a_models_own_template_and_tokens() -> None:
    rows = from_task(Task("t", (Example(Conversation.of("Which?"), ("red one",)),))).rows
    seen = Seen(page("t", rows, 1, lambda row: RenderedRow("<|user|>Which?<|assistant|>", ("red", " one", "<end>"))))
    assert ("h3", "Learnt, 3 tokens with bars between:") in seen.said
    assert ("pre", "<|user|>Which?<|assistant|>") in seen.said and seen.learnt == ["red |  one | <end>"]


def test_what_rows_hold_is_shown_and_not_obeyed(tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"no picture")
    chat = Conversation.of(Image(tmp_path / "bad.png"), "<script>alert(1)</script>")
    seen = Seen(page("<b>", from_task(Task("t", (Example(chat, ("<img src=x>", "also")),))).rows, 1))
    assert not seen.tags & {"script", "img", "b"}
    assert any(tag == "strong" and "can't be opened" in text for tag, text in seen.said)
    assert "".join(seen.learnt) == "<img src=x>"
