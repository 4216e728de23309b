"""The page without its server, in a real Chromium: what it says is true, and what it can do comes back by itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from asking import type_question, wait_for_answer, wait_for_check
from browser import announcements, choose_picture, open_page, run_chromium, tab_to, text_of, until
from pictures import plain
from served import serve

from sensorium import load
from sensorium.apps.assist.app import create_app
from sensorium.backends.fake import Fake

pytestmark = pytest.mark.slow
AGAIN = "The server can't be reached. This page tries again by itself"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with run_chromium() as made:
        yield made


class Server:
    """A server that can go and come back at the same address."""

    def __init__(self) -> None:
        self._running = ExitStack()
        self.app: Callable[[], Any] = lambda: create_app(Fake("It is a cup."), speaker=load("espeak", "speaker"))
        self.address = self._running.enter_context(serve(self.app()))

    def stop(self) -> None:
        self._running.close()

    def start(self) -> None:
        port = urlsplit(self.address).port
        assert port is not None
        self._running.enter_context(serve(self.app(), port))


@contextmanager
def opened(browser: Any, voice: str) -> Iterator[tuple[Any, Server]]:
    server = Server()
    try:
        with open_page(browser, server.address, voice) as page:
            page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
            yield page, server
    finally:
        server.stop()


def reload(page: Any) -> str:
    page.reload()
    until(page, "document.getElementById('problem').textContent")
    return text_of(page, "problem")


def test_every_file_of_the_page_is_there_offline_and_nothing_is_claimed(browser: Any) -> None:
    with opened(browser, "reader") as (page, server):
        server.stop()
        failed: list[str] = []
        page.on("requestfailed", lambda request: failed.append(request.url))
        assert reload(page) == f"{AGAIN}."  # nothing is kept, so nothing is "still here"
        assert [url for url in failed if "/api/" not in url] == []
        assert text_of(page, "model") == "its model" and text_of(page, "status") == ""
        assert "Connected" not in str(announcements(page))
        assert page.get_attribute("#again", "aria-disabled") == "true"


def test_what_is_still_here_is_named(browser: Any) -> None:
    with opened(browser, "reader") as (page, server):
        choose_picture(page, plain())
        wait_for_check(page)
        until(page, "sessionStorage.getItem('sensorium-kept') !== null")
        server.stop()
        assert reload(page) == f"{AGAIN}; your picture is still here."
        server.start()
        until(page, "document.getElementById('status').textContent === 'Connected.'")
        assert text_of(page, "problem") == ""
        type_question(page, "What is it?")
        wait_for_answer(page)
        until(page, "sessionStorage.getItem('sensorium-kept').includes('cup')")
        server.stop()
        assert reload(page) == f"{AGAIN}; your picture and answers are still here."
        announcements(page)
        tab_to(page, "Hear again: What is it?")
        page.keyboard.press("Enter")  # needs no server
        until(page, "document.getElementById('answer').textContent.includes('It is a cup.')")
        tab_to(page, "wipe")
        page.keyboard.press("Enter")
        until(page, "document.getElementById('status').textContent.includes('was not reached')")
        assert not page.is_visible("#preview") and page.locator("#history li").count() == 0


def test_a_picture_too_large_to_keep_is_not_said_to_be_here(browser: Any) -> None:
    with opened(browser, "reader") as (page, server):
        choose_picture(page, plain())
        wait_for_check(page)
        type_question(page, "What is it?")
        wait_for_answer(page)
        until(page, "sessionStorage.getItem('sensorium-kept')?.includes('cup')")
        page.evaluate(  # as where the storage took only the answers
            "sessionStorage.setItem('sensorium-kept',"
            " JSON.stringify({ ...JSON.parse(sessionStorage.getItem('sensorium-kept')), picture: null }))"
        )
        server.stop()
        assert reload(page) == f"{AGAIN}; your answers are still here."
        assert not page.is_visible("#preview")


def test_the_voice_comes_back_with_the_server(browser: Any) -> None:
    with opened(browser, "page") as (page, server):
        spoken: list[str] = []
        page.on(
            "request",
            lambda asked: spoken.append(json.loads(asked.post_data)["text"]) if "/api/speak" in asked.url else None,
        )
        server.stop()
        reload(page)
        until(page, "document.getElementById('who-reads').textContent.includes('no voice starts here')")
        assert spoken == []  # no voice here, and the server's isn't there
        server.start()
        until(page, "document.getElementById('status').textContent === 'Connected.'")
        choose_picture(page, plain())
        wait_for_check(page)
        type_question(page, "What is it?")
        wait_for_answer(page)
        assert "It is a cup." in spoken
        assert text_of(page, "who-reads") == "This page reads aloud."


def test_a_server_that_goes_while_one_asks_is_noticed_when_it_is_back(browser: Any) -> None:
    with opened(browser, "reader") as (page, server):
        choose_picture(page, plain())
        wait_for_check(page)
        server.stop()
        type_question(page, "What is it?")
        until(page, "document.getElementById('problem').textContent")
        assert text_of(page, "problem") == (
            "The server can't be reached. Your picture and question are still here: press Ask again later."
        )
        server.start()
        until(page, "document.getElementById('status').textContent === 'Connected. Press Ask again.'")
        assert text_of(page, "problem") == ""
        tab_to(page, "again")
        page.keyboard.press("Enter")
        wait_for_answer(page)
        assert "It is a cup." in text_of(page, "answer")


def test_a_question_that_waits_for_a_picture_goes_on_waiting_if_the_picture_is_bad(browser: Any) -> None:
    with opened(browser, "reader") as (page, _):
        type_question(page, "What is it?")
        choose_picture(page, b"no picture", "notes.png")
        until(page, "document.getElementById('problem').textContent.startsWith('The file is text')")
        choose_picture(page, plain())
        wait_for_check(page)
        until(page, "document.getElementById('answer').textContent.includes('It is a cup.')")
