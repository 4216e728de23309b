"""Two answers: agreement is claimed only where it is plain."""

from __future__ import annotations

import pytest

from sensorium.apps.assist.second_opinion import compare_answers


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        ("Total: 14.25", "The total is 14.25 dollars.", "agree"),
        ("Total: 14.25", "The total is 14,25 euros.", "agree"),
        ("1,234.50", "It says 1234.5.", "agree"),
        ("Total: 14.25", "The total is 14.52.", "differ"),
        ("Yes, I see a dog.", "No, it is a cat.", "differ"),
        ("Yes, I see a dog.", "Yes. There is a dog on the sofa.", "agree"),
        ("It is a cat.", "This is a cat sitting on a wall.", "agree"),
        ("It is a cat.", "A red bus in a street.", "differ"),
        ("It is a small black cat on a sofa.", "A black dog lies on a rug near a lamp.", "unclear"),
        ("Total: 14.25", "The total is at the bottom.", "unclear"),
        ("PLATFORM 7\nMind the step", 'The sign says "Platform 7, mind the step".', "agree"),
        ("Exp. 2026-03-14", "It expires on 2026-03-14.", "agree"),
        ("3 cats", "I count 3 dogs.", "unclear"),
        ("Exp. 2026-03-14", "It expires on 2028-03-14.", "differ"),
    ],
)
def test_agreement(first: str, second: str, verdict: str) -> None:
    assert compare_answers(first, second).verdict == verdict
    assert compare_answers(second, first).verdict == verdict


@pytest.mark.parametrize(("a", "b", "verdict"), [(True, True, "neither"), (True, False, "one"), (False, True, "one")])
def test_an_abstention_confirms_nothing(a: bool, b: bool, verdict: str) -> None:
    assert compare_answers("It is a cat.", "It is a cat.", a, b).verdict == verdict
