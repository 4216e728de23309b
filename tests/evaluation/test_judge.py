"""A judge is asked twice, the order swapped: what goes by the place ties, what is no letter is no verdict."""

from __future__ import annotations

import pytest
from compared import examples

from sensorium import Conversation, Limits
from sensorium.backends.fake import Fake
from sensorium.core.messages import Image
from sensorium.evaluation.judge import (
    LOSS,
    NO_VERDICT,
    TIE,
    WIN,
    judge_answers,
    judge_prompt,
    parse_verdict,
)

ASKED = examples(4, pictures=True)
TUNED, BASE = ["good"] * 4, ["poor"] * 4


def fair(chat: Conversation) -> str:
    """Prefer "good", wherever it stands."""
    text = chat.messages[-1].text
    return "A" if text.index("good") < text.index("poor") else "B"


def test_who_always_takes_the_first_gives_ties_only() -> None:
    found = judge_answers(Fake("A"), ASKED, TUNED, BASE)
    assert found.verdicts == (TIE,) * 4 and found.bias == 1.0 and found.asked == 4
    assert found.score is not None and (found.score.mean, found.score.low, found.score.high) == (0.5, 0.5, 0.5)
    assert found.lines() == [
        "Judged by fake: 4 tied of 4.",
        "Wins, with ties as halves: 0.500 (0.500 to 0.500); 0.5 is even.",
        "The order decided 100% of the 4 that it was asked.",
    ]


def test_a_fair_judge_wins_and_loses_by_what_is_said() -> None:
    found = judge_answers(Fake(fair), ASKED, ["good", "poor", "good", "same"], ["poor", "good", "poor", " same "])
    assert found.verdicts == (WIN, LOSS, WIN, TIE) and found.bias == 0.0 and found.asked == 3
    assert found.to_json()["counts"] == {WIN: 2, TIE: 1, LOSS: 1, NO_VERDICT: 0}


def test_what_is_no_letter_is_no_verdict_and_counted() -> None:
    said = iter(["A", "B", "A is better", "B", "-", "B", "The answer is A.", "B"])
    found = judge_answers(Fake(lambda chat: next(said)), ASKED, TUNED, BASE)
    assert (
        found.verdicts == (WIN, NO_VERDICT, NO_VERDICT, NO_VERDICT) and found.score is not None and found.score.n == 1
    )
    assert "1 won, 3 without a verdict of 4" in found.lines()[0] and found.bias == 0.0
    none = judge_answers(Fake("hm"), ASKED, TUNED, BASE)
    assert (none.score, none.bias) == (None, None) and none.lines() == ["Judged by fake: 4 without a verdict of 4."]


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [("A", "A"), (" B.\n", "B"), ("(A)", "A"), ("a", ""), ("A or B", ""), ("AB", ""), ("**A**", ""), ("", "")],
)
def test_a_reply_is_read_strictly(reply: str, verdict: str) -> None:
    assert parse_verdict(reply) == verdict


def test_what_it_is_asked() -> None:
    judge = Fake("A")
    judge_answers(judge, ASKED[:1], ["the tuned"], ["the base"])
    first, second = (chat.messages[-1].text for chat in judge.asked)
    assert first.index("the tuned") < first.index("the base")
    assert second.index("the tuned") > second.index("the base")
    assert first.startswith("Which colour is 0?") and "<right>\nred\n</right>" in first
    assert any(isinstance(part, Image) for part in judge.asked[0].parts)


def test_one_that_takes_no_pictures_goes_by_the_words_and_says_so() -> None:
    blind = Fake("A", Limits(parts=("text",)))
    found = judge_answers(blind, ASKED, TUNED, BASE)
    assert found.notes == ("The judge takes no image: it went by the words.",)
    assert not any(isinstance(part, Image) for chat in blind.asked for part in chat.parts)


def test_braces_in_answers_are_letters() -> None:
    assert "{a} {right}" in judge_prompt(ASKED[0], "{a} {right}", "{}", ("text",)).messages[-1].text
