"""The page in a real Chromium: the whole journey by keyboard alone, by voice and by typing, with nothing faked but the
microphone's and the speakers' hardware."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from asking import Declining, Gated, type_question, wait_for_answer, wait_for_check
from browser import (
    announcements,
    choose_picture,
    focused_element,
    open_page,
    record_speech,
    run_chromium,
    tab_to,
    text_of,
    until,
    wait_until_idle,
)
from pictures import blurred, danger, plain, receipt, sign
from served import eventually, serve

from sensorium import load
from sensorium.apps.assist.app import create_app
from sensorium.backends.fake import Fake
from sensorium.core.errors import ServiceError

pytestmark = pytest.mark.slow
TOTAL = "What is the total?"
SURE = "It is fairly sure."
GOOD = "The picture is good: sharp and light enough. It has 4 lines of text."
HOW = (
    'How this was read: letter by letter from the picture, "TOTAL 14.25". '
    "Check the amount once more before you pay or sign."
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with run_chromium(record_speech(TOTAL, tmp_path_factory.mktemp("sound") / "question.wav")) as made:
        yield made


@pytest.fixture(scope="module")
def offline() -> Iterator[str]:
    """The real thing: eyes, ears and voice offline; the second model is one that always says the same."""
    ears, voice = load("whisper", "transcriber"), load("espeak", "speaker")
    second = Fake("The total is 14.25.")
    with serve(create_app(load("offline"), second=second, transcriber=ears, speaker=voice)) as address:
        yield address


def said(page: Any) -> list[str]:
    """Collect what the page's voice is asked to say."""
    found: list[str] = []

    def keep(request: Any) -> None:
        if request.url.endswith("/api/speak"):
            found.append(json.loads(request.post_data)["text"])

    page.on("request", keep)
    return found


def rounded(told: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Leave the last digit of how sure the reader is open."""
    return [(region, re.sub(r"\(9\d%", "(9#", text)) for region, text in told]


def by_voice(page: Any) -> None:
    """Press to start, let the recording play, press to stop; the focus stays on the button."""
    tab_to(page, "record")
    page.keyboard.press("Space")
    until(page, "document.getElementById('record').textContent === 'Stop recording'")
    page.wait_for_timeout(2800)
    page.keyboard.press("Space")


def test_a_spoken_question_by_keyboard_alone_for_a_screen_reader(browser: Any, offline: str) -> None:
    with open_page(browser, offline, "reader") as page:
        aloud = said(page)
        choose_picture(page, receipt())
        assert wait_for_check(page) == GOOD
        by_voice(page)
        wait_for_answer(page)
        assert focused_element(page) == "record"
        assert rounded(announcements(page)) == [
            ("status", "Checking the picture."),
            ("checked", GOOD),
            ("status", "Recording."),
            ("status", "Recorded. Writing down what you said."),
            ("status", "Thinking."),
            ("answer", f"You asked: {TOTAL}"),
            ("answer", f"Total: 14.25\n{SURE}\n{HOW}"),
        ]
        assert text_of(page, "by") == "Answered by offline."
        assert page.input_value("#question") == TOTAL
        assert aloud == []  # or everything would be said twice

        tab_to(page, "replay")
        page.keyboard.press("Enter")
        until(page, "document.querySelectorAll('#answer p').length === 3")
        assert rounded(announcements(page)) == [("answer", f"Total: 14.25\n{SURE}\n{HOW}")]

        tab_to(page, "spell")
        page.keyboard.press("Enter")
        ((region, letters),) = announcements(page)
        assert region == "answer" and letters.startswith(
            "capital T, capital O, capital T, capital A, capital L, space,"
        )
        assert letters.endswith("1, 4, point, 2, 5.")

        tab_to(page, "where")
        page.keyboard.press("Enter")
        ((region, place),) = announcements(page)
        assert place.startswith('"TOTAL 14.25": at ') and "o'clock" in place

        tab_to(page, "second")
        page.keyboard.press("Enter")
        wait_for_answer(page)
        texts = [text for region, text in announcements(page) if region == "answer"]
        assert len(texts) == 2 and "The two models agree." in texts[1]
        assert texts[1].startswith("The total is 14.25.\n") and text_of(page, "by") == "Answered by fake."
        assert focused_element(page) == "second"

        assert page.locator("#history li").count() == 2
        tab_to(page, "again")
        page.keyboard.press("Enter")
        wait_for_answer(page)
        assert page.get_attribute("#second", "aria-disabled") == "false"
        choose_picture(
            page, plain()
        )  # another picture: an opinion on it would be compared with an answer about the first
        wait_for_check(page)
        assert page.get_attribute("#second", "aria-disabled") == "true"
        announcements(page)
        tab_to(page, "wipe")
        page.keyboard.press("Enter")
        assert announcements(page) == [("status", "Wiped: the picture, the question and 3 answers.")]
        assert page.locator("#history li").count() == 0 and text_of(page, "answer") == ""
        assert page.input_value("#question") == "" and not page.is_visible("#preview")
        assert focused_element(page) == "wipe"


def test_the_pages_own_voice_says_it_and_live_regions_do_not_say_it_again(browser: Any, offline: str) -> None:
    with open_page(browser, offline, "page", speed=1.7) as page:
        aloud = said(page)
        choose_picture(page, receipt())
        wait_for_check(page)
        by_voice(page)
        wait_for_answer(page)
        assert [region for region, _ in announcements(page)] == ["status"] * 4
        assert [text for _, text in rounded([("", text) for text in aloud])] == [
            GOOD,
            f"You asked: {TOTAL}",
            "Total: 14.25",
            SURE,
            HOW,
        ]
        aloud.clear()
        tab_to(page, "slower")
        page.keyboard.press("Enter")
        while not aloud:
            page.wait_for_timeout(20)
        page.keyboard.press("Escape")
        wait_until_idle(page)
        assert announcements(page) == [("status", "Stopped.")]
        assert aloud[:1] == ["Total: 14.25"] and HOW not in aloud

        # off when the person says so
        aloud.clear()
        page.get_by_label("My screen reader").press("Space")
        type_question(page, "What does it say?")
        wait_for_answer(page)
        assert aloud == []
        assert "GREEN DOOR GROCERY" in dict(announcements(page))["answer"]


# Chromium without a desktop has no voices: here is a device that has some, and notes what they say.
DEVICE = """
globalThis.__spoken = [];
const known = [["en-GB", false], ["en-US", true], ["hi-IN", false]];
const voices = known.map(([lang, localService]) => ({ lang, localService }));
globalThis.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
Object.defineProperty(globalThis, "speechSynthesis", { value: {
  getVoices: () => voices, cancel: () => {}, addEventListener: () => {},
  speak: (one) => { __spoken.push([one.lang, one.rate, one.text]); setTimeout(() => one.onend?.(), 5); },
} });
"""


def test_the_devices_own_voice_comes_first_and_one_that_sends_words_elsewhere_not_at_all(browser: Any) -> None:
    answer = Fake('It is a cup. It says "खतरा" on it.')
    with (
        serve(create_app(answer, speaker=load("espeak", "speaker"))) as address,
        open_page(browser, address, "page", speed=1.3, script=DEVICE) as page,
    ):
        aloud = said(page)
        choose_picture(page, plain())
        wait_for_check(page)
        page.evaluate("__spoken.splice(0)")
        type_question(page, "What is it?")
        wait_for_answer(page)
        spoken = page.evaluate("__spoken")
        assert ["en-US", 1.3, "It is a cup."] in spoken
        assert {lang for lang, _, _ in spoken} == {"en-US"}  # the Hindi voice is not on the device
        assert aloud == ['खतरा" ']  # so the server says that


def test_what_nobody_can_say_reaches_the_screen_reader(browser: Any) -> None:
    with serve(create_app(Fake("It is a cup."))) as address, open_page(browser, address, "page") as page:
        choose_picture(page, plain())
        wait_for_check(page)
        type_question(page, "What is it?")
        wait_for_answer(page)
        assert ("unheard", "It is a cup.") in announcements(page)  # no voice here, none on the server


def test_hazards_come_first(browser: Any, offline: str) -> None:
    with open_page(browser, offline, "reader") as page:
        choose_picture(page, danger())
        assert wait_for_check(page).startswith('Warning: it says "DANGER", at ')
        announcements(page)
        type_question(page, "What does it say?")
        wait_for_answer(page)
        asked, reply = [text for region, text in announcements(page) if region == "answer"]
        texts = [asked, *reply.split("\n")]
        assert texts[0] == "You asked: What does it say?"
        assert [text.split(",")[0] for text in texts[1:3]] == [
            'Warning: it says "DANGER"', 'Warning: it says "High voltage"'
        ]  # fmt: skip
        assert texts[3] == "DANGER" and len(texts) == len(set(texts))


def test_a_bad_picture_is_told_with_how_to_retake_it(browser: Any, offline: str) -> None:
    with open_page(browser, offline, "reader") as page:
        choose_picture(page, blurred())
        assert wait_for_check(page).startswith("The picture is not good enough: it is blurred. Hold the phone still")
        choose_picture(page, b"This is no picture.", "notes.png")
        until(page, "document.getElementById('problem').textContent")
        wait_until_idle(page)
        assert announcements(page)[-1] == ("problem", "The file is text, not a picture. Give the picture's file.")
        assert not page.is_visible("#preview")
        type_question(page, "What is it?")
        assert announcements(page)[-1] == ("problem", "No picture yet. Take or choose one; your question stays.")
        assert page.input_value("#question") == "What is it?" and focused_element(page) == "question"


def test_answers_come_sentence_by_sentence_and_stop_really_stops(browser: Any) -> None:
    model = Gated()
    with serve(create_app(model)) as address, open_page(browser, address, "reader") as page:
        choose_picture(page, plain())
        wait_for_check(page)
        assert not page.is_visible("#record") and not page.is_visible("#second")  # no ears, no second model
        type_question(page, "What is it?")
        until(page, "document.querySelectorAll('#answer p').length === 2")
        assert text_of(page, "answer").split("\n")[-1] == "It is a cup."
        page.keyboard.press("Escape")
        wait_until_idle(page)
        assert announcements(page)[-1] == ("status", "Stopped.")
        assert eventually(lambda: model.closed == 1)

        model.go.set()
        tab_to(page, "again")
        page.keyboard.press("Enter")
        wait_for_answer(page)
        assert "It is blue." in text_of(page, "answer")
        type_question(page, "And the handle?")
        wait_for_answer(page)
        assert [message.role for message in model.asked[-1].messages] == ["system", "user", "assistant", "user"]
        assert model.asked[-1].messages[2].text == "It is a cup.\nIt is blue."


def test_what_to_type_for_more_stands_beside_the_answer_and_is_heard_only_when_asked_for(browser: Any) -> None:
    command = "sensorium use openai:gpt-4o-mini"
    with serve(create_app(Declining())) as address, open_page(browser, address, "reader") as page:
        choose_picture(page, plain())
        wait_for_check(page)
        type_question(page, "What is it?")
        wait_for_answer(page)
        assert command in text_of(page, "suggestion") and command not in text_of(page, "answer")
        assert command not in str(announcements(page))
        tab_to(page, "hear-suggestion")
        page.keyboard.press("Enter")
        assert announcements(page) == [
            ("answer", f"For whoever runs this server: A larger model may tell; type: {command}")
        ]
        tab_to(page, "wipe")
        page.keyboard.press("Enter")
        assert not page.is_visible("#suggestion")


def test_each_answer_has_its_language(browser: Any) -> None:
    with (
        serve(create_app(Fake('यह एक कप है। It says "खतरा" on it.'))) as address,
        open_page(browser, address, "reader") as page,
    ):
        page.select_option("#language", "hi")
        choose_picture(page, plain())
        wait_for_check(page)
        type_question(page, "यह क्या है?")
        wait_for_answer(page)
        languages = page.eval_on_selector_all("#answer span", "all => all.map(one => [one.lang, one.textContent])")
        assert ["hi", "यह एक कप है।"] in languages and ["hi", 'खतरा" '] in languages
        assert page.evaluate("document.querySelector('#answer [data-kind=text]').lang") == "hi"


def test_trouble_with_the_model_and_a_vanished_server_are_told(browser: Any) -> None:
    failing = Fake([ServiceError("The service is down.", "Try later."), "It is a cup."])
    with opened_and_gone(browser, failing) as (page, stop):
        choose_picture(page, plain())
        wait_for_check(page)
        type_question(page, "What is it?")
        until(page, "document.getElementById('problem').textContent")
        assert announcements(page)[-1] == ("problem", "The service is down. Try later.")
        tab_to(page, "again")
        page.keyboard.press("Enter")
        wait_for_answer(page)
        assert text_of(page, "problem") == ""
        stop()
        page.keyboard.press("Enter")
        until(page, "document.getElementById('problem').textContent")
        told = "The server can't be reached. Your picture and question are still here: press Ask again later."
        assert announcements(page)[-1] == ("problem", told)
        # the page itself works without the server: its worker kept it
        page.reload()
        until(page, "document.getElementById('problem').textContent")
        assert text_of(page, "problem").startswith("The server can't be reached.")
        assert page.is_visible("#take") and page.title().startswith("Ask about a picture")


class opened_and_gone:
    """A page whose server can be taken away."""

    def __init__(self, browser: Any, model: Any) -> None:
        self.browser, self.model = browser, model

    def __enter__(self) -> tuple[Any, Any]:
        from contextlib import ExitStack

        self.stack = ExitStack()
        self.server = ExitStack()
        address = self.server.enter_context(serve(create_app(self.model)))
        page = self.stack.enter_context(open_page(self.browser, address, "reader"))
        page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
        return page, self.server.close

    def __exit__(self, *error: Any) -> None:
        self.stack.__exit__(*error)
        self.server.close()


def test_a_token_is_asked_for_and_comes_by_the_address(browser: Any) -> None:
    with serve(create_app(Fake("It is a cup."), token="s3cret")) as address:
        with open_page(browser, address, "reader", fragment="#token=s3cret") as page:
            assert page.evaluate("location.hash") == ""  # not in the address bar, not in the history
        context = browser.new_context()
        page = context.new_page()
        page.goto(address)
        until(page, "document.getElementById('problem').textContent")
        assert text_of(page, "problem").startswith("This server needs an access token.")
        page.get_by_label("Access token of this server").fill("s3cret")
        page.keyboard.press("Tab")
        until(page, "document.getElementById('problem').textContent === ''")
        context.close()


def test_it_can_be_installed(browser: Any, offline: str) -> None:
    with open_page(browser, offline) as page:
        manifest = page.evaluate("fetch(document.querySelector('[rel=manifest]').href).then((found) => found.json())")
        assert manifest["display"] == "standalone" and manifest["start_url"] == "/"
        assert {icon["sizes"] for icon in manifest["icons"]} >= {"192x192", "512x512"}
        assert page.evaluate("navigator.serviceWorker.ready.then((worker) => worker.active !== null)")
        session = page.context.new_cdp_session(page)
        assert session.send("Page.getInstallabilityErrors")["installabilityErrors"] in (
            [], [{"errorId": "in-incognito", "errorArguments": []}]
        )  # fmt: skip


def test_the_place_of_a_photo_stays_on_the_device(browser: Any) -> None:
    import io

    import PIL.Image

    picture = PIL.Image.open(io.BytesIO(sign("HELLO")))
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif.tobytes())
    model = Fake("It is a sign.")
    with serve(create_app(model)) as address, open_page(browser, address, "reader") as page:
        choose_picture(page, out.getvalue(), "photo.jpg")
        wait_for_check(page)
        type_question(page, "What is it?")
        wait_for_answer(page)
        sent = PIL.Image.open(io.BytesIO(model.asked[-1].messages[1].parts[0].blob.data))  # type: ignore[union-attr]
        assert sent.size == (600, 900) and not sent.getexif()
