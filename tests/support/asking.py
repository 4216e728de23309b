"""A model that waits in mid-answer, and the page's usual steps: a picture checked, a question typed and answered."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from browser import tab_to, text_of, until, wait_until_idle

from sensorium import Conversation, Delta, Limits, Options


class Gated:
    """A model that says one sentence and goes on when it is let."""

    name = "gated"
    limits = Limits()

    def __init__(self) -> None:
        self.go = threading.Event()
        self.asked: list[Conversation] = []
        self.closed = 0

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        self.asked.append(chat)
        try:
            yield Delta("It is a cup. ")
            while not self.go.wait(0.02):
                yield Delta("")
            yield Delta("It is blue.")
        finally:
            self.closed += 1


class Declining:
    """A model that can't tell, and says what to type for more."""

    name = "declining"
    limits = Limits()

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        yield Delta(
            "I can't tell.",
            abstained=True,
            suggestion="A larger model may tell; type: sensorium use openai:gpt-4o-mini",
        )


def wait_for_check(page: Any) -> str:
    until(page, "document.getElementById('checked').textContent")
    wait_until_idle(page)
    return text_of(page, "checked")


def wait_for_answer(page: Any) -> None:
    until(page, "document.querySelector('#by:not(:empty), #problem:not(:empty)') !== null")
    wait_until_idle(page)
    problem = text_of(page, "problem")
    assert problem == "", problem


def type_question(page: Any, question: str) -> None:
    tab_to(page, "question")
    page.keyboard.press("Control+a")
    page.keyboard.type(question)
    page.keyboard.press("Enter")
