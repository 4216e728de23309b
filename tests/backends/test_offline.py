"""The offline model through the front door: real eyes, pictures whose truth is known."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import skimage
from click.testing import CliRunner
from rendered import RECEIPT, bars, discs, page, saved

from sensorium import Box, Conversation, Image, Reply, ask, load
from sensorium.cli.main import main
from sensorium.core.errors import InputError, LimitError, MediaError
from sensorium.core.messages import Audio

PHOTOS = Path(skimage.__file__).parent / "data"
CAT = Image(PHOTOS / "chelsea.png")
CHART = (("Monday", "Tuesday", "Wednesday", "Thursday"), (120.0, 80.0, 150.0, 40.0))


def answer(question: str, *images: Image) -> Reply:
    return ask(load("offline"), Conversation.of(*images, question))


@pytest.fixture(scope="module")
def receipt() -> Image:
    return page(RECEIPT)


@pytest.fixture(scope="module")
def chart() -> Image:
    return bars(*CHART, "Visitors by day")


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("What is the total?", "5.95"), ("how much was the bread", "2.80"), ("What's the phone number on it?",
        "0113 496 0123"), ("what date is on the receipt?", "14/03/2026"), ("Read it to me please", "CORNER BAKERY"),
    ],
)  # fmt: skip
def test_it_reads(receipt: Image, question: str, wanted: str) -> None:
    reply = answer(question, receipt)
    assert wanted in reply.text
    assert not reply.abstained and reply.confidence is not None and reply.confidence > 0.5
    assert any(wanted.split()[-1] in seen.text and seen.kind == "read" and seen.box for seen in reply.evidence)
    assert reply.model == "offline" and reply.usage.seconds is not None


def test_the_box_of_the_evidence_lies_where_the_words_stand(receipt: Image) -> None:
    reply = answer("What is the total?", receipt)
    value = next(seen for seen in reply.evidence if "5.95" in seen.text)
    assert value.box is not None
    assert 350 < value.box.top < value.box.bottom < 450  # the last of seven rows, 56 pixels each


def test_boxes_are_in_pixels_of_the_file_even_where_it_was_shrunk(receipt: Image) -> None:
    small = PIL.Image.open(io.BytesIO(receipt.blob.data))
    large = saved(small.resize((small.width * 8, small.height * 8)))
    reply = answer("What is the total?", large)
    value = next(seen for seen in reply.evidence if "5.95" in seen.text)
    assert value.box is not None
    assert 8 * 350 < value.box.top < value.box.bottom < 8 * 450


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("Which day had the most visitors?", "Wednesday"), ("which bar is the smallest", "Thursday"),
        ("What is the value for Tuesday?", "80"), ("How much is it in total over all the bars?", "390"),
        ("What is the average of the bars?", "97"), ("Is Monday higher than Tuesday?", "Yes"),
        ("Is Monday lower than Tuesday?", "No"), ("How many bars are there?", "4"),
        ("What is the difference between Monday and Tuesday?", "40"), ("how many times is Tuesday Thursday", "2"),
        ("what does the vertical axis show in this chart", "Visitors"), ("the third bar's value?", "Wednesday"),
        ("how many bars are above 100", "2"), ("difference between the highest and the lowest bar", "110"),
        ("How many times Tuesday is Wednesday?", "Wednesday is 1.8"),
    ],
)  # fmt: skip
def test_it_reads_charts(chart: Image, question: str, wanted: str) -> None:
    reply = answer(question, chart)
    assert not reply.abstained, reply.text
    assert wanted in reply.text


def test_a_chart_s_evidence_names_its_bars_and_where_they_stand(chart: Image) -> None:
    reply = answer("Which day had the most visitors?", chart)
    assert [seen.kind for seen in reply.evidence] == ["chart"]
    assert reply.evidence[0].text.startswith("Wednesday: 1")
    assert reply.evidence[0].box is not None and 300 < reply.evidence[0].box.left < 400


def test_it_names_a_photo_and_says_what_is_not_there() -> None:
    assert "cat" in answer("What is this?", CAT).text
    assert answer("Is there a cat in the picture?", CAT).text.startswith("Yes")
    no = answer("Is there a dog in the picture?", CAT)
    assert no.text.startswith("No") and no.confidence is not None and no.confidence >= 0.8
    assert any(seen.kind == "recognise" for seen in no.evidence)


@pytest.mark.parametrize("number", [3, 7])
def test_it_counts(number: int) -> None:
    picture = discs(number)
    assert f"{number} separate" in answer("How many things are there?", picture).text


def test_it_tells_the_colour() -> None:
    assert "red" in answer("What colour is the thing in the picture?", discs(1)).text
    assert answer("Is it blue?", discs(1)).text.startswith("No")
    assert answer("Is the thing red?", discs(1)).text.startswith("Yes")


def test_it_judges_the_picture() -> None:
    whole = PIL.Image.open(PHOTOS / "coffee.png").convert("RGB")
    dark = saved(PIL.Image.fromarray((np.asarray(whole) // 12).astype(np.uint8)))
    assert answer("Is it too dark?", dark).text.startswith("Yes")
    assert answer("Is there enough light in the picture?", dark).text.startswith("No")
    assert answer("is the photo bright enough", saved(whole)).text.startswith("Yes")
    said = answer("Is the picture blurred?", saved(whole.resize((75, 50)).resize((600, 400))))
    assert said.text.startswith("Yes") and "still" in said.text


def test_it_reads_a_barcode() -> None:
    zxingcpp = pytest.importorskip("zxingcpp")
    code = zxingcpp.create_barcode("4006381333931", zxingcpp.BarcodeFormat.EAN13)
    picture = PIL.Image.fromarray(np.asarray(code.to_image(scale=4))).convert("RGB")
    frame = PIL.Image.new("RGB", (picture.width + 120, picture.height + 120), "white")
    frame.paste(picture, (60, 60))
    assert "4006381333931" in answer("What does the barcode say?", saved(frame)).text


@pytest.mark.parametrize(
    "question",
    [
        "Who is this?", "Is it safe to cross the road?", "Is she happy?", "Translate this to French", "Write a poem",
        "What will happen next?", "Does this shirt suit me?", "qwjkl zxv bnm?", "यह क्या है?",
    ],
)  # fmt: skip
def test_it_declines_what_it_cannot_do_and_says_what_to_type(question: str) -> None:
    reply = answer(question, CAT)
    assert reply.abstained and reply.confidence is None, reply.text
    assert len(reply.text.splitlines()) == 1 and "sensorium" not in reply.text
    assert ("type: sensorium" in reply.suggestion) is ("safe" not in question)


def test_each_of_two_questions_is_answered(receipt: Image) -> None:
    reply = answer("What is the total, and what is the phone number?", receipt)
    assert "5.95" in reply.text and "0113 496 0123" in reply.text
    half = answer("What is the total? And who is this?", receipt)
    assert "5.95" in half.text and "people" in half.text and not half.abstained


def test_a_question_later_in_the_conversation_is_about_the_picture_before(receipt: Image) -> None:
    chat = (
        Conversation.of(receipt, "What is the total?").then("assistant", "5.95").then("user", "And the phone number?")
    )
    assert "0113 496 0123" in ask(load("offline"), chat).text


def test_several_pictures(receipt: Image) -> None:
    blurred = PIL.Image.open(PHOTOS / "coffee.png").convert("RGB")
    sharp = saved(blurred)
    soft = saved(blurred.resize((75, 50)).resize((600, 400)))
    assert answer("Which one is sharper?", soft, sharp).text.startswith("Picture 2.")
    assert answer("Which picture has a cat in it?", receipt, CAT).text.startswith("Picture 2.")
    each = answer("What does it say?", receipt, page(("OPEN DAILY",), 60))
    assert "Picture 1: CORNER BAKERY" in each.text and "Picture 2: OPEN DAILY" in each.text
    assert {seen.image for seen in each.evidence} == {0, 1}
    assert answer("What is different between them?", receipt, CAT).abstained


def test_no_picture_no_question_and_nothing_found() -> None:
    assert answer("What is this?").abstained
    assert "cat" in ask(load("offline"), Conversation.of(CAT)).text
    reply = answer("What is the total?", CAT)
    assert reply.abstained and "5" not in reply.text.splitlines()[0]
    assert answer("Which bar is the highest?", CAT).abstained
    assert answer("How many items did I buy?", page(RECEIPT)).abstained
    assert answer("What does the barcode say?", CAT).abstained


def test_what_it_does_not_take_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LimitError, match="not audio"):
        ask(load("offline"), Conversation.of(Audio(b"RIFF"), "what?"))
    with pytest.raises(InputError, match="Unknown offline model"):
        load("offline:large")
    (tmp_path / "no.jpg").write_bytes(b"no picture")
    with pytest.raises(MediaError):
        answer("What is this?", Image(tmp_path / "no.jpg"))


def test_the_command_line_answers_with_evidence(
    tmp_path: Path, receipt: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENSORIUM_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.delenv("SENSORIUM_MODEL", raising=False)
    path = tmp_path / "receipt.png"
    path.write_bytes(receipt.blob.data)
    result = CliRunner().invoke(main, ["ask", str(path), "What is the total?", "--json"])
    assert result.exit_code == 0, result.stderr
    reply = json.loads(result.stdout)
    assert set(reply) >= {"text", "confidence", "abstained", "evidence", "usage", "model"}
    assert "5.95" in reply["text"] and reply["model"] == "offline"
    assert Box(*reply["evidence"][0]["box"]).width > 0
    described = CliRunner().invoke(main, ["describe", str(path)])
    assert "BAKERY" in described.stdout and "It rests on" in described.stderr
