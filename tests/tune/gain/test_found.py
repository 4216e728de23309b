"""Figures of a gain: marks, paired differences, how many examples would tell; all by hand."""

from __future__ import annotations

import json

import pytest
from sides import examples, gain, skill

from sensorium.core.reply import Reply, Usage
from sensorium.tune.gain.found import (
    ALIKE,
    BETTER,
    BOTH,
    GAINED,
    LOST,
    NEITHER,
    TUNED,
    UNTOUCHED,
    WORSE,
    Skill,
    enough,
    side_of,
)


def test_marks_say_what_became_of_each() -> None:
    found = skill({UNTOUCHED: [0, 1, 1, 0], TUNED: [1, 0, 1, 0]})
    assert found.marks() == (GAINED, LOST, BOTH, NEITHER)
    asked = examples(3)
    before = side_of(UNTOUCHED, asked, [Reply("a red bus"), Reply("red"), Reply("blue")], ["f1"])
    after = side_of(TUNED, asked, [Reply("red"), Reply("a red bus"), Reply("green")], ["f1"])
    assert Skill("t", tuple(asked), ("f1",), (before, after)).marks() == (BETTER, WORSE, ALIKE)


def test_a_difference_is_of_pairs_and_so_narrower_than_that_of_strangers() -> None:
    before, after = [0, 1] * 50, [0, 1] * 45 + [1, 1] * 5
    found = skill({UNTOUCHED: before, TUNED: after})
    assert found.differences(TUNED, UNTOUCHED) == tuple(float(b - a) for a, b in zip(before, after, strict=True))
    difference = found.difference(TUNED, UNTOUCHED)
    assert difference.mean == pytest.approx(0.05) and 0 < difference.low < 0.05 < difference.high < 0.11
    one, other = found.side(UNTOUCHED).score("exact"), found.side(TUNED).score("exact")
    assert one.high > other.low  # by themselves the two can't be told apart


def test_costs_are_the_median_second_and_the_mean_token() -> None:
    asked = examples(3)
    replies = [Reply("red", usage=Usage(input_tokens=n, seconds=s)) for n, s in ((10, 1.0), (20, 9.0), (30, 2.0))]
    side = side_of(TUNED, asked, replies, ["exact"])
    assert (side.seconds, side.input_tokens) == (2.0, 20.0)
    unknown = side_of(TUNED, asked, [Reply("red")] * 3, ["exact"])
    assert (unknown.seconds, unknown.input_tokens) == (None, None)


def test_how_many_examples_would_tell() -> None:
    assert enough([0.0] * 20) is None  # nothing differs: no number of such would show anything
    # of 100, 6 gained and 4 lost: mean 0.02, spread 0.316: (2.8 * 0.316 / 0.02) squared
    assert enough([1.0] * 6 + [-1.0] * 4 + [0.0] * 90) == pytest.approx(1955, rel=0.01)
    assert enough([1.0] * 5 + [-1.0] * 5 + [0.0] * 90) == pytest.approx(314, rel=0.01)  # for 0.05


def test_json_holds_every_answer() -> None:
    found = json.loads(json.dumps(gain([0, 1], [1, 1], [1, 0]).to_json()))
    assert found["skill"]["answers"][0] == {
        "id": "id0", "question": "Which colour is 0?", "right": ["red"], "mark": "gained",
        "said": {"untouched": "blue", "tuned": "red", "4 examples": "red"},
        "scores": {"untouched": 0.0, "tuned": 1.0, "4 examples": 1.0},
    }  # fmt: skip
    assert [side["name"] for side in found["skill"]["sides"]] == ["untouched", "tuned", "4 examples"]
    assert found["over_few_shot"]["4 examples"]["mean"] == 0.5 and found["retained"] is None
