"""The page, where a blind person is harmed: text off the edge, warnings, messages, a lost connection, a phone."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import requests
from asking import type_question, wait_for_answer, wait_for_check
from browser import announcements, choose_picture, open_page, run_chromium, tab_to, text_of, until
from click.testing import CliRunner
from pictures import plain, receipt, sign
from served import serve

from sensorium import load
from sensorium.apps.assist.answers import ImageQuestion, answer_events
from sensorium.apps.assist.app import create_app
from sensorium.apps.assist.photo_check import check_photo
from sensorium.apps.assist.sensitive_topics import find_topics, reading_note
from sensorium.apps.http.phone import make_certificate, qr_code
from sensorium.backends.fake import Fake
from sensorium.cli.main import main
from sensorium.core.messages import Image
from sensorium.core.protocols import Options
from sensorium.core.reply import Box, Evidence
from sensorium.eyes.answers import ImageView, answer
from sensorium.eyes.documents import find_field
from sensorium.eyes.ocr.lines import TextLine
from sensorium.media.image import encode

# ---- 16: text that runs off the edge -----------------------------------------------------------------------------

SIDES = ("left", "top", "right", "bottom")
PLACES = {"left": "on the left", "top": "at the top", "right": "on the right", "bottom": "at the bottom"}
MOVES = {"left": "to the left", "top": "up", "right": "to the right", "bottom": "down"}


def cropped(picture: bytes, left: int = 0, top: int = 0, right: int = 900, bottom: int = 600, turn: float = 0) -> Image:
    opened = PIL.Image.open(io.BytesIO(picture)).rotate(turn, PIL.Image.Resampling.BICUBIC, fillcolor=(112, 84, 58))
    out = io.BytesIO()
    opened.crop((left, top, right, bottom)).save(out, "PNG")
    return Image(out.getvalue())


def said(image: Image, question: str) -> tuple[str, float | None]:
    (given,) = answer([ImageView(image)], question)
    return given.text, given.confidence


# The receipt: GREEN DOOR GROCERY / Oat bread 3.20 / Milk 11.05 / TOTAL 14.25, letters of 60 pixels from x = 110.
CUT = {"left": {"left": 150}, "top": {"top": 150}, "right": {"right": 560}, "bottom": {"bottom": 424}}


@pytest.mark.parametrize(("side", "turn"), [(side, turn) for side in SIDES for turn in (0, 2)] + [("left", 8)])
def test_a_label_cut_at_an_edge_is_reported_with_the_side(side: str, turn: float) -> None:
    image = cropped(receipt(), **CUT[side], turn=turn)
    assert ImageView(image).text_cut == (side,)
    message = check_photo(image).message
    assert f"The text runs out {PLACES[side]}: move the phone {MOVES[side]}." in message
    assert "The picture is good" not in message


@pytest.mark.parametrize("turn", [0, -8])
def test_a_whole_label_is_called_good(turn: float) -> None:
    report = check_photo(cropped(receipt(), turn=turn))
    assert "runs out" not in report.message and "cut off" not in report.faults  # held


@pytest.mark.parametrize(
    "question", ["What is the total?", "What does it say?", "Is anything cut off?", "Describe it."]
)
def test_every_answer_about_a_cut_label_says_so(question: str) -> None:
    text, confidence = said(cropped(receipt(), right=455), question)
    assert "runs out on the right" in text
    assert confidence is None or confidence < 0.85 or question.startswith("Is")


def test_a_total_at_the_edge_is_not_given_as_whole() -> None:
    text, confidence = said(cropped(receipt(), right=427), "What is the total?")
    assert text.startswith('The total is not whole in the picture: what I see of it is "14')
    assert confidence is None


def test_numbers_at_the_edge_are_named_when_all_is_read() -> None:
    text, confidence = said(cropped(receipt(), right=427), "What does it say?")
    assert "Not whole: " in text and '"TOTAL 14' in text
    assert confidence is not None and confidence < 0.8


def line(text: str, *cut: str, left: float = 0, top: float = 0) -> TextLine:
    width = 12.0 * len(text)
    corners = ((left, top), (left + width, top), (left + width, top + 24), (left, top + 24))
    return TextLine(text, Box(left, top, left + width, top + 24), 0.99, corners=corners, cut=cut)


@pytest.mark.parametrize(
    ("name", "lines", "value", "cut"),
    [
        ("expiry date", [line("EXP 03/20", "right")], "03/20", ("right",)),  # of 03/2027: another month, and real
        ("total", [line("TOTAL 114.25", "right")], "114.25", ("right",)),
        ("total", [line("TOTAL 14.", "right")], "14.", ("right",)),
        ("total", [line("TOTAL 12.00", "left")], "12.00", ("left",)),  # SUBTOTAL, perhaps
        ("total", [line("TOTAL 18.25", "bottom")], "18.25", ("bottom",)),  # an 8 whose lower half nobody sees
        ("phone", [line("Phone 0113 496 08", "right")], "0113 496 08", ("right",)),
        ("dose", [line("Dose: 1", "right")], "1", ("right",)),
        ("invoice number", [line("Invoice 4711", "right")], "4711", ("right",)),
        ("total", [line("TOTAL 14.25"), line("Thank you, come ag", "right", top=40)], "14.25", ()),  # held
        ("expiry date", [line("EXP 03/2027 store below 25", "right")], "03/2027", ()),  # whole before the edge
    ],
)
def test_a_value_at_the_edge_says_so(name: str, lines: list[TextLine], value: str, cut: tuple[str, ...]) -> None:
    field = find_field(lines, name)
    assert field is not None and (field.value, field.cut) == (value, cut)


def test_a_sliver_of_the_next_line_is_text_that_runs_out() -> None:
    image = cropped(sign("Take 2 tablets", "every 6 hours", top=180), bottom=298)  # of the second line only the tops
    assert ImageView(image).text_cut == ("bottom",)


# ---- 19: warnings by question and answer, whole once; certainty once ----------------------------------------------


@pytest.mark.parametrize(
    ("question", "answer", "read", "topics"),
    [
        ("What does it say?", "14 Mill Lane", ("14 Mill Lane",), ()),
        ("Is this Mill Lane?", "Yes.", ("14 Mill Lane",), ()),
        ("What does it say?", 'It says "Bus stop cafe, 3 Station Road".', (), ()),
        ("What does it say?", "Total fat 3 g\nSodium 120 mg", ("Total fat 3 g", "Sodium 120 mg"), ()),
        ("What is this?", "It is a bottle of maple syrup.", (), ()),
        ("What colour is the cup?", "It is red.", ("TOTAL 14.25", "Ibuprofen 400 mg", "Platform 7"), ()),
        ("Which lane is this?", "The left one.", (), ("traffic",)),
        ("Can I cross now?", "Yes.", (), ("traffic",)),  # held
        ("Can I cross the road?", "I can't tell.", (), ("traffic",)),  # held
        ("What is there?", "There is a red light ahead.", (), ("traffic",)),  # held
        ("What does it say?", "Lisinopril 10 mg", ("Lisinopril 10 mg",), ("medicine",)),  # held
        ("What does it say?", "TOTAL 14.25", ("TOTAL 14.25",), ("money",)),  # held
    ],
)
def test_topics_go_by_question_and_answer(
    question: str, answer: str, read: tuple[str, ...], topics: tuple[str, ...]
) -> None:
    assert find_topics(question, answer, [Evidence("read", text) for text in read]) == topics


def test_the_advice_is_whole_once_and_then_as_before() -> None:
    evidence = [Evidence("read", "TOTAL 14.25", None, 0.97)]
    first = reading_note("What is the total?", "14.25", evidence, "offline", False)
    assert first.endswith("Check the amount once more before you pay or sign.")
    again = reading_note("What is the total?", "14.25", evidence, "offline", False, ("money",))
    assert again == 'How this was read: letter by letter from the picture, "TOTAL 14.25". Warning as before.'


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("It may be a cup. I am not sure of this.", ["text", "text"]),
        ("I can't tell what it is.", ["text"]),
        ("It is a cup.", ["text", "confidence"]),  # held
    ],
)
def test_certainty_is_said_once(text: str, kinds: list[str]) -> None:
    events = answer_events(Fake(text), ImageQuestion(Image(sign("HELLO")), "What is it?"), Options())
    assert [event[1]["kind"] for event in events if event is not None and event[0] == "sentence"] == kinds


# ---- 20: a phone reaches it ----------------------------------------------------------------------------------------


def test_a_certificate_is_made_for_the_address_and_kept(tmp_path: Path) -> None:
    from cryptography import x509

    certificate, key = make_certificate("192.168.1.20", tmp_path)
    made = x509.load_pem_x509_certificate(certificate.read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["192.168.1.20"]
    assert key.stat().st_mode & 0o077 == 0
    before = certificate.read_bytes()
    assert make_certificate("192.168.1.20", tmp_path)[0].read_bytes() == before


def test_the_qr_code_holds_the_link() -> None:
    from sensorium.eyes.ocr.barcode import barcodes

    link = "https://192.168.1.20:8765/#token=V3ryS3cretT0ken"
    rows: list[list[int]] = []
    for printed in qr_code(link).splitlines():
        characters = re.sub(r"\x1b\[[0-9;]*m", "", printed)
        rows.append([255 * (character in "█▀") for character in characters])
        rows.append([255 * (character in "█▄") for character in characters])
    width = max(map(len, rows))
    pixels = np.array([row + [255] * (width - len(row)) for row in rows], dtype=np.uint8)
    pixels = np.pad(pixels, 4, constant_values=255).repeat(8, axis=0).repeat(8, axis=1)
    assert [code.text for code in barcodes(encode(np.stack([pixels] * 3, axis=2)))] == [link]


def test_phone_prints_the_whole_link_and_answers_by_it(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "sensorium",
        "serve",
        "assist",
        "--phone",
        "--host",
        "127.0.0.2",
        "-m",
        "fake:A cup.",
    ]
    command += ["--port", "0", "--hear", "none", "--voice", "none"]
    env = os.environ | {"XDG_DATA_HOME": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as process:
        assert process.stdout is not None
        link = process.stdout.readline().strip()
        found = re.fullmatch(r"(https://127\.0\.0\.2:\d+)/#token=([\w-]{20,})", link)
        assert found is not None, link
        certificate = next(tmp_path.rglob("*.pem"))
        headers = {"Authorization": f"Bearer {found[2]}"}
        answered = requests.get(f"{found[1]}/api/capabilities", headers=headers, verify=str(certificate), timeout=20)
        assert answered.json()["models"] == ["fake:A cup."]
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


def test_a_certificate_without_its_key_is_refused() -> None:
    result = CliRunner().invoke(main, ["serve", "assist", "--phone", "-m", "fake:x", "--certificate", "cert.pem"])
    assert result.exit_code == 2 and "A certificate and its key belong together." in result.stderr


# ---- 17, 18 and the rest in a real Chromium ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with run_chromium() as made:
        yield made


@pytest.fixture(scope="module")
def offline() -> Iterator[str]:
    with serve(create_app(load("offline"))) as address:
        yield address


@pytest.mark.slow
def test_a_reply_is_one_or_two_messages_and_the_model_is_outside(browser: Any, offline: str) -> None:
    with open_page(browser, offline, "reader") as page:
        choose_picture(page, receipt())
        wait_for_check(page)
        for question in ("What is the total?", "What does it say?"):
            announcements(page)
            type_question(page, question)
            wait_for_answer(page)
            messages = [text for region, text in announcements(page) if region != "status"]
            assert 1 <= len(messages) <= 2, messages
            assert "Answered by" not in str(messages) and text_of(page, "by") == "Answered by offline."
            assert "Warning as before." in str(messages) or question == "What is the total?"


@pytest.mark.slow
def test_spelling_goes_with_the_answer_heard_last_from_history_too(browser: Any) -> None:
    model = Fake(["It is a cup.", "It is blue."])
    with serve(create_app(model)) as address, open_page(browser, address, "reader") as page:
        choose_picture(page, plain())
        wait_for_check(page)
        for question in ("What is it?", "What colour is it?"):
            type_question(page, question)
            wait_for_answer(page)
        tab_to(page, "Hear again: What is it?")
        page.keyboard.press("Enter")
        until(page, "document.getElementById('answer').textContent.includes('cup')")
        tab_to(page, "spell")
        announcements(page)
        page.keyboard.press("Enter")
        ((_, letters),) = announcements(page)
        assert letters.endswith("c, u, p, point.")


@pytest.mark.slow
def test_a_question_before_the_picture_is_asked_once_it_is_there(browser: Any) -> None:
    model = Fake("It is a cup.")
    with serve(create_app(model)) as address, open_page(browser, address, "reader") as page:
        type_question(page, "What is it?")
        assert text_of(page, "problem").startswith("No picture yet.")
        choose_picture(page, plain())
        until(page, "document.querySelector('#by:not(:empty)') !== null")
        assert len(model.asked) == 1 and model.asked[0].messages[-1].text == "What is it?"


@pytest.mark.slow
def test_leaving_and_returning_keeps_picture_and_answers_and_wiping_does_not(browser: Any) -> None:
    with serve(create_app(Fake("It is a cup."))) as address, open_page(browser, address, "reader") as page:
        choose_picture(page, plain())
        wait_for_check(page)
        type_question(page, "What is it?")
        wait_for_answer(page)
        until(page, "sessionStorage.getItem('sensorium-kept')?.includes('cup')")
        page.goto(f"{address}/docs")
        page.goto(address)
        until(page, "document.querySelectorAll('#history li').length === 1")
        assert page.is_visible("#preview") and page.get_attribute("#again", "aria-disabled") == "false"
        tab_to(page, "wipe")
        page.keyboard.press("Enter")
        assert page.evaluate("sessionStorage.getItem('sensorium-kept')") is None


@pytest.mark.slow
def test_a_broken_connection_is_told_in_words(browser: Any) -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        async def cut(message: Any) -> None:
            await send(message)
            if scope.get("path") == "/api/ask" and message["type"] == "http.response.body" and message.get("body"):
                raise ConnectionResetError

        await app(scope, receive, cut if scope["type"] == "http" else send)

    app = create_app(Fake("It is a cup. It is blue. It is full."))
    with serve(broken) as address, open_page(browser, address, "reader") as page:
        choose_picture(page, plain())
        wait_for_check(page)
        type_question(page, "What is it?")
        until(page, "document.getElementById('problem').textContent")
        assert text_of(page, "problem") == (
            "The connection to the server was lost before the answer was complete. "
            "Check the network, then press Ask again: your picture and question are still here."
        )


@pytest.mark.slow
def test_the_token_is_asked_at_the_top_and_its_link_says_connected(browser: Any) -> None:
    with serve(create_app(Fake("A cup."), token="s3cret")) as address:
        with open_page(browser, address, "reader", fragment="#token=s3cret") as page:
            until(page, "document.getElementById('status').textContent === 'Connected.'")
        context = browser.new_context()
        page = context.new_page()
        page.goto(address)
        until(page, "document.getElementById('problem').textContent")
        assert page.evaluate("document.querySelector('main').firstElementChild.id") == "token-field"
        page.get_by_label("Access token of this server").fill("s3cret")
        page.keyboard.press("Tab")
        until(page, "document.getElementById('status').textContent === 'Connected.'")
        assert not page.is_visible("#token-field")
        context.close()


@pytest.mark.slow
def test_at_400_percent_the_answer_is_in_view_and_the_focus_stays(browser: Any) -> None:
    with (
        serve(create_app(Fake("It is a cup."))) as address,
        open_page(browser, address, "reader", viewport={"width": 320, "height": 256}) as page,
    ):
        choose_picture(page, plain())
        wait_for_check(page)
        type_question(page, "What is it?")
        wait_for_answer(page)
        assert page.evaluate("document.getElementById('answer-heading').getBoundingClientRect().top") < 256
        assert page.evaluate("document.activeElement.id") == "question"


@pytest.mark.slow
@pytest.mark.parametrize("side", SIDES)
def test_the_page_says_where_a_label_is_cut(browser: Any, offline: str, side: str) -> None:
    with open_page(browser, offline, "reader") as page:
        choose_picture(page, cropped(receipt(), **CUT[side]).blob.data)
        assert f"The text runs out {PLACES[side]}" in wait_for_check(page)
