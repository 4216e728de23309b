"""Earlier answers in a real Chromium: the one that is heard again is shown, spelled out and placed, and no other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from asking import type_question, wait_for_answer, wait_for_check
from browser import announcements, choose_picture, open_page, run_chromium, tab_to, text_of, until, wait_until_idle
from pictures import receipt, sign
from served import serve

from sensorium import load
from sensorium.apps.assist.app import create_app
from sensorium.backends.fake import Fake

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with run_chromium() as made:
        yield made


@pytest.fixture(scope="module")
def offline() -> Iterator[str]:
    app = create_app(load("offline"), second=Fake("The total is 14.25."), speaker=load("espeak", "speaker"))
    with serve(app) as address:
        yield address


def ask_twice(page: Any) -> None:
    """Ask about a receipt, then about a sign."""
    for picture, question in ((receipt(), "What is the total?"), (sign("PLATFORM 7"), "What does it say?")):
        choose_picture(page, picture)
        wait_for_check(page)
        type_question(page, question)
        wait_for_answer(page)


def hear_again(page: Any, question: str) -> None:
    tab_to(page, f"Hear again: {question}")
    page.keyboard.press("Enter")


def press(page: Any, identity: str) -> str:
    tab_to(page, identity)
    announcements(page)
    page.keyboard.press("Enter")
    ((_, text),) = announcements(page)
    return text


def test_spelling_and_places_go_with_the_answer_chosen_from_history(browser: Any, offline: str) -> None:
    with open_page(browser, offline, "reader") as page:
        ask_twice(page)
        assert press(page, "where").startswith('"PLATFORM 7": ')
        hear_again(page, "What is the total?")
        until(page, "document.getElementById('answer').textContent.includes('14.25')")
        assert "PLATFORM" not in text_of(page, "answer")
        assert press(page, "where").startswith('"TOTAL 14.25": ')
        assert press(page, "spell").startswith("capital T, capital O, capital T, capital A, capital L, space,")
        hear_again(page, "What does it say?")
        until(page, "document.getElementById('answer').textContent.includes('PLATFORM 7')")
        assert press(page, "spell").startswith("capital P, capital L, capital A")


def test_places_are_spoken_where_the_page_speaks(browser: Any, offline: str) -> None:
    with open_page(browser, offline, "page", speed=1.7) as page:
        ask_twice(page)
        spoken: list[str] = []
        page.on(
            "request",
            lambda asked: spoken.append(json.loads(asked.post_data)["text"]) if "/api/speak" in asked.url else None,
        )
        hear_again(page, "What is the total?")
        wait_until_idle(page)
        assert spoken[0] == "Total: 14.25" and text_of(page, "answer").startswith("Total: 14.25")
        spoken.clear()
        tab_to(page, "where")
        page.keyboard.press("Enter")
        wait_until_idle(page)
        assert len(spoken) == 1 and spoken[0].startswith('"TOTAL 14.25": ')


def test_the_model_beside_an_earlier_answer_is_the_one_that_gave_it(browser: Any, offline: str) -> None:
    with open_page(browser, offline, "reader") as page:
        choose_picture(page, receipt())
        wait_for_check(page)
        type_question(page, "What is the total?")
        wait_for_answer(page)
        tab_to(page, "second")
        page.keyboard.press("Enter")
        wait_for_answer(page)
        assert text_of(page, "by") == "Answered by fake."
        hear_again(page, "What is the total?")
        until(page, "document.getElementById('by').textContent === 'Answered by offline.'")
