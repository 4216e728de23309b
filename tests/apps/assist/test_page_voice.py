"""The page's voice and tones in a real Chromium: heard while it thinks, unlocked by a gesture, replaced if silent."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from asking import type_question, wait_for_answer, wait_for_check
from browser import announcements, choose_picture, open_page, run_chromium, tab_to, text_of, until
from pictures import plain
from served import serve

from sensorium import Conversation, Delta, Limits, Options, load
from sensorium.apps.assist.app import create_app
from sensorium.backends.fake import Fake

pytestmark = pytest.mark.slow
ANSWER = "It is a cup. It is blue. It is full."


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with run_chromium() as made:
        yield made


class Waiting:
    """A model that says nothing until it is let."""

    name = "waiting"
    limits = Limits()

    def __init__(self) -> None:
        self.go = threading.Event()

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        while not self.go.wait(0.02):
            yield Delta("")
        yield Delta("It is a cup.")


# A microphone beside the speaker: the moments (performance.now()) at which what goes to it is louder than silence.
MICROPHONE = """
globalThis.__loud = [];
globalThis.__contexts = [];
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (to, ...rest) {
  if (to instanceof AudioDestinationNode) {
    __contexts.push(this.context);
    const ear = new AnalyserNode(this.context, { fftSize: 2048 });
    connect.call(this, ear);
    const wave = new Float32Array(2048);
    const listen = setInterval(() => {
      ear.getFloatTimeDomainData(wave);
      if (Math.max(...wave) > 0.05) __loud.push(performance.now());
    }, 10);
    setTimeout(() => clearInterval(listen), 1000);
  }
  return connect.call(this, to, ...rest);
};
"""


def bursts(page: Any) -> list[float]:
    """Return when each tone began, in seconds."""
    moments = page.evaluate("__loud")
    starts = [now for before, now in zip([-1e9, *moments], moments, strict=False) if now - before > 500]
    return [moment / 1000 for moment in starts]


def test_thinking_is_heard_where_the_page_speaks_until_the_answer_comes(browser: Any) -> None:
    model = Waiting()
    with serve(create_app(model)) as address, open_page(browser, address, "page", script=MICROPHONE) as page:
        choose_picture(page, plain())
        wait_for_check(page)
        page.wait_for_timeout(1500)  # the tone that says that there is no voice here has ended
        page.evaluate("__loud.splice(0)")
        type_question(page, "What is it?")
        until(page, "__loud.at(-1) - __loud[0] > 4500")
        starts = bursts(page)
        assert len(starts) >= 3 and all(1.5 < later - before < 3 for before, later in pairwise(starts))
        assert page.evaluate("new Set(__contexts).size === 1 && __contexts[0].state === 'running'")
        model.go.set()
        wait_for_answer(page)
        page.wait_for_timeout(500)  # the answer came in the middle of a tone, whose end is still seen
        page.evaluate("__loud.splice(0)")
        page.wait_for_timeout(4500)
        assert page.evaluate("__loud") == []


def test_a_stopped_question_is_silent_and_a_screen_reader_hears_no_tones(browser: Any) -> None:
    with serve(create_app(Waiting())) as address:
        with open_page(browser, address, "page", script=MICROPHONE) as page:
            choose_picture(page, plain())
            wait_for_check(page)
            type_question(page, "What is it?")
            until(page, "__loud.length > 0 && document.getElementById('status').textContent === 'Thinking.'")
            page.keyboard.press("Escape")
            page.wait_for_timeout(500)
            page.evaluate("__loud.splice(0)")
            page.wait_for_timeout(3000)
            assert page.evaluate("__loud") == []
        with open_page(browser, address, "reader", script=MICROPHONE) as page:
            choose_picture(page, plain())
            wait_for_check(page)
            type_question(page, "What is it?")
            until(page, "document.getElementById('status').textContent.startsWith('Still thinking')")
            assert page.evaluate("__contexts.length") == 0
            page.keyboard.press("Escape")


# A device with one English voice: notes what it is given and in which gesture; STARTS says whether it speaks.
DEVICE = """
globalThis.__spoken = [];
globalThis.__played = [];
const own = [{ lang: "en-US", localService: true, default: true }];
globalThis.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
Object.defineProperty(globalThis, "speechSynthesis", { value: {
  getVoices: () => own, cancel: () => {}, addEventListener: () => {},
  speak: (one) => {
    __spoken.push([one.text, globalThis.event?.type ?? "", navigator.userActivation.isActive]);
    if (STARTS) setTimeout(() => { one.onstart?.(); one.onend?.(); }, 5);
  },
} });
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () {
  __played.push([globalThis.event?.type ?? "", this.src.slice(0, 5)]);
  return play.call(this);
};
"""
SPEAKING, SILENT = DEVICE.replace("STARTS", "true"), DEVICE.replace("STARTS", "false")


def test_ios_is_unlocked_by_the_first_pointerup_with_an_empty_utterance(browser: Any) -> None:
    with serve(create_app(Fake("It is a cup."))) as address:
        with open_page(browser, address, "page", script=SPEAKING) as page:
            page.hover("h1")
            page.mouse.down()
            assert page.evaluate("[__spoken, __played]") == [[], []]  # iOS takes no pointerdown
            page.mouse.up()
            assert page.evaluate("__spoken") == [["", "pointerup", True]]
            assert page.evaluate("__played") == [["pointerup", "blob:"]]
            page.mouse.click(5, 5)
            assert page.evaluate("__spoken.length") == 1  # once is enough
        with open_page(browser, address, "reader", script=SPEAKING) as page:
            page.click("h1")
            assert page.evaluate("__spoken") == []
            page.locator("#voice-page").press("Space")  # chosen: the next gesture unlocks it
            page.click("h1")
            assert page.evaluate("__spoken.map(([text]) => text)") == [""]


def requests_to_speak(page: Any) -> list[tuple[float, str]]:
    found: list[tuple[float, str]] = []

    def keep(request: Any) -> None:
        if request.url.endswith("/api/speak"):
            found.append((time.monotonic(), json.loads(request.post_data)["text"]))

    page.on("request", keep)
    return found


def test_a_voice_that_does_not_start_is_replaced_by_the_servers(browser: Any) -> None:
    app = create_app(Fake(ANSWER), speaker=load("espeak", "speaker"))
    with serve(app) as address, open_page(browser, address, "page", speed=1.7, script=SILENT) as page:
        choose_picture(page, plain())
        wait_for_check(page)
        page.evaluate("__spoken.splice(0)")
        spoken = requests_to_speak(page)
        type_question(page, "What is it?")
        wait_for_answer(page)
        assert [text for _, text in spoken][:3] == ["It is a cup.", "It is blue.", "It is full."]
        assert page.evaluate("__spoken.map(([text]) => text)") == ["It is a cup."]  # tried once, not by every sentence
        assert text_of(page, "who-reads") == "This page reads aloud."
        assert [region for region, _ in announcements(page) if region == "unheard"] == []


def test_where_no_voice_starts_the_text_says_so(browser: Any) -> None:
    with (
        serve(create_app(Fake(ANSWER))) as address,
        open_page(browser, address, "page", script=SILENT) as page,
    ):
        assert text_of(page, "who-reads") == "This page reads aloud."
        choose_picture(page, plain())
        began = time.monotonic()
        wait_for_check(page)
        assert time.monotonic() - began > 2.5
        assert text_of(page, "who-reads") == "This page should read aloud, but no voice starts here."
        told = [text for region, text in announcements(page) if region == "unheard"]
        assert told[0] == "No voice starts here. The text is on the page:" and "The picture" in told[1]
        type_question(page, "What is it?")
        wait_for_answer(page)
        told = [text for region, text in announcements(page) if region == "unheard"]
        assert told[:3] == ["It is a cup.", "It is blue.", "It is full."]  # and once said is enough


WHEN = """
globalThis.__when = [];
addEventListener("DOMContentLoaded", () => {
  new MutationObserver((changes) => {
    for (const node of changes.flatMap((change) => [...change.addedNodes])) {
      __when.push([performance.now(), node.textContent.trim()]);
    }
  }).observe(document.getElementById("answer"), { childList: true });
});
"""


def test_slower_gives_a_screen_reader_a_few_words_at_a_time_and_longer_pauses(browser: Any) -> None:
    answer = "It is a blue cup with a white handle."
    with serve(create_app(Fake(answer))) as address, open_page(browser, address, "reader", script=WHEN) as page:
        choose_picture(page, plain())
        wait_for_check(page)
        type_question(page, "What is it?")
        wait_for_answer(page)
        tab_to(page, "slower")
        pauses = []
        for _ in range(2):
            page.evaluate("__when.splice(0)")
            page.keyboard.press("Enter")
            until(page, "__when.length >= 4")
            (first, *words), (second, *more), (_, *rest) = page.evaluate("__when")[:3]
            assert [*words, *more, *rest] == ["It is a blue", "cup with a white", "handle."]
            pauses.append((second - first) / 1000)
        assert pauses[0] > 1.2 and pauses[1] > 1.2 * pauses[0]
        page.keyboard.press("Escape")
        page.evaluate("__when.splice(0)")
        tab_to(page, "replay")
        page.keyboard.press("Enter")
        until(page, "__when.length === 1")
        assert page.evaluate("__when[0][1]").startswith(answer)  # Replay stays as it was
