"""What each line is, from prepared lines: what is unsure is never read out."""

from __future__ import annotations

import pytest
from sensorium import Box

from medicine_labels.reading import Line, Print
from medicine_labels.schema import Label
from medicine_labels.sorting import sort_print

HARD = "it is hard to read"


def label(*texts: str, doubted: int = -1) -> Label:
    """Return what lines below each other say; the first is in large print."""
    lines = []
    for i, text in enumerate(texts):
        height = 60.0 if i == 0 else 30.0
        top = 0.0 if i == 0 else 60.0 + 45.0 * i
        box = Box(50, top, 50 + 15.0 * len(text), top + height)
        lines.append(Line(text, box, height, HARD if i == doubted else ""))
    return sort_print(Print(tuple(lines)))


def test_a_whole_label_is_sorted() -> None:
    found = label(
        "Paracetamol 500 mg tablets",
        "Take one or two every 4 to 6 hours.",
        "Do not take more than 8 in 24 hours.",
        "16 tablets",
        "EXP 08/2027",
        "LOT B4471",
    )
    assert found.name.text == "Paracetamol" and found.strength.text == "500 mg"
    assert found.expiry.text == "08/2027"
    assert found.how_to_take.text == "Take one or two every 4 to 6 hours."
    assert found.warnings.text == "Do not take more than 8 in 24 hours."
    assert found.also == ("16 tablets",)


@pytest.mark.parametrize(
    "title",
    ["Warfarin 05 mg", "Warfarin 0 mg", "Warfarin 5O mg", "Warfarin . 5 mg", "Warfarin 1 mg 3 mg"],
)
def test_unclear_figures_are_no_strength(title: str) -> None:
    found = label(title, "Take one a day.").strength
    assert found.state == "can't tell" and found.text == ""


@pytest.mark.parametrize(
    ("title", "strength"),
    [("Amoxil 250 mg/5 ml", "250 mg/5 ml"), ("Thyrox 62.5 micrograms", "62.5 micrograms"),
     ("Cream 0.5 % w/w", "0.5 %"), ("Vitamin B12 1 mg", "1 mg")],
)  # fmt: skip
def test_strengths_are_as_printed(title: str, strength: str) -> None:
    assert label(title).strength.text == strength


def test_the_size_of_a_pack_is_no_strength() -> None:
    assert label("Calpol syrup", "100 ml bottle", "Take 10 ml twice a day.").strength.state == "not seen"


def test_a_name_whose_unit_is_hidden_is_not_told() -> None:
    found = label("Sertraline 25")
    assert found.name.state == found.strength.state == "can't tell"


@pytest.mark.parametrize("doubted", range(5))
def test_what_stands_on_a_doubted_line_is_not_told(doubted: int) -> None:
    lines = (
        "Paracetamol 500 mg", "Take one at night.", "with water.", "Avoid alcohol.", "EXP 08/2027"
    )  # fmt: skip
    found = label(*lines, doubted=doubted)
    told = (found.name, found.how_to_take, found.how_to_take, found.warnings, found.expiry)
    assert told[doubted].state == "can't tell" and told[doubted].text == ""
    assert HARD in told[doubted].why


def test_half_an_instruction_is_not_told() -> None:
    found = label("Paracetamol 500 mg", "Take one or two", "Avoid alcohol.")
    assert found.how_to_take.state == "can't tell"


def test_what_may_stand_on_a_doubted_line_is_not_called_unseen() -> None:
    assert label("Paracetamol 500 mg", "smudge", doubted=1).expiry.state == "can't tell"
    assert label("Paracetamol 500 mg", "16 tablets").expiry.state == "not seen"


def test_several_dates_are_none() -> None:
    assert label("Paracetamol 500 mg", "EXP 08/2027", "EXP 09/2028").expiry.state == "can't tell"
    assert label("Paracetamol 500 mg", "EXP 13/2027").expiry.state == "can't tell"


def test_two_names_in_the_same_print_are_none() -> None:
    lines = (Line("Panadol", Box(0, 0, 200, 60), 60), Line("Nurofen", Box(400, 300, 600, 360), 60))
    assert sort_print(Print(lines)).name.state == "can't tell"
