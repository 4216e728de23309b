"""Comparisons: outcomes, paired differences, clusters, how many examples would tell; all by hand."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from compared import RIGHT, WRONG, comparison, evaluation, examples, skill

from sensorium.core.reply import Reply, Usage
from sensorium.evaluation.comparison import (
    BETTER,
    BOTH_RIGHT,
    BOTH_WRONG,
    EQUAL,
    NEWLY_RIGHT,
    NEWLY_WRONG,
    WORSE,
    Comparison,
    ConditionResult,
)
from sensorium.evaluation.run_store import Record
from sensorium.evaluation.runner import Run
from sensorium.tasks.task import Task
from sensorium.tune.evaluate.result import BASE, FINE_TUNED


def test_outcomes_say_what_became_of_each() -> None:
    compared = skill({BASE: [0, 1, 1, 0], FINE_TUNED: [1, 0, 1, 0]})
    assert compared.outcomes() == (NEWLY_RIGHT, NEWLY_WRONG, BOTH_RIGHT, BOTH_WRONG)
    replies = {
        BASE: [Reply("a red bus"), Reply("red"), Reply("blue")],
        FINE_TUNED: [Reply("red"), Reply("a red bus"), Reply("green")],
    }
    assert comparison(replies, examples(3), ("f1",)).outcomes() == (BETTER, WORSE, EQUAL)


def test_a_difference_is_of_pairs_and_so_narrower_than_that_of_strangers() -> None:
    before, after = [0, 1] * 50, [0, 1] * 45 + [1, 1] * 5
    compared = skill({BASE: before, FINE_TUNED: after})
    assert compared.differences(FINE_TUNED, BASE) == tuple(float(b - a) for a, b in zip(before, after, strict=True))
    difference = compared.difference(FINE_TUNED, BASE)
    assert difference.mean == pytest.approx(0.05) and 0 < difference.low < 0.05 < difference.high < 0.11
    first, second = compared.result(BASE).score("exact"), compared.result(FINE_TUNED).score("exact")
    assert first.high > second.low  # by themselves the two can't be told apart
    p, test = compared.p_values[FINE_TUNED]
    assert test == "exact McNemar test" and p == pytest.approx(2 / 2**5)
    assert compared.detectable(FINE_TUNED) == pytest.approx(0.061, abs=0.001)  # 2.8 standard errors of 0.0218


def test_questions_of_one_picture_count_as_one_cluster() -> None:
    asked = examples(40, pictures=True)
    twice = [replace(one, id=f"{one.id} {n}") for one in asked for n in range(2)]
    right = [n % 2 for n in range(40) for _ in range(2)]
    replies = {BASE: [Reply(WRONG)] * 80, FINE_TUNED: [Reply(RIGHT if score else WRONG) for score in right]}
    clustered = comparison(replies, twice)
    assert len(set(clustered.clusters)) == 40
    wide = clustered.difference(FINE_TUNED)
    narrow = replace(clustered, examples=tuple(examples(80))).difference(FINE_TUNED)
    assert wide.high - wide.low > 1.3 * (narrow.high - narrow.low)
    assert clustered.p_values[FINE_TUNED][1] == "paired permutation test by picture"


def test_several_comparisons_are_adjusted() -> None:
    compared = skill({BASE: [0] * 6, FINE_TUNED: [1] * 6, "4-shot": [0, 1, 1, 1, 1, 1]})
    assert compared.p_values[FINE_TUNED][0] == pytest.approx(2 * 2 / 2**6)
    assert compared.p_values["4-shot"][0] == pytest.approx(2 / 2**5)


def test_costs_are_the_median_second_and_the_mean_token() -> None:
    costs = ((10, 1.0), (20, 9.0), (30, 2.0))
    replies = [Reply("red", usage=Usage(input_tokens=n, seconds=s)) for n, s in costs]
    result = comparison({BASE: replies}, examples(3)).baseline
    assert (result.seconds, result.input_tokens) == (2.0, 20.0)
    unknown = comparison({BASE: [Reply("red")] * 3}, examples(3)).baseline
    assert (unknown.seconds, unknown.input_tokens) == (None, None)


def test_failures_stay_in_the_denominator_and_are_counted_by_kind() -> None:
    records = {0: Record(BASE, 0, "red"), 1: Record(BASE, 1, "", failure="timeout"), 2: Record(BASE, 2, "red")}
    run = Run(Task("t", tuple(examples(3))), {BASE: records})
    result = ConditionResult.of(run, BASE, ("exact",))
    assert result.scores["exact"] == (1.0, 0.0, 1.0) and result.failures == {"timeout": 1}
    other = {number: replace(record, condition="b") for number, record in records.items()}
    lines = Comparison.of(Run(run.task, {BASE: records, "b": other}), ("exact",)).lines()
    assert lines[1].endswith("1 of 3 failed and score 0 (1 timeout; 33.3%, 6.1% to 79.2%)")


def test_how_many_examples_would_tell() -> None:
    def needed(better: int, worse: int, same: int) -> int | None:
        before = [0] * better + [1] * worse + [0] * same
        return skill({BASE: before, FINE_TUNED: [1] * better + [0] * worse + [0] * same}).needed(FINE_TUNED)

    assert needed(0, 0, 20) is None  # nothing differs: no number of such would show anything
    # of 100, 6 gained and 4 lost: mean 0.02, spread 0.316: (2.8 * 0.316 / 0.02) squared
    assert needed(6, 4, 90) == pytest.approx(1955, rel=0.01)
    assert needed(5, 5, 90) == pytest.approx(314, rel=0.01)  # for 0.05


def test_json_holds_every_answer() -> None:
    values = json.loads(json.dumps(evaluation([0, 1], [1, 1], [1, 0]).to_json()))
    assert values["skill"]["answers"][0] == {
        "id": "id0", "question": "Which colour is 0?", "right": ["red"], "outcome": "newly right",
        "texts": {"base": "blue", "fine-tuned": "red", "4-shot": "red"},
        "scores": {"base": 0.0, "fine-tuned": 1.0, "4-shot": 1.0},
    }  # fmt: skip
    assert list(values["skill"]["conditions"]) == ["base", "fine-tuned", "4-shot"]
    assert values["over_few_shot"]["4-shot"]["mean"] == 0.5 and values["retained"] is None
