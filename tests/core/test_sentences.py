"""Where a text may be cut."""

from __future__ import annotations

import random

import pytest

from sensorium.core.errors import InputError
from sensorium.core.sentences import pieces, sentences


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("One", ["One"]),
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("It costs 3.50. See 1.2.3 there.", ["It costs 3.50.", "See 1.2.3 there."]),
        ("Is that Mr. Smith of the U.S. army? Yes.", ["Is that Mr. Smith of the U.S. army?", "Yes."]),
        ("No. It is a cat.", ["No.", "It is a cat."]),
        ('He said "Go." Then he went.', ['He said "Go."', "Then he went."]),
        ("यह बिल्ली है। हाँ।", ["यह बिल्ली है।", "हाँ।"]),
        ("这是猫。那是狗！", ["这是猫。", "那是狗！"]),
        ("هل هذه قطة؟ نعم.", ["هل هذه قطة؟", "نعم."]),
        ("Line one\nLine two\n\nThree", ["Line one", "Line two", "Three"]),
        (
            "markers of the coins and the\nbackground. Here,\nthe rest",
            ["markers of the coins and the background.", "Here, the rest"],
        ),
        ("MILK\n1.50\nBREAD:\nfresh", ["MILK", "1.50", "BREAD:", "fresh"]),
        ("What?! Really…  Yes.", ["What?!", "Really…", "Yes."]),
    ],
)
def test_sentences(text: str, found: list[str]) -> None:
    assert sentences(text) == found


def test_pieces_lose_nothing_and_keep_to_the_limit() -> None:
    draw = random.Random(3)
    for _ in range(300):
        words = ["".join(draw.choices("abcdé", k=draw.randint(1, 14))) for _ in range(draw.randint(0, 30))]
        text = " ".join(w + draw.choice(["", "", "", ".", ",", "?", "।"]) for w in words)
        most = draw.randint(1, 60)
        cut = pieces(text, most)
        assert all(0 < len(piece) <= most for piece in cut)
        assert "".join("".join(cut).split()) == "".join(text.split())


def test_pieces_are_cut_at_sentences_then_commas_then_words() -> None:
    assert pieces("One two. Three four. Five.", 20) == ["One two. Three four.", "Five."]
    assert pieces("One two, three four five.", 12) == ["One two,", "three four", "five."]
    assert pieces("abcdefghij", 4) == ["abcd", "efgh", "ij"]


def test_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="max_characters is 1 or more"):
        pieces("a", 0)
