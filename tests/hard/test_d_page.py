"""The page, where a blind person is harmed: text off the edge, warnings, messages, a lost connection, a phone."""

from __future__ import annotations

import io

import PIL.Image
import pytest
from pictures import receipt, sign

from sensorium.apps.assist.answers import ImageQuestion, answer_events
from sensorium.apps.assist.photo_check import check_photo
from sensorium.apps.assist.sensitive_topics import find_topics, reading_note
from sensorium.backends.fake import Fake
from sensorium.core.messages import Image
from sensorium.core.protocols import Options
from sensorium.core.reply import Box, Evidence
from sensorium.eyes.answers import ImageView, answer
from sensorium.eyes.documents import find_field
from sensorium.eyes.ocr.lines import TextLine

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
